"""The endpoints of DLI as pure functions: arguments in, a :class:`~.call.Call` out."""

from __future__ import annotations

from dli_provider.api.endpoints.call import Call, object_of
from dli_provider.api.endpoints.jobs import MAX_PAGE, JobFilters, JobPage, list_flink_jobs, show_flink_job

__all__ = ["MAX_PAGE", "Call", "JobFilters", "JobPage", "list_flink_jobs", "object_of", "show_flink_job"]
