"""How logs and errors speak of a job, of its status, and of a span of time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dli_provider.masking import printable

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.status import FlinkJobStatus


def name_job(job_id: int | str | None, name: str | None = None) -> str:
    """Return what every line calls a job: by its id, with its name beside it as soon as that is known.

    :param job_id: its id; None while only its name is known.
    :param name: its name, if it is known.
    """
    if job_id is None:
        return f"Flink job {printable(name, 100)!r}"
    return f"Flink job {job_id} ({printable(name, 100)})" if name else f"Flink job {job_id}"


def describe_job(job_id: int, job: FlinkJob) -> str:
    """Return what a job is, as the beginning of an error message: id, name, status and its reason.

    :param job_id: the job's id.
    :param job: its detail.
    """
    said = f": {printable(job.status_desc, 2000)}" if job.status_desc else ""
    return f"{name_job(job_id, job.name)} is {describe_status(job.status)}{said.rstrip('.')}"


def describe_change(
    job_id: int, job: FlinkJob, before: FlinkJobStatus | None, lasted: timedelta | None
) -> str:
    """Return the line of the log that tells of a job's new status.

    :param job_id: the job's id.
    :param job: the job as it was read.
    :param before: the status that was read before.
    :param lasted: for how long; None when its beginning was not seen, because DLI doesn't tell when a status
        began.
    """
    line = f"{name_job(job_id, job.name)} is {describe_status(job.status)}"
    if lasted is None:
        return line
    return f"{line}, after {describe_duration(lasted)} of {describe_status(before)}"


def describe_status(status: FlinkJobStatus | None) -> str:
    """Return a status as people read it; one that this provider doesn't know is marked."""
    if status is None:
        return "without a status"
    return status if status.is_known else f"{status} (a status this provider doesn't know)"


def describe_duration(span: timedelta) -> str:
    """Return a span of time as people read it."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
