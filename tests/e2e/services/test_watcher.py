"""An asset watcher starts a DAG when a Flink job fails, in a triggerer that is killed and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rest import IS_AIRFLOW_2

from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

if TYPE_CHECKING:
    from installation import Airflow

    from dli_provider.emulator import DliEmulator


def ended_runs(airflow: Airflow) -> list[list[dict[str, Any]]]:
    """Return the changes that each ended run of the DAG was started by."""
    states = airflow.query("SELECT run_id, state FROM dag_run WHERE dag_id = 'job_failed' ORDER BY id")
    assert all(state != "failed" for _, state in states)
    return [airflow.api.xcom("job_failed", run_id, "tell") for run_id, state in states if state == "success"]


def until_read_often(airflow: Airflow, dli: DliEmulator) -> None:
    """Wait until the jobs were read several times from now on."""
    for _ in range(4):
        airflow.until_polled(dli)


@pytest.mark.services
@pytest.mark.timeout(600)
@pytest.mark.skipif(IS_AIRFLOW_2, reason="Airflow 2 has no asset watchers")
def test_a_failure_starts_the_dag_once_even_when_the_triggerer_is_killed(
    airflow: Airflow, watched_dli: DliEmulator
) -> None:
    airflow.until_parsed("job_failed")
    airflow.api.unpause("job_failed")
    with airflow.triggerer() as first:
        until_read_often(airflow, watched_dli)
        assert airflow.query("SELECT run_id FROM dag_run WHERE dag_id = 'job_failed'") == []

        watched_dli.job(1).set_status("job_running_exception")
        airflow.until(lambda: len(ended_runs(airflow)) == 1, "the DAG ran")
        airflow.kill(first)
    watched_dli.job(3).set_status("job_running_exception")
    with airflow.triggerer():
        airflow.until(lambda: len(ended_runs(airflow)) == 2, "the DAG ran for what happened meanwhile")
        until_read_often(airflow, watched_dli)
    runs = ended_runs(airflow)
    assert [[(change["job_id"], change["old_status"]) for change in run] for run in runs] == [
        [(1, "job_running")],
        [(3, "job_running")],
    ]
    assert airflow.query("SELECT count(*) FROM dag_run WHERE dag_id = 'job_failed'") == [(2,)]


@pytest.mark.skipif(not IS_AIRFLOW_2, reason="Airflow 3 has asset watchers")
def test_airflow_2_says_that_it_has_no_asset_watchers() -> None:
    with pytest.raises(TypeError, match="needs Airflow 3"):
        DliFlinkJobStatusChangeTrigger()
