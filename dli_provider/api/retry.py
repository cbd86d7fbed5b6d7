"""How often a call is made again after a failure that may pass, and how long it waits in between."""

from __future__ import annotations

import random
from dataclasses import dataclass

from dli_provider.api.errors import DliError, DliThrottledError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter, as a value.

    :param attempts: how often a call is made at the most, the first time included; throttled calls that are
        waited out don't count.
    :param base: seconds that bound the first wait, of which it takes half at least; each further bound is
        twice the last.
    :param cap: seconds that no backoff exceeds.
    :param retry_after_cap: seconds up to which the service's ``Retry-After`` is obeyed. A call that was asked
        to wait longer fails at once; its error says for how long.
    :param throttle_patience: seconds for which a call that is throttled is made again and again, in all; 0
        when throttling is a failure like any other.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 10.0
    retry_after_cap: float = 15.0
    throttle_patience: float = 0.0

    def waits_out(self, error: DliError) -> bool:
        """Tell whether a failure is throttling, and waited out; somebody should be told so."""
        return bool(self.throttle_patience) and isinstance(error, DliThrottledError)


ONE_ATTEMPT = RetryPolicy(attempts=1)

PATIENT = RetryPolicy(retry_after_cap=60.0, throttle_patience=300.0)
"""For a call that somebody waits for: throttling lasts minutes, and passes."""


class Backoff:
    """The failures of one call, and what a policy makes of them.

    :param policy: the policy.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._throttled = 0
        self._waited = 0.0

    def delay_after(self, error: DliError) -> float | None:
        """Count a failure, and return the seconds to wait before the next attempt; None for none.

        :param error: the failure. What the service asked for is never undercut, and met with up to a quarter
            more, so that clients that were told the same don't come back together.
        """
        if self._policy.waits_out(error):
            return self._delay_throttled(error.retry_after or 0.0)
        self._failures += 1
        asked = error.retry_after or 0.0
        if self._failures >= self._policy.attempts or asked > self._policy.retry_after_cap:
            return None
        return _jittered(min(self._policy.cap, self._bound(self._failures)), asked)

    def _delay_throttled(self, asked: float) -> float | None:
        left = self._policy.throttle_patience - self._waited
        if left <= 0 or asked > left:
            return None
        self._throttled += 1
        delay = min(left, max(asked, _jittered(min(60.0, self._bound(self._throttled)), asked)))
        self._waited += delay
        return delay

    def _bound(self, failures: int) -> float:
        return self._policy.base * 2.0 ** min(failures - 1, 30)


def _jittered(bound: float, asked: float) -> float:
    backoff = bound * random.uniform(0.5, 1.0)  # noqa: S311
    return max(backoff, asked * random.uniform(1.0, 1.25))  # noqa: S311
