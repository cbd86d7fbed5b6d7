"""One poller: whom it serves, and how it reads jobs by themselves.

Waits of the same job share its readings. When the pages of the list are fewer than the watched jobs, pages
replace the readings of single jobs (see :mod:`~.list_reader`); what the list doesn't show, and what may end a
wait, is read by itself. A poller runs in a context of its own: Airflow routes a trigger's log by context
variables, and nothing here belongs to a single wait, so nothing is logged.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dli_provider.api.endpoints import show_flink_job
from dli_provider.api.errors import DliError
from dli_provider.polling.client import SILENT_RETRIES, PollerClient, raise_if_fatal
from dli_provider.polling.list_reader import ListReader
from dli_provider.polling.rate_limiter import backoff, jittered
from dli_provider.waiting.clock import steady_clock

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.subscriber import Subscriber

YIELD_EVERY = 200
"""Subscribers that are served before other coroutines get their turn."""


class WatchedJob:
    """A job, its subscribers, and when it is read.

    :param job_id: the job.
    :param interval: the shortest interval of its subscribers, in seconds.
    :param now: the event loop's time.
    :ivar due: the event loop's time of its next reading; the first is some time within the interval.
    :ivar failures: how many readings of it failed in a row.
    :ivar scan: number of the scan of the list that showed it last.
    :ivar is_reading: True while it is read by itself.
    :ivar timer: starts its next reading by itself.
    """

    __slots__ = ("due", "failures", "interval", "is_reading", "job_id", "scan", "subscribers", "timer")

    def __init__(self, job_id: int, interval: float, now: float) -> None:
        self.job_id = job_id
        self.interval = interval
        self.due = now + interval * random.random()  # noqa: S311
        self.subscribers: list[Subscriber] = []
        self.failures = 0
        self.scan = 0
        self.is_reading = False
        self.timer: asyncio.TimerHandle | None = None

    def cancel_timer(self) -> None:
        """Plan no reading of the job by itself."""
        if self.timer:
            self.timer.cancel()
            self.timer = None


class Poller:
    """Reads jobs for the subscribers of one connection and project, until it is stopped or can't go on.

    :param hook: the connection, region and project.
    :param filters: filters of the list.
    :ivar client: makes the calls.
    :ivar clock: the time of day.
    :ivar jobs: the watched jobs by id; each has a subscriber.
    :ivar intervals: how many of them are watched at which interval.
    :ivar list_subscribers: those who want every job that the list shows.
    :ivar has_ended: True when it serves nobody any more, though subscribers may not have left it yet.
    """

    def __init__(self, hook: DliHook, filters: Mapping[str, str]) -> None:
        self.client = PollerClient(hook)
        self.jobs: dict[int, WatchedJob] = {}
        self.intervals: Counter[float] = Counter()
        self.list_subscribers: list[Subscriber] = []
        self.has_ended = False
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.Context()
        self.clock = steady_clock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._newly_failing = 0
        self._list_reader = ListReader(self, filters)
        self._start(self._list_reader.run())

    @property
    def subscribers(self) -> list[Subscriber]:
        """All that it serves."""
        waits = [each for job in self.jobs.values() for each in job.subscribers]
        return [*self.list_subscribers, *waits]

    def add(self, subscriber: Subscriber) -> None:
        """Serve a subscriber from now on; its first reading comes within its interval."""
        if subscriber.job_id is None:
            self.list_subscribers.append(subscriber)
            return
        now = self._loop.time()
        job = self.jobs.get(subscriber.job_id)
        if job is None:
            job = self.jobs[subscriber.job_id] = WatchedJob(subscriber.job_id, subscriber.interval, now)
            self.intervals[job.interval] += 1
        elif subscriber.interval < job.interval:
            self._set_interval(job, subscriber.interval)
            job.due = min(job.due, now + job.interval)
        job.subscribers.append(subscriber)
        if not self._list_reader.covers(job):
            self.schedule(job)

    def remove(self, subscriber: Subscriber) -> bool:
        """Serve a subscriber no longer; True when it was the last."""
        if subscriber.job_id is None:
            self.list_subscribers.remove(subscriber)
        else:
            job = self.jobs[subscriber.job_id]
            job.subscribers.remove(subscriber)
            if not job.subscribers:
                job.cancel_timer()
                self.intervals[job.interval] -= 1
                del self.jobs[subscriber.job_id]
        return not self.jobs and not self.list_subscribers

    async def stop(self) -> None:
        """End, and close the connections."""
        self._end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.close()

    def schedule(self, job: WatchedJob) -> None:
        """Have a job read by itself when it is due."""
        if not job.is_reading:
            job.cancel_timer()
            job.timer = self._loop.call_at(job.due, self._on_due, job, context=self._context)

    async def publish(self, job: WatchedJob, reading: FlinkJob, *, detailed: bool) -> bool:
        """Pass a reading on to a job's subscribers; False when one needs the job's whole detail."""
        self._newly_failing, self.client.outage = 0, None
        now = self.clock()
        is_enough = True
        for number, subscriber in enumerate(list(job.subscribers), 1):
            is_enough = subscriber.on_reading(reading, now, detailed=detailed) and is_enough
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        if job.subscribers:
            self._set_interval(job, min(each.interval for each in job.subscribers))
        job.due = self._loop.time() + jittered(job.interval)
        if is_enough:
            job.failures = 0
        return is_enough

    async def tell(self, subscribers: Iterable[Subscriber], error: DliError) -> None:
        """Tell subscribers of a reading that failed."""
        now = self._loop.time()
        for number, subscriber in enumerate([*subscribers], 1):
            subscriber.on_error(error, now)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def _set_interval(self, job: WatchedJob, interval: float) -> None:
        self.intervals[job.interval] -= 1
        self.intervals[interval] += 1
        job.interval = interval

    def _on_due(self, job: WatchedJob) -> None:
        self._start(self._read(job))

    async def _read(self, job: WatchedJob) -> None:
        """Read a job by itself, with ShowFlinkJob."""
        job.cancel_timer()
        job.is_reading = True
        try:
            reading = await self.client.call(show_flink_job(job.job_id))
        except DliError as error:
            await self._on_error(job, error)
        else:
            await self.publish(job, reading, detailed=True)
        job.is_reading = False
        if job.subscribers and (job.failures or not self._list_reader.shows(job)):
            self.schedule(job)

    async def _on_error(self, job: WatchedJob, error: DliError) -> None:
        """Tell a job's subscribers when it keeps failing, and choose when to try again."""
        raise_if_fatal(error)
        delay = jittered(job.interval)
        if error.transient:
            job.failures += 1
            delay = min(job.interval, backoff(job.failures))
            self._newly_failing += job.failures == 1
            if self._newly_failing >= SILENT_RETRIES:  # not just one job that alone fails
                self.client.outage = error
        job.due = self._loop.time() + delay
        if not error.transient or job.failures >= SILENT_RETRIES:
            await self.tell(job.subscribers, error)

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as part of the poller, which ends with the first that fails."""
        task = self._loop.create_task(coroutine, context=self._context)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error and not self.has_ended:
            self._end()
            for subscriber in self.subscribers:
                subscriber.close(error)

    def _end(self) -> None:
        self.has_ended = True
        for task in self._tasks:
            task.cancel()
