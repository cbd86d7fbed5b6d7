"""The emulator's answers, byte for byte as the real service gives them: keys, nulls, errors, tokens."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
import requests

from dli_provider.emulator import DliEmulator

SHOWN = {
    *("job_id", "user_id", "queue_name", "project_id", "name", "desc", "sql_body", "run_mode", "job_type"),
    *("job_config", "main_class", "entrypoint_args", "execution_graph", "status", "status_desc"),
    *("create_time", "update_time", "start_time"),
}
CONFIG = {
    *("checkpoint_enabled", "checkpoint_interval", "checkpoint_mode", "log_enabled", "obs_bucket", "root_id"),
    *("edge_group_ids", "graph_editor_enabled", "graph_editor_data", "manager_cu_number", "executor_number"),
    *("executor_cu_number", "cu_number", "parallel_number", "smn_topic", "restart_when_exception"),
    *("idle_state_retention", "config_url", "udf_jar_url", "dirty_data_strategy", "entrypoint"),
    *("dependency_jars", "dependency_files"),
}
NULL_IN_CONFIG = {
    *("obs_bucket", "edge_group_ids", "executor_number", "executor_cu_number", "smn_topic", "config_url"),
    *("udf_jar_url", "dirty_data_strategy"),
}
IN_BRIEF = {
    *("job_id", "name", "desc", "job_type", "queue_name", "status", "status_desc", "create_time"),
    *("start_time", "user_name", "duration", "root_id"),
}
OTHER_PROJECT = "f" * 32


@pytest.fixture
def dli():
    with DliEmulator() as emulator:
        emulator.add_job(104, status="job_init")
        yield emulator


def token(dli: DliEmulator, **project: str) -> requests.Response:
    """Ask IAM for a token of a project, by its name or id."""
    user = {"name": dli.iam.user, "password": dli.iam.password, "domain": {"name": dli.iam.domain_name}}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": project or {"name": dli.region}},
    }
    return requests.post(f"{dli.url}/v3/auth/tokens", json={"auth": auth}, timeout=10)


class Caller:
    """A caller with a token.

    :param project: what the token is for, as IAM takes it; the emulator's own project unless it is named.
    """

    def __init__(self, dli: DliEmulator, **project: str) -> None:
        self.dli = dli
        self.headers = {"X-Auth-Token": token(dli, **project).headers["X-Subject-Token"]}

    def get(self, path: str = "", project_id: str | None = None, **query: Any) -> requests.Response:
        url = f"{self.dli.url}/v1.0/{project_id or self.dli.project_id}/streaming/jobs{path}"
        return requests.get(url, params=query, headers=self.headers, timeout=10)

    def show(self, job_id: int = 104) -> dict[str, Any]:
        return self.get(f"/{job_id}").json()["job_detail"]

    def list(self, **query: Any) -> list[dict[str, Any]]:
        return self.get(**query).json()["job_list"]["jobs"]


@pytest.fixture
def caller(dli) -> Caller:
    return Caller(dli)


def nulls(content: dict[str, Any]) -> set[str]:
    return {name for name, value in content.items() if value is None}


class TestShowFlinkJob:
    def test_show_flink_job_has_the_keys_of_the_documented_sample_and_no_others(self, caller):
        answer = caller.get("/104").json()
        assert set(answer) == {"is_success", "message", "job_detail"}
        assert answer["is_success"] == "true"
        assert set(answer["job_detail"]) == SHOWN
        assert set(answer["job_detail"]["job_config"]) == CONFIG

    def test_show_flink_job_has_its_nulls_and_its_empty_texts(self, caller):
        detail = caller.show()
        config = detail["job_config"]
        assert nulls(detail) == {"main_class", "entrypoint_args", "execution_graph", "start_time"}
        assert nulls(config) == NULL_IN_CONFIG
        assert {name for name, value in detail.items() if value == ""} == {"desc", "sql_body", "status_desc"}
        assert config["graph_editor_data"] == ""

    def test_show_flink_job_has_ids_and_times_as_numbers(self, caller):
        detail = caller.show()
        assert detail["job_id"] == 104
        assert all(abs(detail[name] / 1000 - time.time()) < 60 for name in ("create_time", "update_time"))


class TestListFlinkJobs:
    def test_list_flink_jobs_wraps_its_jobs_in_a_job_list_with_their_number(self, dli, caller):
        for job_id in range(200, 212):
            dli.add_job(job_id)
        answer = caller.get().json()
        assert set(answer) == {"is_success", "message", "job_list"}
        assert set(answer["job_list"]) == {"total_count", "jobs"}
        assert (answer["job_list"]["total_count"], len(answer["job_list"]["jobs"])) == (13, 10)

    def test_list_flink_jobs_shows_each_in_brief_unless_asked_for_more(self, caller):
        for query in ({}, {"show_detail": "false"}):
            (job,) = caller.list(**query)
            assert set(job) == IN_BRIEF
            assert nulls(job) == set()
            assert [job[name] for name in ("start_time", "duration", "root_id", "user_name")] == [
                0,
                0,
                -1,
                "",
            ]

    def test_list_flink_jobs_shows_with_detail_what_show_flink_job_shows_but_zero_for_no_start(self, caller):
        (job,) = caller.list(show_detail="true")
        assert job == {**caller.show(), "start_time": 0}

    @pytest.mark.parametrize("show_detail", ["true", "false"])
    def test_list_flink_jobs_shows_the_user_s_name_only_in_brief(self, dli, caller, show_detail):
        dli.add_job(104, user_name="ada", duration=7)
        (job,) = caller.list(user_name="ada", show_detail=show_detail)
        shown = {name: job[name] for name in ("user_name", "duration", "root_id") if name in job}
        assert shown == ({} if show_detail == "true" else {"user_name": "ada", "duration": 7, "root_id": -1})
        assert "user_name" not in caller.show()

    def test_list_flink_jobs_is_newest_first_unless_asked_otherwise(self, dli, caller):
        dli.add_job(7, create_time=1)
        for query, order in (({}, [104, 7]), ({"order": "desc"}, [104, 7]), ({"order": "asc"}, [7, 104])):
            assert [job["job_id"] for job in caller.list(**query)] == order

    def test_list_flink_jobs_may_be_asked_for_none_but_their_number(self, caller):
        assert caller.get(limit=0).json()["job_list"] == {"total_count": 1, "jobs": []}

    @pytest.mark.parametrize(
        "query",
        [
            *({"limit": text} for text in ("101", "-1", "ten", "1.5")),
            *({"offset": text} for text in ("-1", "x")),
            *({"order": text} for text in ("newest", "DESC")),
            *({"status": text} for text in ("job_runing", "RUNNING")),
            *({"job_type": "flink_job"}, {"show_detail": "maybe"}, {"root_job_id": "x"}),
        ],
        ids=str,
    )
    def test_list_flink_jobs_refuses_a_parameter_that_can_not_be_with_dli_0001(self, caller, query):
        answer = caller.get(**query)
        assert answer.status_code == 400
        assert set(answer.json()) == {"error_code", "error_msg"}
        assert answer.json()["error_code"] == "DLI.0001"
        assert set(query) & set(answer.json()["error_msg"].split())

    @pytest.mark.parametrize("limit", [1, 100])
    def test_list_flink_jobs_takes_every_limit_up_to_a_hundred(self, caller, limit):
        assert caller.get(limit=limit, root_job_id=2**63 - 1).status_code == 200


class TestAToken:
    def test_a_token_is_good_until_its_day_is_over(self, dli, caller):
        dli.advance(timedelta(hours=23, minutes=59))
        assert caller.get("/104").status_code == 200
        dli.advance(120)
        answer = caller.get("/104")
        assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.0307")
        assert Caller(dli).get("/104").status_code == 200

    def test_a_token_is_good_for_its_own_project_alone(self, dli, caller):
        dli.iam.projects.append(("another", OTHER_PROJECT))
        for stranger in (Caller(dli, name="another"), Caller(dli, id=OTHER_PROJECT)):
            answer = stranger.get("/104")
            assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.0307")
            answer = caller.get("/104", project_id=OTHER_PROJECT)
            assert (answer.status_code, answer.json()["error_code"]) == (401, "APIG.0307")

    def test_a_token_lists_the_projects_whatever_its_own(self, dli):
        dli.iam.projects.append(("another", OTHER_PROJECT))
        answer = requests.get(
            f"{dli.url}/v3/projects", headers=Caller(dli, name="another").headers, timeout=10
        )
        assert [project["id"] for project in answer.json()["projects"]] == [dli.project_id, OTHER_PROJECT]

    def test_a_token_comes_with_what_iam_says_of_it(self, dli):
        answer = token(dli)
        assert answer.status_code == 201
        said = answer.json()["token"]
        assert said["project"]["id"] == dli.project_id
        for name in ("expires_at", "issued_at"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", said[name])


class TestTraces:
    def test_traces_of_iam_s_answers_have_their_own_header(self, dli, caller):
        projects = requests.get(f"{dli.url}/v3/projects", headers=caller.headers, timeout=10)
        refused = requests.post(f"{dli.url}/v3/auth/tokens", data=b"{}", timeout=10)
        traces = [answer.headers["X-IAM-Trace-Id"] for answer in (projects, refused, token(dli))]
        assert (projects.status_code, refused.status_code) == (200, 400)
        assert len(set(traces)) == 3

    def test_traces_of_dli_s_answers_are_request_ids(self, caller):
        ids = [caller.get(path).headers["X-Request-Id"] for path in ("", "/104", "/999")]
        assert len(set(ids)) == 3
        assert "X-IAM-Trace-Id" not in caller.get().headers


def test_a_life_can_begin_with_the_first_answer_about_it(dli, caller):
    dli.add_job(105, [("job_submitting", 0.3), ("job_running", None)], begins="first_read")
    time.sleep(0.4)
    assert caller.show(105)["status"] == "job_submitting"
    time.sleep(0.4)
    assert caller.show(105)["status"] == "job_running"


def test_a_life_can_begin_with_the_first_list(dli, caller):
    dli.add_job(105, [("job_submitting", 0.3), ("job_running", None)], begins="first_read")
    assert caller.list(status="job_running") == []
    time.sleep(0.4)
    assert [job["job_id"] for job in caller.list(status="job_running")] == [105]
