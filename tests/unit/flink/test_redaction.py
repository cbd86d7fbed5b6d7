"""What of a job may be shown: withheld fields, credentials in the rest, and what can be asked for by name."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dli_provider.flink.job import FlinkJob, JobConfig
from dli_provider.flink.masking import is_credential
from dli_provider.flink.redaction import (
    MASK,
    WITHHELD_FIELDS,
    check_include,
    is_withheld,
    mask_credentials,
    redact,
)

SQL = "CREATE TABLE t (id INT) WITH ('connector' = 'jdbc', 'password' = 'hunter2')"


@pytest.mark.parametrize("name", sorted(WITHHELD_FIELDS))
@pytest.mark.parametrize("inside", [False, True], ids=["in the job", "in job_config"])
def test_a_withheld_field_is_hidden_wherever_it_stands(name: str, inside: bool) -> None:
    content = {"name": "n", name: "text"}
    shown = {"name": "n", name: MASK}
    assert redact({"job_config": content} if inside else content) == (
        {"job_config": shown} if inside else shown
    )


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_a_withheld_field_that_is_not_set_shows_so(empty: object) -> None:
    assert redact({"sql_body": empty, "job_config": {"runtime_config": empty}}) == {
        "sql_body": empty,
        "job_config": {"runtime_config": empty},
    }


@pytest.mark.parametrize("value", ["text", ["text"], {"a": "text"}, [{"key": "k", "value": "v"}]])
def test_what_stands_under_an_unknown_key_that_ends_in_config_is_hidden(value: object) -> None:
    assert redact({"job_config": {"some_new_config": value}}) == {"job_config": {"some_new_config": MASK}}


def test_numbers_and_booleans_under_such_a_key_are_shown() -> None:
    content = {"use_config": True, "no_config": False, "old_config": 3}
    assert redact(content) == content


def test_resource_config_is_shown_as_an_object_and_hidden_as_a_text() -> None:
    content = {"resource_config": {"max_slot": 1, "jobmanager_resource_spec": {"cpu": 0.5, "memory": "4 GB"}}}
    assert redact(content) == content
    assert redact({"resource_config": '{"max_slot": 1}'}) == {"resource_config": MASK}


@pytest.mark.parametrize("name", ["status_desc", "desc", "config_url", "name", "some_new_key"])
def test_credentials_in_any_other_text_are_masked(name: str) -> None:
    assert redact({name: f"failed: {SQL}"}) == {name: f"failed: {mask_credentials(SQL)}"}


def test_texts_inside_unknown_lists_and_objects_are_masked_too() -> None:
    shown = redact({"a": [{"b": "--sk abc"}, ["Bearer abc"], 1, None, "plain"]})
    assert shown == {"a": [{"b": "--sk ***"}, ["Bearer ***"], 1, None, "plain"]}


@pytest.mark.parametrize("value", ["abc", 12345, ["abc"], {"access": "abc"}])
def test_whatever_a_key_calls_a_credential_is_masked(value: object) -> None:
    assert redact({"a": {"fs.obs.secret.key": value}}) == {"a": {"fs.obs.secret.key": MASK}}


def test_the_value_of_a_pair_is_masked_when_its_key_names_a_credential() -> None:
    content = {"options": [{"key": "x.password", "value": "abc"}, {"name": "parallelism", "value": "4"}]}
    assert redact(content) == {
        "options": [{"key": "x.password", "value": MASK}, {"name": "parallelism", "value": "4"}]
    }


@pytest.mark.parametrize("include", [("sql_body",), ["sql_body"], {"sql_body"}])
def test_a_withheld_field_is_shown_when_asked_for_with_its_credentials_masked(include: Any) -> None:
    shown = redact({"sql_body": SQL, "entrypoint_args": "x"}, include)
    assert shown == {
        "sql_body": "CREATE TABLE t (id INT) WITH ('connector' = 'jdbc', 'password' = '***')",
        "entrypoint_args": MASK,
    }


def test_runtime_config_asked_for_shows_its_keys_and_masks_its_credentials() -> None:
    text = '[{"key":"fs.obs.secret.key","value":"abc"},{"key":"flink.dli.job.priority","value":"5"}]'
    shown = redact({"job_config": {"runtime_config": text}}, ("runtime_config",))
    assert shown["job_config"]["runtime_config"] == text.replace("abc", MASK)


@pytest.mark.parametrize("include", [("sql_boddy",), ("name",), ("sql_body", "x"), (1,), "sql_body", ""])
def test_an_unknown_name_to_include_is_refused_with_the_possible_ones(include: Any) -> None:
    with pytest.raises(
        ValueError, match=r"include must be a list of withheld fields.*possible are .*sql_body"
    ):
        check_include(include)


def test_all_withheld_fields_may_be_included() -> None:
    assert check_include(sorted(WITHHELD_FIELDS)) == WITHHELD_FIELDS
    assert check_include(()) == frozenset()


def test_the_content_itself_is_left_alone() -> None:
    content = {"sql_body": SQL, "job_config": {"runtime_config": "x", "a": ["--sk abc"]}}
    before = copy.deepcopy(content)
    redact(content)
    assert content == before


def test_redacting_twice_is_redacting_once() -> None:
    content = {"sql_body": SQL, "status_desc": SQL, "job_config": {"runtime_config": "x", "password": 1}}
    assert redact(redact(content)) == redact(content)


def test_of_the_known_fields_only_the_withheld_ones_are_hidden() -> None:
    names = {*FlinkJob.model_fields, *JobConfig.model_fields}
    assert not [name for name in names if is_credential(name)]
    assert {name for name in names if is_withheld(name)} == WITHHELD_FIELDS - {"stream_graph"}


_SECRET = "Zq7Xv9Kw"
_KEYS = st.one_of(
    st.sampled_from([*sorted(WITHHELD_FIELDS), "new_config", "password", "status_desc", "a"]), st.text()
)
_TEXTS = st.sampled_from(["password={}", "'sk' = '{}'", "x --token {} y", "u://a:{}@h", '{{"secret": "{}"}}'])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.recursive(
        _TEXTS.map(lambda text: text.format(_SECRET)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    ),
    st.frozensets(st.sampled_from(sorted(WITHHELD_FIELDS))),
)
def test_no_secret_survives_at_any_depth_whatever_is_included(content: Any, include: frozenset[str]) -> None:
    assert _SECRET not in repr(redact({"job_config": content}, include))
