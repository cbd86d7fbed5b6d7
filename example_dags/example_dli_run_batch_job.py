"""### Run a Flink job to its end, then use its result

`run_job` starts the job and waits in the triggerer until it has finished. If the job fails, the task fails,
and a retry starts another run. `load_new_files` gets the job's summary by XCom, and loads what this run has
written.

The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pendulum

from dli_provider.operators.flink import DliRunFlinkJobOperator

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2.11
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]

log = logging.getLogger(__name__)


@dag(
    schedule="@daily",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["dli", "flink", "example"],
)
def example_dli_run_batch_job() -> None:
    """Run a job, wait for its end, and load what it has written."""
    run_job = DliRunFlinkJobOperator(
        task_id="run_job",
        job_name="orders-daily",
        target_status="job_finish",
        poke_interval=2,  # seconds; use 60 for a real job, which takes minutes
        timeout=timedelta(hours=6),
        deferrable=True,
    )

    @task
    def load_new_files(job: dict[str, Any]) -> dict[str, Any]:
        """Load the files that are newer than the start of the run."""
        log.info("%s has finished: loading the files written since %s", job["name"], job["start_time"])
        return {"job_id": job["job_id"], "newer_than": job["start_time"]}

    job: Any = run_job.output  # a dict when the task runs
    load_new_files(job)


example_dag = example_dli_run_batch_job()

if __name__ == "__main__":
    example_dag.test()
