"""How often a read is tried again, and how long it waits in between."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter, as a value.

    :param attempts: how often a call is made at the most, the first time included.
    :param base: seconds that bound the first wait, of which it takes half at least; each further bound is
        twice the last.
    :param cap: seconds that no backoff exceeds.
    :param retry_after_cap: seconds up to which the service's ``Retry-After`` is obeyed; longer ones are cut
        to it.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 10.0
    retry_after_cap: float = 60.0

    def delay(self, failures: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after so many failures.

        :param failures: 1 after the first failure.
        :param retry_after: what the service asked for; never undercut, and met with up to a quarter more, so
            that clients that were told the same don't come back together. Less than a backoff is a backoff.
        """
        bound = min(self.cap, self.base * 2.0 ** (failures - 1))
        backoff = bound * random.uniform(0.5, 1.0)  # noqa: S311
        asked = min(retry_after or 0.0, self.retry_after_cap)
        return max(backoff, asked * random.uniform(1.0, 1.25))  # noqa: S311


ONE_ATTEMPT = RetryPolicy(attempts=1)

PATIENT = RetryPolicy()
