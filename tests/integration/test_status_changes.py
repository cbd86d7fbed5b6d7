"""The trigger that starts DAGs when a job changes its status, over real HTTP."""

from __future__ import annotations

import asyncio
import json

import airflow
import pytest

from dli_provider.api.auth.shared import forget_all
from dli_provider.emulator import DliEmulator, faults
from dli_provider.polling import rate_limiter
from dli_provider.triggers import flink
from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

AIRFLOW_2 = airflow.__version__.startswith("2.")
on_airflow_3 = pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no asset watchers")


class Store:
    """An asset's state store, as the triggerer gives it to a trigger on Airflow 3.3."""

    def __init__(self) -> None:
        self.kept = {}

    async def aget(self, key):
        return self.kept.get(key)

    async def aset(self, key, value):
        self.kept[key] = json.loads(json.dumps(value))


class Watcher:
    """A trigger that runs, and what it fired."""

    def __init__(self, store: Store | None = None, **arguments) -> None:
        trigger = DliFlinkJobStatusChangeTrigger(poke_interval=0.05, **arguments)
        path, kwargs = trigger.serialize()
        assert path == "dli_provider.triggers.flink.DliFlinkJobStatusChangeTrigger"
        self.trigger = DliFlinkJobStatusChangeTrigger(**json.loads(json.dumps(kwargs)))
        self.trigger.asset_state_store = store
        self.fired: list[tuple[int, str | None, str]] = []

    async def __aenter__(self):
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        async for event in self.trigger.run():
            change = json.loads(json.dumps(event.payload))
            self.fired.append((change["job_id"], change["old_status"], change["status"]))


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
def dli(monkeypatch):
    forget_all()
    monkeypatch.setattr(rate_limiter, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(flink, "ERROR_COOLDOWN", 0.05)
    with DliEmulator() as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(emulator.connection))
        yield emulator


def asked(dli, more: int):
    """A condition: so many more requests have arrived."""
    target = len(dli.requests) + more
    return lambda: len(dli.requests) >= target


@on_airflow_3
@pytest.mark.parametrize("poke_interval", [0, -1, "60", None, float("nan"), float("inf")])
def test_an_interval_that_is_none_is_refused(poke_interval):
    with pytest.raises(ValueError, match="poke_interval must be a number of seconds"):
        DliFlinkJobStatusChangeTrigger(poke_interval=poke_interval)


@on_airflow_3
class TestOnAirflow3:
    async def test_fires_once_per_change_and_not_for_what_it_finds(self, dli):
        dli.add_job(1, [("job_running", None)], name="orders")
        async with Watcher(job_id=1) as watcher:
            await until(asked(dli, 3))
            assert watcher.fired == []
            dli.job(1).set_status("job_running_exception")
            await until(lambda: watcher.fired)
            await until(asked(dli, 3))
        assert watcher.fired == [(1, "job_running", "job_running_exception")]

    async def test_fires_for_the_wanted_statuses_of_any_job_of_a_filter(self, dli):
        for job_id in range(1, 131):
            dli.add_job(job_id, [("job_running", None)], queue_name="etl" if job_id % 2 else "adhoc")
        async with Watcher(queue_name="etl", statuses=["job_finish"]) as watcher:
            await until(asked(dli, 4))
            dli.job(2).set_status("job_finish")
            dli.job(3).set_status("job_canceling")
            dli.job(129).set_status("job_finish")
            await until(lambda: watcher.fired)
            await until(asked(dli, 4))
        assert watcher.fired == [(129, "job_running", "job_finish")]
        assert {request.operation for request in dli.requests} == {"list"}

    async def test_survives_an_outage_and_a_job_that_comes_later(self, dli):
        async with Watcher(job_id=1, initial=True) as watcher:
            await until(asked(dli, 2))
            dli.inject(faults.ServerError(), times=8)
            await until(asked(dli, 8))
            dli.add_job(1, [("job_running", None)])
            await until(lambda: watcher.fired)
        assert watcher.fired == [(1, None, "job_running")]

    async def test_after_a_restart_reports_late_what_it_missed_and_nothing_twice(self, dli):
        store = Store()
        dli.add_job(1, [("job_running", None)])
        async with Watcher(store, job_id=1) as first:
            await until(asked(dli, 2))
            dli.job(1).set_status("job_running_exception")
            await until(lambda: first.fired)
            await until(lambda: store.kept["dli_flink_job_status"] == {"1": "job_running_exception"})
        async with Watcher(store, job_id=1) as second:
            await until(asked(dli, 3))
            assert second.fired == []
        dli.job(1).set_status("job_running")
        async with Watcher(store, job_id=1) as third:
            await until(lambda: third.fired)
        assert third.fired == [(1, "job_running_exception", "job_running")]

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ({"job_id": "x"}, "job_id"),
            ({"job_id": 1, "queue_name": "etl"}, "filters"),
            ({"statuses": ["failed"]}, "statuses"),
        ],
    )
    def test_arguments_that_can_not_be_right_are_refused_when_it_is_made(self, arguments, named):
        with pytest.raises(ValueError, match=named):
            DliFlinkJobStatusChangeTrigger(**arguments)


@pytest.mark.skipif(not AIRFLOW_2, reason="Airflow 3 has asset watchers")
def test_on_airflow_2_it_says_what_to_do_instead():
    with pytest.raises(RuntimeError, match=r"needs Airflow 3.*DliFlinkJobSensor"):
        DliFlinkJobStatusChangeTrigger(job_id=1)
