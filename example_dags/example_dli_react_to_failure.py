"""### Start a DAG when a Flink job fails (Airflow 3)

An asset watcher reads the jobs of the project in the triggerer. Every change to one of the given statuses
starts a run of the DAG. The event holds the job's id, name, old and new status.

The DAG uses the connection `dli_default`. Airflow 2 has no asset watchers; there this file defines no DAG.
"""

from __future__ import annotations

import logging
from typing import Any

import pendulum

from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

log = logging.getLogger(__name__)

try:
    from airflow.sdk import Asset, AssetWatcher, dag, task
except ImportError:  # Airflow 2.11
    pass
else:
    failures = DliFlinkJobStatusChangeTrigger(
        statuses=["job_submit_fail", "job_running_exception", "job_arrearage_stopped"],
        poke_interval=15,
    )
    failed_jobs = Asset(
        "dli_failed_flink_jobs",
        watchers=[AssetWatcher(name="dli_failed_flink_jobs", trigger=failures)],
    )

    @dag(
        schedule=[failed_jobs],
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        catchup=False,
        doc_md=__doc__,
        tags=["dli", "flink", "example"],
    )
    def example_dli_react_to_failure() -> None:
        """Log which job failed."""

        @task
        def tell(triggering_asset_events: Any = None) -> list[str]:
            """Log a line for each change that started this run."""
            changes = [event.extra["payload"] for event in triggering_asset_events[failed_jobs]]
            lines = [
                f"{change['name'] or change['job_id']} went from {change['old_status']} to {change['status']}"
                for change in changes
            ]
            log.warning("\n".join(lines))
            return lines

        tell()

    example_dag = example_dli_react_to_failure()
