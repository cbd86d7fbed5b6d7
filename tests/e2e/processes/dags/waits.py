"""DAGs that wait for Flink jobs without a worker slot; every test has its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from dli_provider.sensors.flink import DliFlinkJobSensor


def waits(dag_id: str, job_ids: Iterable[int], **sensor: Any) -> DAG:
    """Return a DAG with a mapped wait for every job."""
    with DAG(dag_id, schedule=None, start_date=datetime(2026, 1, 1), catchup=False) as dag:  # noqa: DTZ001
        options = {"poke_interval": 1, "timeout": 600, "deferrable": True} | sensor
        DliFlinkJobSensor.partial(task_id="wait", **options).expand(job_id=list(job_ids))
    return dag


killed = waits("triggerer_killed", [101, 102, 103])
short = waits("triggerer_killed_late", [111], timeout=20)
moved = waits("triggerers_two", [201, 202, 203, 204])
left = waits("wait_left", [301, 302], pool="held")
rotated = waits("credentials_rotated", [401, 402, 403], dli_conn_id="dli_rotated")
outage = waits("dli_down", [501, 502])
many = waits("many_waits", range(1000, 1300), poke_interval=5, timeout=1800)
