"""What may happen in the middle of deferred waits, and that nothing is left of a wait that ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dli_provider.emulator import DliEmulator, faults
from dli_provider.emulator.gateway import AccessKey

if TYPE_CHECKING:
    from conftest import Airflow

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

NEW_KEY, NEW_SECRET = "EMUNEWKEY", "a-secret-of-the-new-key"


@pytest.fixture
def rotating_dli() -> Iterator[DliEmulator]:
    """An emulated DLI whose keys are replaced."""
    with DliEmulator() as emulator:
        yield emulator


def unread_for(dli: DliEmulator, job_id: int) -> float:
    """Return the seconds since a job's detail was read."""
    path = f"/jobs/{job_id}"
    return time.time() - max(request.at for request in dli.requests.copy() if request.path.endswith(path))


def test_a_wait_that_a_person_fails_or_clears_is_polled_no_more(airflow: Airflow, dli: DliEmulator) -> None:
    airflow.run("pools", "set", "held", "2", "for tasks that are not to start for a while")
    with airflow.triggerer() as triggerer:
        run_id = airflow.defer(dli, "wait_left", 301, 302)
        airflow.mark_failed(run_id, "wait_left", 0)
        airflow.until(lambda: len(airflow.waiting()) == 1, "the trigger of the failed task was deleted")
        airflow.until(lambda: unread_for(dli, 301) > 4 > unread_for(dli, 302), "only the other job was read")
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


def test_keys_are_rotated_in_mid_wait_and_the_waits_go_on_with_the_new_ones(
    airflow: Airflow, rotating_dli: DliEmulator
) -> None:
    dli, connection = rotating_dli, rotating_dli.connection
    airflow.run("connections", "add", "dli_rotated", "--conn-json", json.dumps(connection))
    with airflow.triggerer() as triggerer:
        run_id = airflow.defer(dli, "credentials_rotated", 401, 402, 403)
        airflow.until_polled(dli, 401, 402, 403)
        dli.gateway.keys[NEW_KEY] = AccessKey(NEW_SECRET)
        renewed = json.dumps(connection | {"login": NEW_KEY, "password": NEW_SECRET})
        airflow.run("connections", "delete", "dli_rotated")
        airflow.run("connections", "add", "dli_rotated", "--conn-json", renewed)
        assert {request.status for request in dli.requests.copy()} == {200}

        old_key = dli.gateway.keys[dli.access_key]
        old_key.secret = "replaced"
        airflow.until(lambda: any(request.status == 401 for request in dli.requests.copy()), "a refusal")
        airflow.until_polled(dli, 401, 402, 403)
        for job_id in (401, 402, 403):
            dli.job(job_id).set_status("job_running")
        airflow.until_states(run_id, ["success"] * 3)
        airflow.until_quiet(dli, triggerer)
    assert sum(request.status == 401 for request in dli.requests) <= 3
    assert not dli.locked


def test_dli_is_down_for_a_while_in_mid_wait(airflow: Airflow, dli: DliEmulator) -> None:
    with airflow.triggerer() as triggerer:
        run_id = airflow.defer(dli, "dli_down", 501, 502)
        airflow.until_polled(dli, 501, 502)
        dli.inject(faults.ServerError(), times=None)
        try:
            began = time.time()
            airflow.until(
                lambda: sum(r.status == 503 and r.at > began for r in dli.requests.copy()) > 3,
                "DLI was found to be down",
            )
            assert airflow.states(run_id) == ["deferred"] * 2
        finally:
            dli.clear_faults()
        dli.job(501).set_status("job_running")
        dli.job(502).set_status("job_submit_fail")
        airflow.until_states(run_id, ["success", "failed"])
        airflow.until_quiet(dli, triggerer)
    assert "DLI can't be read for now" in airflow.log(run_id, 0)
    assert "DLI can be read again" in airflow.log(run_id, 0)


@pytest.mark.timeout(1500)
def test_three_hundred_waits_share_a_few_calls(airflow: Airflow, dli: DliEmulator) -> None:
    job_ids = range(1000, 1300)
    for job_id in job_ids:
        dli.add_job(job_id, [("job_submitting", None)])
    with airflow.triggerer() as triggerer:
        run_id = airflow.begin("many_waits")
        airflow.until_states(run_id, ["deferred"] * 300, limit=900)
        airflow.until(lambda: all(airflow.waiting().values()), "the triggerer has all waits")
        airflow.until_polled(dli, *job_ids)

        began = time.time()
        airflow.until(lambda: time.time() > began + 20, "the waits were due four times")
        calls = sum(request.at > began for request in dli.requests.copy())
        assert calls < 4 * 300 / 10, f"{calls} calls for 300 waits in four intervals"

        for job_id in job_ids:
            dli.job(job_id).set_status("job_running")
        airflow.until_states(run_id, ["success"] * 300, limit=900)
        airflow.until_quiet(dli, triggerer)
    assert {job["job_id"] for job in airflow.xcoms(run_id).values()} == set(job_ids)
