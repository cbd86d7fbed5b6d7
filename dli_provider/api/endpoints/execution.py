"""The endpoints that read what Flink itself tells of running jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dli_provider.api.endpoints.call import Call, object_of
from dli_provider.api.errors import DliProtocolError
from dli_provider.flink.arguments import parse_job_id, parse_job_ids
from dli_provider.flink.fields import MAX_DEPTH, is_shallow
from dli_provider.flink.redaction import redact


def show_flink_execution_graph(job_id: int | str) -> Call[dict[str, Any]]:
    """Read a job's execution graph, with credentials masked (ShowFlinkJobExecutionGraph)."""
    number = parse_job_id(job_id)
    return Call(
        title=f"ShowFlinkJobExecutionGraph of job {number}",
        path=f"/streaming/jobs/{number}/execute-graph",
        read=lambda content: _shown(object_of(content, key="execute_graph")),
        idempotent=True,
        action="dli:jobs:get",
    )


def show_flink_metrics(job_ids: Iterable[int | str]) -> Call[dict[int, dict[str, Any]]]:
    """Read what jobs read and write, by job (ShowFlinkMetric)."""
    numbers = parse_job_ids("job_ids", job_ids)
    if not numbers:
        raise ValueError("job_ids names no job")
    return Call(
        title=f"ShowFlinkMetric of {len(numbers)} jobs",
        path="/streaming/jobs/metrics",
        method="POST",
        body={"job_ids": numbers},
        read=_read_metrics,
        idempotent=True,  # a read, though it is a POST
        action="dli:jobs:get",
    )


def _read_metrics(content: Any) -> dict[int, dict[str, Any]]:
    jobs = object_of(content, key="metrics").get("jobs")
    if not isinstance(jobs, list | None):
        raise DliProtocolError("The answer's metrics have no list of jobs", transient=True)
    return dict(map(_read_metrics_of, map(object_of, jobs or ())))


def _read_metrics_of(job: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    try:
        number = parse_job_id(job.get("job_id"))
    except ValueError as error:
        raise DliProtocolError(f"The answer has metrics of an odd job: {error}") from None
    return number, _shown(object_of(job, key="metrics"))


def _shown(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Flink tells, fit to be shown and stored: names and descriptions echo parts of the SQL."""
    if not is_shallow(content):
        raise DliProtocolError(f"The answer is nested more than {MAX_DEPTH} levels deep")
    return redact(content)
