"""### Wait for a Flink job, then use its configuration

`wait_for_job` waits in the triggerer until the job runs, without holding a worker slot. `get_job_config`
reads the job's configuration. `plan_compaction` uses it to plan the batch jobs that come next.

The DAG's parameter `job_id` names the job. The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pendulum

from dli_provider.operators.flink import DliGetFlinkJobConfigOperator
from dli_provider.sensors.flink import DliFlinkJobSensor

try:
    from airflow.sdk import Param, dag, task
except ImportError:  # Airflow 2.11
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]
    from airflow.models.param import Param  # type: ignore[import-not-found,no-redef]

log = logging.getLogger(__name__)


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    params={
        "job_id": Param(104, type="integer", minimum=1, title="Flink job", description="Id of the job on DLI")
    },
    doc_md=__doc__,
    tags=["dli", "flink", "example"],
)
def example_dli_wait_and_use_config() -> None:
    """Wait for a job, read its configuration, and plan with it."""
    wait_for_job = DliFlinkJobSensor(
        task_id="wait_for_job",
        job_id="{{ params.job_id }}",
        target_status="job_running",
        poke_interval=2,  # seconds; use 60 for a real job, which takes minutes to start
        timeout=timedelta(hours=1),
        deferrable=True,
    )
    get_job_config = DliGetFlinkJobConfigOperator(task_id="get_job_config", job_id="{{ params.job_id }}")

    @task
    def plan_compaction(job: dict[str, Any], job_config: dict[str, Any]) -> dict[str, Any]:
        """Return how many files the job writes in an hour: one for each writer and checkpoint."""
        log.info("job_config of %s (%s):\n%s", job["name"], job["status"], json.dumps(job_config, indent=2))
        writers = job_config.get("parallel_number") or 1
        checkpoints = 3600 // (job_config.get("checkpoint_interval") or 10)
        files = writers * checkpoints if job_config.get("checkpoint_enabled") else 0
        log.info(
            "%s writers, %s checkpoints an hour: %s files to compact an hour", writers, checkpoints, files
        )
        return {"job_id": job["job_id"], "files_per_hour": files}

    wait_for_job >> get_job_config
    job: Any = wait_for_job.output  # dicts when the task runs
    job_config: Any = get_job_config.output
    plan_compaction(job, job_config)


example_dag = example_dli_wait_and_use_config()

if __name__ == "__main__":
    example_dag.test()
