"""The operator that runs a Flink job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from dli_provider.exceptions import DliFlinkJobRunError
from dli_provider.flink.arguments import check_boolean, holds_template, parse_savepoint_path, parse_targets
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.operators.acting import FlinkJobActionOperator

if TYPE_CHECKING:
    from dli_provider.acting.runner import Ended, PlanRunner, Rest
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.flink.plan.plans import RunPlan

_TO_ITS_END = (FlinkJobStatus.JOB_FINISH,)


class DliRunFlinkJobOperator(FlinkJobActionOperator):
    """Runs a Flink job, and waits until it runs, or until it has ended.

    A run that is under way already is adopted: retrying or clearing the task starts no second one. With
    ``target_status="job_finish"`` alone the run is *bounded*: the task waits for the end of a run that it
    has started itself, never adopts another one, and a retry goes on waiting for the same run. What tells
    that it is the same is Airflow's task state store; before Airflow 3.3, that the job was started after the
    DAG run.

    XCom ``return_value`` is the job's summary with ``action``: ``started`` or ``adopted``.

    :param resume_savepoint: True to start from the job's latest savepoint; a warning tells when DLI shows
        none.
    :param restore_from: a savepoint to import and to start from, such as ``obs://bucket/directory/``, instead
        of the latest one; not used when a run is adopted. (templated)
    :param if_running: ``adopt``, or ``fail`` when the job runs already at the task's first try.
    :param target_status: the status to wait for, or several of which any will do. (templated)
    :param stop_on_kill: True to stop the run that this task has started when the task is killed, by one call
        and without a savepoint; for bounded runs that are not deferred. A worker that is drained kills its
        tasks, too.
    :param kwargs: ``job_id`` or ``job_name``, ``wait_for_completion``, ``deferrable``, ``poke_interval``,
        ``timeout``, ``outage_tolerance``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.acting.FlinkJobActionOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkJobRunError: when the run ended elsewhere, or did not get there within ``timeout``;
        retried.
    :raises DliFlinkJobFailedError: when a run is under way that must not be adopted, or the account is in
        arrears; not retried.
    :raises DliError: when DLI refuses the run or can't be read, and ``DliOutcomeUnknownError`` when nobody
        knows whether it took it.
    """

    template_fields: Sequence[str] = (
        *FlinkJobActionOperator.template_fields,
        "target_status",
        "restore_from",
    )

    def __init__(
        self,
        *,
        resume_savepoint: bool = False,
        restore_from: str | XComArg | None = None,
        if_running: Literal["adopt", "fail"] = "adopt",
        target_status: str | Iterable[str] | XComArg = ("job_running", "job_finish"),
        stop_on_kill: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.resume_savepoint = resume_savepoint
        self.restore_from = restore_from
        self.if_running = if_running
        self.target_status = target_status
        self.stop_on_kill = stop_on_kill
        self._is_restoring = restore_from is not None
        self._is_killed = False
        check_boolean("resume_savepoint", resume_savepoint)
        check_boolean("stop_on_kill", stop_on_kill)
        if resume_savepoint and restore_from is not None:
            raise ValueError(
                "Give resume_savepoint or restore_from, not both: a job starts from one savepoint"
            )
        if if_running not in ("adopt", "fail"):
            raise ValueError(f"if_running must be 'adopt' or 'fail', not {if_running!r:.80}")
        if not holds_template(target_status):
            self._targets()
        if not holds_template(restore_from):
            self._savepoint()

    def make_plan(self, context: Context) -> RunPlan:
        """Return the plan of the run."""
        from dli_provider.flink.plan.plans import RunPlan

        is_first = self.is_first_try(context)
        return RunPlan(
            targets=self._targets(),
            adopts=self.if_running == "adopt" or not is_first,
            own_since=None if is_first or self._recalled else _dag_run_start(context),
            resume_savepoint=self.resume_savepoint,
            restore_from=self._savepoint(),
            waits_for_completion=self.wait_for_completion,
            windows=self.windows(),
        )

    def act(self, runner: PlanRunner, rest: Rest) -> Ended:
        """Run the job. A run that was stopped with the task is forgotten, too."""
        try:
            return super().act(runner, rest)
        except BaseException:
            if self._is_killed and runner.stop_own_run():
                self._record.begin()
            raise

    def on_kill(self) -> None:
        """Note that the task is killed. No call is made here, since this may run in a signal handler: the
        loop sees it within a second.
        """
        self._is_killed = self.stop_on_kill

    def pause(self, seconds: float) -> None:
        """Wait between two readings, unless the task is killed."""
        if self._is_killed:
            raise DliFlinkJobRunError("The task was killed")
        super().pause(seconds)

    def _targets(self) -> tuple[FlinkJobStatus, ...]:
        targets = parse_targets(self.target_status)
        is_bounded = targets == _TO_ITS_END and self.wait_for_completion
        if self.stop_on_kill and (self.deferrable or not is_bounded):
            raise ValueError(
                "stop_on_kill needs target_status 'job_finish' alone, and a task that waits for it without "
                "being deferred"
            )
        return targets

    def _savepoint(self) -> str | None:
        if not self._is_restoring:
            return None
        return f"obs://{parse_savepoint_path('restore_from', self.restore_from)}"


def _dag_run_start(context: Context) -> Any:
    return getattr(context.get("dag_run"), "start_date", None)
