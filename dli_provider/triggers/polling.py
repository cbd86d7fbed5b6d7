"""One poller for all waits of a connection and project in this triggerer.

Waits of the same job share a read. When the pages of the list are fewer than the watched jobs, pages replace
single reads; what the list doesn't show, and what may end a wait, is read singly. A poller starts with its
first watch, ends with its last, and runs in a context of its own: Airflow routes a trigger's log by context
variables, and nothing here belongs to a single wait, so nothing is logged.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from dli_provider.api.endpoints import show_flink_job
from dli_provider.api.errors import DliAuthError, DliError
from dli_provider.api.paging import Pages
from dli_provider.triggers.agenda import Agenda, Task
from dli_provider.triggers.pacing import Pace, jittered, pages_of, sweep_period
from dli_provider.triggers.reading import Reader

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.hooks.dli import DliHook
    from dli_provider.triggers.watching import Watch

FAILURES_BORNE = 3
"""Failures in a row that are tried again without a word, as a call of a hook tries again."""

LIST_REST = 600.0
"""Seconds for which the list isn't asked again after it was refused."""

_SLICE = 200
"""Watches served before the event loop gets its turn."""


class _Job(Task):
    """A job, and those who watch it."""

    __slots__ = ("failures", "interval", "job_id", "read_at", "round", "watches")

    def __init__(self, job_id: int, interval: float, read_at: float, round_: int) -> None:
        super().__init__()
        self.job_id = job_id
        self.interval = interval
        self.read_at = read_at
        self.round = round_
        self.watches: dict[Watch, None] = {}
        self.failures = 0


class _Sweep(Task):
    """A pass over the pages of the list, spread over a period."""

    def __init__(self, period: float, started: float, filters: Mapping[str, str]) -> None:
        super().__init__()
        self.period = period
        self.started = started
        self.read = 0
        self.pages = Pages({"show_detail": False, **filters})


class _Plan(Task):
    """The choice of what the next round reads."""


class Account(NamedTuple):
    """Whose jobs are polled: what a hook is made of.

    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    """

    dli_conn_id: str
    region: str | None = None
    project_id: str | None = None

    def hook(self) -> DliHook:
        """Return a hook on it."""
        from dli_provider.hooks.dli import DliHook

        return DliHook(self.dli_conn_id, region=self.region, project_id=self.project_id)


class watching:  # noqa: N801
    """Have a watch served by the poller of its connection, for as long as the context lasts.

    A class, for thousands of these wait at a time, and a generator's frame is several times as large.

    :param watch: whom to serve.
    :param account: whose jobs.
    :param filters: filters of the list for a watch of every listed job; watches with other filters have other
        pollers.
    """

    __slots__ = ("_key", "_watch")

    def __init__(self, watch: Watch, account: Account, filters: Mapping[str, str] | None = None) -> None:
        self._watch = watch
        self._key = (asyncio.get_running_loop(), account, tuple(sorted((filters or {}).items())))

    async def __aenter__(self) -> None:
        poller = _pollers.get(self._key)
        if poller is None:
            _, account, filters = self._key
            poller = _pollers[self._key] = Poller(account.hook(), dict(filters))
            poller.start()
        poller.add(self._watch)

    async def __aexit__(self, *_: object) -> None:
        poller = _pollers[self._key]
        if poller.remove(self._watch):
            del _pollers[self._key]
            await poller.stop()


_pollers: dict[tuple[asyncio.AbstractEventLoop, Account, tuple[tuple[str, str], ...]], Poller] = {}


class Poller:
    """Reads jobs for the watches of one connection and project.

    :param hook: the connection, region and project.
    :param filters: filters of the list.
    """

    def __init__(self, hook: DliHook, filters: Mapping[str, str]) -> None:
        self._filters = filters
        self._loop = asyncio.get_running_loop()
        self._pace = Pace()
        self._agenda = Agenda(self._pace)
        self._reader = Reader(hook, self._pace)
        self._jobs: dict[int, _Job] = {}
        self._fleet: dict[Watch, None] = {}
        self._plan = _Plan()
        self._planned_for = 0
        self._round = 0
        self._sweep: _Sweep | None = None
        self._listed = 0
        self._list_after = 0.0
        self._lightened: set[_Job] = set()
        self._failing: set[_Job | _Sweep] = set()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in a context that isn't the one of the watch that happened to be first."""
        self._running = self._loop.create_task(self._run(), context=contextvars.Context())

    def add(self, watch: Watch) -> None:
        """Serve a watch from now on; its first reading comes within its interval."""
        if watch.job_id is None:
            self._fleet[watch] = None
            self._plan_at(self._loop.time())
            return
        job = self._jobs.get(watch.job_id)
        if job is None:
            read_at = self._loop.time() - watch.interval * random.random()  # noqa: S311
            job = self._jobs[watch.job_id] = _Job(watch.job_id, watch.interval, read_at, self._round)
        job.watches[watch] = None
        job.interval = min(job.interval, watch.interval)
        if not self._is_swept(job):
            self._agenda.put(job, job.read_at + job.interval)
        if len(self._jobs) > 2 * self._planned_for:
            self._plan_at(self._loop.time())

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
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._agenda.stop()
        await self._reader.close()

    async def _run(self) -> None:
        try:
            while True:
                task = await self._agenda.take()
                if isinstance(task, _Job):
                    self._agenda.start(self._read_job(task))
                elif isinstance(task, _Sweep):
                    self._agenda.start(self._read_page(task))
                else:
                    self._choose()
        except Exception as error:  # noqa: BLE001
            for watch in self._watches():
                watch.abort(error)

    def _plan_at(self, due: float) -> None:
        self._planned_for = len(self._jobs)
        self._agenda.put(self._plan, due)

    def _is_swept(self, job: _Job) -> bool:
        return self._sweep is not None and job.interval >= self._sweep.period

    def _watches(self) -> Iterator[Watch]:
        yield from list(self._fleet)
        for job in list(self._jobs.values()):
            yield from list(job.watches)

    def _period(self) -> float | None:
        if self._fleet:
            return min(watch.interval for watch in self._fleet)
        return sweep_period(Counter(job.interval for job in self._jobs.values()), self._listed)

    def _choose(self) -> None:
        """Choose between single reads and a sweep for the next round."""
        now = self._loop.time()
        for job in self._lightened:
            job.interval = min((watch.interval for watch in job.watches), default=job.interval)
        self._lightened.clear()
        period = self._period() if now >= self._list_after else None
        self._round += 1
        self._sweep = _Sweep(period, now, self._filters) if period else None
        for job in self._jobs.values():
            if not self._is_swept(job):
                if not job.is_due:
                    self._agenda.put(job, job.read_at + job.interval)
            elif job.due > now:
                self._agenda.drop(job)
        if self._sweep:
            self._planned_for = len(self._jobs)
            self._agenda.put(self._sweep, now)
        else:
            self._plan_at(now + max(watch.interval for watch in self._watches()))

    async def _read_job(self, job: _Job) -> None:
        due = self._loop.time()
        try:
            detail = await self._reader.call(show_flink_job(job.job_id))
        except DliError as error:
            await self._failed(error, job)
            return
        self._failing.clear()
        await self._deliver(job, detail, detailed=True)
        if job.watches and not self._is_swept(job):
            self._agenda.put(job, due + jittered(job.interval * self._pace.slowdown))

    async def _read_page(self, sweep: _Sweep) -> None:
        call = sweep.pages.next_call()
        if sweep is not self._sweep or call is None:
            return
        try:
            page = sweep.pages.take(await self._reader.call(call))
        except DliError as error:
            await self._failed(error, sweep)
            return
        self._failing.clear()
        self._listed = page.total_count
        if not sweep.read and self._period() != sweep.period:
            self._choose()
            return
        for item in page.jobs:
            for watch in list(self._fleet):
                watch.deliver(item, datetime.now(UTC), detailed=False)
            if item.job_id in self._jobs:
                await self._deliver(self._jobs[item.job_id], item, detailed=False)
        sweep.read += 1
        length = sweep.period * self._pace.slowdown
        if sweep.pages.next_call():
            self._agenda.put(sweep, sweep.started + length * sweep.read / pages_of(self._listed))
        elif sweep is self._sweep:
            self._end_round(sweep.started + length)

    def _end_round(self, next_round: float) -> None:
        """Have the jobs read singly that the list did not show, and plan the next round."""
        now = self._loop.time()
        for job in self._jobs.values():
            if self._is_swept(job) and job.round != self._round and not job.is_due:
                self._agenda.put(job, random.uniform(now, max(now, next_round)))  # noqa: S311
        self._plan_at(now + jittered(next_round - now))

    async def _deliver(self, job: _Job, reading: FlinkJob, *, detailed: bool) -> None:
        now = datetime.now(UTC)
        job.read_at, job.round, job.failures = self._loop.time(), self._round, 0
        enough = True
        for number, watch in enumerate(list(job.watches), 1):
            enough = watch.deliver(reading, now, detailed=detailed) and enough
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        if not enough:
            self._agenda.put(job, job.read_at)

    async def _failed(self, error: DliError, task: _Job | _Sweep) -> None:
        """Deal with a read that failed: try again later, read in another way, or end the waits it is for."""
        if isinstance(error, DliAuthError):
            raise error
        if error.transient:
            await self._bear(error, task)
        elif isinstance(task, _Job):
            await self._tell(task.watches, error)
        else:
            self._list_after = self._loop.time() + LIST_REST
            await self._tell(self._fleet, error)
            self._choose()

    async def _bear(self, error: DliError, task: _Job | _Sweep) -> None:
        """Read again after a while, and tell the waits once a job, or all of DLI, can't be read for long."""
        now = self._loop.time()
        self._failing.add(task)
        if isinstance(task, _Sweep):
            self._agenda.put(task, now)
        elif task.watches:
            task.failures += 1
            self._agenda.put(task, now + min(task.interval, 2.0**task.failures))
        everywhere = isinstance(task, _Sweep) or len(self._failing) > 1 or len(self._jobs) == 1
        if everywhere and self._pace.failures >= FAILURES_BORNE:
            await self._tell(self._watches(), error)
        elif isinstance(task, _Job) and task.failures >= FAILURES_BORNE:
            await self._tell(task.watches, error)

    @staticmethod
    async def _tell(watches: Iterable[Watch], error: DliError) -> None:
        now = datetime.now(UTC)
        for number, watch in enumerate(list(watches), 1):
            watch.fail(error, now)
            if number % _SLICE == 0:
                await asyncio.sleep(0)
