"""A hostile DLI that lists jobs: whoever reads a list knows whether it was read whole."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fitness import check_data, check_error, check_lines
from hostile_answers import (
    FORGED,
    IN_THE_WAY,
    TEXTS,
    everywhere,
    http,
    list_answer,
    without_rests,
)
from hostile_dli import Asked, series
from sensor_runs import AIRFLOW_2, TaskInstance, stored

from dli_provider.api import errors
from dli_provider.exceptions import DliFlinkUnhealthyError
from dli_provider.hooks.dli import DliHook
from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
)
from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

pytestmark = pytest.mark.usefixtures("quick")


SICK = {"status": "job_submit_fail"}
FLEET = [{"job_id": number, "status": "job_running", "name": f"job {number}"} for number in range(1, 451)]
for number in (3, 120, 121, 130, 250, 260, 270, 333, 334, 400, 450):
    FLEET[number - 1].update(SICK)


def page(asked: Asked) -> bytes:
    """Return a page of the fleet as it should be."""
    return list_answer(FLEET[asked.offset : asked.offset + 100], len(FLEET))


SPOILT_PAGES: dict[str, Callable[[Asked], bytes]] = {
    "empty": lambda _: list_answer([], 450),
    "null": lambda _: list_answer(None, 450),
    "a repeat of the first": lambda _: list_answer(FLEET[:100], 450),
    "of a total of 0": lambda _: list_answer([], 0),
    "of a total of 0, with jobs": lambda _: list_answer(FLEET[100:200], 0),
    "of a total of null": lambda _: list_answer([], None),
    "of a total in words": lambda _: list_answer(FLEET[100:200], "many"),
    "of a total below zero": lambda _: list_answer(FLEET[100:200], -1),
    "of a total without end": lambda _: list_answer(FLEET[100:200], float("inf")),
    "jobs in words": lambda _: list_answer("none", 450),
    "jobs as an object": lambda _: list_answer({"1": {}}, 450),
    "no list": lambda _: http(b'{"is_success": "true"}'),
    "a list of null": lambda _: http(b'{"is_success": "true", "job_list": null}'),
    "half": lambda asked: page(asked)[:-5000],
    "HTML": lambda _: IN_THE_WAY["HTML with 200 OK"],
    "failed": lambda _: IN_THE_WAY["DLI.0999 with 200 OK"],
}


@pytest.mark.parametrize("lasts", [1, 10**9], ids=["once", "always"])
@pytest.mark.parametrize("spoilt", SPOILT_PAGES)
class TestAListThatContradictsItself:
    """450 jobs, of which 11 are sick, and a second page that is odd."""

    @pytest.fixture
    def fleet(self, hostile_dli, spoilt, lasts):
        left = itertools.count()

        def respond(asked: Asked) -> bytes:
            is_second = asked.offset == 100 and next(left) < lasts
            return SPOILT_PAGES[spoilt](asked) if is_second else page(asked)

        hostile_dli.respond = respond
        return hostile_dli

    def test_is_read_whole_or_not_at_all(self, fleet, lasts):
        jobs, error = [], None
        try:
            for job in DliHook().list_flink_jobs():
                jobs.append(job.job_id)  # noqa: PERF401
        except errors.DliError as caught:
            error = caught
            check_error(error)
        assert error or jobs == [job["job_id"] for job in FLEET]
        assert max(Counter(jobs).values()) == 1
        assert lasts > 1 or error is None or not error.transient

    def test_never_makes_a_fleet_healthy(self, fleet):
        ti = TaskInstance()
        with pytest.raises((DliFlinkUnhealthyError, errors.DliError)) as caught:
            DliFlinkHealthCheckOperator(task_id="check").execute({"ti": ti})
        check_error(caught.value)
        if isinstance(caught.value, DliFlinkUnhealthyError):
            assert "11" in str(caught.value)
            assert ti.xcom["return_value"]["total"] == 450


WITHOUT_END: dict[str, Callable[[Asked], bytes]] = {
    "of null ids": lambda _: list_answer([{"job_id": None, "status": "job_running"}] * 100, 10**9),
    "of no ids": lambda _: list_answer([{"status": "job_running"}] * 100, 10**9),
    "of ever new ids": lambda asked: list_answer(
        [{"job_id": asked.offset + n, "status": "job_running"} for n in range(1, 101)], asked.offset + 200
    ),
    "of ever new ids and no total": lambda asked: list_answer(
        [{"job_id": asked.offset + n, "status": "job_running"} for n in range(1, 101)], None
    ),
    "of one job over and over": lambda _: list_answer([FLEET[0]] * 100, 10**9),
    "with a huge total": lambda asked: list_answer(FLEET[:100] if not asked.offset else [], 10**30),
    "of a thousand jobs a page": lambda asked: list_answer(
        [{"job_id": asked.offset + n, "status": "job_running"} for n in range(1, 1001)], 10**9
    ),
}


@pytest.mark.parametrize("odd", WITHOUT_END)
def test_a_list_without_end_ends(hostile_dli, monkeypatch, odd):
    monkeypatch.setattr("dli_provider.api.paging.MAX_PAGES", 20)
    hostile_dli.respond = WITHOUT_END[odd]
    with pytest.raises(errors.DliError) as caught:
        list(DliHook().list_flink_jobs())
    check_error(caught.value)


def test_a_job_that_a_page_has_twice_counts_once(hostile_dli):
    hostile_dli.respond = lambda _: list_answer([FLEET[0], FLEET[0], FLEET[1]], 3)
    assert [job.job_id for job in DliHook().list_flink_jobs()] == [1, 2]


NO_JOBS = {"null": None, "a number": 7, "a text": FORGED, "a list": [1], "an empty object": {}}


@pytest.mark.parametrize("odd", NO_JOBS)
def test_an_item_that_is_no_job_never_makes_a_fleet_healthy(hostile_dli, odd):
    hostile_dli.respond = lambda _: list_answer([FLEET[0], NO_JOBS[odd], FLEET[1]], 3)
    with pytest.raises((DliFlinkUnhealthyError, errors.DliError)) as caught:
        DliFlinkHealthCheckOperator(task_id="check").execute({"ti": TaskInstance()})
    check_error(caught.value)


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no asset watchers")
class TestAWatcher:
    @pytest.fixture
    def watch(self, hostile_dli, caplog):
        """Run a watcher until a condition holds, and return what it fired."""

        async def watch(
            until: Callable[[list[dict[str, Any]]], bool], **arguments: Any
        ) -> list[dict[str, Any]]:
            trigger = DliFlinkJobStatusChangeTrigger(poke_interval=0.01, **arguments)
            trigger = DliFlinkJobStatusChangeTrigger(**stored(trigger.serialize()[1]))
            fired: list[dict[str, Any]] = []

            async def run() -> None:
                async for event in trigger.run():
                    check_data(event.payload)
                    fired.append(stored(event.payload))

            async with AsyncExitStack() as stack:
                task = asyncio.create_task(run())
                stack.callback(task.cancel)
                async with asyncio.timeout(20):
                    while not until(fired):
                        assert not task.done(), task.exception()
                        await asyncio.sleep(0.01)
            await asyncio.gather(task, return_exceptions=True)
            check_lines(caplog.records)
            return fired

        return watch

    @pytest.mark.parametrize("odd", TEXTS)
    async def test_fires_with_any_text(self, hostile_dli, watch, odd):
        failed = {**everywhere(TEXTS[odd]), "job_id": 1, "status": "job_submit_fail"}
        statuses = [
            {"job_id": 1, "status": "job_running"},
            {**failed, "status": TEXTS[odd]},
            failed,
        ]
        hostile_dli.respond, _ = series(*(list_answer([job], 1) for job in statuses))
        fired = await watch(lambda fired: len(fired) == 2)
        assert (fired[0]["old_status"], fired[1]["status"]) == ("job_running", "job_submit_fail")
        assert fired[0]["status"] == fired[1]["old_status"]

    @pytest.mark.parametrize("odd", [name for name in SPOILT_PAGES if name != "half"])
    async def test_fires_nothing_for_a_list_that_is_spoilt(self, hostile_dli, watch, odd):
        scans = itertools.count(1)

        def respond(asked: Asked) -> bytes:
            if asked.offset == 100 and 2 <= next(scans) <= 9:
                return SPOILT_PAGES[odd](asked)
            jobs = FLEET[asked.offset : asked.offset + 100]
            if len(hostile_dli.asked) > 40:
                jobs = [{**job, "status": "job_submit_fail"} if job["job_id"] == 449 else job for job in jobs]
            return list_answer(jobs, 450)

        hostile_dli.respond = respond
        fired = await watch(lambda fired: any(change["job_id"] == 449 for change in fired))
        assert [change["job_id"] for change in fired] == [449]

    async def test_fires_nothing_when_the_whole_list_comes_back_empty(self, hostile_dli, watch):
        def respond(asked: Asked) -> bytes:
            if len(hostile_dli.asked) in range(3, 12):
                return list_answer([], 0) if len(hostile_dli.asked) % 2 else list_answer(None, None)
            status = "job_submit_fail" if len(hostile_dli.asked) > 20 else "job_running"
            return list_answer([{"job_id": 1, "status": status}, {"job_id": 2, "status": "job_running"}], 2)

        hostile_dli.respond = respond
        fired = await watch(lambda _: len(hostile_dli.asked) > 25)
        assert [(change["job_id"], change["old_status"]) for change in fired] == [(1, "job_running")]

    async def test_goes_on_through_all_that_is_no_answer(self, hostile_dli, watch):
        healthy = list_answer([{"job_id": 1, "status": "job_running"}], 1)
        ill = list_answer([{"job_id": 1, "status": "job_submit_fail"}], 1)
        hostile_dli.respond, left = series(healthy, *without_rests(IN_THE_WAY.values()), ill)
        fired = await watch(lambda fired: bool(fired))
        assert len(left) == 1
        assert [(change["job_id"], change["old_status"]) for change in fired] == [(1, "job_running")]
