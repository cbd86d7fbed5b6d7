"""The operator that deploys jobs, in a real `airflow dags test`, on the worker and deferred."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator
    from tests.e2e.conftest import LocalAirflow

DAGS = Path(__file__).with_name("dags")


@pytest.mark.parametrize("dag_id", ["deploying_on_the_worker", "deploying_deferred"])
def test_a_dag_that_deploys(local_airflow: LocalAirflow, dli: DliEmulator, dag_id: str) -> None:
    for job_id in {write.job_id for write in dli.history() if write.operation == "create_sql"}:
        dli.remove_job(job_id)
    before = len(dli.history())
    ours = {"AIRFLOW__CORE__DAGS_FOLDER": str(DAGS), "PYTHONPATH": str(DAGS.parents[2])}
    airflow = replace(local_airflow, environment=local_airflow.environment | ours)
    output = airflow.run("dags", "test", dag_id).stdout
    run = airflow.last_run(dag_id)
    assert set(run.tasks.values()) == {"success"}, output
    writes = dli.history()[before:]
    created = ["create_sql", "run"]
    assert [write.operation for write in writes] == [*created, *created, "stop", "update_sql", "run"]
    assert "'password' = 'swordfish1'" in writes[0].arguments["sql_body"]
    assert writes[0].arguments["queue_name"] == "flink"
    assert writes[-1].restored_from
    assert run.xcoms["deploy", "job_id"] == writes[0].job_id
    assert run.xcoms["deploy", "return_value"]["action"] == "created"
    assert run.xcoms["deploy_again", "return_value"]["action"] == "upgraded"
    assert run.xcoms["deploy_again", "return_value"]["changes"] == ["cu_number"]

    stored = rendered_fields(local_airflow, dag_id)
    assert stored["deploy"]["sql"].endswith("SELECT * FROM source")
    assert json.dumps(stored["deploy"]).count("flink") == 1
    assert "SELECT 1" in stored["deploy_mapped"]["sql"]
    assert "swordfish1" not in json.dumps(stored)
    assert "swordfish1" not in output


def rendered_fields(airflow: LocalAirflow, dag_id: str) -> dict[str, dict[str, Any]]:
    """Read what Airflow stored of the tasks' arguments."""
    with closing(sqlite3.connect(airflow.home / "airflow.db")) as database:
        rows = database.execute(
            "SELECT task_id, rendered_fields FROM rendered_task_instance_fields WHERE dag_id = ?", (dag_id,)
        ).fetchall()
    return {task_id: json.loads(fields) for task_id, fields in rows}
