"""A DAG that any change at a hostile DLI starts; Airflow 2 has no asset watchers, and no such DAG."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Asset, task
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

if AIRFLOW_V_3_0_PLUS:
    from airflow.sdk import AssetWatcher

    trigger = DliFlinkJobStatusChangeTrigger(queue_name="watched", poke_interval=1, dli_conn_id="dli_hostile")
    changes = Asset("hostile_changes", watchers=[AssetWatcher(name="hostile_changes", trigger=trigger)])

    with DAG("hostile_watched", schedule=[changes], start_date=datetime(2026, 1, 1), catchup=False):  # noqa: DTZ001

        @task
        def tell(triggering_asset_events: Any = None) -> list[dict[str, Any]]:
            """Return the changes that started the run."""
            return [event.extra["payload"] for event in triggering_asset_events[changes]]

        tell()
