"""Deferred waits by the hundred, and that nothing is left of a wait that ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from installation import QUIET

if TYPE_CHECKING:
    import psutil
    from installation import Airflow

    from dli_provider.emulator import DliEmulator

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


def unread_for(dli: DliEmulator, job_id: int) -> float:
    """Return the seconds since a job's detail was read."""
    path = f"/jobs/{job_id}"
    return time.time() - max(request.at for request in dli.requests if request.path.endswith(path))


def rounds_since(dli: DliEmulator, began: float) -> int:
    """Return how often the reading of the list began."""
    found = (request for request in dli.requests if request.at > began and request.operation == "list")
    return sum(request.query["offset"] == "0" for request in found)


def test_a_wait_that_a_person_fails_or_clears_is_polled_no_more(
    airflow: Airflow, triggerer: psutil.Popen, dli: DliEmulator
) -> None:
    airflow.run("pools", "set", "held", "2", "for tasks that are not to start for a while")
    run_id = airflow.defer(dli, "wait_left", 301, 302)
    airflow.api.mark_failed("wait_left", run_id, "wait", 0)
    airflow.until(lambda: len(airflow.waiting()) == 1, "the trigger of the failed task was deleted")
    airflow.until(lambda: unread_for(dli, 301) > QUIET > unread_for(dli, 302), "only the other job was read")
    airflow.run("pools", "set", "held", "0", "for tasks that are not to start for a while")
    airflow.run("tasks", "clear", "--yes", "wait_left")
    airflow.until_states(run_id, ["scheduled"] * 2)
    airflow.until_quiet(dli, triggerer)
    assert [dli.job(job_id).status for job_id in (301, 302)] == ["job_submitting"] * 2

    airflow.run("pools", "set", "held", "2", "for tasks that are not to start for a while")
    airflow.until_states(run_id, ["deferred"] * 2)
    for job_id in (301, 302):
        dli.job(job_id).set_status("job_running")
    airflow.until_states(run_id, ["success"] * 2)
    airflow.until_quiet(dli, triggerer)
    assert {request.method for request in dli.requests} == {"GET"}


@pytest.mark.timeout(1500)
def test_three_hundred_waits_share_a_few_calls(
    airflow: Airflow, triggerer: psutil.Popen, dli: DliEmulator
) -> None:
    job_ids = range(1000, 1300)
    for job_id in job_ids:
        dli.add_job(job_id, [("job_submitting", None)])
    run_id = airflow.begin("many_waits")
    airflow.until_states(run_id, ["deferred"] * 300, limit=900)
    airflow.until(lambda: all(airflow.waiting().values()), "the triggerer has all waits")
    airflow.until_polled(dli, *job_ids)

    began = time.time()
    airflow.until(lambda: rounds_since(dli, began) > 4, "the whole list was read four times")
    calls = sum(request.at > began for request in dli.requests)
    assert calls < 4 * 300 / 10, f"{calls} calls for four rounds of 300 waits"

    for job_id in job_ids:
        dli.job(job_id).set_status("job_running")
    airflow.until_states(run_id, ["success"] * 300, limit=900)
    airflow.until_quiet(dli, triggerer)
