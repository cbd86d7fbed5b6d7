"""What a deployment would do, as ``plan_only`` shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.deploy import DeployPlan, UpgradeMode
from dli_provider.flink.plan.desired import parse_desired
from dli_provider.flink.plan.preview import Preview, preview
from dli_provider.flink.plan.values import Reading

DESIRED = parse_desired("etl", sql="SELECT 2")
UPGRADE = ("stopping with a savepoint", "updating sql_body", "starting from its latest savepoint")


def planned(job: dict[str, Any] | None, plan: DeployPlan | None = None) -> Preview:
    shown = {"start_time": 1, "sql_body": "SELECT 1", "job_config": {"obs_bucket": "b"}}
    found = None if job is None else FlinkJob.from_api({"job_id": 104, **shown, **job})
    return preview(plan or DeployPlan(DESIRED), Reading(found, datetime(2026, 1, 2, tzinfo=UTC)))


@pytest.mark.parametrize("shown", [{}, {"has_savepoint": False}, {"has_savepoint": True}], ids=str)
@pytest.mark.parametrize("status", ["job_running", "job_cancel_fail"])
def test_the_stop_that_comes_first_makes_the_savepoint_that_is_resumed_from(status, shown):
    found = planned({"status": status, **shown})
    assert (found.steps, found.failure) == (UPGRADE, None)
    assert found.changes == ("sql_body",)
    assert "+SELECT 2" in found.differences


def test_without_state_nothing_is_saved_and_nothing_resumed():
    found = planned({"status": "job_running"}, DeployPlan(DESIRED, UpgradeMode.STATELESS))
    assert found.steps == ("stopping without a savepoint", "updating sql_body", "starting without state")


def test_a_job_that_is_not_there_is_created_with_all_that_belongs_to_it():
    desired = parse_desired("etl", sql="SELECT 2", definition={"operator_config": {"a": 1}})
    found = planned(None, DeployPlan(desired, restore_from="obs://b/d/"))
    assert found.steps == (
        *("creating a SQL job", "updating operator_config"),
        *("importing obs://b/d/", "starting from obs://b/d/"),
    )
    assert planned(None, DeployPlan(DESIRED, runs=False)).steps == ("creating a SQL job",)


@pytest.mark.parametrize(("job", "steps"), [
    ({"status": "job_running", "sql_body": "SELECT 2"}, ()),
    ({"status": "job_canceling"}, ("waiting for the end of job_canceling",)),
    ({"status": "job_cancel_success", "has_savepoint": True}, UPGRADE[1:]),
])  # fmt: skip
def test_only_what_is_left_to_do_is_shown(job, steps):
    assert planned(job).steps == steps


def test_a_start_that_would_lose_the_state_is_shown_as_the_failure_that_it_would_be():
    found = planned({"status": "job_cancel_success"})
    assert found.steps == ()
    assert "would lose its state" in found.failure.message
    assert "+SELECT 2" in found.differences
