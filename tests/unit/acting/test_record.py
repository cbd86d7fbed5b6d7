"""What a retry learns of the tries before it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from dli_provider.acting.record import PlanRecord
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.values import Write

LOG: Any = logging.getLogger("record")
MEMORY = Memory.of_retry(Write.RUN, datetime(2026, 1, 2, tzinfo=UTC))


class Store(dict):
    def set(self, key: str, value: Any) -> None:
        self[key] = json.loads(json.dumps(value))


def test_a_retry_finds_what_the_try_before_it_kept():
    store = Store()
    PlanRecord(store, 2, LOG).save(MEMORY)
    assert PlanRecord(store, 2, LOG).load() == MEMORY


def test_a_task_that_was_cleared_begins_at_the_beginning():
    store = Store()
    PlanRecord(store, 2, LOG).save(MEMORY)
    assert PlanRecord(store, 4, LOG).load() is None


def test_a_run_that_failed_is_forgotten():
    store = Store()
    record = PlanRecord(store, 2, LOG)
    record.save(MEMORY)
    record.begin()
    assert PlanRecord(store, 2, LOG).load() == Memory()


def test_what_nobody_knows_is_not_taken_for_nothing():
    store = Store()
    record = PlanRecord(store, 2, LOG)
    record.save(MEMORY)
    record.lose()
    assert PlanRecord(store, 2, LOG).load() is None


def test_without_a_store_nothing_is_kept():
    record = PlanRecord(None, 2, LOG)
    record.save(MEMORY)
    assert record.load() is None


def test_a_store_that_fails_is_given_up(caplog):
    class Broken(Store):
        def get(self, *_: Any) -> Any:
            raise RuntimeError("out of order")

    record = PlanRecord(Broken(), 2, LOG)
    assert record.load() is None
    record.save(MEMORY)
    assert caplog.text.count("out of order") == 1


def test_what_another_version_kept_is_given_up():
    assert PlanRecord(Store({"dli_flink_plan_2": {"other": 1}}), 2, LOG).load() is None
