"""### Find Flink jobs whose configuration has drifted from a baseline

The baseline is the file `example_dli_config_drift.json` beside this one. For each job, by its name, it says
what `job_config` must hold. It is read when the DAG runs, so that a new baseline needs no new DAG.

There is one task for each job, shown under the job's name. It fails with a table of what differs, as the task
of `audit-archive` does with the jobs that the emulator plays: its checkpoints are off.

The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pendulum
from airflow.providers.common.compat.sdk import dag, task

from dli_provider.operators.flink import DliGetFlinkJobConfigOperator

BASELINE = Path(__file__).with_suffix(".json")


@dag(
    schedule="@daily",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    doc_md=__doc__,
    tags=["dli", "flink", "example"],
)
def example_dli_config_drift() -> None:
    """Compare the configuration of each job with the baseline."""

    @task
    def read_baseline() -> list[dict[str, Any]]:
        """Return the arguments of the task for each job."""
        baseline: dict[str, Any] = json.loads(BASELINE.read_text())
        return [{"job_name": name, "expected": expected} for name, expected in baseline.items()]

    DliGetFlinkJobConfigOperator.partial(
        task_id="compare", map_index_template="{{ task.job_name }}"
    ).expand_kwargs(read_baseline())


example_dag = example_dli_config_drift()

if __name__ == "__main__":
    example_dag.test()
