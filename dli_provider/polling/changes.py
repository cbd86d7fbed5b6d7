"""The watch for changes of status: a subscriber, and what it keeps across restarts of the triggerer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dli_provider.masking import printable
from dli_provider.polling.rate_limiter import SHORTEST_INTERVAL

if TYPE_CHECKING:
    from dli_provider.api.errors import DliError
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.status import FlinkJobStatus

_STATUSES = "dli_flink_job_status"
_SINCE = "dli_flink_job_status_since"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a job's status, fit to store and show.

    :param job_id: the job.
    :param name: its name.
    :param old_status: the status before; None for a job that was not there before.
    :param status: the status now.
    :param status_desc: the reason of a failure, as DLI words it.
    :param changed_at: when the change was seen.
    """

    job_id: int
    name: str | None
    old_status: str | None
    status: str
    status_desc: str | None
    changed_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the change in JSON types."""
        return {**asdict(self), "changed_at": self.changed_at.astimezone(UTC).isoformat()}


@dataclass(frozen=True, slots=True)
class KnownStatuses:
    """What a watch knows.

    :param since: a job created later that isn't among the statuses is new.
    :param statuses: the status of each job as it was reported last.
    """

    since: datetime
    statuses: dict[int, str]


@dataclass(frozen=True, slots=True)
class ChangeNews:
    """What a watch learnt since the last time.

    :param changes: the changes that count.
    :param lines: lines for the log, each with its level.
    :param known: all that is known with these changes.
    """

    changes: list[Change]
    lines: list[tuple[int, str]]
    known: KnownStatuses


class ChangeSubscriber:
    """Compares every reading with the one before.

    :param job_id: the job; None for every job of the list.
    :param interval: seconds between two readings.
    :param statuses: statuses into which a change counts; empty for all.
    :param known: what is known from before.
    :param initial: True to count the first sight of every job as a change when nothing is known.
    """

    def __init__(
        self,
        job_id: int | None,
        interval: float,
        statuses: Collection[str],
        known: KnownStatuses,
        *,
        initial: bool = False,
    ) -> None:
        self.job_id = job_id
        self.interval = max(interval, SHORTEST_INTERVAL)
        self._statuses = frozenset(statuses)
        self._known = replace(known, statuses=dict(known.statuses))
        self._newest = known.since
        self._first_sight_counts = initial and not known.statuses
        self._changes: list[Change] = []
        self._lines: list[tuple[int, str]] = []
        self._is_outage = False
        self._error: BaseException | None = None
        self._shown: set[int] = set()
        self._missed_once: set[int] = set()
        self._is_urgent = asyncio.Event()

    def on_reading(self, job: FlinkJob, now: datetime, *, detailed: bool) -> bool:  # noqa: ARG002
        """Take a reading; one of the list is as good as the detail."""
        job_id = job.job_id if self.job_id is None else self.job_id
        if job_id is None or job.status is None:
            return True
        self._end_outage()
        self._shown.add(job_id)
        self._newest = max(self._newest, job.create_time or self._newest)
        old, status = self._known.statuses.get(job_id), _text(job.status)
        if status == old:
            return True
        self._known.statuses[job_id] = status
        is_new = job.create_time is not None and job.create_time > self._known.since
        counts = old is not None or is_new or self._first_sight_counts
        if counts and (not self._statuses or status in self._statuses):
            name = job.name and printable(job.name, 100)
            reason = job.status_desc and printable(job.status_desc, 2000)
            self._changes.append(Change(job_id, name, old, status, reason, now))
            self._is_urgent.set()
        return True

    def on_list_read(self) -> None:
        """Forget the jobs that two lists in a row did not show.

        One list is not enough: a job that is deleted while it is read can hide another one. A list without
        any job means nothing: a user who may not see the jobs gets such a list.
        """
        self._end_outage()
        if not self._shown:
            return
        missing = self._known.statuses.keys() - self._shown
        for job_id in missing & self._missed_once:
            del self._known.statuses[job_id]
        self._missed_once = missing & self._known.statuses.keys()
        self._shown.clear()
        self._first_sight_counts = False
        self._known = replace(self._known, since=self._newest)

    def on_error(self, error: DliError, now: float) -> None:  # noqa: ARG002
        """Wait out what may pass, however long it lasts; end the watch with anything else."""
        if not error.transient:
            self.close(error)
        elif not self._is_outage:
            self._is_outage = True
            self._say(logging.WARNING, f"DLI can't be read for now; the watch goes on: {error}")

    def close(self, error: BaseException) -> None:
        """End the watch with an error; it can be subscribed again afterwards."""
        self._error = error
        self._is_urgent.set()

    async def news(self) -> ChangeNews:
        """Return what was learnt since the last time: changes and lines at once, all else once an interval.

        :raises DliError: when the jobs can't be read, and that does not pass by itself.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(self.interval):
                await self._is_urgent.wait()
        changes, self._changes = self._changes, []
        lines, self._lines = self._lines, []
        if self._error is None or not (changes or lines):  # an error comes after what was learnt before it
            self._is_urgent.clear()
            error, self._error = self._error, None
            if error:
                raise error
        return ChangeNews(changes, lines, replace(self._known, statuses=dict(self._known.statuses)))

    def _say(self, level: int, line: str) -> None:
        self._lines.append((level, line))
        self._is_urgent.set()

    def _end_outage(self) -> None:
        if self._is_outage:
            self._is_outage = False
            self._say(logging.INFO, "DLI can be read again")


class ChangeStore:
    """The statuses that were reported, kept in the asset's state store where Airflow has one.

    :param store: what the triggerer gave the trigger: on Airflow 3.3 and later the asset's state store, else
        None.
    :param log: the trigger's log.
    """

    def __init__(self, store: Any, log: Any) -> None:
        self._store = store
        self._log = log
        self._saved: KnownStatuses | None = None

    async def load(self) -> KnownStatuses:
        """Return what was kept; nothing known until now when nothing was kept, or it can't be had."""
        nothing = KnownStatuses(datetime.now(UTC), {})
        if self._store is None:
            return nothing
        try:
            statuses, since = await self._call("get", _STATUSES), await self._call("get", _SINCE)
        except ValueError as error:  # of a trigger that serves several assets
            self._warn("Changes during a restart of the triggerer won't be reported", error)
            self._store = None
            return nothing
        except Exception as error:  # noqa: BLE001
            self._warn("The statuses that were kept can't be read; those found now are the first", error)
            return nothing
        try:
            known = KnownStatuses(
                datetime.fromisoformat(since).astimezone(UTC) if since else nothing.since,
                {int(job_id): str(status) for job_id, status in (statuses or {}).items()},
            )
        except (TypeError, ValueError, AttributeError) as error:
            self._warn("What was kept are no statuses of jobs; those found now are the first", error)
            return nothing
        self._saved = known if since else None
        return known

    async def save(self, known: KnownStatuses) -> None:
        """Keep what is news; when the store fails, the next call tries again."""
        if self._store is None or not known.statuses or known == self._saved:
            return
        try:
            await self._call("set", _STATUSES, {str(job_id): text for job_id, text in known.statuses.items()})
            if self._saved is None or known.since != self._saved.since:
                await self._call("set", _SINCE, known.since.isoformat())
            self._saved = known
        except Exception as error:  # noqa: BLE001
            self._warn("The statuses can't be kept; a restart may report changes again", error)

    async def _call(self, method: str, *arguments: Any) -> Any:
        """Call the store's asynchronous method; Airflow 3.3.0 and 3.3.1 only have the blocking one."""
        if call := getattr(self._store, f"a{method}", None):
            return await call(*arguments)
        return await asyncio.to_thread(getattr(self._store, method), *arguments)

    def _warn(self, what: str, error: Exception) -> None:
        self._log.warning("%s: %s", what, printable(str(error) or type(error).__name__, 300))


def _text(status: FlinkJobStatus) -> str:
    return status.value if status.is_known else printable(status.value, 100)
