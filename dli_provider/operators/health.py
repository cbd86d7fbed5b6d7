"""The health check of a fleet of Flink jobs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseOperator
from dli_provider.flink.arguments import parse_statuses
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.operators.base import DliConnectionMixin

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context
    from dli_provider.flink.health import HealthRules
    from dli_provider.flink.job import FlinkJob

_IN_ERROR = 5


class DliFlinkHealthCheckOperator(DliConnectionMixin, BaseOperator):
    """Checks a fleet of Flink jobs, and says which aren't healthy and why.

    XCom ``return_value`` is the report: totals by verdict and by status, and the unhealthy jobs, worst first,
    each with its reasons. It is pushed when the task fails, too. The log shows them as a table. One job that
    can't be read never hides the others; an error of the connection fails the task as it is. So does any
    error when errors are all that the first three jobs get for an answer.

    :param job_ids: the jobs, as a list, or as text such as ``1,2`` or ``['1', '2']``, which templates yield.
        One that isn't there is reported as missing. None for all that the filters leave. (templated)
    :param name: filter: the jobs' name, as ListFlinkJobs takes it. (templated)
    :param queue_name: filter: the queue. (templated)
    :param job_type: filter: ``flink_jar_job``, ``flink_opensource_sql_job`` and so on. (templated)
    :param tags: filter: ``k1=v1,k2=v2``, or a mapping. (templated)
    :param user_name: filter: the owner. (templated)
    :param healthy_status: statuses that are healthy; add ``job_finish`` for jobs that end.
    :param starting_limit: how long a job may take in a status that leads to a healthy one by itself.
    :param max_restarts: how often a job may have been restarted; None for any number.
    :param checkpointing: True to require that checkpointing is on.
    :param auto_restart: True to require ``restart_when_exception``.
    :param expected_config: what ``job_config`` must be; see :mod:`dli_provider.flink.drift`.
        (templated)
    :param own_rules: callables that take a ``FlinkJob`` and return what is wrong with it, or None.
    :param fail_on_unhealthy: False to succeed all the same, so that a later task can branch on the report.
    :param max_reported: how many unhealthy jobs the report lists at the most; each takes about 1 KB.
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :raises ValueError: for arguments that can't be right, before any call.
    :raises DliFlinkUnhealthyError: when a job isn't healthy.
    :raises DliError: when the jobs can't be read at all.
    """

    template_fields: Sequence[str] = (
        *("job_ids", "name", "queue_name", "job_type", "tags", "user_name", "expected_config"),
        *("dli_conn_id", "region", "project_id"),
    )

    def __init__(
        self,
        job_ids: Iterable[int | str] | None = None,
        *,
        name: str | None = None,
        queue_name: str | None = None,
        job_type: str | None = None,
        tags: str | Mapping[str, str] | None = None,
        user_name: str | None = None,
        healthy_status: Iterable[str] = (
            FlinkJobStatus.JOB_RUNNING.value,
            FlinkJobStatus.JOB_SAVEPOINTING.value,
        ),
        starting_limit: timedelta = timedelta(minutes=15),
        max_restarts: int | None = None,
        checkpointing: bool = False,
        auto_restart: bool = False,
        expected_config: Mapping[str, Any] | None = None,
        own_rules: Iterable[Callable[[FlinkJob], str | None]] = (),
        fail_on_unhealthy: bool = True,
        max_reported: int = 100,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_ids = job_ids
        self.name = name
        self.queue_name = queue_name
        self.job_type = job_type
        self.tags = tags
        self.user_name = user_name
        self.healthy_status = healthy_status
        self.starting_limit = starting_limit
        self.max_restarts = max_restarts
        self.checkpointing = checkpointing
        self.auto_restart = auto_restart
        self.expected_config = expected_config
        self.own_rules = own_rules
        self.fail_on_unhealthy = fail_on_unhealthy
        self.max_reported = max_reported
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Check the jobs, and return the report.

        :param context: the task's context.
        """
        from dli_provider.exceptions import DliFlinkUnhealthyError
        from dli_provider.flink.health import check_count
        from dli_provider.flink.health_report import HealthReport
        from dli_provider.operators.fleet_reader import FleetReader

        rules, job_ids, filters = self._rules(), self._job_ids(), self._filters()
        check_count("max_reported", self.max_reported)
        if job_ids and filters:
            raise ValueError(
                f"job_ids names the jobs: the filters {sorted(filters)} can't be given beside it"
            )
        now = datetime.now(UTC)
        asked = {"job_ids": len(job_ids)} if job_ids is not None else filters
        report = HealthReport(now, asked, self.max_reported)
        with self.hook.get_conn() as client:
            survey = FleetReader(client, rules, now, self.log.info)
            for verdict in survey.of_ids(job_ids) if job_ids is not None else survey.of_list(filters):
                report.add(verdict)
        if not report.unhealthy:
            say = self.log.info if report.total else self.log.warning
            say(report.summary)
            return report.to_dict()
        self.log.warning("%s:\n%s", report.summary, report.table())
        if self.fail_on_unhealthy:
            if self.do_xcom_push:
                context["ti"].xcom_push(key="return_value", value=report.to_dict())
            raise DliFlinkUnhealthyError(f"{report.summary}:\n{report.table(_IN_ERROR)}")
        return report.to_dict()

    def _rules(self) -> HealthRules:
        from dli_provider.flink.health import HealthRules

        if not isinstance(self.own_rules, Iterable):
            raise ValueError(f"own_rules must be a list of callables, and not {self.own_rules!r:.80}")  # noqa: TRY004
        return HealthRules(
            healthy_status=parse_statuses("healthy_status", self.healthy_status),
            starting_limit=self.starting_limit,
            max_restarts=self.max_restarts,
            checkpointing=self.checkpointing,
            auto_restart=self.auto_restart,
            expected_config=self.expected_config or {},
            own_rules=tuple(self.own_rules),
        )

    def _job_ids(self) -> list[int] | None:
        from dli_provider.flink.arguments import parse_job_id

        if self.job_ids is None:
            return None
        given = _items(self.job_ids) if isinstance(self.job_ids, str) else self.job_ids
        if not isinstance(given, Iterable):
            raise ValueError(f"job_ids must be a list of ids, and not {given!r:.80}")  # noqa: TRY004
        found = list(dict.fromkeys(parse_job_id(job_id) for job_id in given))
        if not found:
            raise ValueError("job_ids is empty: leave it out to check all jobs, or those that filters leave")
        return found

    def _filters(self) -> dict[str, Any]:
        given = {
            "name": self.name,
            "queue_name": self.queue_name,
            "job_type": self.job_type,
            "tags": self.tags,
            "user_name": self.user_name,
        }
        return {name: value for name, value in given.items() if value}


def _items(text: str) -> Iterable[Any]:
    """Return what a text lists: the text of a Python or JSON list, or items with commas between them."""
    try:
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.split(",")
    return found if isinstance(found, list | tuple | set) else [text]
