"""The example with an asset watcher: a job that fails starts the DAG, in an Airflow with all its parts."""

from __future__ import annotations

import importlib.metadata
import signal
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import ui
from local_airflow import AIRFLOW, CHECKOUT, add_jobs

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator
    from tests.e2e.conftest import LocalAirflow

DAG = "example_dli_react_to_failure"
IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, f"it took too long until {what}"
        time.sleep(0.5)


def is_watched(dli: DliEmulator) -> bool:
    """Tell whether the poller has read the list; the example of the fleet's health reads it with details."""
    return any(
        request.operation == "list" and request.query.get("show_detail") == "false"
        for request in dli.requests.copy()
    )


@pytest.mark.skipif(IS_AIRFLOW_2, reason="Airflow 2 has no asset watchers")
@pytest.mark.timeout(300)
def test_a_job_that_fails_starts_the_dag_which_tells_its_name(
    local_airflow: LocalAirflow, dli: DliEmulator, port: int
) -> None:
    add_jobs(dli, slowness=0)
    job = dli.job(204)  # which no other example stops or starts
    with (local_airflow.home / "airflow.log").open("w") as log:
        airflow = subprocess.Popen(
            [AIRFLOW, "standalone"],
            cwd=CHECKOUT,
            env=local_airflow.environment
            | ui.ui_settings(port)
            | {"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: is_watched(dli), "the jobs were watched")
        job.set_status("job_running_exception")
        until(lambda: local_airflow.state_of_last_run(DAG) in ("success", "failed"), "the DAG had run")
    finally:
        ui.stop(airflow)
    assert airflow.returncode in (0, -signal.SIGINT)
    found = local_airflow.last_run(DAG)
    assert found.state == "success", (local_airflow.home / "airflow.log").read_text()
    line = "audit-archive went from job_running to job_running_exception"
    assert found.xcoms["tell", "return_value"] == [line]
