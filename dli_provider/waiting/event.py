"""The event that ends a deferred wait: written by the trigger, read by the sensor, and by it alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from dli_provider.api import errors
from dli_provider.api.errors import DliApiError, DliError
from dli_provider.exceptions import DliFlinkJobFailedError


class Outcome(StrEnum):
    """How a deferred wait ended."""

    REACHED = "reached"
    FAILED = "failed"
    TIMEOUT = "timeout"
    ERROR = "error"


_ERRORS: dict[str, type[DliError]] = {
    cls.__name__: cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, DliError)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEvent:
    """How a deferred wait ended, in JSON types and without secrets.

    :param outcome: how it ended.
    :param message: what to log or to raise.
    :param deadline: the wait's deadline, for a wait that goes on after all (``silent_fail``).
    :param job: summary of the job, when a target was reached.
    :param error: what is needed to raise the same ``DliError`` in the task, when one ended the wait.
    """

    outcome: Outcome
    message: str
    deadline: datetime
    job: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None

    @classmethod
    def of_error(cls, error: DliError, deadline: datetime) -> Self:
        """Return the event for an error that ended a wait."""
        fields: dict[str, Any] = {"type": type(error).__name__, "context": error.context}
        if isinstance(error, DliApiError):
            fields |= {
                "status": error.status,
                "code": error.code,
                "message": error.message,
                "request_id": error.request_id,
                "diagnosis": error.diagnosis,
            }
        else:
            fields["message"] = str(error).removeprefix(f"{error.context}: ") if error.context else str(error)
        return cls(outcome=Outcome.ERROR, message=str(error), deadline=deadline, error=fields)

    def write(self) -> dict[str, Any]:
        """Return the event as a trigger's payload."""
        return {
            "outcome": self.outcome.value,
            "message": self.message,
            "deadline": self.deadline.isoformat(),
            "job": self.job,
            "error": self.error,
        }

    @classmethod
    def read(cls, payload: Any) -> Self:
        """Return the event that a payload holds.

        :param payload: what the task was resumed with.
        :raises DliFlinkJobFailedError: when it isn't an event of the trigger: then nobody knows how the wait
            ended, and the task must not succeed.
        """
        try:
            event = cls(
                outcome=Outcome(payload["outcome"]),
                message=str(payload["message"]),
                deadline=datetime.fromisoformat(payload["deadline"]),
                job=payload["job"],
                error=payload["error"],
            )
            event.exception()
            complete = isinstance(event.job, dict) or event.outcome != Outcome.REACHED
        except (TypeError, LookupError, ValueError, AttributeError):
            complete = False
        if not complete:
            raise DliFlinkJobFailedError(f"The wait ended with no event of its trigger: {payload!r:.200}")
        return event

    def exception(self) -> DliError | DliFlinkJobFailedError:
        """Return the exception that poke mode would have raised."""
        if self.outcome != Outcome.ERROR or self.error is None:
            return DliFlinkJobFailedError(self.message)
        fields = self.error
        kind = _ERRORS[fields["type"]]
        error: DliError
        if issubclass(kind, DliApiError):
            error = kind(fields["status"], fields["code"], fields["message"], fields["request_id"])
            error.diagnosis = fields["diagnosis"]
        else:
            error = kind(fields["message"])
        error.context = fields["context"]
        return error
