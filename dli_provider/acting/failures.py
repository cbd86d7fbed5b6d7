"""What a task fails with when its plan does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_provider.api.errors import DliError, DliNotFoundError, DliOutcomeUnknownError
from dli_provider.exceptions import DliFlinkConfigDriftError, DliFlinkJobFailedError, DliFlinkJobRunError
from dli_provider.flink.plan.values import Fail, Failure
from dli_provider.flink.wait import describe_job

if TYPE_CHECKING:
    from dli_provider.acting.job import ActedJob
    from dli_provider.flink.job import FlinkJob


def failure_error(fail: Fail, acted: ActedJob, job: FlinkJob | None) -> Exception:
    """Return the exception for a plan that can't succeed.

    :param fail: why.
    :param acted: the job that the plan is for.
    :param job: its detail; None when there is none.
    """
    if fail.failure == Failure.NOT_FOUND:
        return acted.missing or DliNotFoundError(404, "404", fail.message)
    if fail.failure == Failure.REFUSED and fail.refusal:
        error = DliError.from_dict(fail.refusal.error)
        error.diagnosis = ". ".join(filter(None, (error.diagnosis, fail.message)))
        return error
    subject = describe_job(acted.job_id, job) if job and acted.job_id else acted.label
    text = f"{subject}. {fail.message}"
    if fail.failure == Failure.UNKNOWN:
        return DliOutcomeUnknownError(text)
    if fail.failure == Failure.DRIFT:
        return DliFlinkConfigDriftError(text)
    return DliFlinkJobFailedError(text) if fail.failure == Failure.FINAL else DliFlinkJobRunError(text)
