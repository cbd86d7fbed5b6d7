"""A plan that a test plays move by move: read the job, see the step, say what came of a write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.planner import Plan, Planner
from dli_provider.flink.plan.values import Call, Fail, Outcome, Reading, Refusal, Step, Wait

BEGIN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class PlayedPlan:
    """A plan under way; times are seconds after its first moment.

    Between two moves the memory goes through JSON, as in a deferral.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.memory = Memory()
        self._last: tuple[Call, Reading] | None = None

    def read(self, status: str | None, at: float = 0, **fields: Any) -> str:
        """Read the job in a status, and return the step in a word, such as ``run``, ``wait`` or ``started``.

        :param status: the status; ``absent`` when there is no job.
        """
        content = {"job_id": 104, "status": status, **fields}
        job = None if status == "absent" else FlinkJob.from_api(content)
        reading = Reading(job, BEGIN + timedelta(seconds=at))
        planner = self._planner()
        self.step: Step = planner.next(reading)
        self._keep(planner)
        if isinstance(self.step, Call):
            self._last = self.step, reading
            return str(self.step.write)
        if isinstance(self.step, Wait):
            assert self.step.pause or self.step.holds(reading.status, reading.at), "the wait would spin"
            return "wait"
        return f"fail {self.step.failure}" if isinstance(self.step, Fail) else self.step.action

    def send(self, outcome: str, at: float = 0) -> None:
        """Send the write that was just asked for."""
        assert self._last is not None
        planner = self._planner()
        moment = BEGIN + timedelta(seconds=at)
        planner.begin(*self._last, moment)
        self._keep(planner)
        planner = self._planner()
        refusal = Refusal("DLI says no", {"code": "DLI.1"}) if outcome == "refused" else None
        planner.end(Outcome(outcome), moment, refusal)
        self._keep(planner)

    def _planner(self) -> Planner:
        return Planner(self.plan, self.memory)

    def _keep(self, planner: Planner) -> None:
        import json

        self.memory = Memory.from_dict(json.loads(json.dumps(planner.memory.to_dict())))
        assert self.memory == planner.memory


@pytest.fixture
def play() -> type[PlayedPlan]:
    """Begin a plan."""
    return PlayedPlan
