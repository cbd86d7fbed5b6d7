"""DliFlinkJobSensor: waits until a Flink job on DLI has a status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from dli_provider.airflow_compat import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
    conf,
)
from dli_provider.flink.arguments import parse_statuses
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.base import DliConnectionMixin

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context
    from dli_provider.flink.wait import FlinkJobWait
    from dli_provider.waiting.runner import WaitRunner

_TRIGGERER_GRACE = timedelta(minutes=2)
"""How long after the deadline the scheduler ends a wait by itself, when no triggerer has done so."""

_TRIGGER_TIMEOUTS = ("Trigger timeout", "Trigger/execution timeout")
"""What Airflow 3 and Airflow 2 tell a task whose trigger did not fire in time."""


class DliFlinkJobSensor(DliConnectionMixin, BaseSensorOperator):
    """Waits until a Flink job has one of the target statuses, and returns the job's summary by XCom.

    The targets alone are success. A status from which no target can be reached without a person fails the
    task at once with :class:`~dli_provider.exceptions.DliFlinkJobFailedError`, which isn't retried and which
    ``soft_fail`` skips. ``job_running_exception`` of a job with ``restart_when_exception`` is given 15
    minutes, for the platform restarts such a job. Outcomes are the same in poke, reschedule and deferrable
    mode. The job is never stopped by the sensor.

    :param job_id: the job: an int, digits, or a template or XComArg that yields one. (templated)
    :param target_status: the status to wait for, or several of which any will do. (templated)
    :param failure_status: a status, or several, that fail the task at once though a target could still
        follow. (templated)
    :param outage_tolerance: how long DLI may be out of reach, throttle or fail before that ends a wait which
        has read its job at least once, as a timedelta or in seconds; comes on top of the few retries within
        every call. In reschedule mode the task keeps its worker slot during an outage.
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :param deferrable: True to wait in the triggerer, without a worker slot; the job is read once before.
        Waits of one connection share their calls there, a ``poke_interval`` below 1 second counts as 1, and
        ``exponential_backoff`` doesn't apply. Default: Airflow's ``[operators] default_deferrable``.
    :raises ValueError: for a ``job_id``, a status or an ``outage_tolerance`` that can't be right, before any
        call.
    :raises DliFlinkJobFailedError: when no target can be reached any more.
    :raises AirflowSensorTimeout: when ``timeout`` is over.
    :raises DliError: for an error of DLI that does not pass; never skipped by ``soft_fail``.
    """

    template_fields: Sequence[str] = (
        *("job_id", "target_status", "failure_status", "dli_conn_id", "region", "project_id"),
    )
    operator_extra_links = (DliFlinkConsoleLink(),)

    def __init__(
        self,
        job_id: int | str,
        target_status: str | Iterable[str] = FlinkJobStatus.JOB_RUNNING.value,
        *,
        failure_status: str | Iterable[str] | None = None,
        outage_tolerance: timedelta | float = timedelta(minutes=30),
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.target_status = target_status
        self.failure_status = failure_status
        self.outage_tolerance = outage_tolerance
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id
        self.deferrable = deferrable
        self._poking: WaitRunner | None = None

    def execute(self, context: Context) -> Any:
        """Wait, and return the job's summary.

        :param context: the task's context.
        """
        self._poking = self._begin(context)
        if self.deferrable:
            return self._poke_and_defer(context, self._poking.wait)
        try:
            return super().execute(context)
        except (AirflowSensorTimeout, AirflowSkipException) as end:
            if end.__cause__ is not None:  # then it isn't the base sensor's own, for a timeout
                raise
            self._time_out(self._poking.describe())

    def poke(self, context: Context) -> PokeReturnValue:
        """Read the job once.

        :param context: the task's context.
        """
        if self._poking is None:
            self._poking = self._begin(context)
        summary = None
        try:
            summary = self._poking.poke()
        except Exception as error:  # noqa: BLE001
            self._end_unless_silent(error)
        return PokeReturnValue(is_done=summary is not None, xcom_value=summary)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the trigger's event, or after the trigger was lost or broke.

        The base sensor's own version reads ``soft_fail`` and ``never_fail`` otherwise than its poke loop
        does, and differently on Airflow 2 and 3: it is passed over, so that a wait ends as it would in poke
        mode.
        """
        resume = super(BaseSensorOperator, self).resume_execution
        if next_method != "__fail__":
            return resume(next_method, next_kwargs, context)
        if (next_kwargs or {}).get("error") in _TRIGGER_TIMEOUTS:
            self._time_out(f"No triggerer ended the wait for Flink job {self.job_id} within its timeout")
        try:
            resume(next_method, next_kwargs, context)
        except Exception as error:  # noqa: BLE001
            self._end_unless_silent(error)
        began: Any = context["ti"].start_date
        return self._defer(self._wait(), began + timedelta(seconds=self.timeout))

    def execute_complete(self, context: Context, event: Any = None) -> Any:  # noqa: ARG002
        """End as the trigger's event says.

        :param context: the task's context.
        :param event: the event; anything that isn't one of the trigger's fails the task.
        """
        from dli_provider.waiting.event import Outcome, WaitEvent

        ended = WaitEvent.read(event)
        if ended.outcome == Outcome.TIMEOUT:
            self._time_out(ended.message)
        if ended.outcome == Outcome.REACHED:
            return ended.job
        self._end_unless_silent(ended.exception())
        return self._defer(self._wait(), ended.deadline)

    def _begin(self, context: Context) -> WaitRunner:
        from dli_provider.waiting.runner import WaitRunner

        return WaitRunner(self, self._wait(), self._tolerance(), context)

    def _wait(self) -> FlinkJobWait:
        from dli_provider.flink.arguments import parse_job_id
        from dli_provider.flink.wait import FlinkJobWait

        targets = parse_statuses("target_status", self.target_status)
        if not targets:
            raise ValueError("target_status is empty: it takes one or more statuses to wait for")
        return FlinkJobWait(
            parse_job_id(self.job_id), targets, parse_statuses("failure_status", self.failure_status or ())
        )

    def _tolerance(self) -> timedelta:
        given = self.outage_tolerance
        try:
            tolerance = timedelta(seconds=given.total_seconds() if isinstance(given, timedelta) else given)
        except (TypeError, ValueError, OverflowError):
            tolerance = timedelta(-1)
        if tolerance < timedelta() or isinstance(given, bool):
            raise ValueError(f"outage_tolerance must be a timedelta or seconds, and not {given!r:.80}")
        return tolerance

    def _poke_and_defer(self, context: Context, wait: FlinkJobWait) -> Any:
        deadline = datetime.now(UTC) + timedelta(seconds=self.timeout)
        poked = self.poke(context)
        return poked.xcom_value if poked.is_done else self._defer(wait, deadline)

    def _defer(self, wait: FlinkJobWait, deadline: datetime) -> NoReturn:
        from dli_provider.triggers.flink import DliFlinkJobTrigger

        self.defer(
            trigger=DliFlinkJobTrigger(
                job_id=wait.job_id,
                target_status=list(wait.targets),
                failure_status=list(wait.failures),
                poke_interval=self.poke_interval,
                deadline=deadline.isoformat(),
                outage_tolerance=self._tolerance().total_seconds(),
                dli_conn_id=self.dli_conn_id,
                region=self.region,
                project_id=self.project_id,
                status=wait.status,
                since=wait.since.isoformat() if wait.since else None,
            ),
            method_name="execute_complete",
            timeout=max(deadline - datetime.now(UTC), timedelta()) + _TRIGGERER_GRACE,
        )

    def _end_unless_silent(self, error: Exception) -> None:
        """Do with an error what the base sensor's poke loop does with it; return only when it goes on.

        A skip says why: the base sensor's says that it skips.
        """
        if isinstance(error, AirflowFailException):
            if self.soft_fail or self.never_fail:
                raise AirflowSkipException(str(error)) from error
            raise error
        if self.silent_fail:
            message = "Reading the job failed; going on, for silent_fail is set: %s"
            self.log.error(message, error, exc_info=error)
            return
        if self.never_fail:
            raise AirflowSkipException(str(error)) from error
        raise error

    def _time_out(self, message: str) -> NoReturn:
        ending = AirflowSkipException if self.soft_fail else AirflowSensorTimeout
        raise ending(message) from None
