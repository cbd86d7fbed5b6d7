"""A user's task returns a job that the hook read: Airflow stores what to_dict() gives, or the task fails."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import airflow
import pytest
from new_process import forget_all
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from dli_provider.emulator import DliEmulator
from dli_provider.flink.job import FlinkJob
from dli_provider.hooks.dli import DliHook

try:
    from airflow.sdk.bases.xcom import BaseXCom
except ImportError:  # Airflow 2
    from airflow.models.xcom import BaseXCom  # type: ignore[no-redef]

SECRET = "hunter2"
REASONS = ["return job.to_dict() instead"]
if airflow.__version__.startswith("3.0."):  # which takes no pydantic model at all
    REASONS.append("cannot serialize object of type")


class Report(BaseModel):
    """A model that a user's task might return."""

    title: str
    job: FlinkJob


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlinkJob]:
    forget_all()
    with DliEmulator() as dli:
        dli.add_job(104, name="orders", sql_body=f"WITH ('password' = '{SECRET}')")
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(dli.connection))
        yield DliHook().show_flink_job(104)
    forget_all()


@pytest.mark.parametrize(
    "returned",
    [
        lambda job: job,
        lambda job: {"jobs": [job]},
        lambda job: job.job_config,
        lambda job: Report(title="daily", job=job),
        dict,
    ],
    ids=["job", "job within a list", "job_config", "job within a model", "dict(job)"],
)
def test_a_task_that_returns_a_job_fails_itself_and_says_what_to_return(
    job: FlinkJob, returned: Callable[[FlinkJob], Any]
) -> None:
    with pytest.raises((TypeError, PydanticSerializationError)) as caught:
        BaseXCom.serialize_value(returned(job))
    logged = "".join(traceback.format_exception(caught.value))
    assert any(reason in logged for reason in REASONS)  # Airflow 2 puts an error of its own on top
    assert SECRET not in logged


def test_a_task_that_returns_what_it_should_hands_a_redacted_dict_on(job: FlinkJob) -> None:
    stored = BaseXCom.serialize_value(job.to_dict())
    assert SECRET not in str(stored)
    assert "orders" in str(stored)
