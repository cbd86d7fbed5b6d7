"""### Check many Flink jobs, and tell someone when one is not healthy

`check_fleet` checks all jobs of the project every 15 minutes. `is_anyone_sick` branches on its report.
`notify` sends the report's text, here to the log; send it by mail or chat instead. To fail the task, leave
out `fail_on_unhealthy`, or choose with `fail_on` which jobs matter.

The DAG uses the connection `dli_default`.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pendulum

from dli_provider.operators.flink import DliFlinkHealthCheckOperator

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2.11
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]

log = logging.getLogger(__name__)


@dag(
    schedule=timedelta(minutes=15),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["dli", "flink", "example"],
)
def example_dli_fleet_health() -> None:
    """Check all jobs, and report those that aren't healthy."""
    check_fleet = DliFlinkHealthCheckOperator(
        task_id="check_fleet",
        healthy_status=["job_running", "job_savepointing", "job_finish"],  # batch jobs come to an end
        starting_limit=timedelta(minutes=10),
        max_restarts=5,
        checkpointing=True,
        auto_restart=True,
        expected_config={"parallel_number": {">=": 2}},
        fail_on_unhealthy=False,
    )

    @task.branch
    def is_anyone_sick(report: dict[str, Any]) -> str:
        """Choose the next task."""
        choice = "all_is_well" if report["by_verdict"]["healthy"] == report["total"] else "notify"
        log.info("%s: %s comes next", report["summary"], choice)
        return choice

    @task
    def notify(report: dict[str, Any]) -> str:
        """Send the report; for a chat, use report["markdown"]."""
        message: str = report["text"]
        log.warning(message)
        return message

    @task
    def all_is_well(report: dict[str, Any]) -> None:
        """Log it."""
        log.info(report["summary"])

    report: Any = check_fleet.output  # a dict when the tasks run
    is_anyone_sick(report) >> [notify(report), all_is_well(report)]


example_dag = example_dli_fleet_health()

if __name__ == "__main__":
    example_dag.test()
