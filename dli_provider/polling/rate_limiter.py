"""How long a poller waits before its next call. Pure arithmetic, no I/O."""

from __future__ import annotations

import math
import random

LONGEST_PAUSE = 60.0
"""Seconds that a poller pauses at most after failures, even if the service asks for more."""

SHORTEST_INTERVAL = 1.0
"""Seconds between two readings of a job at least, whatever a subscriber asks for."""

_JITTER = 0.04
_MAX_SLOWDOWN = 8.0
_RECOVERY = 0.9
_SPACING = 0.25


class RateLimiter:
    """How much slower than wanted a poller goes, and when its next call may start.

    A throttled call doubles all intervals, up to eightfold; each answer takes a tenth of the excess back.
    While the intervals are stretched, calls are kept apart as well. Calls that were under way together and
    fail together count as one failure.

    :ivar slowdown: factor by which to stretch intervals.
    :ivar failures: how many failures there were since the last answer.
    """

    def __init__(self) -> None:
        self.slowdown = 1.0
        self.failures = 0
        self._paused_until = -math.inf
        self._started_at = -math.inf
        self._failed_at = -math.inf

    def delay(self, now: float) -> float:
        """Return how many seconds the next call must wait; 0 when it may start.

        :param now: the event loop's time.
        """
        spacing = _SPACING * (self.slowdown - 1.0)
        return max(0.0, self._paused_until - now, self._started_at + spacing - now)

    def record_start(self, now: float) -> None:
        """Note that a call starts."""
        self._started_at = now

    def record_success(self) -> None:
        """Note that a call was answered."""
        self.failures = 0
        self.slowdown = max(1.0, 1.0 + (self.slowdown - 1.0) * _RECOVERY) if self.slowdown > 1.01 else 1.0

    def record_failure(
        self, started: float, now: float, *, throttled: bool, retry_after: float | None
    ) -> None:
        """Note that a call failed for a reason that may pass, and pause.

        :param started: the event loop's time when the call started.
        :param now: the event loop's time.
        :param throttled: True when the service answered that there are too many calls.
        :param retry_after: seconds that the service asked to wait.
        """
        if started >= self._failed_at:
            self.failures += 1
            if throttled:
                self.slowdown = min(_MAX_SLOWDOWN, self.slowdown * 2.0)
        self._failed_at = now
        pause = min(LONGEST_PAUSE, max(retry_after or 0.0, backoff(self.failures) / 2))
        self._paused_until = max(self._paused_until, now + pause * random.uniform(1.0, 1.2))  # noqa: S311


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 2, 4, 8 and so on, up to 17 minutes."""
    return 2.0 ** min(failures, 10)


def jittered(seconds: float) -> float:
    """Return about so many seconds, so that pollers that started together don't stay together."""
    return seconds * random.uniform(1.0 - _JITTER, 1.0 + _JITTER)  # noqa: S311
