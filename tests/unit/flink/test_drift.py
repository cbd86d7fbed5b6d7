"""Where a configuration isn't what is expected."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli_provider.flink.drift import Difference, comparable_config, difference_table, drift, validate_expected
from dli_provider.flink.job import FlinkJob

CONFIG = {
    "checkpoint_enabled": True,
    "checkpoint_mode": "exactly_once",
    "parallel_number": 4,
    "smn_topic": None,
    "dirty_data_strategy": "1",
    "entrypoint": "obs://releases/orders-1.2.jar",
    "runtime_config": '[{"key":"s3.secret-key","value":"hunter2"}]',
    "config_url": "https://user:hunter2@example.com/x",
    "dependency_jars": ["a.jar"],
    "resource_config": {"max_slot": 2, "jobmanager_resource_spec": {"cpu": 1.0}},
}


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"parallel_number": 4},
        {"parallel_number": "4"},
        {"checkpoint_enabled": "true"},
        {"dirty_data_strategy": 1},
        {"parallel_number": {">=": 2, "<=": 4}},
        {"parallel_number": {">": 3, "<": 5, "!=": 3, "==": 4}},
        {"checkpoint_mode": {"in": ["exactly_once", "at_least_once"]}},
        {"checkpoint_mode": {"not in": ["at_least_once"]}},
        {"entrypoint": {"matches": r"obs://releases/.*\.jar"}},
        {"smn_topic": {"set": False}, "entrypoint": {"set": True}},
        {"smn_topic": None, "no_such_key": None},
        {"dependency_jars": ["a.jar"]},
        {"resource_config": {"max_slot": {">=": 2}, "jobmanager_resource_spec": {"cpu": 1}}},
        {"runtime_config": {"matches": ".*s3.*"}},
        {"dependency_jars": ("a.jar",)},
        {"parallel_number": 4.0, "dirty_data_strategy": 1.0},
        {"parallel_number": "4.0"},
    ],
)
def test_as_expected(expected):
    assert drift(expected, CONFIG) == []


SAME = [
    (["a", "b"], ("a", "b")),
    ([["a"], "1"], (("a",), 1)),
    ("1.0", 1),
    (" 10 ", 10.0),
    (2, "2.0"),
    (0.1, "0.10"),
    ("1e3", 1000),
    (2**63 - 1, str(2**63 - 1)),
    ([{"a": "1"}], [{"a": 1}]),
]
DIFFERENT = [
    (["a", "b"], ("b", "a")),
    (["a"], ("a", "b")),
    (["a"], "a"),
    ([True], [1]),
    ("1.10", "1.1"),
    ("1.0", True),
    ("", 0),
    (None, 0),
    ("1_0", 10),
    ("ten", 10),
    (str(2**63 - 1), 2**63 - 2),
    ([{"a": 1}], [{"b": 1}]),
    ([{"a": 1, "b": None}], [{"a": 1}]),
]


@pytest.mark.parametrize("as_comparison", [False, True], ids=["plain", "=="])
@pytest.mark.parametrize(("actual", "wanted"), SAME)
def test_what_means_the_same_is_the_same(actual, wanted, as_comparison):
    assert drift({"key": {"==": wanted} if as_comparison else wanted}, {"key": actual}) == []
    assert drift({"key": {"in": ["other", wanted]}}, {"key": actual}) == []
    assert len(drift({"key": {"!=": wanted}}, {"key": actual})) == 1


@pytest.mark.parametrize(("actual", "wanted"), DIFFERENT)
def test_what_only_looks_the_same_is_not(actual, wanted):
    assert len(drift({"key": wanted}, {"key": actual})) == 1
    assert drift({"key": {"!=": wanted}}, {"key": actual}) == []


@pytest.mark.parametrize("wanted", ["4", "4.0", 4, 4.0])
def test_equal_and_at_least_agree_on_what_a_number_is(wanted):
    for actual in ("4", "4.0", 4, 4.0):
        if not (isinstance(actual, str) and isinstance(wanted, str)):
            assert drift({"cu_number": wanted}, {"cu_number": actual}) == []
        assert drift({"cu_number": {">=": wanted, "<=": wanted}}, {"cu_number": actual}) == []


def test_a_nested_expectation_reads_the_json_of_a_text():
    config = {"resource_config": ' {"max_slot": 2, "taskmanager_resource_spec": "{\\"cpu\\": 1.0}"}'}
    nested = {"max_slot": {">=": 2}, "taskmanager_resource_spec": {"cpu": 1}}
    assert drift({"resource_config": nested}, config) == []
    assert drift({"resource_config": {"max_slot": 3}}, config) == [
        Difference("resource_config.max_slot", "3", "2")
    ]


PAIRS = [{"key": "max_records_per_file", "value": "10"}, {"key": "sink.parallelism", "value": "4"}]


@pytest.mark.parametrize(
    "actual", [PAIRS, tuple(PAIRS), PAIRS[::-1], json.dumps(PAIRS), json.dumps(PAIRS[::-1])]
)
@pytest.mark.parametrize(
    "expected",
    [
        {"max_records_per_file": "10"},
        {"max_records_per_file": 10, "sink.parallelism": {">=": 2}},
        {"==": {"max_records_per_file": 10, "sink.parallelism": 4}},
        PAIRS,
        json.dumps(PAIRS),
        {"in": [[], PAIRS[::-1]]},
    ],
)
def test_a_list_of_keys_and_values_is_compared_by_key_in_whatever_order_and_spelling(expected, actual):
    assert drift({"runtime_config": expected}, {"runtime_config": actual}) == []
    assert drift({"tags": expected}, {"tags": actual}) == []


@pytest.mark.parametrize(
    ("expected", "keys"),
    [
        ({"max_records_per_file": "20"}, ["tags.max_records_per_file"]),
        ({"absent": "10"}, ["tags.absent"]),
        (PAIRS[:1], ["tags"]),
        ([*PAIRS, {"key": "more", "value": ""}], ["tags"]),
        ({"==": {"max_records_per_file": 10}}, ["tags"]),
    ],
)
def test_a_list_of_keys_and_values_that_differs_is_named_by_the_key(expected, keys):
    assert [difference.key for difference in drift({"tags": expected}, {"tags": PAIRS})] == keys


@pytest.mark.parametrize(
    "actual", [[{"key": "a"}], [{"key": 1, "value": 2}], [{"key": "a", "value": 1, "x": 2}]]
)
def test_a_list_of_other_objects_stands_for_no_mapping(actual):
    assert drift({"tags": {"a": 1}}, {"tags": actual}) == [Difference("tags.a", "1", "absent")]
    assert drift({"tags": actual}, {"tags": actual}) == []


def test_values_of_a_withheld_list_are_compared_in_the_clear_and_shown_masked():
    runtime = json.dumps([{"key": "s3.secret-key", "value": "hunter2"}])
    assert drift({"runtime_config": {"s3.secret-key": "hunter2"}}, {"runtime_config": runtime}) == []
    assert drift({"runtime_config": {"s3.secret-key": "other"}}, {"runtime_config": runtime}) == [
        Difference("runtime_config.s3.secret-key", "***", "***")
    ]


@pytest.mark.parametrize("text", ["", "none", "[1]", "7", "{", "[" * 100_000, '{"max_slot": ' * 100_000])
def test_a_text_that_is_no_json_object_has_nothing_of_what_is_expected_in_it(text):
    assert drift({"resource_config": {"max_slot": 2}}, {"resource_config": text}) == [
        Difference("resource_config.max_slot", "2", "absent")
    ]


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"parallel_number": 8}, Difference("parallel_number", "8", "4")),
        ({"parallel_number": {">=": 8}}, Difference("parallel_number", ">= 8", "4")),
        ({"parallel_number": {">=": 2, "<=": 3}}, Difference("parallel_number", ">= 2 and <= 3", "4")),
        ({"checkpoint_enabled": False}, Difference("checkpoint_enabled", "False", "True")),
        ({"checkpoint_enabled": 1}, Difference("checkpoint_enabled", "1", "True")),
        ({"checkpoint_mode": {">": 1}}, Difference("checkpoint_mode", "> 1", "exactly_once")),
        ({"cu_number": 2}, Difference("cu_number", "2", "absent")),
        ({"smn_topic": {"set": True}}, Difference("smn_topic", "set True", "None")),
        ({"resource_config": {"max_slot": 1}}, Difference("resource_config.max_slot", "1", "2")),
        ({"parallel_number": {"max": 1}}, Difference("parallel_number.max", "1", "absent")),
    ],
)
def test_drift(expected, difference):
    assert drift(expected, CONFIG) == [difference]


def test_secrets_are_compared_in_the_clear_and_shown_masked():
    expected = {"runtime_config": "[]", "config_url": "https://user:other@example.com/x"}
    shown = difference_table(drift(expected, CONFIG))
    assert "runtime_config  ***" in shown
    assert "hunter2" not in shown
    assert "other@" not in shown


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"db_password": "secret-1"}, {"db_password": "secret-2"}),
        ({"fs.obs.access.key": "secret-1"}, {"fs.obs.access.key": "secret-2"}),
        ({"runtime_config": {"in": ["secret-1"]}}, {"runtime_config": "secret-2"}),
        (
            {"resource_config": {"password": {"matches": "secret-1"}}},
            {"resource_config": {"password": "secret-2"}},
        ),
        (
            {"resource_config": {"token": {"value": "secret-1"}}},
            {"resource_config": {"token": {"value": "secret-2"}}},
        ),
        ({"resource_config": 1}, {"resource_config": [{"key": "s3.secret-key", "value": "secret-2"}]}),
        ({"resource_config": "secret-1"}, {"resource_config": "secret-2"}),
        ({"resource_config": {"token": "secret-1"}}, {"resource_config": '{"token": "secret-2"}'}),
        ({"operator_config": {"a": "secret-1"}}, {"operator_config": '{"a": "secret-2"}'}),
        ({"dependency_jars": ["https://u:secret-1@h/a"]}, {"dependency_jars": ["https://u:secret-2@h/a"]}),
        ({"dependency_jars": ("https://u:secret-1@h/a",)}, {"dependency_jars": "https://u:secret-2@h/a"}),
    ],
)
def test_what_is_or_lies_under_a_secret_is_never_shown(expected, actual):
    (difference,) = drift(expected, actual)
    assert "secret-1" not in difference.expected
    assert "secret-2" not in difference.actual


def test_whether_a_secret_is_set_may_be_shown():
    assert drift({"runtime_config": {"set": True}}, {}) == [
        Difference("runtime_config", "set True", "absent")
    ]


def test_a_number_beyond_all_bounds_is_compared_too():
    assert drift({"parallel_number": {">=": 2}}, {"parallel_number": 10**400}) == []
    assert len(drift({"parallel_number": {">=": 10**400}}, {"parallel_number": 2})) == 1


@pytest.mark.parametrize(
    "detail",
    [
        {"flink_version": "1.17"},
        {"flink_version": "1.17", "job_config": {"cu_number": 2}},
        {"flink_version": "1.17", "job_config": {"flink_version": None}},
        {"flink_version": "1.15", "job_config": {"flink_version": "1.17"}},
        {"job_config": {"flink_version": "1.17"}},
    ],
)
def test_the_version_of_flink_is_compared_wherever_dli_tells_it(detail):
    config = comparable_config(FlinkJob.from_api(detail))
    assert drift({"flink_version": "1.17"}, config) == []
    assert len(drift({"flink_version": "1.15"}, config)) == 1


def test_a_job_without_configuration_has_nothing_of_what_is_expected():
    assert comparable_config(FlinkJob.from_api({})) == {}


def test_the_table_is_aligned():
    table = difference_table(
        [Difference("parallel_number", ">= 8", "4"), Difference("cu_number", "2", "absent")]
    )
    assert table.splitlines() == [
        "key              expected  actual",
        "parallel_number  >= 8      4",
        "cu_number        2         absent",
    ]


@pytest.mark.parametrize(
    ("expected", "named"),
    [
        ({"parallel_number": {"=>": 2}}, "parallel_number: '=>' is no comparison.*did you mean '>='"),
        ({"parallel_number": {"equals": 2, ">": 1}}, "parallel_number: 'equals'"),
        ({"checkpoint_mode": {"match": "a", "set": True}}, "did you mean 'matches'"),
        ({"parallel_number": {">=": 2, "most": 3}}, "parallel_number"),
        ({"parallel_number": {">=": "many"}}, "parallel_number"),
        ({"parallel_number": {">=": True}}, "parallel_number"),
        ({"entrypoint": {"matches": "("}}, "entrypoint"),
        ({"checkpoint_mode": {"in": "exactly_once"}}, "checkpoint_mode"),
        ({"resource_config": {"max_slot": {"set": 1}}}, "resource_config.max_slot"),
        ({"parallel_number": {">=": 2, "in": "two"}}, "parallel_number: in"),
        ({"parallel_number": {"matches": 4}}, "parallel_number"),
        ({">=": 2}, ">="),
        ({"resource_config": {1: 2}}, "resource_config.1"),
        ("parallel_number=2", "mapping"),
        (["parallel_number"], "mapping"),
        ('{"parallel_number": 2}', "mapping"),
    ],
)
def test_an_expectation_that_can_not_be_checked_is_refused_by_name(expected, named):
    with pytest.raises(ValueError, match=named):
        validate_expected(expected)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
KEYS = st.sampled_from(["cu_number", "runtime_config", "resource_config", "image", "set", "in", "token"])
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
COMPARISONS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys((">=", "<=", ">", "<"), st.integers() | st.floats() | st.just("7")),
        **dict.fromkeys(("==", "!="), DATA),
        **dict.fromkeys(("in", "not in"), st.lists(DATA, max_size=3)),
        "matches": st.sampled_from([".*", "a+", "[0-9]{1,3}"]),
        "set": st.booleans(),
    },
)


@given(
    expected=st.dictionaries(KEYS, SCALARS | COMPARISONS | st.lists(DATA, max_size=3), max_size=4),
    actual=st.dictionaries(KEYS, DATA, max_size=4),
)
def test_an_expectation_that_passes_the_check_can_be_compared_with_any_configuration(expected, actual):
    validate_expected(expected)
    for difference in drift(expected, actual):
        assert len(difference.actual) <= 121
        assert all(text.isprintable() for text in (difference.key, difference.expected, difference.actual))
    difference_table(drift(expected, actual))


@given(config=st.dictionaries(KEYS, DATA.filter(lambda value: "nan" not in repr(value)), max_size=4))
def test_a_configuration_is_what_it_is_itself(config):
    plain = {key: value for key, value in config.items() if not isinstance(value, dict)}
    assert drift(plain, plain) == []
