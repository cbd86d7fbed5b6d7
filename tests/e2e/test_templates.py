"""Arguments from templates, upstream tasks, mapping and files, in a real `airflow dags test`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator
    from tests.e2e.conftest import LocalAirflow

DAGS = Path(__file__).with_name("dags")
REASONS = [
    "Neither job_id nor job_name names a job",
    "expected, file 'nowhere.json': there is no such file in",
    "expected: was given and is empty",
    "job_ids was given, but is ",
    "queue_name was given, but is None",
    "queue_name was given, but is ''",
]


@pytest.mark.parametrize("dag_id", ["templates_rendered_as_text", "templates_rendered_natively"])
def test_arguments_mean_the_same_however_they_come(
    local_airflow: LocalAirflow, dli: DliEmulator, dag_id: str
) -> None:
    config = {"parallel_number": 4, "checkpoint_enabled": True}
    dli.add_job(104, [("job_running", None)], name="orders", job_config=config, queue_name="etl")
    dli.add_job(105, [("job_running", None)], name="orders_2", job_config=config, queue_name="etl")
    airflow = replace(
        local_airflow, environment=local_airflow.environment | {"AIRFLOW__CORE__DAGS_FOLDER": str(DAGS)}
    )
    run = airflow.run("dags", "test", dag_id)
    tasks = airflow.last_run(dag_id).tasks
    failed = {name for name, state in tasks.items() if state == "failed"}
    assert failed == {name for name in tasks if name.startswith("fails_")}, run.stdout
    assert {state for name, state in tasks.items() if name not in failed} == {"success"}
    for reason in REASONS:
        assert reason in run.stdout
