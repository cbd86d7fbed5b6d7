"""The values of a plan: what goes in, what comes out, and what is remembered in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self, TypeAlias

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus


STARTED = frozenset(
    {FlinkJobStatus.JOB_SUBMITTING, FlinkJobStatus.JOB_DOWNLOADING, FlinkJobStatus.JOB_RUNNING}
)
"""Statuses of a job that was started, and that nobody has asked to stop or to save."""


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
    """What is known of a write that was sent."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


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
class Pending:
    """A write whose effect has not been read yet.

    :param write: the write.
    :param mark: the status that was read before it; until another one is read, it may be out of date.
    :param sent_at: when it was sent.
    :param outcome: what is known of it.
    :param attempt: 1 for the first time it was sent.
    :param was_seen: True when its effect was read in the status since; see :meth:`shows_in`.
    :param start_time: the job's ``start_time`` before it.
    :param savepoint_path: the job's ``savepoint_path`` before it.
    :param refusal: what DLI said, if it refused.
    """

    write: Write
    mark: FlinkJobStatus | None
    sent_at: datetime
    outcome: Outcome
    attempt: int = 1
    was_seen: bool = False
    start_time: datetime | None = None
    savepoint_path: str | None = None
    refusal: str | None = None

    def shows_in(self, status: FlinkJobStatus | None) -> bool:
        """Tell whether a status that was read after the write shows that something came of it.

        :param status: the status.
        """
        if self.write == Write.SAVEPOINT:
            return status == FlinkJobStatus.JOB_SAVEPOINTING
        if self.write == Write.STOP:
            return status != self.mark and status not in STARTED
        return status != self.mark

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {
            "write": self.write.value,
            "mark": self.mark.value if self.mark else None,
            "sent_at": self.sent_at.isoformat(),
            "outcome": self.outcome.value,
            "attempt": self.attempt,
            "was_seen": self.was_seen,
            "start_time": self.start_time.isoformat() if self.start_time else None,
            "savepoint_path": self.savepoint_path,
            "refusal": self.refusal,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_dict` gave."""
        start_time = content["start_time"]
        return cls(
            Write(content["write"]),
            FlinkJobStatus(content["mark"]) if content["mark"] else None,
            datetime.fromisoformat(content["sent_at"]),
            Outcome(content["outcome"]),
            int(content["attempt"]),
            bool(content["was_seen"]),
            datetime.fromisoformat(start_time) if start_time else None,
            content["savepoint_path"],
            content["refusal"],
        )


@dataclass(slots=True)
class Memory:
    """What a plan remembers between two passes, also across a deferral; it holds no SQL and no definition.

    :param pending: the write whose effect has not been read yet.
    :param done: the writes that took effect, in their order.
    :param status: the status that was read last.
    :param since: when that was first read.
    :param is_adopted: True when somebody else's run is taken as this task's own.
    """

    pending: Pending | None = None
    done: list[Write] = field(default_factory=list)
    status: FlinkJobStatus | None = None
    since: datetime | None = None
    is_adopted: bool = False

    def note(self, reading: Reading) -> bool:
        """Note a reading, and return True when the status is another than before."""
        is_news = self.since is None or reading.status != self.status
        if is_news:
            self.status, self.since = reading.status, reading.at
        self.note_status(reading.status)
        return is_news

    def note_status(self, status: FlinkJobStatus | None) -> None:
        """Note a status that was read in between, as by a trigger.

        :param status: the status.
        """
        if self.pending and self.pending.shows_in(status):
            self.pending = replace(self.pending, was_seen=True)

    def has_done(self, write: Write) -> bool:
        """Tell whether a write of this plan took effect."""
        return write in self.done

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {
            "pending": self.pending.to_dict() if self.pending else None,
            "done": [write.value for write in self.done],
            "status": self.status.value if self.status else None,
            "since": self.since.isoformat() if self.since else None,
            "is_adopted": self.is_adopted,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_dict` gave."""
        pending, status, since = content["pending"], content["status"], content["since"]
        return cls(
            Pending.from_dict(pending) if pending else None,
            [Write(write) for write in content["done"]],
            FlinkJobStatus(status) if status else None,
            datetime.fromisoformat(since) if since else None,
            bool(content["is_adopted"]),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """Step: send a write.

    :param write: which.
    :param arguments: its arguments, named as the client's.
    :param text: what is done, for the log: "stopping with a savepoint".
    """

    write: Write
    arguments: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Step: read again after a while. The wait holds while nothing is read that could change the plan.

    Waking too early does no harm.

    :param text: what is awaited, for the message of a timeout.
    :param while_in: statuses in which there is nothing to do but wait.
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
        if status in self.while_in:
            return True
        return status in self.stale and self.until is not None and now < self.until


@dataclass(frozen=True, slots=True)
class Done:
    """Step: nothing is left to do.

    :param action: what was done, as the XCom names it, such as ``started`` or ``unchanged``.
    :param text: the same for the log.
    :param warning: what the user should know all the same.
    """

    action: str
    text: str
    warning: str | None = None


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


@dataclass(frozen=True, slots=True)
class Fail:
    """Step: give up.

    :param failure: of which kind.
    :param message: why, and what to do, in one line.
    """

    failure: Failure
    message: str


Step: TypeAlias = Call | Wait | Done | Fail
