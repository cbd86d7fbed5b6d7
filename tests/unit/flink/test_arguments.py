"""Arguments as DAG authors write them and as templates render them."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli_provider.flink.arguments import (
    check_boolean,
    holds_template,
    is_blank,
    nearest,
    parse_job_id,
    parse_job_ids,
    parse_list,
    parse_mapping,
    parse_project_id,
    parse_savepoint_path,
    parse_statuses,
)
from dli_provider.flink.status import FlinkJobStatus as S


class Reference:
    """What an XComArg looks like before Airflow has resolved it: it even claims to be iterable."""

    def iter_references(self) -> Iterator[Any]:
        yield from ()

    def resolve(self, context: Any) -> Any:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("'XComArg' object is not iterable")


@pytest.mark.parametrize("value", [None, "", "  \n", "None", " None "])
def test_none_and_its_renderings_are_blank(value: object) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", ["none", "null", "0", 0, False, [], {}, "orders"])
def test_whatever_else_was_given_is_not_blank(value: object) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize(
    "value",
    [
        *("{{ params.x }}", "a {% if x %}b{% endif %}", "{# note #}"),
        *(["a", "{{ x }}"], {"a": {"b": ("{{ x }}",)}}, {"{{ x }}": 1}, {"{{ x }}"}),
        *(Reference(), [Reference()], {"a": Reference()}),
        len,
    ],
)
def test_what_airflow_renders_or_resolves_holds_a_template(value: object) -> None:
    assert holds_template(value)


@pytest.mark.parametrize("value", [None, 104, "104", "{ 1 }", ["a", 1], {"a": None}, S.JOB_RUNNING, b"{{"])
def test_what_airflow_leaves_alone_holds_no_template(value: object) -> None:
    assert not holds_template(value)


@pytest.mark.parametrize("value", [104, "104", " 104\n", "0104"])
def test_an_id_is_a_number_or_its_digits(value: object) -> None:
    assert parse_job_id(value) == 104


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 2**63, 104.0, "", "orders", "1_0", "+1", "1/../2", "1٣", "9" * 5000, [104]]
)
def test_what_is_no_id_is_refused_in_a_short_line_that_says_what_was_given(value: object) -> None:
    with pytest.raises(ValueError, match=r"^job_id must ") as caught:
        parse_job_id(value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (None, None),
        ([], []),
        ("[]", []),
        (104, [104]),
        ("104", [104]),
        ("104, 105", [104, 105]),
        ([104, "105", 104], [104, 105]),
        ((104, 105), [104, 105]),
        ("['104', 105]", [104, 105]),
        ('["104", 105]', [104, 105]),
        ("(104,)", [104]),
        (range(104, 106), [104, 105]),
    ],
)
def test_ids_come_as_a_list_as_its_text_or_as_a_single_one(value: object, ids: list[int] | None) -> None:
    assert parse_job_ids("job_ids", value) == ids


@pytest.mark.parametrize(
    "value", ["", " ", "None", [None], "104,orders", {"104": 1}, b"104", True, 1.5, "[104"]
)
def test_ids_that_render_to_nothing_or_to_no_ids_never_come_to_mean_every_job(value: object) -> None:
    with pytest.raises(ValueError, match=r"^job_ids "):
        parse_job_ids("job_ids", value)


@pytest.mark.parametrize("value", ["", "a/b", "..", "a" * 65, None, 5, "a\n", "None "])
def test_a_project_id_is_one_segment_of_a_path(value: object) -> None:
    assert parse_project_id("0a1b_c-D") == "0a1b_c-D"
    with pytest.raises(ValueError, match=r"^project_id must be"):
        parse_project_id(value)


@pytest.mark.parametrize(
    "value",
    [
        [S.JOB_RUNNING, "job_finish"],
        "['job_running', 'job_finish']",
        '["job_running", "job_finish"]',
        "('job_running', 'job_finish')",
        "job_running, job_finish",
        "'job_running', 'job_finish'",
        ["job_running", " job_finish\n", "job_running"],
        iter(["job_running", "job_finish"]),
    ],
)
def test_several_statuses_may_be_spelt_in_many_ways(value: object) -> None:
    assert parse_statuses("target_status", value) == (S.JOB_RUNNING, S.JOB_FINISH)


@pytest.mark.parametrize("value", [S.JOB_RUNNING, "job_running", " job_running ", '"job_running"'])
def test_one_status_is_a_list_of_one(value: object) -> None:
    assert parse_statuses("target_status", value) == (S.JOB_RUNNING,)


@pytest.mark.parametrize("value", [None, "", "None", [], "[]", ()])
def test_a_blank_parameter_names_no_status(value: object) -> None:
    assert parse_statuses("failure_status", value) == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("runing", "failure_status: 'runing' is not a status of a Flink job; did you mean 'job_running'?"),
        (
            "JOB_FINISH",
            "failure_status: 'JOB_FINISH' is not a status of a Flink job; did you mean 'job_finish'?",
        ),
        ("finished", "failure_status: 'finished' is not a status of a Flink job; did you mean 'job_finish'?"),
        (
            ["job_running", "xyz"],
            "failure_status: 'xyz' is not a status of a Flink job; they are job_init, job_sub",
        ),
        ([None], "failure_status: None is not a status of a Flink job; they are job_init, job_submitting"),
        ([["job_running"]], "failure_status: ['job_running'] is not a status of a Flink job; they are"),
        (5, "failure_status: 5 is not a status of a Flink job; they are"),
        ({"job_running": 1}, "failure_status must be a list, not {'job_running': 1}"),
        (Reference(), "failure_status must be a list, not <"),
        ("['job_running'", "failure_status must be a list, or its JSON or Python text, not"),
        (S("job_dreaming"), "failure_status: 'job_dreaming' is not a status of a Flink job"),
    ],
)
def test_what_names_no_status_is_refused_with_the_nearest_one(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match="failure_status") as caught:
        parse_statuses("failure_status", value)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "value",
    [
        {"cu_number": 2, "resource_config": {"max_slot": None}},
        MappingProxyType({"cu_number": 2, "resource_config": {"max_slot": None}}),
        '{"cu_number": 2, "resource_config": {"max_slot": null}}',
        " {'cu_number': 2, 'resource_config': {'max_slot': None}}\n",
    ],
)
def test_a_mapping_comes_as_itself_or_as_its_json_or_python_text(value: object) -> None:
    assert parse_mapping("expected", value) == {"cu_number": 2, "resource_config": {"max_slot": None}}


@pytest.mark.parametrize("value", [None, "", "None", "null", {}, "{}"])
def test_a_blank_mapping_is_empty(value: object) -> None:
    assert parse_mapping("expected", value) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("cu_number=2", "expected must be a mapping, or its JSON or Python text, not 'cu_number=2'"),
        ("{" * 5000, "expected must be a mapping, or its JSON or Python text, not '{{{"),
        ("[" * 100_000, "expected must be a mapping, or its JSON or Python text, not '[[["),
        ([1], "expected must be a mapping, not [1]"),
        ("[1]", "expected must be a mapping, not [1]"),
        ({1: 2}, "expected: the key 1 must be text"),
        ("__import__('os')", "expected must be a mapping, or its JSON or Python text, not"),
    ],
)
def test_what_is_no_mapping_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_mapping("expected", value)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 300


def test_an_error_shows_no_credential() -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_mapping("expected", "{'password': 'hunter2'")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("obs://bucket/dir/", "bucket/dir/"),
        ("bucket/dir", "bucket/dir/"),
        ("OBS://my.bucket-1/a/b_c/2026-11-26_10-00-00", "my.bucket-1/a/b_c/2026-11-26_10-00-00/"),
        ("obs://bucket", "bucket/"),
        ("bucket/作业 @home=1/..hidden/", "bucket/作业 @home=1/..hidden/"),
    ],
)
def test_a_savepoint_path_is_a_directory_with_or_without_its_scheme(value: str, path: str) -> None:
    assert parse_savepoint_path("restore_from", value) == path
    assert parse_savepoint_path("restore_from", f"obs://{path}") == path


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            "",
            " ",
            "None",
            104,
            b"obs://bucket/dir/",
            ["bucket/dir/"],
            "/",
            "//",
            "obs://",
            "obs:///dir/",
        ),
        *(
            "s3://bucket/dir/",
            "s3a://bucket/dir",
            "https://bucket.example.com/dir/",
            "file:///etc/",
            "obs:bucket/",
        ),
        *("obs://obs://bucket/dir/", "/bucket/dir/", "bucket//dir/", "bucket/dir//"),
        *("bucket/../other/", "obs://bucket/dir/..", "bucket/./dir/", "../bucket/", "bucket/ .. /dir/"),
        *("bucket/%2e%2e/other/", "bucket/dir%2f..%2f", r"bucket\\dir", r"bucket/..\\other/"),
        *("obs://ak:hunter2@bucket/dir/", "ak:hunter2@bucket/dir/", "obs://hunter2@bucket/dir/"),
        *("bucket:443/dir/", "Bucket/dir/", "b/dir/", "b" * 64 + "/dir/", "-bucket/dir/", "bucket-/dir/"),
        *("bucket/dir/\n", "bucket/dir\0/", "bucket/\u202edir/", "bucket/\ud800/", "bucket/dir/?sig=hunter2"),
        *("bucket/dir#part", "bucket/" + "d" * 1100),
    ],
)
def test_any_other_savepoint_path_is_refused_and_not_shown(value: object) -> None:
    with pytest.raises(ValueError, match=r"^restore_from must be a directory in OBS such as") as caught:
        parse_savepoint_path("restore_from", value)
    assert "hunter2" not in str(caught.value)


def test_a_bucket_s_name_that_can_not_be_one_is_told_as_such() -> None:
    with pytest.raises(ValueError, match="in a bucket whose name has 3 to 63 characters of a-z, 0-9"):
        parse_savepoint_path("restore_from", "obs://b/dir/")
    with pytest.raises(ValueError, match="without a login"):
        parse_savepoint_path("restore_from", "obs://bucket/../dir/")


@pytest.mark.parametrize("value", ["false", "True", 0, 1, None, []], ids=repr)
def test_what_is_not_true_or_false_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^savepoint must be True or False, not "):
        check_boolean("savepoint", value)


def test_a_hint_names_the_nearest_word_only_when_one_is_near() -> None:
    assert nearest("Password", ["password", "login"]) == "; did you mean 'password'?"
    assert nearest("xyzzy", ["password", "login"]) == ""
    assert nearest(None, ["password"]) == ""
    assert nearest("a" * 1_000_000, ["aaaa"]) == ""


@given(st.lists(st.integers(1, 2**63 - 1), min_size=1, unique=True))
def test_ids_read_alike_however_they_are_rendered(ids: list[int]) -> None:
    for rendered in (ids, str(ids), ", ".join(map(str, ids)), str(tuple(ids)), map(str, ids)):
        assert parse_job_ids("job_ids", rendered) == ids


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_any_value_parses_or_is_refused_with_a_value_error(value: object) -> None:
    for parse in (parse_list, parse_mapping, parse_statuses, parse_job_ids):
        try:
            parse("parameter", value)
        except ValueError as error:
            assert str(error).startswith("parameter")  # noqa: PT017
            assert str(error).isprintable()  # noqa: PT017
