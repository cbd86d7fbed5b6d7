"""The link from a task to the Flink jobs in DLI's console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_provider.airflow_compat import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from dli_provider.airflow_compat import BaseOperator, Context, TaskInstanceKey
    from dli_provider.api.settings import DliSettings


class DliFlinkConsoleLink(BaseOperatorLink):
    """Opens DLI's console: the connection's ``console_url``, else the page that lists the region's Flink
    jobs.

    ``console_url`` may hold ``{region}``, ``{project_id}`` and ``{job_id}``. The task stores the address when
    it knows its job, so that the link is there while it waits, and for as long as the run is kept.
    """

    name = "DLI console"
    key = "dli_console_link"

    @property
    def xcom_key(self) -> str:
        """The XCom under which the address is kept."""
        return self.key

    def get_link(
        self,
        operator: BaseOperator,  # noqa: ARG002
        *,
        ti_key: TaskInstanceKey,
    ) -> str:
        """Return the address that the task stored; empty before it did, or when there is none."""
        if ti_key is None:
            return ""
        stored = XCom.get_value(ti_key=ti_key, key=self.key)
        return stored if isinstance(stored, str) else ""

    @classmethod
    def persist(cls, context: Context, settings: DliSettings, job_id: int) -> None:
        """Store the address for a job with the task; an empty one when there is none, for Airflow asks for
        it.

        :param context: the task's context.
        :param settings: what the connection says.
        :param job_id: the job.
        """
        if "ti" in context:
            context["ti"].xcom_push(key=cls.key, value=settings.console_address(job_id) or "")
