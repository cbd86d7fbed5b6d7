"""Carries plans out against a DLI that loses answers and isn't alone, through crashes of the own process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from hypothesis import strategies as st

from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.planner import Plan, Planner
from dli_provider.flink.plan.values import Call, Done, Fail, Outcome, Reading, Refusal, Step, Write
from dli_provider.flink.status import FlinkJobStatus

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
AT_REST = ("job_init", "job_submit_fail", "job_cancel_success", "job_finish")

Act: TypeAlias = tuple[Write, dict[str, Any]]
"""A write and its arguments."""


class World(Protocol):
    """A DLI with one job, or none.

    :ivar now: seconds since the beginning.
    """

    now: int

    def read(self) -> Reading:
        """Return what is shown now."""

    def write(self, write: Write, arguments: dict[str, Any], by: str = "us") -> Outcome:
        """Carry a write out, or refuse it."""


@dataclass(frozen=True)
class Event:
    """What befalls a pass.

    :param seconds: how long it takes until the next reading.
    :param answer: what becomes of the write, if there is one.
    :param crash: whether the process dies, and when.
    :param foreign: what somebody else does between the reading and the write.
    """

    seconds: int
    answer: str = "told"
    crash: str | None = None
    foreign: Act | None = None


CALM = Event(10)
EVENTS = st.builds(
    Event,
    seconds=st.sampled_from([1, 2, 10, 30, 60, 130]),
    answer=st.sampled_from(["told", "told", "lost before", "lost after", "not sent"]),
    crash=st.sampled_from([None, None, None, "before the write", "after the write", "after the answer"]),
    foreign=st.none(),
)
STORM = st.lists(EVENTS, max_size=14)


def storm_among_others(acts: list[Act]) -> st.SearchStrategy[list[Event]]:
    """Return histories in which somebody else acts, too."""
    foreign = st.sampled_from([None, None, *acts])
    return st.lists(st.builds(replace, EVENTS, foreign=foreign), max_size=14)


class CrashError(Exception):
    """The process dies."""


@dataclass
class Player:
    """Carries a plan out as the worker does.

    :param retry: returns what a process begins with after a crash of which it remembers nothing; None when
        the memory survives, as on Airflow 3.3: it is written before each call.
    """

    dli: World
    plan: Plan
    retry: Callable[[Plan], tuple[Plan, Memory]] | None
    kept: str = ""

    def play(self, events: list[Event]) -> Done | Fail | None:
        """Return how the plan ends; None when it goes on for ever. After the events, all goes well."""
        planner = Planner(self.plan)
        for event in [*events, *[CALM] * 100]:
            step: Step | None = None
            try:
                step = self._pass(planner, event)
            except CrashError:
                kept = (self.plan, Memory.from_dict(json.loads(self.kept)))
                planner = Planner(*(self.retry(self.plan) if self.retry else kept))
            if isinstance(step, Done | Fail):
                return step
            self.dli.now += event.seconds
        return None

    def _pass(self, planner: Planner, event: Event) -> Step:
        reading = self.dli.read()
        step = planner.next(reading)
        if event.foreign:
            self.dli.write(*event.foreign, by="others")
        if not isinstance(step, Call):
            return step
        is_known = reading.status in set(FlinkJobStatus)
        assert is_known or step.write in {Write.CREATE, Write.DELETE}, "a write while the status is unknown"
        planner.begin(step, reading, reading.at)
        self._keep(planner)
        if event.crash == "before the write":
            raise CrashError
        outcome = self._send(step, event.answer)
        if event.crash == "after the write":
            raise CrashError
        planner.end(outcome, reading.at, Refusal("no") if outcome == Outcome.REFUSED else None)
        self._keep(planner)
        if event.crash == "after the answer":
            raise CrashError
        return step

    def _keep(self, planner: Planner) -> None:
        self.kept = json.dumps(planner.memory.to_dict())

    def _send(self, call: Call, answer: str) -> Outcome:
        if answer == "not sent":
            return Outcome.NOT_SENT
        if answer == "lost before":
            return Outcome.UNKNOWN
        outcome = self.dli.write(call.write, dict(call.arguments))
        return Outcome.UNKNOWN if answer == "lost after" else outcome
