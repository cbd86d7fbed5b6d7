"""What the triggers have in common that wait for one Flink job."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dli_provider.airflow_compat import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from dli_provider.flink.plan.waiting import PlanWait
    from dli_provider.flink.wait import FlinkJobWait
    from dli_provider.waiting.limits import Deadline


class FlinkJobTrigger(BaseTrigger):
    """Waits in the triggerer for one Flink job, and fires one event.

    All its arguments are plain JSON and none is secret; the connection is looked up in the triggerer. They
    are checked when the trigger runs, because Airflow ends the triggerer for an error of a constructor. The
    waits of one connection share their calls (see :mod:`dli_provider.polling.poller`).

    :param job_id: the job.
    :param poke_interval: seconds between two readings of the job; less than 1 counts as 1.
    :param deadline: moment at which the wait times out, ISO-8601 with its offset; a restart does not move it.
    :param outage_tolerance: seconds for which the job may be unreadable for reasons that may pass.
    :param execution_deadline: moment at which the task's ``execution_timeout`` is over, as ``deadline``; None
        without one.
    :param job_name: the job's name, for the log; the job is read by its id.
    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    """

    argument_names: ClassVar[tuple[str, ...]] = (
        *("job_id", "poke_interval", "deadline", "outage_tolerance", "execution_deadline"),
        *("job_name", "dli_conn_id", "region", "project_id"),
    )

    def __init__(
        self,
        *,
        job_id: int,
        poke_interval: float,
        deadline: str,
        outage_tolerance: float,
        execution_deadline: str | None = None,
        job_name: str | None = None,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.poke_interval = poke_interval
        self.deadline = deadline
        self.outage_tolerance = outage_tolerance
        self.execution_deadline = execution_deadline
        self.job_name = job_name
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id

    @classmethod
    def of_wait(cls, wait: Any, deadline: Deadline, outage_tolerance: timedelta, **arguments: Any) -> Self:
        """Return the trigger that goes on with a wait.

        :param wait: the wait, as a worker left it.
        :param deadline: when it times out.
        :param outage_tolerance: how long the job may be unreadable.
        :param arguments: the other arguments of the trigger.
        """
        from dli_provider.masking import printable, storable

        own = {
            "job_id": wait.job_id,
            "job_name": wait.name and printable(wait.name, 100),
            "outage_tolerance": outage_tolerance.total_seconds(),
        }
        return cls(**storable({**own, **cls._describe(wait), **deadline.to_texts(), **arguments}))

    @staticmethod
    @abstractmethod
    def _describe(wait: Any) -> dict[str, Any]:
        """Return the arguments from which :meth:`_wait` makes the same wait."""

    @abstractmethod
    def _wait(self) -> FlinkJobWait | PlanWait:
        """Return the wait that the arguments describe.

        :raises ValueError: for an invalid argument.
        """

    def _details(self, wait: Any) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what every event of the trigger holds beside its outcome."""
        return {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {name: getattr(self, name) for name in self.argument_names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and fire one event, whatever ends the wait.

        :raises ValueError: for an invalid argument; Airflow then fails the task.
        """
        from dli_provider.waiting.clock import steady_clock
        from dli_provider.waiting.event import Outcome, WaitEvent, broken_off
        from dli_provider.waiting.limits import Deadline

        clock = steady_clock()
        deadline = Deadline.from_texts(self.deadline, self.execution_deadline)
        wait = self._wait()
        expiry = asyncio.timeout(deadline.remaining(clock()).total_seconds())
        try:
            async with expiry:
                ending = await self._wait_for_end(wait)
        except Exception as error:  # noqa: BLE001
            if isinstance(error, TimeoutError) and expiry.expired():
                outcome = Outcome.EXECUTION_TIMEOUT if deadline.is_execution_timeout else Outcome.TIMEOUT
                ending = {"outcome": outcome, "message": wait.describe(clock())}
            else:
                broken = broken_off(error)
                ending = {"outcome": Outcome.ERROR, "message": str(broken), "error": broken}
        event = WaitEvent(job_id=self.job_id, timeout=deadline.timeout, **ending, **self._details(wait))
        yield TriggerEvent(event.to_payload())  # type: ignore[no-untyped-call]

    async def _wait_for_end(self, wait: FlinkJobWait | PlanWait) -> dict[str, Any]:
        """Return the outcome of the wait and its message, and the job if that is what was awaited."""
        from dli_provider.flink.wording import name_job
        from dli_provider.hooks.dli import DliHook
        from dli_provider.polling.registry import subscribe
        from dli_provider.polling.subscriber import WaitSubscriber
        from dli_provider.waiting.event import Outcome

        subscriber = WaitSubscriber(wait, self.poke_interval, timedelta(seconds=self.outage_tolerance))
        async with subscribe(
            subscriber, DliHook(self.dli_conn_id, region=self.region, project_id=self.project_id)
        ):
            while True:
                news = await subscriber.news()
                for level, line in news.lines:
                    self.log.log(level, "%s", line)
                if news.reason is not None:
                    return {"outcome": Outcome.FAILED, "message": news.reason}
                if news.job is not None:
                    message = f"{name_job(wait.job_id, news.job['name'])} is {news.job['status']}"
                    return {"outcome": Outcome.REACHED, "message": message, "job": news.job}
