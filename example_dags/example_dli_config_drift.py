"""### Find Flink jobs whose configuration has drifted from a baseline

The baseline is the file `example_dli_config_drift.json` beside this one. It holds the expected `job_config`
of each job, by the job's name. The DAG reads it when it runs.

There is a mapped task for each job, shown under the job's name. It fails with a table of the differences.
With the sample jobs of the emulator, `audit-archive` fails, because its checkpoints are off.

The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pendulum

from dli_provider.operators.flink import DliGetFlinkJobConfigOperator

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2.11
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]

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
        """Return the arguments of each mapped task."""
        baseline: dict[str, Any] = json.loads(BASELINE.read_text())
        return [{"job_name": name, "expected": expected} for name, expected in baseline.items()]

    DliGetFlinkJobConfigOperator.partial(
        task_id="compare", map_index_template="{{ task.job_name }}"
    ).expand_kwargs(read_baseline())


example_dag = example_dli_config_drift()

if __name__ == "__main__":
    example_dag.test()
