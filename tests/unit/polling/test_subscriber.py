"""What a reading means for a deferred wait, be it of the list or of the job by itself."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.api import errors
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import FlinkJobWait
from dli_provider.polling.subscriber import WaitSubscriber

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = errors.DliServerError(500, "APIG.0601", "broken")
RESTARTING = {"restart_when_exception": True}


def watch(status: str | None = "job_submitting") -> WaitSubscriber:
    known = FlinkJobStatus(status) if status else None
    wait = FlinkJobWait(104, [FlinkJobStatus.JOB_RUNNING], status=known, since=NOW if known else None)
    return WaitSubscriber(wait, 60, timedelta(minutes=5))


def job(status: str | None, **detail) -> FlinkJob:
    return FlinkJob.from_api({"job_id": 104, "status": status, **detail})


@pytest.mark.parametrize(
    ("status", "is_enough"),
    [
        ("job_submitting", True),
        ("job_init", True),
        ("job_downloading", True),
        ("job_idle", True),
        ("job_of_the_future", True),
        ("job_running", False),
        ("job_running_exception", False),
        ("job_submit_fail", False),
        ("job_finish", False),
        (None, False),
    ],
)
async def test_the_list_is_enough_until_the_wait_may_end(status, is_enough):
    assert watch().on_reading(job(status), NOW, detailed=False) is is_enough


@pytest.mark.parametrize("status", [*FlinkJobStatus, None])
async def test_the_detail_is_always_enough(status):
    assert watch().on_reading(job(status), NOW, detailed=True) is True


async def test_the_list_never_ends_a_wait():
    watched = watch()
    watched.on_reading(job("job_running_exception"), NOW, detailed=False)
    watched.on_reading(
        job("job_running_exception", job_config=RESTARTING, update_time=None), NOW, detailed=True
    )
    news = await watched.news()
    assert news.reason is None
    assert [line for _, line in news.lines] == ["Flink job 104 is job_running_exception"]


async def test_a_list_that_works_does_not_end_the_outage_of_a_job_whose_detail_fails():
    watched = watch()
    for minute in range(7):
        assert not watched.on_reading(job("job_running"), NOW, detailed=False)
        watched.on_error(BROKEN, 60.0 * minute)
    news = await watched.news()
    assert len(news.lines) == 1
    with pytest.raises(errors.DliServerError):
        await watched.news()


def test_an_outage_is_told_when_it_begins_and_when_it_ends(run):
    async def main():
        watched, loop = watch(), asyncio.get_running_loop()
        for _ in range(2):
            watched.on_error(BROKEN, loop.time())
            await asyncio.sleep(60)
        for _ in range(2):
            watched.on_reading(job("job_submitting"), NOW, detailed=False)
        return (await watched.news()).lines

    (began, begin), (ended, end) = run(main())
    assert (began, ended) == (logging.WARNING, logging.INFO)
    assert "DLI can't be read for now" in begin
    assert end == "DLI can be read again, after 120 s"


async def test_a_clock_that_is_put_forward_neither_ends_an_outage_nor_a_wait():
    watched = watch()
    watched.on_error(BROKEN, 0.0)
    watched.on_reading(job("job_submitting"), NOW + timedelta(hours=1), detailed=True)
    watched.on_error(BROKEN, 10.0)
    news = await watched.news()
    assert news.reason is None
    assert sum("can't be read for now" in line for _, line in news.lines) == 2
