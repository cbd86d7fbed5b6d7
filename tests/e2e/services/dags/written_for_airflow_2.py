"""A DAG as it was written for Airflow 2.11, with a connection that was made for the other Huawei provider."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.decorators import task
from airflow.models.dag import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

from dli_provider.operators.flink import DliGetFlinkJobConfigOperator, DliShowFlinkJobOperator
from dli_provider.sensors.flink import DliFlinkJobSensor


with DAG(
    "written_for_airflow_2",
    schedule=None,
    start_date=datetime(2026, 1, 1),
    default_args={"retries": 1, "retry_delay": timedelta(seconds=1), "dli_conn_id": "of_another_provider"},
    params={"job_id": 700},
) as dag:
    wait = DliFlinkJobSensor(
        task_id="wait", job_id="{{ params.job_id }}", target_status=["job_running", "job_finish"]
    )
    show = DliShowFlinkJobOperator(task_id="show", job_id="{{ params.job_id }}")
    config = DliGetFlinkJobConfigOperator(task_id="config", job_id="{{ params.job_id }}")
    status = PythonOperator(
        task_id="status", python_callable=lambda ti: ti.xcom_pull(task_ids="show", key="status")
    )

    @task
    def parallelism(job_config: dict[str, Any]) -> int:
        """Return what the job's configuration says of it."""
        return int(job_config["parallel_number"])

    wait >> show >> [config, status]
    parallelism(config.output) >> EmptyOperator(task_id="end")
