"""The deferred wait for a Flink job's status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseTrigger, TriggerEvent
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.triggers.status_change import DliFlinkJobStatusChangeTrigger

if TYPE_CHECKING:
    from dli_provider.flink.wait import FlinkJobWait
    from dli_provider.waiting.event import WaitEvent

__all__ = ["DliFlinkJobStatusChangeTrigger", "DliFlinkJobTrigger"]


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
