"""The event that ends a deferred wait: the trigger writes it, and the task reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from dli_provider.api.errors import DliError
from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.masking import printable, storable


class Outcome(StrEnum):
    """How a deferred wait ended."""

    REACHED = "reached"
    FAILED = "failed"
    TIMEOUT = "timeout"
    EXECUTION_TIMEOUT = "execution_timeout"
    ERROR = "error"


def broken_off(error: Exception) -> DliError:
    """Return the error that a task raises for whatever ended its wait in the triggerer.

    Airflow would store the traceback of any other error as it is, and end the triggerer for a text that its
    database refuses.

    :param error: what ended the wait.
    """
    if isinstance(error, DliError):
        return error
    return DliError(f"The wait broke off with {type(error).__name__}: {printable(error, 1000)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEvent:
    """How a deferred wait ended, in JSON types and without secrets.

    :param outcome: how it ended.
    :param message: what to log or to raise.
    :param job_id: the job; None in an event of an older version of this provider.
    :param timeout: when the task's ``timeout`` is over, for a wait that goes on after all (``silent_fail``).
    :param job: summary of the job, when a target was reached.
    :param error: the error that ended the wait, if one did, so that the task raises the same.
    :param memory: what an operator that acts on the job remembers; None for a sensor's wait.
    """

    outcome: Outcome
    message: str
    job_id: int | None
    timeout: datetime
    job: Mapping[str, Any] | None = None
    error: DliError | None = None
    memory: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Check that the event holds what its outcome calls for."""
        is_complete = {
            Outcome.REACHED: isinstance(self.job, dict),
            Outcome.ERROR: self.error is not None,
        }
        if not is_complete.get(self.outcome, True):
            raise ValueError(f"an event of outcome {self.outcome} lacks the job or the error")

    def to_payload(self) -> dict[str, Any]:
        """Return the event as a trigger's payload."""
        payload: dict[str, Any] = storable(
            {
                "outcome": self.outcome.value,
                "message": self.message,
                "job_id": self.job_id,
                "deadline": self.timeout.isoformat(),
                "job": self.job,
                "error": self.error.to_dict() if self.error else None,
                "memory": self.memory,
            }
        )
        return payload

    @classmethod
    def from_payload(cls, payload: Any) -> Self:
        """Return the event that a payload holds.

        :param payload: what the task was resumed with.
        :raises DliFlinkJobFailedError: when it isn't an event of the trigger: then nobody knows how the wait
            ended, and the task must not succeed.
        """
        try:
            error = payload["error"]
            return cls(
                outcome=Outcome(payload["outcome"]),
                message=str(payload["message"]),
                job_id=payload.get("job_id"),
                timeout=datetime.fromisoformat(payload["deadline"]),
                job=payload["job"],
                error=None if error is None else DliError.from_dict(error),
                memory=payload.get("memory"),
            )
        except (TypeError, LookupError, ValueError, AttributeError):
            found = printable(repr(payload), 200)
            raise DliFlinkJobFailedError(f"The wait ended with no event of its trigger: {found}") from None

    def exception(self) -> DliError | DliFlinkJobFailedError:
        """Return the exception that a wait on a worker would have raised."""
        return self.error or DliFlinkJobFailedError(self.message)
