"""The pokes of one process."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dli_provider.api.errors import DliConnectionError, DliThrottledError
from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.waiting.client import WaitClient
from dli_provider.waiting.outage import OutageTracker
from dli_provider.waiting.reschedule import RescheduleState
from dli_provider.waiting.runner import WaitRunner

LOG = logging.getLogger("task")
START = datetime(2026, 1, 2, tzinfo=UTC)


def job(status: str, **config: Any) -> FlinkJob:
    return FlinkJob.model_validate({"job_id": 104, "status": status, "job_config": config})


class Store(dict):
    """A task state store."""

    set = dict.__setitem__


@pytest.fixture
def run(dli):
    def run(*, store: Any = None, is_first_poke: bool = True, rescheduled: bool = False) -> WaitRunner:
        client = WaitClient(lambda: dli, OutageTracker(timedelta(minutes=30)), LOG)
        state = RescheduleState(store, LOG, is_first_poke=is_first_poke) if rescheduled else None
        targets = [FlinkJobStatus.JOB_RUNNING]
        return WaitRunner(client, lambda _: 104, targets, [], LOG, state=state, clock=lambda: START)

    return run


def test_a_poke_returns_the_summary_when_a_target_is_reached(run, dli):
    dli.readings = [job("job_submitting"), job("job_running")]
    runner = run()
    assert runner.poke() is None
    summary = runner.poke()
    assert summary
    assert (summary["job_id"], summary["status"]) == (104, "job_running")


def test_a_poke_fails_when_no_target_can_be_reached(run, dli):
    dli.readings = [job("job_submit_fail")]
    with pytest.raises(DliFlinkJobFailedError, match="job_submit_fail"):
        run().poke()


def test_a_summary_holds_nothing_that_a_database_refuses(run, dli):
    dli.readings = [FlinkJob.model_validate({"job_id": 104, "status": "job_running", "name": "a\0\ud83d"})]
    name = run().poke()["name"]
    assert "\0" not in name
    assert name.encode()


def test_an_outage_keeps_the_process(run, dli):
    dli.readings = [job("job_submitting"), DliConnectionError("No answer"), job("job_submitting")]
    runner = run(store=Store(), rescheduled=True)
    assert [(runner.poke(), runner.needs_this_process) for _ in range(3)] == [
        (None, False),
        (None, True),
        (None, False),
    ]


@pytest.mark.parametrize(("store", "kept"), [(None, True), (Store(), False)])
def test_a_job_about_to_restart_keeps_the_process_where_no_other_would_know_since_when(run, dli, store, kept):
    dli.readings = [job("job_running_exception", restart_when_exception=True)]
    runner = run(store=store, rescheduled=True)
    assert runner.poke() is None
    assert runner.needs_this_process is kept


def test_the_grace_of_a_restart_counts_from_when_an_earlier_process_saw_it(run, dli):
    store = Store()
    dli.readings = [job("job_running_exception", restart_when_exception=True)] * 3
    assert run(store=store, rescheduled=True).poke() is None
    seen = store["dli_flink_job_wait"]
    assert seen == {"status": "job_running_exception", "since": START.isoformat(), "saw_start": False}
    store["dli_flink_job_wait"] = {**seen, "since": (START - timedelta(minutes=16)).isoformat()}
    with pytest.raises(DliFlinkJobFailedError):
        run(store=store, rescheduled=True, is_first_poke=False).poke()
    assert run(store=store, rescheduled=True, is_first_poke=True).poke() is None, "a retry counts for itself"


def test_a_wait_that_never_read_its_job_says_so(run, dli):
    dli.readings = [DliThrottledError(429, "APIG.0308", "Too many requests")]
    runner = run()
    assert "No Flink job was read" in runner.describe()
    assert runner.poke() is None
    assert "104 was never read" in runner.describe()
