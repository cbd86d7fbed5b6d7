"""A plan under way: first what became of the last write, then what the job's status calls for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Protocol

from dli_provider.flink.plan.memory import Memory, Pending
from dli_provider.flink.plan.settle import settle
from dli_provider.flink.plan.values import (
    Call,
    Done,
    Fail,
    Failure,
    Outcome,
    Reading,
    Refusal,
    Step,
    Windows,
    Write,
)

_MAX_ATTEMPTS = {Write.CREATE: 2, Write.RUN: 2, Write.SAVEPOINT: 2}
_MAX_ATTEMPTS_OTHERWISE = 3
"""Stops, deletions, and writes of the same content do no harm when they arrive twice."""


class Plan(Protocol):
    """What is to become of a job.

    :ivar last: the write after which only waiting is left.
    """

    last: ClassVar[Write]

    @property
    def waits_for_completion(self) -> bool:
        """True to wait until the last write has had its effect."""

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that a status calls for, while no write is pending."""

    def finish(self, memory: Memory, reading: Reading) -> Done:
        """Return the end of a plan whose last write was accepted."""


class Planner:
    """Says what to do next with a job.

    :param plan: what is to become of it.
    :param memory: what is remembered of earlier passes; changed in place.
    :param windows: how long to wait before what is read is believed.
    """

    def __init__(self, plan: Plan, memory: Memory | None = None, windows: Windows | None = None) -> None:
        self.plan = plan
        self.memory = memory or Memory()
        self._windows = windows or Windows()

    def next(self, reading: Reading) -> Step:
        """Return the next step.

        :param reading: the job as it was read a moment ago.
        """
        self.memory.note(reading)
        if self._ends_here(reading):
            return self.plan.finish(self.memory, reading)
        if unsettled := settle(self.memory, reading, self._windows):
            return unsettled
        if self._ends_here(reading):
            return self.plan.finish(self.memory, reading)
        step = self.plan.decide(self.memory, reading)
        return self._limit(step) if isinstance(step, Call) else step

    def begin(self, call: Call, before: Reading, at: datetime) -> None:
        """Note a write that is about to be sent; until :meth:`end`, nothing is known of its outcome.

        :param call: the write.
        :param before: the reading that led to it.
        :param at: the time.
        """
        job = before.job
        self.memory.pending = Pending(
            call.write,
            before.status,
            at,
            attempt=self.memory.attempts(call.write) + 1,
            start_time=job.start_time if job else None,
            savepoint_path=job.savepoint_path if job else None,
        )

    def end(self, outcome: Outcome, at: datetime, refusal: Refusal | None = None) -> None:
        """Note what is known of the write now. One that was not sent is forgotten: the table asks again.

        :param outcome: what is known.
        :param at: the time.
        :param refusal: why DLI refused it, if it did.
        """
        assert self.memory.pending is not None
        self.memory.pending = (
            None
            if outcome == Outcome.NOT_SENT
            else replace(self.memory.pending, outcome=outcome, at=at, refusal=refusal)
        )

    def _ends_here(self, reading: Reading) -> bool:
        """Tell whether the last write is accepted, and its effect isn't waited for."""
        if self.plan.waits_for_completion or reading.job is None:
            return False
        pending = self.memory.pending
        is_accepted = pending is not None and pending.outcome == Outcome.ACCEPTED
        return self.memory.has_done(self.plan.last) or (
            is_accepted and pending is not None and pending.write == self.plan.last
        )

    def _limit(self, call: Call) -> Call | Fail:
        """Give up on a write that was sent often enough."""
        missed, write = self.memory.missed, call.write
        sent = self.memory.attempts(write)
        if missed is None or sent < _MAX_ATTEMPTS.get(write, _MAX_ATTEMPTS_OTHERWISE):
            return call
        if missed.outcome == Outcome.REFUSED:
            return Fail(Failure.REFUSED, "", missed.refusal)
        return Fail(
            Failure.UNKNOWN,
            f"The call to {write} it was sent {sent} times without a usable answer, and shows no effect: "
            "look at the job before you try again",
        )
