"""Runs a sensor as Airflow would, task process after task process, and keeps all that leaves it."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import airflow
import pytest
from airflow_lines import TaskDeferred

from dli_provider.airflow_compat import AirflowRescheduleException
from dli_provider.sensors.flink import DliFlinkJobSensor

AIRFLOW_2 = airflow.__version__.startswith("2.")

JOB = 104
MODES = ("poke", "reschedule", "deferrable")


@dataclass
class TaskInstance:
    """The little that a sensor asks of its task instance."""

    first_poke: datetime | None = None
    start_date: datetime = field(default_factory=lambda: datetime.now(UTC))
    xcom: dict[str, Any] = field(default_factory=dict)
    pushed: list[str] = field(default_factory=list)
    dag_id, task_id, run_id, map_index, max_tries, try_number = "dag", "wait", "run", -1, 0, 1

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed.append(key)
        self.xcom[key] = stored(value)

    if not AIRFLOW_2:

        def get_first_reschedule_date(self, _context: Any) -> datetime | None:
            return self.first_poke


class StateStore:
    """What Airflow 3.3 keeps for a task from one process to the next."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self._kept.get(key)

    def set(self, key: str, value: Any) -> None:
        self._kept[key] = stored(value)


class BrokenStateStore(StateStore):
    def fail(self, *_: Any) -> Any:
        raise RuntimeError("out of order")

    get = set = fail  # type: ignore[assignment]


def stored(value: Any) -> Any:
    """Return a value as it comes back from Airflow's database, which takes JSON in UTF-8 without NUL."""
    text = json.dumps(value, ensure_ascii=False)
    assert "\\u0000" not in text
    return json.loads(text.encode())


@dataclass
class Ending:
    """How a task ended: with a value, or with an exception; and what Airflow stored and showed until then."""

    value: Any = None
    error: BaseException | None = None
    xcom: dict[str, Any] = field(default_factory=dict)
    pushed: list[str] = field(default_factory=list)
    sensors: list[DliFlinkJobSensor] = field(default_factory=list)
    arguments: list[dict[str, Any]] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return type(self.error).__name__ if self.error else "success"

    @property
    def text(self) -> str:
        return re.sub(r"\d+(\.\d+)? (s|min|h|seconds)\b", "N s", str(self.error)) if self.error else ""

    @property
    def shown(self) -> str:
        fields = [getattr(sensor, name) for sensor in self.sensors for name in sensor.template_fields]
        return f"{self.value} {self.error} {self.xcom} {self.arguments} {self.events} {fields}"


def run_to_the_end(
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    kind: type[DliFlinkJobSensor] = DliFlinkJobSensor,
    store: StateStore | None = None,
    **arguments: Any,
) -> Ending:
    """Run a sensor as Airflow would in a mode, task process after task process.

    :param kind: the sensor's class.
    :param store: what is kept from one process to the next; Airflow 2 has none.
    :param arguments: arguments of the sensor; a function is called for each process, as a DAG file is parsed.
    """
    ti, store = TaskInstance(), None if AIRFLOW_2 else store or StateStore()
    ending = Ending(xcom=ti.xcom, pushed=ti.pushed)
    if AIRFLOW_2:
        monkeypatch.setattr("airflow.sensors.base._orig_start_date", lambda **_: ti.first_poke)

    def sensor() -> DliFlinkJobSensor:
        defaults = {"task_id": "wait", "job_id": JOB, "poke_interval": 0.05, "timeout": 60}
        chosen = {"mode": "reschedule"} if mode == "reschedule" else {"deferrable": mode == "deferrable"}
        own = {name: value() if inspect.isfunction(value) else value for name, value in arguments.items()}
        ending.sensors.append(kind(**{**defaults, **chosen, **own}))
        return ending.sensors[-1]

    def resume(deferred: TaskDeferred) -> Any:
        path, kwargs = deferred.trigger.serialize()
        assert stored(kwargs) == kwargs
        ending.arguments.append(kwargs)
        trigger = type(deferred.trigger)(**kwargs)
        assert path == f"{type(trigger).__module__}.{type(trigger).__qualname__}"
        ending.events.append(stored(asyncio.run(first_event(trigger))))
        return sensor().resume_execution(deferred.method_name, {"event": ending.events[-1]}, context)

    async def first_event(trigger: Any) -> Any:
        async for event in trigger.run():
            return event.payload
        return None

    begun = datetime.now(UTC)
    context = {"ti": ti, "task_state_store": store} if store else {"ti": ti}
    step = lambda: sensor().execute(context)  # noqa: E731
    while True:
        assert datetime.now(UTC) - begun < timedelta(seconds=30), "the wait has no end"
        try:
            return replace(ending, value=stored(step()))
        except AirflowRescheduleException:
            ti.first_poke = begun
        except TaskDeferred as deferred:
            step = partial(resume, deferred)
        except BaseException as error:  # noqa: BLE001
            return replace(ending, error=error)
