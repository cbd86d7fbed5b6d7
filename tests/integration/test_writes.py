"""Jobs are created, changed, run, stopped, saved and deleted through the hook, each with one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from new_process import forget_all

from dli_provider.api import endpoints, errors
from dli_provider.emulator import DliEmulator, faults
from dli_provider.hooks.dli import DliHook

SQL = "CREATE TABLE t (a INT) WITH ('password' = 'hunter2'); INSERT INTO lake SELECT a FROM t"
JAR = "obs://jars/sessions.jar"


@pytest.fixture
def dli(monkeypatch) -> Iterator[DliEmulator]:
    forget_all()
    with DliEmulator() as emulator:
        connection = emulator.connection
        connection["extra"]["read_timeout"] = 1
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(connection))
        yield emulator


@pytest.fixture
def hook(dli) -> DliHook:
    return DliHook()


def test_a_sql_job_is_created_run_stopped_with_its_state_changed_resumed_and_deleted(dli, hook):
    job_id = hook.create_flink_sql_job(
        "orders",
        sql_body=SQL,
        queue_name="etl",
        checkpoint_enabled=True,
        checkpoint_mode="at_least_once",
        obs_bucket="state",
        runtime_config={"state.backend": "rocksdb", "restart.attempts": 3, "compress": True},
        tags={"team": "ads"},
        desc=None,
    )
    job = hook.show_flink_job(job_id)
    assert (job.name, job.status, job.run_mode, job.job_type) == (
        *("orders", "job_init", "exclusive_cluster", "flink_opensource_sql_job"),
    )
    assert job.job_config.checkpoint_mode == "at_least_once"
    assert job.job_config.runtime_options == {
        "state.backend": "rocksdb",
        "restart.attempts": "3",
        "compress": "true",
    }

    hook.run_flink_job(job_id)
    dli.advance(5)
    hook.stop_flink_job(str(job_id), trigger_savepoint=True)
    dli.advance(5)
    saved = hook.show_flink_job(job_id)
    assert (saved.status, saved.has_savepoint) == ("job_cancel_success", True)

    hook.update_flink_sql_job(job_id, sql_body="INSERT INTO lake SELECT 1", parallel_number=4)
    hook.run_flink_job(job_id, resume_savepoint=True)
    dli.advance(5)
    assert hook.show_flink_job(job_id).job_config.parallel_number == 4
    hook.delete_flink_job(job_id)

    writes = dli.history(job_id)
    assert [write.operation for write in writes] == [
        *("create_sql", "run", "stop", "update_sql", "run", "delete")
    ]
    assert writes[-2].restored_from == saved.savepoint_path
    assert hook.find_flink_job("orders") is None


def test_a_jar_job_starts_from_an_imported_savepoint_and_is_saved_while_it_runs(dli, hook):
    job_id = hook.create_flink_jar_job(
        "sessions", entrypoint=JAR, main_class="com.example.Sessions", queue_name="etl", obs_bucket="state"
    )
    hook.import_flink_savepoint(job_id, "state/from/chk-7/_metadata")
    hook.run_flink_job(job_id, resume_savepoint=True)
    dli.advance(5)
    hook.trigger_flink_savepoint(job_id, "obs://state/by-hand")
    dli.advance(5)
    assert hook.show_flink_job(job_id).savepoint_path == "obs://state/by-hand/"
    hook.update_flink_jar_job(job_id, smn_topic="urn:smn:alarms")
    run = next(write for write in dli.history(job_id) if write.operation == "run")
    assert run.restored_from == "obs://state/from/chk-7/"


@pytest.mark.parametrize("answer", ["each", "one", "object"])
@pytest.mark.parametrize("boolean", [False, True], ids=["text", "Boolean"])
def test_a_stop_is_accepted_however_its_answer_looks(dli, hook, answer, boolean):
    dli.behaviour.stop_answer, dli.behaviour.boolean_success = answer, boolean
    dli.add_job(104, status="job_running")
    hook.stop_flink_job(104)
    assert [write.operation for write in dli.history(104)] == ["stop"]


WRITES: dict[str, Callable[[DliHook], object]] = {
    "create_sql": lambda hook: hook.create_flink_sql_job("new", sql_body=SQL),
    "create_jar": lambda hook: hook.create_flink_jar_job("new", entrypoint=JAR, entrypoint_args="hunter2"),
    "update_sql": lambda hook: hook.update_flink_sql_job(104, sql_body=SQL),
    "update_jar": lambda hook: hook.update_flink_jar_job(105, entrypoint_args="hunter2"),
    "run": lambda hook: hook.run_flink_job(104),
    "stop": lambda hook: hook.stop_flink_job(106),
    "savepoint": lambda hook: hook.trigger_flink_savepoint(106, "bucket/dir/"),
    "import_savepoint": lambda hook: hook.import_flink_savepoint(104, "bucket/dir/"),
    "delete": lambda hook: hook.delete_flink_job(104),
}
"""A call of every operation that the emulator accepts, once :func:`jobs` has made the jobs."""

ADVICE = {
    "create_sql": "look for a job of that name",
    "create_jar": "look for a job of that name",
    "update_sql": "the same change may be made again",
    "update_jar": "the same change may be made again",
    "run": "it was started if its status or its start_time changes",
    "stop": "stop it again if it still runs after two minutes",
    "savepoint": "job_savepointing or another savepoint_path",
    "import_savepoint": "the same savepoint may be imported again",
    "delete": "DliNotFoundError means that it is gone",
}
ACTIONS = {
    **dict.fromkeys(("create_sql", "create_jar"), "dli:jobs:create"),
    **dict.fromkeys(("update_sql", "update_jar", "savepoint", "import_savepoint"), "dli:jobs:update"),
    "run": "dli:jobs:start",
    "stop": "dli:jobs:stop",
    "delete": "dli:jobs:delete",
}
EVERY_WRITE = pytest.mark.parametrize("operation", WRITES)


@pytest.fixture
def jobs(dli) -> None:
    dli.add_job(104, status="job_cancel_success", name="sql", job_type="flink_sql_job")
    dli.add_job(105, status="job_cancel_success", name="jar", job_type="flink_jar_job")
    dli.add_job(106, status="job_running", name="running", job_type="flink_sql_job")


LOST: dict[str, Any] = {
    "dropped": faults.Drop(),
    "cut": faults.Truncated(),
    "502 of a proxy": faults.ServerError(502),
    "DLI.0999": faults.DliFailure(),
    "no success": faults.NOT_SUCCESSFUL,
    "HTML": faults.CAPTIVE_PORTAL,
    "empty": faults.EMPTY,
    "not found by a proxy": faults.Answer(404, "<html>Not Found</html>", (("Content-Type", "text/html"),)),
    "an answer without what was asked for": faults.Answer(200, "[[]]"),
}


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("fault", LOST)
@EVERY_WRITE
def test_a_write_whose_answer_is_lost_is_not_repeated_and_says_how_to_find_out(dli, hook, operation, fault):
    dli.inject(LOST[fault], only=operation, when="after")
    with pytest.raises(errors.DliOutcomeUnknownError) as caught:
        WRITES[operation](hook)
    assert [write.operation for write in dli.history()] == [operation]
    assert len(dli.requests_of(operation)) == 1
    assert caught.value.outcome is errors.Outcome.UNKNOWN
    assert "It may have been carried out all the same: " in str(caught.value)
    assert ADVICE[operation] in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.usefixtures("jobs")
def test_a_write_whose_answer_comes_too_late_is_not_repeated(dli, hook):
    late = faults.Hold()
    dli.inject(late, only="run", when="after")
    with pytest.raises(errors.DliOutcomeUnknownError, match="timed out"):
        hook.run_flink_job(104)
    late.release()
    assert [write.operation for write in dli.history()] == ["run"]


@pytest.mark.usefixtures("jobs")
@EVERY_WRITE
def test_a_throttled_write_is_made_again(dli, hook, operation, caplog):
    dli.inject(faults.Throttle(retry_after=0), only=operation)
    WRITES[operation](hook)
    assert [write.operation for write in dli.history()] == [operation]
    assert len(dli.requests_of(operation)) == 2


@pytest.mark.usefixtures("jobs")
@EVERY_WRITE
def test_a_user_who_may_not_write_is_told_the_action_to_ask_for(dli, hook, operation):
    refusal = {"error_code": "APIG.0302", "error_msg": "The IAM user is forbidden"}
    dli.inject(faults.Answer(403, json.dumps(refusal)), only=operation)
    with pytest.raises(errors.DliForbiddenError, match=f"The call needs {ACTIONS[operation]}") as caught:
        WRITES[operation](hook)
    assert caught.value.outcome is errors.Outcome.REFUSED
    assert dli.history() == []


def test_a_write_to_nobody_is_not_sent(monkeypatch):
    forget_all()
    content = {"conn_type": "huaweicloud_dli", "login": "AK", "password": "SK", "host": "http://127.0.0.1:9"}
    extra = {
        "project_id": "p1",
        "region": "cn-north-4",
        "allow_http": True,
        "iam_endpoint": "http://127.0.0.1:9",
    }
    monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps({**content, "extra": extra}))
    with pytest.raises(errors.DliConnectionError) as caught:
        DliHook().run_flink_job(104)
    assert caught.value.outcome is errors.Outcome.NOT_SENT


REFUSALS: dict[str, tuple[Callable[[DliHook], object], type[errors.DliError], str]] = {
    "a second name": (
        *(lambda hook: hook.create_flink_sql_job("sql", sql_body=SQL), errors.DliBadRequestError, "DLI.0006"),
    ),
    "a run while it runs": (lambda hook: hook.run_flink_job(106), errors.DliBadRequestError, "DLI.0007"),
    "a run without a queue": (lambda hook: hook.run_flink_job(107), errors.DliBadRequestError, "DLI.13024"),
    "a stop while it rests": (lambda hook: hook.stop_flink_job(104), errors.DliBadRequestError, "DLI.0007"),
    "a savepoint while it rests": (
        lambda hook: hook.trigger_flink_savepoint(104, "bucket/dir/"),
        *(errors.DliBadRequestError, "DLI.0007"),
    ),
    "an import while it runs": (
        lambda hook: hook.import_flink_savepoint(106, "bucket/dir/"),
        *(errors.DliBadRequestError, "DLI.0007"),
    ),
    "a change of parallelism while it runs": (
        lambda hook: hook.update_flink_sql_job(106, parallel_number=7),
        *(errors.DliBadRequestError, "DLI.0007"),
    ),
    "a job that isn't there": (lambda hook: hook.run_flink_job(999), errors.DliNotFoundError, "DLI.16001"),
    "a delete of a job that isn't there": (
        *(lambda hook: hook.delete_flink_job(999), errors.DliNotFoundError, "DLI.16001"),
    ),
}


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_dlis_own_and_nothing_is_written(dli, hook, name):
    call, kind, code = REFUSALS[name]
    dli.add_job(107, status="job_init", queue_name="")
    with pytest.raises(kind, match=code) as caught:
        call(hook)
    assert caught.value.outcome is errors.Outcome.REFUSED
    assert dli.history() == []


def test_a_savepoint_that_fails_within_its_message_has_an_unknown_outcome(dli, hook):
    dli.add_job(104, status="job_running")
    said = json.dumps({"is_success": "false", "message": "api.msg.no_such_bucket"})
    answer = faults.Answer(200, json.dumps({"is_success": "true", "message": said}))
    dli.inject(answer, only="savepoint")
    with pytest.raises(errors.DliOutcomeUnknownError, match=r"is_success is false: api\.msg\.no_such_bucket"):
        hook.trigger_flink_savepoint(104, "bucket/dir/")


async def test_the_asynchronous_client_makes_the_same_calls(dli, hook):
    async with await hook.aget_conn() as client:
        job_id = await client.call(endpoints.create_flink_sql_job("orders", sql_body=SQL, queue_name="etl"))
        await client.call(endpoints.run_flink_job(job_id))
        dli.inject(faults.Drop(), only="stop", when="after")
        with pytest.raises(errors.DliOutcomeUnknownError, match="stop it again"):
            await client.call(endpoints.stop_flink_job(job_id))
    assert [write.operation for write in dli.history(job_id)] == ["create_sql", "run", "stop"]


def test_the_graph_and_the_metrics_of_a_running_job_are_read(dli, hook):
    dli.add_job(104, status="job_running", name="orders")
    graph = hook.show_flink_execution_graph(104)
    assert (graph["name"], graph["state"]) == ("orders", "RUNNING")
    assert [vertex["name"] for vertex in graph["vertices"]] == ["Source: orders", "Sink: lake"]
    metrics = hook.show_flink_metrics(["104", 104])
    assert metrics.keys() == {104}
    assert metrics[104]["total_read_rate"] == 100.0


def test_a_bad_argument_is_refused_before_any_call_and_not_shown(dli, hook):
    for call in (
        lambda: hook.create_flink_sql_job("orders", sql_body=b"hunter2"),
        lambda: hook.create_flink_jar_job("orders", entrypoint=JAR, entrypoint_args=["hunter2"]),
        lambda: hook.update_flink_sql_job(104, runtime_config="password=hunter2"),
        lambda: hook.update_flink_sql_job(104, sql_bdy="hunter2"),
        lambda: hook.run_flink_job(104, resume_savepoint="hunter2"),
        lambda: hook.trigger_flink_savepoint(104, "obs://ak:hunter2@bucket/dir/"),
    ):
        with pytest.raises(
            ValueError, match=r"CreateFlink|UpdateFlink|resume_savepoint|savepoint_path"
        ) as caught:
            call()
        assert "hunter2" not in str(caught.value)
    assert dli.requests == []
