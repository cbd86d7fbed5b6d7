"""The endpoints of DLI as pure functions: each checks its arguments, and returns the :class:`~.call.Call`.

Its docstring says what the call does. The methods of ``DliHook`` have the same names, and describe the
arguments. Each function raises ``ValueError`` for an invalid argument.
"""

from __future__ import annotations

from dli_provider.api.endpoints.actions import (
    delete_flink_job,
    import_flink_savepoint,
    run_flink_job,
    stop_flink_job,
    trigger_flink_savepoint,
)
from dli_provider.api.endpoints.call import Call, object_of
from dli_provider.api.endpoints.definitions import (
    create_flink_jar_job,
    create_flink_sql_job,
    update_flink_jar_job,
    update_flink_sql_job,
)
from dli_provider.api.endpoints.execution import show_flink_execution_graph, show_flink_metrics
from dli_provider.api.endpoints.jobs import MAX_PAGE, JobFilters, JobPage, list_flink_jobs, show_flink_job

__all__ = [
    "MAX_PAGE",
    "Call",
    "JobFilters",
    "JobPage",
    "create_flink_jar_job",
    "create_flink_sql_job",
    "delete_flink_job",
    "import_flink_savepoint",
    "list_flink_jobs",
    "object_of",
    "run_flink_job",
    "show_flink_execution_graph",
    "show_flink_job",
    "show_flink_metrics",
    "stop_flink_job",
    "trigger_flink_savepoint",
    "update_flink_jar_job",
    "update_flink_sql_job",
]
