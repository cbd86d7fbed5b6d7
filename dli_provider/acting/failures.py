"""What a task fails with when its plan does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_provider.airflow_compat import AirflowTaskTimeout
from dli_provider.api.errors import DliError, DliNotFoundError, DliOutcomeUnknownError, sentences
from dli_provider.exceptions import DliFlinkConfigDriftError, DliFlinkJobFailedError, DliFlinkJobRunError
from dli_provider.flink.plan.interrupted import describe_interruption
from dli_provider.flink.plan.values import Fail, Failure
from dli_provider.flink.wording import describe_job
from dli_provider.waiting.event import Outcome

if TYPE_CHECKING:
    from dli_provider.acting.job import ActedJob
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.plan.memory import Memory
    from dli_provider.waiting.event import WaitEvent


def wait_error(ended: WaitEvent) -> BaseException | None:
    """Return the error that a deferred wait ended with; None when the plan has to look at the job.

    :param ended: how the wait ended.
    """
    if ended.outcome == Outcome.TIMEOUT:
        return DliFlinkJobRunError(ended.message)
    if ended.outcome == Outcome.EXECUTION_TIMEOUT:
        return AirflowTaskTimeout(ended.message)
    if ended.outcome == Outcome.REACHED or isinstance(ended.error, DliNotFoundError):
        return None
    return ended.exception()


def tell_interruption(error: BaseException, memory: Memory) -> None:
    """Have an error end with what it means for a job that an upgrade has stopped, and not started again.

    :param error: what ended the task; changed in place. A deferral is left as it is.
    :param memory: what the plan remembers.
    """
    text = describe_interruption(memory)
    if not text or not isinstance(error, Exception | AirflowTaskTimeout):
        return
    if isinstance(error, DliError):
        error.diagnosis = sentences(error.diagnosis, text)
    else:
        error.args = (f"{error}. {text}",)


def failure_error(fail: Fail, acted: ActedJob, job: FlinkJob | None) -> Exception:
    """Return the exception for a plan that can't succeed.

    :param fail: why.
    :param acted: the job that the plan is for.
    :param job: its detail; None when there is none.
    """
    if fail.failure == Failure.NOT_FOUND:
        assert acted.missing
        return acted.missing
    if fail.failure == Failure.REFUSED and fail.refusal:
        error = DliError.from_dict(fail.refusal.error)
        error.diagnosis = sentences(error.diagnosis, fail.message)
        return error
    subject = describe_job(acted.job_id, job) if job and acted.job_id else acted.label
    text = f"{subject}. {fail.message}"
    if fail.failure == Failure.UNKNOWN:
        return DliOutcomeUnknownError(text)
    if fail.failure == Failure.DRIFT:
        return DliFlinkConfigDriftError(text)
    return DliFlinkJobFailedError(text) if fail.failure == Failure.FINAL else DliFlinkJobRunError(text)
