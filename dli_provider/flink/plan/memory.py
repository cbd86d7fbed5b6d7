"""What a plan remembers between two passes: ids, times and statuses, no SQL and no definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from dli_provider.flink.plan.values import Outcome, Reading, Refusal, Write
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.masking import printable

_STARTED = frozenset({S.JOB_SUBMITTING, S.JOB_DOWNLOADING, S.JOB_RUNNING})
_LIVE = _STARTED | {S.JOB_SAVEPOINTING, S.JOB_CANCELING}
_SHOW_A_STOP = frozenset({S.JOB_SAVEPOINTING, S.JOB_CANCELING, S.JOB_CANCEL_SUCCESS, S.JOB_CANCEL_FAIL})


@dataclass(frozen=True, slots=True)
class Pending:
    """A write whose effect has not been read yet.

    :param write: the write.
    :param mark: the status that was read before it; until another one is read, it may be out of date.
    :param at: when it was answered, or sent when no answer came.
    :param outcome: what is known of it.
    :param attempt: 1 for the first time it is sent.
    :param was_seen: True when a status was read since that shows its effect.
    :param start_time: the job's ``start_time`` before it.
    :param savepoint_path: the job's ``savepoint_path`` before it.
    :param refusal: why DLI refused it.
    """

    write: Write
    mark: S | None
    at: datetime
    outcome: Outcome = Outcome.UNKNOWN
    attempt: int = 1
    was_seen: bool = False
    start_time: datetime | None = None
    savepoint_path: str | None = None
    refusal: Refusal | None = None

    @property
    def is_refused_at_once(self) -> bool:
        """True when DLI refused the first attempt, so that nothing can have come of the write."""
        return self.outcome == Outcome.REFUSED and self.attempt == 1

    def is_silent(self, status: S | None) -> bool:
        """Tell whether a status that was read after the write says nothing of it as yet.

        The mark says nothing, nor does a status that this provider can't read; of a stop, none of a job that
        goes on starting does.

        :param status: the status.
        """
        if status is None or not status.is_known or status in {S.JOB_IDLE, self.mark}:
            return True
        return self.write == Write.STOP and status in _STARTED

    def shows_in(self, status: S | None) -> bool:
        """Tell whether a status that was read after the write shows its effect.

        :param status: the status.
        """
        if self.write == Write.SAVEPOINT:
            return status == S.JOB_SAVEPOINTING
        if self.write == Write.STOP and status not in _SHOW_A_STOP:
            return False
        return not self.is_silent(status)

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {
            "write": self.write.value,
            "mark": self.mark.value if self.mark else None,
            "at": self.at.isoformat(),
            "outcome": self.outcome.value,
            "attempt": self.attempt,
            "was_seen": self.was_seen,
            "start_time": self.start_time.isoformat() if self.start_time else None,
            "savepoint_path": self.savepoint_path,
            "refusal": [self.refusal.text, dict(self.refusal.error)] if self.refusal else None,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_dict` described."""
        start_time, refusal = content["start_time"], content["refusal"]
        return cls(
            Write(content["write"]),
            S(content["mark"]) if content["mark"] else None,
            datetime.fromisoformat(content["at"]),
            Outcome(content["outcome"]),
            int(content["attempt"]),
            bool(content["was_seen"]),
            datetime.fromisoformat(start_time) if start_time else None,
            content["savepoint_path"],
            Refusal(*refusal) if refusal else None,
        )


@dataclass(slots=True)
class Memory:
    """What a plan remembers between two passes, also across a deferral.

    :param pending: the write whose effect has not been read yet.
    :param missed: the write that was sent last and seems to have had no effect; it may be sent again.
    :param taken: the writes that took effect, in their order.
    :param changes: names of the fields of the job's definition that were to be changed.
    :param status: the status that was read last.
    :param since: when that was first read; None as long as no job was read.
    :param saw_start: True when the job was read in another status before.
    :param was_live: True when this plan has read the job while a run was under way.
    :param is_adopted: True when a run that was under way already is taken as this task's own.
    :param savepoint: path of the savepoint that a stopped job shows.
    """

    pending: Pending | None = None
    missed: Pending | None = None
    taken: list[Pending] = field(default_factory=list)
    changes: tuple[str, ...] = ()
    status: S | None = None
    since: datetime | None = None
    saw_start: bool = False
    was_live: bool = False
    is_adopted: bool = False
    savepoint: str | None = None

    @classmethod
    def of_retry(cls, write: Write, at: datetime) -> Self:
        """Return the memory of a task that may have sent a write in an earlier try, and has forgotten it.

        :param write: the write; it counts as sent once, with an unknown outcome.
        :param at: the time.
        """
        return cls(missed=Pending(write, None, at))

    def note(self, reading: Reading) -> bool:
        """Note a reading; return True when the status is another one than before.

        :param reading: the job as it is now; where there is none, what was read before stays.
        """
        if reading.job is None:
            return False
        is_news = self.since is None or reading.status != self.status
        if is_news:
            self.saw_start = self.since is not None
            self.status, self.since = reading.status, reading.at
        self.note_status(reading.status)
        if reading.status == S.JOB_CANCEL_SUCCESS and reading.job.has_savepoint:
            self.savepoint = printable(reading.job.savepoint_path or "", 1000) or None
        return is_news

    def note_status(self, status: S | None) -> None:
        """Note a status that was read in between, as by a trigger.

        :param status: the status.
        """
        self.was_live = self.was_live or status in _LIVE
        if self.pending and self.pending.shows_in(status):
            self.pending = replace(self.pending, was_seen=True)

    @property
    def done(self) -> list[Write]:
        """The writes that took effect, in their order."""
        return [pending.write for pending in self.taken]

    def has_done(self, write: Write) -> bool:
        """Tell whether a write of this plan took effect."""
        return write in self.done

    def last(self, write: Write) -> Pending | None:
        """Return the last write of a kind that took effect."""
        return next((taken for taken in reversed(self.taken) if taken.write == write), None)

    def attempts(self, write: Write) -> int:
        """Return how often a write was sent in vain."""
        return self.missed.attempt if self.missed and self.missed.write == write else 0

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {
            "pending": self.pending.to_dict() if self.pending else None,
            "missed": self.missed.to_dict() if self.missed else None,
            "taken": [pending.to_dict() for pending in self.taken],
            "changes": list(self.changes),
            "status": self.status.value if self.status else None,
            "since": self.since.isoformat() if self.since else None,
            "saw_start": self.saw_start,
            "was_live": self.was_live,
            "is_adopted": self.is_adopted,
            "savepoint": self.savepoint,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_dict` described.

        :raises (LookupError, TypeError, ValueError): when it describes no memory of this version.
        """
        pending, missed = content["pending"], content["missed"]
        status, since = content["status"], content["since"]
        return cls(
            Pending.from_dict(pending) if pending else None,
            Pending.from_dict(missed) if missed else None,
            [Pending.from_dict(taken) for taken in content["taken"]],
            tuple(map(str, content["changes"])),
            S(status) if status else None,
            datetime.fromisoformat(since) if since else None,
            bool(content["saw_start"]),
            bool(content["was_live"]),
            bool(content["is_adopted"]),
            content["savepoint"],
        )
