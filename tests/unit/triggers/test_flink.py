"""The trigger of a deferred wait, as Airflow's triggerer handles it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dli_provider.api.errors import DliError, DliNotFoundError
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import FlinkJobWait
from dli_provider.polling import subscriber
from dli_provider.triggers.flink import DliFlinkJobTrigger
from dli_provider.waiting.event import Outcome, WaitEvent
from dli_provider.waiting.limits import Deadline

NOW = datetime.now(UTC)
STORED = {
    "job_id": 104,
    "target_status": ["job_running"],
    "poke_interval": 60.0,
    "deadline": (NOW + timedelta(hours=1)).isoformat(),
    "outage_tolerance": 1800.0,
}
ODD = [None, -1, "soon", [], {}, "cut \ufffd", float("nan")]


async def _first_event(trigger: DliFlinkJobTrigger) -> WaitEvent:
    async for event in trigger.run():
        return WaitEvent.from_payload(json.loads(json.dumps(event.payload)))
    raise AssertionError("no event")


def run(monkeypatch, ended: Any = None, **changes: Any) -> WaitEvent:
    """Run a trigger whose wait ends as told; None for one that never ends."""

    class Subscription:
        def __init__(self, *_: Any) -> None: ...
        async def __aenter__(self) -> None: ...
        async def __aexit__(self, *_: object) -> None: ...

    async def news(_self: Any) -> Any:
        if ended is None:
            await asyncio.Event().wait()
        raise ended

    monkeypatch.setattr("dli_provider.polling.registry.subscribe", Subscription)
    monkeypatch.setattr(subscriber.WaitSubscriber, "news", news)
    return asyncio.run(_first_event(DliFlinkJobTrigger(**{**STORED, **changes})))


def test_what_the_wait_trigger_serializes_makes_the_same_trigger_again():
    path, arguments = DliFlinkJobTrigger(**STORED).serialize()
    assert path == "dli_provider.triggers.flink.DliFlinkJobTrigger"
    assert DliFlinkJobTrigger(**json.loads(json.dumps(arguments))).serialize() == (path, arguments)


def test_a_wait_goes_on_from_where_the_worker_left_it():
    wait = FlinkJobWait(
        104,
        [FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_FINISH],
        [FlinkJobStatus.JOB_IDLE],
        status=FlinkJobStatus.JOB_SUBMITTING,
        since=NOW,
        saw_start=True,
        name="orders password=hunter2",
    )
    deadline = Deadline(NOW + timedelta(hours=1), NOW + timedelta(minutes=5))
    made = DliFlinkJobTrigger.of_wait(
        wait, deadline, timedelta(minutes=30), poke_interval=60.0, dli_conn_id="dli", region="eu-de"
    )
    assert made.serialize()[1] == {
        "job_id": 104,
        "job_name": "orders password=***",
        "target_status": ["job_running", "job_finish"],
        "failure_status": ["job_idle"],
        "poke_interval": 60.0,
        "deadline": (NOW + timedelta(hours=1)).isoformat(),
        "execution_deadline": (NOW + timedelta(minutes=5)).isoformat(),
        "outage_tolerance": 1800.0,
        "dli_conn_id": "dli",
        "region": "eu-de",
        "project_id": None,
        "status": "job_submitting",
        "since": NOW.isoformat(),
        "saw_start": True,
    }


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("value", ODD)
def test_the_trigger_s_constructor_takes_whatever_is_stored(name, value):
    _, kept = DliFlinkJobTrigger(**{**STORED, name: value}).serialize()
    assert kept.keys() >= STORED.keys()


def test_arguments_of_another_version_are_a_type_error_which_airflow_survives():
    with pytest.raises(TypeError):
        DliFlinkJobTrigger(**STORED, unknown=1)


@pytest.mark.parametrize(
    ("timeout", "execution_timeout", "outcome"),
    [(-1, None, Outcome.TIMEOUT), (60, -1, Outcome.EXECUTION_TIMEOUT), (-1, 60, Outcome.TIMEOUT)],
)
def test_the_deadline_that_comes_first_ends_the_wait(monkeypatch, timeout, execution_timeout, outcome):
    def moment(seconds: float | None) -> str | None:
        return None if seconds is None else (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()

    deadlines = {"deadline": moment(timeout), "execution_deadline": moment(execution_timeout)}
    event = run(monkeypatch, **deadlines, job_name="orders")
    assert event.outcome == outcome
    assert "Flink job 104 (orders)" in event.message


def test_an_error_of_dli_ends_the_wait_with_that_error(monkeypatch):
    event = run(monkeypatch, DliNotFoundError(400, "DLI.16001", "no such job"))
    assert isinstance(event.exception(), DliNotFoundError)


@pytest.mark.parametrize("error", [RuntimeError("cut \ud83d nul \0"), TimeoutError("not the wait's own")])
def test_any_other_error_ends_the_wait_with_one_that_can_be_stored(monkeypatch, error):
    event = run(monkeypatch, error)
    assert event.outcome == Outcome.ERROR
    raised = event.exception()
    assert type(raised) is DliError
    assert type(error).__name__ in str(raised)
    assert str(raised).encode()
