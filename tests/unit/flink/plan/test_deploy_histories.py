"""Deployments against a DLI that loses answers, shows old statuses, and isn't alone; judged by its log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.deploy import DeployPlan, UpgradeMode
from dli_provider.flink.plan.desired import parse_desired
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.planner import Planner
from dli_provider.flink.plan.values import Call, Done, Fail, Outcome, Reading, Refusal, Write
from dli_provider.flink.status import FlinkJobStatus as S

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)
AT_REST = {"job_init", "job_submit_fail", "job_cancel_success", "job_finish"}
DESIRED = parse_desired("etl", sql="SELECT 2", definition={"smn_topic": "new", "operator_config": {"a": 1}})


@dataclass
class FakeDli:
    """One job, or none; what it holds, and the writes that were accepted.

    :param status: the status at first; None for no job.
    :param definition: what it was created with.
    :param delay: seconds for which a status is shown after it is over.
    :param ending: how a run ends; ``job_running`` for never.
    :param shows_savepoints: whether readings tell of a savepoint.
    :param has_state: whether it has run and would lose something.
    """

    status: str | None
    definition: dict[str, Any]
    delay: int
    ending: str
    shows_savepoints: bool
    blind: tuple[int, int]
    has_state: bool = False
    now: int = 0
    has_savepoint: bool = False
    start_time: int | None = None
    accepted: list[tuple[str, Write]] = field(default_factory=list)
    losses: int = 0
    _coming: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
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
        self._saves = arguments["trigger_savepoint"]
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
                self.has_savepoint = self._saves


@dataclass(frozen=True)
class Event:
    """What befalls a pass.

    :param seconds: how long it takes until the next reading.
    :param answer: what becomes of the write, if there is one.
    :param crash: whether the process dies, and when.
    :param foreign: what somebody else does between the reading and the write.
    """

    seconds: int
    answer: str
    crash: str | None
    foreign: tuple[Write, dict[str, Any]] | None = None


EVENTS = st.builds(
    Event,
    seconds=st.sampled_from([1, 2, 10, 30, 60, 130]),
    answer=st.sampled_from(["told", "told", "lost before", "lost after", "not sent"]),
    crash=st.sampled_from([None, None, None, "before the write", "after the write", "after the answer"]),
    foreign=st.none(),
)
FOREIGN = st.sampled_from(
    [
        None,
        None,
        (Write.RUN, {"resume_savepoint": True}),
        (Write.STOP, {"trigger_savepoint": True}),
        (Write.STOP, {"trigger_savepoint": False}),
        (Write.UPDATE, {"fields": {"smn_topic": "theirs"}}),
        (Write.UPDATE, {"fields": {"sql_body": "SELECT 3"}}),
        (Write.DELETE, {}),
    ]
)
NEW = {"sql_body": "SELECT 2", "smn_topic": "new", "obs_bucket": "b"}
WORLDS = st.builds(
    FakeDli,
    status=st.sampled_from([None, "job_running", "job_running", *sorted(AT_REST)]),
    definition=st.sampled_from([NEW, NEW | {"smn_topic": "old"}, NEW | {"sql_body": "SELECT 1"}]).map(dict),
    delay=st.integers(0, 110),
    ending=st.sampled_from(["job_running", "job_running", "job_finish"]),
    shows_savepoints=st.booleans(),
    blind=st.tuples(st.integers(0, 300), st.integers(0, 300)),
)
STORM = st.lists(EVENTS, max_size=14)
STORM_AMONG_OTHERS = st.lists(st.builds(replace, EVENTS, foreign=FOREIGN), max_size=14)
CALM = Event(10, "told", None)


class CrashError(Exception):
    """The process dies."""


@dataclass
class Player:
    """Carries a deployment out as the worker does, through crashes.

    :param keeps: True when the memory survives a crash, as on Airflow 3.3; it is written before each call.
    """

    dli: FakeDli
    plan: DeployPlan
    keeps: bool
    kept: str = ""

    def play(self, events: list[Event]) -> Done | Fail | None:
        """Return how the plan ends; None when it goes on for ever. After the events, all goes well."""
        planner = Planner(self.plan)
        for event in [*events, *[CALM] * 100]:
            step = None
            try:
                step = self._pass(planner, event)
            except CrashError:
                memory = Memory.from_dict(json.loads(self.kept)) if self.keeps and self.kept else Memory()
                planner = Planner(self.plan, memory)
            if isinstance(step, Done | Fail):
                return step
            self.dli.now += event.seconds
        return None

    def _pass(self, planner: Planner, event: Event) -> object:
        reading = self.dli.read()
        step = planner.next(reading)
        if event.foreign:
            self.dli.write(*event.foreign, by="others")
        if not isinstance(step, Call):
            return step
        assert reading.job is None or reading.status in set(S), "a write while the status is unknown"
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

    def _send(self, step: Call, answer: str) -> Outcome:
        if answer == "not sent":
            return Outcome.NOT_SENT
        if answer == "lost before":
            return Outcome.UNKNOWN
        outcome = self.dli.write(step.write, dict(step.arguments))
        return Outcome.UNKNOWN if answer == "lost after" else outcome


def equals_the_definition(dli: FakeDli) -> bool:
    return all(dli.definition[name] == NEW[name] for name in ("sql_body", "smn_topic"))


@settings(max_examples=400, deadline=None)
@given(WORLDS, STORM, st.booleans())
def test_whatever_is_lost_the_job_keeps_its_state_and_runs_as_defined_or_the_task_fails(dli, events, keeps):
    end = Player(dli, DeployPlan(DESIRED), keeps).play(events)
    assert end is not None
    assert dli.losses == 0
    assert dli.accepted.count(("us", Write.CREATE)) <= 1
    assert dli.accepted.count(("us", Write.RUN)) <= 1
    if isinstance(end, Done):
        assert equals_the_definition(dli)
        assert dli.status in {"job_running", "job_finish"}


@settings(max_examples=400, deadline=None)
@given(WORLDS, STORM_AMONG_OTHERS, st.booleans())
def test_among_others_no_state_is_lost(dli, events, keeps):
    dli.shows_savepoints = (
        True  # otherwise, nobody can tell another's stop without a savepoint from one's own
    )
    end = Player(dli, DeployPlan(DESIRED), keeps).play(events)
    assert end is not None
    assert dli.losses == 0


@settings(max_examples=200, deadline=None)
@given(WORLDS, STORM)
def test_stateless_always_gets_there_in_the_end(dli, events):
    dli.blind = (0, 0)
    plan = DeployPlan(DESIRED, UpgradeMode.STATELESS)
    Player(dli, plan, keeps=False).play(events)
    dli.now += 1000
    assert isinstance(Player(dli, plan, keeps=False).play([]), Done)
    assert equals_the_definition(dli)


@settings(max_examples=200, deadline=None)
@given(WORLDS)
def test_in_calm_weather_a_second_deployment_makes_reads_only(dli):
    dli.blind = (0, 0)
    first = Player(dli, DeployPlan(DESIRED), keeps=False).play([])
    if isinstance(first, Done):
        writes = list(dli.accepted)
        again = Player(dli, DeployPlan(DESIRED), keeps=False).play([])
        assert isinstance(again, Done)
        assert again.action == "unchanged"
        assert dli.accepted == writes
    else:
        assert dli.status in AT_REST  # one that would lose its state
        assert dli.accepted == []
