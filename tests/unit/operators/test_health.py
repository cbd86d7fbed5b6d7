"""The operator of the health check: what it asks of DLI, and how it ends, with a client that isn't one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

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
from dli_provider.exceptions import DliFlinkUnhealthyError
from dli_provider.flink.job import FlinkJob
from dli_provider.hooks import dli
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

    def __enter__(self) -> Client:
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

    @pytest.mark.parametrize(
        ("jobs", "said"),
        [
            ({}, ("warning", "No Flink job was found")),
            ({1: job(1)}, ("info", "The Flink job is healthy")),
        ],
    )
    def test_a_fleet_of_nobody_passes_with_a_warning(self, client, check, log, jobs, said):
        client.jobs = jobs
        check(queue_name="etl")
        assert log.lines[-1] == said

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
        told = ("info", f"Reading 5 jobs one by one, for their list can't be read: {error}")
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
            *(("1", 2), [1, 2, "2"], range(1, 3), iter([1, 2])),
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
            ({"job_ids": 5}, "job_ids"),
            ({"job_ids": ""}, "job_id"),
            ({"job_ids": "None"}, "job_id"),
            ({"job_ids": "[]"}, "job_ids is empty"),
            ({"job_ids": "['1', 'x']"}, "job_id"),
            ({"job_ids": "[[1]]"}, "job_id"),
            ({"job_ids": "{'1': 2}"}, "job_id"),
            ({"job_ids": "1; 2"}, "job_id"),
            ({"healthy_status": []}, "healthy_status"),
            ({"starting_limit": 900}, "starting_limit"),
            ({"starting_limit": timedelta(minutes=-1)}, "starting_limit"),
            ({"max_restarts": "10"}, "max_restarts"),
            ({"max_restarts": -1}, "max_restarts"),
            ({"max_reported": None}, "max_reported"),
            ({"max_reported": True}, "max_reported"),
            ({"own_rules": len}, "own_rules"),
            ({"own_rules": ["a rule"]}, "own_rules"),
            ({"expected_config": "{'cu_number': 2}"}, "render_template_as_native_obj"),
            ({"expected_config": {"cu_number": {">=": 1, "in": 2}}}, "cu_number"),
        ],
    )
    def test_what_can_not_be_right_is_refused_by_name_before_any_call(self, client, check, arguments, named):
        with pytest.raises(ValueError, match=named):
            check(**arguments)
        assert client.calls == []

    def test_whatever_a_dag_file_says_is_taken_until_the_task_runs(self):
        DliFlinkHealthCheckOperator(task_id="check", job_ids="{{ nonsense }}", max_restarts="many")

    def test_what_a_template_may_say_is_rendered(self):
        operator = DliFlinkHealthCheckOperator(
            task_id="check",
            job_ids="{{ ids }}",
            tags={"team": "{{ team }}"},
            expected_config={"parallel_number": {">=": "{{ least }}"}},
            project_id="{{ project }}",
        )
        operator.render_template_fields({"ids": "1,2", "team": "etl", "least": 2, "project": "p"})
        assert (operator.job_ids, operator.project_id) == ("1,2", "p")
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
    for module in ("flink.job", "flink.health", "flink.expectations", "api.client", "hooks.dli"):
        assert f"dli_provider.{module}'" not in loaded
