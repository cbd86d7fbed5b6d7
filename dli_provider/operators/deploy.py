"""The operator that makes a Flink job be as a DAG defines it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from dli_provider.flink.arguments import (
    check_boolean,
    holds_template,
    nearest,
    parse_list,
    parse_savepoint_path,
    parse_targets,
)
from dli_provider.operators.acting import FlinkJobActionOperator
from dli_provider.operators.base import DliBaseOperator
from dli_provider.operators.definition import DEFINING_ARGUMENTS, JobDefinitionMixin

if TYPE_CHECKING:
    from dli_provider.acting.runner import Ended
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.api.client import DliClient
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.plan.deploy import DeployPlan
    from dli_provider.flink.plan.memory import Memory
    from dli_provider.flink.plan.planner import Plan

_UPGRADE_MODES = ("savepoint", "stateless", "refuse")


class DliDeployFlinkJobOperator(JobDefinitionMixin, FlinkJobActionOperator):
    """Creates or changes a Flink job so that it is as the DAG defines it, and runs it.

    A job that doesn't exist is created and started. One that is equal is left alone: a second deployment
    makes reads only. What can be changed while the job runs is changed in place; for everything else the job
    is stopped with a savepoint, updated, and resumed from it. Only fields that the DAG gives are compared. A
    job that has state is never started without it unless ``upgrade_mode`` says so.

    Restoring after a change of SQL, package or parallelism may fail in Flink, and DLI deletes the savepoint
    once the job runs again: nothing is rolled back. Give the DAG ``max_active_runs=1``.

    XCom ``return_value`` is the job's summary with ``action`` (``created``, ``started``, ``upgraded``,
    ``reconfigured``, ``adopted``, ``unchanged``, ``planned``), ``changes`` (names of the fields that were
    changed) and ``not_compared`` (names of given fields that DLI doesn't show); with ``plan_only`` also
    ``steps``.

    :param job_name: the job's exact name, unique in the project. (templated)
    :param sql: the SQL of a SQL job, or the name of a ``.sql`` file in the DAG's folder, which is rendered as
        a template. (templated)
    :param entrypoint: the package of a JAR job, such as ``obs://bucket/file.jar``. (templated)
    :param definition: the other fields, named as in the API, such as ``queue_name``; see
        :mod:`dli_provider.flink.definition`. A mapping or its JSON text. A text in the place of a number or
        a Boolean, as templates render them, is read as one. (templated)
    :param upgrade_mode: what becomes of a running job that must be stopped to be changed: ``savepoint`` saves
        and restores its state, ``stateless`` loses it, ``refuse`` fails the task and shows the differences.
    :param restore_from: a savepoint that a job begins with that was never started; not used afterwards, so it
        may stay in the DAG. (templated)
    :param run: False to create or change the job only; a running job is changed in place or not at all.
    :param ignore_changes: names of fields that may differ. (templated)
    :param target_status: the status to wait for, or several of which any will do. (templated)
    :param plan_only: True to show the steps and the differences, and to write nothing; the task fails where
        the deployment would be refused.
    :param kwargs: ``wait_for_completion``, ``deferrable``, ``poke_interval``, ``timeout``,
        ``outage_tolerance``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.acting.FlinkJobActionOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkConfigDriftError: when a running job differs and must not be stopped.
    :raises DliFlinkJobRunError: when the job ended elsewhere, somebody else interfered, or the job did not
        get there within ``timeout``; retried.
    :raises DliFlinkJobFailedError: when the state would be lost, or DLI did not take the definition; not
        retried.
    :raises DliError: when DLI refuses a write or can't be read, and ``DliOutcomeUnknownError`` when nobody
        knows whether it took it.
    """

    template_fields: Sequence[str] = (
        "job_name",
        *DliBaseOperator.template_fields,
        *DEFINING_ARGUMENTS,
        *("restore_from", "ignore_changes", "target_status"),
    )
    template_fields_renderers = {"sql": "sql", "definition": "json"}  # noqa: RUF012

    def __init__(
        self,
        job_name: str | XComArg,
        *,
        sql: str | XComArg | None = None,
        entrypoint: str | XComArg | None = None,
        definition: Mapping[str, Any] | str | XComArg | None = None,
        upgrade_mode: Literal["savepoint", "stateless", "refuse"] = "savepoint",
        restore_from: str | XComArg | None = None,
        run: bool = True,
        ignore_changes: str | Iterable[str] | XComArg = (),
        target_status: str | Iterable[str] | XComArg = ("job_running", "job_finish"),
        plan_only: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(job_name=job_name, **kwargs)
        self.define(sql=sql, entrypoint=entrypoint, definition=definition)
        self.upgrade_mode = upgrade_mode
        self.restore_from = restore_from
        self.runs = run
        self.ignore_changes = ignore_changes
        self.target_status = target_status
        self.plan_only = plan_only
        self._is_restoring = restore_from is not None
        self._ignores = ignore_changes not in ((), [], "")
        self._plan: DeployPlan
        self._check()

    def begin(self, context: Context) -> Any:
        """Deploy the job, or show how it would be."""
        return self._show_plan(context) if self.plan_only else super().begin(context)

    def make_plan(self, context: Context) -> DeployPlan:
        """Return the plan of the deployment."""
        from dli_provider.flink.plan.deploy import DeployPlan, UpgradeMode

        self._plan = DeployPlan(
            self.desired(context),
            UpgradeMode(self.upgrade_mode),
            restore_from=self._savepoint(),
            runs=self.runs,
            ignored=self._ignored(),
            targets=parse_targets(self.target_status),
            waits_for_completion=self.wait_for_completion,
            created_since=self._earlier_tries_began(context),
            windows=self.windows(),
        )
        return self._plan

    def result(self, ended: Ended) -> dict[str, Any]:
        """Return the job's summary, with what was done."""
        assert ended.job is not None
        return self._summary(ended.job, ended.done.action, ended.done.changes)

    def assume(self, plan: Plan) -> Memory | None:  # noqa: ARG002
        """Assume nothing: a retry compares the job as it finds it."""
        return None

    def _show_plan(self, context: Context) -> dict[str, Any]:
        from dli_provider.acting.failures import failure_error
        from dli_provider.acting.job import ActedJob
        from dli_provider.api.retry import PATIENT
        from dli_provider.flink.plan.preview import preview
        from dli_provider.flink.plan.values import Reading
        from dli_provider.links.flink import DliFlinkConsoleLink

        self._check_scope()
        plan = self.make_plan(context)

        def on_known(client: DliClient, known: int) -> None:
            DliFlinkConsoleLink.persist(context, client.settings, known)

        acted = ActedJob(*self._check_job(), on_known)
        with self.hook.get_conn() as client:
            job = acted.read(client.with_retry(PATIENT, self.log.warning))
        planned = preview(plan, Reading(job, datetime.now(UTC)))
        failure, differences = planned.failure, planned.differences
        steps = [*planned.steps, *([f"refused: {failure.message}"] if failure else [])]
        lines = [f"{acted.label}: {'; then '.join(steps) or 'nothing to do'}"]
        if differences and not (failure and differences in failure.message):
            lines.append(differences)
        self.log.info("%s", "\n".join(lines))
        if failure:
            raise failure_error(failure, acted, job)
        return {**self._summary(job, "planned", planned.changes), "steps": list(planned.steps)}

    def _summary(self, job: FlinkJob | None, action: str, changes: Iterable[str]) -> dict[str, Any]:
        from dli_provider.flink.job import FlinkJob

        not_compared = self._plan.compare(job).not_compared if job else ()
        return {
            **(job or FlinkJob.from_api({"name": self._plan.desired.name})).summary(),
            "action": action,
            "changes": list(changes),
            "not_compared": list(not_compared),
        }

    def _check(self) -> None:
        """Check what holds no template."""
        check_boolean("run", self.runs)
        check_boolean("plan_only", self.plan_only)
        if self.upgrade_mode not in _UPGRADE_MODES:
            raise ValueError(
                f"upgrade_mode must be one of {', '.join(_UPGRADE_MODES)}, not {self.upgrade_mode!r:.80}"
                f"{nearest(self.upgrade_mode, _UPGRADE_MODES)}"
            )
        for name, check in (
            ("target_status", lambda: parse_targets(self.target_status)),
            ("restore_from", self._savepoint),
            ("ignore_changes", self._ignored),
        ):
            if not holds_template(getattr(self, name)):
                check()

    def _earlier_tries_began(self, context: Context) -> datetime | None:
        began: datetime | None = getattr(context.get("dag_run"), "start_date", None)
        return None if self.is_first_try(context) else began

    def _savepoint(self) -> str | None:
        if not self._is_restoring:
            return None
        return f"obs://{parse_savepoint_path('restore_from', self.restore_from)}"

    def _ignored(self) -> frozenset[str]:
        """Return the names of fields that may differ, checked."""
        from dli_provider.flink.plan.desired import JobKind

        names = [str(name) for name in parse_list("ignore_changes", self.ignore_changes)]
        if self._ignores and not names:
            raise ValueError(f"ignore_changes was given and is empty ({self.ignore_changes!r:.40})")
        known = frozenset[str]().union(*(kind.creatable_fields | kind.updatable_fields for kind in JobKind))
        for name in names:
            if name not in known:
                raise ValueError(f"ignore_changes: no such field: {name!r:.80}{nearest(name, known)}")
        return frozenset(names)
