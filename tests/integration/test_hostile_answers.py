"""A hostile DLI behind a hook and operators: whatever it sends, each ends as its contract says, and all that
leaves is fit to store and show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fitness import SHORT, check_data, check_error, check_line, check_lines
from hostile_answers import (
    IN_THE_WAY,
    JOB,
    NOT_AN_ANSWER,
    PROXY_LOGIN,
    READABLE,
    REFUSALS,
    UNKNOWN_STATUSES,
    job_answer,
)
from hostile_dli import HostileDli
from new_process import forget_all
from sensor_runs import TaskInstance

from dli_provider.api import errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.client import DliClient
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.exceptions import DliFlinkUnhealthyError
from dli_provider.flink.job import FlinkJob
from dli_provider.hooks.dli import DliHook
from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
    DliShowFlinkJobOperator,
)

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(params=["blocking", "event loop"])
def show(request: pytest.FixtureRequest, hostile_dli: HostileDli) -> Callable[[bytes], Any]:
    """Read the job once, and return it or the error that this ends in."""

    def show(answer: bytes) -> Any:
        forget_all()
        hostile_dli.respond = lambda _: answer
        settings = replace(DliHook().get_conn().settings, read_timeout=5)
        try:
            return read(settings) if request.param == "blocking" else asyncio.run(aread(settings))
        except errors.DliError as error:
            return error

    def read(settings: DliSettings) -> FlinkJob:
        with DliClient(settings, ONE_ATTEMPT) as client:
            return client.show_flink_job(JOB)

    async def aread(settings: DliSettings) -> FlinkJob:
        async with AsyncDliClient(settings, ONE_ATTEMPT) as client:
            return await client.show_flink_job(JOB)

    return show


class TestOneAnswer:
    @pytest.mark.parametrize("odd", READABLE)
    def test_that_can_be_read_is_a_job_that_is_fit_to_leave(self, show, odd):
        job = show(READABLE[odd])
        assert isinstance(job, FlinkJob), job
        assert job.status == "job_running"
        check_data(job.summary())
        check_data(job.to_dict(), limit=None)
        check_line(repr(job), limit=None)

    @pytest.mark.parametrize("odd", UNKNOWN_STATUSES)
    def test_with_a_status_that_nobody_knows_is_a_job_that_is_fit_to_leave(self, show, odd):
        job = show(job_answer(UNKNOWN_STATUSES[odd]))
        assert isinstance(job, FlinkJob), job
        assert job.status is None or not job.status.is_known
        check_data(job.summary())
        check_line(str(job.status))

    @pytest.mark.parametrize("odd", IN_THE_WAY)
    def test_that_is_not_dli_s_may_pass_by_itself(self, show, odd):
        error = show(IN_THE_WAY[odd])
        assert isinstance(error, errors.DliError), error
        assert error.transient
        assert not isinstance(error, errors.DliForbiddenError)
        check_error(error)
        again = show(job_answer())  # a key that was refused would not be used again
        assert isinstance(again, FlinkJob)

    @pytest.mark.parametrize("odd", PROXY_LOGIN)
    def test_that_refuses_the_login_of_a_proxy_says_so(self, show, odd):
        error = show(PROXY_LOGIN[odd])
        assert type(error) is errors.DliConnectionError
        assert "the proxy refused the login" in str(error)
        assert isinstance(show(job_answer()), FlinkJob)

    @pytest.mark.parametrize("odd", NOT_AN_ANSWER)
    def test_that_holds_no_job_is_an_error_of_the_project(self, show, odd):
        error = show(NOT_AN_ANSWER[odd])
        assert isinstance(error, errors.DliError), error
        check_error(error)

    @pytest.mark.parametrize(
        ("kind", "odd"), [(kind, odd) for kind, answers in REFUSALS.items() for odd in answers]
    )
    def test_that_refuses_is_the_error_that_it_means(self, show, kind, odd):
        error = show(REFUSALS[kind][odd])
        assert type(error).__name__ == kind, error
        assert not error.transient
        check_error(error)


class TestOperators:
    @pytest.mark.parametrize("odd", READABLE)
    def test_read_any_job(self, hostile_dli, caplog, odd):
        hostile_dli.respond = lambda _: READABLE[odd]
        for operator, arguments in (
            (DliShowFlinkJobOperator, {"include": ("sql_body", "runtime_config")}),
            (DliGetFlinkJobConfigOperator, {}),
        ):
            ti = TaskInstance()
            detail = operator(task_id="read", job_id=JOB, **arguments).execute({"ti": ti})
            check_data(detail, limit=None)
            check_data(ti.xcom, limit=None)
        check_lines(caplog.records)

    @pytest.mark.parametrize("odd", READABLE)
    def test_compare_any_job(self, hostile_dli, caplog, odd):
        hostile_dli.respond = lambda _: READABLE[odd]
        expected = {"entrypoint": "x", "cu_number": {">=": 2}, "runtime_config": {"a": "b"}}
        ti = TaskInstance()
        with pytest.raises(Exception, match="differs in") as caught:
            DliGetFlinkJobConfigOperator(task_id="read", job_id=JOB, expected=expected).execute({"ti": ti})
        check_error(caught.value)
        check_data(ti.xcom, limit=None)
        check_lines(caplog.records)

    @pytest.mark.parametrize("odd", [*READABLE, *UNKNOWN_STATUSES])
    def test_check_any_job(self, hostile_dli, caplog, odd):
        hostile_dli.respond = lambda _: READABLE.get(odd) or job_answer(UNKNOWN_STATUSES[odd])
        ti = TaskInstance()
        operator = DliFlinkHealthCheckOperator(
            task_id="check", job_ids=[JOB], checkpointing=True, own_rules=lambda job: f"named {job.name}"
        )
        with pytest.raises(DliFlinkUnhealthyError) as caught:
            operator.execute({"ti": ti})
        check_error(caught.value)
        check_data(ti.xcom, limit=2 * SHORT)
        check_lines(caplog.records)
