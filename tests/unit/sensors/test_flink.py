"""The sensor as Airflow sees it in a DAG file, before any task runs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import airflow
import pendulum
import pytest
from airflow_lines import DAG, TaskDeferred

from dli_provider.airflow_compat import AirflowSensorTimeout, AirflowSkipException, AirflowTaskTimeout
from dli_provider.api.errors import DliConnectionError
from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
    DliShowFlinkJobOperator,
)
from dli_provider.sensors.flink import DliFlinkJobSensor

AIRFLOW_2 = airflow.__version__.startswith("2.")


def sensor(**arguments) -> DliFlinkJobSensor:
    return DliFlinkJobSensor(**{"task_id": "wait", "job_id": 104, **arguments})


def test_a_sensor_awaits_job_running_by_default():
    made = sensor()
    assert made.target_status == "job_running"
    assert made.outage_tolerance == timedelta(minutes=30)
    assert made.dli_conn_id == "dli_default"
    assert made.deferrable is False


def test_a_sensor_is_deferrable_by_default_where_airflow_is_told_so():
    program = (
        "from dli_provider.sensors.flink import DliFlinkJobSensor\n"
        "print(DliFlinkJobSensor(task_id='wait', job_id=104).deferrable)"
    )
    told = {**os.environ, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True"}
    said = subprocess.check_output([sys.executable, "-c", program], env=told, text=True)
    assert said.splitlines()[-1] == "True"


def test_a_sensor_s_ids_targets_connection_region_and_project_are_templated():
    assert set(DliFlinkJobSensor.template_fields) == {
        *("job_id", "job_name", "target_status", "failure_status", "dli_conn_id", "region", "project_id"),
    }


def test_templates_are_rendered_and_an_id_may_be_an_int():
    made = sensor(
        job_id="{{ the_id }}", target_status=["{{ wanted }}", FlinkJobStatus.JOB_FINISH], region=None
    )
    made.render_template_fields({"the_id": 104, "wanted": "job_running"})
    assert made.job_id == "104"
    assert made.target_status == ["job_running", "job_finish"]
    untouched = sensor()
    untouched.render_template_fields({})
    assert untouched.job_id == 104


def test_the_output_of_a_task_may_be_the_id_and_makes_it_upstream():
    with DAG("dag", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
        first = DliShowFlinkJobOperator(task_id="first", job_id=1)
        second = sensor(job_id=first.output)
    assert second.upstream_task_ids == {"first"}


def test_nothing_is_looked_up_when_a_dag_file_is_parsed(monkeypatch):
    monkeypatch.setattr("dli_provider.hooks.dli.DliHook.get_connection", pytest.fail)
    sensor(dli_conn_id="no_such_connection")
    DliShowFlinkJobOperator(task_id="show", job_id=104, dli_conn_id="no_such_connection")
    DliFlinkHealthCheckOperator(task_id="check", dli_conn_id="no_such_connection")


@pytest.mark.parametrize(
    "made",
    [
        sensor(),
        DliShowFlinkJobOperator(task_id="show", job_id=104),
        DliGetFlinkJobConfigOperator(task_id="config", job_id=104),
    ],
)
def test_a_sensor_has_the_link_to_the_console(made):
    assert made.operator_extra_links == (DliFlinkConsoleLink(),)


@pytest.mark.parametrize(
    "operator",
    [DliFlinkJobSensor, DliShowFlinkJobOperator, DliGetFlinkJobConfigOperator, DliFlinkHealthCheckOperator],
)
def test_a_sensor_has_a_hook_on_its_connection(operator):
    job = {} if operator is DliFlinkHealthCheckOperator else {"job_id": 104}
    hook = operator(task_id="task", dli_conn_id="dli", region="eu-de", project_id="p", **job).hook
    assert (hook.dli_conn_id, hook.region, hook.project_id) == ("dli", "eu-de", "p")


class TestMistakesInADagFile:
    """What holds no template is checked when the DAG file is parsed."""

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            ({"job_id": "orders"}, "job_id must be"),
            ({"job_id": None}, "Neither job_id nor job_name"),
            ({"job_name": "orders"}, "both given"),
            ({"job_id": None, "job_name": " "}, "Neither job_id nor job_name"),
            ({"target_status": "runing"}, "did you mean 'job_running'"),
            ({"target_status": ["job_running", "job_finsh"]}, "did you mean 'job_finish'"),
            ({"target_status": []}, "target_status is empty"),
            ({"target_status": None}, "target_status is empty"),
            ({"failure_status": "job_cancel"}, "failure_status"),
            ({"target_status": "{{ wanted }}", "failure_status": "job_cancel"}, "failure_status"),
            ({"failure_status": "job_running"}, "job_running can't be both"),
            ({"outage_tolerance": "600"}, "outage_tolerance must be"),
        ],
    )
    def test_mistakes_are_refused(self, arguments, complaint):
        with pytest.raises(ValueError, match=complaint):
            sensor(**arguments)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"job_id": "{{ params.id }}"},
            {"job_id": "{{ params.id }}", "job_name": "{{ params.name }}"},
            {"job_id": None, "job_name": "104"},
            {"target_status": "{{ params.targets }}", "failure_status": "job_running"},
            {"target_status": ["{{ params.target }}"]},
            {"target_status": iter(["job_running", "job_finish"])},
            {"target_status": "job_running,job_finish"},
            {"failure_status": None},
        ],
    )
    def test_what_is_right_is_not_taken_for_a_mistake(self, arguments):
        sensor(**arguments)

    def test_mistakes_are_seen_by_a_mapped_task_when_it_runs(self):
        mapped = DliFlinkJobSensor.partial(task_id="wait").expand(job_id=["orders"])
        assert mapped.operator_class is DliFlinkJobSensor


@pytest.mark.parametrize(
    ("target", "failure"),
    [
        (["job_running", "job_finish"], None),
        ('["job_running", "job_finish"]', "None"),
        ("['job_running', 'job_finish']", ""),
        ("job_running, job_finish", "[]"),
    ],
)
def test_what_templates_render_statuses_to_is_understood(target, failure, monkeypatch):
    made = sensor(target_status="{{ targets }}", failure_status="{{ failures }}")
    made.target_status, made.failure_status = target, failure
    assert made._statuses() == ((FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_FINISH), ())


@pytest.mark.parametrize("blank", [None, "", "None", " "])
def test_connection_arguments_that_render_to_nothing_count_as_not_given(blank):
    made = sensor(dli_conn_id="{{ c }}", region="{{ r }}", project_id="{{ p }}")
    made.dli_conn_id = made.region = made.project_id = blank
    assert (made.hook.dli_conn_id, made.hook.region, made.hook.project_id) == ("dli_default", None, None)


def test_default_args_of_a_dag_give_the_connection():
    arguments = {"dli_conn_id": "dli", "region": "eu-de", "project_id": "p"}
    start = pendulum.datetime(2026, 1, 1, tz="UTC")
    with DAG("dag", schedule=None, start_date=start, default_args=arguments):
        hook = sensor().hook
    assert (hook.dli_conn_id, hook.region, hook.project_id) == ("dli", "eu-de", "p")


@pytest.mark.skipif(not AIRFLOW_2, reason="Airflow 3 does not mind nested calls")
def test_a_wait_on_the_worker_calls_no_execute_within_execute(caplog, monkeypatch):
    from airflow.models.baseoperator import _sentinel

    made = sensor(allow_nested_operators=False)
    runner = SimpleNamespace(poke=lambda: {"job_id": 104}, close=lambda: None, wait=None)
    monkeypatch.setattr(DliFlinkJobSensor, "_new_runner", lambda *_: runner)
    as_airflow_does = {"DliFlinkJobSensor__sentinel": _sentinel}
    assert made.execute({}, **as_airflow_does) == {"job_id": 104}
    assert "cannot be called outside" not in caplog.text


class TestEndingAfterTheTrigger:
    def test_an_event_that_is_not_the_trigger_s_fails_the_task(self):
        with pytest.raises(DliFlinkJobFailedError, match="no event of its trigger"):
            sensor().resume_execution("execute_complete", {"event": None}, {})

    @pytest.mark.parametrize("error", ["Trigger timeout", "Trigger/execution timeout"])
    def test_a_trigger_that_nobody_ran_is_a_timeout_on_both_lines(self, error):
        with pytest.raises(AirflowSensorTimeout, match="No triggerer"):
            sensor().resume_execution("__fail__", {"error": error}, {})
        with pytest.raises(AirflowSkipException):
            sensor(soft_fail=True).resume_execution("__fail__", {"error": error}, {})

    @pytest.mark.parametrize("error", ["Trigger timeout", "Trigger/execution timeout"])
    @pytest.mark.parametrize("flags", [{}, {"soft_fail": True}, {"never_fail": True}])
    def test_a_trigger_that_nobody_ran_ends_with_the_shorter_of_the_two_timeouts(self, error, flags):
        made = sensor(timeout=120, execution_timeout=timedelta(seconds=20), **flags)
        context: Any = {"ti": SimpleNamespace(start_date=datetime.now(UTC) - timedelta(minutes=5))}
        with pytest.raises(AirflowTaskTimeout, match="No triggerer"):
            made.resume_execution("__fail__", {"error": error}, context)

    def test_a_deferred_wait_counts_its_execution_timeout_from_the_start_of_the_task(self):
        began = datetime.now(UTC) - timedelta(minutes=50)
        made = sensor(silent_fail=True, timeout=7200, execution_timeout=timedelta(hours=1))
        context: Any = {"ti": SimpleNamespace(start_date=began)}
        with pytest.raises(TaskDeferred) as deferred:
            made.resume_execution("__fail__", {"error": "Trigger failure"}, context)
        assert deferred.value.trigger.execution_deadline == (began + timedelta(hours=1)).isoformat()
        assert timedelta(minutes=9) < deferred.value.timeout < timedelta(minutes=13)

    def test_a_trigger_that_broke_fails_the_task_and_is_not_skipped(self):
        with pytest.raises(Exception, match="Trigger failure") as caught:
            sensor(soft_fail=True).resume_execution("__fail__", {"error": "Trigger failure"}, {})
        assert not isinstance(caught.value, AirflowSkipException)

    def test_a_trigger_that_broke_is_skipped_when_the_sensor_never_fails(self):
        with pytest.raises(AirflowSkipException, match="Trigger failure"):
            sensor(never_fail=True).resume_execution("__fail__", {"error": "Trigger failure"}, {})

    def test_a_trigger_that_broke_is_passed_over_when_the_sensor_fails_silently(self):
        began = datetime.now(UTC) - timedelta(minutes=50)
        made = sensor(silent_fail=True, timeout=3600)
        context: Any = {"ti": SimpleNamespace(start_date=began)}
        with pytest.raises(TaskDeferred) as deferred:
            made.resume_execution("__fail__", {"error": "Trigger failure"}, context)
        assert deferred.value.trigger.deadline == (began + timedelta(hours=1)).isoformat()

    def test_a_wait_that_goes_on_silently_after_an_error_keeps_its_deadline(self):
        deadline = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
        error = DliConnectionError("no answer").to_dict()
        event = {"outcome": "error", "message": "", "deadline": deadline, "job": None, "error": error}
        with pytest.raises(TaskDeferred) as deferred:
            sensor(silent_fail=True).resume_execution("execute_complete", {"event": event}, {})
        assert deferred.value.trigger.deadline == deadline
        assert timedelta(minutes=10) < deferred.value.timeout < timedelta(minutes=13)
