"""The job that a task names, by its id or by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow_lines import DAG

from dli_provider.api.errors import DliNotFoundError
from dli_provider.operators.base import FlinkJobOperator
from dli_provider.operators.flink import DliRunFlinkJobOperator, DliShowFlinkJobOperator


class Client:
    """A client that knows one job, and counts how often it is asked."""

    asked = 0

    def find_flink_job(self, name: str) -> Any:
        self.asked += 1
        return SimpleNamespace(job_id=7) if name == "104" else None

    def no_job_named(self, name: str) -> DliNotFoundError:
        return DliNotFoundError(404, "", f"no Flink job named {name!r}")


def operator(**arguments: Any) -> FlinkJobOperator:
    return FlinkJobOperator(task_id="task", **arguments)


@pytest.mark.parametrize("job_id", [104, "104", " 104 "])
def test_an_id_is_used_as_it_is(job_id):
    client = Client()
    assert operator(job_id=job_id)._find_job_id(client) == 104
    assert not client.asked


def test_a_name_is_looked_up_and_never_taken_for_an_id():
    client = Client()
    assert operator(job_name="104")._find_job_id(client) == 7
    assert client.asked == 1


def test_a_name_that_no_job_has_is_not_found():
    with pytest.raises(DliNotFoundError, match="no Flink job named 'orders'"):
        operator(job_name="orders")._find_job_id(Client())


@pytest.mark.parametrize("job_id", ["", "None", None, " "])
def test_an_id_that_renders_to_nothing_leaves_the_name(job_id):
    made = operator(job_id="{{ params.id }}", job_name="{{ params.name }}")
    made.job_id, made.job_name = job_id, "104"
    assert made._find_job_id(Client()) == 7


@pytest.mark.parametrize(
    ("job_id", "job_name", "complaint"),
    [
        (None, "", "Neither"),
        ("None", None, "they are 'None' and None. Give one .* the task before returned nothing"),
        ("None", "None", "Neither"),
        (104, "orders", "both given"),
        ("orders", None, "job_id must be"),
        (None, 104, "job_name must be text"),
    ],
)
def test_what_templates_render_to_is_checked_when_the_task_runs(job_id, job_name, complaint):
    made = operator(job_id="{{ params.id }}", job_name="{{ params.name }}")
    made.job_id, made.job_name = job_id, job_name
    with pytest.raises(ValueError, match=complaint):
        made._find_job_id(Client())


def test_default_args_of_a_dag_give_what_the_bases_take():
    arguments = {"dli_conn_id": "own", "job_id": 104, "poke_interval": 5, "deferrable": True}
    with DAG("dag", schedule=None, default_args=arguments):
        task = DliRunFlinkJobOperator(task_id="run", deferrable=False)
    assert (task.dli_conn_id, task.job_id, task.poke_interval, task.deferrable) == ("own", 104, 5, False)


def test_a_mapped_task_takes_what_the_bases_take_and_refuses_what_nobody_knows():
    partial = DliRunFlinkJobOperator.partial
    with DAG("dag", schedule=None):
        partial(task_id="run", region="cn-north-4", timeout=60).expand(job_id=[104, 105])
        with pytest.raises(TypeError, match="poke_intervall"):
            partial(task_id="misspelt", poke_intervall=5)


def test_a_field_to_include_that_is_no_name_is_refused_by_name():
    with pytest.raises(ValueError, match=r"^include must be a list of withheld fields"):
        DliShowFlinkJobOperator(task_id="show", job_id=104, include=[["sql_body"]])  # type: ignore[list-item]
