"""DAGs whose operators take their arguments from templates, upstream tasks and files, rendered as text and as
native objects."""

from __future__ import annotations

from typing import Any

import pendulum

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
    DliShowFlinkJobOperator,
)

PARAMS: dict[str, Any] = {
    "job_id": 104,
    "job_ids": [104, 105],
    "name": "orders",
    "queue": "etl",
    "nothing": None,
    "least": 2,
    "expected": {"parallel_number": {">=": 2}},
    "statuses": ["job_running", "job_finish"],
}


def make_dag(dag_id: str, *, native: bool) -> DAG:
    """Return a DAG of every way to hand an argument over."""
    start = pendulum.datetime(2026, 1, 1, tz="UTC")
    with DAG(
        dag_id, schedule=None, start_date=start, params=PARAMS, render_template_as_native_obj=native
    ) as dag:

        @task
        def job_id() -> int:
            return 104

        @task
        def job_ids() -> list[int]:
            return [104, 105]

        @task
        def baselines() -> list[dict[str, Any]]:
            return [
                {"job_id": "104", "expected": {"parallel_number": 4}},
                {"job_id": 105, "expected": '{"parallel_number": 4}'},
                {"job_id": 105, "expected": "baseline.json"},
                {"job_id": 105, "expected": None},
            ]

        @task
        def nobody() -> None:
            return None

        DliShowFlinkJobOperator(task_id="show_by_template", job_id="{{ params.job_id }}")
        DliShowFlinkJobOperator(task_id="show_by_name", job_name="{{ params.name }}")
        DliShowFlinkJobOperator(task_id="show_by_xcom", job_id=job_id(), region="{{ params.nothing }}")
        DliShowFlinkJobOperator.partial(task_id="show_mapped").expand(job_id=job_ids())
        DliGetFlinkJobConfigOperator(
            task_id="config_by_template", job_id=104, expected="{{ params.expected | tojson }}"
        )
        DliGetFlinkJobConfigOperator(
            task_id="config_by_python_text", job_id=104, expected="{{ params.expected }}"
        )
        DliGetFlinkJobConfigOperator(task_id="config_by_file", job_id=104, expected="baseline.json")
        DliGetFlinkJobConfigOperator.partial(task_id="config_mapped").expand_kwargs(baselines())
        DliFlinkHealthCheckOperator(
            task_id="health_by_template",
            job_ids="{{ params.job_ids }}",
            healthy_status="{{ params.statuses }}",
            expected_config="baseline.json",
        )
        DliFlinkHealthCheckOperator(task_id="health_of_one", job_ids="{{ params.job_id }}")
        DliFlinkHealthCheckOperator(task_id="health_by_xcom", job_ids=job_ids())
        DliFlinkHealthCheckOperator(task_id="health_by_queue", queue_name="{{ params.queue }}")
        DliFlinkHealthCheckOperator.partial(task_id="health_mapped").expand(job_ids=[[104], [105, 104]])

        DliShowFlinkJobOperator(task_id="fails_without_a_job", job_id="{{ params.nothing }}")
        DliGetFlinkJobConfigOperator(
            task_id="fails_without_a_file", job_id=104, expected="{{ 'nowhere.json' }}"
        )
        DliGetFlinkJobConfigOperator(
            task_id="fails_without_an_expectation", job_id=104, expected="{{ params.nothing }}"
        )
        DliFlinkHealthCheckOperator(task_id="fails_without_ids", job_ids=nobody())
        DliFlinkHealthCheckOperator(task_id="fails_without_a_queue", queue_name="{{ params.nothing }}")
        DliFlinkHealthCheckOperator.partial(task_id="fails_mapped_over_none").expand(queue_name=[None, ""])
    return dag


text = make_dag("templates_rendered_as_text", native=False)
native = make_dag("templates_rendered_natively", native=True)
