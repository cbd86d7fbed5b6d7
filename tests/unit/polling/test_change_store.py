"""What of a watch for changes survives a restart of the triggerer."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.polling.changes import ChangeStore, KnownStatuses

LOG = logging.getLogger("test")
KNOWN = KnownStatuses(datetime(2026, 1, 1, tzinfo=UTC), {104: "job_running"})


class BlockingStore:
    """What Airflow 3.3.0 and 3.3.1 have: no asynchronous methods."""

    def __init__(self, several: bool = False) -> None:
        self.kept: dict[str, object] = {}
        self.several = several
        self.calls: list[str] = []

    def get(self, key):
        if self.several:
            raise ValueError("Task has 2 concrete inlets and outlets")
        return self.kept.get(key)

    def set(self, key, value):
        self.calls.append(key)
        self.kept[key] = json.loads(json.dumps(value))


class Store(BlockingStore):
    async def aget(self, key):
        return self.get(key)

    async def aset(self, key, value):
        self.set(key, value)


class FailingStore(Store):
    fails = True

    def get(self, key):
        if self.fails:
            raise RuntimeError("API_SERVER_ERROR\nforged line, password=hunter2")
        return super().get(key)

    def set(self, key, value):
        self.get(key)
        super().set(key, value)


@pytest.mark.parametrize("store", [Store(), BlockingStore()])
async def test_the_statuses_that_are_saved_are_loaded(store):
    await ChangeStore(store, LOG).save(KNOWN)
    assert await ChangeStore(store, LOG).load() == KNOWN


async def test_only_what_has_changed_is_saved():
    store = Store()
    changes = ChangeStore(store, LOG)
    await changes.save(KNOWN)
    await changes.save(KNOWN)
    assert store.calls == ["dli_flink_job_status", "dli_flink_job_status_since"]
    await changes.save(replace(KNOWN, statuses={104: "job_finish"}))
    assert store.calls[2:] == ["dli_flink_job_status"]


async def test_nothing_is_known_at_first():
    known = await ChangeStore(Store(), LOG).load()
    assert known.statuses == {}
    assert datetime.now(UTC) - known.since < timedelta(minutes=1)


async def test_without_a_store_nothing_is_kept():
    store = ChangeStore(None, LOG)
    await store.save(KNOWN)
    assert (await store.load()).statuses == {}


@pytest.mark.parametrize("key", ["dli_flink_job_status", "dli_flink_job_status_since"])
@pytest.mark.parametrize("junk", [{"x": "job_running"}, [1], "text", 7])
async def test_a_store_that_holds_something_else_is_said_and_taken_for_empty(caplog, key, junk):
    store = Store()
    store.kept[key] = junk
    assert (await ChangeStore(store, LOG).load()).statuses == {}
    assert "no statuses of jobs" in caplog.text


async def test_a_store_that_fails_ends_nothing_and_is_tried_again(caplog):
    failing = FailingStore()
    store = ChangeStore(failing, LOG)
    assert (await store.load()).statuses == {}
    await store.save(KNOWN)
    assert caplog.text.count("API_SERVER_ERROR") == 2
    failing.fails = False
    await store.save(KNOWN)
    assert await store.load() == KNOWN


async def test_the_error_of_a_store_is_logged_as_one_line_without_its_secrets(caplog):
    await ChangeStore(FailingStore(), LOG).load()
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    assert "hunter2" not in record.getMessage()


async def test_a_trigger_of_several_assets_has_no_store_and_says_so(caplog):
    store = ChangeStore(Store(several=True), LOG)
    assert (await store.load()).statuses == {}
    await store.save(KNOWN)
    assert "won't be reported" in caplog.text
