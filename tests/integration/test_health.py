"""The health check of a fleet, over real HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from new_process import forget_all

from dli_provider.api import blocking, retry, transport
from dli_provider.api.errors import DliAuthError, DliConnectionError, DliProtocolError
from dli_provider.emulator import DliEmulator, faults
from dli_provider.emulator.samples import add_sample_jobs
from dli_provider.exceptions import DliFlinkUnhealthyError
from dli_provider.operators.flink import DliFlinkHealthCheckOperator


@pytest.fixture
def dli(monkeypatch):
    forget_all()
    monkeypatch.setattr(retry, "PATIENT", replace(retry.PATIENT, base=0.01))
    with DliEmulator() as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(emulator.connection))
        yield emulator


def check(ti, **arguments: Any) -> dict[str, Any]:
    return DliFlinkHealthCheckOperator(task_id="check", **arguments).execute({"ti": ti})


def test_a_fleet_with_sick_jobs_fails_the_task_and_hands_the_report_on(dli, ti):
    add_sample_jobs(dli, slowness=0)
    with pytest.raises(
        DliFlinkUnhealthyError, match=r"(?s)of 8 Flink jobs.*202.*Checkpoint expired"
    ) as caught:
        check(ti, checkpointing=True, max_restarts=10, expected_config={"parallel_number": {">=": 2}})
    report = ti.xcom["return_value"]
    assert {entry["job_id"] for entry in report["jobs"]} == {202, 203, 204, 205, 206}
    assert [entry["job_id"] for entry in report["jobs"]][:2] == [202, 203]
    assert "audit-archive" in str(caught.value)


def test_a_later_task_can_branch_on_the_report(dli, ti):
    dli.add_job(1, [("job_finish", None)])
    report = check(ti, fail_on_unhealthy=False)
    assert report["by_verdict"]["unhealthy"] == 1


def test_a_healthy_fleet_passes(dli, ti):
    dli.add_job(1, [("job_running", None)])
    assert check(ti)["summary"] == "The Flink job is healthy"


def test_two_thousand_jobs_take_twenty_calls(dli, ti):
    for job_id in range(1, 2001):
        dli.add_job(job_id, [("job_running", None)])
    report = check(ti)
    assert report["total"] == 2000
    assert len(dli.requests) == 20


def test_filters_are_the_list_s_own(dli, ti):
    dli.add_job(1, [("job_running", None)], queue_name="etl")
    dli.add_job(2, [("job_finish", None)], queue_name="adhoc")
    assert check(ti, queue_name="etl")["total"] == 1
    assert check(ti, name="job_1", tags=None)["total"] == 1


class TestByIds:
    def test_few_are_read_singly_and_one_that_is_not_there_is_missing(self, dli, ti):
        dli.add_job(1, [("job_running", None)])
        report = check(ti, job_ids=[1, "2"], fail_on_unhealthy=False)
        assert report["by_verdict"] == {"healthy": 1, "unhealthy": 0, "missing": 1, "unreadable": 0}
        assert {request.operation for request in dli.requests} == {"show"}

    def test_many_are_read_from_the_list_and_what_it_lacks_singly(self, dli, ti):
        for job_id in range(1, 251):
            dli.add_job(job_id, [("job_running", None)])
        report = check(ti, job_ids=[*range(1, 201), 999], fail_on_unhealthy=False)
        assert report["by_verdict"] == {"healthy": 200, "unhealthy": 0, "missing": 1, "unreadable": 0}
        assert len(dli.requests) == 3

    def test_few_among_very_many_are_not_looked_for_on_every_page(self, dli, ti):
        for job_id in range(1, 1501):
            dli.add_job(job_id, [("job_running", None)])
        report = check(ti, job_ids=[1490, 1491, 1492, 1493, 1494])
        assert report["total"] == 5
        assert len(dli.requests) == 6

    def test_who_may_not_list_jobs_may_still_check_each(self, dli, ti):
        for job_id in range(1, 6):
            dli.add_job(job_id, [("job_running", None)])
        refused = faults.Answer(403, '{"error_code": "APIG.0302", "error_msg": "no dli:jobs:list_all"}')
        dli.inject(refused, times=None, only="list")
        assert check(ti, job_ids=range(1, 6))["total"] == 5


@pytest.mark.parametrize("chosen", [{}, {"job_ids": [1, 2]}], ids=["listed", "named"])
def test_a_field_that_can_not_be_read_makes_no_job_unreadable(dli, ti, chosen):
    dli.add_job(1, [("job_running", None)])
    dli.add_job(2, [("job_finish", None)], create_time=["not", "a", "time"])
    report = check(ti, fail_on_unhealthy=False, **chosen)
    assert report["by_verdict"] == {"healthy": 1, "unhealthy": 1, "missing": 0, "unreadable": 0}
    assert report["jobs"][0]["job_id"] == 2


class TestAPageThatIsLargerThanAnAnswerMayBe:
    @pytest.fixture(autouse=True)
    def limit(self, monkeypatch):
        monkeypatch.setattr(blocking, "MAX_BODY", 300_000)
        monkeypatch.setattr(transport, "MAX_BODY", 300_000)

    def test_is_read_job_by_job_and_said_to_be(self, dli, ti, monkeypatch):
        log = Mock()
        monkeypatch.setattr(DliFlinkHealthCheckOperator, "log", log)
        for job_id in range(1, 121):
            dli.add_job(job_id, [("job_running", None)], sql_body="x" * (20_000 if job_id <= 20 else 0))
        report = check(ti, expected_config={"parallel_number": 1})
        assert report["by_verdict"]["healthy"] == 120
        read = [request.operation for request in dli.requests]
        assert read == ["list", "list", *["show"] * 100, "list"]
        told = [call.args[0] % call.args[1:] for call in log.info.mock_calls]
        assert "Reading 100 jobs one by one" in told[0]
        assert "larger than" in told[0]

    def test_does_not_hide_the_others_for_one_job_that_is(self, dli, ti):
        dli.add_job(1, [("job_running", None)])
        dli.add_job(2, [("job_running", None)], sql_body="x" * 400_000)
        dli.add_job(3, [("job_finish", None)])
        report = check(ti, fail_on_unhealthy=False)
        assert report["by_verdict"] == {"healthy": 1, "unhealthy": 1, "missing": 0, "unreadable": 1}

    def test_does_not_hide_the_others_when_the_jobs_are_named_either(self, dli, ti):
        for job_id in range(1, 21):
            dli.add_job(job_id, [("job_running", None)], sql_body="x" * 20_000)
        assert check(ti, job_ids=range(1, 21))["by_verdict"]["healthy"] == 20


class TestAListThatContradictsItself:
    """450 jobs, 11 of them sick: a page that contradicts the list must hide none of them."""

    PAGES = (
        '{"total_count": 450, "jobs": []}',
        '{"total_count": 450, "jobs": null}',
        '{"total_count": 450}',
        '{"total_count": 0, "jobs": []}',
        '{"total_count": 450, "jobs": [{"job_id": 1, "status": "job_running"}]}',
    )

    @pytest.fixture(autouse=True)
    def _many_jobs(self, dli):
        for job_id in range(1, 451):
            dli.add_job(job_id, [("job_finish" if job_id > 439 else "job_running", None)])

    @pytest.mark.parametrize("page", PAGES)
    def test_once_hides_no_job(self, dli, ti, page):
        dli.inject(faults.Answer(200, f'{{"is_success": "true", "job_list": {page}}}'), after=1, only="list")
        report = check(ti, fail_on_unhealthy=False)
        assert (report["total"], report["by_verdict"]["unhealthy"]) == (450, 11)

    @pytest.mark.parametrize("page", PAGES)
    def test_for_ever_fails_the_task(self, dli, ti, page):
        answer = faults.Answer(200, f'{{"is_success": "true", "job_list": {page}}}')
        dli.inject(answer, after=1, times=None, only="list")
        with pytest.raises(DliProtocolError):
            check(ti, fail_on_unhealthy=False)

    @pytest.mark.parametrize("page", PAGES)
    def test_leaves_jobs_that_are_named_to_single_reads(self, dli, ti, page):
        answer = faults.Answer(200, f'{{"is_success": "true", "job_list": {page}}}')
        dli.inject(answer, after=1, times=None, only="list")
        report = check(ti, job_ids=[*range(91, 111), 445], fail_on_unhealthy=False)
        assert (report["total"], report["by_verdict"]["unhealthy"]) == (21, 1)


def test_jobs_without_an_id_are_reported_and_end(dli, ti):
    jobs = json.dumps([{"job_id": None, "status": "job_running"}, {"status": "job_finish"}])
    page = f'{{"is_success": "true", "job_list": {{"total_count": 2, "jobs": {jobs}}}}}'
    dli.inject(faults.Answer(200, page), times=None, only="list")
    report = check(ti, fail_on_unhealthy=False)
    assert report["total"] == 2
    assert report["by_verdict"]["unhealthy"] == 1


def test_throttling_is_waited_out_and_said_to_be(dli, ti, monkeypatch):
    log = Mock()
    monkeypatch.setattr(DliFlinkHealthCheckOperator, "log", log)
    dli.add_job(1, [("job_running", None)])
    dli.inject(faults.Throttle(), times=6)
    assert check(ti)["by_verdict"]["healthy"] == 1
    assert "Trying again in" in str(log.warning.mock_calls)


class TestTheConnection:
    def test_an_error_of_it_fails_the_task_as_it_is(self, dli, ti, monkeypatch):
        monkeypatch.setenv(
            "AIRFLOW_CONN_DLI_DEFAULT", json.dumps({**dli.connection, "password": "wrong-secret"})
        )
        with pytest.raises(DliAuthError):
            check(ti, job_ids=[1, 2], fail_on_unhealthy=False)

    def test_an_endpoint_that_does_not_answer_too(self, dli, ti):
        dli.inject(faults.Drop(), times=None)
        with pytest.raises(DliConnectionError):
            check(ti)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"job_ids": []}, "job_ids"),
        ({"job_ids": ["x"]}, "job_id"),
        ({"job_ids": [1], "queue_name": "etl"}, "queue_name"),
        ({"healthy_status": ["running"]}, "healthy_status"),
        ({"expected_config": {"cu_number": {"=>": 1}}}, "cu_number"),
    ],
)
def test_arguments_that_can_not_be_right_are_refused_before_any_call(dli, ti, arguments, named):
    with pytest.raises(ValueError, match=named):
        check(ti, **arguments)
    assert not dli.requests


def test_a_filter_that_is_misspelt_is_never_green(dli, ti):
    dli.add_job(1, [("job_running", None)], queue_name="etl")
    with pytest.raises(DliFlinkUnhealthyError, match="No Flink job was found for queue_name=elt"):
        check(ti, queue_name="elt")
    assert check(ti, queue_name="elt", allow_empty=True)["total"] == 0


def test_only_critical_jobs_fail_the_task(dli, ti):
    dli.add_job(1, [("job_finish", None)], tags=[{"key": "critical", "value": "no"}])
    dli.add_job(2, [("job_finish", None)], tags={"critical": "yes"})

    def critical(job: Any) -> bool:
        return job.tags.get("critical") == "yes"

    report = check(ti, job_ids=[1], fail_on=critical)
    assert report["by_verdict"]["unhealthy"] == 1
    with pytest.raises(DliFlinkUnhealthyError, match="1 of 1"):
        check(ti, job_ids=[2], fail_on=critical)


def test_a_job_that_was_just_started_is_healthy_whenever_it_was_edited(dli, ti):
    now = datetime.now(UTC)
    edited = datetime(2020, 1, 1, tzinfo=UTC)
    started = now - timedelta(seconds=5)
    dli.add_job(1, [("job_submitting", None)], update_time=edited, create_time=edited, start_time=started)
    assert check(ti)["by_verdict"]["healthy"] == 1
    dli.job(1).update(start_time=now - timedelta(hours=1), update_time=now)
    report = check(ti, fail_on_unhealthy=False)
    assert report["jobs"][0]["reasons"][0]["reason"] == "is still job_submitting 60 min after its start"
    assert report["jobs"][0]["since_is"] == "start_time"


def test_a_message_of_the_report_names_the_sick_jobs(dli, ti):
    add_sample_jobs(dli)
    report = check(ti, max_restarts=5, fail_on_unhealthy=False)
    for message in (report["text"], report["markdown"]):
        assert report["summary"] in message
        assert "The queue has no CUs left" in message
        assert "was restarted 7 times" in message
