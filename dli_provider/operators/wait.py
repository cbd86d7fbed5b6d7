"""What the sensor and the operators that act share: a wait for a Flink job, on the worker or deferred."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from dli_provider.airflow_compat import TRIGGER_TIMEOUT_TEXTS, AirflowTaskTimeout, conf
from dli_provider.flink.arguments import check_boolean
from dli_provider.operators.base import FlinkJobOperator
from dli_provider.waiting.limits import TRIGGERER_GRACE, Deadline, parse_span

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context
    from dli_provider.triggers.base import FlinkJobTrigger
    from dli_provider.waiting.client import WaitClient


class FlinkJobWaitOperator(FlinkJobOperator):
    """A task that waits for a Flink job. A subclass has ``poke_interval``, ``timeout``, and
    ``execute_complete``, which takes the trigger's event.

    :param deferrable: True to wait in the triggerer, without a worker slot. Default: Airflow's
        ``[operators] default_deferrable``.
    :param outage_tolerance: how long DLI, or the place where the connection is kept, may be out of reach,
        throttle or fail before that ends the task, as a timedelta or in seconds; comes on top of the few
        retries within every call. 30 minutes by default.
    :param kwargs: those of :class:`~dli_provider.operators.base.FlinkJobOperator`.
    """

    poke_interval: Any
    timeout: Any

    def __init__(
        self,
        *,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        outage_tolerance: timedelta | float = timedelta(minutes=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deferrable = deferrable
        self.outage_tolerance = outage_tolerance
        check_boolean("deferrable", deferrable)
        parse_span("outage_tolerance", outage_tolerance)

    @abstractmethod
    def _trigger_class(self) -> type[FlinkJobTrigger]:
        """Return the trigger that goes on with the wait; it is loaded when it is needed."""

    @abstractmethod
    def _time_out(self, message: str) -> NoReturn:
        """End the task because its ``timeout`` is over.

        :param message: how the wait stands.
        """

    def _wait_client(self, *, had_success: bool) -> WaitClient:
        """Return the client that reads DLI for the wait.

        :param had_success: whether the job was read before.
        """
        from dli_provider.waiting.client import WaitClient
        from dli_provider.waiting.outage import OutageTracker

        tolerance = parse_span("outage_tolerance", self.outage_tolerance)
        return WaitClient(lambda: self.hook, OutageTracker(tolerance, had_success=had_success), self.log)

    def _deadline(self, context: Context, timeout: datetime | None = None) -> Deadline:
        """Return when the wait times out.

        :param context: the task's context.
        :param timeout: when ``timeout`` is over; None to count it from the start of the task.
        """
        span = parse_span("timeout", self.timeout)
        began: datetime | None = getattr(context.get("ti"), "start_date", None)
        if began is None:  # dag.test() knows none on Airflow 2
            began = timeout - span if timeout else datetime.now(UTC)
        return Deadline.of_task(timeout or began + span, self.execution_timeout, began)

    def _defer(self, wait: Any, deadline: Deadline) -> NoReturn:
        """Go on with a wait in the triggerer.

        :param wait: the wait, as far as it has come.
        :param deadline: when it times out.
        """
        hook = self.hook
        self.defer(
            trigger=self._trigger_class().of_wait(
                wait,
                deadline,
                parse_span("outage_tolerance", self.outage_tolerance),
                poke_interval=parse_span("poke_interval", self.poke_interval).total_seconds(),
                dli_conn_id=hook.dli_conn_id,
                region=hook.region,
                project_id=hook.project_id,
            ),
            method_name="execute_complete",
            timeout=deadline.remaining(datetime.now(UTC)) + TRIGGERER_GRACE,
        )

    def _check_trigger(self, context: Context, next_method: str, next_kwargs: dict[str, Any] | None) -> None:
        """Time out as on the worker, when Airflow ended the wait because no triggerer did in time.

        :param context: the task's context.
        :param next_method: how Airflow goes on after the deferral.
        :param next_kwargs: with which arguments.
        """
        if next_method != "__fail__" or (next_kwargs or {}).get("error") not in TRIGGER_TIMEOUT_TEXTS:
            return
        from dli_provider.flink.wording import name_job

        message = f"No triggerer ended the wait for {name_job(*self._check_job())} in time"
        if self._deadline(context).is_execution_timeout:
            raise AirflowTaskTimeout(message)
        self._time_out(message)
