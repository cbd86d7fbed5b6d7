"""A DAG that deploys jobs: one from a file, another by a mapped task, then the first again, changed."""

from __future__ import annotations

import pendulum

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG

from dli_provider.operators.flink import DliDeployFlinkJobOperator

DEFINITION = {"queue_name": "{{ params.queue }}", "obs_bucket": "bucket"}

for name, deferrable in (("deploying_on_the_worker", False), ("deploying_deferred", True)):
    with DAG(
        name,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
        params={"word": "swordfish1", "queue": "flink"},
        default_args={"deferrable": deferrable, "poke_interval": 1, "timeout": 60},
    ) as dag:
        first = DliDeployFlinkJobOperator(
            task_id="deploy", job_name="orders", sql="deploying.sql", definition=DEFINITION
        )
        mapped = DliDeployFlinkJobOperator.partial(
            task_id="deploy_mapped", job_name="clicks", definition=DEFINITION
        ).expand(sql=["SELECT 1 WHERE password = 'swordfish1'"])
        again = DliDeployFlinkJobOperator(
            task_id="deploy_again",
            job_name="orders",
            sql="deploying.sql",
            definition={**DEFINITION, "cu_number": 8},
        )
        first >> mapped >> again
    globals()[name] = dag
