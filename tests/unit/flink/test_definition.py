"""The fields of the requests that create and change jobs: types, limits, and the API's own form."""

from __future__ import annotations

import json
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli_provider.flink.definition import JarJobChanges, NewJarJob, NewSqlJob, SqlJobChanges, parse_fields


def parsed(request: Any = SqlJobChanges, **fields: Any) -> dict[str, Any]:
    return parse_fields(request, "Request", fields)


def refusal(request: Any = SqlJobChanges, **fields: Any) -> str:
    with pytest.raises(ValueError, match=r"^Request: ") as caught:
        parsed(request, **fields)
    assert caught.value.__context__ is None  # the error of pydantic holds the values
    return str(caught.value).removeprefix("Request: ")


def test_what_is_none_is_left_out_and_what_is_empty_is_not():
    spec = {"cpu": None, "memory": "4G"}
    config = {"max_slot": None, "jobmanager_resource_spec": spec, "taskmanager_resource_spec": None}
    assert parsed(name=None, desc="", obs_bucket=None, edge_group_ids=[], resource_config=config) == {
        "desc": "",
        "edge_group_ids": [],
        "resource_config": {"jobmanager_resource_spec": {"memory": "4G"}},
    }


@pytest.mark.parametrize(
    ("request_", "name", "hint"),
    [
        (SqlJobChanges, "sql_bdy", "; did you mean 'sql_body'?"),
        (NewJarJob, "Parallel_Number", "; did you mean 'parallel_number'?"),
        (SqlJobChanges, "entrypoint_args", ""),
        (SqlJobChanges, "tags", ""),
        (NewSqlJob, "operator_config", ""),
        (NewJarJob, "job_type", ""),
        (SqlJobChanges, "xyzzy", ""),
    ],
)
def test_a_field_that_the_request_does_not_have_is_refused_with_the_nearest_one(request_, name, hint):
    rest = {"name": "orders", "entrypoint": "a.jar"} if request_ is NewJarJob else {}
    text = refusal(request_, **rest, **{name: "x"})
    assert text.startswith(f"no such field: '{name}'")
    assert hint in text


def test_a_field_within_resource_config_is_refused_with_its_place():
    text = refusal(resource_config={"jobmanager_resource_spec": {"cpus": 1}})
    assert text == "no such field: 'resource_config.jobmanager_resource_spec.cpus'; did you mean 'cpu'?"


LIMITS = [
    ("name", "n" * 57, "n" * 58),
    ("desc", "d" * 2048, "d" * 2049),
    ("queue_name", "q" * 128, "q" * 129),
    ("sql_body", "作" * 2**20, "作" * (2**20 + 1)),
    ("cu_number", 2, 1),
    ("cu_number", 400, 401),
    ("parallel_number", 2000, 2001),
    ("parallel_number", 1, 0),
    ("tm_cus", 1, 0),
    ("checkpoint_interval", 0, -1),
    ("resume_max_num", -1, -2),
    (
        "resource_config",
        {"jobmanager_resource_spec": {"cpu": 0.5}},
        {"jobmanager_resource_spec": {"cpu": 0.4}},
    ),
    ("run_mode", "edge_node", "edge"),
    ("resource_config_version", "v2", "v3"),
]
"""Field, a value at its limit, one beyond it."""


@pytest.mark.parametrize(("field", "within", "beyond"), LIMITS)
def test_limits(field, within, beyond):
    assert parsed(**{field: within}) == {field: within}
    assert refusal(**{field: beyond}).startswith(f"{field}")


def test_a_jar_job_is_created_with_a_shorter_description_than_it_may_be_given_later():
    assert parsed(JarJobChanges, desc="d" * 2048)
    new = {"name": "sessions", "entrypoint": "a.jar"}
    assert parsed(NewJarJob, **new, desc="d" * 512)
    assert refusal(NewJarJob, **new, desc="d" * 513) == "desc: String should have at most 512 characters"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " \n"),
        ("name", "None"),
        ("name", 104),
        ("cu_number", "4"),
        ("cu_number", True),
        ("cu_number", 4.0),
        ("checkpoint_enabled", "false"),
        ("checkpoint_enabled", 1),
        ("flink_version", 1.15),
        ("edge_group_ids", "a,b"),
        ("edge_group_ids", [1]),
        ("sql_body", b"SELECT 1"),
        ("sql_body", "half a character: \ud800"),
        ("resource_config", "{}"),
        ("resource_config", {"jobmanager_resource_spec": {"cpu": float("nan")}}),
        ("checkpoint_mode", "exactly"),
        ("checkpoint_mode", "1"),
        ("checkpoint_mode", 0),
        ("checkpoint_mode", 3),
        ("checkpoint_mode", True),
        ("checkpoint_mode", 1.0),
        ("runtime_config", "state.backend=rocksdb"),
        ("runtime_config", '{"state.backend": "rocksdb"}'),
        ("runtime_config", '[{"key": "a"}]'),
        ("runtime_config", "[" * 100_000),
        ("runtime_config", ["a"]),
        ("runtime_config", {"a": None}),
        ("runtime_config", {"a": ["b"]}),
        ("runtime_config", {1: "b"}),
        ("operator_config", "operator_list"),
        ("operator_config", "[]"),
        ("operator_config", {"rate": float("inf")}),
        ("operator_config", {"a": {1, 2}}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(field, value):
    assert refusal(**{field: value}).startswith(field)


@pytest.mark.parametrize(
    "tags",
    ["team=ads", ["team"], {"team": 1}, {"": "ads"}, {"team": ""}, {"t" * 129: "x"}, {"team": "x" * 256}],
)
def test_tags_that_are_none_are_refused(tags):
    assert refusal(NewSqlJob, name="orders", tags=tags).startswith("tags")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("parallel_number", "four", "a valid integer, not str"),
        ("parallel_number", 2.5, "a valid integer, not 2.5"),
        ("cu_number", 1, "greater than or equal to 2, not 1"),
        ("checkpoint_enabled", 1, "a valid boolean, not 1"),
        ("checkpoint_mode", 3, "'at_least_once' (2), not 3"),
        ("run_mode", "edge", "'edge_node'"),
    ],
)
def test_a_number_that_is_refused_is_shown_and_a_text_is_not(field, value, shown):
    assert refusal(**{field: value}).endswith(shown)


def test_faults_are_sentences():
    text = refusal(sql_bdy="x", queue_nam="etl")
    assert text.count("'? no such field: ") == 1


def test_every_fault_is_named_at_once():
    text = refusal(cu_number=1, sql_bdy="x", desc=7)
    assert [field in text for field in ("cu_number", "sql_bdy", "desc")] == [True] * 3
    assert text.isprintable()


@pytest.mark.parametrize(("mode", "number"), [("exactly_once", 1), ("at_least_once", 2), (1, 1), (2, 2)])
def test_a_checkpoint_mode_is_a_name_or_a_number(mode, number):
    assert parsed(checkpoint_mode=mode) == {"checkpoint_mode": number}


def test_flink_options_become_the_text_of_a_json_list():
    options = {"state.backend": "rocksdb", "attempts": 3, "ratio": 0.5, "compress": True}
    text = parsed(runtime_config=MappingProxyType(options))["runtime_config"]
    assert json.loads(text) == [
        {"key": "state.backend", "value": "rocksdb"},
        {"key": "attempts", "value": "3"},
        {"key": "ratio", "value": "0.5"},
        {"key": "compress", "value": "true"},
    ]
    assert parsed(runtime_config=text) == {"runtime_config": text}
    assert parsed(runtime_config="") == {"runtime_config": ""}


def test_tags_become_a_list():
    tags = [{"key": "team", "value": "ads"}]
    for given_ in ({"team": "ads"}, tags):
        assert parsed(NewSqlJob, name="orders", tags=given_) == {"name": "orders", "tags": tags}


@pytest.mark.parametrize("field", ["flink_log_config", "operator_config", "static_estimator_config"])
def test_a_configuration_is_a_mapping_or_its_json_text(field):
    text = '{"operator_list": []}'
    assert parsed(**{field: {"operator_list": []}}) == parsed(**{field: text}) == {field: text}


def test_a_member_of_an_enumeration_is_a_text():
    class Queue(StrEnum):
        ETL = "etl"

    assert json.dumps(parsed(queue_name=Queue.ETL)) == '{"queue_name": "etl"}'


CANARY = "canary-7f3a"


@given(
    field=st.sampled_from(sorted(SqlJobChanges.__annotations__)),
    value=st.recursive(
        st.just(CANARY) | st.just(CANARY.encode()) | st.just(CANARY * 200_000),
        lambda inner: st.lists(inner, min_size=1) | st.dictionaries(st.just("key"), inner, min_size=1),
        max_leaves=3,
    ),
)
def test_a_refusal_shows_no_value(field, value):
    try:
        parsed(**{field: value})
    except ValueError as error:
        assert CANARY not in str(error)  # noqa: PT017
