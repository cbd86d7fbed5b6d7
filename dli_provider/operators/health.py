"""The health check of a fleet of Flink jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import gauge, mapped_arguments
from dli_provider.flink.arguments import check_boolean, holds_template, parse_statuses
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.operators.base import DliBaseOperator
from dli_provider.operators.context import check_expectation, push_xcom, read_expectation
from dli_provider.operators.fleet_selection import SELECTION, FleetSelection

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.flink.health import HealthRules, OwnRule
    from dli_provider.flink.health_report import HealthReport
    from dli_provider.flink.job_health import JobHealth

_IN_ERROR = 5
_ANY = ("unhealthy", "missing", "unreadable")


class DliFlinkHealthCheckOperator(DliBaseOperator):
    """Checks a fleet of Flink jobs, and says which aren't healthy and why.

    XCom ``return_value`` is the report: totals by verdict and by status, the jobs that aren't healthy, worst
    first, each with its reasons, and ``text`` and ``markdown``, ready to be sent. It is pushed also when the
    task fails. The log shows it as a table, and Airflow's metrics have a gauge per verdict,
    ``dli.flink_health.<dag>.<task>.<verdict>``. A job that can't be read never hides the others; an error of
    the connection fails the task as it is, and so does any error when the first three jobs (or all of them)
    get nothing but errors. A throttled call is tried again for up to five minutes.

    :param job_ids: the jobs: a list of ids, its JSON or Python text, ``1,2``, or one id. A job that isn't
        there is reported as missing. None for all jobs that the filters leave. (templated)
    :param name: filter: the jobs' name, as ListFlinkJobs matches it. (templated)
    :param queue_name: filter: the queue. (templated)
    :param job_type: filter: ``flink_jar_job``, ``flink_opensource_sql_job`` and so on. (templated)
    :param tags: filter: ``k1=v1,k2=v2``, or a mapping. (templated)
    :param user_name: filter: the owner. (templated)
    :param allow_empty: True to succeed when there is no job to check. Else the task fails, since a filter
        that matches nothing is most often misspelt.
    :param healthy_status: statuses that are healthy; add ``job_finish`` for jobs that end. (templated)
    :param starting_limit: how long a job may stay in a status that leads to a healthy one by itself, a
        timedelta or seconds; see :class:`~dli_provider.flink.health.HealthRules`.
    :param max_restarts: how often a job may have been restarted; None for any number.
    :param checkpointing: True to require that checkpointing is on.
    :param auto_restart: True to require ``restart_when_exception``.
    :param expected_config: what ``job_config`` must hold, see :mod:`dli_provider.flink.drift`: a mapping, its
        JSON text, or the name of a ``.json`` file in the DAG's folder. (templated)
    :param own_rules: a callable, or several, that take a :class:`~dli_provider.flink.job.FlinkJob` and return
        what is wrong with it, or None.
    :param fail_on: which jobs fail the task: one or more of ``unhealthy``, ``missing`` and ``unreadable``, or
        a callable such as ``lambda job: "critical" in job.tags``, which takes the
        :class:`~dli_provider.flink.job_health.JobHealth` of a job that isn't healthy.
    :param fail_on_unhealthy: False to succeed whatever the jobs' health, so that a later task can branch on
        the report; can't be given beside ``fail_on``. Default True: each job that isn't healthy fails the
        task.
    :param max_reported: how many jobs that aren't healthy the report lists at the most; each takes about
        1 KB.
    :param kwargs: ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.base.DliBaseOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template. Also for ``job_ids`` or a filter that renders to nothing, since the task would
        check more jobs than was meant.
    :raises DliFlinkUnhealthyError: when a job of ``fail_on`` isn't healthy, or there is no job at all.
    :raises DliError: when the jobs can't be read.
    """

    template_fields: Sequence[str] = (
        *SELECTION,
        *("healthy_status", "expected_config"),
        *DliBaseOperator.template_fields,
    )

    def __init__(
        self,
        job_ids: Iterable[int | str] | int | str | XComArg | None = None,
        *,
        name: str | XComArg | None = None,
        queue_name: str | XComArg | None = None,
        job_type: str | XComArg | None = None,
        tags: str | Mapping[str, str] | XComArg | None = None,
        user_name: str | XComArg | None = None,
        allow_empty: bool = False,
        healthy_status: str | Iterable[str] | XComArg = (
            FlinkJobStatus.JOB_RUNNING.value,
            FlinkJobStatus.JOB_SAVEPOINTING.value,
        ),
        starting_limit: timedelta | float = timedelta(minutes=15),
        max_restarts: int | None = None,
        checkpointing: bool = False,
        auto_restart: bool = False,
        expected_config: Mapping[str, Any] | str | XComArg | None = None,
        own_rules: Iterable[OwnRule] | OwnRule = (),
        fail_on: str | Iterable[str] | Callable[[JobHealth], bool] | None = None,
        fail_on_unhealthy: bool | None = None,
        max_reported: int = 100,
        **kwargs: Any,
    ) -> None:
        from dli_provider.flink.health import HealthRules, check_count, parse_limit, parse_rules

        super().__init__(**kwargs)
        self.job_ids = _listed(job_ids)
        self.name = name
        self.queue_name = queue_name
        self.job_type = job_type
        self.tags = tags
        self.user_name = user_name
        self.allow_empty = allow_empty
        self.healthy_status = _listed(healthy_status)
        self.expected_config = expected_config
        self.max_reported = max_reported
        self._selected_by = tuple(name for name in SELECTION if getattr(self, name) is not None)
        self._expects_config = expected_config is not None
        self._fail_on = _fail_on(fail_on, fail_on_unhealthy)
        self._rules = HealthRules(
            starting_limit=parse_limit("starting_limit", starting_limit),
            max_restarts=max_restarts,
            checkpointing=checkpointing,
            auto_restart=auto_restart,
            own_rules=parse_rules("own_rules", own_rules),
        )
        check_boolean("allow_empty", allow_empty)
        check_boolean("checkpointing", checkpointing)
        check_boolean("auto_restart", auto_restart)
        check_count("max_reported", max_reported)
        check_expectation("expected_config", expected_config)
        FleetSelection.check(self._selection())
        if not holds_template(self.healthy_status):
            self._rules_at_execution({})

    def execute(self, context: Context) -> dict[str, Any]:
        """Check the jobs and return the report.

        :param context: the task's context.
        """
        from dli_provider.exceptions import DliFlinkUnhealthyError

        report = self._check(context)
        if report.unhealthy:
            self.log.warning("%s:\n%s", report.summary, report.table())
        else:
            (self.log.info if report.total else self.log.warning)(report.summary)
        self._set_gauges(report, context)
        error = None
        if report.failing:
            error = f"{report.summary}:\n{report.table(_IN_ERROR)}"
        elif not report.total and not self.allow_empty:
            error = f"{report.summary}. If that is as it should be, set allow_empty=True"
        if error is not None:
            if self.do_xcom_push:
                push_xcom(context, "return_value", report.to_dict())
            raise DliFlinkUnhealthyError(error)
        return report.to_dict()

    def _check(self, context: Context) -> HealthReport:
        """Read and judge the jobs."""
        from dli_provider.api.retry import PATIENT
        from dli_provider.flink.health_report import HealthReport
        from dli_provider.operators.fleet_reader import FleetReader

        selection = FleetSelection.parse(self._selection())
        expected = (
            read_expectation(self, "expected_config", self.expected_config, context)
            if self._expects_config
            else {}
        )
        rules = self._rules_at_execution(expected)
        now = datetime.now(UTC)
        report = HealthReport(now, selection.as_asked, self.max_reported)
        with self.hook.get_conn() as client:
            reader = FleetReader(client.with_retry(PATIENT, self.log.warning), rules, now, self.log.info)
            for health in reader.read(selection):
                report.add(self._fail_on(health) if self._fail_on else health)
        return report

    def _selection(self) -> dict[str, Any]:
        """Return the arguments that select jobs, as far as they were given."""
        names = (*self._selected_by, *mapped_arguments(self))
        return {name: getattr(self, name) for name in SELECTION if name in names}

    def _rules_at_execution(self, expected: Mapping[str, Any]) -> HealthRules:
        statuses = parse_statuses("healthy_status", self.healthy_status)
        return replace(self._rules, healthy_status=statuses, expected_config=expected)

    def _set_gauges(self, report: HealthReport, context: Context) -> None:
        """Tell Airflow's metrics how many jobs have each verdict; whatever goes wrong there fails no task."""
        map_index = getattr(context.get("ti"), "map_index", -1)
        task = self.task_id if map_index in (-1, None) else f"{self.task_id}.{map_index}"
        for verdict, count in report.by_verdict.items():
            try:
                gauge(f"dli.flink_health.{self.dag_id}.{task}.{verdict}", count)
            except Exception as problem:  # noqa: BLE001
                self.log.warning("The metrics could not be set: %s", problem)
                return


def _listed(value: Any) -> Any:
    """Return what an iterator yields as a list, since it is read in the constructor and at execution."""
    return list(value) if isinstance(value, Iterator) else value


def _fail_on(fail_on: object, fail_on_unhealthy: bool | None) -> Callable[[JobHealth], JobHealth] | None:
    """Return what decides whether a job fails the task; None when none does."""
    from dli_provider.flink.job_health import FailOn

    if fail_on is not None and fail_on_unhealthy is not None:
        raise ValueError(
            "fail_on and fail_on_unhealthy are both given: fail_on alone says which jobs fail the task"
        )
    if fail_on_unhealthy is not None:
        check_boolean("fail_on_unhealthy", fail_on_unhealthy)
    if fail_on_unhealthy is False:
        return None
    return FailOn(_ANY if fail_on is None else fail_on)
