"""ShowFlinkJob and ListFlinkJobs as the real service answers them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dli_provider.emulator.store import JobStore
from dli_provider.flink.status import FlinkJobStatus

JOB_TYPES = frozenset({"flink_sql_job", "flink_opensource_sql_job", "flink_sql_edge_job", "flink_jar_job"})
DEFAULT_LIMIT = 10
MAX_LIMIT = 100

_LONGEST_ID = 19

_FILTERS = ("job_type", "status", "queue_name", "name", "root_job_id", "user_name", "tags")


class DliService:
    """The two endpoints, on a store of jobs.

    :param jobs: the project's jobs.
    :param boolean_success: True to answer ``is_success`` as a Boolean, not as the text the real service
        sends.
    """

    def __init__(self, jobs: JobStore, *, boolean_success: bool) -> None:
        self._jobs = jobs
        self._success: bool | str = True if boolean_success else "true"

    def show(self, job_id: str) -> web.Response:
        """Answer ShowFlinkJob."""
        try:
            _id("job_id", job_id)
        except ValueError as problem:
            return error(400, "DLI.0001", str(problem))
        job = self._jobs.get(int(job_id))
        if job is None:
            return error(400, "DLI.16001", f"The Flink job {job_id[:40]} does not exist.")
        job.begin()
        return self._answer("The job information query succeeds.", job_detail=self._jobs.detail(job))

    def list(self, query: dict[str, str]) -> web.Response:
        """Answer ListFlinkJobs."""
        try:
            limit = _whole("limit", query.get("limit", str(DEFAULT_LIMIT)), MAX_LIMIT)
            offset = _whole("offset", query.get("offset", "0"))
            newest_first = _one_of("order", query.get("order", "desc"), {"asc", "desc"}) == "desc"
            show_detail = (
                _one_of("show_detail", query.get("show_detail", "false"), {"true", "false"}) == "true"
            )
            filters = _filters(query)
        except ValueError as problem:
            return error(400, "DLI.0001", str(problem))
        total, jobs = self._jobs.items(
            filters, offset=offset, limit=limit, newest_first=newest_first, show_detail=show_detail
        )
        job_list = {"total_count": total, "jobs": jobs}
        return self._answer("The job list is queried successfully.", job_list=job_list)

    def _answer(self, message: str, **content: Any) -> web.Response:
        return web.json_response({"is_success": self._success, "message": message, **content})


def error(status: int, code: str, message: str) -> web.Response:
    """Return an error body in the shape that DLI and its gateway use."""
    return web.json_response({"error_code": code, "error_msg": message}, status=status)


def _filters(query: dict[str, str]) -> dict[str, str]:
    filters = {name: query[name] for name in _FILTERS if query.get(name)}
    if "status" in filters:
        _one_of("status", filters["status"], set(FlinkJobStatus))
    if "job_type" in filters:
        _one_of("job_type", filters["job_type"], JOB_TYPES)
    if "root_job_id" in filters:
        _id("root_job_id", filters["root_job_id"])
    return filters


def _id(name: str, text: str) -> None:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID):
        raise ValueError(f"Parameter {name} is invalid: {text[:40]}")


def _whole(name: str, text: str, most: int | None = None) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number < 0 or (most is not None and number > most):
        raise ValueError(f"Parameter {name} is invalid: {text[:40]}")
    return number


def _one_of(name: str, text: str, allowed: set[str] | frozenset[str]) -> str:
    if text not in allowed:
        raise ValueError(f"Parameter {name} is invalid: {text[:40]}")
    return text
