"""DLI's Flink endpoints, as the real service answers them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dli_provider.emulator.http.messages import RefusalError, Reply, Request
from dli_provider.emulator.model.fields import JOB_TYPES
from dli_provider.emulator.model.job import EmulatedJob
from dli_provider.emulator.model.store import JobStore
from dli_provider.flink.status import FlinkJobStatus

DEFAULT_LIMIT = 10
MAX_LIMIT = 100

_MAX_ID_DIGITS = 19
_FILTERS = ("job_type", "status", "queue_name", "name", "root_job_id", "user_name", "tags")


class JobService:
    """The endpoints, on a store of jobs.

    :param jobs: the project's jobs.
    :param boolean_success: True to answer ``is_success`` as a Boolean, not as the text that the real service
        sends.
    """

    def __init__(self, jobs: JobStore, *, boolean_success: bool) -> None:
        self._jobs = jobs
        self._success: bool | str = True if boolean_success else "true"

    def show(self, request: Request) -> Reply:
        """Answer ShowFlinkJob."""
        job = self._job(request)
        job.begin()
        return self._success_reply("The job information query succeeds.", job_detail=self._jobs.detail(job))

    def list(self, request: Request) -> Reply:
        """Answer ListFlinkJobs."""
        query = request.query
        limit = _number("limit", query.get("limit", str(DEFAULT_LIMIT)), MAX_LIMIT)
        offset = _number("offset", query.get("offset", "0"))
        order = _one_of("order", query.get("order", "desc"), {"asc", "desc"})
        show_detail = _one_of("show_detail", query.get("show_detail", "false"), {"true", "false"})
        total, jobs = self._jobs.items(
            _filters(query),
            offset=offset,
            limit=limit,
            newest_first=order == "desc",
            show_detail=show_detail == "true",
        )
        job_list = {"total_count": total, "jobs": jobs}
        return self._success_reply("The job list is queried successfully.", job_list=job_list)

    def _job(self, request: Request) -> EmulatedJob:
        text = request.path_parameters["job_id"]
        job = self._jobs.get(_id("job_id", text))
        if job is None:
            raise RefusalError(400, "DLI.16001", f"The Flink job {text[:40]} does not exist.")
        return job

    def _success_reply(self, message: str, **content: Any) -> Reply:
        return Reply({"is_success": self._success, "message": message, **content})


def _filters(query: Mapping[str, str]) -> dict[str, str]:
    filters = {name: query[name] for name in _FILTERS if query.get(name)}
    if "status" in filters:
        _one_of("status", filters["status"], set(FlinkJobStatus))
    if "job_type" in filters:
        _one_of("job_type", filters["job_type"], JOB_TYPES)
    if "root_job_id" in filters:
        _id("root_job_id", filters["root_job_id"])
    return filters


def _id(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS):
        raise _invalid(name, text)
    return int(text)


def _number(name: str, text: str, maximum: int | None = None) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
    if number < 0 or (maximum is not None and number > maximum):
        raise _invalid(name, text)
    return number


def _one_of(name: str, text: str, allowed: Collection[str]) -> str:
    if text not in allowed:
        raise _invalid(name, text)
    return text


def _invalid(name: str, text: str) -> RefusalError:
    return RefusalError(400, "DLI.0001", f"Parameter {name} is invalid: {text[:40]}")
