"""Which readings are changes that a DAG is started for."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.api import errors
from dli_provider.flink.job import FlinkJob
from dli_provider.polling.changes import ChangeSubscriber, KnownStatuses

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)
BROKEN = errors.DliServerError(500, "APIG.0601", "broken")
GONE = errors.DliNotFoundError(400, "DLI.16001", "gone")


def watch_job(statuses=(), known=None, *, initial=False) -> ChangeSubscriber:
    return ChangeSubscriber(104, 60, statuses, KnownStatuses(BEGAN, known or {}), initial=initial)


def watch_list(known=None, *, initial=False) -> ChangeSubscriber:
    return ChangeSubscriber(None, 60, (), KnownStatuses(BEGAN, known or {}), initial=initial)


def feed(watch, *statuses: str | None, job_id: int = 104, created: datetime | None = None, **fields) -> None:
    create_time = int(created.timestamp() * 1000) if created else None
    for status in statuses:
        detail = {"job_id": job_id, "name": "orders", "status": status, "create_time": create_time, **fields}
        watch.on_reading(FlinkJob.from_api(detail), NOW, detailed=False)


def feed_list(watch, *job_ids: int, status="job_running", created: datetime = BEGAN) -> None:
    """Show some jobs, and say that the list is over."""
    for job_id in job_ids:
        feed(watch, status, job_id=job_id, created=created)
    watch.on_list_read()


async def changes(watch: ChangeSubscriber) -> list[tuple[str | None, str]]:
    news = await watch.news()
    return [(change.old_status, change.status) for change in news.changes]


async def known(watch: ChangeSubscriber) -> dict[int, str]:
    return (await watch.news()).known.statuses


def test_the_status_found_at_the_start_is_no_change(run):
    async def main():
        watch = watch_job()
        feed(watch, "job_running", "job_running")
        return await changes(watch)

    assert run(main()) == []


def test_what_is_no_change_becomes_known_once_an_interval(run):
    async def main():
        watch = watch_list()
        for job_id in range(1, 501):
            feed(watch, "job_running", job_id=job_id)
            await asyncio.sleep(0.1)
        first = await known(watch)
        feed(watch, "job_running", job_id=501)
        before = asyncio.get_running_loop().time()
        second = await known(watch)
        return len(first), len(second), round(asyncio.get_running_loop().time() - before)

    assert run(main()) == (500, 501, 60)


async def test_the_status_found_at_the_start_is_a_change_when_asked_for():
    watch = watch_job(initial=True)
    feed(watch, "job_running", "job_running")
    assert await changes(watch) == [(None, "job_running")]


async def test_every_change_is_reported_once():
    watch = watch_job()
    feed(
        watch,
        *("job_running", "job_running_exception", "job_running_exception", "job_submitting", "job_running"),
    )
    assert await changes(watch) == [
        ("job_running", "job_running_exception"),
        ("job_running_exception", "job_submitting"),
        ("job_submitting", "job_running"),
    ]


async def test_changes_into_other_statuses_are_noted_but_not_reported():
    watch = watch_job(statuses=["job_running_exception"])
    feed(watch, "job_running", "job_running_exception", "job_submitting", "job_running_exception")
    assert await changes(watch) == [
        ("job_running", "job_running_exception"),
        ("job_submitting", "job_running_exception"),
    ]


async def test_what_changed_while_the_triggerer_was_down_is_reported_late():
    watch = watch_job(known={104: "job_running"})
    feed(watch, "job_running_exception")
    assert await changes(watch) == [("job_running", "job_running_exception")]


async def test_what_was_reported_before_a_restart_is_not_reported_again():
    watch = watch_job(known={104: "job_running_exception"})
    feed(watch, "job_running_exception", "job_running")
    assert await changes(watch) == [("job_running_exception", "job_running")]


async def test_a_job_without_a_status_is_passed_over():
    watch = watch_job(known={104: "job_running"})
    feed(watch, None, "job_running", "job_finish")
    assert await changes(watch) == [("job_running", "job_finish")]


async def test_outages_are_waited_out_and_other_errors_end_the_watch_after_its_changes():
    watch = watch_job(known={104: "job_running"})
    for second in range(1000):
        watch.on_error(BROKEN, float(second))
    feed(watch, "job_finish")
    watch.on_error(GONE, 1000.0)
    assert await changes(watch) == [("job_running", "job_finish")]
    with pytest.raises(errors.DliNotFoundError):
        await watch.news()


async def test_an_outage_is_told_when_it_begins_and_when_it_ends():
    watch = watch_job()
    watch.on_error(BROKEN, 0.0)
    watch.on_error(BROKEN, 60.0)
    feed(watch, "job_running")
    (began, begin), (ended, end) = (await watch.news()).lines
    assert (began, ended) == (logging.WARNING, logging.INFO)
    assert begin == f"DLI can't be read for now; the watch goes on: {BROKEN}"
    assert end == "DLI can be read again"


def test_a_watch_that_an_error_ended_can_be_taken_up_again(run):
    async def main():
        watch = watch_job(known={104: "job_running"})
        watch.on_error(GONE, 0.0)
        with pytest.raises(errors.DliNotFoundError):
            await watch.news()
        feed(watch, "job_finish")
        return await changes(watch)

    assert run(main()) == [("job_running", "job_finish")]


class TestEvent:
    async def test_an_event_names_job_statuses_reason_and_time(self):
        watch = watch_job(known={104: "job_running"})
        feed(watch, "job_running_exception", status_desc="No space left")
        news = await watch.news()
        (change,), known = news.changes, news.known
        assert known.statuses == {104: "job_running_exception"}
        assert change.to_dict() == {
            "job_id": 104,
            "name": "orders",
            "old_status": "job_running",
            "status": "job_running_exception",
            "status_desc": "No space left",
            "changed_at": "2026-01-01T01:00:00+00:00",
        }

    async def test_an_event_holds_no_credential_no_control_character_and_no_lone_surrogate(self):
        watch = watch_job(known={104: "job_running"})
        feed(
            watch,
            "job_\x1b[31mred\n\ud83d",
            name="a\x00b\ud83d\nc",
            status_desc="password=hunter2 \ud83d\x00",
        )
        news = await watch.news()
        (change,), known = news.changes, news.known
        texts = [str(text) for text in (*change.to_dict().values(), *known.statuses.values())]
        for text in texts:
            assert text.encode().isascii() or text.isprintable()
            assert "\x00" not in text
            assert "\n" not in text
            assert "hunter2" not in text

    async def test_an_event_is_bounded_whatever_dli_sends(self):
        watch = watch_job(known={104: "job_running"})
        feed(watch, "s" * 100_000, name="n" * 5_000_000, status_desc="d" * 5_000_000)
        news = await watch.news()
        (change,), known = news.changes, news.known
        assert len(str(change.to_dict())) < 3000
        assert len(known.statuses[104]) < 200

    async def test_a_status_of_the_future_is_no_change_twice(self):
        watch = watch_job(known={104: "job_running"})
        feed(watch, "job_\nnew" * 50, "job_\nnew" * 50)
        assert len(await changes(watch)) == 1


class TestNewJobs:
    async def test_a_job_created_since_is_a_change_and_an_older_one_seen_late_is_not(self):
        watch = watch_list()
        feed(watch, "job_running", job_id=1, created=BEGAN - timedelta(days=1))
        feed(watch, "job_submitting", job_id=2, created=BEGAN + timedelta(minutes=1))
        assert await changes(watch) == [(None, "job_submitting")]

    async def test_two_jobs_created_between_two_lists_are_both_new_in_whatever_order(self):
        watch = watch_list(known={1: "job_running"})
        for minutes in (2, 1):
            feed(watch, "job_init", job_id=minutes + 1, created=BEGAN + timedelta(minutes=minutes))
        assert len(await changes(watch)) == 2

    def test_when_the_newest_job_was_created_is_known_after_a_whole_list(self, run):
        async def main():
            watch = watch_list()
            feed(watch, "job_init", job_id=2, created=NOW)
            before = await watch.news()
            watch.on_list_read()
            after = await watch.news()
            return before.known.since, after.known.since

        assert run(main()) == (BEGAN, NOW)

    async def test_with_initial_only_the_first_list_reports_old_jobs(self):
        watch = watch_list(initial=True)
        feed_list(watch, 1, 2)
        assert len(await changes(watch)) == 2
        feed_list(watch, 1, 2, 3)
        feed(watch, "job_finish", job_id=1)
        assert await changes(watch) == [("job_running", "job_finish")]


class TestJobsThatAreGone:
    @pytest.fixture
    def known_after(self, run):
        async def known_after(lists, kept):
            watch = watch_list(kept)
            for shown in lists:
                feed_list(watch, *shown)
            return set(await known(watch))

        return lambda *lists, kept=None: run(known_after(lists, kept))

    def test_a_job_that_one_list_has_missed_is_still_known(self, known_after):
        assert known_after({1, 2}, {1}) == {1, 2}
        assert known_after({1, 2}, {1}, {1, 2}, {1}) == {1, 2}

    def test_a_job_that_two_lists_have_missed_is_forgotten(self, known_after):
        assert known_after({1, 2}, {1}, {1}) == {1}

    def test_lists_without_any_job_forget_nothing(self, known_after):
        assert known_after({1, 2}, set(), set(), set()) == {1, 2}

    def test_what_was_kept_of_jobs_deleted_meanwhile_is_forgotten_too(self, known_after):
        assert known_after({8}, {8}, kept={7: "job_running", 8: "job_running"}) == {8}

    @pytest.mark.parametrize("kept", [{}, {1: "job_running", 2: "job_running"}])
    def test_a_forgotten_job_that_comes_back_is_no_change(self, run, kept):
        async def main():
            watch = watch_list(kept)
            later = BEGAN + timedelta(minutes=30)
            feed_list(watch, 1, 2, 3, created=later)
            first = await changes(watch)
            for shown in ({1}, {1}, {1, 2, 3}):
                feed_list(watch, *shown, created=later)
            return len(first), await changes(watch)

        assert run(main()) == (3 - len(kept), [])
