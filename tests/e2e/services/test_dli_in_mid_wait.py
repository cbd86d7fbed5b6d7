"""What may happen to DLI, to its jobs and to the credentials in the middle of deferred waits."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dli_provider.emulator import DliEmulator, faults
from dli_provider.emulator.services.gateway import AccessKey

if TYPE_CHECKING:
    import psutil
    from installation import Airflow

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

NEW_KEY, NEW_SECRET = "EMUNEWKEY", "a-secret-of-the-new-key"


@pytest.fixture
def own_dli() -> Iterator[DliEmulator]:
    """An emulated DLI of a test's own."""
    with DliEmulator() as emulator:
        yield emulator


def store(airflow: Airflow, connection_id: str, connection: dict[str, Any]) -> None:
    """Keep a connection in Airflow's database, instead of the one of that id."""
    airflow.run("connections", "delete", connection_id, ok_to_fail=True)
    airflow.run("connections", "add", connection_id, "--conn-json", json.dumps(connection))


def answers(dli: DliEmulator, status: int, operation: str | None = None) -> int:
    """Return how many requests were answered with an HTTP status."""
    return sum(r.status == status and operation in {None, r.operation} for r in dli.requests)


def test_dli_is_gone_for_a_minute(airflow: Airflow, triggerer: psutil.Popen, dli: DliEmulator) -> None:
    run_id = airflow.defer(dli, "dli_down", 501, 502)
    airflow.until_polled(dli, 501, 502)
    dli.stop()
    try:
        until = time.monotonic() + 60
        airflow.until(lambda: time.monotonic() > until, "DLI was gone for a minute")
        assert airflow.states(run_id) == ["deferred"] * 2
    finally:
        dli.start()
    dli.job(501).set_status("job_running")
    dli.job(502).set_status("job_submit_fail")
    airflow.until_states(run_id, ["success", "failed"])
    airflow.until_quiet(dli, triggerer)
    log = airflow.api.log("dli_down", run_id, "wait", 0)
    assert log.count("DLI can't be read for now") == 1
    assert log.count("DLI can be read again, after") == 1


def test_dli_throttles_to_one_call_a_second(
    airflow: Airflow, triggerer: psutil.Popen, dli: DliEmulator
) -> None:
    job_ids = range(511, 523)
    run_id = airflow.defer(dli, "dli_throttled", *job_ids)
    airflow.until_polled(dli, *job_ids)
    dli.inject(faults.RateLimit(calls=1, seconds=1.0), times=None)
    try:
        airflow.until(lambda: answers(dli, 429) > 0, "a call was throttled")
        for job_id in job_ids:
            dli.job(job_id).set_status("job_running" if job_id % 2 else "job_submit_fail")
        airflow.until_states(run_id, ["success", "failed"] * 6)
    finally:
        dli.clear_faults()
    airflow.until_quiet(dli, triggerer)
    assert answers(dli, 429) < 2 * len(job_ids)


def test_the_watched_job_is_deleted(airflow: Airflow, triggerer: psutil.Popen, dli: DliEmulator) -> None:
    run_id = airflow.defer(dli, "job_deleted", 531, 532)
    airflow.until_polled(dli, 531, 532)
    dli.remove_job(531)
    airflow.until_states(run_id, ["failed", "deferred"])
    dli.job(532).set_status("job_running")
    airflow.until_states(run_id, ["failed", "success"])
    airflow.until_quiet(dli, triggerer)
    log = airflow.api.log("job_deleted", run_id, "wait", 0)
    assert "DliNotFoundError" in log
    assert "DLI.16001" in log


def test_waits_go_on_with_the_new_keys_when_the_old_ones_are_refused(
    airflow: Airflow, triggerer: psutil.Popen, own_dli: DliEmulator
) -> None:
    dli, connection = own_dli, own_dli.connection
    store(airflow, "dli_rotated", connection)
    run_id = airflow.defer(dli, "credentials_rotated", 401, 402, 403)
    airflow.until_polled(dli, 401, 402, 403)
    dli.gateway.keys[NEW_KEY] = AccessKey(NEW_SECRET)
    store(airflow, "dli_rotated", connection | {"login": NEW_KEY, "password": NEW_SECRET})
    assert {request.status for request in dli.requests} == {200}

    dli.gateway.keys[dli.access_key].secret = "replaced"
    airflow.until(lambda: answers(dli, 401) > 0, "a refusal")
    airflow.until_polled(dli, 401, 402, 403)
    for job_id in (401, 402, 403):
        dli.job(job_id).set_status("job_running")
    airflow.until_states(run_id, ["success"] * 3)
    airflow.until_quiet(dli, triggerer)
    assert answers(dli, 401) <= 2
    assert not dli.locked


def test_a_token_that_is_revoked_is_renewed_once(
    airflow: Airflow, triggerer: psutil.Popen, own_dli: DliEmulator
) -> None:
    dli = own_dli
    store(airflow, "dli_token", dli.password_connection)
    run_id = airflow.defer(dli, "token_expired", 411, 412)
    airflow.until_polled(dli, 411, 412)
    assert answers(dli, 401) == 0

    dli.iam.revoke_tokens()
    airflow.until(lambda: answers(dli, 401) > 0, "the token was refused")
    airflow.until_polled(dli, 411, 412)
    dli.job(411).set_status("job_running")
    dli.job(412).set_status("job_running")
    airflow.until_states(run_id, ["success"] * 2)
    airflow.until_quiet(dli, triggerer)
    assert answers(dli, 401) <= 2
