"""The endpoints that write: what is sent, what is refused before any call, and how an answer is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dli_provider.api import endpoints
from dli_provider.api.endpoints.call import Call
from dli_provider.api.errors import DliError, DliProtocolError

RUN, STOP = endpoints.run_flink_job(104), endpoints.stop_flink_job(104)
DELETE = endpoints.delete_flink_job(104)
CREATE_SQL = endpoints.create_flink_sql_job("orders", sql_body="SELECT 1")
CREATE_JAR = endpoints.create_flink_jar_job("sessions", entrypoint="a.jar")
UPDATE_SQL = endpoints.update_flink_sql_job(104, desc="x")
UPDATE_JAR = endpoints.update_flink_jar_job(104, desc="x")
SAVEPOINT = endpoints.trigger_flink_savepoint(104, "bucket/dir/")
IMPORT = endpoints.import_flink_savepoint(104, "bucket/dir/")
EVERY: list[Call[Any]] = [
    RUN,
    STOP,
    DELETE,
    CREATE_SQL,
    CREATE_JAR,
    UPDATE_SQL,
    UPDATE_JAR,
    SAVEPOINT,
    IMPORT,
]


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.title)
def test_a_write_is_never_repeated_unasked_and_says_what_it_needs_and_what_to_do_when_it_is_lost(call):
    assert not call.idempotent
    assert call.action.startswith("dli:jobs:")
    assert len({other.if_unknown for other in EVERY}) == 7  # creates share theirs, and so do updates


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, ("exclusive_cluster", "flink_opensource_sql_job")),
        ({"job_type": "flink_sql_job"}, ("exclusive_cluster", "flink_sql_job")),
        ({"run_mode": "exclusive_cluster"}, ("exclusive_cluster", "flink_opensource_sql_job")),
        ({"run_mode": "shared_cluster"}, ("shared_cluster", "flink_sql_job")),
        ({"run_mode": "edge_node"}, ("edge_node", "flink_sql_edge_job")),
        ({"job_type": "flink_sql_edge_job"}, ("edge_node", "flink_sql_edge_job")),
        ({"run_mode": None, "job_type": None}, ("exclusive_cluster", "flink_opensource_sql_job")),
        (
            {"run_mode": "shared_cluster", "job_type": "flink_opensource_sql_job"},
            ("shared_cluster", "flink_opensource_sql_job"),  # given as it is: DLI refuses it
        ),
    ],
    ids=str,
)
def test_a_new_sql_job_has_a_mode_and_a_type_that_go_together(given, sent):
    body = endpoints.create_flink_sql_job("orders", sql_body="SELECT 1", **given).body
    assert (body["run_mode"], body["job_type"]) == sent


def test_a_change_sends_no_mode_and_no_type_that_the_author_never_named():
    assert UPDATE_SQL.body == UPDATE_JAR.body == {"desc": "x"}
    assert CREATE_JAR.body == {"name": "sessions", "entrypoint": "a.jar"}


@pytest.mark.parametrize("sql", [None, "", " \n", "None"])
def test_a_new_sql_job_needs_its_sql_or_a_template(sql):
    with pytest.raises(ValueError, match=r"^CreateFlinkSqlJob: sql_body is blank$"):
        endpoints.create_flink_sql_job("orders", sql_body=sql)
    assert endpoints.create_flink_sql_job("orders", sql_body=sql, template_id=7).body["template_id"] == 7


@pytest.mark.parametrize("entrypoint", [None, "", "None", 7])
def test_a_new_jar_job_needs_its_jar(entrypoint):
    with pytest.raises(ValueError, match=r"^CreateFlinkJarJob: entrypoint"):
        endpoints.create_flink_jar_job("sessions", entrypoint=entrypoint)


@pytest.mark.parametrize("update", [endpoints.update_flink_sql_job, endpoints.update_flink_jar_job])
def test_a_change_of_nothing_is_refused(update):
    with pytest.raises(ValueError, match="of job 104: nothing to change"):
        update(104, name=None)


@pytest.mark.parametrize("value", [None, "False", "", 0, 1])
def test_a_flag_is_a_boolean(value):
    with pytest.raises(ValueError, match=r"^resume_savepoint must be True or False"):
        endpoints.run_flink_job(104, resume_savepoint=value)
    with pytest.raises(ValueError, match=r"^trigger_savepoint must be True or False"):
        endpoints.stop_flink_job(104, trigger_savepoint=value)


@pytest.mark.parametrize("job_id", [None, "", "orders", 0, True, "1/../2"])
def test_an_id_is_checked(job_id):
    for make in (
        *(endpoints.run_flink_job, endpoints.stop_flink_job, endpoints.delete_flink_job),
        endpoints.show_flink_execution_graph,
        lambda job_id: endpoints.update_flink_sql_job(job_id, desc="x"),
        lambda job_id: endpoints.update_flink_jar_job(job_id, desc="x"),
        lambda job_id: endpoints.trigger_flink_savepoint(job_id, "bucket/dir/"),
        lambda job_id: endpoints.import_flink_savepoint(job_id, "bucket/dir/"),
    ):
        with pytest.raises(ValueError, match=r"^job_id must"):
            make(job_id)


def test_a_savepoint_is_triggered_without_a_scheme_and_imported_with_one():
    for path in ("obs://bucket/dir", "bucket/dir/"):
        assert endpoints.trigger_flink_savepoint(104, path).body["savepoint_path"] == "bucket/dir/"
        assert endpoints.import_flink_savepoint(104, path).body["savepoint_path"] == "obs://bucket/dir/"
    metadata = endpoints.import_flink_savepoint(104, "obs://bucket/dir/_metadata")
    assert metadata.body["savepoint_path"] == "obs://bucket/dir/"


def test_a_call_shows_no_sql():
    call = endpoints.create_flink_sql_job("orders", sql_body="SELECT 'hunter2'")
    assert "hunter2" not in repr(call) + call.title


def test_the_title_shows_a_name_as_one_masked_line():
    call = endpoints.create_flink_sql_job("password=hunter2\n\u202e", sql_body="SELECT 1")
    assert call.title.isprintable()
    assert "hunter2" not in call.title


class TestAnAnswer:
    @pytest.mark.parametrize("job_id", [7, "7", 2**62])
    def test_tells_the_id_of_a_new_job(self, job_id):
        answer = {"is_success": "true", "job": {"job_id": job_id, "status_name": "job_init"}}
        assert CREATE_SQL.read(answer) == int(job_id)

    @pytest.mark.parametrize(
        "answer",
        [
            *(
                [],
                [{"job": {"job_id": 7}}],
                {},
                {"job": None},
                {"job": 7},
                {"job": {}},
                {"job": {"job_id": None}},
            ),
            *({"job": {"job_id": 0}}, {"job": {"job_id": True}}, {"job": {"job_id": "seven"}}),
        ],
        ids=str,
    )
    def test_without_an_id_tells_nothing(self, answer):
        for call in (CREATE_SQL, CREATE_JAR):
            with pytest.raises(DliProtocolError):
                call.read(answer)

    @pytest.mark.parametrize(
        "answer", [{}, [], [{}], [{"is_success": "true"}] * 3, {"job": {"update_time": 1}}]
    )
    def test_of_any_other_write_is_an_object_or_a_list_of_any_length(self, answer):
        for call in (RUN, STOP, DELETE, UPDATE_SQL, SAVEPOINT, IMPORT):
            assert call.read(answer) is None

    @pytest.mark.parametrize("answer", [[1], [[]], [{}, None]], ids=str)
    def test_that_holds_anything_else_is_none(self, answer):
        for call in (RUN, STOP, DELETE, UPDATE_SQL, SAVEPOINT, IMPORT):
            with pytest.raises(DliProtocolError):
                call.read(answer)

    @pytest.mark.parametrize(
        "message",
        [
            *("", "done", "{not JSON", "[]", "{}", None, 7, {"is_success": "true"}),
            '{"is_success":"true","message":"api.msg.deal_savepoint_success"}',
            '{"is_success": true}',
        ],
        ids=str,
    )
    def test_to_a_savepoint_may_have_json_as_its_message(self, message):
        assert SAVEPOINT.read({"is_success": "true", "message": message}) is None

    @pytest.mark.parametrize(
        ("message", "text"),
        [
            ({"is_success": "false", "message": "no"}, "is_success is false: no"),
            ({"is_success": False}, "is_success is false"),
            ({"error_code": "DLI.0007", "error_msg": "not running"}, "DLI.0007"),
        ],
    )
    def test_to_a_savepoint_may_report_a_failure_within_its_message(self, message: Any, text: str):
        for given in (message, json.dumps(message)):
            with pytest.raises(DliError, match=text):
                SAVEPOINT.read({"is_success": "true", "message": given})
