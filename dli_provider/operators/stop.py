"""The operators that stop a Flink job, have it save its state, or delete it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseOperator, conf
from dli_provider.flink.arguments import check_boolean, holds_template, parse_savepoint_path
from dli_provider.operators.acting import ActOnFlinkJobMixin

if TYPE_CHECKING:
    from dli_provider.acting.runner import Ended
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.flink.plan.plans import DeletePlan, SavepointPlan, StopPlan


class DliStopFlinkJobOperator(ActOnFlinkJobMixin, BaseOperator):
    """Stops a Flink job, by default with a savepoint, and waits until it is at rest.

    A job that is at rest already is success, without a call. One that is being submitted is stopped once it
    runs, so that its state can be saved.

    XCom ``return_value`` is the job's summary with ``action``: ``stopped`` or ``unchanged``.

    :param job_id: the job's id: an int, digits, or a template or XComArg that yields one. (templated)
    :param job_name: the job's exact name, instead of its id. (templated)
    :param savepoint: False to stop it without saving its state.
    :param wait_for_completion: False to end as soon as DLI has accepted the stop.
    :param deferrable: True to wait in the triggerer. Default: Airflow's ``[operators] default_deferrable``.
    :param poke_interval: seconds between two readings, or a timedelta.
    :param timeout: seconds, or a timedelta, after which the task fails; the job is left as it is.
    :param outage_tolerance: how long DLI may be unreadable, as a timedelta or in seconds.
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :param kwargs: passed to Airflow's ``BaseOperator``.
    :raises ValueError: for an argument that can't be right: in the constructor where it holds no template,
        else before any call.
    :raises DliFlinkJobRunError: when DLI gave the stop up, or the job isn't at rest within ``timeout``.
    :raises DliError: when DLI refuses the stop or can't be read.
    """

    def __init__(
        self,
        job_id: int | str | XComArg | None = None,
        *,
        job_name: str | XComArg | None = None,
        savepoint: bool = True,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poke_interval: timedelta | float = 30,
        timeout: timedelta | float = 3600,
        outage_tolerance: timedelta | float = timedelta(minutes=30),
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            job_id=job_id,
            job_name=job_name,
            wait_for_completion=wait_for_completion,
            deferrable=deferrable,
            poke_interval=poke_interval,
            timeout=timeout,
            outage_tolerance=outage_tolerance,
            dli_conn_id=dli_conn_id,
            region=region,
            project_id=project_id,
            **kwargs,
        )
        self.savepoint = savepoint
        check_boolean("savepoint", savepoint)

    def execute(self, context: Context) -> Any:
        """Stop the job, and return its summary.

        :param context: the task's context.
        """
        return self.begin(context)

    def make_plan(self, context: Context) -> StopPlan:  # noqa: ARG002
        """Return the plan of the stop."""
        from dli_provider.flink.plan.plans import StopPlan

        return StopPlan(self.savepoint, self.wait_for_completion)


class DliTriggerFlinkSavepointOperator(ActOnFlinkJobMixin, BaseOperator):
    """Has a running Flink job save its state, and waits until it has; the job runs on.

    A job that is not running yet is awaited; one that is at rest fails the task.

    XCom ``return_value`` is the job's summary with ``action`` (``saved``) and ``savepoint_path``, as DLI
    shows it, or as it was asked for where DLI shows none yet, or an earlier one.

    :param job_id: the job's id: an int, digits, or a template or XComArg that yields one. (templated)
    :param job_name: the job's exact name, instead of its id. (templated)
    :param savepoint_path: the directory to save to, ``obs://bucket/directory/`` or ``bucket/directory/``.
        (templated)
    :param wait_for_completion: False to end as soon as DLI has accepted the savepoint.
    :param deferrable: True to wait in the triggerer. Default: Airflow's ``[operators] default_deferrable``.
    :param poke_interval: seconds between two readings, or a timedelta.
    :param timeout: seconds, or a timedelta, after which the task fails; the job is left as it is.
    :param outage_tolerance: how long DLI may be unreadable, as a timedelta or in seconds.
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :param kwargs: passed to Airflow's ``BaseOperator``.
    :raises ValueError: for an argument that can't be right: in the constructor where it holds no template,
        else before any call.
    :raises DliFlinkJobRunError: when the job isn't running, or didn't save its state within ``timeout``.
    :raises DliError: when DLI refuses the savepoint or can't be read.
    """

    template_fields: Sequence[str] = (*ActOnFlinkJobMixin.template_fields, "savepoint_path")

    def __init__(
        self,
        job_id: int | str | XComArg | None = None,
        *,
        job_name: str | XComArg | None = None,
        savepoint_path: str | XComArg,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poke_interval: timedelta | float = 30,
        timeout: timedelta | float = 3600,
        outage_tolerance: timedelta | float = timedelta(minutes=30),
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            job_id=job_id,
            job_name=job_name,
            wait_for_completion=wait_for_completion,
            deferrable=deferrable,
            poke_interval=poke_interval,
            timeout=timeout,
            outage_tolerance=outage_tolerance,
            dli_conn_id=dli_conn_id,
            region=region,
            project_id=project_id,
            **kwargs,
        )
        self.savepoint_path = savepoint_path
        if not holds_template(savepoint_path):
            parse_savepoint_path("savepoint_path", savepoint_path)

    def execute(self, context: Context) -> Any:
        """Have the job save its state, and return its summary.

        :param context: the task's context.
        """
        return self.begin(context)

    def make_plan(self, context: Context) -> SavepointPlan:  # noqa: ARG002
        """Return the plan of the savepoint."""
        from dli_provider.flink.plan.plans import SavepointPlan

        path = parse_savepoint_path("savepoint_path", self.savepoint_path)
        return SavepointPlan(f"obs://{path}", self.wait_for_completion)

    def result(self, ended: Ended) -> dict[str, Any]:
        """Return the job's summary, with what was done, and where the state is."""
        from dli_provider.masking import printable

        assert ended.job is not None
        asked = parse_savepoint_path("savepoint_path", self.savepoint_path)
        shown = ended.job.savepoint_path or ""
        # what doesn't lie there is the savepoint before this one
        path = shown if asked.removesuffix("/") in shown else f"obs://{asked}"
        return {**super().result(ended), "savepoint_path": printable(path, 1000)}


class DliDeleteFlinkJobOperator(ActOnFlinkJobMixin, BaseOperator):
    """Deletes a Flink job that is at rest. That there is no such job is success.

    XCom ``return_value`` is the job's id, or None when there was none.

    :param job_id: the job's id: an int, digits, or a template or XComArg that yields one. (templated)
    :param job_name: the job's exact name, instead of its id. (templated)
    :param force: True to delete it in any status, also while it runs.
    :param deferrable: True to wait in the triggerer for the end of a stop that is under way. Default:
        Airflow's ``[operators] default_deferrable``.
    :param poke_interval: seconds between two readings, or a timedelta.
    :param timeout: seconds, or a timedelta, after which the task fails.
    :param outage_tolerance: how long DLI may be unreadable, as a timedelta or in seconds.
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :param kwargs: passed to Airflow's ``BaseOperator``.
    :raises ValueError: for an argument that can't be right: in the constructor where it holds no template,
        else before any call.
    :raises DliFlinkJobFailedError: when the job isn't at rest; not retried.
    :raises DliError: when DLI refuses the deletion or can't be read.
    """

    def __init__(
        self,
        job_id: int | str | XComArg | None = None,
        *,
        job_name: str | XComArg | None = None,
        force: bool = False,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poke_interval: timedelta | float = 30,
        timeout: timedelta | float = 3600,
        outage_tolerance: timedelta | float = timedelta(minutes=30),
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            job_id=job_id,
            job_name=job_name,
            deferrable=deferrable,
            poke_interval=poke_interval,
            timeout=timeout,
            outage_tolerance=outage_tolerance,
            dli_conn_id=dli_conn_id,
            region=region,
            project_id=project_id,
            **kwargs,
        )
        self.force = force
        check_boolean("force", force)

    def execute(self, context: Context) -> Any:
        """Delete the job, and return its id.

        :param context: the task's context.
        """
        return self.begin(context)

    def make_plan(self, context: Context) -> DeletePlan:  # noqa: ARG002
        """Return the plan of the deletion."""
        from dli_provider.flink.plan.plans import DeletePlan

        return DeletePlan(self.force)

    def result(self, ended: Ended) -> int | None:
        """Return the id of the job that was deleted; None when there was none."""
        return ended.job_id if ended.done.action == "deleted" else None
