"""Which readings are changes that a DAG is started for, and what survives a restart."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.api import errors
from dli_provider.flink.job import FlinkJob
from dli_provider.polling.changes import ChangeStore, ChangeSubscriber

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)
BROKEN = errors.DliServerError(500, "APIG.0601", "broken")
GONE = errors.DliNotFoundError(400, "DLI.16001", "gone")


def watch(job_id=104, statuses=(), known=None, *, initial=False) -> ChangeSubscriber:
    return ChangeSubscriber(job_id, 60, statuses, known or {}, began=BEGAN, initial=initial)


def feed(
    watch: ChangeSubscriber, *statuses: str | None, job_id: int = 104, created: datetime | None = None
) -> None:
    create_time = int(created.timestamp() * 1000) if created else None
    for status in statuses:
        detail = {"job_id": job_id, "name": "orders", "status": status, "create_time": create_time}
        watch.on_reading(FlinkJob.from_api(detail), NOW, detailed=False)


async def changes(watch: ChangeSubscriber) -> list[tuple[str | None, str]]:
    found, _ = await watch.changes()
    return [(change.old_status, change.status) for change in found]


def test_the_status_found_at_the_start_is_no_change(run):
    async def main():
        watched = watch()
        feed(watched, "job_running", "job_running")
        return await changes(watched)

    assert run(main()) == []


def test_what_is_no_change_becomes_known_once_an_interval(run):
    async def main():
        fleet = watch(job_id=None)
        for job_id in range(1, 501):
            feed(fleet, "job_running", job_id=job_id)
            await asyncio.sleep(0.1)
        _, first = await fleet.changes()
        feed(fleet, "job_running", job_id=501)
        before = asyncio.get_running_loop().time()
        _, second = await fleet.changes()
        return len(first), len(second), round(asyncio.get_running_loop().time() - before)

    assert run(main()) == (500, 501, 60)


class TestJobsThatAreGone:
    def known_after(self, *rounds: set[int]) -> set[int]:
        fleet = watch(job_id=None)
        for shown in rounds:
            for job_id in shown:
                feed(fleet, "job_running", job_id=job_id)
            fleet.on_list_read()
        return set(fleet.known)

    def test_one_that_a_round_has_missed_is_still_known(self):
        assert self.known_after({1, 2}, {1}) == {1, 2}
        assert self.known_after({1, 2}, {1}, {1, 2}, {1}) == {1, 2}

    def test_one_that_two_rounds_have_missed_is_forgotten(self):
        assert self.known_after({1, 2}, {1}, {1}) == {1}

    def test_what_was_kept_of_jobs_deleted_meanwhile_is_forgotten_too(self):
        fleet = watch(job_id=None, known={7: "job_running", 8: "job_running"})
        for _ in range(2):
            feed(fleet, "job_running", job_id=8)
            fleet.on_list_read()
        assert fleet.known == {8: "job_running"}


async def test_it_is_one_when_asked_for():
    watched = watch(initial=True)
    feed(watched, "job_running", "job_running")
    assert await changes(watched) == [(None, "job_running")]


async def test_every_change_is_reported_once():
    watched = watch()
    feed(
        watched,
        "job_running",
        "job_running_exception",
        "job_running_exception",
        "job_submitting",
        "job_running",
    )
    assert await changes(watched) == [
        ("job_running", "job_running_exception"),
        ("job_running_exception", "job_submitting"),
        ("job_submitting", "job_running"),
    ]


async def test_changes_into_other_statuses_are_noted_but_not_reported():
    watched = watch(statuses=["job_running_exception"])
    feed(watched, "job_running", "job_running_exception", "job_submitting", "job_running_exception")
    assert await changes(watched) == [
        ("job_running", "job_running_exception"),
        ("job_submitting", "job_running_exception"),
    ]


async def test_what_changed_while_the_triggerer_was_down_is_reported_late():
    watched = watch(known={104: "job_running"})
    feed(watched, "job_running_exception")
    assert await changes(watched) == [("job_running", "job_running_exception")]


async def test_what_was_reported_before_a_restart_is_not_reported_again():
    watched = watch(known={104: "job_running_exception"})
    feed(watched, "job_running_exception", "job_running")
    assert await changes(watched) == [("job_running_exception", "job_running")]


async def test_a_job_created_since_is_a_change_and_an_older_one_seen_late_is_not():
    fleet = watch(job_id=None)
    feed(fleet, "job_running", job_id=1, created=BEGAN - timedelta(days=1))
    feed(fleet, "job_submitting", job_id=2, created=BEGAN + timedelta(minutes=1))
    assert await changes(fleet) == [(None, "job_submitting")]


async def test_an_event_names_job_statuses_and_time():
    watched = watch(known={104: "job_running"})
    feed(watched, "job_finish")
    (change,), known = await watched.changes()
    assert known == {104: "job_finish"}
    assert change.to_dict() == {
        "job_id": 104,
        "name": "orders",
        "old_status": "job_running",
        "status": "job_finish",
        "changed_at": "2026-01-01T01:00:00+00:00",
    }


async def test_a_job_without_a_status_is_passed_over():
    watched = watch(known={104: "job_running"})
    feed(watched, None, "job_running", "job_finish")
    assert await changes(watched) == [("job_running", "job_finish")]


async def test_outages_are_waited_out_and_other_errors_end_the_watch_after_its_changes():
    watched = watch(known={104: "job_running"})
    for _ in range(1000):
        watched.on_error(BROKEN, NOW)
    feed(watched, "job_finish")
    watched.on_error(GONE, NOW)
    assert await changes(watched) == [("job_running", "job_finish")]
    with pytest.raises(errors.DliNotFoundError):
        await watched.changes()


class BlockingStore:
    """What Airflow 3.3.0 and 3.3.1 have: no asynchronous methods."""

    def __init__(self, several: bool = False) -> None:
        self.kept: dict[str, object] = {}
        self.several = several

    def get(self, key):
        if self.several:
            raise ValueError("Task has 2 concrete inlets and outlets")
        return self.kept.get(key)

    def set(self, key, value):
        self.kept[key] = value


class Store(BlockingStore):
    async def aget(self, key):
        return self.get(key)

    async def aset(self, key, value):
        self.set(key, value)


class TestStore:
    log = logging.getLogger("test")

    @pytest.mark.parametrize("store", [Store(), BlockingStore()])
    async def test_what_is_saved_is_loaded(self, store):
        await ChangeStore(store, self.log).save({104: "job_running"})
        assert await ChangeStore(store, self.log).load() == {104: "job_running"}

    async def test_nothing_is_known_at_first(self):
        assert await ChangeStore(Store(), self.log).load() == {}

    async def test_without_a_store_nothing_is_kept(self):
        store = ChangeStore(None, self.log)
        await store.save({104: "job_running"})
        assert await store.load() == {}

    async def test_one_that_fails_ends_nothing_and_is_tried_again(self, caplog):
        class FailingStore(Store):
            fails = True

            def get(self, key):
                if self.fails:
                    raise RuntimeError("API_SERVER_ERROR")
                return super().get(key)

            def set(self, key, value):
                self.get(key)
                super().set(key, value)

        failing = FailingStore()
        store = ChangeStore(failing, self.log)
        assert await store.load() == {}
        await store.save({104: "job_running"})
        assert caplog.text.count("API_SERVER_ERROR") == 2
        failing.fails = False
        await store.save({104: "job_running"})
        assert await store.load() == {104: "job_running"}

    async def test_a_trigger_of_several_assets_has_no_store_and_says_so(self, caplog):
        store = ChangeStore(Store(several=True), self.log)
        assert await store.load() == {}
        await store.save({104: "job_running"})
        assert "won't be reported" in caplog.text
