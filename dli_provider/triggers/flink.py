"""The deferred wait for a Flink job's status, and the watch that starts DAGs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from dli_provider.airflow_compat import BaseTrigger, TriggerEvent
from dli_provider.flink.arguments import parse_job_id
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.triggers.status_change import DliFlinkJobStatusChangeTrigger

if TYPE_CHECKING:
    from dli_provider.flink.wait import FlinkJobWait
    from dli_provider.waiting.event import Outcome, WaitEvent
    from dli_provider.waiting.limits import Deadline

__all__ = ["DliFlinkJobStatusChangeTrigger", "DliFlinkJobTrigger"]


class DliFlinkJobTrigger(BaseTrigger):
    """Waits in the triggerer until a Flink job has a status, and fires one event.

    All its arguments are plain JSON and none is secret; the connection is looked up in the triggerer. They
    are checked when the trigger runs, because Airflow ends the triggerer for an error of a constructor. The
    waits of one connection share their calls (see :mod:`dli_provider.polling.poller`).

    :param job_id: the job.
    :param target_status: statuses that end the wait well.
    :param failure_status: further statuses that end it badly.
    :param poke_interval: seconds between two readings of the job; less than 1 counts as 1.
    :param deadline: moment at which the wait times out, ISO-8601 with its offset; a restart does not move it.
    :param execution_deadline: moment at which the task's ``execution_timeout`` is over, likewise; None
        without one.
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
        execution_deadline: str | None = None,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        status: str | None = None,
        since: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.target_status = target_status
        self.failure_status = failure_status
        self.poke_interval = poke_interval
        self.deadline = deadline
        self.execution_deadline = execution_deadline
        self.outage_tolerance = outage_tolerance
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id
        self.status = status
        self.since = since

    @classmethod
    def of_wait(
        cls, wait: FlinkJobWait, deadline: Deadline, outage_tolerance: timedelta, **arguments: Any
    ) -> Self:
        """Return the trigger that goes on with a wait.

        :param wait: the wait, as a worker left it.
        :param deadline: when it times out.
        :param outage_tolerance: how long the job may be unreadable.
        :param arguments: the other arguments of the trigger.
        """
        from dli_provider.masking import storable

        end = deadline.execution_timeout
        own = {
            "job_id": wait.job_id,
            "target_status": [status.value for status in wait.targets],
            "failure_status": [status.value for status in wait.failures],
            "deadline": deadline.timeout.isoformat(),
            "execution_deadline": end.isoformat() if end else None,
            "outage_tolerance": outage_tolerance.total_seconds(),
            "status": wait.status.value if wait.status else None,
            "since": wait.since.isoformat() if wait.since else None,
        }
        return cls(**storable({**own, **arguments}))

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments."""
        names = (
            *("job_id", "target_status", "failure_status", "poke_interval", "deadline", "execution_deadline"),
            *("outage_tolerance", "dli_conn_id", "region", "project_id", "status", "since"),
        )
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and fire one event, whatever ends the wait.

        :raises ValueError: for an argument that can't be right; Airflow then fails the task.
        """
        from dli_provider.waiting.clock import steady_clock
        from dli_provider.waiting.event import Outcome, broken_off
        from dli_provider.waiting.limits import Deadline

        clock = steady_clock()
        deadline = Deadline.from_texts(self.deadline, self.execution_deadline)
        wait = self._wait()
        expiry = asyncio.timeout(deadline.remaining(clock()).total_seconds())
        try:
            async with expiry:
                event = await self._wait_for_end(wait, deadline)
        except Exception as error:  # noqa: BLE001
            if isinstance(error, TimeoutError) and expiry.expired():
                outcome = Outcome.EXECUTION_TIMEOUT if deadline.is_execution_timeout else Outcome.TIMEOUT
                event = self._event(outcome, wait.describe(clock()), deadline)
            else:
                broken = broken_off(error)
                event = self._event(Outcome.ERROR, str(broken), deadline, error=broken)
        yield TriggerEvent(event.to_payload())  # type: ignore[no-untyped-call]

    def _wait(self) -> FlinkJobWait:
        from dli_provider.flink.wait import FlinkJobWait

        return FlinkJobWait(
            parse_job_id(self.job_id),
            [FlinkJobStatus(text) for text in self.target_status],
            [FlinkJobStatus(text) for text in self.failure_status or ()],
            status=FlinkJobStatus(self.status) if self.status else None,
            since=datetime.fromisoformat(self.since) if self.since else None,
        )

    async def _wait_for_end(self, wait: FlinkJobWait, deadline: Deadline) -> WaitEvent:
        from dli_provider.polling.registry import HookParams, subscribe
        from dli_provider.polling.subscriber import WaitSubscriber
        from dli_provider.waiting.event import Outcome

        params = HookParams(self.dli_conn_id, self.region, self.project_id)
        subscriber = WaitSubscriber(wait, self.poke_interval, timedelta(seconds=self.outage_tolerance))
        async with subscribe(subscriber, params):
            while True:
                news = await subscriber.news()
                for level, line in news.lines:
                    self.log.log(level, "%s", line)
                if news.reason is not None:
                    return self._event(Outcome.FAILED, news.reason, deadline)
                if news.job is not None:
                    message = f"Flink job {wait.job_id} is {news.job['status']}"
                    return self._event(Outcome.REACHED, message, deadline, job=news.job)

    def _event(self, outcome: Outcome, message: str, deadline: Deadline, **details: Any) -> WaitEvent:
        from dli_provider.waiting.event import WaitEvent

        return WaitEvent(
            outcome=outcome, message=message, job_id=self.job_id, timeout=deadline.timeout, **details
        )
