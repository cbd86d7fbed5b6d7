"""The endpoints of DLI as pure functions: arguments in, a :class:`~.call.Call` out."""

from __future__ import annotations

from dli_provider.api.endpoints.call import Call
from dli_provider.api.endpoints.jobs import MAX_PAGE, JobPage, list_flink_jobs, show_flink_job

__all__ = ["MAX_PAGE", "Call", "JobPage", "list_flink_jobs", "show_flink_job"]
