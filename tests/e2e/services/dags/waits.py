"""DAGs that wait for Flink jobs, most of them without a worker slot; every test has its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG

from dli_provider.sensors.flink import DliFlinkJobSensor


def waits(dag_id: str, job_ids: Iterable[int], **sensor: Any) -> DAG:
    """Return a DAG with a mapped wait for every job."""
    with DAG(dag_id, schedule=None, start_date=datetime(2026, 1, 1), catchup=False) as dag:  # noqa: DTZ001
        options = {"poke_interval": 1, "timeout": 600, "deferrable": True, "dli_conn_id": "dli_waits"}
        DliFlinkJobSensor.partial(task_id="wait", **options | sensor).expand(job_id=list(job_ids))
    return dag


killed = waits("triggerer_killed", [101, 102, 103])
short = waits("triggerer_killed_late", [111], timeout=20)
unscheduled = waits("scheduler_killed", [121, 122])
moved = waits("triggerers_two", [201, 202, 203, 204])
left = waits("wait_left", [301, 302], pool="held")
rotated = waits("credentials_rotated", [401, 402, 403], dli_conn_id="dli_rotated")
expiring = waits("token_expired", [411, 412], dli_conn_id="dli_token")
outage = waits("dli_down", [501, 502])
throttled = waits("dli_throttled", range(511, 523))
deleted = waits("job_deleted", [531, 532])
many = waits("many_waits", range(1000, 1300), poke_interval=3, timeout=1800)
poke = waits("workers_poke", [601, 602], deferrable=False)
reschedule = waits("workers_reschedule", [611, 612], deferrable=False, mode="reschedule")
deferrable = waits("workers_deferrable", [621, 622])
