"""How long a poller waits before its next call. Pure arithmetic, no I/O."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from dli_provider.api.errors import DliThrottledError

if TYPE_CHECKING:
    from dli_provider.api.errors import DliError

LONGEST_PAUSE = 60.0
"""Seconds that a poller pauses at most after failures, even if the service asks for more."""

SHORTEST_INTERVAL = 1.0
"""Seconds between two readings of a job at least, whatever a subscriber asks for."""

_SPACING = 0.25
_MAX_SPACING = 8.0
_RECOVERY = 0.9
_JITTER = 0.04


class RateLimiter:
    """When the next call may start.

    After a failure none starts for a pause, which doubles with each failure in a row. Throttling also keeps
    calls apart: twice as far each time, and a tenth less with each answer. Calls that were under way together
    and fail together count as one failure.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._spacing = 0.0
        self._started_at = -math.inf
        self._paused_until = -math.inf

    def delay(self, now: float) -> float:
        """Return how many seconds the next call must wait; 0 when it may start.

        :param now: the event loop's time.
        """
        return max(0.0, self._paused_until - now, self._started_at + self._spacing - now)

    def record_start(self, now: float) -> None:
        """Note that a call starts."""
        self._started_at = now

    def record_success(self) -> None:
        """Note that a call was answered."""
        self._failures = 0
        self._spacing = self._spacing * _RECOVERY if self._spacing > _SPACING / 10 else 0.0

    def record_failure(self, error: DliError, now: float) -> None:
        """Note that a call failed for a reason that may pass, and pause.

        :param error: why it failed.
        :param now: the event loop's time.
        """
        if now >= self._paused_until:
            self._failures += 1
            if isinstance(error, DliThrottledError):
                self._spacing = min(_MAX_SPACING, max(_SPACING, self._spacing * 2.0))
        pause = min(LONGEST_PAUSE, max(error.retry_after or 0.0, backoff(self._failures) / 2))
        self._paused_until = max(self._paused_until, now + pause * random.uniform(1.0, 1.2))  # noqa: S311


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 2, 4, 8 and so on, up to 17 minutes."""
    return 2.0 ** min(failures, 10)


def jittered(seconds: float) -> float:
    """Return about so many seconds, so that pollers that started together don't stay together."""
    return seconds * random.uniform(1.0 - _JITTER, 1.0 + _JITTER)  # noqa: S311
