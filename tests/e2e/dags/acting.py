"""A DAG that acts on jobs: a bounded one is run to its end, another one run, saved, stopped and deleted."""

from __future__ import annotations

import pendulum

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

from dli_provider.operators.flink import (
    DliDeleteFlinkJobOperator,
    DliRunFlinkJobOperator,
    DliStopFlinkJobOperator,
    DliTriggerFlinkSavepointOperator,
)

PARAMS = {"name": "orders", "path": "obs://bucket/saved/", "nothing": None}

for name, deferrable in (("acting_on_the_worker", False), ("acting_deferred", True)):
    with DAG(
        name,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        params=PARAMS,
        default_args={"deferrable": deferrable, "poke_interval": 1, "timeout": 60},
    ) as dag:

        @task
        def jobs() -> list[int]:
            return [104, 105]

        bounded = DliRunFlinkJobOperator.partial(task_id="run_bounded", target_status="job_finish").expand(
            job_id=jobs()
        )
        run = DliRunFlinkJobOperator(task_id="run", job_name="{{ params.name }}")
        save = DliTriggerFlinkSavepointOperator(
            task_id="save",
            job_id="{{ ti.xcom_pull('run', key='job_id') }}",
            savepoint_path="{{ params.path }}",
        )
        stop = DliStopFlinkJobOperator(task_id="stop", job_id="{{ ti.xcom_pull('run')['job_id'] }}")
        delete = DliDeleteFlinkJobOperator(task_id="delete", job_name="{{ params.name }}")
        gone = DliDeleteFlinkJobOperator(task_id="delete_again", job_name="{{ params.name }}")
        lost = DliDeleteFlinkJobOperator(
            task_id="fails_elsewhere", job_id=104, region="{{ params.nothing }}", trigger_rule="all_done"
        )
        bounded >> run >> save >> stop >> delete >> gone >> lost
    globals()[name] = dag
