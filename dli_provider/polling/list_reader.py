"""Reads the pages of the list, as long as that takes fewer calls than reading each job by itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dli_provider.api.endpoints import MAX_PAGE
from dli_provider.api.errors import DliError
from dli_provider.api.paging import Pages
from dli_provider.polling.feed import SILENT_RETRIES
from dli_provider.polling.job_reader import raise_if_fatal
from dli_provider.polling.rate_limiter import backoff, jittered

if TYPE_CHECKING:
    from dli_provider.api.endpoints import JobPage
    from dli_provider.flink.job import FlinkJob
    from dli_provider.polling.client import PollerClient
    from dli_provider.polling.feed import Feed, WatchedJob
    from dli_provider.polling.job_reader import JobReader

LIST_REFUSED_COOLDOWN = 600.0
"""Seconds for which the list isn't read after it was refused."""

LIST_FAILED_COOLDOWN = 60.0
"""Seconds for which the list isn't read while it alone fails."""

SHORTEST_PAGE_INTERVAL = 0.05
"""Seconds between two pages at least, however long the list claims to be."""


class ListReader:
    """Scans the list over and over; each scan is spread over a period.

    A job that a scan doesn't show is left to the job reader, and so is one that wants shorter intervals.

    :param client: makes the calls.
    :param feed: takes the readings.
    :param job_reader: reads what the list doesn't show.
    :param filters: filters of the list.
    """

    def __init__(
        self, client: PollerClient, feed: Feed, job_reader: JobReader, filters: Mapping[str, str]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._feed = feed
        self._job_reader = job_reader
        self._filters = {"show_detail": False, **filters}
        self._period: float | None = None
        self._total = 0
        self._failures = 0
        self._not_before = 0.0
        self._planned_for = 0
        self._scans = 0
        self._replan = asyncio.Event()

    def on_subscriber(self, job: WatchedJob | None) -> None:
        """Take note of a new subscriber, and have its job read by itself if scans are too seldom for it."""
        if job is None or len(self._feed.jobs) > 2 * self._planned_for:
            self._replan.set()
        if job and not self._covers(job):
            job.is_listed = False
            if not job.failures:
                self._job_reader.schedule(job, job.read_at + job.interval)

    async def run(self) -> None:
        """Scan the list while that is worthwhile, until cancelled."""
        while True:
            self._plan()
            if self._period is not None:
                await self._scan(self._period)
                continue
            pause = self._not_before - self._loop.time()
            if pause <= 0:
                pause = max((job.interval for job in self._feed.jobs.values()), default=0.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._replan.wait()

    def _covers(self, job: WatchedJob) -> bool:
        """Tell whether the scans read a job as often as is wanted, if the list shows it."""
        return self._period is not None and job.interval >= self._period

    def _leave(self, job: WatchedJob) -> None:
        """Leave a job to the job reader."""
        job.is_listed = False
        if not job.timer:
            self._job_reader.schedule(job, job.read_at + jittered(job.interval))

    def _plan(self) -> None:
        """Choose the period of the next scan, and who reads which job."""
        jobs = self._feed.jobs.values()
        for job in jobs:
            job.interval = min(subscriber.interval for subscriber in job.subscribers)
        before, self._period = self._period, self._best_period()
        for job in jobs:
            if not self._covers(job):
                self._leave(job)
            elif self._period != before and not job.failures:
                job.cancel_timer()

    def _best_period(self) -> float | None:
        self._replan.clear()
        self._planned_for = len(self._feed.jobs)
        if self._loop.time() < self._not_before:
            return None
        if self._feed.list_subscribers:
            return min(subscriber.interval for subscriber in self._feed.list_subscribers)
        return cheapest_period(Counter(job.interval for job in self._feed.jobs.values()), self._total)

    async def _scan(self, period: float) -> None:
        """Read the list from its first page to its last, and wait until the next scan is due."""
        pages, is_whole = Pages(self._filters), True
        started = page_due = self._loop.time()
        self._scans += 1
        while True:
            try:
                if not (call := pages.next_call()):
                    break
                if not await self._wait(page_due, period):
                    return
                late = self._loop.time() - page_due
                page = pages.take(await self._client.call(call))
            except DliError as error:
                if not await self._on_error(error, period):
                    return
                continue
            await self._on_page(page)
            is_whole = is_whole and not page.unreadable
            spacing = max(self._length(period) / pages_of(self._total), SHORTEST_PAGE_INTERVAL)
            page_due += spacing + max(0.0, late - spacing)  # what was held up is not made up for by a burst
        self._end_scan(is_whole=is_whole)
        await self._wait(started + jittered(self._length(period)), period)

    def _length(self, period: float) -> float:
        return period * self._client.limiter.slowdown

    async def _wait(self, due: float, period: float) -> bool:
        """Wait for a moment; False when the scan's period isn't the best one any more."""
        while True:
            if self._replan.is_set() and self._best_period() != period:
                return False
            if self._loop.time() >= due:
                return True
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._replan.wait()

    async def _on_page(self, page: JobPage) -> None:
        """Pass the jobs of a page on."""
        self._failures = 0
        await self._feed.record_answer()
        if page.total_count != self._total:
            self._total = page.total_count
            self._replan.set()
        now = datetime.now(UTC)
        for reading in page.jobs:
            if reading.job_id is None:
                continue
            for subscriber in list(self._feed.list_subscribers):
                subscriber.on_reading(reading, now, detailed=False)
            if job := self._feed.jobs.get(reading.job_id):
                job.scan = self._scans
                await self._publish(job, reading)

    async def _publish(self, job: WatchedJob, reading: FlinkJob) -> None:
        is_enough = await self._feed.publish(job, reading, detailed=False)
        job.is_listed = self._covers(job)
        if not is_enough and not job.failures:
            self._job_reader.schedule(job, self._loop.time())
        elif is_enough and job.is_listed:
            job.cancel_timer()

    def _end_scan(self, *, is_whole: bool) -> None:
        """Leave the jobs that the list didn't show to the job reader."""
        if is_whole:
            for subscriber in list(self._feed.list_subscribers):
                subscriber.on_list_read()
        for job in self._feed.jobs.values():
            if job.scan != self._scans and self._covers(job):
                self._leave(job)

    async def _on_error(self, error: DliError, period: float) -> bool:
        """Deal with a page that could not be read; False when the scan is to be given up."""
        raise_if_fatal(error)
        if not error.transient:
            self._not_before = self._loop.time() + LIST_REFUSED_COOLDOWN
            await self._feed.report(self._feed.list_subscribers, error)
            return False
        self._failures += 1
        await asyncio.sleep(min(period, backoff(self._failures)))
        if self._failures < SILENT_RETRIES:
            return True
        if self._feed.jobs and await self._job_reader.probe():
            self._not_before = self._loop.time() + LIST_FAILED_COOLDOWN
            await self._feed.report(self._feed.list_subscribers, error)
            return False
        await self._feed.report_outage(error)
        return True


def cheapest_period(jobs_by_interval: Mapping[float, int], listed: int) -> float | None:
    """Return the period of scans that takes the fewest calls; None when reading each job by itself does.

    Scans serve the jobs whose interval is the period or longer; the others are read by themselves.

    :param jobs_by_interval: how many jobs are watched at which interval, in seconds.
    :param listed: how many jobs the list has.
    """
    best, fewest = None, sum(count / interval for interval, count in jobs_by_interval.items())
    by_themselves = 0.0
    for interval in sorted(jobs_by_interval):
        calls = pages_of(listed) / interval + by_themselves
        if calls < fewest:
            best, fewest = interval, calls
        by_themselves += jobs_by_interval[interval] / interval
    return best


def pages_of(listed: int) -> int:
    """Return how many pages a list of so many jobs has."""
    return max(1, -(-listed // MAX_PAGE))
