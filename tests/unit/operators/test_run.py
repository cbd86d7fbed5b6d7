"""The arguments of a run, as far as they are known when the DAG is parsed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dli_provider.operators.flink import (
    DliDeleteFlinkJobOperator,
    DliDeployFlinkJobOperator,
    DliFlinkHealthCheckOperator,
    DliRunFlinkJobOperator,
    DliStopFlinkJobOperator,
)
from dli_provider.sensors.flink import DliFlinkJobSensor

JOB = 104
BOUNDED = {"target_status": "job_finish"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no job": ({"job_id": None}, "Neither job_id nor job_name"),
    "if_running": ({"if_running": "maybe"}, "if_running must be 'adopt' or 'fail'"),
    "if_running as a list": (
        {"if_running": ["adopt"]},
        "if_running must be 'adopt' or 'fail', not ['adopt']",
    ),
    "a misspelt target": ({"target_status": "job_runing"}, "did you mean 'job_running'"),
    "no target": ({"target_status": []}, "target_status is empty"),
    "stop_on_kill of an endless run": ({"stop_on_kill": True}, "stop_on_kill needs"),
    "stop_on_kill of a deferred run": ({"stop_on_kill": True, "deferrable": True, **BOUNDED}, "stop_on_kill"),
    "a savepoint elsewhere": ({"restore_from": "hdfs://bucket/dir"}, "restore_from must be a directory"),
    "a savepoint with a login": ({"restore_from": "obs://me:pw@bucket/dir"}, "restore_from must be"),
    "two savepoints": (
        {"resume_savepoint": True, "restore_from": "obs://bucket/dir/"},
        "resume_savepoint or restore_from, not both",
    ),
    "a timeout": ({"timeout": "soon"}, "timeout must be a timedelta or seconds"),
    "an interval": ({"poke_interval": -1}, "poke_interval must be"),
    "a timeout that no date can hold": ({"timeout": 1e13}, "timeout must be a timedelta or seconds"),
    "a connection": ({"dli_conn_id": 5}, "dli_conn_id must be text, not 5"),
    "a region": ({"region": ["cn-north-4"]}, "region must be text, not ['cn-north-4']"),
    "a project": ({"project_id": 1.5}, "project_id must be text, not 1.5"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_refused_when_the_dag_is_parsed(wrong):
    arguments, message = WRONG[wrong]
    with pytest.raises(ValueError, match=re.escape(message)):
        DliRunFlinkJobOperator(task_id="act", **{"job_id": JOB, **arguments})


BOOLEANS = [
    (DliRunFlinkJobOperator, "resume_savepoint"),
    (DliRunFlinkJobOperator, "stop_on_kill"),
    (DliRunFlinkJobOperator, "wait_for_completion"),
    (DliRunFlinkJobOperator, "deferrable"),
    (DliStopFlinkJobOperator, "savepoint"),
    (DliDeleteFlinkJobOperator, "force"),
    (DliDeployFlinkJobOperator, "run"),
    (DliDeployFlinkJobOperator, "plan_only"),
    (DliFlinkHealthCheckOperator, "allow_empty"),
    (DliFlinkHealthCheckOperator, "checkpointing"),
    (DliFlinkHealthCheckOperator, "auto_restart"),
    (DliFlinkHealthCheckOperator, "fail_on_unhealthy"),
    (DliFlinkJobSensor, "deferrable"),
]


@pytest.mark.parametrize(("kind", "name"), BOOLEANS)
@pytest.mark.parametrize("value", ["false", "{{ params.really }}"])
def test_a_text_is_not_taken_for_true(kind, name, value):
    arguments = {"sql": "SELECT 1"} if kind is DliDeployFlinkJobOperator else {}
    if kind is not DliFlinkHealthCheckOperator:
        arguments["job_name"] = "orders"
    with pytest.raises(ValueError, match=f"^{name} must be True or False, not '"):
        kind(task_id="act", **arguments, **{name: value})
