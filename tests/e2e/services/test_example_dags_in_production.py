"""The examples, and a DAG of another time, in an Airflow with all its processes, by way of its REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from local_airflow import add_jobs
from rest import IS_AIRFLOW_2, ONE_FOR_ALL, times_told

if TYPE_CHECKING:
    from installation import Airflow

    from dli_provider.emulator import DliEmulator

pytestmark = [pytest.mark.services, pytest.mark.timeout(600), pytest.mark.usefixtures("triggerer")]

WAIT = "example_dli_wait_and_use_config"
FLEET = "example_dli_fleet_health"
DRIFT = "example_dli_config_drift"
FAILURE = "example_dli_react_to_failure"


@pytest.fixture(autouse=True)
def jobs(example_dli: DliEmulator) -> DliEmulator:
    """The jobs of the examples, as they are in the end."""
    add_jobs(example_dli, slowness=0)
    return example_dli


def until_ended(airflow: Airflow, dag_id: str, run_id: str) -> dict[tuple[str, int], str]:
    """Return the state of each task of a run that has ended."""
    airflow.until(lambda: airflow.api.run_state(dag_id, run_id) in {"success", "failed"}, f"{dag_id} ended")
    return {task: str(found["state"]) for task, found in airflow.api.tasks(dag_id, run_id).items()}


def test_a_wait_hands_the_configuration_on(airflow: Airflow, jobs: DliEmulator) -> None:
    jobs.add_job(104, [("job_submitting", None)], name="orders", job_config={"parallel_number": 4})
    run_id = airflow.begin(WAIT, job_id=104)
    airflow.until(lambda: "deferred" in airflow.states(run_id), "the wait was deferred")
    jobs.job(104).set_status("job_running")
    assert set(until_ended(airflow, WAIT, run_id).values()) == {"success"}

    found = airflow.api.tasks(WAIT, run_id)["wait_for_job", ONE_FOR_ALL]
    assert found["rendered_fields"]["job_id"] == "104"
    assert airflow.api.xcom(WAIT, run_id, "wait_for_job")["status"] == "job_running"
    assert airflow.api.xcom(WAIT, run_id, "get_job_config")["parallel_number"] == 4
    assert airflow.api.xcom(WAIT, run_id, "plan_compaction")["job_id"] == 104
    log = airflow.api.log(WAIT, run_id, "wait_for_job")
    assert log.count("Flink job 104 (orders) is job_submitting; awaiting job_running") == 1
    assert times_told(log, "Flink job 104 (orders) is job_running") == 1
    link = airflow.api.links(WAIT, run_id, "wait_for_job")["DLI console"]
    assert link == f"https://console.example.com/dli/{jobs.project_id}/104"


def test_the_fleet_is_checked_and_someone_is_told(airflow: Airflow) -> None:
    run_id = airflow.begin(FLEET)
    states = until_ended(airflow, FLEET, run_id)
    assert states["notify", ONE_FOR_ALL] == "success"
    assert states["all_is_well", ONE_FOR_ALL] == "skipped"
    report = airflow.api.xcom(FLEET, run_id, "check_fleet")
    assert {job["job_id"] for job in report["jobs"]} >= {202, 203, 204, 205}
    assert "has checkpointing off; parallel_number is 1, expected >= 2" in airflow.api.log(
        FLEET, run_id, "check_fleet"
    )
    assert "is job_submit_fail: The queue has no CUs left" in airflow.api.xcom(FLEET, run_id, "notify")


def test_drift_fails_the_job_that_has_drifted_alone(airflow: Airflow) -> None:
    run_id = airflow.begin(DRIFT)
    states = until_ended(airflow, DRIFT, run_id)
    assert [states["compare", index] for index in range(3)] == ["success", "success", "failed"]
    assert "differs in 2 keys" in airflow.api.log(DRIFT, run_id, "compare", 2)
    assert airflow.api.xcom(DRIFT, run_id, "compare", 2)["parallel_number"] == 1


@pytest.mark.skipif(IS_AIRFLOW_2, reason="Airflow 2 has no asset watchers")
def test_a_failing_job_starts_the_dag(airflow: Airflow, jobs: DliEmulator) -> None:
    airflow.until_parsed(FAILURE)
    airflow.api.unpause(FAILURE)
    airflow.until_polled(jobs)
    jobs.job(201).set_status("job_running_exception")
    runs = "SELECT run_id FROM dag_run WHERE dag_id = %s"
    airflow.until(lambda: bool(airflow.query(runs, FAILURE)), "the DAG was started")
    [[run_id]] = airflow.query(runs, FAILURE)
    assert until_ended(airflow, FAILURE, run_id) == {("tell", ONE_FOR_ALL): "success"}
    line = "payments-fraud went from job_running to job_running_exception"
    assert airflow.api.xcom(FAILURE, run_id, "tell") == [line]


def test_a_dag_and_a_connection_of_airflow_2_work_unchanged(airflow: Airflow, dli: DliEmulator) -> None:
    dag_id = "written_for_airflow_2"
    dli.add_job(700, [("job_running", None)], job_config={"parallel_number": 3})
    run_id = airflow.begin(dag_id, job_id=700)
    assert set(until_ended(airflow, dag_id, run_id).values()) == {"success"}
    assert airflow.api.xcom(dag_id, run_id, "status") == "job_running"
    assert airflow.api.xcom(dag_id, run_id, "parallelism") == 3
