"""Reads jobs by themselves: those that the list doesn't show often enough, and those whose detail counts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from dli_provider.api.endpoints import show_flink_job
from dli_provider.api.errors import DliAuthError, DliError, DliSettingsError
from dli_provider.polling.rate_limiter import backoff, jittered

if TYPE_CHECKING:
    from dli_provider.polling.client import PollerClient
    from dli_provider.polling.feed import Feed, WatchedJob


class JobReader:
    """Reads each job when its timer says so, with ShowFlinkJob.

    :param client: makes the calls.
    :param feed: takes the readings.
    :param start: starts a coroutine as a task of the poller.
    """

    def __init__(
        self, client: PollerClient, feed: Feed, start: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._feed = feed
        self._start = start

    def schedule(self, job: WatchedJob, when: float) -> None:
        """Have a job read at a moment, unless it is being read or an earlier reading is planned.

        :param job: the job.
        :param when: the event loop's time.
        """
        if job.is_reading or (job.timer and job.timer.when() <= when):
            return
        job.cancel_timer()
        job.timer = self._loop.call_at(when, lambda: self._start(self._read(job)))

    async def probe(self) -> bool:
        """Read any job now; True when DLI answers."""
        idle = [job for job in self._feed.jobs.values() if not job.is_reading]
        if not idle:
            return False
        job = random.choice(idle)  # noqa: S311
        await self._read(job)
        return not job.failures

    async def _read(self, job: WatchedJob) -> None:
        job.cancel_timer()
        job.is_reading = True
        due = self._loop.time()
        try:
            reading = await self._client.call(show_flink_job(job.job_id))
        except DliError as error:
            next_at = await self._on_error(job, error)
        else:
            await self._feed.publish(job, reading, detailed=True)
            await self._feed.record_answer()
            next_at = due + jittered(job.interval * self._client.limiter.slowdown)
        job.is_reading = False
        if job.subscribers and (job.failures or not job.is_listed):
            self.schedule(job, next_at)

    async def _on_error(self, job: WatchedJob, error: DliError) -> float:
        """Deal with a reading that failed, and return when to read the job again."""
        raise_if_fatal(error)
        if error.transient:
            await self._feed.record_failure(job, error, self._client.limiter.failures)
            return self._loop.time() + min(job.interval, backoff(job.failures))
        await self._feed.report(job.subscribers, error)
        return self._loop.time() + jittered(job.interval)


def raise_if_fatal(error: DliError) -> None:
    """Raise an error that every other call with the connection would meet as well.

    :raises DliAuthError: when the credential was refused.
    :raises DliSettingsError: when the connection can't be right.
    """
    if isinstance(error, DliAuthError | DliSettingsError) and not error.transient:
        raise error
