"""Faults on demand, as a real client meets them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.client import DliClient
from dli_provider.api.errors import DliServerError, DliThrottledError
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.emulator import DliEmulator, faults


@pytest.fixture
def dli():
    with DliEmulator() as emulator:
        emulator.add_job(104, status="job_running")
        yield emulator


@pytest.fixture
def client(dli):
    key = AkSkCredential(dli.access_key, dli.secret_key)
    settings = DliSettings(endpoint=dli.url, credential=key, project_id=dli.project_id)
    with DliClient(settings, ONE_ATTEMPT) as client:
        yield client


def outcome(client: DliClient) -> str:
    """Show the job once, and tell how that went."""
    try:
        client.show_flink_job(104)
    except DliThrottledError:
        return "429"
    except DliServerError as error:
        return str(error.status)
    return "200"


def test_an_outage_in_mid_wait_begins_after_some_answers_and_ends(dli, client):
    dli.inject(faults.ServerError(502), after=3, times=2, only="show")
    assert [outcome(client) for _ in range(7)] == ["200"] * 3 + ["502"] * 2 + ["200"] * 2


class TestARateLimit:
    def test_a_rate_limit_answers_so_many_calls_in_its_time_and_refuses_the_rest(self, dli, client):
        dli.inject(faults.RateLimit(calls=3, seconds=60), times=None)
        assert [outcome(client) for _ in range(6)] == ["200"] * 3 + ["429"] * 3
        dli.clear_faults()
        assert outcome(client) == "200"

    def test_a_rate_limit_is_never_exceeded_by_a_caller_who_asks_all_the_time(self, dli, client):
        calls, seconds = 4, 0.25
        dli.inject(faults.RateLimit(calls, seconds), times=None)
        until = time.monotonic() + 4 * seconds
        while time.monotonic() < until:
            outcome(client)
        answered = [request.at for request in dli.requests if request.status == 200]
        refused = [request for request in dli.requests if request.status == 429]
        assert calls < len(answered) <= 5 * calls
        assert refused
        # the times are those of arrival, a moment before the limit looks at its clock
        assert all(
            later - first > seconds / 2 for first, later in zip(answered, answered[calls:], strict=False)
        )

    def test_a_rate_limit_does_not_count_what_it_refused(self, dli, client):
        dli.inject(faults.RateLimit(1, 0.3), times=None)
        assert outcome(client) == "200"
        until = time.monotonic() + 5
        while outcome(client) == "429":
            assert time.monotonic() < until
            time.sleep(0.02)

    @pytest.mark.parametrize(("retry_after", "told"), [(None, None), (7, 7.0)])
    def test_a_rate_limit_says_when_to_come_back_if_it_is_told_to(self, dli, client, retry_after, told):
        dli.inject(faults.RateLimit(1, 60, retry_after), times=None)
        client.show_flink_job(104)
        with pytest.raises(DliThrottledError) as caught:
            client.show_flink_job(104)
        assert (caught.value.status, caught.value.code) == (429, "APIG.0308")
        assert caught.value.retry_after == told

    def test_a_rate_limit_may_concern_one_operation(self, dli, client):
        dli.inject(faults.RateLimit(1, 60), times=None, only="list")
        assert [outcome(client) for _ in range(3)] == ["200"] * 3
        list(client.list_flink_jobs())
        with pytest.raises(DliThrottledError):
            list(client.list_flink_jobs())


def test_a_list_can_be_cut(dli, client):
    dli.inject(faults.ListPage(450), times=None)
    listed = requests.get(
        f"{dli.url}/v1.0/{dli.project_id}/streaming/jobs", params={"offset": 100}, timeout=10
    )
    assert listed.json()["job_list"] == {"total_count": 450, "jobs": []}


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (faults.ListPage(None), {"jobs": []}),
        (faults.ListPage(0, None), {"total_count": 0, "jobs": None}),
        (faults.ListPage(2, [None, {"job_id": 1}]), {"total_count": 2, "jobs": [None, {"job_id": 1}]}),
    ],
)
def test_a_list_can_be_odd(dli, page, shown):
    dli.inject(page)
    assert requests.get(dli.url, timeout=10).json()["job_list"] == shown


def test_an_answer_can_be_rewritten(dli, client):
    def cut_in_mid_emoji(answer):
        answer["job_detail"]["desc"] = "cut \ud83d"
        return answer

    dli.inject(faults.Rewritten(cut_in_mid_emoji), only="show")
    assert (client.show_flink_job(104).desc, client.show_flink_job(104).desc) == ("cut \ud83d", "")


def test_a_fault_that_rewrites_by_no_function_is_refused():
    with pytest.raises(ValueError, match="rewrite must be a function, and not 5"):
        faults.Rewritten(5)


@pytest.mark.parametrize(
    ("fault", "status", "begins"),
    [
        (faults.PROXY_REFUSAL, 401, "<html>"),
        (faults.CAPTIVE_PORTAL, 200, "<html>"),
        (faults.KEY_LOCKED, 401, '{"error_code": "APIG.0301"'),
    ],
)
def test_what_stands_in_the_way_can_be_shown(dli, fault, status, begins):
    dli.inject(fault)
    answer = requests.get(dli.url, timeout=10)
    assert answer.status_code == status
    assert answer.text.startswith(begins)


def test_the_gateway_s_errors_repeat_the_request_id_and_dli_s_do_not(dli):
    answer = requests.get(f"{dli.url}/nowhere", timeout=10)
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


class Caller:
    """A caller with a token, who writes."""

    def __init__(self, dli: DliEmulator) -> None:
        self._url = f"{dli.url}/v1.0/{dli.project_id}/streaming"
        user = {"name": dli.iam.user, "password": dli.iam.password, "domain": {"name": dli.iam.domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        auth = {"identity": identity, "scope": {"project": {"id": dli.project_id}}}
        answer = requests.post(f"{dli.url}/v3/auth/tokens", json={"auth": auth}, timeout=10)
        self._headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}

    def post(self, path: str, **body: object) -> requests.Response:
        return requests.post(f"{self._url}{path}", json=body, headers=self._headers, timeout=10)


@pytest.fixture
def caller(dli) -> Caller:
    return Caller(dli)


class TestAWrite:
    @pytest.mark.parametrize(("when", "accepted"), [("before", 0), ("after", 1)])
    @pytest.mark.parametrize("fault", [faults.Drop(), faults.Truncated()], ids=["dropped", "truncated"])
    def test_a_write_whose_answer_is_lost_was_executed_or_not(self, dli, caller, when, accepted, fault):
        dli.inject(fault, only="create_sql", when=when)
        with pytest.raises(requests.RequestException):
            caller.post("/sql-jobs", name="orders")
        assert len(dli.history()) == accepted
        again = caller.post("/sql-jobs", name="orders")
        assert again.status_code == (400 if accepted else 200)

    @pytest.mark.parametrize(("when", "accepted"), [("before", 0), ("after", 1)])
    @pytest.mark.parametrize("fault", [faults.PROXY_HTML, faults.ServerError(502)], ids=["HTML", "JSON"])
    def test_a_write_that_a_gateway_answers_with_502_was_done_or_not(
        self, dli, caller, when, accepted, fault
    ):
        dli.job(104).set_status("job_finish")
        dli.inject(fault, only="run", when=when)
        assert caller.post("/jobs/run", job_ids=[104]).status_code == 502
        assert len(dli.history(104)) == accepted

    def test_a_write_that_is_refused_is_not_executed_though_its_answer_is_lost(self, dli, caller):
        dli.inject(faults.ServerError(502), when="after")
        assert caller.post("/jobs/run", job_ids=[104]).status_code == 502
        assert dli.history() == []

    @pytest.mark.parametrize(("when", "accepted"), [("before", 0), ("after", 1)])
    def test_a_write_whose_answer_is_held_was_executed_or_not(self, dli, caller, when, accepted):
        hold = faults.Hold()
        dli.inject(hold, only="delete_batch", when=when)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(caller.post, "/jobs/delete", job_ids=[104])
            assert hold.wait()
            assert len(dli.history()) == accepted
            hold.release()
            assert answer.result().status_code == 200
        assert len(dli.history()) == 1

    def test_a_write_whose_caller_is_gone_does_not_hold_the_emulator(self, dli, caller):
        hold = faults.Hold()
        dli.inject(hold, only="stop", when="after")
        with pytest.raises(requests.Timeout):
            requests.post(
                f"{dli.url}/v1.0/{dli.project_id}/streaming/jobs/stop",
                json={"job_ids": [104]},
                headers=caller._headers,
                timeout=0.3,
            )
        assert [write.operation for write in dli.history()] == ["stop"]
        assert caller.post("/jobs/delete", job_ids=[104]).status_code == 200

    def test_a_write_is_not_repeated_by_an_answer_that_is_rewritten(self, dli, caller):
        dli.inject(faults.Rewritten(lambda answer: {**answer, "is_success": "false"}), when="after")
        assert caller.post("/sql-jobs", name="orders").json()["is_success"] == "false"
        assert len(dli.history()) == 1
