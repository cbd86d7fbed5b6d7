"""The methods of the hook that change Flink jobs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    from dli_provider.api.client import DliClient
    from dli_provider.flink.definition import (
        JarJobChanges,
        NewJarJobFields,
        NewSqlJobFields,
        SqlJobChanges,
    )


class FlinkJobWrites:
    """Creates, changes, runs, stops, saves and deletes Flink jobs; each method makes one HTTP call.

    DLI accepts a call, and carries it out afterwards: read the job to see what became of it.

    A call that fails is made again only when it surely wasn't carried out: it was never sent, or was
    throttled, for up to five minutes. Each method raises

    - ``ValueError`` for an invalid argument, before the call;
    - :class:`~dli_provider.api.errors.DliOutcomeUnknownError` when the call may have been carried out, but no
      answer says so; its text says how to find out;
    - :class:`~dli_provider.api.errors.DliForbiddenError` for a user without the IAM action, which it names;
    - :class:`~dli_provider.api.errors.DliNotFoundError` when the project has no such job, or it is somebody
      else's;
    - another :class:`~dli_provider.api.errors.DliError` for every other failure.
    """

    @abstractmethod
    def get_patient_conn(self) -> DliClient:
        """Return the client that makes the calls."""

    def create_flink_sql_job(
        self, name: str, *, sql_body: str | None, **fields: Unpack[NewSqlJobFields]
    ) -> int:
        """Create a SQL job (CreateFlinkSqlJob), and return its id.

        :param name: up to 57 characters, unique in the project.
        :param sql_body: the SQL, up to 1,048,576 characters; None only with ``template_id``.
        :param fields: see :class:`~dli_provider.flink.definition.NewSqlJobFields`. Without ``run_mode`` it is
            ``exclusive_cluster``. Without ``job_type`` it is ``flink_opensource_sql_job``, or the type that
            the given ``run_mode`` runs.
        """
        return self.get_patient_conn().create_flink_sql_job(name, sql_body=sql_body, **fields)

    def create_flink_jar_job(self, name: str, *, entrypoint: str, **fields: Unpack[NewJarJobFields]) -> int:
        """Create a JAR job (CreateFlinkJarJob), and return its id.

        :param name: up to 57 characters, unique in the project.
        :param entrypoint: package that holds the main class, such as ``obs://bucket/file.jar``.
        :param fields: see :class:`~dli_provider.flink.definition.NewJarJobFields`.
        """
        return self.get_patient_conn().create_flink_jar_job(name, entrypoint=entrypoint, **fields)

    def update_flink_sql_job(self, job_id: int | str, **fields: Unpack[SqlJobChanges]) -> None:
        """Change a SQL job (UpdateFlinkSqlJob); while it runs, DLI takes few fields only.

        :param job_id: the job, as an int or digits.
        :param fields: what to change; see :class:`~dli_provider.flink.definition.SqlJobChanges`.
        """
        self.get_patient_conn().update_flink_sql_job(job_id, **fields)

    def update_flink_jar_job(self, job_id: int | str, **fields: Unpack[JarJobChanges]) -> None:
        """Change a JAR job (UpdateFlinkJarJob); while it runs, DLI takes few fields only.

        :param job_id: the job, as an int or digits.
        :param fields: what to change; see :class:`~dli_provider.flink.definition.JarJobChanges`.
        """
        self.get_patient_conn().update_flink_jar_job(job_id, **fields)

    def run_flink_job(self, job_id: int | str, *, resume_savepoint: bool = False) -> None:
        """Start a job (BatchRunFlinkJobs). It may show its old status for a while.

        :param job_id: the job, as an int or digits.
        :param resume_savepoint: True to start from the latest savepoint, which DLI deletes afterwards; False
            to start without state.
        """
        self.get_patient_conn().run_flink_job(job_id, resume_savepoint=resume_savepoint)

    def stop_flink_job(self, job_id: int | str, *, trigger_savepoint: bool = False) -> None:
        """Stop a job (BatchStopFlinkJobs).

        :param job_id: the job, as an int or digits.
        :param trigger_savepoint: True to save its state first, below ``jobs/savepoint`` in its
            ``obs_bucket``; False to lose it.
        """
        self.get_patient_conn().stop_flink_job(job_id, trigger_savepoint=trigger_savepoint)

    def trigger_flink_savepoint(self, job_id: int | str, savepoint_path: str) -> None:
        """Save the state of a running job (ExecuteFlinkJobSavepoint).

        :param job_id: the job, as an int or digits.
        :param savepoint_path: where to: ``obs://bucket/dir/`` or ``bucket/dir/``.
        """
        self.get_patient_conn().trigger_flink_savepoint(job_id, savepoint_path)

    def import_flink_savepoint(self, job_id: int | str, savepoint_path: str) -> None:
        """Give a job the state to start from (ImportFlinkJobSavepoint).

        :param job_id: the job, which must not run, as an int or digits.
        :param savepoint_path: the directory that holds ``_metadata``: ``obs://bucket/dir/`` or
            ``bucket/dir/``.
        """
        self.get_patient_conn().import_flink_savepoint(job_id, savepoint_path)

    def delete_flink_job(self, job_id: int | str) -> None:
        """Delete a job, whatever its status (DeleteFlinkJob). That can't be undone.

        :param job_id: the job, as an int or digits.
        """
        self.get_patient_conn().delete_flink_job(job_id)
