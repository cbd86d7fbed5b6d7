"""The operators that act, against an emulated DLI: on the worker and deferred, through lost answers, retries
and kills. What counts is which writes DLI has accepted."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from acting_runs import ENDS, HAS_STORE, JOB, QUICK, RUNS, StateStore, Task, failure, writes
from airflow_lines import TaskDeferred
from conditions import seen, when

from dli_provider.acting import writes as writes_module
from dli_provider.emulator import faults
from dli_provider.exceptions import DliFlinkJobRunError
from dli_provider.operators.acting import FlinkJobActionOperator
from dli_provider.operators.flink import (
    DliDeleteFlinkJobOperator,
    DliRunFlinkJobOperator,
    DliStopFlinkJobOperator,
    DliTriggerFlinkSavepointOperator,
)

BOUNDED = {"target_status": "job_finish"}
REFUSED = faults.Answer(400, b'{"error_code": "DLI.0005", "error_msg": "no"}')


class TestRun:
    def test_starts_a_job_and_waits_until_it_runs(self, dli, task, said):
        dli.behaviour.run = (("job_submitting", None),)
        job = dli.add_job(JOB, status="job_cancel_success", name="orders")
        run = task(DliRunFlinkJobOperator)
        with when(seen(dli, JOB, "job_submitting"), lambda: job.set_status("job_running")):
            xcom = run.run()
        assert xcom["status"] == "job_running"
        assert (xcom["job_id"], xcom["name"], xcom["action"]) == (JOB, "orders", "started")
        assert writes(dli) == ["run"]
        assert run.xcom["job_id"] == JOB
        assert "dli_console_link" in run.xcom
        assert said() == [
            "Flink job 104 (orders) is job_cancel_success",
            "Flink job 104 (orders): starting",
            "Flink job 104 (orders) is job_submitting",
            "Flink job 104 (orders) is job_running, after N s of job_submitting",
            "Flink job 104 (orders): started; it is job_running",
        ]
        assert (run.deferrals > 0) == run.deferrable

    def test_a_job_by_its_name(self, dli, task):
        dli.add_job(JOB, status="job_init", name="orders")
        assert task(DliRunFlinkJobOperator, job_name="orders").run()["job_id"] == JOB
        assert writes(dli) == ["run"]

    def test_waits_for_the_end_of_a_bounded_run_though_the_last_one_has_finished(self, dli, task):
        dli.behaviour.run = ENDS
        dli.add_job(JOB, status="job_finish")
        xcom = task(DliRunFlinkJobOperator, **BOUNDED).run()
        assert (xcom["status"], xcom["action"]) == ("job_finish", "started")
        assert dli.job(JOB).status == "job_finish"
        assert writes(dli) == ["run"]

    def test_adopts_a_run_that_is_under_way(self, dli, task):
        dli.add_job(JOB, status="job_running")
        assert task(DliRunFlinkJobOperator).run()["action"] == "adopted"
        assert writes(dli) == []

    def test_without_waiting(self, dli, task):
        dli.add_job(JOB, status="job_init")
        run = task(DliRunFlinkJobOperator, wait_for_completion=False)
        assert run.run()["action"] == "started"
        assert writes(dli) == ["run"]
        assert run.deferrals == 0

    def test_restores_a_savepoint(self, dli, task):
        dli.add_job(JOB, status="job_cancel_success")
        task(DliRunFlinkJobOperator, restore_from="obs://bucket/saved/").run()
        assert writes(dli) == ["import_savepoint", "run"]
        assert dli.history(JOB)[-1].restored_from

    def test_a_submission_that_fails_is_retried(self, dli, task):
        dli.behaviour.run = (("job_submitting", QUICK), ("job_submit_fail", None))
        dli.add_job(JOB, status="job_init", name="orders", status_desc="no resources")
        run = task(DliRunFlinkJobOperator, retries=1)
        error = failure(run)
        assert type(error).__name__ == "DliFlinkJobRunError"
        assert str(error).endswith("From there it can't become job_running or job_finish by itself")
        dli.behaviour.run = RUNS
        assert run.retry().run()["action"] == "started"
        assert writes(dli) == ["run", "run"]

    def test_a_job_that_is_not_there(self, dli, task):
        assert type(failure(task(DliRunFlinkJobOperator))).__name__ == "DliNotFoundError"
        error = failure(task(DliRunFlinkJobOperator, job_name="orders"))
        assert str(error) == (
            f"Project {dli.project_id} at {dli.url} (connection 'dli_default') "
            "has no Flink job named 'orders'. Names are exact, and jobs of other users "
            "are seen only with dli:jobs:list_all"
        )
        assert dli.history() == []

    def test_a_timeout_leaves_the_job_alone(self, dli, task):
        dli.behaviour.run_delay = 0
        dli.behaviour.run = (("job_submitting", None),)
        dli.add_job(JOB, status="job_init")
        error = failure(task(DliRunFlinkJobOperator, timeout=3))
        assert type(error).__name__ == "DliFlinkJobRunError"
        assert re.search(r"timed out waiting for job_running or job_finish\. It is job_submitting, seen so "
                         r"for \d+ s, and was left as it is", str(error))  # fmt: skip
        assert writes(dli) == ["run"]

    def test_a_timeout_while_nothing_is_known_says_so(self, dli, task):
        dli.behaviour.run_delay = 60
        dli.add_job(JOB, status="job_init")
        dli.inject(faults.Drop(), only="run", when="after")
        error = failure(task(DliRunFlinkJobOperator, timeout=0.8))
        assert "Whether DLI carried out the call to run it is not known yet" in str(error)

    def test_an_unknown_status_is_waited_out_without_a_write(self, dli, task):
        dli.add_job(JOB, [("job_of_tomorrow", 0.4), ("job_cancel_success", None)])
        assert task(DliRunFlinkJobOperator).run()["action"] == "started"


class TestOtherOperators:
    def test_stop_with_a_savepoint(self, dli, task, said):
        dli.add_job(JOB, status="job_running", start_time=datetime.now(UTC), job_config={"obs_bucket": "b"})
        xcom = task(DliStopFlinkJobOperator).run()
        assert (xcom["status"], xcom["action"]) == ("job_cancel_success", "stopped")
        assert dli.history(JOB)[0].arguments["trigger_savepoint"] is True
        lines = said()
        assert lines.count("Flink job 104 (job_104): stopping with a savepoint") == 1
        assert lines[-1].startswith(
            "Flink job 104 (job_104): stopped; it is job_cancel_success, its savepoint is "
        )

    def test_state_that_can_not_be_saved_is_told_before_the_stop_and_before_the_start(self, dli, task, said):
        dli.add_job(JOB, status="job_running", start_time=datetime.now(UTC), job_config={})
        task(DliStopFlinkJobOperator).run()
        lines = said()
        unsaved = "It has no obs_bucket, so DLI can't save its state: its next start may be without it"
        at = lines.index(f"Flink job 104 (job_104): {unsaved}")
        assert lines[at + 1] == "Flink job 104 (job_104): stopping with a savepoint"
        task(DliRunFlinkJobOperator, resume_savepoint=True).run()
        lines = said()
        at = lines.index(
            "Flink job 104 (job_104): DLI shows no savepoint of it: it may start without its state"
        )
        assert lines[at + 1] == "Flink job 104 (job_104): starting"
        assert writes(dli) == ["stop", "run"]

    def test_stop_of_a_job_at_rest_writes_nothing(self, dli, task):
        dli.add_job(JOB, status="job_finish")
        assert task(DliStopFlinkJobOperator).run()["action"] == "unchanged"
        assert writes(dli) == []

    def test_stop_without_waiting(self, dli, task):
        dli.add_job(JOB, status="job_running")
        assert task(DliStopFlinkJobOperator, wait_for_completion=False).run()["action"] == "stopped"

    def test_savepoint(self, dli, task):
        dli.add_job(JOB, status="job_running")
        xcom = task(DliTriggerFlinkSavepointOperator, savepoint_path="obs://bucket/saved/").run()
        assert (xcom["status"], xcom["action"]) == ("job_running", "saved")
        assert "bucket/saved/" in xcom["savepoint_path"]
        assert writes(dli) == ["savepoint"]

    def test_a_savepoint_that_is_not_awaited_is_where_it_was_asked_for(self, dli, task):
        dli.add_job(JOB, status="job_running", savepoint_path="obs://bucket/of-yesterday/")
        dli.behaviour.savepoint_seconds = 60
        saving = task(
            DliTriggerFlinkSavepointOperator, savepoint_path="bucket/saved", wait_for_completion=False
        )
        assert saving.run()["savepoint_path"] == "obs://bucket/saved/"

    def test_delete(self, dli, task):
        dli.add_job(JOB, status="job_finish", name="orders")
        assert task(DliDeleteFlinkJobOperator).run() == JOB
        assert task(DliDeleteFlinkJobOperator).run() is None
        assert task(DliDeleteFlinkJobOperator, job_name="orders").run() is None
        assert writes(dli) == ["delete"]

    def test_delete_refuses_a_running_job_unless_forced(self, dli, task):
        dli.add_job(JOB, status="job_running")
        assert type(failure(task(DliDeleteFlinkJobOperator))).__name__ == "DliFlinkJobFailedError"
        assert task(DliDeleteFlinkJobOperator, force=True).run() == JOB

    def test_delete_waits_for_the_end_of_a_stop(self, dli, task):
        dli.add_job(JOB, [("job_canceling", 0.4), ("job_cancel_success", None)])
        assert task(DliDeleteFlinkJobOperator).run() == JOB

    def test_what_dli_refuses_ends_with_its_own_error(self, dli, task):
        dli.add_job(JOB, status="job_running")
        dli.inject(REFUSED, only="stop")
        error = failure(task(DliStopFlinkJobOperator))
        assert "DLI.0005" in str(error)
        assert writes(dli) == []


LOSSES = {
    "dropped": faults.Drop(),
    "truncated": faults.Truncated(),
    "502": faults.ServerError(502),
}
ACTIONS = {
    "run": (DliRunFlinkJobOperator, {}, "job_cancel_success", "run"),
    "bounded run": (DliRunFlinkJobOperator, BOUNDED, "job_finish", "run"),
    "stop": (DliStopFlinkJobOperator, {}, "job_running", "stop"),
    "savepoint": (DliTriggerFlinkSavepointOperator, {"savepoint_path": "b12/d/"}, "job_running", "savepoint"),
    "import": (DliRunFlinkJobOperator, {"restore_from": "b12/d/"}, "job_init", "import_savepoint"),
    "delete": (DliDeleteFlinkJobOperator, {}, "job_finish", "delete"),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_lost_answer_is_found_out_by_reading(dli, task, action, loss, when):
    kind, arguments, status, operation = ACTIONS[action]
    dli.behaviour.run = ENDS if action == "bounded run" else RUNS
    dli.add_job(JOB, status=status, job_config={"obs_bucket": "b"})
    dli.inject(LOSSES[loss], only=operation, when=when)
    task(kind, **arguments).run()
    repeated = operation == "import_savepoint" and when == "after"  # of the same content, so it may be
    assert writes(dli).count(operation) == (2 if repeated else 1)
    assert writes(dli).count("run") <= 1


@pytest.mark.parametrize("action", ACTIONS)
def test_a_throttled_write_is_sent_again(dli, task, action):
    kind, arguments, status, operation = ACTIONS[action]
    dli.behaviour.run = ENDS if action == "bounded run" else RUNS
    dli.add_job(JOB, status=status, job_config={"obs_bucket": "b"})
    dli.inject(faults.Throttle(), only=operation, times=6)
    task(kind, **arguments).run()
    assert writes(dli).count(operation) == 1


class DiedError(BaseException):
    """The worker is gone."""


@pytest.fixture
def dies(monkeypatch):
    """Let the worker die around its first write, once."""

    def dies(moment: str) -> None:
        alive = True

        def attempt(client: Any, job: Any, call: Any) -> Any:
            nonlocal alive
            if alive and moment == "before the write":
                alive = False
                raise DiedError
            answer = writes_module.attempt(client, job, call)
            if alive and moment == "after the write":
                alive = False
                raise DiedError
            return answer

        def pause(self: Any, seconds: float) -> None:
            nonlocal alive
            if alive and moment == "in the wait":
                alive = False
                raise DiedError
            time.sleep(seconds)

        monkeypatch.setattr("dli_provider.acting.runner.attempt", attempt)
        monkeypatch.setattr(FlinkJobActionOperator, "pause", pause)

    return dies


@pytest.mark.parametrize("moment", ["before the write", "after the write", "in the wait"])
class TestAWorkerThatDies:
    """The task is on the worker here: a deferred one has died before its deferral, or not at all."""

    def crashed(self, dies, moment, **arguments):
        run = Task(DliRunFlinkJobOperator, {"retries": 2, **arguments}, deferrable=False, max_tries=2)
        dies(moment)
        with pytest.raises(DiedError):
            run.run()
        return run

    def test_in_a_bounded_run_is_retried_without_a_second_run(self, dli, dies, moment):
        dli.behaviour.run = ENDS
        dli.add_job(JOB, status="job_finish")
        run = self.crashed(dies, moment, **BOUNDED)
        assert run.retry().run()["status"] == "job_finish"
        assert writes(dli) == ["run"]

    def test_in_a_bounded_run_that_has_ended_meanwhile(self, dli, dies, moment):
        dli.behaviour.run = (("job_submitting", 0.0), ("job_finish", None))
        dli.add_job(JOB, status="job_cancel_success")
        run = self.crashed(dies, moment, **BOUNDED)
        time.sleep(0.5)
        assert run.retry().run()["status"] == "job_finish"
        assert writes(dli) == ["run"]

    def test_and_a_task_that_is_cleared_then_runs_the_job_again(self, dli, dies, moment):
        dli.behaviour.run = ENDS
        dli.add_job(JOB, status="job_finish")
        run = self.crashed(dies, moment, **BOUNDED)
        run.retry().run()
        assert run.clear().run()["action"] == "started"
        assert writes(dli) == ["run", "run"]

    def test_in_a_run_that_must_be_the_only_one(self, dli, dies, moment):
        dli.add_job(JOB, status="job_finish")
        run = self.crashed(dies, moment, if_running="fail")
        assert run.retry().run()["status"] == "job_running"
        assert writes(dli) == ["run"]


class TestRetryAndClear:
    def test_a_retry_adopts_a_live_job(self, dli, task):
        dli.behaviour.run = (("job_submitting", 2.0), ("job_running", None))
        dli.add_job(JOB, status="job_init")
        run = task(DliRunFlinkJobOperator, retries=1, timeout=1)
        failure(run)
        assert run.retry(timeout=20).run()["status"] == "job_running"
        assert writes(dli) == ["run"]

    def test_if_running_fail_is_judged_on_the_first_try(self, dli, task):
        dli.add_job(JOB, status="job_running")
        run = task(DliRunFlinkJobOperator, if_running="fail")
        assert type(failure(run)).__name__ == "DliFlinkJobFailedError"
        assert type(failure(run.clear())).__name__ == "DliFlinkJobFailedError"

    def test_a_bounded_run_never_adopts_another_one(self, dli, task):
        dli.add_job(JOB, status="job_running", start_time=datetime.now(UTC) - timedelta(hours=1))
        run = task(DliRunFlinkJobOperator, retries=1, **BOUNDED)
        assert type(failure(run)).__name__ == "DliFlinkJobFailedError"
        assert type(failure(run.retry())).__name__ == "DliFlinkJobFailedError"
        assert writes(dli) == []

    def test_a_bounded_run_that_failed_is_run_again(self, dli, task):
        dli.behaviour.run = (("job_submitting", QUICK), ("job_submit_fail", None))
        dli.add_job(JOB, status="job_finish")
        run = task(DliRunFlinkJobOperator, retries=1, **BOUNDED)
        assert type(failure(run)).__name__ == "DliFlinkJobRunError"
        dli.behaviour.run = ENDS
        assert run.retry().run()["action"] == "started"
        assert writes(dli) == ["run", "run"]

    def test_a_bounded_run_that_timed_out_goes_on_to_be_awaited(self, dli, task):
        dli.behaviour.run = (("job_submitting", 1.5), ("job_running", 0.5), ("job_finish", None))
        dli.add_job(JOB, status="job_finish")
        run = task(DliRunFlinkJobOperator, retries=1, timeout=1, **BOUNDED)
        failure(run)
        assert run.retry(timeout=20).run()["status"] == "job_finish"
        assert writes(dli) == ["run"]

    def test_a_bounded_run_that_nobody_knew_of_is_found_by_the_retry(self, dli, task):
        dli.behaviour.run_delay = 2.5  # longer than it is looked for, twice
        dli.behaviour.run = (("job_submitting", QUICK), ("job_running", 1.0), ("job_finish", None))
        dli.add_job(JOB, status="job_finish")
        dli.inject(faults.Drop(), only="run", when="after")
        dli.inject(faults.Drop(), only="run")
        run = task(DliRunFlinkJobOperator, retries=1, **BOUNDED)
        assert type(failure(run)).__name__ == "DliOutcomeUnknownError"
        dli.advance(10)
        assert run.retry().run()["action"] == "adopted"
        assert writes(dli) == ["run"]

    def test_a_stop_that_was_accepted_goes_on_to_be_awaited(self, dli, task):
        dli.behaviour.stop = (("job_canceling", 2.0), ("job_cancel_success", None))
        dli.add_job(JOB, status="job_running")
        stop = task(DliStopFlinkJobOperator, retries=1, timeout=1)
        failure(stop)
        assert stop.retry(timeout=20).run()["action"] == "stopped"
        assert writes(dli) == ["stop"]

    @pytest.mark.skipif(not HAS_STORE, reason="Airflow 2 has no task state store")
    def test_a_store_that_failed_starts_no_second_run(self, dli, task):
        class BrokenStore(StateStore):
            def set(self, *_: Any) -> None:
                raise RuntimeError("out of order")

        dli.behaviour.run = (("job_submitting", 0.5), ("job_running", 1.0), ("job_finish", None))
        dli.add_job(JOB, status="job_finish")
        run = task(DliRunFlinkJobOperator, retries=1, timeout=1, **BOUNDED)
        run.store = BrokenStore()
        failure(run)
        run.store = StateStore()
        assert run.retry(timeout=20).run()["status"] == "job_finish"
        assert writes(dli) == ["run"]


def test_an_event_of_another_version_is_retried(dli):
    dli.add_job(JOB, status="job_canceling")
    stop = Task(DliStopFlinkJobOperator, {}, deferrable=True)
    with pytest.raises(TaskDeferred) as deferred:
        stop.operator().execute(stop.context)
    dli.job(JOB).set_status("job_finish")
    event = asyncio.run(stop._event(deferred.value.trigger))
    with pytest.raises(DliFlinkJobRunError, match="another version of this provider"):
        stop.operator().execute_complete(stop.context, {**event, "memory": {"other": 1}})


class TestKill:
    class Killed(DliRunFlinkJobOperator):
        """Is killed once its job runs; Airflow 2 raises then, and Airflow 3 does not."""

        pauses = 0
        raises = False

        def pause(self, seconds: float) -> None:
            type(self).pauses += 1
            if self.pauses == 15:
                self.on_kill()
                if self.raises:
                    raise DiedError
            super().pause(seconds)

    @pytest.fixture(params=[False, True], ids=["noted", "raised"])
    def killed(self, request, dli):
        dli.behaviour.run = (("job_submitting", QUICK), ("job_running", 3.0), ("job_finish", None))
        self.Killed.pauses, self.Killed.raises = 0, request.param
        return lambda **given: Task(self.Killed, {**BOUNDED, "poke_interval": 0.05, **given}, False)

    def test_leaves_the_job_alone(self, dli, killed):
        dli.add_job(JOB, status="job_finish")
        run = killed()
        if self.Killed.raises:
            failure(run)
        else:
            assert run.run()["status"] == "job_finish"
        assert writes(dli) == ["run"]

    def test_stops_the_run_when_it_shall(self, dli, killed):
        dli.add_job(JOB, status="job_finish")
        failure(killed(stop_on_kill=True))
        assert writes(dli) == ["run", "stop"]

    def test_stops_no_run_that_it_did_not_start(self, dli, killed):
        dli.add_job(JOB, status="job_of_tomorrow")
        failure(killed(stop_on_kill=True))
        assert writes(dli) == []


@pytest.mark.parametrize("name", ["dli_conn_id", "region", "project_id"])
def test_a_template_that_loses_where_to_act_is_refused(dli, name):
    operator = DliStopFlinkJobOperator(task_id="act", job_id=JOB, **{name: "{{ None }}"})
    setattr(operator, name, "None")
    with pytest.raises(ValueError, match=f"{name} was given and is empty"):
        operator.execute({})
    assert dli.requests == []


def test_what_crosses_processes_holds_no_secret(dli):
    dli.add_job(JOB, status="job_cancel_success", sql_body="canary", entrypoint_args="canary",
                status_desc="password=canary")  # fmt: skip
    run = Task(DliRunFlinkJobOperator, {}, deferrable=True)
    shown = f"{run.run()} {run.passed} {run.xcom} {run.store}"
    assert run.passed
    assert "canary" not in shown
    assert dli.secret_key not in shown
