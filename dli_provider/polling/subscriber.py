"""What a poller serves. A deferred wait is one such: readings go in, and it is woken when one is news."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from dli_provider.api.errors import DliError
from dli_provider.flink.wait import FlinkJobWait, WaitState
from dli_provider.polling.rate_limiter import SHORTEST_INTERVAL
from dli_provider.waiting.outage import OutageTracker

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.plan.waiting import PlanWait


class Subscriber(Protocol):
    """What a poller serves.

    :ivar job_id: the job, or None for every job of the list.
    :ivar interval: seconds between two readings.
    """

    job_id: int | None
    interval: float

    def on_reading(self, job: FlinkJob, now: datetime, *, detailed: bool) -> bool:
        """Take a reading; False when the job's whole detail is needed to tell what it means.

        :param job: the job, from its own detail or from the list.
        :param now: when it was read.
        :param detailed: True for its own detail.
        """

    def on_list_read(self) -> None:
        """Take note that the whole list was read, for a subscriber to every listed job."""

    def on_error(self, error: DliError, now: float) -> None:
        """Take note of a reading that failed.

        :param error: why it failed.
        :param now: the event loop's time.
        """

    def close(self, error: BaseException) -> None:
        """End, because nothing will be read any more."""


@dataclass(slots=True)
class News:
    """What became known since the last news.

    :param lines: lines for the log of the wait, each with its level.
    :param job: summary of the job, once a target is reached.
    :param reason: why no target can be reached any more.
    """

    lines: list[tuple[int, str]] = field(default_factory=list)
    job: dict[str, Any] | None = None
    reason: str | None = None


class WaitSubscriber:
    """A deferred wait, as a poller serves it.

    :param wait: what is awaited.
    :param interval: seconds between two readings.
    :param outage_tolerance: how long readings may fail in a row.
    """

    __slots__ = ("_error", "_news", "_outage", "_waiter", "interval", "job_id", "wait")

    def __init__(self, wait: FlinkJobWait | PlanWait, interval: float, outage_tolerance: timedelta) -> None:
        self.job_id: int | None = wait.job_id
        self.interval = max(interval, SHORTEST_INTERVAL)
        self.wait = wait
        self._outage = OutageTracker(outage_tolerance, had_success=True)
        self._news: News | None = None
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def on_reading(self, job: FlinkJob, now: datetime, *, detailed: bool) -> bool:
        """Take a reading; one of the list never ends the wait, nor an outage of the job's detail."""
        if not detailed and self.wait.settles(job.status):
            return False
        self._log(logging.INFO, self._outage.end(asyncio.get_running_loop().time()))
        observation = self.wait.observe(job, now)
        self._log(logging.INFO, observation.news)
        if observation.state == WaitState.REACHED:
            self._tell().job = job.summary()
        elif observation.state == WaitState.FAILED:
            self._tell().reason = observation.reason
        return True

    def on_list_read(self) -> None:
        """Do nothing: a wait is for one job."""

    def on_error(self, error: DliError, now: float) -> None:
        """Take note of a reading that failed; end the wait when the outage tracker doesn't tolerate it."""
        try:
            self._log(logging.WARNING, self._outage.fail(error, now))
        except DliError as unbearable:
            self.close(unbearable)

    def close(self, error: BaseException) -> None:
        """End the wait with an error."""
        self._error = error
        self._wake()

    async def news(self) -> News:
        """Return what became known, as soon as there is something.

        :raises DliError: when the job can't be read, and that isn't tolerated (any longer).
        """
        if self._news is None and self._error is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._news is None:
            assert self._error is not None
            raise self._error.with_traceback(None)
        news, self._news = self._news, None
        return news

    def _log(self, level: int, line: str | None) -> None:
        if line:
            self._tell().lines.append((level, line))

    def _tell(self) -> News:
        if self._news is None:
            self._news = News()
        self._wake()
        return self._news

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
