"""### Deploy Flink jobs from git, check their health, and use their configuration

The SQL is in the file `example_dli_deploy.sql` beside this one, and is rendered for each region. Each
`deploy` task creates a job that doesn't exist, leaves an equal one alone, and upgrades one that differs:
stops it with a savepoint, updates it, and resumes it. With the sample jobs of the emulator, the first run
upgrades `sales-eu` and creates `sales-us`; a second run changes nothing.

`check_health` fails unless both jobs are healthy. `add_up_writers` uses their configuration.

The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import logging
from typing import Any

import pendulum

from dli_provider.operators.flink import (
    DliDeployFlinkJobOperator,
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
)

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2.11
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]

REGIONS = ("eu", "us")
DEFINITION = {
    "queue_name": "streaming",
    "obs_bucket": "sales-state",  # where savepoints and checkpoints are kept
    "checkpoint_enabled": True,
    "checkpoint_interval": 60,
    "parallel_number": 2,
    "restart_when_exception": True,
}

log = logging.getLogger(__name__)


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    max_active_runs=1,  # two deployments of one job must not overlap
    doc_md=__doc__,
    tags=["dli", "flink", "example"],
)
def example_dli_deploy() -> None:
    """Deploy a job for each region, and check their health."""
    deployed: list[Any] = [  # dicts when the tasks run
        DliDeployFlinkJobOperator(
            task_id=f"deploy_{region}",
            job_name=f"sales-{region}",
            sql="example_dli_deploy.sql",
            params={"region": region},
            definition=DEFINITION,
            poke_interval=1,  # seconds; use 30 for a real job, which takes minutes to start
            deferrable=True,
        ).output
        for region in REGIONS
    ]
    check_health = DliFlinkHealthCheckOperator(
        task_id="check_health",
        job_ids=[job["job_id"] for job in deployed],
        checkpointing=True,
        auto_restart=True,
    )
    get_job_config = DliGetFlinkJobConfigOperator.partial(
        task_id="get_job_config", map_index_template="{{ task.job_name }}"
    ).expand(job_name=[f"sales-{region}" for region in REGIONS])

    @task
    def add_up_writers(job_configs: Any) -> int:
        """Return how many writers the jobs have together, to size what comes next."""
        writers: int = sum(job_config["parallel_number"] for job_config in job_configs)
        log.info("The jobs have %s writers together", writers)
        return writers

    check_health >> get_job_config
    add_up_writers(get_job_config.output)


example_dag = example_dli_deploy()

if __name__ == "__main__":
    example_dag.test()
