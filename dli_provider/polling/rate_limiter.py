"""How a poller spends its calls: single reads or pages of the list, and how fast. Pure arithmetic, no I/O."""

from __future__ import annotations

import random
from collections.abc import Mapping

from dli_provider.api.endpoints import MAX_PAGE

LONGEST_PAUSE = 60.0
"""Seconds that a poller pauses at the most after failures, even if the service asks for more."""

SHORTEST_INTERVAL = 1.0
"""Seconds between two readings of a job at the least, whatever a watch asks for."""

_JITTER = 0.04
_MOST_SLOWDOWN = 8.0
_RECOVERY = 0.9
_SPACING = 0.25


def sweep_period(jobs_by_interval: Mapping[float, int], listed: int) -> float | None:
    """Return the period of the list sweep that saves most calls; None when single reads of all jobs are
    cheapest.

    A sweep reads every page of the list once per period, and so serves the jobs whose interval is the period
    or more; those with a shorter interval are read one by one besides.

    :param jobs_by_interval: how many distinct jobs are watched at which interval in seconds.
    :param listed: how many jobs the list has.
    """
    pages = pages_of(listed)
    best, fewest = None, sum(count / interval for interval, count in jobs_by_interval.items())
    singles = 0.0
    for interval in sorted(jobs_by_interval):
        calls = pages / interval + singles
        if calls < fewest:
            best, fewest = interval, calls
        singles += jobs_by_interval[interval] / interval
    return best


def pages_of(listed: int) -> int:
    """Return how many pages a list of so many jobs has."""
    return max(1, -(-listed // MAX_PAGE))


def jittered(seconds: float) -> float:
    """Return about so many seconds, so that pollers which started together don't stay together."""
    return seconds * random.uniform(1.0 - _JITTER, 1.0 + _JITTER)  # noqa: S311


class RateLimiter:
    """How much slower than wanted a poller goes, and until when it pauses.

    A throttled call doubles the intervals, up to eightfold, and every good one takes a tenth of the excess
    back. While the intervals are stretched, calls don't follow one another at once either. Calls that were
    under way together and fail together count as one failure.
    """

    def __init__(self) -> None:
        self.slowdown = 1.0
        self.failures = 0
        self.paused_until = 0.0
        self._failed_at = 0.0

    @property
    def spacing(self) -> float:
        """Seconds between two calls at the least: none while no call is throttled, 1.75 at the most."""
        return _SPACING * (self.slowdown - 1.0)

    def good(self) -> None:
        """Note a call that was answered."""
        self.failures = 0
        self.slowdown = max(1.0, 1.0 + (self.slowdown - 1.0) * _RECOVERY) if self.slowdown > 1.01 else 1.0

    def failed(self, began: float, now: float, *, throttled: bool, retry_after: float | None) -> None:
        """Note a call that failed for a reason that may pass, and pause.

        :param began: the loop's time when the call was made.
        :param now: the loop's time.
        :param throttled: True for a call that the service throttled.
        :param retry_after: seconds the service asked to wait.
        """
        if began >= self._failed_at:
            self.failures += 1
            if throttled:
                self.slowdown = min(_MOST_SLOWDOWN, self.slowdown * 2.0)
        self._failed_at = now
        pause = min(LONGEST_PAUSE, max(retry_after or 0.0, 0.5 * 2.0**self.failures))
        self.paused_until = max(self.paused_until, now + pause * random.uniform(1.0, 1.2))  # noqa: S311
