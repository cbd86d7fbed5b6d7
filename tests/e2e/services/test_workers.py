"""The waits on several machines: CeleryExecutor, Redis between, and two workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from rest import times_told

if TYPE_CHECKING:
    from installation import Airflow

    from dli_provider.emulator import DliEmulator

pytestmark = [pytest.mark.services, pytest.mark.timeout(600), pytest.mark.usefixtures("triggerer")]


@pytest.fixture(scope="module")
def workers(airflow: Airflow, redis: str) -> Iterator[Airflow]:
    """An Airflow whose tasks are run by two workers, each of them one at a time."""
    environment = {
        "AIRFLOW__CELERY__BROKER_URL": redis,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{airflow.environment['AIRFLOW__DATABASE__SQL_ALCHEMY_CONN']}",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    }
    airflow.stop(airflow.scheduler)
    airflow.start_scheduler(**environment)
    with ExitStack() as stack:
        for name in ("one@%h", "two@%h"):
            command = ("celery", "worker", "--celery-hostname", name, "--skip-serve-logs")
            stack.enter_context(airflow.started(*command, **environment))
        yield airflow
    airflow.stop(airflow.scheduler)
    airflow.start_scheduler()


@pytest.mark.parametrize(
    ("mode", "jobs", "waiting"),
    [
        ("poke", (601, 602), "running"),
        ("reschedule", (611, 612), "up_for_reschedule"),
        ("deferrable", (621, 622), "deferred"),
    ],
)
def test_two_workers_wait_in_every_mode_and_return_the_same(
    workers: Airflow, dli: DliEmulator, mode: str, jobs: tuple[int, int], waiting: str
) -> None:
    for job_id in jobs:
        dli.add_job(job_id, [("job_submitting", None)], name="orders")
    run_id = workers.begin(f"workers_{mode}")
    workers.until_states(run_id, [waiting] * 2)  # in poke mode both workers are busy now
    workers.until_polled(dli, *jobs)
    for job_id in jobs:
        dli.job(job_id).set_status("job_running")
    workers.until_states(run_id, ["success"] * 2)
    for index, job_id in enumerate(jobs):
        summary = workers.api.xcom(f"workers_{mode}", run_id, "wait", index)
        assert (summary["job_id"], summary["name"], summary["status"]) == (job_id, "orders", "job_running")
        log = workers.api.log(f"workers_{mode}", run_id, "wait", index)
        assert log.count(f"Flink job {job_id} (orders) is job_submitting; awaiting job_running") == 1
        assert times_told(log, f"Flink job {job_id} (orders) is job_running") == 1
