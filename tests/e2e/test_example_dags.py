"""The example DAGs load cleanly, and the main one runs in a real `airflow dags test` against the emulator."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from local_airflow import EXAMPLES, add_jobs

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator
    from tests.e2e.conftest import LocalAirflow

MAIN = "example_dli_wait_and_use_config"
FLEET = "example_dli_fleet_health"
DRIFT = "example_dli_config_drift"
BATCH = "example_dli_run_batch_job"
MAINTENANCE = "example_dli_maintenance"
DEPLOY = "example_dli_deploy"
NEEDS_AIRFLOW_3 = "example_dli_react_to_failure"
IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")

LOAD = """
import json, sys
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(json.dumps([sorted(bag.dags), bag.import_errors, dict(bag.captured_warnings)]))
"""


def test_every_example_loads_without_an_error_or_a_warning(local_airflow: LocalAirflow) -> None:
    command = [sys.executable, "-W", "always", "-c", LOAD, str(EXAMPLES)]
    run = subprocess.run(
        command, env=local_airflow.environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stderr
    dags, errors, warnings = json.loads(run.stdout.splitlines()[-1])
    assert errors == {}
    assert warnings == {}
    files = {path.stem for path in EXAMPLES.glob("*.py")}
    assert set(dags) == (files - {NEEDS_AIRFLOW_3} if IS_AIRFLOW_2 else files)


def test_the_main_example_waits_and_hands_the_configuration_on(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    dli.add_job(
        104,
        lifecycle=[("job_submitting", 1.0), ("job_running", None)],
        name="orders",
        job_config={"checkpoint_enabled": True, "checkpoint_interval": 60, "parallel_number": 4},
    )
    run = local_airflow.run("dags", "test", MAIN)
    assert run.returncode == 0, run.stdout
    found = local_airflow.last_run(MAIN)
    assert found.state == "success"
    assert set(found.tasks.values()) == {"success"}
    assert found.xcoms["wait_for_job", "return_value"]["status"] == "job_running"
    assert found.xcoms["get_job_config", "return_value"]["parallel_number"] == 4
    assert found.xcoms["plan_compaction", "return_value"] == {"job_id": 104, "files_per_hour": 240}


def test_a_job_that_does_not_exist_fails_the_run_and_says_so(local_airflow: LocalAirflow) -> None:
    run = local_airflow.run("dags", "test", MAIN, "--conf", json.dumps({"job_id": 999}))
    assert run.returncode != 0
    assert "DLI.16001" in run.stdout
    assert "999" in run.stdout
    found = local_airflow.last_run(MAIN)
    assert found.state == "failed"
    assert found.tasks == {
        "wait_for_job": "failed",
        "get_job_config": "upstream_failed",
        "plan_compaction": "upstream_failed",
    }


def test_a_job_that_can_not_run_any_more_fails_the_run_at_once(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    dli.add_job(105, lifecycle=[("job_submit_fail", None)], name="orders", status_desc="no CUs left")
    run = local_airflow.run("dags", "test", MAIN, "--conf", json.dumps({"job_id": 105}))
    assert run.returncode != 0
    assert "Flink job 105 (orders) is job_submit_fail: no CUs left" in run.stdout
    assert local_airflow.last_run(MAIN).tasks["wait_for_job"] == "failed"


def test_the_fleet_example_reports_the_sick_jobs_to_a_person(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    run = local_airflow.run("dags", "test", FLEET)
    assert run.returncode == 0, run.stdout
    found = local_airflow.last_run(FLEET)
    assert found.tasks["notify"] == "success"
    assert found.tasks["all_is_well"] == "skipped"
    report = found.xcoms["check_fleet", "return_value"]
    assert {job["job_id"] for job in report["jobs"]} >= {202, 203, 204, 205}
    message = found.xcoms["notify", "return_value"]
    assert message.startswith(report["summary"])
    assert "is job_submit_fail: The queue has no CUs left" in message
    assert "has checkpointing off; parallel_number is 1, expected >= 2" in message
    assert re.search(r"is still job_submitting 6\d min after its start", message)


def test_the_fleet_example_is_content_with_a_healthy_fleet(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    for job in dli.jobs:
        if job.job_id not in (104, 201, 206, 207):
            dli.jobs.remove(job.job_id)
    run = local_airflow.run("dags", "test", FLEET)
    assert run.returncode == 0, run.stdout
    found = local_airflow.last_run(FLEET)
    assert found.tasks["all_is_well"] == "success"
    assert found.tasks["notify"] == "skipped"


def test_the_drift_example_passes_while_the_jobs_are_as_the_baseline_says(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    dli.job(204).update(job_config={"checkpoint_enabled": True, "parallel_number": 2})
    run = local_airflow.run("dags", "test", DRIFT)
    assert run.returncode == 0, run.stdout
    assert local_airflow.last_run(DRIFT).state == "success"


def test_the_drift_example_fails_with_a_table_of_what_differs(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    run = local_airflow.run("dags", "test", DRIFT)
    assert run.returncode != 0
    assert "The configuration of Flink job 204 (audit-archive) differs in 2 keys" in run.stdout
    assert "clicks-sessions) differs" not in run.stdout
    assert local_airflow.last_run(DRIFT).state == "failed"


def test_the_batch_example_runs_its_job_to_the_end_and_hands_the_result_on(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    run = local_airflow.run("dags", "test", BATCH)
    assert run.returncode == 0, run.stdout
    found = local_airflow.last_run(BATCH)
    assert found.tasks == {"run_job": "success", "load_new_files": "success"}
    summary = found.xcoms["run_job", "return_value"]
    assert (summary["status"], summary["action"]) == ("job_finish", "started")
    assert found.xcoms["load_new_files", "return_value"] == {
        "job_id": 206,
        "newer_than": summary["start_time"],
    }
    assert [write.operation for write in dli.history(206)] == ["run"]


def test_the_maintenance_example_runs_the_job_again_with_its_state_though_the_maintenance_fails(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    run = local_airflow.run("dags", "test", MAINTENANCE, "--conf", json.dumps({"let_maintenance_fail": True}))
    assert run.returncode != 0
    found = local_airflow.last_run(MAINTENANCE)
    assert found.state == "failed"
    assert found.tasks == {
        "stop_job": "success",
        "compact_table": "failed",
        "run_again": "success",
        "check_health": "upstream_failed",
    }
    stop, restart = dli.history(201)
    assert (stop.operation, restart.operation) == ("stop", "run")
    assert restart.restored_from
    assert f"its savepoint is {restart.restored_from}" in run.stdout
    assert dli.job(201).status == "job_running"


def test_the_deploy_example_upgrades_one_job_creates_another_and_hands_their_configuration_on(
    local_airflow: LocalAirflow, dli: DliEmulator
) -> None:
    add_jobs(dli, slowness=0)
    run = local_airflow.run("dags", "test", DEPLOY)
    assert run.returncode == 0, run.stdout
    found = local_airflow.last_run(DEPLOY)
    assert set(found.tasks.values()) == {"success"}
    upgraded, created = (found.xcoms[f"deploy_{region}", "return_value"] for region in ("eu", "us"))
    assert (upgraded["action"], upgraded["changes"]) == ("upgraded", ["sql_body"])
    assert created["action"] == "created"
    assert "+WHERE amount > 0" in run.stdout
    assert [write.operation for write in dli.history(207)] == ["stop", "update_sql", "run"]
    assert dli.history(207)[-1].restored_from
    sql = dli.history(created["job_id"])[0].arguments["sql_body"]
    assert "'topic' = 'orders-us'" in sql
    assert found.xcoms["check_health", "return_value"]["summary"] == "All 2 Flink jobs are healthy"
    assert found.xcoms["add_up_writers", "return_value"] == 4


def test_what_the_deploy_example_changes_is_one_line(dli: DliEmulator) -> None:
    add_jobs(dli, slowness=0)
    before = dli.jobs.value(dli.job(207), "sql_body").splitlines()
    after = (EXAMPLES / "example_dli_deploy.sql").read_text().replace("{{ params.region }}", "eu")
    assert [line for line in after.splitlines() if line not in before] == ["WHERE amount > 0"]
    assert [line for line in before if line not in after.splitlines()] == []
