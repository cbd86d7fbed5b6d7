"""The trigger that starts DAGs when a job changes its status, over real HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from contextlib import AsyncExitStack
from functools import partialmethod
from importlib import import_module
from typing import Any

import airflow
import pytest
from new_process import forget_all

from dli_provider.emulator import DliEmulator, faults
from dli_provider.polling import rate_limiter
from dli_provider.triggers import status_change
from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

AIRFLOW_2 = airflow.__version__.startswith("2.")
on_airflow_3 = pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no asset watchers")


class Store:
    """An asset's state store, as the triggerer gives it to a trigger on Airflow 3.3."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    async def aget(self, key):
        return self.kept.get(key)

    async def aset(self, key, value):
        self.kept[key] = json.loads(json.dumps(value))


class Watcher:
    """A trigger that runs, and what it fired.

    :param stored: the arguments are taken as the database has them, unchecked.
    """

    def __init__(self, store: Store | None = None, *, stored: bool = False, **arguments) -> None:
        if not stored:
            trigger = DliFlinkJobStatusChangeTrigger(poke_interval=0.05, **arguments)
            path, arguments = trigger.serialize()
            assert path == "dli_provider.triggers.flink.DliFlinkJobStatusChangeTrigger"
        self.trigger = DliFlinkJobStatusChangeTrigger(**json.loads(json.dumps(arguments)))
        self.trigger.asset_state_store = store  # type: ignore[assignment]
        self.payloads: list[dict] = []
        self.lines: list[tuple[int, str]] = []
        self.trigger._log = self  # type: ignore[assignment]

    def log(self, level, text, *arguments) -> None:
        """Take a line that the trigger logs."""
        self.lines.append((level, text % arguments))

    error, warning = partialmethod(log, logging.ERROR), partialmethod(log, logging.WARNING)

    @property
    def errors(self) -> list[str]:
        """The lines that were logged as errors or warnings."""
        return [line for level, line in self.lines if level >= logging.WARNING]

    @property
    def fired(self) -> list[tuple[int, str | None, str]]:
        """The changes, without their reasons."""
        return [(change["job_id"], change["old_status"], change["status"]) for change in self.payloads]

    @property
    def has_ended(self) -> bool:
        """True when Airflow would start the trigger again."""
        return self._task.done()

    async def __aenter__(self):
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        async for event in self.trigger.run():
            text = json.dumps(event.payload, ensure_ascii=False)
            assert "\x00" not in text
            self.payloads.append(json.loads(text.encode()))


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
def dli(monkeypatch):
    forget_all()
    monkeypatch.setattr(rate_limiter, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(status_change, "ERROR_COOLDOWN", 0.05)
    with DliEmulator() as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(emulator.connection))
        yield emulator


def asked(dli, more: int):
    """A condition: so many more requests have arrived."""
    target = len(dli.requests) + more
    return lambda: len(dli.requests) >= target


@on_airflow_3
class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ({"job_id": "x"}, "job_id"),
            ({"job_id": ""}, "job_id"),
            ({"job_id": 1, "queue_name": "etl"}, "filters"),
            ({"statuses": ["failed"]}, "statuses"),
            ({"queue_name": ""}, "queue_name"),
            ({"name": " "}, "name"),
            ({"tags": {"team": "etl"}}, "tags"),
            *(({"poke_interval": interval}, "poke_interval") for interval in (0, -1, "60", None, 1e999)),
        ],
    )
    async def test_what_can_not_be_right_shows_when_the_dag_is_serialized(self, dli, arguments, named):
        trigger = DliFlinkJobStatusChangeTrigger(**arguments)
        with pytest.raises(ValueError, match=named):
            trigger.serialize()

    @pytest.mark.parametrize(
        "arguments",
        [
            *({"job_id": "x"}, {"job_id": [1]}, {"statuses": "no list of anything"}, {"queue_name": ["etl"]}),
            *(
                {"poke_interval": None},
                {"poke_interval": "soon"},
                {"dli_conn_id": None, "poke_interval": 0.05},
                {"region": 7},
            ),
        ],
    )
    async def test_a_trigger_with_arguments_of_another_version_rests_and_says_so(self, dli, arguments):
        async with Watcher(stored=True, **arguments) as watcher:
            await until(lambda: watcher.errors or watcher.has_ended)
            assert not watcher.has_ended

    def test_a_mistake_is_an_import_error_of_the_dag_file(self):
        from airflow.sdk import DAG, Asset, AssetWatcher

        objects: Any = import_module("airflow.serialization.serialized_objects")
        serialization = getattr(objects, "DagSerialization", objects.SerializedDAG)  # the latter before 3.2
        trigger = DliFlinkJobStatusChangeTrigger(statuses=["job_runing"])
        asset = Asset("failures", watchers=[AssetWatcher(name="failures", trigger=trigger)])
        with pytest.raises(Exception, match="job_runing"):
            serialization.to_dict(DAG("mistaken", schedule=[asset]))


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

    async def test_the_event_tells_the_reason_without_its_secrets(self, dli):
        dli.add_job(1, [("job_running", None)], name="orders")
        async with Watcher(job_id=1) as watcher:
            await until(asked(dli, 2))
            dli.job(1).set_status("job_running_exception", "Login failed\nfor password=hunter2")
            await until(lambda: watcher.payloads)
        (change,) = watcher.payloads
        assert change["status_desc"].startswith("Login failed for password")
        assert "hunter2" not in str(change)

    @pytest.mark.parametrize("text", ["cut \ud83d", "a\x00b", "\x1b[31m\nforged", "x" * 1_000_000])
    @pytest.mark.parametrize("field", ["name", "status", "status_desc", "queue_name"])
    async def test_whatever_text_dli_sends_can_be_stored(self, dli, field, text):
        detail = {"job_id": 1, "name": "orders", "status": "job_finish", "status_desc": ""} | {field: text}
        answer = faults.Answer(200, json.dumps({"is_success": "true", "job_detail": detail}))
        dli.add_job(1, [("job_running", None)])
        store = Store()
        async with Watcher(store, job_id=1) as watcher:
            await until(lambda: store.kept)
            dli.inject(answer, times=None)
            await until(lambda: watcher.payloads)
            await until(lambda: store.kept["dli_flink_job_status"] != {"1": "job_running"})
            assert not watcher.has_ended
        json.dumps(store.kept, ensure_ascii=False).encode()
        assert len(str(watcher.payloads[0])) < 4000

    @pytest.mark.parametrize("empty", ['{"total_count": 0, "jobs": []}', '{"total_count": 0, "jobs": null}'])
    async def test_a_list_that_comes_back_empty_for_a_while_fires_nothing(self, dli, empty):
        for job_id in range(1, 31):
            dli.add_job(job_id, [("job_running", None)])
        store = Store()
        async with Watcher(store) as watcher:
            await until(lambda: len(store.kept.get("dli_flink_job_status", {})) == 30)
            dli.inject(faults.Answer(200, f'{{"is_success": "true", "job_list": {empty}}}'), times=3)
            await until(asked(dli, 5))
            dli.job(7).set_status("job_finish")
            await until(lambda: watcher.fired)
        assert watcher.fired == [(7, "job_running", "job_finish")]

    async def test_after_a_restart_a_list_that_was_empty_before_fires_nothing(self, dli):
        store = Store()
        for job_id in range(1, 31):
            dli.add_job(job_id, [("job_running", None)])
        async with Watcher(store):
            await until(lambda: len(store.kept.get("dli_flink_job_status", {})) == 30)
        store.kept["dli_flink_job_status"] = {"1": "job_running"}
        async with Watcher(store) as second:
            await until(lambda: len(store.kept["dli_flink_job_status"]) == 30)
        assert second.fired == []

    async def test_a_job_created_while_the_triggerer_was_down_is_reported_late(self, dli):
        store = Store()
        dli.add_job(1, [("job_running", None)])
        async with Watcher(store):
            await until(lambda: "dli_flink_job_status_since" in store.kept)
        dli.add_job(2, [("job_submitting", None)])
        async with Watcher(store) as second:
            await until(lambda: second.fired)
        assert second.fired == [(2, None, "job_submitting")]

    async def test_a_connection_that_is_not_defined_is_waited_for(self, dli, monkeypatch):
        connection = os.environ["AIRFLOW_CONN_DLI_DEFAULT"]
        monkeypatch.delenv("AIRFLOW_CONN_DLI_DEFAULT")
        dli.add_job(1, [("job_running", None)])
        async with Watcher(job_id=1, initial=True) as watcher:
            await until(lambda: watcher.errors or watcher.has_ended)
            monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", connection)
            await until(lambda: watcher.fired)
        assert watcher.fired == [(1, None, "job_running")]
        assert "can't look up the connection 'dli_default'" in watcher.errors[0]
        assert watcher.lines[-1] == (logging.INFO, "DLI can be read again")

    async def test_a_key_that_is_wrong_is_said_and_rested_on_until_it_is_mended(self, dli, monkeypatch):
        good = os.environ["AIRFLOW_CONN_DLI_DEFAULT"]
        wrong = json.loads(good) | {"password": "wrong"}
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(wrong))
        dli.add_job(1, [("job_running", None)])
        async with Watcher(job_id=1, initial=True) as watcher:
            await until(lambda: watcher.errors)
            monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", good)
            await until(lambda: watcher.fired)
        assert "DliAuthError" in watcher.errors[0]
        assert len([request for request in dli.requests if request.status == 401]) <= 4

    async def test_eight_watchers_of_one_key_that_stops_being_good_do_not_lock_it(self, dli):
        refusal = {"error_code": "APIG.0301", "error_msg": "Incorrect IAM authentication information"}
        async with AsyncExitStack() as stack:
            watchers = [Watcher(queue_name=f"queue_{number}") for number in range(8)]
            for watcher in watchers:
                await stack.enter_async_context(watcher)
            await until(asked(dli, 16))
            dli.inject(faults.Answer(401, json.dumps(refusal)), times=None)
            await until(lambda: all(len(watcher.errors) >= 3 for watcher in watchers))
        assert len([request for request in dli.requests if request.status == 401]) <= 4

    async def test_an_error_of_airflow_that_is_no_exception_is_rested_on(self, dli, monkeypatch):
        class DeadlockImminentError(BaseException):
            """Airflow has one such."""

        def fail(*_):
            raise DeadlockImminentError("a deadlock is imminent\npassword=hunter2")

        monkeypatch.setattr("dli_provider.hooks.dli.DliHook.aget_settings", fail)
        async with Watcher(job_id=1) as watcher:
            await until(lambda: len(watcher.errors) >= 2)
            assert not watcher.has_ended
        assert "DeadlockImminentError" in watcher.errors[0]
        assert "\n" not in watcher.errors[0]
        assert "hunter2" not in watcher.errors[0]


@pytest.mark.skipif(not AIRFLOW_2, reason="Airflow 3 has asset watchers")
def test_on_airflow_2_it_says_what_to_do_instead():
    with pytest.raises(TypeError, match=r"needs Airflow 3.*DliFlinkJobSensor"):
        DliFlinkJobStatusChangeTrigger(job_id=1)
