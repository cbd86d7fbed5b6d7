"""DAGs that run and deploy jobs while their processes are killed. A job is called as its DAG and task."""

from __future__ import annotations

import importlib.metadata
from datetime import datetime, timedelta
from typing import Any

try:
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.empty import EmptyOperator

from dli_provider.operators.flink import DliDeployFlinkJobOperator, DliRunFlinkJobOperator

IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")
NAME = "{{ ti.dag_id }}-{{ ti.task_id }}"
TARGETS = {"bounded": "job_finish"}
if not IS_AIRFLOW_2:
    TARGETS["streaming"] = "job_running"
BOTH = ("blocking", "deferrable")


def make_dag(dag_id: str) -> DAG:
    """Return a DAG whose tasks are retried at once, more often than a busy Airflow gives one up."""
    defaults = {"dli_conn_id": "dli_acting", "poke_interval": 1, "timeout": 900, "job_name": NAME}
    retried = {"retries": 20, "retry_delay": timedelta(seconds=1)}
    return DAG(
        dag_id,
        schedule=None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001
        catchup=False,
        default_args=defaults | retried,
    )


def runs(event: str, modes: tuple[str, ...] = BOTH) -> DAG:
    """Return a DAG that runs a job to its end, and one that is to run on, in these modes."""
    with make_dag(f"acting_{event}") as dag:
        EmptyOperator(task_id="neighbour")
        for kind, target in TARGETS.items():
            for mode in modes:
                DliRunFlinkJobOperator(
                    task_id=f"{kind}_{mode}", target_status=target, deferrable=mode == "deferrable"
                )
    return dag


worker_killed = runs("worker_killed")
neighbour_cleared = runs("neighbour_cleared")
triggerer_killed = runs("triggerer_killed", ("deferrable",))
worker_drained = runs("worker_drained", ("blocking",))
task_cleared = runs("task_cleared")
marked_failed = runs("marked_failed")
with marked_failed:
    DliRunFlinkJobOperator(task_id="stopped_on_kill", target_status="job_finish", stop_on_kill=True)

COMMON: dict[str, Any] = {
    "queue_name": "flink",
    "obs_bucket": "bucket",
    "runtime_config": {"flink.sink.secret": "{{ var.json.deployed.option }}"},
}
SQL: dict[str, Any] = {"sql": "acting.sql", "definition": COMMON}
JAR: dict[str, Any] = {
    "entrypoint": "obs://bucket/orders.jar",
    "definition": {**COMMON, "entrypoint_args": "--password {{ var.json.deployed.argument }} --verbose"},
}
with make_dag("acting_deployed") as deployed:
    DliDeployFlinkJobOperator(task_id="upgrade_sql", **SQL)
    DliDeployFlinkJobOperator(task_id="upgrade_jar", **JAR, deferrable=True)
    DliDeployFlinkJobOperator(task_id="create_sql", **SQL)
    DliDeployFlinkJobOperator(task_id="create_jar", **JAR, deferrable=True)
    DliDeployFlinkJobOperator(task_id="plan", **SQL, plan_only=True)
    DliDeployFlinkJobOperator(task_id="drift", **SQL, upgrade_mode="refuse", retries=0)
    DliDeployFlinkJobOperator(task_id="echo_sql", **SQL, retries=0, dli_conn_id="dli_echoing")
    DliDeployFlinkJobOperator(task_id="echo_jar", **JAR, retries=0, dli_conn_id="dli_echoing")
