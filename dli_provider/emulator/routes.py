"""The emulator's route table: one row an operation."""

from __future__ import annotations

from dli_provider.emulator.http.routes import Access, Route
from dli_provider.emulator.services.iam import Iam
from dli_provider.emulator.services.jobs import JobService
from dli_provider.emulator.services.metadata import Metadata

_JOBS = "/v1.0/<project_id>/streaming/jobs"


def route_table(jobs: JobService, iam: Iam, metadata: Metadata) -> list[Route]:
    """Return the routes.

    :param jobs: DLI's endpoints.
    :param iam: IAM's endpoints.
    :param metadata: the endpoints of the metadata service.
    """
    return [
        Route("show", "GET", f"{_JOBS}/<job_id>", jobs.show),
        Route("list", "GET", _JOBS, jobs.list),
        Route("projects", "GET", "/v3/projects", iam.list_projects, Access.SIGNED),
        Route("token", "POST", "/v3/auth/tokens", iam.create_token, Access.OPEN),
        Route("metadata_session", "PUT", "/meta-data/latest/api/token", metadata.create_session, Access.OPEN),
        Route("metadata_key", "GET", "/openstack/latest/securitykey", metadata.security_key, Access.OPEN),
    ]
