"""The endpoints that read Flink jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from dli_provider.api.endpoints.call import Call, object_of
from dli_provider.api.errors import DliProtocolError
from dli_provider.flink.arguments import check_boolean, parse_job_id
from dli_provider.flink.job import FlinkJob, FlinkJobFormatError

MAX_PAGE = 100
"""Jobs that a page of the list has at the most."""


class JobFilters(TypedDict, total=False):
    """Filters of ListFlinkJobs; None leaves one out."""

    name: str | None
    """Text that names contain; how DLI matches it is not documented."""
    status: str | None
    """One of the statuses of :class:`~dli_provider.flink.status.FlinkJobStatus`."""
    queue_name: str | None
    job_type: str | None
    """``flink_sql_job``, ``flink_opensource_sql_job``, ``flink_sql_edge_job`` or ``flink_jar_job``."""
    tags: str | Mapping[str, str] | None
    """``k1=v1,k2=v2`` or a mapping."""
    user_name: str | None
    root_job_id: int | str | None
    """Parent of edge jobs, which the list leaves out otherwise."""
    order: str | None
    """``asc`` or ``desc`` by time."""
    show_detail: bool | None
    """Whether jobs have their details, such as ``job_config``."""
    sys_enterprise_project_name: str | None


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of ListFlinkJobs.

    :param total_count: how many jobs match the filters, on all pages; 0 when the answer doesn't say.
    :param jobs: the page's jobs, in the list's order.
    :param unreadable: an error for each item of the page that is no job.
    """

    total_count: int
    jobs: tuple[FlinkJob, ...]
    unreadable: tuple[FlinkJobFormatError, ...] = ()

    @property
    def length(self) -> int:
        """How many items the page had."""
        return len(self.jobs) + len(self.unreadable)

    def raise_unreadable(self) -> None:
        """Raise for the first item that is no job, if there is one.

        :raises DliProtocolError: naming what is wrong with it.
        """
        for error in self.unreadable:
            raise DliProtocolError(f"A job of the list can't be read: {error}") from None


def show_flink_job(job_id: int | str) -> Call[FlinkJob]:
    """Read one job's detail (ShowFlinkJob)."""
    number = parse_job_id(job_id)
    return Call(
        title=f"ShowFlinkJob of job {number}",
        path=f"/streaming/jobs/{number}",
        read=_read_job,
        idempotent=True,
        action="dli:jobs:get",
    )


def list_flink_jobs(
    *, offset: int = 0, limit: int = MAX_PAGE, **filters: Unpack[JobFilters]
) -> Call[JobPage]:
    """Read one page of the project's jobs (ListFlinkJobs).

    :param offset: how many jobs to skip.
    :param limit: how many jobs at the most, up to 100.
    :param filters: see :class:`JobFilters`.
    :raises ValueError: for an unknown or invalid filter, and for a blank one, which would let all jobs
        pass.
    """
    if not 1 <= limit <= MAX_PAGE or offset < 0:
        raise ValueError(f"limit must lie between 1 and {MAX_PAGE} and offset not be negative")
    unknown = filters.keys() - JobFilters.__annotations__
    if unknown:
        known = sorted(JobFilters.__annotations__)
        raise ValueError(f"ListFlinkJobs has no filter {sorted(unknown)}; it has {known}")
    chosen = {name: _text(name, value) for name, value in filters.items() if value is not None}
    return Call(
        title=f"ListFlinkJobs from {offset}",
        path="/streaming/jobs",
        read=_read_page,
        query=tuple({**chosen, "offset": str(offset), "limit": str(limit)}.items()),
        idempotent=True,
        action="dli:jobs:list_all",
    )


def _text(name: str, value: object) -> str:
    """Return a filter as it stands in the query."""
    if name == "show_detail":
        check_boolean(name, value)
        return "true" if value else "false"
    if name == "root_job_id":
        return str(parse_job_id(value, name))
    if name == "tags" and isinstance(value, Mapping):
        value = ",".join(f"{_text('tags', key)}={_text('tags', item)}" for key, item in value.items())
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"the filter {name} must be text, not {value!r:.80}")  # noqa: TRY004
    if not value.strip():
        raise ValueError(f"the filter {name} is blank, which would let all jobs pass: leave it out for that")
    if name == "order" and value not in {"asc", "desc"}:
        raise ValueError(f"the filter order must be 'asc' or 'desc', not {value!r:.80}")
    return str(value)


def _read_job(content: Any) -> FlinkJob:
    detail = object_of(content, key="job_detail")
    try:
        return FlinkJob.from_api(detail)
    except FlinkJobFormatError as error:
        raise DliProtocolError(f"The answer's job can't be read: {error}") from None


def _read_page(content: Any) -> JobPage:
    job_list = object_of(content, key="job_list")
    items = job_list.get("jobs")
    if not isinstance(items, list | None):
        raise DliProtocolError("The answer's jobs are no list", transient=True)
    jobs: list[FlinkJob] = []
    unreadable: list[FlinkJobFormatError] = []
    for item in items or ():
        try:
            jobs.append(FlinkJob.from_api(item))
        except FlinkJobFormatError as error:
            unreadable.append(error)
    return JobPage(_total(job_list.get("total_count")), tuple(jobs), tuple(unreadable))


def _total(value: object) -> int:
    try:
        total = int(value or 0)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        total = -1
    if total < 0:
        raise DliProtocolError("The answer's total_count is no number of jobs", transient=True)
    return int(total)
