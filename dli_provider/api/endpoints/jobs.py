"""The endpoints of DLI as pure functions: arguments in, a request's parts and the reader of its answer
out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dli_provider.api.endpoints.call import Call
from dli_provider.api.errors import DliProtocolError
from dli_provider.flink.arguments import parse_job_id
from dli_provider.flink.job import FlinkJob, FlinkJobFormatError

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of ListFlinkJobs.

    :param total_count: how many jobs match the filters, on all pages.
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
            raise DliProtocolError(f"A job of the list can't be read: {error}") from error


def show_flink_job(job_id: object) -> Call[FlinkJob]:
    """Return the call that reads one job's detail (ShowFlinkJob).

    :param job_id: the job, as an int or digits.
    :raises ValueError: for anything else as ``job_id``.
    """
    number = parse_job_id(job_id)
    return Call(f"ShowFlinkJob of job {number}", f"/streaming/jobs/{number}", _read_job)


def list_flink_jobs(*, offset: int = 0, limit: int = MAX_PAGE, **filters: object) -> Call[JobPage]:
    """Return the call that reads one page of the project's jobs (ListFlinkJobs).

    :param offset: how many jobs to skip.
    :param limit: how many jobs at the most, up to 100.
    :param filters: the endpoint's own parameters: ``job_type``, ``status``, ``queue_name``, ``order``
        (``asc`` or ``desc`` by time), ``name``, ``root_job_id``, ``show_detail``, ``user_name``, ``tags``
        (``k1=v1,k2=v2`` or a mapping) and ``sys_enterprise_project_name``; None leaves one out.
    :raises ValueError: for a filter that the endpoint does not have.
    """
    if not 1 <= limit <= MAX_PAGE or offset < 0:
        raise ValueError(f"limit must lie between 1 and {MAX_PAGE} and offset not be negative")
    unknown = filters.keys() - _FILTERS
    if unknown:
        raise ValueError(f"ListFlinkJobs has no filter {sorted(unknown)}; it has {sorted(_FILTERS)}")
    chosen = {name: _text(value) for name, value in filters.items() if value is not None}
    query = tuple({**chosen, "offset": str(offset), "limit": str(limit)}.items())
    return Call(f"ListFlinkJobs from {offset}", "/streaming/jobs", _read_page, query)


_FILTERS = frozenset(
    {
        *("job_type", "status", "queue_name", "order", "name", "root_job_id", "show_detail", "user_name"),
        *("tags", "sys_enterprise_project_name"),
    }
)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    return str(value)


def _read_job(answer: Mapping[str, Any]) -> FlinkJob:
    detail = answer.get("job_detail")
    if not isinstance(detail, dict):
        raise DliProtocolError("The answer has no job_detail")
    try:
        return FlinkJob.from_api(detail)
    except FlinkJobFormatError as error:
        raise DliProtocolError(f"The answer's job can't be read: {error}") from error


def _read_page(answer: Mapping[str, Any]) -> JobPage:
    job_list = answer.get("job_list")
    items = job_list.get("jobs") if isinstance(job_list, dict) else None
    if not isinstance(job_list, dict) or not isinstance(items, list | None):
        raise DliProtocolError("The answer has no job_list with jobs")
    jobs: list[FlinkJob] = []
    unreadable: list[FlinkJobFormatError] = []
    for item in items or ():
        try:
            jobs.append(FlinkJob.from_api(item))
        except FlinkJobFormatError as error:
            unreadable.append(error)
    try:
        total = int(job_list.get("total_count") or 0)
    except (TypeError, ValueError, OverflowError):
        raise DliProtocolError("The answer's total_count is no number") from None
    return JobPage(total, tuple(jobs), tuple(unreadable))
