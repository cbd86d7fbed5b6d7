"""Changes of status as the shared poller finds them, for triggers that start DAGs."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dli_provider.polling.rate_limiter import SHORTEST_INTERVAL

if TYPE_CHECKING:
    from dli_provider.api.errors import DliError
    from dli_provider.flink.job import FlinkJob


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a job's status.

    :param job_id: the job.
    :param name: its name.
    :param old_status: the status before; None for a job that was not there before.
    :param status: the status now.
    :param changed_at: when the change was seen.
    """

    job_id: int
    name: str | None
    old_status: str | None
    status: str
    changed_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the change in JSON types."""
        return {
            "job_id": self.job_id,
            "name": self.name,
            "old_status": self.old_status,
            "status": self.status,
            "changed_at": self.changed_at.astimezone(UTC).isoformat(),
        }


class ChangeSubscriber:
    """Compares every reading with the one before.

    :param job_id: the job; None for every job of the list.
    :param interval: seconds between two readings.
    :param statuses: statuses into which a change counts; empty for all.
    :param known: the status of each job as it was reported last; empty when nothing is known.
    :param began: when the watch began: a job created later is new, and its first status a change.
    :param initial: True to count the first sight of every job as a change when nothing is known.
    """

    def __init__(
        self,
        job_id: int | None,
        interval: float,
        statuses: Collection[str],
        known: Mapping[int, str],
        *,
        began: datetime,
        initial: bool,
    ) -> None:
        self.job_id = job_id
        self.interval = max(interval, SHORTEST_INTERVAL)
        self.known = dict(known)
        self._statuses = frozenset(statuses)
        self._first_sight_counts = initial or bool(known)
        self._began = began
        self._changes: list[Change] = []
        self._error: BaseException | None = None
        self._shown: set[int] = set()
        self._unseen: set[int] = set()
        self._stirred = asyncio.Event()
        self._urgent = asyncio.Event()

    def deliver(self, job: FlinkJob, now: datetime, *, detailed: bool) -> bool:  # noqa: ARG002
        """Take a reading; the list's is as good as the detail."""
        job_id = job.job_id if self.job_id is None else self.job_id
        if job_id is None or job.status is None:
            return True
        self._shown.add(job_id)
        status = job.status.value
        old = self.known.get(job_id)
        if status == old:
            return True
        self.known[job_id] = status
        is_new = job.create_time is not None and job.create_time > self._began
        counts = old is not None or is_new or self._first_sight_counts
        if counts and (not self._statuses or status in self._statuses):
            self._changes.append(Change(job_id, job.name, old, status, now))
            self._urgent.set()
        self._stirred.set()
        return True

    def fail(self, error: DliError, now: datetime) -> None:  # noqa: ARG002
        """Take a reading that failed: one that may pass is waited out, however long; any other ends the
        watch."""
        if not error.transient:
            self.abort(error)

    def recover(self, now: datetime) -> None:
        """Do nothing: an outage is waited out."""

    def end_round(self) -> None:
        """Forget the jobs that the whole list has not shown twice: a page that moves on can hide one once."""
        gone = self.known.keys() - self._shown
        for job_id in gone & self._unseen:
            del self.known[job_id]
            self._stirred.set()
        self._unseen = gone & self.known.keys()
        self._shown.clear()

    def abort(self, error: BaseException) -> None:
        """End the watch with an error."""
        self._error = error
        self._stirred.set()
        self._urgent.set()

    async def changes(self) -> tuple[list[Change], dict[int, str]]:
        """Return the changes since the last time, possibly none, and all statuses as they are with them.

        Changes are returned at once; what else became known, once an interval.

        :raises DliError: when the jobs can't be read, and that does not pass by itself.
        """
        await self._stirred.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.interval):
                await self._urgent.wait()
        changes, self._changes = self._changes, []
        if self._error and not changes:
            raise self._error
        if not self._error:
            self._stirred.clear()
            self._urgent.clear()
        return changes, dict(self.known)


class ChangeStore:
    """The statuses that were reported, kept in the asset's state store where Airflow has one.

    :param store: what the triggerer gave the trigger: on Airflow 3.3 and later the asset's accessors, else
        None.
    :param log: the trigger's log.
    """

    _KEY = "dli_flink_job_status"

    def __init__(self, store: Any, log: Any) -> None:
        self._store = store
        self._log = log

    async def load(self) -> dict[int, str]:
        """Return the kept statuses; empty when there are none, or they can't be had."""
        if self._store is None:
            return {}
        try:
            kept = await self._call("get", self._KEY)
        except ValueError as error:  # of a trigger that serves several assets
            self._log.warning("Changes during a restart of the triggerer won't be reported: %s", error)
            self._store = None
            return {}
        except Exception as error:  # noqa: BLE001
            self._log.warning("The statuses kept can't be read; those found now are the first: %s", error)
            return {}
        return {int(job_id): str(status) for job_id, status in kept.items()} if isinstance(kept, dict) else {}

    async def save(self, known: Mapping[int, str]) -> None:
        """Keep the statuses; a store that fails is tried again with the next ones."""
        if self._store is None:
            return
        try:
            await self._call("set", self._KEY, {str(job_id): status for job_id, status in known.items()})
        except Exception as error:  # noqa: BLE001
            self._log.warning("The statuses can't be kept; a restart may report changes again: %s", error)

    async def _call(self, method: str, *arguments: Any) -> Any:
        """Call the store's asynchronous method; Airflow 3.3.0 and 3.3.1 have the blocking one only."""
        if call := getattr(self._store, f"a{method}", None):
            return await call(*arguments)
        return await asyncio.to_thread(getattr(self._store, method), *arguments)
