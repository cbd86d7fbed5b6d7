"""The link from a task to the Flink jobs in DLI's console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseOperatorLink, BaseXCom

if TYPE_CHECKING:
    from dli_provider.airflow_compat import BaseOperator, Context, TaskInstanceKey
    from dli_provider.api.settings import DliSettings


class DliFlinkConsoleLink(BaseOperatorLink):
    """Opens DLI's console: the connection's ``console_url``, else the page that lists the region's Flink
    jobs.

    ``console_url`` may hold ``{region}``, ``{project_id}`` and ``{job_id}``. The task stores the address as
    soon as it knows its job, so that the link is there while it waits.
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
        """Return the address that the task stored; empty before it did, and for anything but an http or https
        address.

        Airflow 2 asks in its webserver. Airflow 3 asks on the worker, each time that the task ends, defers or
        is rescheduled, and stores the answer under the same key.
        """
        from dli_provider.api.settings import is_web_address

        if ti_key is None:
            return ""
        stored = BaseXCom.get_one(
            key=self.key,
            dag_id=ti_key.dag_id,
            task_id=ti_key.task_id,
            run_id=ti_key.run_id,
            map_index=ti_key.map_index,
        )
        return stored if isinstance(stored, str) and is_web_address(stored) else ""

    @classmethod
    def persist(cls, context: Context, settings: DliSettings, job_id: int) -> None:
        """Store the address for a job with the task; an empty one when there is none.

        Call it once in every run of the task, also in each poke of a rescheduled sensor: both lines of
        Airflow delete a task's XComs when it is run again, unless it was deferred. Like Airflow's own, the
        link goes into the database, past a custom XCom backend, which would keep an object for each.

        :param context: the task's context.
        :param settings: what the connection says.
        :param job_id: the job.
        """
        if ti := context.get("ti"):
            _store(ti, cls.key, settings.console_address(job_id) or "")


def _store(ti: Any, key: str, address: str) -> None:
    if not type(ti).__module__.startswith("airflow."):  # a stand-in, in a test of somebody's DAG
        ti.xcom_push(key=key, value=address)
        return
    BaseXCom.set(
        key=key,
        value=address,
        dag_id=ti.dag_id,
        task_id=ti.task_id,
        run_id=ti.run_id,
        map_index=ti.map_index,
    )
