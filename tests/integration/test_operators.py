"""The operators on one job, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dli_provider.api.auth.shared import forget_all
from dli_provider.api.errors import DliNotFoundError, DliSettingsError
from dli_provider.emulator import DliEmulator
from dli_provider.exceptions import DliFlinkConfigDriftError, DliFlinkUnhealthyError
from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
    DliShowFlinkJobOperator,
)

JOB = 104


class TaskInstance:
    def __init__(self) -> None:
        self.xcom: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcom[key] = json.loads(json.dumps(value))


@pytest.fixture
def ti():
    return TaskInstance()


@pytest.fixture
def dli(monkeypatch):
    forget_all()
    with DliEmulator() as emulator:
        connection = emulator.connection
        connection["extra"]["console_url"] = "https://console.example.com/{region}/{project_id}/{job_id}"
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(connection))
        emulator.add_job(
            JOB,
            lifecycle=[("job_running", None)],
            name="orders",
            sql_body="CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'password' = 'hunter2')",
            job_config={
                "parallel_number": 4,
                "checkpoint_enabled": True,
                "runtime_config": '[{"key":"s3.secret","value":"hunter2"}]',
            },
        )
        yield emulator


@pytest.mark.parametrize(
    "operator",
    [
        DliShowFlinkJobOperator(task_id="task", job_id=JOB),
        DliShowFlinkJobOperator(task_id="task", job_id=JOB, include=("sql_body", "runtime_config")),
        DliGetFlinkJobConfigOperator(task_id="task", job_id=JOB),
        DliGetFlinkJobConfigOperator(task_id="task", job_id=JOB, expected={"runtime_config": ""}),
        DliFlinkHealthCheckOperator(task_id="task", fail_on_unhealthy=False),
        DliFlinkHealthCheckOperator(
            task_id="task",
            healthy_status=["job_finish"],
            expected_config={"runtime_config": ""},
            own_rules=[lambda job: job.sql_body, lambda job: job.job_config.runtime_config],
        ),
    ],
    ids=["show", "show withheld fields", "config", "config has drifted", "healthy", "unhealthy"],
)
def test_nothing_that_airflow_stores_or_shows_holds_a_secret_of_the_job(dli, ti, operator):
    shown: list[object] = []
    try:
        shown.append(operator.execute({"ti": ti}))
    except (DliFlinkConfigDriftError, DliFlinkUnhealthyError) as error:
        shown.append(error)
    shown += [ti.xcom, *(getattr(operator, name) for name in operator.template_fields)]
    assert "hunter2" not in str(shown)
    assert "orders" in str(shown) or "healthy" in str(shown) or "parallel_number" in str(shown)
    assert "hunter2" in str(dli.job(JOB).detail({}))


class TestShow:
    def test_hands_detail_config_and_status_to_the_next_tasks(self, dli, ti):
        detail = DliShowFlinkJobOperator(task_id="show", job_id=str(JOB)).execute({"ti": ti})
        assert detail["name"] == "orders"
        assert detail["job_config"]["parallel_number"] == 4
        assert ti.xcom["job_config"] == detail["job_config"]
        assert ti.xcom["status"] == "job_running"
        assert json.loads(json.dumps(detail)) == detail

    def test_withholds_what_can_hold_passwords(self, dli, ti):
        assert DliShowFlinkJobOperator(task_id="show", job_id=JOB).execute({"ti": ti})["sql_body"] == "***"

    def test_shows_a_withheld_field_on_demand_without_its_credentials(self, dli, ti):
        operator = DliShowFlinkJobOperator(task_id="show", job_id=JOB, include=("sql_body",))
        sql = operator.execute({"ti": ti})["sql_body"]
        assert sql.startswith("CREATE TABLE t (a INT) WITH ('connector' = 'jdbc'")
        assert "hunter2" not in sql

    def test_refuses_to_include_what_is_not_withheld_before_any_call(self, dli, ti):
        with pytest.raises(ValueError, match="sql_body"):
            DliShowFlinkJobOperator(task_id="show", job_id=JOB, include=("sqlbody",)).execute({"ti": ti})
        assert not dli.requests

    def test_stores_the_link_to_the_console(self, dli, ti):
        DliShowFlinkJobOperator(task_id="show", job_id=JOB).execute({"ti": ti})
        extra = dli.connection["extra"]
        address = f"https://console.example.com/{extra['region']}/{extra['project_id']}/{JOB}"
        assert ti.xcom["dli_console_link"] == address

    def test_a_job_that_does_not_exist_is_named_with_the_endpoint(self, dli, ti):
        with pytest.raises(DliNotFoundError, match=f"(?s)job 105 at {dli.url}.*DLI.16001.*isn't yours"):
            DliShowFlinkJobOperator(task_id="show", job_id=105).execute({"ti": ti})

    @pytest.mark.parametrize("job_id", ["", "1/../2", "10.5", None, "{{ missing }}"])
    def test_a_job_id_that_is_none_is_refused_before_any_call(self, dli, ti, job_id):
        with pytest.raises(ValueError, match="job_id"):
            DliShowFlinkJobOperator(task_id="show", job_id=job_id).execute({"ti": ti})
        assert not dli.requests

    def test_a_connection_that_lacks_something_names_itself_and_the_field(self, monkeypatch, ti):
        monkeypatch.setenv("AIRFLOW_CONN_BARE", json.dumps({"conn_type": "huaweicloud_dli", "login": "AK"}))
        with pytest.raises(DliSettingsError, match=r"Connection 'bare' .*region"):
            DliShowFlinkJobOperator(task_id="show", job_id=JOB, dli_conn_id="bare").execute({"ti": ti})


class TestGetConfig:
    def test_hands_the_config_to_the_next_task(self, dli, ti):
        config = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB).execute({"ti": ti})
        assert config["parallel_number"] == 4

    def test_passes_when_the_config_is_as_expected(self, dli, ti):
        expected = {"parallel_number": {">=": 2}, "checkpoint_enabled": True}
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected=expected)
        assert operator.execute({"ti": ti})["parallel_number"] == 4

    def test_fails_on_drift_with_each_key_expected_and_actual_and_still_hands_the_config_on(self, dli, ti):
        expected = {"parallel_number": {">=": 8}, "checkpoint_enabled": True, "restart_when_exception": True}
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected=expected)
        with pytest.raises(DliFlinkConfigDriftError, match=r"(?s)104.*parallel_number.*8.*4") as caught:
            operator.execute({"ti": ti})
        assert "restart_when_exception" in str(caught.value)
        assert "checkpoint_enabled" not in str(caught.value)
        assert ti.xcom["return_value"]["parallel_number"] == 4

    def test_an_expectation_that_makes_no_sense_is_refused_before_any_call(self, dli, ti):
        operator = DliGetFlinkJobConfigOperator(
            task_id="config", job_id=JOB, expected={"cu_number": {"=>": 2}}
        )
        with pytest.raises(ValueError, match="=>"):
            operator.execute({"ti": ti})
        assert not dli.requests
