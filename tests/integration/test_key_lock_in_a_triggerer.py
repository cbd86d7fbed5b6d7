"""Refusals that reach a gateway from a triggerer's event loop: five within five minutes lock a key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from new_process import forget_all
from sensor_runs import AIRFLOW_2

from dli_provider.emulator import DliEmulator
from dli_provider.triggers import status_change
from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger, DliFlinkJobTrigger

LOCKED_AFTER = 5
WAITS = 24
WATCHERS = 0 if AIRFLOW_2 else 8  # with a filter each; Airflow 2 has none

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def dli(monkeypatch: pytest.MonkeyPatch) -> Iterator[DliEmulator]:
    monkeypatch.setattr(status_change, "ERROR_COOLDOWN", 0.05)
    with DliEmulator() as emulator:
        for job_id in range(1, WAITS + 1):
            emulator.add_job(job_id, [("job_submitting", None)], queue_name=f"queue{job_id % 8}")
        yield emulator


@pytest.fixture
def connect(dli: DliEmulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set Airflow's connections to the emulator."""

    def connect(*names: str, **fields: str) -> None:
        for name in names:
            monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps({**dli.connection, **fields}))

    return connect


@asynccontextmanager
async def triggerer(*connections: str) -> Any:
    """Run waits and watchers of some connections as a triggerer does; it starts a watcher that ends again."""
    deadline = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    waits = [
        DliFlinkJobTrigger(
            job_id=number + 1,
            target_status=["job_running"],
            poke_interval=0.01 * (1 + number % 3),
            deadline=deadline,
            outage_tolerance=600,
            dli_conn_id=connections[number % len(connections)],
        )
        for number in range(WAITS)
    ]
    watchers = [
        DliFlinkJobStatusChangeTrigger(
            queue_name=f"queue{number}",
            poke_interval=0.01,
            dli_conn_id=connections[number % len(connections)],
        )
        for number in range(WATCHERS)
    ]
    events: list[dict[str, Any]] = []

    async def run(trigger: Any, *, again: bool) -> None:
        while True:
            async for event in trigger.run():
                events.append(event.payload)  # noqa: PERF401
            if not again:
                return
            await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(run(wait, again=False)) for wait in waits]
    tasks += [asyncio.create_task(run(watcher, again=True)) for watcher in watchers]
    try:
        yield events
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def rest(seconds: float = 1.0) -> None:
    """Let watchers and waits do what they will."""
    await asyncio.sleep(seconds)


@pytest.mark.parametrize("connections", [("one",), ("one", "two", "three")], ids=["one", "three"])
async def test_a_key_that_stops_being_good(dli, connect, refusals, connections):
    connect(*connections)
    async with triggerer(*connections) as events:
        await until(lambda: len(dli.requests) > 60)
        assert refusals == []
        dli.rotate_keys()
        await until(lambda: len(events) == WAITS)
        await rest()
    assert 1 <= len(refusals) < LOCKED_AFTER
    assert not dli.gateway.locked


async def test_keys_that_are_rotated_over_and_over_while_the_connections_follow(dli, connect, refusals):
    connections = ("one", "two", "three")
    connect(*connections)
    async with triggerer(*connections) as events:
        for _ in range(4):
            enough, refused = len(dli.requests) + 40, len(refusals)
            await until(lambda enough=enough: len(dli.requests) > enough)  # type: ignore[misc]
            old = dli.access_key
            dli.rotate_keys()
            connect(*connections, login=dli.access_key, password=dli.secret_key)
            assert dli.access_key != old
            await rest(0.5)
            assert len(refusals) - refused < LOCKED_AFTER  # of one key
        for job_id in range(1, WAITS + 1):
            dli.job(job_id).set_status("job_running")
        await until(lambda: sum(event.get("outcome") == "reached" for event in events) == WAITS)
    assert not dli.gateway.locked


@pytest.mark.parametrize("secrets", [1, 7])
async def test_wrong_secrets_of_one_key_in_several_connections(dli, connect, refusals, secrets):
    connections = [f"wrong{number}" for number in range(secrets)]
    for number, name in enumerate(connections):
        connect(name, password=f"wrong-{number}")
    async with triggerer(*connections) as events:
        await until(lambda: len(events) == WAITS)
        await rest()
    assert len(refusals) == min(secrets, LOCKED_AFTER - 1)
    assert not dli.gateway.locked


async def test_a_wrong_secret_beside_the_right_one(dli, connect, refusals):
    connect("right", "also_right")
    connect("wrong", password="wrong")
    async with triggerer("right", "wrong", "also_right") as events:
        await until(lambda: len(events) >= WAITS // 3)
        await rest()
        for job_id in range(1, WAITS + 1):
            dli.job(job_id).set_status("job_running")
        await until(lambda: sum(event.get("outcome") == "reached" for event in events) == WAITS - WAITS // 3)
    assert len(refusals) == 1


@pytest.fixture(autouse=True)
def _as_a_new_process() -> Iterator[None]:
    forget_all()
    yield
    forget_all()
