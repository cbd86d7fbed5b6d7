"""What operators and the sensor share: the connection, and the job that is named by its id or its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseOperator
from dli_provider.flink.arguments import holds_template, is_blank, parse_job_id
from dli_provider.links.flink import DliFlinkConsoleLink

if TYPE_CHECKING:
    from dli_provider.airflow_compat import XComArg
    from dli_provider.api.client import DliClient
    from dli_provider.hooks.dli import DliHook


CONNECTION_ARGUMENTS = ("dli_conn_id", "region", "project_id")


class DliBaseOperator(BaseOperator):
    """A task on a DLI connection.

    :param dli_conn_id: the Airflow connection; ``dli_default`` by default, and when it renders to nothing.
        (templated)
    :param region: used instead of the connection's region. When it renders to nothing, the connection's
        counts, but a task that writes fails. (templated)
    :param project_id: used instead of the connection's project, likewise. (templated)
    :param kwargs: passed to Airflow's ``BaseOperator``.
    :raises ValueError: for one of the three that isn't text.
    """

    template_fields: Sequence[str] = CONNECTION_ARGUMENTS
    ui_color = "#f6d5d5"

    def __init__(
        self,
        *,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id
        for name in CONNECTION_ARGUMENTS:
            value = getattr(self, name)
            if not (value is None or isinstance(value, str) or holds_template(value)):
                raise ValueError(f"{name} must be text, not {value!r:.80}")

    @property
    def hook(self) -> DliHook:
        """A new hook on the task's connection."""
        from dli_provider.hooks.dli import DliHook

        return DliHook(
            "dli_default" if is_blank(self.dli_conn_id) else self.dli_conn_id,
            region=None if is_blank(self.region) else self.region,
            project_id=None if is_blank(self.project_id) else self.project_id,
        )


class FlinkJobOperator(DliBaseOperator):
    """A task on one Flink job, named by exactly one of its id and its name.

    What holds no template is checked here, when the DAG file is parsed; the rest when the task runs.

    :param job_id: the job's id: an int, digits, or a template or XComArg that yields one. (templated)
    :param job_name: the job's exact name, instead of its id; looked up when the task runs, once per process.
        (templated)
    :param kwargs: those of :class:`DliBaseOperator`.
    :raises ValueError: for neither or both of ``job_id`` and ``job_name``, or an id that is not a number.
    """

    template_fields: Sequence[str] = ("job_id", "job_name", *DliBaseOperator.template_fields)
    operator_extra_links = (DliFlinkConsoleLink(),)

    def __init__(
        self,
        *,
        job_id: int | str | XComArg | None = None,
        job_name: str | XComArg | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job_id = job_id
        self.job_name = job_name
        if not (holds_template(job_id) or holds_template(job_name)):
            self._check_job()

    def _check_job(self) -> tuple[int | None, str | None]:
        """Return the job's id or its name, whichever is given.

        :raises ValueError: for neither or both, or for an id that is not a number.
        """
        has_id, has_name = not is_blank(self.job_id), not is_blank(self.job_name)
        if has_id and has_name:
            raise ValueError(
                f"job_id {self.job_id!r:.80} and job_name {self.job_name!r:.80} are both given: "
                "name the job by one of them"
            )
        if has_name:
            if not isinstance(self.job_name, str):
                raise ValueError(f"job_name must be text, not {self.job_name!r:.80}")
            return None, self.job_name
        if not has_id:
            raise ValueError(
                f"Neither job_id nor job_name names a job: they are {self.job_id!r:.80} and "
                f"{self.job_name!r:.80}. Give one of them. One that was given has rendered to nothing: the "
                "task before returned nothing, or the template is wrong"
            )
        return parse_job_id(self.job_id), None

    def _find_job_id(self, client: DliClient) -> int:
        """Return the job's id; a name is looked up in the client's project.

        :param client: the client to look a name up with.
        :raises ValueError: for neither or both of ``job_id`` and ``job_name``, before any call.
        :raises DliNotFoundError: when the project has no job of the name.
        :raises DliError: when it has several, or can't be read.
        """
        job_id, name = self._check_job()
        if name is None:
            assert job_id is not None
            return job_id
        job = client.find_flink_job(name)
        if job is None or job.job_id is None:
            raise client.no_job_named(name)
        return job.job_id
