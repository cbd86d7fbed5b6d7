"""The operators that act, in a real `airflow dags test`, on the worker and deferred."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator
    from tests.e2e.conftest import LocalAirflow

DAGS = Path(__file__).with_name("dags")
TO_ITS_END = (("job_submitting", 0.5), ("job_running", 1.0), ("job_finish", None))


@pytest.mark.parametrize("dag_id", ["acting_on_the_worker", "acting_deferred"])
def test_a_dag_that_acts(local_airflow: LocalAirflow, dli: DliEmulator, dag_id: str) -> None:
    before = {job: len(dli.history(job)) for job in (104, 105, 7)}
    for job_id in (104, 105):
        dli.add_job(job_id, status="job_finish").set_run(TO_ITS_END)
    dli.add_job(7, status="job_cancel_success", name="orders", job_config={"obs_bucket": "bucket"})
    ours = {"AIRFLOW__CORE__DAGS_FOLDER": str(DAGS), "PYTHONPATH": str(DAGS.parents[2])}
    airflow = replace(local_airflow, environment=local_airflow.environment | ours)
    output = airflow.run("dags", "test", dag_id).stdout
    run = airflow.last_run(dag_id)
    assert run.tasks.pop("fails_elsewhere") == "failed"
    assert set(run.tasks.values()) == {"success"}, output
    writes = {job: [write.operation for write in dli.history(job)][count:] for job, count in before.items()}
    assert writes == {104: ["run"], 105: ["run"], 7: ["run", "savepoint", "stop", "delete"]}
    assert "region was given and is empty" in output
    assert run.xcoms["run", "job_id"] == 7
    assert run.xcoms["run", "return_value"]["action"] == "started"
    assert run.xcoms["save", "return_value"]["savepoint_path"]
    assert run.xcoms["stop", "return_value"]["action"] == "stopped"
    assert run.xcoms["delete", "return_value"] == 7
    assert ("delete_again", "return_value") not in run.xcoms
