"""### Stop a Flink job for maintenance, and run it again with its state

`stop_job` stops the job with a savepoint, `compact_table` does the maintenance, and `run_again` starts the
job from the savepoint. `run_again` is the teardown of `stop_job`, so it runs even if the maintenance fails.
To see that, trigger the DAG with *Let the maintenance fail*.

Airflow ignores teardowns when it sets a DAG run's state. So `check_health` comes last, and the run fails if
the maintenance or the teardown fails.

The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import logging
from typing import Any

import pendulum

from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliRunFlinkJobOperator,
    DliStopFlinkJobOperator,
)

try:
    from airflow.sdk import Param, dag, task
except ImportError:  # Airflow 2.11
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]
    from airflow.models.param import Param  # type: ignore[import-not-found,no-redef]

JOB = "payments-fraud"
WAIT: Any = {"deferrable": True, "poke_interval": 2}  # seconds; use 30 for a real job, which takes minutes

log = logging.getLogger(__name__)


@dag(
    schedule="@weekly",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    params={"let_maintenance_fail": Param(False, type="boolean", title="Let the maintenance fail")},
    doc_md=__doc__,
    tags=["dli", "flink", "example"],
)
def example_dli_maintenance() -> None:
    """Stop a job, do the maintenance, and run it again."""
    stop_job = DliStopFlinkJobOperator(task_id="stop_job", job_name=JOB, **WAIT)
    run_again = DliRunFlinkJobOperator(task_id="run_again", job_name=JOB, resume_savepoint=True, **WAIT)
    stopped: Any = stop_job.output  # dicts when the tasks run
    running: Any = run_again.output
    check_health = DliFlinkHealthCheckOperator(task_id="check_health", job_ids=[running["job_id"]])

    @task
    def compact_table(job: dict[str, Any], params: dict[str, Any] | None = None) -> None:
        """Compact the table while the job doesn't write to it."""
        log.info("%s is %s: compacting its table", job["name"], job["status"])
        if params and params["let_maintenance_fail"]:
            raise RuntimeError("The maintenance failed, as requested")

    maintenance = compact_table(stopped)
    maintenance >> run_again.as_teardown(setups=stop_job)
    [maintenance, run_again] >> check_health


example_dag = example_dli_maintenance()

if __name__ == "__main__":
    example_dag.test()
