"""Deferred waits survive the processes of Airflow that are killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from installation import Airflow

    from dli_provider.emulator import DliEmulator

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


def test_another_triggerer_takes_over_the_waits_of_a_killed_one(airflow: Airflow, dli: DliEmulator) -> None:
    with airflow.triggerer() as first:
        run_id = airflow.defer(dli, "triggerer_killed", 101, 102, 103)
        airflow.until_polled(dli, 101, 102, 103)
        airflow.kill(first)
    dli.job(101).set_status("job_running")
    dli.job(102).set_status("job_submit_fail", "The queue has no CUs left")
    with airflow.triggerer() as second:
        airflow.until_polled(dli, 103)
        dli.job(103).set_status("job_running")
        airflow.until_states(run_id, ["success", "failed", "success"])
        airflow.until_quiet(dli, second)
    for index in (0, 2):
        assert airflow.api.xcom("triggerer_killed", run_id, "wait", index)["status"] == "job_running"
    assert "The queue has no CUs left" in airflow.api.log("triggerer_killed", run_id, "wait", 1)


def test_a_restart_does_not_move_the_deadline(airflow: Airflow, dli: DliEmulator) -> None:
    timeout = timedelta(seconds=20)
    with airflow.triggerer() as first:
        run_id = airflow.defer(dli, "triggerer_killed_late", 111)
        airflow.until_polled(dli, 111)
        [killed] = airflow.waiting().values()
        airflow.kill(first)
    passed = datetime.now(UTC) + timeout
    airflow.until(lambda: datetime.now(UTC) > passed, "the deadline passed")
    with airflow.triggerer() as second:
        airflow.until(lambda: killed not in airflow.waiting().values(), "the wait has another triggerer")
        taken_over = datetime.now(UTC)
        airflow.until(lambda: airflow.states(run_id) != ["deferred"], "the wait ended")
        assert datetime.now(UTC) < taken_over + timeout
        airflow.until_states(run_id, ["failed"])
        airflow.until_quiet(dli, second)
    assert "AirflowSensorTimeout" in airflow.api.log("triggerer_killed_late", run_id, "wait", 0)


def test_the_waits_of_one_of_two_triggerers_move_to_the_other(airflow: Airflow, dli: DliEmulator) -> None:
    with airflow.triggerer("--capacity", "2") as small:
        run_id = airflow.defer(dli, "triggerers_two", 201, 202, 203, 204)
        airflow.until(lambda: any(airflow.waiting().values()), "one triggerer took what it could")
        first = next(filter(None, airflow.waiting().values()))
        with airflow.triggerer() as large:
            airflow.until(lambda: all(airflow.waiting().values()), "another took the rest")
            assert len(set(airflow.waiting().values())) == 2
            airflow.kill(small)
            airflow.until(lambda: first not in airflow.waiting().values(), "its waits moved")
            airflow.until_polled(dli, 201, 202, 203, 204)
            for job_id in (201, 202, 203, 204):
                dli.job(job_id).set_status("job_running")
            airflow.until_states(run_id, ["success"] * 4)
            airflow.until_quiet(dli, large)


def test_waits_end_as_soon_as_a_killed_scheduler_is_started_again(airflow: Airflow, dli: DliEmulator) -> None:
    with airflow.triggerer() as triggerer:
        run_id = airflow.defer(dli, "scheduler_killed", 121, 122)
        airflow.kill(airflow.scheduler)
        dli.job(121).set_status("job_running")
        dli.job(122).set_status("job_submit_fail")
        airflow.until(lambda: not airflow.waiting(), "the waits ended in the triggerer")
        assert airflow.states(run_id) == ["scheduled"] * 2
        airflow.start_scheduler()
        airflow.until_states(run_id, ["success", "failed"])
        airflow.until_quiet(dli, triggerer)
    assert airflow.api.xcom("scheduler_killed", run_id, "wait", 0)["job_id"] == 121
