"""Runs tasks of the operators that act, as Airflow does: each process has an operator of its own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow_lines import TaskDeferred

from dli_provider.airflow_compat import AIRFLOW_VERSION
from dli_provider.emulator import DliEmulator
from dli_provider.operators.acting import FlinkJobActionOperator

HAS_STORE = not AIRFLOW_VERSION.startswith("2.")
JOB = 104
QUICK = 0.15
ENDS = (("job_submitting", QUICK), ("job_running", QUICK), ("job_finish", None))
RUNS = (("job_submitting", QUICK), ("job_running", None))


class StateStore(dict):
    """What Airflow 3.3 keeps of a task from one try to the next."""

    def set(self, key: str, value: Any) -> None:
        self[key] = stored(value)


def stored(value: Any) -> Any:
    """Return a value as it comes back from Airflow's database."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode())


@dataclass
class Task:
    """A task instance, whose operator is made anew for each process, as Airflow does."""

    kind: type[FlinkJobActionOperator]
    arguments: dict[str, Any]
    deferrable: bool
    try_number: int = 1
    max_tries: int = 0
    start_date: datetime = field(default_factory=lambda: datetime.now(UTC))
    run_began: datetime = field(default_factory=lambda: datetime.now(UTC))
    store: StateStore = field(default_factory=StateStore)
    xcom: dict[str, Any] = field(default_factory=dict)
    passed: list[Any] = field(default_factory=list)
    deferrals: int = 0
    dag_id, task_id, run_id, map_index = "dag", "act", "run", -1

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcom[key] = stored(value)

    def run(self) -> Any:
        """Run the task to its end, and return its XCom."""
        resume = self.operator().execute
        while True:
            try:
                return stored(resume(self.context))
            except TaskDeferred as deferred:
                self.deferrals += 1
                event = asyncio.run(self._event(deferred.trigger))
                method, next_kwargs = deferred.method_name, {"event": event}
                operator = self.operator()

                def resume(context: Any, operator=operator, method=method, next_kwargs=next_kwargs) -> Any:
                    return operator.resume_execution(method, next_kwargs, context)

    def retry(self, **arguments: Any) -> Task:
        """Return the next try."""
        self.try_number += 1
        self.arguments.update(arguments)
        return self

    def clear(self) -> Task:
        """Return the task after a person has cleared it."""
        self.max_tries = self.try_number + self.arguments.get("retries", 0)
        self.try_number += 1
        return self

    def operator(self) -> FlinkJobActionOperator:
        defaults = {"job_id": JOB, "poke_interval": 0.02, "timeout": 20, "deferrable": self.deferrable}
        if "job_name" in self.arguments:
            del defaults["job_id"]
        return self.kind(task_id="act", **{**defaults, **self.arguments})

    @property
    def context(self) -> dict[str, Any]:
        dag_run = SimpleNamespace(start_date=self.run_began)
        return {"ti": self, "dag_run": dag_run} | ({"task_state_store": self.store} if HAS_STORE else {})

    async def _event(self, trigger: Any) -> Any:
        _, kwargs = trigger.serialize()
        self.passed.append(stored(kwargs))
        async for event in type(trigger)(**stored(kwargs)).run():
            self.passed.append(stored(event.payload))
            return self.passed[-1]
        return None


def failure(task: Task) -> BaseException:
    """Run a task that fails, and return what it ends with."""
    with pytest.raises(BaseException) as raised:  # noqa: PT011
        task.run()
    return raised.value


def writes(dli: DliEmulator) -> list[str]:
    """Return the names of the writes that were accepted."""
    return [write.operation for write in dli.history()]
