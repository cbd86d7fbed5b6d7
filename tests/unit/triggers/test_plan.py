"""The trigger between two steps of an operator that acts."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.memory import Memory, Pending
from dli_provider.flink.plan.values import Outcome, Wait, Write
from dli_provider.flink.plan.waiting import PlanWait
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.flink.wait import WaitState
from dli_provider.triggers.plan import DliFlinkPlanTrigger
from dli_provider.waiting.limits import Deadline

NOW = datetime(2026, 1, 2, tzinfo=UTC)
UNTIL = NOW + timedelta(seconds=120)


def wait() -> PlanWait:
    """Return the wait after an accepted run."""
    memory = Memory(Pending(Write.RUN, S.JOB_FINISH, NOW, Outcome.ACCEPTED), status=S.JOB_FINISH, since=NOW)
    return PlanWait(104, Wait("x", frozenset({S.JOB_IDLE}), frozenset({S.JOB_FINISH}), UNTIL), memory)


def trigger(**changes: Any) -> DliFlinkPlanTrigger:
    deadline = Deadline(NOW + timedelta(hours=1))
    made = DliFlinkPlanTrigger.of_wait(wait(), deadline, timedelta(minutes=30), poke_interval=30.0)
    return DliFlinkPlanTrigger(**{**json.loads(json.dumps(made.serialize()[1])), **changes})


def test_what_the_plan_trigger_serializes_makes_the_same_trigger_again():
    path, arguments = trigger().serialize()
    assert path == "dli_provider.triggers.plan.DliFlinkPlanTrigger"
    assert DliFlinkPlanTrigger(**json.loads(json.dumps(arguments))).serialize() == (path, arguments)


@pytest.mark.parametrize(("status", "after", "state"), [
    ("job_finish", 1, WaitState.WAITING),
    ("job_finish", 121, WaitState.REACHED),
    ("job_idle", 121, WaitState.WAITING),
    ("job_submitting", 1, WaitState.REACHED),
])  # fmt: skip
def test_the_wait_of_a_plan_ends_when_there_may_be_something_to_do(status, after, state):
    job = FlinkJob.from_api({"job_id": 104, "status": status})
    assert wait().observe(job, NOW + timedelta(seconds=after)).state == state


def test_what_the_wait_of_a_plan_has_read_is_remembered():
    plan_wait = wait()
    plan_wait.memory.saw_start = True
    job = FlinkJob.from_api({"job_id": 104, "name": "orders", "status": "job_submitting"})
    news = plan_wait.observe(job, NOW + timedelta(seconds=9)).news
    assert news == "Flink job 104 (orders) is job_submitting, after 9 s of job_finish"
    assert plan_wait.describe(NOW).startswith("Flink job 104 (orders): timed out waiting for ")
    assert plan_wait.memory.pending.was_seen
    assert plan_wait.memory.status == S.JOB_SUBMITTING


def test_a_list_alone_never_ends_the_wait_of_a_plan():
    assert wait().settles(S.JOB_RUNNING)
    assert not wait().settles(S.JOB_FINISH)


@pytest.mark.parametrize("broken", [{"memory": {}}, {"memory": None}, {"step": None}, {"step": {"text": 1}},
                                    {"job_id": "x"}])  # fmt: skip
def test_arguments_of_another_version_fail_the_task_and_not_the_triggerer(broken):
    async def run() -> None:
        async for _ in trigger(**broken).run():
            raise AssertionError("an event")

    with pytest.raises(ValueError, match=r"describe no wait|job_id must be"):
        asyncio.run(run())
