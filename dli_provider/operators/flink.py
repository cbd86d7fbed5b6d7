"""Operators that read Flink jobs on DLI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseOperator
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.base import DliConnectionMixin
from dli_provider.operators.health import DliFlinkHealthCheckOperator

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context
    from dli_provider.flink.job import FlinkJob

__all__ = ["DliFlinkHealthCheckOperator", "DliGetFlinkJobConfigOperator", "DliShowFlinkJobOperator"]


class _DliFlinkJobOperator(DliConnectionMixin, BaseOperator):
    """What the operators on one job share: the job, the connection, and the reading of the one through the
    other."""

    template_fields: Sequence[str] = ("job_id", "dli_conn_id", "region", "project_id")
    operator_extra_links = (DliFlinkConsoleLink(),)

    def __init__(
        self,
        job_id: int | str,
        *,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id

    def _read(self, context: Context) -> FlinkJob:
        from dli_provider.flink.arguments import parse_job_id

        job_id = parse_job_id(self.job_id)
        with self.hook.get_conn() as client:
            DliFlinkConsoleLink.persist(context, client.settings, job_id)
            job = client.show_flink_job(job_id)
        self.log.info("Flink job %s%s is %s", job_id, f" ({job.name})" if job.name else "", job.status)
        return job


class DliShowFlinkJobOperator(_DliFlinkJobOperator):
    """Reads a Flink job's detail, and hands it to the next tasks by XCom.

    XCom ``return_value`` is the detail as DLI gives it, times as ISO-8601 text; ``job_config`` and ``status``
    are pushed under keys of their own too. Fields that can hold passwords (``sql_body``, ``entrypoint_args``,
    ``runtime_config``, graphs and ``*_config`` texts) read ``***``, and credentials in other texts are
    masked.

    :param job_id: the job: an int, digits, or a template or XComArg that yields one. (templated)
    :param include: names of withheld fields to show after all, such as ``("sql_body",)``; the credentials
        that can be recognised in them are masked even so.
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :raises ValueError: for a ``job_id`` or an ``include`` that can't be right, before any call.
    :raises DliNotFoundError: when the project has no such job.
    :raises DliError: for every other failure.
    """

    def __init__(self, job_id: int | str, *, include: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(job_id=job_id, **kwargs)
        self.include = tuple(include)

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the job, and return its detail.

        :param context: the task's context.
        """
        from dli_provider.flink.redaction import check_include

        check_include(self.include)
        job = self._read(context)
        detail = job.to_dict(include=self.include)
        if self.do_xcom_push:
            context["ti"].xcom_push(key="job_config", value=detail.get("job_config"))
            context["ti"].xcom_push(key="status", value=job.status.value if job.status else None)
        return detail


class DliGetFlinkJobConfigOperator(_DliFlinkJobOperator):
    """Reads a Flink job's configuration, and fails when it isn't what is expected of it.

    XCom ``return_value`` is ``job_config`` as DLI gives it, with ``runtime_config`` and other texts that can
    hold passwords reading ``***``. It is pushed when the configuration has drifted, too.

    :param job_id: the job: an int, digits, or a template or XComArg that yields one. (templated)
    :param expected: what the configuration must hold: keys (nested ones as nested mappings) with values, or
        comparisons such as ``{">=": 2}``; see :mod:`dli_provider.flink.drift`. None checks nothing.
        (templated)
    :param dli_conn_id: the Airflow connection. (templated)
    :param region: used instead of the connection's region. (templated)
    :param project_id: used instead of the connection's project. (templated)
    :raises ValueError: for a ``job_id`` or an ``expected`` that can't be right, before any call.
    :raises DliFlinkConfigDriftError: when the configuration differs; it shows each key, expected and actual.
    :raises DliError: when the job can't be read.
    """

    template_fields: Sequence[str] = (*_DliFlinkJobOperator.template_fields, "expected")

    def __init__(
        self, job_id: int | str, *, expected: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(job_id=job_id, **kwargs)
        self.expected = expected

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the job, compare its configuration, and return it.

        :param context: the task's context.
        """
        from dli_provider.exceptions import DliFlinkConfigDriftError
        from dli_provider.flink.drift import comparable_config, difference_table, drift, validate_expected
        from dli_provider.flink.job import JobConfig

        expected = self.expected or {}
        validate_expected(expected)
        job = self._read(context)
        config = job.job_config or JobConfig()
        differences = drift(expected, comparable_config(job))
        if differences:
            if self.do_xcom_push:
                context["ti"].xcom_push(key="return_value", value=config.to_dict())
            keys = "1 key" if len(differences) == 1 else f"{len(differences)} keys"
            raise DliFlinkConfigDriftError(
                f"The configuration of Flink job {job.job_id} ({job.name}) differs in {keys}:\n"
                f"{difference_table(differences)}"
            )
        return config.to_dict()
