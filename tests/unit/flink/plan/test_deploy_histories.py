"""Deployments against a DLI that loses answers, shows old statuses, and isn't alone; judged by its log."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_histories import AT_REST, BEGIN, STORM, Act, Event, Player, storm_among_others

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.deploy import DeployPlan, UpgradeMode
from dli_provider.flink.plan.desired import parse_desired
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.planner import Plan
from dli_provider.flink.plan.values import Done, Outcome, Reading, Write

DESIRED = parse_desired("etl", sql="SELECT 2", definition={"smn_topic": "new", "operator_config": {"a": 1}})


@dataclass
class FakeDli:
    """One job, or none; what it holds, and the writes that were accepted.

    :param status: the status at first; None for no job.
    :param definition: what it was created with.
    :param delay: seconds for which a status is shown after it is over.
    :param ending: how a run ends; ``job_running`` for never.
    :param shows_savepoints: whether readings tell of a savepoint.
    :param saves: whether a stop saves what it is to save; always where that isn't shown.
    :param has_state: whether it has run and would lose something.
    """

    status: str | None
    definition: dict[str, Any]
    delay: int
    ending: str
    shows_savepoints: bool
    blind: tuple[int, int]
    saves: bool = True
    has_state: bool = False
    now: int = 0
    has_savepoint: bool = False
    start_time: int | None = None
    accepted: list[tuple[str, Write]] = field(default_factory=list)
    losses: int = 0
    _coming: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.saves = self.saves or not self.shows_savepoints
        self.has_state = self.status not in {None, "job_init"}
        self.start_time = -1000 if self.has_state else None

    def read(self) -> Reading:
        """Return what is shown now."""
        at = BEGIN + timedelta(seconds=self.now)
        self._pass()
        if self.status is None:
            return Reading(None, at)
        config = {name: value for name, value in self.definition.items() if name != "sql_body"}
        config.pop("operator_config", None)  # as DLI, which doesn't show it
        start_time = None if self.start_time is None else BEGIN + timedelta(seconds=self.start_time)
        shown = {"has_savepoint": self.has_savepoint} if self.shows_savepoints else {}
        status = "job_of_tomorrow" if self.blind[0] <= self.now < self.blind[1] else self.status
        content = {
            "job_id": 104,
            "status": status,
            "job_type": "flink_opensource_sql_job",
            "sql_body": self.definition.get("sql_body"),
            "start_time": start_time and start_time.isoformat(),
            "job_config": config,
            **shown,
        }
        return Reading(FlinkJob.from_api(content), at)

    def write(self, write: Write, arguments: dict[str, Any], by: str = "us") -> Outcome:
        """Carry a write out, or refuse it."""
        self._pass()
        is_live = bool(self._coming) or self.status not in AT_REST
        changed = arguments.get("fields", {})
        allowed = {
            Write.CREATE: self.status is None,
            Write.UPDATE: self.status is not None and (not is_live or changed.keys() <= {"smn_topic"}),
            Write.RUN: self.status is not None and not is_live,
            Write.STOP: self.status is not None and is_live and not self._coming,
            Write.DELETE: self.status is not None,
        }[write]
        if not allowed:
            return Outcome.REFUSED
        self.accepted.append((by, write))
        getattr(self, f"_{write}")(arguments)
        return Outcome.ACCEPTED

    def _create(self, arguments: dict[str, Any]) -> None:
        self.status, self.definition = "job_init", {"obs_bucket": "b", **arguments["fields"]}
        self.has_state, self.start_time, self.has_savepoint = False, None, False

    def _update(self, arguments: dict[str, Any]) -> None:
        self.definition |= arguments["fields"]

    def _delete(self, arguments: dict[str, Any]) -> None:
        self.status = None
        self._coming = []

    def _run(self, arguments: dict[str, Any]) -> None:
        resumes = arguments["resume_savepoint"] and self.has_savepoint
        if self.accepted[-1][0] == "us" and self.has_state and self.status != "job_finish" and not resumes:
            self.losses += 1
        self.has_savepoint = False
        self._later("job_submitting", "job_running", self.ending)

    def _stop(self, arguments: dict[str, Any]) -> None:
        self._is_saving = arguments["trigger_savepoint"] and self.saves
        self._later("job_savepointing", "job_canceling", "job_cancel_success")

    def _later(self, *statuses: str) -> None:
        self._coming = [(self.now + self.delay + 5 * i, status) for i, status in enumerate(statuses)]

    def _pass(self) -> None:
        while self._coming and self._coming[0][0] <= self.now:
            at, self.status = self._coming.pop(0)
            if self.status == "job_submitting":
                self.start_time = at
            elif self.status == "job_running":
                self.has_state = True
            elif self.status == "job_cancel_success":
                self.has_savepoint = self._is_saving


NEW = {"sql_body": "SELECT 2", "smn_topic": "new", "obs_bucket": "b"}
WORLDS = st.builds(
    FakeDli,
    status=st.sampled_from([None, "job_running", "job_running", *sorted(AT_REST)]),
    definition=st.sampled_from([NEW, NEW | {"smn_topic": "old"}, NEW | {"sql_body": "SELECT 1"}]).map(dict),
    delay=st.integers(0, 110),
    ending=st.sampled_from(["job_running", "job_running", "job_finish"]),
    shows_savepoints=st.booleans(),
    saves=st.sampled_from([True, True, False]),
    blind=st.tuples(st.integers(0, 300), st.integers(0, 300)),
)


def forgetful(plan: Plan) -> tuple[Plan, Memory]:
    """Return what a retry begins with that remembers nothing."""
    return plan, Memory()


def equals_the_definition(dli: FakeDli) -> bool:
    return all(dli.definition[name] == NEW[name] for name in ("sql_body", "smn_topic"))


@settings(max_examples=400, deadline=None)
@given(WORLDS, STORM, st.booleans())
def test_whatever_is_lost_the_job_keeps_its_state_and_runs_as_defined_or_the_task_fails(dli, events, keeps):
    end = Player(dli, DeployPlan(DESIRED), None if keeps else forgetful).play(events)
    assert end is not None
    assert dli.losses == 0
    assert dli.accepted.count(("us", Write.CREATE)) <= 1
    assert dli.accepted.count(("us", Write.RUN)) <= 1
    if isinstance(end, Done):
        assert equals_the_definition(dli)
        assert dli.status in {"job_running", "job_finish"}


DELETION: Act = (Write.DELETE, {})
RESUMING_RUN: Act = (Write.RUN, {"resume_savepoint": True})
SAVING_STOP: Act = (Write.STOP, {"trigger_savepoint": True})
UNSAVED_STOP: Act = (Write.STOP, {"trigger_savepoint": False})
UPDATES: list[Act] = [
    (Write.UPDATE, {"fields": {"smn_topic": "theirs"}}),
    (Write.UPDATE, {"fields": {"sql_body": "SELECT 3"}}),
]
STORM_AMONG_OTHERS = storm_among_others([DELETION, RESUMING_RUN, SAVING_STOP, UNSAVED_STOP, *UPDATES])


def is_safe_among_others(dli: FakeDli, events: list[Event], *, keeps: bool) -> None:
    was_there = dli.status is not None
    end = Player(dli, DeployPlan(DESIRED), None if keeps else forgetful).play(events)
    assert end is not None
    assert dli.losses == 0
    if keeps:
        assert dli.accepted.count(("us", Write.STOP)) <= 1, "a run that somebody else has started is stopped"
        assert not (was_there and ("us", Write.CREATE) in dli.accepted), (
            "what somebody has deleted is created"
        )


@settings(max_examples=400, deadline=None)
@given(WORLDS, STORM_AMONG_OTHERS, st.booleans())
def test_among_others_no_state_is_lost_and_no_run_of_theirs_is_touched(dli, events, keeps):
    if not dli.shows_savepoints:  # then nobody can tell another's stop without a savepoint from one's own
        events = [replace(e, foreign=None) if e.foreign == UNSAVED_STOP else e for e in events]
    is_safe_among_others(dli, events, keeps=keeps)


def running(**world: Any) -> FakeDli:
    """Return a job that runs, and differs from its definition in its SQL."""
    given = {"delay": 0, "ending": "job_running", "shows_savepoints": True, "blind": (0, 0), **world}
    return FakeDli("job_running", NEW | {"sql_body": "SELECT 1"}, **given)


MOMENTS = {
    "a start just before our update": (running(), [Event(20), Event(10, foreign=RESUMING_RUN)]),
    "a start after a stop whose answer is lost": (
        running(blind=(5, 12)),
        [Event(11, answer="lost after"), Event(130, foreign=RESUMING_RUN)],
    ),
    "a start that uses our savepoint up, and all that isn't shown": (
        running(shows_savepoints=False, blind=(15, 70)),
        [Event(20), Event(11, foreign=RESUMING_RUN), Event(50, foreign=UNSAVED_STOP)],
    ),
    "a stop of ours that fails to save": (running(saves=False), []),
    "a run of the job that we have created": (
        FakeDli(None, {}, 0, "job_running", shows_savepoints=True, blind=(0, 12)),
        [Event(1), Event(10, foreign=RESUMING_RUN), Event(1, foreign=UNSAVED_STOP)],
    ),
    "a deletion just before our update": (running(), [Event(20), Event(10, foreign=DELETION)]),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_moments_that_are_rarely_met(moment):
    dli, events = deepcopy(MOMENTS[moment])
    is_safe_among_others(dli, events, keeps=True)


@settings(max_examples=200, deadline=None)
@given(WORLDS, STORM)
def test_stateless_always_gets_there_in_the_end(dli, events):
    dli.blind = (0, 0)
    plan = DeployPlan(DESIRED, UpgradeMode.STATELESS)
    Player(dli, plan, forgetful).play(events)
    dli.now += 1000
    assert isinstance(Player(dli, plan, forgetful).play([]), Done)
    assert equals_the_definition(dli)


@settings(max_examples=200, deadline=None)
@given(WORLDS)
def test_in_calm_weather_a_second_deployment_makes_reads_only(dli):
    dli.blind, dli.saves = (0, 0), True
    first = Player(dli, DeployPlan(DESIRED), forgetful).play([])
    if isinstance(first, Done):
        writes = list(dli.accepted)
        again = Player(dli, DeployPlan(DESIRED), forgetful).play([])
        assert isinstance(again, Done)
        assert again.action == "unchanged"
        assert dli.accepted == writes
    else:
        assert dli.status in AT_REST  # one that would lose its state
        assert dli.accepted == []
