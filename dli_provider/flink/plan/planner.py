"""A plan under way: first what became of the last write, then what the job's status calls for."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Protocol

from dli_provider.flink.plan.settle import settle
from dli_provider.flink.plan.values import (
    Call,
    Done,
    Memory,
    Outcome,
    Pending,
    Reading,
    Step,
    Windows,
    Write,
)


class Plan(Protocol):
    """What is to become of a job.

    :ivar last: the write after which only waiting is left.
    """

    last: ClassVar[Write]

    @property
    def waits_for_completion(self) -> bool:
        """True to wait until the last write has had its effect."""

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that a status calls for, when no write is pending."""

    def call(self, write: Write, memory: Memory, reading: Reading) -> Call:
        """Return a write of this plan with its arguments."""

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
        memory, plan = self.memory, self.plan
        memory.note(reading)
        pending = memory.pending
        if pending and pending.write == plan.last and pending.outcome == Outcome.ACCEPTED:
            if not plan.waits_for_completion:
                return plan.finish(memory, reading)
        settled = settle(memory, reading, self._windows)
        if isinstance(settled, Write):
            return plan.call(settled, memory, reading)
        return settled or plan.decide(memory, reading)

    def record(
        self, call: Call, before: Reading, outcome: Outcome, at: datetime, refusal: str | None = None
    ) -> None:
        """Note a write that was sent. One that never left, or was throttled, is not noted: it is as if it had
        not been tried.

        :param call: the write.
        :param before: the reading that led to it.
        :param outcome: what is known of it.
        :param at: when it was sent.
        :param refusal: what DLI said, if it refused.
        """
        earlier = self.memory.pending
        repeats = earlier is not None and earlier.write == call.write
        self.memory.pending = Pending(
            call.write,
            earlier.mark if repeats and earlier else before.status,
            at,
            outcome,
            attempt=earlier.attempt + 1 if repeats and earlier else 1,
            start_time=before.job.start_time if before.job else None,
            savepoint_path=before.job.savepoint_path if before.job else None,
            refusal=refusal,
        )
