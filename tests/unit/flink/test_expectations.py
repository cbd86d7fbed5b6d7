"""Where a configuration isn't what is expected."""

from __future__ import annotations

import pytest

from dli_provider.flink.expectations import Difference, check_expected, difference_table, drift

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
    ],
)
def test_as_expected(expected):
    assert drift(expected, CONFIG) == []


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
        ({"parallel_number": {"=>": 2}}, "parallel_number"),
        ({"parallel_number": {">=": 2, "most": 3}}, "parallel_number"),
        ({"parallel_number": {">=": "many"}}, "parallel_number"),
        ({"parallel_number": {">=": True}}, "parallel_number"),
        ({"entrypoint": {"matches": "("}}, "entrypoint"),
        ({"checkpoint_mode": {"in": "exactly_once"}}, "checkpoint_mode"),
        ({"resource_config": {"max_slot": {"set": 1}}}, "resource_config.max_slot"),
        ("parallel_number=2", "mapping"),
    ],
)
def test_an_expectation_that_can_not_be_checked_is_refused_by_name(expected, named):
    with pytest.raises(ValueError, match=named):
        check_expected(expected)
