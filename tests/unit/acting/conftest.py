"""A plan on a worker, with a scripted DLI and a clock that only pauses move."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dli_provider.acting.job import ActedJob
from dli_provider.acting.runner import Ended, PlanRunner
from dli_provider.api.errors import DliError, DliNotFoundError
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.planner import Plan, Planner
from dli_provider.flink.plan.waiting import PlanWait
from dli_provider.waiting.client import WaitClient
from dli_provider.waiting.outage import OutageTracker

JOB = 104


class ScriptedDli:
    """Shows one status after another, and answers each write as told.

    :param statuses: statuses or errors, one for each reading; the last stays.
    :param answers: errors, or None for success, one for each write; None after the last.
    """

    settings = SimpleNamespace(console_address=lambda _: None)

    def __init__(self, statuses: list[Any], answers: list[DliError | None]) -> None:
        self.statuses, self.answers = list(statuses), list(answers)
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.fields: dict[str, Any] = {}

    def show_flink_job(self, job_id: int) -> FlinkJob:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(status, Exception):
            raise status
        if status == "absent":
            raise DliNotFoundError(404, "DLI.16001", "no such job")
        return FlinkJob.from_api({"job_id": job_id, "name": "orders", "status": status, **self.fields})

    def find_flink_job(self, name: str) -> FlinkJob | None:
        return None if self.statuses[0] == "absent" else self.show_flink_job(JOB)

    def no_job_named(self, name: str) -> DliNotFoundError:
        return DliNotFoundError(404, "", f"no Flink job named {name!r}")

    def close(self) -> None: ...

    def __getattr__(self, name: str) -> Any:
        def write(_job_id: int, **arguments: Any) -> None:
            self.writes.append((name, arguments))
            answer = self.answers.pop(0) if self.answers else None
            if answer:
                raise answer

        return write


class PlayedRunner:
    """A runner and what can be seen of it.

    :param plan: the plan.
    :param statuses: what is read.
    :param answers: what writes answer.
    """

    def __init__(
        self,
        plan: Plan,
        statuses: list[Any],
        answers: list[DliError | None] | None = None,
        *,
        timeout: float = 3600,
        name: str | None = None,
    ) -> None:
        self.dli = ScriptedDli(statuses, answers or [])
        self.now = datetime(2026, 1, 2, tzinfo=UTC)
        self.begun = self.now
        self.known: list[int] = []
        self.kept: list[dict[str, Any]] = []
        self.pauses: list[float] = []
        self.waits: list[PlanWait | None] = []
        job = ActedJob(None if name else JOB, name, lambda _, job_id: self.known.append(job_id))
        clock: Callable[[], float] = lambda: (self.now - self.begun).total_seconds()  # noqa: E731
        hook: Any = SimpleNamespace(get_conn=lambda: self.dli, dli_conn_id="dli")
        log: Any = logging.getLogger("acting")
        self.runner = PlanRunner(
            Planner(plan),
            WaitClient(lambda: hook, OutageTracker(timedelta(minutes=30)), log, clock),
            job,
            self.now + timedelta(seconds=timeout),
            30,
            log,
            keep=lambda memory: self.kept.append(memory.to_dict()),
            clock=lambda: self.now,
        )

    def run(self) -> Ended:
        return self.runner.run(self._rest)

    def _rest(self, wait: PlanWait | None, seconds: float) -> None:
        self.pauses.append(seconds)
        self.waits.append(wait)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def play(caplog) -> type[PlayedRunner]:
    """Begin to carry a plan out."""
    caplog.set_level(logging.INFO)
    return PlayedRunner
