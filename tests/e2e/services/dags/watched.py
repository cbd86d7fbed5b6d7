"""A DAG that a failing Flink job starts; Airflow 2 has no asset watchers, and no such DAG."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dli_provider.airflow_compat import HAS_ASSET_WATCHERS
from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

if HAS_ASSET_WATCHERS:
    from airflow.sdk import DAG, Asset, AssetWatcher, task

    trigger = DliFlinkJobStatusChangeTrigger(
        statuses=["job_running_exception"], poke_interval=1, dli_conn_id="dli_watched"
    )
    failures = Asset("failures", watchers=[AssetWatcher(name="failures", trigger=trigger)])

    with DAG("job_failed", schedule=[failures], start_date=datetime(2026, 1, 1), catchup=False):  # noqa: DTZ001

        @task
        def tell(triggering_asset_events: Any = None) -> list[dict[str, Any]]:
            """Return the changes that started the run."""
            return [event.extra["payload"] for event in triggering_asset_events[failures]]

        tell()
