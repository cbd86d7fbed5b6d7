"""The endpoints that read jobs, as the real service answers them."""

from __future__ import annotations

from collections.abc import Mapping

from dli_provider.emulator.http.messages import RefusalError, Reply, Request
from dli_provider.emulator.model.behaviour import Behaviour
from dli_provider.emulator.model.fields import JOB_TYPES
from dli_provider.emulator.model.store import JobStore
from dli_provider.emulator.services.execution import execution_graph, metrics
from dli_provider.emulator.services.job_bodies import ids, parse_body
from dli_provider.emulator.services.parameters import job_of, parse_choice, parse_id, parse_number
from dli_provider.flink.status import FlinkJobStatus

DEFAULT_LIMIT = 10
MAX_LIMIT = 100

_FILTERS = ("job_type", "status", "queue_name", "name", "root_job_id", "user_name", "tags")


class JobReads:
    """The endpoints, on a store of jobs.

    :param jobs: the project's jobs.
    :param behaviour: how the service behaves where its documentation says nothing.
    """

    def __init__(self, jobs: JobStore, behaviour: Behaviour) -> None:
        self._jobs = jobs
        self._behaviour = behaviour

    def show(self, request: Request) -> Reply:
        """Answer ShowFlinkJob."""
        job = job_of(self._jobs, request)
        job.begin(shown=True)
        detail = self._jobs.detail(job)
        return Reply(self._behaviour.success("The job information query succeeds.", job_detail=detail))

    def list(self, request: Request) -> Reply:
        """Answer ListFlinkJobs."""
        query = request.query
        limit = parse_number("limit", query.get("limit", str(DEFAULT_LIMIT)), MAX_LIMIT)
        offset = parse_number("offset", query.get("offset", "0"))
        order = parse_choice("order", query.get("order", "desc"), {"asc", "desc"})
        show_detail = parse_choice("show_detail", query.get("show_detail", "false"), {"true", "false"})
        total, jobs = self._jobs.items(
            _filters(query),
            offset=offset,
            limit=limit,
            newest_first=order == "desc",
            show_detail=show_detail == "true",
        )
        job_list = {"total_count": total, "jobs": jobs}
        return Reply(self._behaviour.success("The job list is queried successfully.", job_list=job_list))

    def execution_graph(self, request: Request) -> Reply:
        """Answer ShowFlinkJobExecutionGraph; it is refused for a job that doesn't run."""
        job = job_of(self._jobs, request)
        if job.status not in (FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_SAVEPOINTING):
            raise RefusalError(400, "DLI.0007", f"The job {job.job_id} has no execution graph: {job.status}.")
        graph = execution_graph(self._jobs.detail(job))
        return Reply(
            self._behaviour.success("The execution graph is queried successfully.", execute_graph=graph)
        )

    def metrics(self, request: Request) -> Reply:
        """Answer ShowFlinkMetric, without the jobs that don't exist."""
        wanted = parse_body(request, {"job_ids": ids}, required=("job_ids",))["job_ids"]
        jobs = [job for job_id in wanted if (job := self._jobs.get(job_id))]
        found = {"jobs": [metrics(self._jobs.detail(job)) for job in jobs]}
        return Reply(self._behaviour.success("The metrics are queried successfully.", metrics=found))


def _filters(query: Mapping[str, str]) -> dict[str, str]:
    filters = {name: query[name] for name in _FILTERS if query.get(name)}
    if "status" in filters:
        parse_choice("status", filters["status"], set(FlinkJobStatus))
    if "job_type" in filters:
        parse_choice("job_type", filters["job_type"], JOB_TYPES)
    if "root_job_id" in filters:
        parse_id("root_job_id", filters["root_job_id"])
    return filters
