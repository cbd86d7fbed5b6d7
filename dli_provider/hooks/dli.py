"""DliHook: Flink jobs on DLI through an Airflow connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import BaseHook
from dli_provider.hooks.flink_writes import FlinkJobWrites

if TYPE_CHECKING:
    from dli_provider.api.aio import AsyncDliClient
    from dli_provider.api.client import DliClient
    from dli_provider.api.settings import DliSettings
    from dli_provider.connection import ConnectionFields
    from dli_provider.flink.job import FlinkJob


class DliHook(FlinkJobWrites, BaseHook):
    """Reads and changes Flink jobs on Huawei Cloud DLI.

    Making a hook costs nothing: the connection is looked up at the first call. The client, with its
    connection pool, is kept for the hook's life.

    :param dli_conn_id: the Airflow connection, of type ``huaweicloud_dli`` (or ``huaweicloud``).
    :param region: used instead of the connection's region; the connection's ``project_id`` then doesn't
        count. Refused where the connection's host is the endpoint of another region.
    :param project_id: used instead of the connection's project.
    """

    conn_name_attr = "dli_conn_id"
    default_conn_name = "dli_default"
    conn_type = "huaweicloud_dli"
    hook_name = "Huawei Cloud DLI"

    def __init__(
        self,
        dli_conn_id: str = default_conn_name,
        *,
        region: str | None = None,
        project_id: str | None = None,
    ) -> None:
        super().__init__()
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the form's extra fields, for Airflow before 3.2, which doesn't read them from the provider
        info.
        """
        from dli_provider.hooks.connection_form import connection_form_widgets

        return connection_form_widgets()

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return the form's labels and placeholders, for Airflow before 3.2."""
        from dli_provider.hooks.connection_form import ui_field_behaviour

        return ui_field_behaviour()

    def show_flink_job(self, job_id: int | str) -> FlinkJob:
        """Return one job's detail (ShowFlinkJob).

        :param job_id: the job, as an int or digits.
        :raises ValueError: for anything else as ``job_id``, before any call.
        :raises DliSettingsError: when the connection lacks something.
        :raises DliNotFoundError: when the project has no such job, or it is somebody else's.
        :raises DliError: for every other failure, after the retries of those that may pass; a throttled
            call is tried again for up to five minutes.
        """
        return self.get_patient_conn().show_flink_job(job_id)

    def find_flink_job(self, name: str) -> FlinkJob | None:
        """Return the detail of the job of a name; None when the project has none.

        :param name: the exact name.
        :raises ValueError: for a name that is missing or blank, before any call.
        :raises DliError: when several jobs have that name, listing their ids; otherwise as for
            :meth:`show_flink_job`.
        """
        return self.get_patient_conn().find_flink_job(name)

    def list_flink_jobs(
        self,
        *,
        name: str | None = None,
        status: str | None = None,
        queue_name: str | None = None,
        job_type: str | None = None,
        tags: str | Mapping[str, str] | None = None,
        user_name: str | None = None,
        root_job_id: int | str | None = None,
        order: str | None = None,
        show_detail: bool | None = None,
        sys_enterprise_project_name: str | None = None,
    ) -> Iterator[FlinkJob]:
        """Yield the project's jobs (ListFlinkJobs), asking for the next 100 when they are wanted.

        All of them, unless filters are given; None leaves a filter out.

        :param name: text to find in names; how DLI matches it is not documented. See :meth:`find_flink_job`
            for one exact name.
        :param status: one of :class:`~dli_provider.flink.status.FlinkJobStatus`.
        :param queue_name: the queue.
        :param job_type: ``flink_sql_job``, ``flink_opensource_sql_job``, ``flink_sql_edge_job`` or
            ``flink_jar_job``.
        :param tags: ``k1=v1,k2=v2`` or a mapping.
        :param user_name: the owner.
        :param root_job_id: parent of edge jobs, which the list leaves out otherwise.
        :param order: ``asc`` (the default, so that jobs created meanwhile come last) or ``desc`` by time.
        :param show_detail: False for jobs without ``job_config`` and other details; True by default.
        :param sys_enterprise_project_name: the enterprise project.
        :raises ValueError: for a blank or invalid filter, at the first job.
        :raises DliProtocolError: for an item that is no job, and for a list that can't be read whole.
        :raises DliError: as for :meth:`show_flink_job`.
        """
        return self.get_patient_conn().list_flink_jobs(
            name=name,
            status=status,
            queue_name=queue_name,
            job_type=job_type,
            tags=tags,
            user_name=user_name,
            root_job_id=root_job_id,
            order=order,
            show_detail=show_detail,
            sys_enterprise_project_name=sys_enterprise_project_name,
        )

    def show_flink_execution_graph(self, job_id: int | str) -> dict[str, Any]:
        """Return a job's execution graph as Flink describes it (ShowFlinkJobExecutionGraph).

        Credentials in it are masked. Names and descriptions of its operators show parts of the SQL.

        :param job_id: the job, as an int or digits.
        :raises DliError: as for :meth:`show_flink_job`.
        """
        return self.get_patient_conn().show_flink_execution_graph(job_id)

    def show_flink_metrics(self, job_ids: Iterable[int | str]) -> dict[int, dict[str, Any]]:
        """Return what jobs read and write (ShowFlinkMetric), by job: ``sources`` and ``sinks`` with their
        counts of records, ``total_read_rate`` and ``total_write_rate``.

        :param job_ids: the jobs.
        :raises ValueError: when there are none, or one is no id, before any call.
        :raises DliError: as for :meth:`show_flink_job`.
        """
        return self.get_patient_conn().show_flink_metrics(job_ids)

    def get_conn(self) -> DliClient:
        """Return the hook's client; its first call looks the connection up.

        It gives a call up after a few seconds of failures: for a caller that comes back by itself, as a wait.

        :raises DliSettingsError: when the connection lacks something.
        """
        return self._client

    def get_patient_conn(self) -> DliClient:
        """Return the hook's client as its own methods use it: a throttled call is tried again for
        up to five minutes, which the hook's log says.

        :raises DliSettingsError: when the connection lacks something.
        """
        from dli_provider.api.retry import PATIENT

        return self._client.with_retry(PATIENT, self.log.warning)

    async def aget_conn(self) -> AsyncDliClient:
        """Return a new client for the running event loop; the caller closes it.

        :raises DliSettingsError: when the connection lacks something.
        """
        from dli_provider.api.aio import AsyncDliClient

        return AsyncDliClient(await self.aget_settings())

    async def aget_settings(self) -> DliSettings:
        """Return what the connection says, without blocking the event loop.

        :raises DliSettingsError: when the connection lacks something.
        """
        import asyncio

        from dli_provider.airflow_compat import get_connection_async
        from dli_provider.connection import ConnectionFields, settings_from_fields

        fields = ConnectionFields(*await get_connection_async(self, self.dli_conn_id))
        return await asyncio.to_thread(
            settings_from_fields, fields, region=self.region, project_id=self.project_id
        )

    def test_connection(self) -> tuple[bool, str]:
        """Make one cheap call, and say what was found or what is wrong."""
        from dli_provider.api.errors import DliError

        try:
            client = self.get_conn()
            project_id = client.find_project()
            jobs = client.count_flink_jobs()
        except DliError as error:
            return False, str(error)
        noun = "Flink job" if jobs == 1 else "Flink jobs"
        return True, f"Reached {client.settings.endpoint}: project {project_id} has {jobs} {noun}"

    @cached_property
    def _client(self) -> DliClient:
        from dli_provider.api.client import DliClient
        from dli_provider.connection import settings_from_fields

        fields = self._connection_fields()
        return DliClient(settings_from_fields(fields, region=self.region, project_id=self.project_id))

    def _connection_fields(self) -> ConnectionFields:
        from dli_provider.connection import ConnectionFields

        connection = self.get_connection(self.dli_conn_id)
        return ConnectionFields(connection, connection.extra_dejson)
