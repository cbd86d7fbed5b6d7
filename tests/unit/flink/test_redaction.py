"""What of a job may be shown: withheld fields, credentials in the rest, and what can be asked for by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dli_provider.api.bodies import excerpt
from dli_provider.flink.health import Problem
from dli_provider.flink.job import FlinkJob, JobConfig
from dli_provider.flink.redaction import WITHHELD_FIELDS, check_include, is_withheld, redact
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import FlinkJobWait
from dli_provider.masking import MASK, is_credential, mask, printable

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
    assert redact({name: f"failed: {SQL}"}) == {name: f"failed: {mask(SQL)}"}


def test_texts_inside_unknown_lists_and_objects_are_masked_too() -> None:
    shown = redact({"a": [{"b": "--sk abc"}, ["Bearer abc"], 1, None, "plain"]})
    assert shown == {"a": [{"b": "--sk ***"}, ["Bearer ***"], 1, None, "plain"]}


@pytest.mark.parametrize("value", ["abc", 12345, ["abc"], {"access": "abc"}])
def test_whatever_a_key_calls_a_credential_is_masked(value: object) -> None:
    assert redact({"a": {"fs.obs.secret.key": value}}) == {"a": {"fs.obs.secret.key": MASK}}


def test_numbers_of_measures_and_booleans_are_shown_though_their_names_look_like_credentials() -> None:
    content = {
        "max_tokens": 5,
        "token_ttl": "300",
        "token_expiry_seconds": 1.5,
        "secret": True,
        "use_pin": False,
    }
    pairs = [{"key": "token.ttl", "value": 300}, {"name": "password", "value": True}]
    assert redact({"job_config": content, "options": pairs}) == {"job_config": content, "options": pairs}


@pytest.mark.parametrize("name", ["password", "pin", "secret", "token", "db_password"])
def test_a_number_under_the_name_of_a_credential_itself_is_masked(name: str) -> None:
    content = {"job_config": {name: 1234}, "options": [{"key": name, "value": 1234}]}
    assert redact(content) == {"job_config": {name: MASK}, "options": [{"key": name, "value": MASK}]}


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


def _reason(text: str) -> str:
    job = FlinkJob(status=FlinkJobStatus.JOB_SUBMIT_FAIL, status_desc=text)
    wait = FlinkJobWait(1, [FlinkJobStatus.JOB_RUNNING])
    return str(wait.observe(job, datetime(2026, 1, 1, tzinfo=UTC)).reason)


DOORS: dict[str, Callable[[str], str]] = {
    "summary": lambda text: FlinkJob(status_desc=text).summary()["status_desc"],
    "wait": _reason,
    "health": lambda text: Problem("rule", text).reason,
    "error text": lambda text: printable(text, 500),
    "error body": lambda text: excerpt(text.encode()),
    "helper": lambda text: printable(text, 2000),
}
_URL = "jdbc:mysql://root:hunter2secretpw@db:3306/x failed"


@pytest.mark.parametrize("show", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize(
    "blanks", [False, True], ids=["shown from its beginning", "shown but for its blanks"]
)
def test_no_cut_through_a_credential_shows_a_part_of_it(show: Callable[[str], str], blanks: bool) -> None:
    for cut in (300, 500, 1200, 2000, 4000, 10_000):
        for overlap in range(15, 40, 3):
            before = ("x".ljust(cut - overlap) if blanks else "x" * (cut - overlap)) + " "
            assert "hunter" not in show(before + _URL)


@pytest.mark.parametrize("show", DOORS.values(), ids=DOORS)
def test_no_cut_that_follows_a_long_credential_shows_a_part_of_the_next(show: Callable[[str], str]) -> None:
    for overlap in range(15, 40, 3):
        before = "token=".ljust(10_000 - overlap, "x") + " "
        shown = show(before + _URL + " x" * 5000)
        assert MASK in shown
        assert "hunter" not in shown


def test_the_keys_of_an_object_are_masked_as_values_are() -> None:
    shown = redact({"a": {"password=hunter2": 1, "jdbc:mysql://u:hunter2@h/x": {"user=u:p": 1}}})
    assert shown == {"a": {"password=***": MASK, "jdbc:mysql://u:***@h/x": {"user=u:p": 1}}}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (["password", "x"], ["password", MASK]),
        ([["user", "bob"], ["sk", 1234]], [["user", "bob"], ["sk", MASK]]),
        (["--user", "bob", "--password", "x"], ["--user", "bob", "--password", MASK]),
        ({"k": "password", "v": "x"}, {"k": "password", "v": MASK}),
        ({"Name": "db.password", "Value": "x"}, {"Name": "db.password", "Value": MASK}),
        ({"value": "x", "key": "sk", "type": "s"}, {"value": MASK, "key": "sk", "type": "s"}),
        ({"name": "etl", "value": "x"}, {"name": "etl", "value": "x"}),
        (["user", "bob"], ["user", "bob"]),
    ],
)
def test_the_value_of_a_name_that_stands_beside_it_is_masked(content: object, shown: object) -> None:
    assert redact({"a": content}) == {"a": shown}


def test_what_is_shown_can_be_stored_anywhere() -> None:
    content = {"name": "cut \ud83d", "k\0": ["a\0b", {"\udfff": "x"}]}
    assert redact(content) == {"name": "cut \ufffd", "k\ufffd": ["a\ufffdb", {"\ufffd": "x"}]}


_SECRET = "Zq7Xv9Kw"
_KEYS = st.one_of(
    st.sampled_from([*sorted(WITHHELD_FIELDS), "new_config", "password", "status_desc", "a"]), st.text()
)
_TEXTS = st.sampled_from(["password={}", "'sk' = '{}'", "x --token {} y", "u://a:{}@h", '{{"secret": "{}"}}'])


@settings(max_examples=200)
@given(
    st.recursive(
        _TEXTS.map(lambda text: text.format(_SECRET)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    ),
    st.frozensets(st.sampled_from(sorted(WITHHELD_FIELDS))),
)
def test_no_secret_survives_at_any_depth_whatever_is_included(content: Any, include: frozenset[str]) -> None:
    assert _SECRET not in repr(redact({"job_config": content}, include))
