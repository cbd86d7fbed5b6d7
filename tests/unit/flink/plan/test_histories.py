"""Plans against a DLI that loses answers, shows old statuses, and isn't alone; judged by what it accepted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_histories import AT_REST, BEGIN, STORM, Act, Player, storm_among_others

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.planner import Plan
from dli_provider.flink.plan.plans import DeletePlan, RunPlan, SavepointPlan, StopPlan
from dli_provider.flink.plan.values import Done, Outcome, Reading, Write
from dli_provider.flink.status import FlinkJobStatus as S

STALE = 120
"""Seconds for which DLI may show an old status at the most."""


@dataclass
class FakeDli:
    """One job, its statuses to come, and the writes that were accepted.

    :param status: the status at first.
    :param delay: seconds for which a status is shown after it is over.
    :param ending: how a run ends; ``job_running`` for never.
    :param moves_early: whether ``start_time`` moves with the acceptance of a run, or with its submission.
    :param has_path: whether a savepoint changes ``savepoint_path``.
    """

    status: str
    delay: int = 0
    ending: str = "job_running"
    moves_early: bool = False
    has_path: bool = False
    now: int = 0
    start_time: int | None = None
    savepoint_path: str = "old"
    is_deleted: bool = False
    accepted: list[tuple[str, Write]] = field(default_factory=list)
    blind: tuple[int, int] = (0, 0)
    _coming: list[tuple[int, str]] = field(default_factory=list)

    def read(self) -> Reading:
        """Return what is shown now."""
        at = BEGIN + timedelta(seconds=self.now)
        self._pass()
        if self.is_deleted:
            return Reading(None, at)
        shown = "job_of_tomorrow" if self.blind[0] <= self.now < self.blind[1] else self.status
        start_time = BEGIN + timedelta(seconds=self.start_time) if self.start_time is not None else None
        content = {
            "job_id": 104,
            "status": shown,
            "start_time": start_time and start_time.isoformat(),
            "savepoint_path": self.savepoint_path,
        }
        return Reading(FlinkJob.from_api(content), at)

    def write(self, write: Write, arguments: dict[str, Any], by: str = "us") -> Outcome:
        """Carry a write out, or refuse it."""
        self._pass()
        is_live = bool(self._coming) or self.status not in AT_REST
        statuses = {
            Write.RUN: ["job_submitting", "job_running", self.ending],
            Write.STOP: ["job_savepointing", "job_canceling", "job_cancel_success"],
            Write.SAVEPOINT: ["job_savepointing", "job_running", self.ending],
        }.get(write, [])
        allowed = {
            Write.RUN: not is_live,
            Write.STOP: is_live,
            Write.SAVEPOINT: self.status == "job_running",
        }.get(write, True)
        if self.is_deleted or not allowed:
            return Outcome.REFUSED
        self.accepted.append((by, write))
        if write == Write.DELETE:
            self.is_deleted = True
        if write == Write.RUN and self.moves_early:
            self.start_time = self.now
        if write == Write.SAVEPOINT and self.has_path:
            self.savepoint_path = f"path {len(self.accepted)}"
        self._coming = [(self.now + self.delay + 5 * i, status) for i, status in enumerate(statuses)]
        return Outcome.ACCEPTED

    def _pass(self) -> None:
        while self._coming and self._coming[0][0] <= self.now:
            at, self.status = self._coming.pop(0)
            if self.status == "job_submitting" and not self.moves_early:
                self.start_time = at


WORLDS = st.builds(
    FakeDli,
    status=st.sampled_from(AT_REST),
    delay=st.integers(0, STALE - 10),
    ending=st.sampled_from(["job_running", "job_finish", "job_finish"]),
    moves_early=st.booleans(),
    has_path=st.booleans(),
    blind=st.tuples(st.integers(0, 300), st.integers(0, 300)),
)


def forgetful(plan: Plan) -> tuple[Plan, Memory]:
    """Return what a retry begins with that remembers nothing."""
    own = replace(plan, own_since=BEGIN) if isinstance(plan, RunPlan) else plan
    return own, Memory.of_retry(plan.last, BEGIN)


FOREIGN: list[Act] = [(Write.RUN, {}), (Write.STOP, {}), (Write.SAVEPOINT, {})]
BOUNDED = RunPlan(targets=(S.JOB_FINISH,))


@settings(max_examples=300)
@given(WORLDS, STORM, st.sampled_from([BOUNDED, RunPlan()]), st.booleans())
def test_a_run_is_accepted_once_whatever_is_lost(dli, events, plan, keeps):
    dli.ending = "job_finish" if plan is BOUNDED else dli.ending
    end = Player(dli, plan, None if keeps else forgetful).play(events)
    assert dli.accepted.count(("us", Write.RUN)) <= 1
    if isinstance(end, Done):
        assert dli.accepted.count(("us", Write.RUN)) == 1
        assert dli.status in plan.targets


@settings(max_examples=300)
@given(
    WORLDS,
    storm_among_others(FOREIGN),
    st.sampled_from([BOUNDED, RunPlan(), StopPlan(), SavepointPlan("d")]),
    st.booleans(),
)
def test_among_others_no_plan_writes_blindly_or_goes_on_for_ever(dli, events, plan, keeps):
    end = Player(dli, plan, None if keeps else forgetful).play(events)
    if plan is BOUNDED and keeps and ("others", Write.STOP) not in dli.accepted:
        assert dli.accepted.count(("us", Write.RUN)) <= 1
    assert end is not None or dli.ending == "job_running"


@settings(max_examples=200)
@given(WORLDS, STORM, st.booleans())
def test_a_stop_ends_at_rest(dli, events, savepoint):
    dli.write(Write.RUN, {}, by="others")
    end = Player(dli, StopPlan(savepoint), forgetful).play(events)
    dli.read()
    if isinstance(end, Done):
        assert dli.status in AT_REST


@settings(max_examples=200)
@given(WORLDS, STORM)
def test_a_savepoint_is_made(dli, events):
    dli.status, dli.ending = "job_running", "job_running"
    end = Player(dli, SavepointPlan("d"), forgetful).play(events)
    if isinstance(end, Done):
        assert ("us", Write.SAVEPOINT) in dli.accepted


@settings(max_examples=200)
@given(WORLDS, STORM)
def test_a_delete_is_idempotent(dli, events):
    end = Player(dli, DeletePlan(), forgetful).play(events)
    assert dli.accepted.count(("us", Write.DELETE)) <= 1
    assert dli.is_deleted == isinstance(end, Done)
    if dli.is_deleted:
        again = Player(dli, DeletePlan(), forgetful).play([])
        assert isinstance(again, Done)
        assert again.action == "unchanged"


@given(WORLDS, st.sampled_from([BOUNDED, RunPlan(), StopPlan(), DeletePlan()]))
def test_in_calm_weather_each_plan_succeeds(dli, plan):
    dli.ending, dli.blind = "job_finish" if plan is BOUNDED else dli.ending, (0, 0)
    assert isinstance(Player(dli, plan, None).play([]), Done)
