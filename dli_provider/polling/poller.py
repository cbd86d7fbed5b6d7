"""The poller that serves all waits of a connection and project in this triggerer.

Waits of the same job share a read. When the pages of the list are fewer than the watched jobs, pages replace
single reads; what the list doesn't show, and what may end a wait, is read singly. A poller runs in a context
of its own: Airflow routes a trigger's log by context variables, and nothing here belongs to a single wait, so
nothing is logged.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dli_provider.api.endpoints import show_flink_job
from dli_provider.api.errors import DliAuthError, DliError
from dli_provider.polling.client import Reader
from dli_provider.polling.rate_limiter import RateLimiter, jittered, pages_of
from dli_provider.polling.scheduler import CallScheduler
from dli_provider.polling.strategy import Job, ListScan, Plan, ReadStrategy

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.subscriber import Watch

SILENT_RETRIES = 3
"""Failures in a row that are tried again without a word, as a call of a hook tries again."""

LIST_REFUSED_COOLDOWN = 600.0
"""Seconds for which the list isn't asked again after it was refused."""

LIST_FAILED_COOLDOWN = 60.0
"""Seconds for which the list isn't asked again while it alone fails."""

YIELD_EVERY = 200
"""Watches served before the event loop gets its turn."""


class Poller:
    """Reads jobs for the watches of one connection and project, until it is stopped or can't go on.

    :param hook: the connection, region and project.
    :param filters: filters of the list.
    :ivar has_ended: True when it serves nobody any more, though watches may not have left it yet.
    """

    def __init__(self, hook: DliHook, filters: Mapping[str, str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pace = RateLimiter()
        self._agenda = CallScheduler(self._pace)
        self._reader = Reader(hook, self._pace)
        self._rounds = ReadStrategy(filters)
        self._jobs: dict[int, Job] = {}
        self._fleet: dict[Watch, None] = {}
        self._plan = Plan()
        self._planned_for = 0
        self._lightened: set[Job] = set()
        self._stricken: set[Job] = set()
        self._is_down = False
        self.has_ended = False
        self._running = self._loop.create_task(self._run(), context=contextvars.Context())

    def add(self, watch: Watch) -> None:
        """Serve a watch from now on; its first reading comes within its interval."""
        now = self._loop.time()
        if watch.job_id is None:
            self._fleet[watch] = None
            self._plan_at(now)
            return
        job = self._jobs.get(watch.job_id)
        if job is None:
            job = self._jobs[watch.job_id] = Job(
                watch.job_id,
                watch.interval,
                now - watch.interval * random.random(),  # noqa: S311
            )
            if self._rounds.covers(job):
                self._agenda.put(job, now + job.interval)
        job.watches[watch] = None
        job.interval = min(job.interval, watch.interval)
        if not self._rounds.covers(job):
            self._agenda.put(job, job.read_at + job.interval)
        if len(self._jobs) > 2 * self._planned_for:
            self._plan_at(now)

    def remove(self, watch: Watch) -> bool:
        """Serve a watch no longer; True when it was the last."""
        if watch.job_id is None:
            del self._fleet[watch]
        else:
            job = self._jobs[watch.job_id]
            del job.watches[watch]
            self._lightened.add(job)
            if not job.watches:
                self._agenda.drop(job)
                del self._jobs[watch.job_id]
        return not self._jobs and not self._fleet

    async def stop(self) -> None:
        """End, and close the connections."""
        if not self.has_ended:
            self._running.cancel()
        await asyncio.gather(asyncio.shield(self._running), return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                task = await self._agenda.take()
                if isinstance(task, Job):
                    self._agenda.start(self._read_job(task))
                elif isinstance(task, ListScan):
                    self._agenda.start(self._read_page(task))
                else:
                    self._choose()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001
            for watch in self._watches():
                watch.abort(error)
        finally:
            self.has_ended = True
            await self._agenda.stop()
            await self._reader.close()

    def _plan_at(self, due: float) -> None:
        self._planned_for = len(self._jobs)
        self._agenda.put(self._plan, due)

    def _watches(self) -> Iterator[Watch]:
        yield from list(self._fleet)
        for job in list(self._jobs.values()):
            yield from list(job.watches)

    def _choose(self) -> None:
        """Choose between single reads and a sweep for the next round."""
        now = self._loop.time()
        for job in self._lightened:
            job.interval = min((watch.interval for watch in job.watches), default=job.interval)
        self._lightened.clear()
        sweep = self._rounds.begin(self._jobs.values(), self._fleet, now)
        for job in self._jobs.values():
            if not self._rounds.covers(job):
                if not job.is_queued:
                    self._agenda.put(job, job.read_at + job.interval)
            elif job.due > now and not job.failures:
                self._agenda.drop(job)
        if sweep:
            self._planned_for = len(self._jobs)
            self._agenda.put(sweep, now)
        else:
            self._plan_at(now + max(watch.interval for watch in self._watches()))

    async def _read_job(self, job: Job) -> None:
        due = self._loop.time()
        try:
            detail = await self._reader.call(show_flink_job(job.job_id))
        except DliError as error:
            await self._failed(error, job)
            return
        await self._deliver(job, detail, detailed=True)
        await self._recover()
        if self._rounds.sweep and self._rounds.list_failures >= SILENT_RETRIES:
            self._rounds.do_without_list(self._loop.time() + LIST_FAILED_COOLDOWN)
            self._choose()
        if job.watches and not self._rounds.covers(job):
            self._agenda.put(job, due + jittered(job.interval * self._pace.slowdown))

    async def _read_page(self, sweep: ListScan) -> None:
        began = self._loop.time()
        call = sweep.pages.next_call()
        if sweep is not self._rounds.sweep or call is None:
            return
        try:
            page = sweep.pages.take(await self._reader.call(call))
        except DliError as error:
            await self._failed(error, sweep)
            return
        self._rounds.list_failures = 0
        self._rounds.listed = page.total_count
        await self._recover()
        if not sweep.read and self._rounds.period(self._jobs.values(), self._fleet) != sweep.period:
            self._choose()
            return
        for item in page.jobs:
            for watch in list(self._fleet):
                watch.deliver(item, datetime.now(UTC), detailed=False)
            if item.job_id in self._jobs:
                await self._deliver(self._jobs[item.job_id], item, detailed=False)
        length = sweep.period * self._pace.slowdown
        due = sweep.advance(began, length / pages_of(self._rounds.listed))
        if sweep.pages.next_call():
            self._agenda.put(sweep, due)
        elif sweep is self._rounds.sweep:
            self._end_round(sweep.started + length)

    def _end_round(self, next_round: float) -> None:
        """Have the jobs read singly that the list did not show, and plan the next round."""
        for watch in self._fleet:
            watch.end_round()
        now = self._loop.time()
        for job in self._jobs.values():
            if self._rounds.covers(job) and job.round != self._rounds.number and not job.is_queued:
                self._agenda.put(job, job.read_at + jittered(job.interval))
        self._plan_at(now + jittered(next_round - now))

    async def _deliver(self, job: Job, reading: FlinkJob, *, detailed: bool) -> None:
        now = datetime.now(UTC)
        job.read_at, job.round = self._loop.time(), self._rounds.number
        enough = True
        for number, watch in enumerate(list(job.watches), 1):
            enough = watch.deliver(reading, now, detailed=detailed) and enough
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        if enough:
            job.failures = 0
            self._agenda.drop(job)
        elif not job.failures:
            self._agenda.put(job, job.read_at)

    async def _failed(self, error: DliError, task: Job | ListScan) -> None:
        """Deal with a read that failed: try again later, read in another way, or end the waits it is for."""
        if isinstance(error, DliAuthError):
            raise error
        if error.transient:
            await self._bear(error, task)
        elif isinstance(task, Job):
            await self._tell(task.watches, error)
        else:
            self._rounds.do_without_list(self._loop.time() + LIST_REFUSED_COOLDOWN)
            await self._tell(self._fleet, error)
            self._choose()

    async def _bear(self, error: DliError, task: Job | ListScan) -> None:
        """Read again after a while, and tell the waits once a job, or all of DLI, can't be read for long."""
        now = self._loop.time()
        if isinstance(task, ListScan):
            self._rounds.list_failures += 1
            if self._rounds.list_failures >= SILENT_RETRIES and not self._stricken:
                self._probe(now)
            self._agenda.put(task, now)
        elif task.watches:
            if not task.failures:
                self._stricken.add(task)
            task.failures += 1
            self._agenda.put(task, now + min(task.interval, 2.0**task.failures))
            if task.failures >= SILENT_RETRIES:
                await self._tell(task.watches, error)
        if self._pace.failures >= SILENT_RETRIES and self._seems_down():
            self._is_down = True
            await self._tell(self._watches(), error)

    def _probe(self, now: float) -> None:
        """Have one job read soon, to tell whether the list alone fails."""
        for job in self._jobs.values():
            if not (job.is_queued and job.due <= now):
                self._agenda.put(job, now)
            return

    def _seems_down(self) -> bool:
        """Tell whether jobs fail that were well until now, and not just those that fail all the time."""
        wanted = 1 if self._rounds.list_failures >= SILENT_RETRIES else SILENT_RETRIES
        return len(self._stricken) >= wanted

    async def _recover(self) -> None:
        """Note that DLI answers, and tell the waits if it did not for long."""
        self._stricken.clear()
        if not self._is_down:
            return
        self._is_down = False
        now = datetime.now(UTC)
        well = [watch for job in self._jobs.values() if not job.failures for watch in job.watches]
        for number, watch in enumerate(well, 1):
            watch.recover(now)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    @staticmethod
    async def _tell(watches: Iterable[Watch], error: DliError) -> None:
        now = datetime.now(UTC)
        for number, watch in enumerate(list(watches), 1):
            watch.fail(error, now)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
