"""Who gets the readings of a poller, and who is told that DLI can't be read."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dli_provider.api.errors import DliError
    from dli_provider.flink.job import FlinkJob
    from dli_provider.polling.subscriber import Subscriber

SILENT_RETRIES = 3
"""Failures in a row that are retried without telling anybody, as a call of a hook retries them."""

YIELD_EVERY = 200
"""Subscribers that are served before other coroutines get their turn."""


class WatchedJob:
    """A job, its subscribers, and how it is read.

    :param job_id: the job.
    :ivar interval: the shortest interval of its subscribers, in seconds.
    :ivar read_at: the event loop's time when it was read last; for a new job some time within the interval
        before now, so that first readings are spread.
    :ivar failures: how many readings of it failed in a row.
    :ivar is_listed: True while the list shows it often enough.
    :ivar scan: number of the scan of the list that showed it last.
    :ivar is_reading: True while it is read by itself.
    :ivar timer: starts the next reading of it by itself.
    """

    __slots__ = (
        *("failures", "interval", "is_listed", "is_reading", "job_id"),
        *("read_at", "scan", "subscribers", "timer"),
    )

    def __init__(self, job_id: int, interval: float, now: float) -> None:
        self.job_id = job_id
        self.interval = interval
        self.read_at = now - interval * random.random()  # noqa: S311
        self.subscribers: dict[Subscriber, None] = {}
        self.failures = 0
        self.is_listed = False
        self.scan = 0
        self.is_reading = False
        self.timer: asyncio.TimerHandle | None = None

    def cancel_timer(self) -> None:
        """Plan no reading of the job by itself."""
        if self.timer:
            self.timer.cancel()
            self.timer = None


class Feed:
    """Passes readings and failures on to subscribers.

    :ivar jobs: the watched jobs by id; each has a subscriber.
    :ivar list_subscribers: those who want every job that the list shows.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.jobs: dict[int, WatchedJob] = {}
        self.list_subscribers: dict[Subscriber, None] = {}
        self._newly_failing: set[WatchedJob] = set()
        self._is_down = False

    def subscribers(self) -> list[Subscriber]:
        """Return all subscribers."""
        return [*self.list_subscribers, *(each for job in self.jobs.values() for each in job.subscribers)]

    def add(self, subscriber: Subscriber) -> WatchedJob | None:
        """Add a subscriber, and return the job that it is about, if it is about one."""
        if subscriber.job_id is None:
            self.list_subscribers[subscriber] = None
            return None
        job = self.jobs.get(subscriber.job_id)
        if job is None:
            job = WatchedJob(subscriber.job_id, subscriber.interval, self._loop.time())
            self.jobs[subscriber.job_id] = job
        job.subscribers[subscriber] = None
        job.interval = min(job.interval, subscriber.interval)
        return job

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a subscriber, and its job if it was the last."""
        if subscriber.job_id is None:
            del self.list_subscribers[subscriber]
            return
        job = self.jobs[subscriber.job_id]
        del job.subscribers[subscriber]
        if not job.subscribers:
            job.cancel_timer()
            del self.jobs[subscriber.job_id]

    async def publish(self, job: WatchedJob, reading: FlinkJob, *, detailed: bool) -> bool:
        """Pass a reading on; False when a subscriber needs the job's whole detail."""
        job.read_at = self._loop.time()
        now = datetime.now(UTC)
        is_enough = True
        for number, subscriber in enumerate(list(job.subscribers), 1):
            is_enough = subscriber.on_reading(reading, now, detailed=detailed) and is_enough
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        if is_enough:
            job.failures = 0
        return is_enough

    async def report(self, subscribers: Iterable[Subscriber], error: DliError) -> None:
        """Tell subscribers of a reading that failed."""
        now = self._loop.time()
        await _serve(subscribers, lambda s: s.on_error(error, now))

    async def report_outage(self, error: DliError) -> None:
        """Tell everybody that DLI can't be read."""
        self._is_down = True
        await self.report(self.subscribers(), error)

    async def record_failure(self, job: WatchedJob, error: DliError, failures: int) -> None:
        """Note that a job could not be read, and tell those whom it concerns: its subscribers when it keeps
        failing, and everybody when nothing is answered any more and several jobs fail that were well before.

        :param failures: how many calls of any kind have failed since the last answer.
        """
        job.failures += 1
        if job.failures == 1:
            self._newly_failing.add(job)
        if failures >= SILENT_RETRIES and len(self._newly_failing) >= SILENT_RETRIES:
            await self.report_outage(error)
        elif job.failures >= SILENT_RETRIES:
            await self.report(job.subscribers, error)

    async def record_answer(self) -> None:
        """Note that DLI answers, and tell everybody if it did not for long."""
        self._newly_failing.clear()
        if not self._is_down:
            return
        self._is_down = False
        now = self._loop.time()
        well = [each for job in self.jobs.values() if not job.failures for each in job.subscribers]
        await _serve([*self.list_subscribers, *well], lambda s: s.on_recovery(now))


async def _serve(subscribers: Iterable[Subscriber], act: Callable[[Subscriber], object]) -> None:
    """Do something for each subscriber, and let other coroutines have their turn in between."""
    for number, subscriber in enumerate(list(subscribers), 1):
        act(subscriber)
        if number % YIELD_EVERY == 0:
            await asyncio.sleep(0)
