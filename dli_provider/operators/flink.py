"""Operators that read one Flink job on DLI; all the others are re-exported here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import parse_list
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.base import FlinkJobOperator
from dli_provider.operators.context import check_expectation, push_xcom, read_expectation
from dli_provider.operators.deploy import DliDeployFlinkJobOperator
from dli_provider.operators.health import DliFlinkHealthCheckOperator
from dli_provider.operators.run import DliRunFlinkJobOperator
from dli_provider.operators.stop import (
    DliDeleteFlinkJobOperator,
    DliStopFlinkJobOperator,
    DliTriggerFlinkSavepointOperator,
)

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.flink.job import FlinkJob

__all__ = [
    "DliDeleteFlinkJobOperator",
    "DliDeployFlinkJobOperator",
    "DliFlinkHealthCheckOperator",
    "DliGetFlinkJobConfigOperator",
    "DliRunFlinkJobOperator",
    "DliShowFlinkJobOperator",
    "DliStopFlinkJobOperator",
    "DliTriggerFlinkSavepointOperator",
]


class _ReadFlinkJobOperator(FlinkJobOperator):
    """Reads one job's detail."""

    def _read(self, context: Context) -> FlinkJob:
        from dli_provider.api.retry import PATIENT
        from dli_provider.flink.wording import describe_status, name_job

        with self.hook.get_conn() as client:
            patient = client.with_retry(PATIENT, self.log.warning)
            job_id = self._find_job_id(patient)
            DliFlinkConsoleLink.persist(context, client.settings, job_id)
            job = patient.show_flink_job(job_id)
        self.log.info("%s is %s", name_job(job_id, job.name), describe_status(job.status))
        return job


class DliShowFlinkJobOperator(_ReadFlinkJobOperator):
    """Reads a Flink job's detail and returns it by XCom.

    XCom ``return_value`` is the detail as DLI sends it, times as ISO-8601 text; ``job_config`` and ``status``
    are also pushed under keys of their own. Fields that can hold passwords (``sql_body``,
    ``entrypoint_args``, ``runtime_config``, graphs and ``*_config`` texts) read ``***``, and credentials in
    other texts are masked. A throttled call is tried again for up to five minutes.

    :param include: names of withheld fields to show after all, such as ``("sql_body",)``; credentials that
        can be recognised in them are masked even then.
    :param kwargs: ``job_id`` or ``job_name``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.base.FlinkJobOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliNotFoundError: when the project has no such job.
    :raises DliError: for every other failure.
    """

    def __init__(self, *, include: str | Iterable[str] = (), **kwargs: Any) -> None:
        from dli_provider.flink.redaction import check_include

        super().__init__(**kwargs)
        self.include = tuple(str(name) for name in parse_list("include", include))
        check_include(self.include)

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the job and return its detail.

        :param context: the task's context.
        """
        job = self._read(context)
        detail = job.to_dict(include=self.include)
        if self.do_xcom_push:
            push_xcom(context, "job_config", detail.get("job_config"))
            push_xcom(context, "status", detail.get("status"))
        return detail


class DliGetFlinkJobConfigOperator(_ReadFlinkJobOperator):
    """Reads a Flink job's configuration, and fails when it isn't as expected.

    XCom ``return_value`` is ``job_config`` as DLI sends it, in which ``runtime_config`` and other texts that
    can hold passwords read ``***``. It is pushed also when the configuration has drifted. A throttled call is
    tried again for up to five minutes.

    :param expected: what the configuration must hold: keys (nested ones as nested mappings) with values, or
        with comparisons such as ``{">=": 2}``; see :mod:`dli_provider.flink.drift`. A mapping, its JSON text,
        or the name of a ``.json`` file in the DAG's folder, which is rendered as a template. None compares
        nothing; a template that renders to nothing is an error. (templated)
    :param kwargs: ``job_id`` or ``job_name``, ``dli_conn_id``, ``region`` and ``project_id``, see
        :class:`~dli_provider.operators.base.FlinkJobOperator`; and Airflow's own.
    :raises ValueError: for an invalid argument: in the constructor, or before the first call if it is a
        template.
    :raises DliFlinkConfigDriftError: when the configuration differs, with a table of keys, expected and
        actual values.
    :raises DliError: when the job can't be read.
    """

    template_fields: Sequence[str] = (*_ReadFlinkJobOperator.template_fields, "expected")

    def __init__(self, *, expected: Mapping[str, Any] | str | XComArg | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.expected = expected
        self._compares = expected is not None
        check_expectation("expected", expected)

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the job, compare its configuration and return it.

        :param context: the task's context.
        """
        from dli_provider.exceptions import DliFlinkConfigDriftError
        from dli_provider.flink.drift import comparable_config, difference_table, drift
        from dli_provider.flink.job import JobConfig
        from dli_provider.flink.wording import name_job

        expected = read_expectation(self, "expected", self.expected, context) if self._compares else {}
        job = self._read(context)
        config = (job.job_config or JobConfig()).to_dict()
        differences = drift(expected, comparable_config(job))
        if differences:
            if self.do_xcom_push:
                push_xcom(context, "return_value", config)
            keys = "1 key" if len(differences) == 1 else f"{len(differences)} keys"
            raise DliFlinkConfigDriftError(
                f"The configuration of {name_job(job.job_id, job.name)} differs in {keys}:\n"
                f"{difference_table(differences)}"
            )
        return config
