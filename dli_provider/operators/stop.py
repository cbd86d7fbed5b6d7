"""The operators that stop a Flink job, have it save its state, or delete it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import check_boolean, holds_template, parse_savepoint_path
from dli_provider.operators.acting import FlinkJobActionOperator

if TYPE_CHECKING:
    from dli_provider.acting.runner import Ended
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.flink.plan.plans import DeletePlan, SavepointPlan, StopPlan


class DliStopFlinkJobOperator(FlinkJobActionOperator):
    """Stops a Flink job, by default with a savepoint, and waits until it is at rest.

    A job that is at rest already is success, without a call. One that is being submitted is stopped once it
    runs, so that its state can be saved.

    XCom ``return_value`` is the job's summary with ``action``: ``stopped`` or ``unchanged``.

    :param savepoint: False to stop it without saving its state.
    :param kwargs: ``job_id`` or ``job_name``, ``wait_for_completion``, ``deferrable``, ``poke_interval``,
        ``timeout``, ``outage_tolerance``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.acting.FlinkJobActionOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkJobRunError: when DLI gave the stop up, or the job isn't at rest within ``timeout``.
    :raises DliError: when DLI refuses the stop or can't be read.
    """

    def __init__(self, *, savepoint: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.savepoint = savepoint
        check_boolean("savepoint", savepoint)

    def make_plan(self, context: Context) -> StopPlan:  # noqa: ARG002
        """Return the plan of the stop."""
        from dli_provider.flink.plan.plans import StopPlan

        return StopPlan(self.savepoint, self.wait_for_completion)


class DliTriggerFlinkSavepointOperator(FlinkJobActionOperator):
    """Saves the state of a running Flink job, and waits until it is saved; the job goes on running.

    A job that is not running yet is awaited; one that is at rest fails the task.

    XCom ``return_value`` is the job's summary with ``action`` (``saved``) and ``savepoint_path``, as DLI
    shows it, or as it was asked for where DLI shows none yet, or an earlier one.

    :param savepoint_path: the directory to save to, ``obs://bucket/directory/`` or ``bucket/directory/``.
        (templated)
    :param kwargs: ``job_id`` or ``job_name``, ``wait_for_completion``, ``deferrable``, ``poke_interval``,
        ``timeout``, ``outage_tolerance``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.acting.FlinkJobActionOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkJobRunError: when the job isn't running, or didn't save its state within ``timeout``.
    :raises DliError: when DLI refuses the savepoint or can't be read.
    """

    template_fields: Sequence[str] = (*FlinkJobActionOperator.template_fields, "savepoint_path")

    def __init__(self, *, savepoint_path: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.savepoint_path = savepoint_path
        if not holds_template(savepoint_path):
            parse_savepoint_path("savepoint_path", savepoint_path)

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


class DliDeleteFlinkJobOperator(FlinkJobActionOperator):
    """Deletes a Flink job that is at rest. That there is no such job is success.

    XCom ``return_value`` is the job's id, or None when there was none.

    :param force: True to delete it in any status, also while it runs.
    :param kwargs: ``job_id`` or ``job_name``, ``deferrable``, ``poke_interval``, ``timeout``,
        ``outage_tolerance``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.acting.FlinkJobActionOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkJobFailedError: when the job isn't at rest; not retried.
    :raises DliError: when DLI refuses the deletion or can't be read.
    """

    def __init__(self, *, force: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.force = force
        check_boolean("force", force)

    def make_plan(self, context: Context) -> DeletePlan:  # noqa: ARG002
        """Return the plan of the deletion."""
        from dli_provider.flink.plan.plans import DeletePlan

        return DeletePlan(self.force)

    def result(self, ended: Ended) -> int | None:
        """Return the id of the job that was deleted; None when there was none."""
        return ended.job_id if ended.done.action == "deleted" else None
