"""Sends a write, and tells what is known of its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dli_provider.api.errors import DliAuthError, DliError, DliThrottledError
from dli_provider.api.errors import Outcome as ApiOutcome
from dli_provider.flink.plan.desired import JobKind
from dli_provider.flink.plan.values import Call, Outcome, Refusal, Write

if TYPE_CHECKING:
    from dli_provider.acting.job import ActedJob
    from dli_provider.api.client import DliClient


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a write.

    :param outcome: its outcome.
    :param error: why it failed.
    """

    outcome: Outcome
    error: DliError | None = None

    @property
    def refusal(self) -> Refusal | None:
        """The refusal, as a plan remembers it."""
        if self.outcome != Outcome.REFUSED or self.error is None:
            return None
        return Refusal(str(self.error), self.error.to_dict())


def attempt(client: DliClient, job: ActedJob, call: Call) -> Answer:
    """Send a write, and return what is known of it.

    :param client: writes to DLI.
    :param job: the job; a creation tells it its id.
    :param call: the write.
    :raises DliError: when it was not sent, was throttled, or the credential was refused: it may be sent
        again.
    """
    try:
        _send(client, job, call)
    except (DliThrottledError, DliAuthError):
        raise
    except DliError as error:
        if error.outcome not in {ApiOutcome.REFUSED, ApiOutcome.UNKNOWN}:
            raise
        return Answer(Outcome(error.outcome.value), error)
    return Answer(Outcome.ACCEPTED)


def _send(client: DliClient, job: ActedJob, call: Call) -> None:
    if call.write == Write.CREATE:
        job.learn(client, _create(client, **call.arguments))
        return
    assert job.job_id is not None
    match call.write:
        case Write.RUN:
            client.run_flink_job(job.job_id, **call.arguments)
        case Write.STOP:
            client.stop_flink_job(job.job_id, **call.arguments)
        case Write.SAVEPOINT:
            client.trigger_flink_savepoint(job.job_id, **call.arguments)
        case Write.IMPORT:
            client.import_flink_savepoint(job.job_id, **call.arguments)
        case Write.DELETE:
            client.delete_flink_job(job.job_id)
        case Write.UPDATE:
            _update(client, job.job_id, **call.arguments)


def _create(client: DliClient, kind: JobKind, name: str, fields: Any) -> int:
    match kind:
        case JobKind.SQL:
            return client.create_flink_sql_job(name, **fields)
        case JobKind.JAR:
            return client.create_flink_jar_job(name, **fields)


def _update(client: DliClient, job_id: int, kind: JobKind, fields: Any) -> None:
    match kind:
        case JobKind.SQL:
            client.update_flink_sql_job(job_id, **fields)
        case JobKind.JAR:
            client.update_flink_jar_job(job_id, **fields)
