"""The definition that a deployment takes from its arguments, and what Airflow stores of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow_lines import DAG

from dli_provider.operators.deploy import DliDeployFlinkJobOperator

SQL = "INSERT INTO sink SELECT * FROM source"
SECRET_SQL = "CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'password' = '{{ params.word }}');\nSELECT 1"


def rendered(
    folder: Any, *, mapped: bool, native: bool = False, **arguments: Any
) -> tuple[Any, dict[str, Any]]:
    """Return a task as Airflow has it after rendering, and its context."""
    arguments = {"job_name": "orders", "definition": {"queue_name": "q"}, **arguments}
    searched = [str(folder)]
    with DAG("dag", schedule=None, template_searchpath=searched, render_template_as_native_obj=native):
        if mapped:
            sql = arguments.pop("sql")
            expanded = DliDeployFlinkJobOperator.partial(task_id="deploy", **arguments).expand(sql=[sql])
            operator = expanded.unmap({**arguments, "task_id": "deploy", "sql": sql})
        else:
            operator = DliDeployFlinkJobOperator(task_id="deploy", **arguments)
    context: dict[str, Any] = {"params": {"word": "swordfish1", "cus": 4, "nothing": None}}
    if mapped:  # as Airflow does it, which never calls render_template_fields of a mapped task
        environment = operator.get_dag().get_template_env()
        operator._do_render_template_fields(operator, operator.template_fields, context, environment, set())
    else:
        operator.render_template_fields(context)
    return operator, context


@pytest.mark.parametrize("mapped", [False, True], ids=["plain", "mapped"])
class TestRenderedFields:
    def test_are_stored_without_credentials_and_deployed_with_them(self, tmp_path, mapped):
        definition = {"runtime_config": {"s3.secret-key": "{{ params.word }}", "other": "shown"}}
        operator, context = rendered(tmp_path, mapped=mapped, sql=SECRET_SQL, definition=definition)
        stored = json.dumps([operator.sql, operator.definition])
        assert "swordfish1" not in stored
        assert "SELECT 1" in stored
        assert "shown" in stored
        fields = operator.make_plan(context).desired.fields
        assert "swordfish1" in fields["sql_body"]
        assert "swordfish1" in fields["runtime_config"]

    def test_the_sql_of_a_file_is_rendered_and_shown(self, tmp_path, mapped):
        (tmp_path / "orders.sql").write_text(SECRET_SQL)
        operator, context = rendered(tmp_path, mapped=mapped, sql="orders.sql")
        assert operator.sql.endswith("SELECT 1")
        assert "swordfish1" not in operator.sql
        assert "swordfish1" in operator.make_plan(context).desired.fields["sql_body"]

    def test_a_file_that_is_not_there(self, tmp_path, mapped):
        with pytest.raises(ValueError, match=r"sql, file 'missing.sql': there is no such file"):
            rendered(tmp_path, mapped=mapped, sql="missing.sql")

    @pytest.mark.parametrize("native", [False, True], ids=["as text", "natively"])
    def test_numbers_and_none_are_what_the_templates_were_made_of(self, tmp_path, mapped, native):
        definition = {
            "cu_number": "{{ params.cus }}",
            "smn_topic": "{{ params.nothing }}",
            "log_enabled": "{{ params.cus > 4 }}",
            "resource_config": {"max_slot": "{{ params.cus - 1 }}"},
        }
        operator, context = rendered(
            tmp_path, mapped=mapped, native=native, sql="SELECT 1", definition=definition
        )
        fields = operator.make_plan(context).desired.fields
        expected = {"cu_number": 4, "log_enabled": False, "resource_config": {"max_slot": 3}}
        assert fields == {"sql_body": "SELECT 1", **expected}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"upgrade_mode": "savepiont"}, "did you mean 'savepoint'"),
        ({"target_status": "job_runing"}, "did you mean"),
        ({"restore_from": "s3://bucket/x"}, "restore_from"),
        ({"ignore_changes": ["cu_numbr"]}, "did you mean 'cu_number'"),
        ({"definition": {"cu_numbr": 1}}, "did you mean 'cu_number'"),
        ({"entrypoint": "a.jar"}, "both given"),
        ({"sql": None}, "both empty"),
        ({"sql": ""}, "sql was given and is empty"),
        ({"sql": ["SELECT 1"]}, "sql must be text, not list"),
        ({"sql": float("nan")}, "sql must be text, not float"),
        ({"sql": None, "entrypoint": 7}, "entrypoint must be text, not int"),
        ({"definition": "None"}, "definition was given and is empty"),
    ],
)
def test_mistakes_are_told_when_the_dag_is_parsed(arguments, message):
    with pytest.raises(ValueError, match=message):
        DliDeployFlinkJobOperator(task_id="deploy", **{"job_name": "orders", "sql": SQL, **arguments})
