"""The deferred wait for a Flink job's status."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import HAS_ASSET_WATCHERS, BaseEventTrigger, BaseTrigger, TriggerEvent
from dli_provider.flink.arguments import parse_job_id, parse_statuses
from dli_provider.flink.status import FlinkJobStatus

if TYPE_CHECKING:
    from dli_provider.flink.wait import FlinkJobWait
    from dli_provider.polling.changes import Change, ChangeSubscriber
    from dli_provider.waiting.event import WaitEvent

ERROR_COOLDOWN = 600.0


class DliFlinkJobTrigger(BaseTrigger):
    """Waits in the triggerer until a Flink job has a status, and fires one event.

    All its arguments are plain JSON and none is secret; the connection is looked up in the triggerer. The
    waits of one connection share their calls (see :mod:`dli_provider.polling.poller`).

    :param job_id: the job.
    :param target_status: statuses that end the wait well.
    :param failure_status: further statuses that end it badly.
    :param poke_interval: seconds between two readings of the job; less than 1 counts as 1.
    :param deadline: moment at which the wait times out, ISO-8601 with its offset; a restart does not move it.
    :param outage_tolerance: seconds for which the job may be unreadable for reasons that may pass.
    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    :param status: the status that was read last, before the task was deferred.
    :param since: when that status was first read, ISO-8601.
    """

    def __init__(
        self,
        *,
        job_id: int,
        target_status: list[str],
        poke_interval: float,
        deadline: str,
        outage_tolerance: float,
        failure_status: list[str] | None = None,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        status: str | None = None,
        since: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.target_status = target_status
        self.failure_status = failure_status or []
        self.poke_interval = poke_interval
        self.deadline = deadline
        self.outage_tolerance = outage_tolerance
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id
        self.status = status
        self.since = since

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments."""
        names = (
            *("job_id", "target_status", "failure_status", "poke_interval", "deadline", "outage_tolerance"),
            *("dli_conn_id", "region", "project_id", "status", "since"),
        )
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and fire one event."""
        from dli_provider.api.errors import DliError
        from dli_provider.waiting.event import Outcome, WaitEvent

        deadline = datetime.fromisoformat(self.deadline)
        wait = self._wait()
        scope = asyncio.timeout((deadline - datetime.now(UTC)).total_seconds())
        try:
            async with scope:
                event = await self._outcome(wait, deadline)
        except TimeoutError:
            if not scope.expired():
                raise
            message = wait.describe(datetime.now(UTC))
            event = WaitEvent(outcome=Outcome.TIMEOUT, message=message, deadline=deadline)
        except DliError as error:
            event = WaitEvent.of_error(error, deadline)
        yield TriggerEvent(event.write())  # type: ignore[no-untyped-call]

    def _wait(self) -> FlinkJobWait:
        from dli_provider.flink.wait import FlinkJobWait

        return FlinkJobWait(
            self.job_id,
            [FlinkJobStatus(text) for text in self.target_status],
            [FlinkJobStatus(text) for text in self.failure_status],
            status=FlinkJobStatus(self.status) if self.status else None,
            since=datetime.fromisoformat(self.since) if self.since else None,
        )

    async def _outcome(self, wait: FlinkJobWait, deadline: datetime) -> WaitEvent:
        from dli_provider.polling.registry import HookParams, subscribe
        from dli_provider.polling.subscriber import WaitSubscriber
        from dli_provider.waiting.event import Outcome, WaitEvent

        account = HookParams(self.dli_conn_id, self.region, self.project_id)
        watch = WaitSubscriber(wait, self.poke_interval, timedelta(seconds=self.outage_tolerance))
        async with subscribe(watch, account):
            while True:
                news = await watch.news()
                for level, line in news.lines:
                    self.log.log(level, line)
                if news.reason is not None:
                    return WaitEvent(outcome=Outcome.FAILED, message=news.reason, deadline=deadline)
                if news.job is not None:
                    message = f"Flink job {self.job_id} is {news.job['status']}"
                    return WaitEvent(
                        outcome=Outcome.REACHED, message=message, deadline=deadline, job=news.job
                    )


class DliFlinkJobStatusChangeTrigger(BaseEventTrigger):
    """Starts DAGs when a Flink job changes its status: for the asset watchers of Airflow 3.

    One event per change, with ``job_id``, ``name``, ``old_status``, ``status`` and ``changed_at``. The status
    a job has when the watch begins is no change, unless ``initial`` says so. Outages are waited out. With
    Airflow 3.3 and later the statuses are kept in the asset's state store: after a restart of the triggerer
    no change that was kept is reported twice (one that a crash or a failing store kept from being kept is),
    and those that happened meanwhile are reported late. Before 3.3, or for a trigger that serves several
    assets, nothing is kept: those that happened meanwhile are not reported, and ``initial`` reports the
    status of every job at each restart.

    :param job_id: the job to watch; None for all jobs that the filters leave.
    :param statuses: the statuses into which a change starts the DAG; empty for every change.
    :param name: filter: the job's name, as ListFlinkJobs takes it.
    :param queue_name: filter: the queue.
    :param job_type: filter: ``flink_jar_job``, ``flink_opensource_sql_job`` and so on.
    :param tags: filter: ``k1=v1,k2=v2``.
    :param user_name: filter: the owner.
    :param poke_interval: seconds between two readings; less than 1 counts as 1.
    :param initial: True to report the status of every job when the watch begins.
    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    :raises RuntimeError: on Airflow 2, which has no asset watchers.
    :raises ValueError: for a job id, a status or a combination that can't be right.
    """

    def __init__(
        self,
        *,
        job_id: int | str | None = None,
        statuses: list[str] | None = None,
        name: str | None = None,
        queue_name: str | None = None,
        job_type: str | None = None,
        tags: str | None = None,
        user_name: str | None = None,
        poke_interval: float = 60.0,
        initial: bool = False,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
    ) -> None:
        if not HAS_ASSET_WATCHERS:
            raise RuntimeError(
                "DliFlinkJobStatusChangeTrigger needs Airflow 3, for Airflow 2 has no asset watchers: have a "
                "scheduled DAG wait with DliFlinkJobSensor(deferrable=True) instead"
            )
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = None if job_id is None else parse_job_id(job_id)
        self.statuses = list(parse_statuses("statuses", statuses or ()))
        self.filters = {"name": name, "queue_name": queue_name, "job_type": job_type, "tags": tags}
        self.filters["user_name"] = user_name
        self.poke_interval = poke_interval
        self.initial = initial
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id
        if not isinstance(poke_interval, int | float) or not 0 < poke_interval < math.inf:
            raise ValueError(f"poke_interval must be a number of seconds, and not {poke_interval!r:.80}")
        if self.job_id is not None and any(self.filters.values()):
            raise ValueError("job_id names one job: filters can't be given beside it")

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments."""
        names = ("job_id", "statuses", "poke_interval", "initial", "dli_conn_id", "region", "project_id")
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {**self.filters, **{name: getattr(self, name) for name in names}}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire an event per change, for as long as the trigger is wanted.

        An error that does not pass by itself is logged, and the jobs are read again ten minutes later:
        Airflow would start a trigger that ended anew at once.
        """
        from dli_provider.api.errors import DliError
        from dli_provider.polling.changes import ChangeStore, ChangeSubscriber

        store = ChangeStore(getattr(self, "asset_state_store", None), self.log)
        began, known = datetime.now(UTC), await store.load()
        while True:
            watch = ChangeSubscriber(
                self.job_id, self.poke_interval, self.statuses, known, began=began, initial=self.initial
            )
            try:
                async for changes, known in self._learnt(watch):
                    for change in changes:
                        yield TriggerEvent(change.to_dict())  # type: ignore[no-untyped-call]
                    await store.save(known)
            except DliError as error:
                self.log.error(
                    "Reading again in %s s, for an error won't pass by itself: %s", ERROR_COOLDOWN, error
                )
            await asyncio.sleep(ERROR_COOLDOWN)

    async def _learnt(self, watch: ChangeSubscriber) -> AsyncIterator[tuple[list[Change], dict[int, str]]]:
        from dli_provider.polling.registry import HookParams, subscribe

        account = HookParams(self.dli_conn_id, self.region, self.project_id)
        filters = {name: value for name, value in self.filters.items() if value}
        async with subscribe(watch, account, filters):
            while True:
                yield await watch.changes()
