"""The operators on one job, over real HTTP."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest
from new_process import forget_all

from dli_provider.api.errors import DliNotFoundError, DliSettingsError
from dli_provider.emulator import DliEmulator
from dli_provider.exceptions import DliFlinkConfigDriftError, DliFlinkUnhealthyError
from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
    DliShowFlinkJobOperator,
)

JOB = 104


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
    assert "hunter2" in str(dli.jobs.detail(dli.job(JOB)))


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

    def test_a_single_withheld_field_needs_no_list(self, dli, ti):
        operator = DliShowFlinkJobOperator(task_id="show", job_id=JOB, include="sql_body")
        assert operator.execute({"ti": ti})["sql_body"].startswith("CREATE TABLE")

    @pytest.mark.parametrize("include", [("sqlbody",), ("sql",), ["name"], "sql", [None]])
    def test_refuses_to_include_what_is_not_withheld_when_the_dag_is_parsed(self, include):
        with pytest.raises(ValueError, match=r"include.*sql_body"):
            DliShowFlinkJobOperator(task_id="show", job_id=JOB, include=include)

    def test_finds_the_job_by_its_name(self, dli, ti):
        dli.add_job(105, lifecycle=[("job_running", None)], name="orders_2")
        assert DliShowFlinkJobOperator(task_id="show", job_name="orders").execute({"ti": ti})["job_id"] == JOB

    def test_a_name_that_no_job_has_is_said(self, dli, ti):
        with pytest.raises(DliNotFoundError, match="orderz"):
            DliShowFlinkJobOperator(task_id="show", job_name="orderz").execute({"ti": ti})

    def test_without_a_context_as_in_a_users_unit_test_it_returns_the_detail(self, dli):
        assert DliShowFlinkJobOperator(task_id="show", job_id=JOB).execute({})["name"] == "orders"

    def test_a_name_from_outside_forges_no_log_line(self, dli, ti, monkeypatch):
        log = Mock()
        monkeypatch.setattr(DliShowFlinkJobOperator, "log", log)
        dli.job(JOB).update(name="a\n[ERROR] all is lost\x1b[31m password=hunter2 " + "x" * 10_000)
        DliShowFlinkJobOperator(task_id="show", job_id=JOB).execute({"ti": ti})
        text, *arguments = log.info.call_args.args
        line = text % tuple(arguments)
        assert line.startswith("Flink job 104 (a [ERROR] all is lost")
        assert line.isprintable()
        assert len(line) < 200
        assert "hunter2" not in line

    def test_stores_the_link_to_the_console(self, dli, ti):
        DliShowFlinkJobOperator(task_id="show", job_id=JOB).execute({"ti": ti})
        extra = dli.connection["extra"]
        address = f"https://console.example.com/{extra['region']}/{extra['project_id']}/{JOB}"
        assert ti.xcom["dli_console_link"] == address

    def test_a_job_that_does_not_exist_is_named_with_the_endpoint(self, dli, ti):
        with pytest.raises(DliNotFoundError, match=f"(?s)job 105 at {dli.url}.*DLI.16001.*isn't yours"):
            DliShowFlinkJobOperator(task_id="show", job_id=105).execute({"ti": ti})

    @pytest.mark.parametrize("job_id", ["", "1/../2", "10.5", None, "orders", [1], True])
    def test_a_job_id_that_is_none_is_refused_when_the_dag_is_parsed(self, job_id):
        with pytest.raises(ValueError, match="job_id"):
            DliShowFlinkJobOperator(task_id="show", job_id=job_id)

    @pytest.mark.parametrize("renders_to", ["", "None", None, "1/../2", "orders", "{{ missing }}"])
    def test_a_job_id_that_a_template_renders_to_is_checked_before_any_call(self, dli, ti, renders_to):
        operator = DliShowFlinkJobOperator(task_id="show", job_id="{{ template }}")
        operator.job_id = renders_to
        with pytest.raises(ValueError, match="job_id"):
            operator.execute({"ti": ti})
        assert not dli.requests

    def test_a_connection_that_lacks_something_names_itself_and_the_field(self, monkeypatch, ti):
        monkeypatch.setenv("AIRFLOW_CONN_BARE", json.dumps({"conn_type": "huaweicloud_dli", "login": "AK"}))
        with pytest.raises(DliSettingsError, match=r"Connection 'bare' has 2 faults: .*region"):
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

    def test_a_drifted_job_of_a_users_unit_test_without_a_context_fails_as_ever(self, dli):
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected={"parallel_number": 8})
        with pytest.raises(DliFlinkConfigDriftError, match="parallel_number"):
            operator.execute({})

    def test_a_job_is_named_on_one_line_whatever_its_name(self, dli, ti):
        dli.job(JOB).update(name="a\nb" + "x" * 10_000)
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected={"parallel_number": 8})
        with pytest.raises(DliFlinkConfigDriftError) as caught:
            operator.execute({"ti": ti})
        heading, *table = str(caught.value).splitlines()
        assert heading.startswith("The configuration of Flink job 104 (a b")
        assert len(heading) < 250
        assert len(table) == 2

    @pytest.mark.parametrize(
        "expected",
        [
            {"runtime_config": {"s3.secret": "hunter2"}},
            '{"parallel_number": {">=": 2}, "checkpoint_enabled": true}',
            "{'parallel_number': 4}",
            {},
        ],
    )
    def test_an_expectation_may_be_a_mapping_or_its_text(self, dli, ti, expected):
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected=expected)
        assert operator.execute({"ti": ti})["parallel_number"] == 4

    @pytest.mark.parametrize(
        ("expected", "said"),
        [
            ({"cu_number": {"=>": 2}}, "did you mean '>='"),
            ({"=>": 1}, "=>"),
            ('{"cu_number": {"=>": 2}}', "=>"),
            ("parallel_number", "expected must be a mapping"),
            (["parallel_number"], "expected must be a mapping"),
            ("", "expected: was given and is empty"),
            (7, "expected must be a mapping"),
        ],
    )
    def test_an_expectation_that_makes_no_sense_is_refused_when_the_dag_is_parsed(self, expected, said):
        with pytest.raises(ValueError, match=said):
            DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected=expected)

    @pytest.mark.parametrize("renders_to", [None, "None", " "])
    def test_an_expectation_that_renders_to_nothing_never_passes(self, dli, ti, renders_to):
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected="{{ template }}")
        operator.expected = renders_to
        with pytest.raises(ValueError, match="expected: was given and is empty"):
            operator.execute({"ti": ti})
        assert not dli.requests

    def test_a_file_needs_a_dag_to_lie_beside(self, dli, ti):
        operator = DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB, expected="baseline.json")
        with pytest.raises(ValueError, match=r"expected, file 'baseline\.json': the task belongs to no DAG"):
            operator.execute({"ti": ti})
