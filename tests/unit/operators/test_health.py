"""The operator of the health check: what it asks of DLI, and how it ends, with a client that isn't one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow_lines import DAG, Stats

from dli_provider.api.endpoints import MAX_PAGE, Call, JobPage
from dli_provider.api.errors import (
    DliAuthError,
    DliBadRequestError,
    DliConnectionError,
    DliError,
    DliForbiddenError,
    DliNotFoundError,
    DliProtocolError,
    DliServerError,
    DliSettingsError,
    DliThrottledError,
)
from dli_provider.api.paging import Pages
from dli_provider.api.retry import PATIENT, RetryPolicy
from dli_provider.exceptions import DliFlinkUnhealthyError
from dli_provider.flink.job import FlinkJob
from dli_provider.hooks import dli
from dli_provider.operators import health
from dli_provider.operators.flink import DliFlinkHealthCheckOperator

FORBIDDEN = DliForbiddenError(403, "APIG.0302", "no")
BROKEN = DliServerError(400, "DLI.0999", "server error")
NOWHERE = DliBadRequestError(404, "404", "nginx")
PORTAL = DliProtocolError("The answer's body is not JSON: <html>welcome to our hotel</html>")
EVERYWHERE = [FORBIDDEN, BROKEN, NOWHERE, PORTAL]
"""What one job may be answered with, and all of them if it is the connection's fault."""


def job(job_id: int, status: str = "job_running", **detail: Any) -> FlinkJob:
    now = int(datetime.now(UTC).timestamp() * 1000)
    return FlinkJob.from_api(
        {"job_id": job_id, "name": f"job_{job_id}", "status": status, "update_time": now, **detail}
    )


class Client:
    """Gives jobs, or the error that stands in a job's place."""

    def __init__(self) -> None:
        self.jobs: dict[int, FlinkJob | DliError] = {}
        self.list_error: DliError | None = None
        self.good_pages = 0
        self.calls: list[str] = []
        self.closed = False
        self.retry: RetryPolicy | None = None
        self.tell: Callable[[str], object] | None = None

    def __enter__(self) -> Client:
        return self

    def with_retry(self, retry: RetryPolicy, tell: Callable[[str], object] | None = None) -> Client:
        self.retry, self.tell = retry, tell
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def list_flink_job_pages(self, **_: object) -> Iterator[JobPage]:
        pages = Pages({})
        while call := pages.next_call():
            yield pages.take(self.call(call))

    def call(self, call: Call[JobPage]) -> JobPage:
        self.calls.append("list")
        if self.list_error and len(self.calls) > self.good_pages:
            raise self.list_error
        jobs = [found for found in self.jobs.values() if isinstance(found, FlinkJob)]
        offset = int(dict(call.query)["offset"])
        return JobPage(len(jobs), tuple(jobs[offset : offset + MAX_PAGE]))

    def show_flink_job(self, job_id: int) -> FlinkJob:
        self.calls.append("show")
        found = self.jobs.get(job_id, DliNotFoundError(400, "DLI.16001", "no such job"))
        if isinstance(found, DliError):
            raise found
        return found


class TaskInstance:
    map_index = -1

    def __init__(self) -> None:
        self.xcom: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcom[key] = value


@pytest.fixture
def client(monkeypatch):
    client = Client()

    class Hook:
        def __init__(self, *_: object, **__: object) -> None: ...

        def get_conn(self) -> Client:
            return client

    monkeypatch.setattr(dli, "DliHook", Hook)
    return client


class Log:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def info(self, text: str, *arguments: object) -> None:
        self.lines.append(("info", text % arguments))

    def warning(self, text: str, *arguments: object) -> None:
        self.lines.append(("warning", text % arguments))


@pytest.fixture
def log(monkeypatch):
    log = Log()
    monkeypatch.setattr(DliFlinkHealthCheckOperator, "log", log)
    return log


@pytest.fixture
def ti():
    return TaskInstance()


@pytest.fixture
def check(client, ti) -> Callable[..., dict[str, Any]]:
    def run(**arguments: Any) -> dict[str, Any]:
        return DliFlinkHealthCheckOperator(task_id="check", **arguments).execute({"ti": ti})

    return run


class TestHowItEnds:
    def test_the_report_of_a_task_that_fails_is_pushed_before_it_fails(self, client, check, ti):
        client.jobs = {1: job(1, "job_finish")}
        with pytest.raises(DliFlinkUnhealthyError):
            check()
        assert ti.xcom["return_value"]["by_verdict"]["unhealthy"] == 1

    def test_nothing_is_pushed_where_the_user_wants_no_xcom(self, client, check, ti):
        client.jobs = {1: job(1, "job_finish")}
        with pytest.raises(DliFlinkUnhealthyError):
            check(do_xcom_push=False)
        assert ti.xcom == {}

    def test_the_error_names_the_worst_few_and_counts_the_rest(self, client, check):
        client.jobs = {n: job(n, "job_finish") for n in range(1, 50)}
        client.jobs[49] = job(49, "job_submit_fail", status_desc="no CUs")
        with pytest.raises(DliFlinkUnhealthyError) as caught:
            check()
        lines = str(caught.value).splitlines()
        assert lines[0] == "49 of 49 Flink jobs are not healthy (49 unhealthy):"
        assert "no CUs" in lines[2]
        assert lines[-1] == "… and 44 more"

    def test_a_healthy_fleet_is_said_to_be(self, client, check, log):
        client.jobs = {1: job(1)}
        check(queue_name="etl")
        assert log.lines[-1] == ("info", "The Flink job is healthy")

    @pytest.mark.parametrize("fail_on_unhealthy", [None, False])
    def test_a_fleet_of_nobody_fails_the_task_and_names_the_filters(self, check, ti, fail_on_unhealthy):
        with pytest.raises(
            DliFlinkUnhealthyError, match=r"No Flink job was found for queue_name=elt.*allow_empty"
        ):
            check(queue_name="elt", fail_on_unhealthy=fail_on_unhealthy)
        assert ti.xcom["return_value"]["total"] == 0

    def test_a_fleet_of_nobody_passes_with_a_warning_where_it_may_be_empty(self, check, log):
        assert check(queue_name="etl", allow_empty=True)["total"] == 0
        assert log.lines[-1] == ("warning", "No Flink job was found for queue_name=etl")

    @pytest.mark.parametrize(
        ("condition", "fails"),
        [
            ("missing", True),
            ("unreadable", False),
            (["unhealthy", "unreadable"], True),
            (lambda job: "critical" in job.tags, True),
            (lambda job: "other" in job.tags, False),
        ],
    )
    def test_a_task_fails_on_what_it_is_told_to(self, client, check, condition, fails):
        client.jobs = {1: job(1, "job_finish", tags=[{"key": "critical", "value": "yes"}]), 2: job(2)}
        if not fails:
            assert check(job_ids=[1, 2, 3], fail_on=condition)["by_verdict"]["unhealthy"] == 1
            return
        with pytest.raises(DliFlinkUnhealthyError, match="2 of 3 Flink jobs are not healthy"):
            check(job_ids=[1, 2, 3], fail_on=condition)

    @pytest.mark.parametrize("both", [True, False])
    def test_two_ways_to_say_what_fails_the_task_are_refused(self, both):
        with pytest.raises(ValueError, match="both given"):
            DliFlinkHealthCheckOperator(task_id="check", fail_on="missing", fail_on_unhealthy=both)

    @pytest.mark.parametrize("arguments", [{}, {"fail_on_unhealthy": False}])
    def test_without_a_context_as_in_a_users_unit_test_it_ends_as_ever(self, client, arguments):
        client.jobs = {1: job(1, "job_finish")}
        operator = DliFlinkHealthCheckOperator(task_id="check", **arguments)
        if arguments:
            assert operator.execute({})["by_verdict"]["unhealthy"] == 1
            return
        with pytest.raises(DliFlinkUnhealthyError, match="1 of 1"):
            operator.execute({})

    def test_throttling_is_waited_out_and_said_to_be(self, client, check, log):
        client.jobs = {1: job(1)}
        check()
        assert client.retry is PATIENT
        client.tell("DLI throttles")
        assert log.lines[-1] == ("warning", "DLI throttles")

    @pytest.mark.parametrize("sick", [False, True])
    def test_the_client_is_closed(self, client, check, sick):
        client.jobs = {1: job(1, "job_finish" if sick else "job_running")}
        check(fail_on_unhealthy=False)
        assert client.closed

    def test_a_report_lists_no_more_than_it_is_told_to(self, client, check):
        client.jobs = {n: job(n, "job_finish") for n in range(1, 250)}
        report = check(fail_on_unhealthy=False, max_reported=7)
        assert (len(report["jobs"]), report["omitted"]) == (7, 242)
        assert check(fail_on_unhealthy=False, max_reported=0)["omitted"] == 249


class TestOneJobThatCanNotBeRead:
    @pytest.mark.parametrize("error", [*EVERYWHERE, DliBadRequestError(400, "DLI.0001", "bad")])
    def test_does_not_hide_the_others(self, client, check, error):
        client.jobs = {1: error, 2: job(2), 3: job(3, "job_finish")}
        report = check(job_ids=[1, 2, 3], fail_on_unhealthy=False)
        assert report["by_verdict"] == {"healthy": 1, "unhealthy": 1, "missing": 0, "unreadable": 1}

    @pytest.mark.parametrize("error", EVERYWHERE)
    def test_fails_the_task_when_there_is_no_other(self, client, check, error):
        client.jobs = {1: error}
        with pytest.raises(type(error)):
            check(job_ids=[1], fail_on_unhealthy=False)

    @pytest.mark.parametrize("error", EVERYWHERE)
    def test_is_not_asked_for_again_and_again_when_nothing_can_be_read(self, client, check, error):
        client.list_error = FORBIDDEN
        client.jobs = dict.fromkeys(range(1, 500), error)
        with pytest.raises(type(error)):
            check(job_ids=range(1, 500), fail_on_unhealthy=False)
        assert client.calls == ["list", "show", "show", "show"]

    def test_may_come_first_when_the_list_has_given_others(self, client, check):
        client.jobs = {1: BROKEN, 2: BROKEN, 3: BROKEN, 4: BROKEN, 5: job(5)}
        report = check(job_ids=[1, 2, 3, 4, 5], fail_on_unhealthy=False)
        assert report["by_verdict"]["unreadable"] == 4

    @pytest.mark.parametrize("error", EVERYWHERE)
    def test_is_told_from_the_connection_s_by_a_job_that_is_missing(self, client, check, error):
        client.jobs = {2: error, 3: error, 4: error}
        report = check(job_ids=[1, 2, 3], fail_on_unhealthy=False)
        assert report["by_verdict"] == {"healthy": 0, "unhealthy": 0, "missing": 1, "unreadable": 2}

    def test_in_a_list_that_is_nowhere_fails_the_task(self, client, check):
        client.jobs = {number: job(number) for number in range(1, 10)}
        client.list_error = NOWHERE
        with pytest.raises(DliBadRequestError):
            check(fail_on_unhealthy=False)
        assert client.calls == ["list"]

    @pytest.mark.parametrize(
        "error", [DliAuthError(401, "APIG.0301", "no"), DliThrottledError(429, "APIG.0308", "later")]
    )
    def test_for_a_reason_that_concerns_all_fails_the_task(self, client, check, error):
        client.jobs = {1: job(1), 2: error, 3: job(3)}
        with pytest.raises(type(error)):
            check(job_ids=[1, 2, 3], fail_on_unhealthy=False)


class TestAListThatCanNotBeRead:
    @pytest.mark.parametrize(
        "error", [*EVERYWHERE, DliThrottledError(429, "APIG.0308", "later"), DliConnectionError("no answer")]
    )
    def test_is_replaced_by_single_reads_of_the_jobs_that_are_named(self, client, check, log, error):
        client.jobs = {number: job(number) for number in range(1, 6)}
        client.list_error = error
        assert check(job_ids=range(1, 6))["by_verdict"]["healthy"] == 5
        assert client.calls == ["list", *["show"] * 5]
        told = ("info", f"Reading 5 jobs one by one, since their list can't be read: {error}")
        assert log.lines.count(told) == 1

    def test_after_some_pages_leaves_only_the_rest_to_single_reads(self, client, check):
        client.jobs = {number: job(number) for number in range(1, 121)}
        client.list_error, client.good_pages = PORTAL, 1
        assert check(job_ids=range(1, 121))["by_verdict"]["healthy"] == 120
        assert client.calls == ["list", "list", *["show"] * 20]

    @pytest.mark.parametrize(
        "error", [DliAuthError(401, "APIG.0301", "no"), DliSettingsError("The proxy is no URL")]
    )
    def test_for_a_reason_that_concerns_all_fails_the_task(self, client, check, error):
        client.jobs = {number: job(number) for number in range(1, 6)}
        client.list_error = error
        with pytest.raises(type(error)):
            check(job_ids=range(1, 6))
        assert client.calls == ["list"]


class TestArguments:
    @pytest.mark.parametrize(
        "job_ids",
        [
            *("1,2", "[1, 2]", " 1 , 2 ", "01,02", "\n  ['1', '2']\n", '["1", 2]', "('1', '2')", "{1, 2}"),
            *(("1", 2), [1, 2, "2"], range(1, 3), iter([1, 2]), {1, 2}),
        ],
    )
    def test_ids_come_as_a_list_or_as_the_text_that_a_template_yields(self, client, check, job_ids):
        client.jobs = {1: job(1), 2: job(2), 3: job(3)}
        assert check(job_ids=job_ids)["total"] == 2

    def test_a_single_id_may_be_the_text_that_a_template_yields(self, client, check):
        client.jobs = {1: job(1), 2: job(2)}
        assert check(job_ids=" 2 ")["total"] == 1

    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            ({"job_ids": True}, "job_ids"),
            ({"job_ids": ""}, "job_ids was given, but is ''"),
            ({"job_ids": "None"}, "job_ids was given"),
            ({"job_ids": []}, "job_ids was given"),
            ({"job_ids": iter([])}, "job_ids was given"),
            ({"job_ids": "[]"}, "job_ids is empty"),
            ({"job_ids": [None]}, "job_ids"),
            ({"job_ids": [1], "queue_name": "etl"}, "queue_name"),
            ({"job_ids": [1], "queue_name": "{{ queue }}"}, "queue_name"),
            ({"name": ""}, "name was given"),
            ({"queue_name": "None"}, "queue_name was given"),
            ({"queue_name": ["etl"]}, "queue_name must be text"),
            ({"job_type": " "}, "job_type was given"),
            ({"user_name": True}, "user_name must be text"),
            ({"tags": {}}, "tags was given"),
            ({"tags": {"team": None}}, "tags was given"),
            ({"tags": '{"team": ""}'}, "tags has a tag without a value"),
            ({"tags": ["team"]}, "tags must be a mapping"),
            ({"healthy_status": "runing"}, "healthy_status.*did you mean 'job_running'"),
            ({"healthy_status": ""}, "healthy_status"),
            ({"job_ids": "['1', 'x']"}, "job_id"),
            ({"job_ids": "[[1]]"}, "job_id"),
            ({"job_ids": "{'1': 2}"}, "job_id"),
            ({"job_ids": "1; 2"}, "job_id"),
            ({"healthy_status": []}, "healthy_status"),
            ({"starting_limit": "15 min"}, "starting_limit"),
            ({"starting_limit": float("nan")}, "starting_limit"),
            ({"starting_limit": 1e300}, "starting_limit"),
            ({"starting_limit": True}, "starting_limit"),
            ({"starting_limit": -1}, "starting_limit"),
            ({"starting_limit": timedelta(minutes=-1)}, "starting_limit"),
            ({"max_restarts": "10"}, "max_restarts"),
            ({"max_restarts": -1}, "max_restarts"),
            ({"max_reported": None}, "max_reported"),
            ({"max_reported": True}, "max_reported"),
            ({"own_rules": "x"}, "own_rules"),
            ({"own_rules": None}, "own_rules"),
            ({"own_rules": ["a rule"]}, "own_rules"),
            ({"fail_on": "unhealty"}, "did you mean 'unhealthy'"),
            ({"expected_config": "cu_number=2"}, "expected_config must be a mapping"),
            ({"expected_config": ""}, "expected_config: was given and is empty"),
            ({"expected_config": {"=>": 1}}, "=>"),
            ({"expected_config": {"cu_number": {">=": 1, "in": 2}}}, "cu_number"),
        ],
    )
    def test_what_can_not_be_right_is_refused_by_name_when_the_dag_is_parsed(self, arguments, named):
        with pytest.raises(ValueError, match=named):
            DliFlinkHealthCheckOperator(task_id="check", **arguments)

    @pytest.mark.parametrize(
        ("argument", "renders_to", "named"),
        [
            ("job_ids", None, "job_ids was given, but is None"),
            ("job_ids", "None", "job_ids was given, but is 'None'"),
            ("job_ids", "", "job_ids was given"),
            ("job_ids", [], "job_ids was given"),
            ("job_ids", "x", "job_ids must be"),
            ("queue_name", None, "queue_name was given, but is None"),
            ("queue_name", "None", "queue_name was given"),
            ("name", " ", "name was given"),
            ("job_type", None, "job_type was given"),
            ("user_name", "", "user_name was given"),
            ("tags", None, "tags was given"),
            ("tags", {"team": "None"}, "tags was given"),
            ("healthy_status", None, "healthy_status is empty"),
            ("healthy_status", "runing", "did you mean 'job_running'"),
            ("expected_config", None, "expected_config: was given and is empty"),
            ("expected_config", "None", "expected_config: was given and is empty"),
            ("expected_config", {"=>": 1}, "=>"),
        ],
    )
    def test_what_a_template_renders_to_is_checked_before_any_call(
        self, client, ti, argument, renders_to, named
    ):
        operator = DliFlinkHealthCheckOperator(task_id="check", **{argument: "{{ template }}"})
        setattr(operator, argument, renders_to)
        with pytest.raises(ValueError, match=named):
            operator.execute({"ti": ti})
        assert client.calls == []

    @pytest.mark.parametrize("limit", [timedelta(minutes=40), 2400, 2400.0])
    def test_the_starting_limit_may_be_given_in_seconds(self, client, check, limit):
        started = int((datetime.now(UTC) - timedelta(minutes=30)).timestamp() * 1000)
        client.jobs = {1: job(1, "job_submitting", start_time=started)}
        assert check(starting_limit=limit)["by_verdict"]["healthy"] == 1
        assert check(starting_limit=60, fail_on_unhealthy=False)["by_verdict"]["unhealthy"] == 1

    def test_a_single_rule_needs_no_list(self, client, check):
        client.jobs = {1: job(1)}
        report = check(own_rules=lambda job: f"is {job.name}", fail_on_unhealthy=False)
        assert report["jobs"][0]["reasons"][0]["reason"] == "is job_1"

    @pytest.mark.parametrize(
        ("given", "asked"),
        [
            ({"queue_name": 104}, {"queue_name": "104"}),
            ({"tags": '{"team": "etl"}'}, {"tags": {"team": "etl"}}),
            ({"tags": "team=etl"}, {"tags": "team=etl"}),
            ({"job_ids": 104}, {"job_ids": 1}),
            ({"job_ids": "104"}, {"job_ids": 1}),
        ],
    )
    def test_what_a_template_renders_to_natively_is_understood(self, client, check, given, asked):
        client.jobs = {104: job(104)}
        assert check(**given)["filters"] == asked

    def test_a_region_that_renders_to_none_counts_as_not_given(self, client, ti):
        client.jobs = {1: job(1)}
        operator = DliFlinkHealthCheckOperator(task_id="check", region="{{ region }}", project_id="{{ id }}")
        operator.region, operator.project_id = "None", None
        assert operator.execute({"ti": ti})["total"] == 1

    def test_what_a_template_may_say_is_rendered(self):
        operator = DliFlinkHealthCheckOperator(
            task_id="check",
            queue_name="{{ queue }}",
            tags={"team": "{{ team }}"},
            healthy_status=["{{ status }}"],
            expected_config={"parallel_number": {">=": "{{ least }}"}},
            project_id="{{ project }}",
        )
        operator.render_template_fields(
            {"queue": "q", "team": "etl", "least": 2, "project": "p", "status": "job_running"}
        )
        assert (operator.queue_name, operator.project_id) == ("q", "p")
        assert operator.healthy_status == ["job_running"]
        assert operator.tags == {"team": "etl"}
        assert operator.expected_config == {"parallel_number": {">=": "2"}}

    def test_a_limit_that_a_template_rendered_as_text_is_a_number(self, client, check):
        client.jobs = {1: job(1, job_config={"parallel_number": 10})}
        assert check(expected_config={"parallel_number": {">=": "9"}})["by_verdict"]["healthy"] == 1


def test_a_large_fleet_is_taken_page_by_page_and_never_held_whole(client, check):
    client.jobs = {n: job(n) for n in range(1, 2001)}
    seen: list[int] = []
    assert check(own_rules=[lambda _: seen.append(len(client.calls))])["total"] == 2000
    assert len(client.calls) == 20
    assert (seen[0], seen[-1]) == (1, 20)


def test_the_report_is_json(client, check):
    client.jobs = {1: job(1, "job_finish"), 2: job(2, "job_brand_new"), 3: BROKEN}
    report = check(job_ids=[1, 2, 3, 4], fail_on_unhealthy=False)
    assert json.loads(json.dumps(report)) == report


def test_a_dag_file_that_imports_the_operator_loads_no_client_and_no_model():
    code = (
        "import sys, dli_provider.operators.health\n"
        "print([name for name in sys.modules if name.startswith('dli_provider.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    for module in ("flink.job", "flink.health", "flink.drift", "api.client", "hooks.dli"):
        assert f"dli_provider.{module}'" not in loaded


def test_a_dag_file_that_makes_operators_loads_no_client_and_no_model():
    code = (
        "import sys\n"
        "from dli_provider.operators.flink import *\n"
        "DliFlinkHealthCheckOperator(task_id='check', job_ids=[1], expected_config={'cu_number': 2})\n"
        "DliGetFlinkJobConfigOperator(task_id='config', job_id=1, expected={'cu_number': {'>=': 2}})\n"
        "DliShowFlinkJobOperator(task_id='show', job_name='orders', include=('sql_body',))\n"
        "print([name for name in sys.modules if name.startswith('dli_provider.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    for module in ("flink.job", "api.client", "api.errors", "hooks.dli"):
        assert f"dli_provider.{module}'" not in loaded


class TestGauges:
    @pytest.fixture
    def gauges(self, monkeypatch):
        found: dict[str, float] = {}
        monkeypatch.setattr(health, "gauge", found.__setitem__)
        return found

    @pytest.mark.parametrize(("map_index", "task"), [(-1, "check"), (None, "check"), (3, "check.3")])
    def test_count_the_jobs_of_each_verdict_by_dag_and_task(self, client, gauges, ti, map_index, task):
        client.jobs = {1: job(1), 2: job(2, "job_finish")}
        ti.map_index = map_index
        with DAG("fleet", schedule=None):
            operator = DliFlinkHealthCheckOperator(
                task_id="check", job_ids=[1, 2, 3], fail_on_unhealthy=False
            )
        operator.execute({"ti": ti})
        assert gauges == {
            f"dli.flink_health.fleet.{task}.healthy": 1,
            f"dli.flink_health.fleet.{task}.unhealthy": 1,
            f"dli.flink_health.fleet.{task}.missing": 1,
            f"dli.flink_health.fleet.{task}.unreadable": 0,
        }

    def test_that_can_not_be_set_fail_no_task_and_are_said(self, client, check, log, monkeypatch):
        def broken(name: str, value: float) -> None:
            raise OSError("no statsd")

        monkeypatch.setattr(health, "gauge", broken)
        client.jobs = {1: job(1)}
        assert check()["total"] == 1
        assert log.lines[-1] == ("warning", "The metrics could not be set: no statsd")

    def test_go_to_airflow_s_own_metrics(self, client, check, monkeypatch):
        sent = []
        monkeypatch.setattr(Stats, "gauge", lambda *arguments, **_: sent.append(arguments), raising=False)
        client.jobs = {1: job(1)}
        check()
        assert [value for _, value in sent] == [1, 0, 0, 0]


def test_airflow_knows_the_operator_s_template_fields():
    assert set(DliFlinkHealthCheckOperator.template_fields) == {
        *("job_ids", "name", "queue_name", "job_type", "tags", "user_name"),
        *("healthy_status", "expected_config", "dli_conn_id", "region", "project_id"),
    }
