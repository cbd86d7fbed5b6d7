"""Reads the pages of the list, as long as that takes fewer calls than reading each job by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dli_provider.api.endpoints import MAX_PAGE, show_flink_job
from dli_provider.api.errors import DliError
from dli_provider.api.paging import Pages
from dli_provider.polling.client import SILENT_RETRIES, raise_if_fatal
from dli_provider.polling.rate_limiter import backoff, jittered

if TYPE_CHECKING:
    from dli_provider.api.endpoints import JobPage
    from dli_provider.polling.poller import Poller, WatchedJob

LIST_REFUSED_COOLDOWN = 600.0
"""Seconds for which the list isn't read after it was refused."""

LIST_FAILED_COOLDOWN = 60.0
"""Seconds for which the list isn't read while it alone fails."""

SHORTEST_PAGE_INTERVAL = 0.05
"""Seconds between two pages at least, however long the list claims to be."""

PERIOD_CHECK_INTERVAL = 1.0
"""Seconds after which it is considered again whether, and how often, the list is read."""


class ListReader:
    """Scans the list over and over; each scan is spread over a period.

    A job that a scan doesn't show, and one that wants shorter intervals, the poller reads by itself.

    :param poller: takes the readings.
    :param filters: filters of the list.
    """

    def __init__(self, poller: Poller, filters: Mapping[str, str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._poller = poller
        self._filters = {"show_detail": False, **filters}
        self._period: float | None = None
        self._total = 0
        self._scan = 0
        self._failures = 0
        self._not_before = 0.0

    def covers(self, job: WatchedJob) -> bool:
        """Tell whether scans are frequent enough for a job, if the list shows it."""
        return self._period is not None and job.interval >= self._period

    def shows(self, job: WatchedJob) -> bool:
        """Tell whether scans read a job often enough: it was in this one or in the one before."""
        return self.covers(job) and job.scan >= self._scan - 1

    async def run(self) -> None:
        """Scan the list while that is worthwhile, until cancelled."""
        while True:
            self._choose_period()
            if self._period is not None:
                await self._read_list(self._period)
            else:
                await asyncio.sleep(PERIOD_CHECK_INTERVAL)

    def _choose_period(self) -> None:
        """Choose how often to scan; when that changes, choose again which jobs are read by themselves."""
        before, self._period = self._period, self._best_period()
        if self._period == before:
            return
        for job in self._poller.jobs.values():
            if not self.covers(job):
                self._poller.schedule(job)
            elif not job.failures:
                job.cancel_timer()

    def _best_period(self) -> float | None:
        if self._loop.time() < self._not_before:
            return None
        if subscribers := self._poller.list_subscribers:
            return min(subscriber.interval for subscriber in subscribers)
        return cheapest_period(self._poller.intervals, self._total)

    async def _read_list(self, period: float) -> None:
        """Read the list from its first page to its last, and wait until the next scan is due."""
        pages, is_whole = Pages(self._filters), True
        started = page_due = self._loop.time()
        self._scan += 1
        while True:
            try:
                if not (call := pages.next_call()):
                    break
                if not await self._wait(page_due):
                    return
                begun = self._loop.time()
                page = pages.take(await self._poller.client.call(call))
            except DliError as error:
                if not await self._on_error(error, period):
                    return
                continue
            await self._on_page(page)
            is_whole = is_whole and not page.unreadable
            spacing = max(period / pages_of(self._total), SHORTEST_PAGE_INTERVAL)
            page_due = max(page_due + spacing, begun)  # what was held up is not made up for by a burst
        self._end_scan(is_whole=is_whole)
        await self._wait(started + jittered(period))

    async def _wait(self, due: float) -> bool:
        """Wait for a moment; False when the scan's period isn't the best one any more."""
        while self._best_period() == self._period:
            left = due - self._loop.time()
            if left <= 0:
                return True
            await asyncio.sleep(min(left, PERIOD_CHECK_INTERVAL))
        return False

    async def _on_page(self, page: JobPage) -> None:
        """Pass the jobs of a page on."""
        self._failures = 0
        self._total = page.total_count
        now = self._poller.clock()
        for reading in page.jobs:
            if reading.job_id is None:
                continue
            for subscriber in list(self._poller.list_subscribers):
                subscriber.on_reading(reading, now, detailed=False)
            if job := self._poller.jobs.get(reading.job_id):
                job.scan = self._scan
                is_enough = await self._poller.publish(job, reading, detailed=False)
                if is_enough and self.covers(job):
                    job.cancel_timer()
                elif not is_enough and not job.failures:
                    job.due = self._loop.time()
                    self._poller.schedule(job)

    def _end_scan(self, *, is_whole: bool) -> None:
        """Have the jobs read by themselves that the list didn't show."""
        if is_whole:
            for subscriber in list(self._poller.list_subscribers):
                subscriber.on_list_read()
        for job in self._poller.jobs.values():
            if job.scan != self._scan:
                self._poller.schedule(job)

    async def _on_error(self, error: DliError, period: float) -> bool:
        """Deal with a page that could not be read; False when the scan is to be given up."""
        raise_if_fatal(error)
        if not error.transient:
            self._not_before = self._loop.time() + LIST_REFUSED_COOLDOWN
            await self._poller.tell(self._poller.list_subscribers, error)
            return False
        self._failures += 1
        await asyncio.sleep(min(period, backoff(self._failures)))
        if self._failures < SILENT_RETRIES:
            return True
        if await self._fails_alone():
            self._not_before = self._loop.time() + LIST_FAILED_COOLDOWN
            await self._poller.tell(self._poller.list_subscribers, error)
            return False
        await self._poller.tell(self._poller.subscribers, error)
        return True

    async def _fails_alone(self) -> bool:
        """Tell whether DLI answers when it is asked for any of the jobs."""
        if not self._poller.jobs:
            return False
        try:
            await self._poller.client.call(show_flink_job(random.choice(list(self._poller.jobs))))  # noqa: S311
        except DliError as error:
            raise_if_fatal(error)
            return not error.transient
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
