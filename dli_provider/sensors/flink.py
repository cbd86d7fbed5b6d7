"""DliFlinkJobSensor: waits until a Flink job on DLI has a status."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from dli_provider.airflow_compat import (
    AirflowTaskTimeout,
    BaseSensorOperator,
    PokeReturnValue,
    first_poke_at,
    reschedule,
    task_state_store,
)
from dli_provider.flink.arguments import holds_template, parse_statuses, parse_targets
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.wait import FlinkJobWaitOperator
from dli_provider.waiting.clock import steady_clock
from dli_provider.waiting.limits import parse_span

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.api.client import DliClient
    from dli_provider.triggers.base import FlinkJobTrigger
    from dli_provider.waiting.ending import EndingPolicy
    from dli_provider.waiting.limits import Deadline
    from dli_provider.waiting.runner import WaitRunner


class DliFlinkJobSensor(FlinkJobWaitOperator, BaseSensorOperator):
    """Waits until a Flink job has one of the target statuses, and returns the job's summary by XCom.

    Only the targets are success. A status from which no target can be reached without a person fails the task
    at once with :class:`~dli_provider.exceptions.DliFlinkJobFailedError`, which isn't retried and which
    ``soft_fail`` skips. A job that the platform is about to restart (``job_running_exception`` with
    ``restart_when_exception``, or a stop for dynamic scaling) is given 15 minutes. Outcomes are the same in
    poke, reschedule and deferrable mode. The sensor never changes the job.

    With ``deferrable`` the job is read once before; waits of one connection then share their calls,
    a ``poke_interval`` below 1 second counts as 1, and ``exponential_backoff`` doesn't apply. In reschedule
    mode the task keeps its worker slot during an outage.

    A subclass may override :meth:`poke`. Such a sensor pokes on the worker, also when ``deferrable`` is set.

    :param target_status: the status to wait for, or several of which any will do. (templated)
    :param failure_status: a status, or several, that fail the task at once though a target could still
        follow. (templated)
    :param kwargs: ``job_id`` or ``job_name``, ``deferrable``, ``outage_tolerance``, ``dli_conn_id``,
        ``region`` and ``project_id``, see :class:`~dli_provider.operators.wait.FlinkJobWaitOperator`; and
        Airflow's own, such as ``poke_interval``, ``timeout`` and ``mode``.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkJobFailedError: when no target can be reached any more.
    :raises AirflowSensorTimeout: when ``timeout`` is over.
    :raises AirflowTaskTimeout: when ``execution_timeout`` is over first; never skipped. It counts from the
        start of the task, also while that is deferred.
    :raises DliError: for an error of DLI that does not pass; never skipped by ``soft_fail``.
    """

    template_fields: Sequence[str] = (
        "target_status",
        "failure_status",
        *FlinkJobWaitOperator.template_fields,
    )

    def __init__(
        self,
        *,
        target_status: str | Iterable[str] | XComArg = FlinkJobStatus.JOB_RUNNING.value,
        failure_status: str | Iterable[str] | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.target_status = list(target_status) if isinstance(target_status, Iterator) else target_status
        self.failure_status = failure_status
        self._runner: WaitRunner | None = None
        self._check_arguments()

    def execute(self, context: Context) -> Any:
        """Wait, and return the job's summary.

        The loop is the sensor's own. The base class's would skip a task for its ``execution_timeout``, knows
        nothing of the job when ``timeout`` is over, and must not be called from here on Airflow 2.

        :param context: the task's context.
        """
        first_poke = first_poke_at(self, context) if self.reschedule else None
        clock = steady_clock()
        began = first_poke or clock()

        def elapsed() -> float:
            return (clock() - began).total_seconds()

        runner = self._runner = self._new_runner(context, first_poke)
        try:
            for count in itertools.count(1):
                poked = self._poke_once(context)
                if poked:
                    return poked.xcom_value if isinstance(poked, PokeReturnValue) else None
                remaining = self.timeout - elapsed()
                if remaining <= 0:
                    self._time_out(runner.describe())
                if self.deferrable and runner.wait and type(self).poke is DliFlinkJobSensor.poke:
                    timeout = clock() + timedelta(seconds=remaining)
                    self._defer(runner.wait, self._deadline(context, timeout))
                pause = min(remaining, self._get_next_poke_interval(began, elapsed, count))
                if self.reschedule and not runner.needs_this_process:
                    raise reschedule(pause)
                time.sleep(pause)
        finally:
            runner.close()
            self._runner = None

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """Read the job once.

        :param context: the task's context.
        :return: whether a target is reached, and the job's summary when one is.
        """
        if self._runner is None:
            self._runner = self._new_runner(context, None)
        summary = self._runner.poke()
        return PokeReturnValue(is_done=summary is not None, xcom_value=summary)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the trigger's event, or after the trigger was lost or broke.

        The base sensor's own version is passed over: it reads ``soft_fail`` and ``never_fail`` otherwise than
        its poke loop does, and differently on Airflow 2 and 3.
        """
        self._check_trigger(context, next_method, next_kwargs)
        resume = super(BaseSensorOperator, self).resume_execution
        if next_method != "__fail__":
            return resume(next_method, next_kwargs, context)
        try:
            resume(next_method, next_kwargs, context)
        except Exception as error:  # noqa: BLE001
            self._ending.handle(error, self.log)
        return self._defer_again(None, self._deadline(context))

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """End as the trigger's event says.

        :param context: the task's context.
        :param event: the event; anything that isn't one of the trigger's fails the task.
        """
        from dli_provider.waiting.event import Outcome, WaitEvent

        ended = WaitEvent.from_payload(event)
        if ended.outcome == Outcome.REACHED:
            return ended.job
        if ended.outcome == Outcome.TIMEOUT:
            self._time_out(ended.message)
        if ended.outcome == Outcome.EXECUTION_TIMEOUT:
            raise AirflowTaskTimeout(ended.message)
        self._ending.handle(ended.exception(), self.log)
        return self._defer_again(ended.job_id, self._deadline(context, ended.timeout))

    @property
    def _ending(self) -> EndingPolicy:
        from dli_provider.waiting.ending import EndingPolicy

        return EndingPolicy(self.soft_fail, self.silent_fail, self.never_fail)

    def _check_arguments(self) -> None:
        """Check what holds no template.

        :raises ValueError: for an invalid argument.
        """
        parse_span("timeout", self.timeout)
        parse_span("poke_interval", self.poke_interval)
        plain = [
            name for name in ("target_status", "failure_status") if not holds_template(getattr(self, name))
        ]
        for name in plain:
            parse_statuses(name, getattr(self, name))
        if len(plain) == 2:
            self._statuses()

    def _statuses(self) -> tuple[tuple[FlinkJobStatus, ...], tuple[FlinkJobStatus, ...]]:
        targets = parse_targets(self.target_status)
        failures = parse_statuses("failure_status", self.failure_status)
        if both := [status for status in targets if status in failures]:
            raise ValueError(f"{', '.join(both)} can't be both a target_status and a failure_status")
        return targets, failures

    def _new_runner(self, context: Context, first_poke: datetime | None) -> WaitRunner:
        from dli_provider.waiting.reschedule import RescheduleState
        from dli_provider.waiting.runner import WaitRunner

        def find_job_id(client: DliClient) -> int:
            job_id = self._find_job_id(client)
            DliFlinkConsoleLink.persist(context, client.settings, job_id)
            return job_id

        self._check_job()
        targets, failures = self._statuses()
        state = None
        if self.reschedule:
            state = RescheduleState(task_state_store(context), self.log, is_first_poke=first_poke is None)
        client = self._wait_client(had_success=first_poke is not None)
        return WaitRunner(client, find_job_id, targets, failures, self.log, state=state)

    def _poke_once(self, context: Context) -> bool | PokeReturnValue:
        try:
            return self.poke(context)
        except Exception as error:  # noqa: BLE001
            self._ending.handle(error, self.log)
            return False

    def _trigger_class(self) -> type[FlinkJobTrigger]:
        from dli_provider.triggers.flink import DliFlinkJobTrigger

        return DliFlinkJobTrigger

    def _time_out(self, message: str) -> NoReturn:
        self._ending.time_out(message)

    def _defer_again(self, job_id: int | None, deadline: Deadline) -> NoReturn:
        from dli_provider.flink.wait import FlinkJobWait

        if job_id is None:
            job_id = self._check_job()[0]
        if job_id is None:
            with self.hook.get_conn() as client:
                job_id = self._find_job_id(client)
        self._defer(FlinkJobWait(job_id, *self._statuses()), deadline)
