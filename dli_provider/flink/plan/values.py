"""The values of a plan: what goes in, and the steps that come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self, TypeAlias

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus


class Write(StrEnum):
    """A call that changes something on DLI."""

    CREATE = "create"
    UPDATE = "update"
    IMPORT = "import"
    RUN = "run"
    STOP = "stop"
    SAVEPOINT = "savepoint"
    DELETE = "delete"


class Outcome(StrEnum):
    """What is known of a write."""

    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"
    """It never arrived, or DLI asked to send it later: nothing was done."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """It may have been carried out: only reading the job tells."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why DLI refused a write.

    :param text: what it said.
    :param error: the carrier's own description of the error, in JSON types, to raise it again.
    """

    text: str
    error: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Windows:
    """How long a plan waits before it believes what it reads.

    :param stale: after a write, how long the status that was read before it may still be shown.
    :param savepoint: how long a savepoint may take to be seen in the status.
    :param look_up: pauses between the look-ups of a job whose creation has an unknown outcome.
    """

    stale: timedelta = timedelta(seconds=120)
    savepoint: timedelta = timedelta(seconds=30)
    look_up: tuple[timedelta, ...] = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=10))


@dataclass(frozen=True, slots=True)
class Reading:
    """The job as it was read.

    :param job: its detail; None when there is no such job.
    :param at: when it was read, with its offset.
    """

    job: FlinkJob | None
    at: datetime

    @property
    def status(self) -> FlinkJobStatus | None:
        """The job's status; None when there is no such job, or DLI doesn't tell."""
        return self.job.status if self.job else None


@dataclass(frozen=True, slots=True)
class Call:
    """Step: send a write.

    :param write: which.
    :param arguments: its arguments beside the job, named as the client's.
    :param text: what is done, for the log: "stopping with a savepoint".
    :param details: further lines for the log, such as why.
    :param warning: what the user should know before it is done.
    """

    write: Write
    arguments: Mapping[str, Any] = field(repr=False)
    text: str
    details: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Step: read again after a while. The wait holds while nothing is read that could change the plan.

    Waking too early does no harm.

    :param text: what is awaited, for the message of a timeout.
    :param while_in: statuses in which there is nothing to do but wait; None stands for a job without one.
    :param stale: further statuses that count as out of date;
    :param until: and until when they do.
    :param pause: how long to wait when that isn't the poke interval; such a wait stays on the worker.
    """

    text: str
    while_in: frozenset[FlinkJobStatus | None] = frozenset()
    stale: frozenset[FlinkJobStatus | None] = frozenset()
    until: datetime | None = None
    pause: timedelta | None = None

    def holds(self, status: FlinkJobStatus | None, now: datetime) -> bool:
        """Tell whether there is still nothing to do.

        :param status: the status as read now; None when DLI doesn't tell one.
        :param now: the time.
        """
        return status in self.while_in or (
            status in self.stale and self.until is not None and now < self.until
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the wait in JSON types; a pause is left out, for it is waited on the worker."""
        return {
            "text": self.text,
            "while_in": _texts(self.while_in),
            "stale": _texts(self.stale),
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return the wait that :meth:`to_dict` described.

        :raises (LookupError, TypeError, ValueError): when it is no description of a wait.
        """
        until = content["until"]
        return cls(
            str(content["text"]),
            frozenset(map(_status, content["while_in"])),
            frozenset(map(_status, content["stale"])),
            datetime.fromisoformat(until) if until else None,
        )


@dataclass(frozen=True, slots=True)
class Done:
    """Step: nothing is left to do.

    :param action: what was done, as the XCom names it, such as ``started`` or ``unchanged``.
    :param text: the same for the log.
    :param warning: what the user should know all the same.
    :param changes: names of the fields of the job's definition that were changed.
    """

    action: str
    text: str
    warning: str | None = None
    changes: tuple[str, ...] = ()


class Failure(StrEnum):
    """Why a plan can't succeed."""

    RUN = "run"
    """The job ended elsewhere; another try of the task may succeed."""
    FINAL = "final"
    """Another try would fail the same way until a person acts."""
    REFUSED = "refused"
    """DLI refused the write; its own error says why."""
    UNKNOWN = "unknown"
    """Nobody can tell whether the write took effect."""
    NOT_FOUND = "not_found"
    """There is no such job."""
    DRIFT = "drift"
    """The job's definition isn't as it should be, and must not be changed now."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Step: give up.

    :param failure: of which kind.
    :param message: why, and what to do: sentences to follow the one that tells the job and its status, or
        the text of a refusal, which needs none.
    :param refusal: what DLI refused with, for :attr:`Failure.REFUSED`.
    """

    failure: Failure
    message: str
    refusal: Refusal | None = None


Step: TypeAlias = Call | Wait | Done | Fail


def _texts(statuses: frozenset[FlinkJobStatus | None]) -> list[str | None]:
    return sorted((str(s) for s in statuses if s is not None), key=str) + [None] * (None in statuses)


def _status(text: str | None) -> FlinkJobStatus | None:
    return None if text is None else FlinkJobStatus(text)
