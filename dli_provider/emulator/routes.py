"""The emulator's route table: a row for each operation."""

from __future__ import annotations

from dli_provider.emulator.http.routes import Access, Route
from dli_provider.emulator.services.console import PATH, Console
from dli_provider.emulator.services.iam import Iam
from dli_provider.emulator.services.job_writes import JobWrites
from dli_provider.emulator.services.jobs import JobReads
from dli_provider.emulator.services.metadata import Metadata

_STREAMING = "/v1.0/<project_id>/streaming"
_JOBS = f"{_STREAMING}/jobs"
_JOB = f"{_JOBS}/<job_id>"
_SESSION, _KEY = "/meta-data/latest/api/token", "/openstack/latest/securitykey"


def console_routes(console: Console) -> list[Route]:
    """Return the routes of the console, which isn't part of DLI."""
    return [
        Route("console_jobs", "GET", PATH, console.show_jobs, Access.OPEN),
        Route("console_job", "GET", f"{PATH}/<job_id>", console.show_job, Access.OPEN),
        Route("console_act", "POST", f"{PATH}/<job_id>/<action>", console.act, Access.OPEN),
    ]


def route_table(reads: JobReads, writes: JobWrites, iam: Iam, metadata: Metadata) -> list[Route]:
    """Return the routes.

    :param reads: DLI's endpoints that read.
    :param writes: DLI's endpoints that write.
    :param iam: IAM's endpoints.
    :param metadata: the endpoints of the metadata service.
    """
    return [
        Route("show", "GET", _JOB, reads.show),
        Route("list", "GET", _JOBS, reads.list),
        Route("execution_graph", "GET", f"{_JOB}/execute-graph", reads.execution_graph),
        Route("metrics", "POST", f"{_JOBS}/metrics", reads.metrics),
        Route("create_sql", "POST", f"{_STREAMING}/sql-jobs", writes.create_sql),
        Route("update_sql", "PUT", f"{_STREAMING}/sql-jobs/<job_id>", writes.update_sql),
        Route("create_jar", "POST", f"{_STREAMING}/flink-jobs", writes.create_jar),
        Route("update_jar", "PUT", f"{_STREAMING}/flink-jobs/<job_id>", writes.update_jar),
        Route("run", "POST", f"{_JOBS}/run", writes.run),
        Route("stop", "POST", f"{_JOBS}/stop", writes.stop),
        Route("delete", "DELETE", _JOB, writes.delete),
        Route("delete_batch", "POST", f"{_JOBS}/delete", writes.delete_batch),
        Route("savepoint", "POST", f"{_JOB}/savepoint", writes.savepoint),
        Route("import_savepoint", "POST", f"{_JOB}/import-savepoint", writes.import_savepoint),
        Route("projects", "GET", "/v3/projects", iam.list_projects, Access.SIGNED),
        Route("token", "POST", "/v3/auth/tokens", iam.create_token, Access.OPEN),
        Route("metadata_session", "PUT", _SESSION, metadata.create_session, Access.OPEN),
        Route("metadata_key", "GET", _KEY, metadata.security_key, Access.OPEN),
    ]
