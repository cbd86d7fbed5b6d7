"""How a worker carries a plan out: what it sends, says, keeps, and how it ends."""

from __future__ import annotations

import pytest

from dli_provider.api.errors import (
    DliAuthError,
    DliBadRequestError,
    DliConnectionError,
    DliError,
    DliForbiddenError,
    DliNotFoundError,
    DliOutcomeUnknownError,
    DliThrottledError,
    Outcome,
)
from dli_provider.exceptions import DliFlinkJobFailedError, DliFlinkJobRunError
from dli_provider.flink.plan.deploy import DeployPlan
from dli_provider.flink.plan.desired import parse_desired
from dli_provider.flink.plan.plans import DeletePlan, RunPlan, StopPlan
from dli_provider.flink.plan.values import Failure
from dli_provider.flink.status import FlinkJobStatus as S

STOPS = ["job_running", "job_canceling", "job_cancel_success"]


def failed(
    kind: type[DliError], *arguments: object, outcome: Outcome | None = None, **more: object
) -> DliError:
    error = kind(*arguments, **more)
    error.outcome = outcome
    return error


def not_sent() -> DliError:
    return failed(DliConnectionError, "refused", outcome=Outcome.NOT_SENT)


def refused() -> DliError:
    return failed(DliBadRequestError, 400, "DLI.0005", "no", outcome=Outcome.REFUSED)


def test_each_step_is_said_once_as_it_is_taken(play, caplog):
    stop = play(StopPlan(), STOPS)
    ended = stop.run()
    assert ended.done.action == "stopped"
    assert ended.job.status == S.JOB_CANCEL_SUCCESS
    assert stop.dli.writes == [("stop_flink_job", {"trigger_savepoint": True})]
    assert [record.getMessage() for record in caplog.records] == [
        "Flink job 104 (orders) is job_running",
        "Flink job 104 (orders): stopping with a savepoint",
        "Flink job 104 (orders) is job_canceling",
        "Flink job 104 (orders) is job_cancel_success, after 30 s of job_canceling",
        "Flink job 104 (orders): stopped; it is job_cancel_success",
    ]


def test_a_warning_of_a_call_comes_before_it_and_once(play, caplog):
    run = play(RunPlan(), ["job_cancel_success"] * 2 + ["job_running"], [not_sent()])
    run.dli.fields = {"has_savepoint": True, "savepoint_path": "obs://b/sp"}
    run.run()
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    warning = (
        "Flink job 104 (orders): It has a savepoint obs://b/sp, and is started without it "
        "(resume_savepoint=False); DLI deletes it once the job runs"
    )
    assert lines[1:3] == [("WARNING", warning), ("INFO", "Flink job 104 (orders): starting")]
    assert lines.count(("WARNING", warning)) == 1


def test_the_id_is_told_once_as_soon_as_it_is_known(play):
    for name in (None, "orders"):
        stop = play(StopPlan(), list(STOPS), name=name)
        stop.run()
        assert stop.known == [104]


def test_the_memory_is_kept_before_a_write_and_after_it(play):
    stop = play(StopPlan(), STOPS)
    stop.run()
    assert [kept["pending"]["outcome"] for kept in stop.kept] == ["unknown", "accepted"]


def test_a_write_that_was_not_sent_is_an_outage(play, caplog):
    stop = play(
        StopPlan(), ["job_running", "job_running", "job_running", *STOPS[1:]], [not_sent(), not_sent()]
    )
    assert stop.run().done.action == "stopped"
    assert len(stop.dli.writes) == 3
    lines = [record.getMessage() for record in caplog.records]
    assert lines.count("Flink job 104 (orders): stopping with a savepoint") == 1
    assert any(line.startswith("DLI can't be read for now") for line in lines)
    assert stop.waits[:2] == [None, None]
    assert stop.kept[1]["pending"] is None


def test_a_throttled_write_is_sent_again_after_its_time(play):
    throttled = failed(DliThrottledError, 429, "APIG.0308", "slow", outcome=Outcome.REFUSED, retry_after=300)
    stop = play(StopPlan(), ["job_running", *STOPS], [throttled])
    stop.run()
    assert stop.pauses[0] == 300


def test_a_write_whose_credential_is_refused_is_sent_again_with_another_one(play):
    locked_out = failed(DliAuthError, 401, "APIG.0301", "no", outcome=Outcome.REFUSED)
    stop = play(StopPlan(), STOPS, [locked_out])
    stop.dli.close = lambda: setattr(stop.dli, "settings", "of the connection as it is now")
    assert stop.run().done.action == "stopped"
    assert len(stop.dli.writes) == 2

    stop = play(StopPlan(), STOPS, [locked_out])
    with pytest.raises(DliAuthError):
        stop.run()
    assert (len(stop.dli.writes), stop.runner.failure) == (1, None)
    assert stop.kept[-1]["pending"] is None


def test_an_unknown_outcome_is_found_out_and_said(play, caplog):
    lost = failed(DliOutcomeUnknownError, "no answer", outcome=Outcome.UNKNOWN)
    stop = play(StopPlan(), STOPS, [lost])
    assert stop.run().done.action == "stopped"
    assert len(stop.dli.writes) == 1
    assert "Reading the job to find out what became of the call: no answer" in caplog.text


def test_a_refusal_is_read_back_and_then_raised_as_it_was(play):
    stop = play(StopPlan(), ["job_running"], [refused()])
    with pytest.raises(DliBadRequestError, match=r"DLI\.0005"):
        stop.run()
    assert stop.runner.failure == Failure.REFUSED
    assert len(stop.dli.writes) == 1


def test_a_creation_that_is_refused_though_nothing_is_seen_says_what_that_may_mean(play):
    lost = failed(DliOutcomeUnknownError, "no answer", outcome=Outcome.UNKNOWN)
    plan = DeployPlan(parse_desired("orders", sql="SELECT 1"))
    deploy = play(plan, ["absent"], [lost, refused()], name="orders")
    with pytest.raises(
        DliBadRequestError, match=r"DLI\.0005: no. A job of this name may exist that isn't yours"
    ):
        deploy.run()


def test_a_refusal_that_another_one_caused_is_not_raised(play):
    assert play(StopPlan(), STOPS, [refused()]).run().done.action == "unchanged"


@pytest.mark.parametrize(("plan", "status", "kind", "message"), [
    (RunPlan(), "job_cancel_fail", DliFlinkJobRunError, "An earlier stop failed"),
    (RunPlan(), "job_arrearage_stopped", DliFlinkJobFailedError, "until the account is recharged"),
    (RunPlan(), "absent", DliNotFoundError, "DLI.16001"),
    (DeletePlan(), "job_running", DliFlinkJobFailedError, "Only a job at rest is deleted"),
])  # fmt: skip
def test_what_a_plan_fails_with(play, plan, status, kind, message):
    with pytest.raises(kind, match=message) as raised:
        play(plan, [status]).run()
    if kind is not DliNotFoundError:
        assert str(raised.value).startswith(f"Flink job 104 (orders) is {status}. ")


def test_nobody_of_a_name(play):
    with pytest.raises(DliNotFoundError, match="no Flink job named 'orders'"):
        play(RunPlan(), ["absent"], name="orders").run()
    ended = play(DeletePlan(), ["absent"], name="orders").run()
    assert (ended.done.action, ended.job_id) == ("unchanged", None)


def test_an_error_that_does_not_pass_ends_the_plan_at_once(play):
    forbidden = failed(DliForbiddenError, 403, "DLI.0003", "no")
    with pytest.raises(DliForbiddenError):
        play(StopPlan(), [forbidden]).run()


def test_the_deadline_ends_a_wait(play):
    stop = play(StopPlan(), ["job_canceling"], timeout=100)
    told = "timed out waiting for the end of job_canceling. It is job_canceling, seen so for 1 min 40 s, and"
    with pytest.raises(DliFlinkJobRunError, match=told):
        stop.run()
    assert stop.pauses == [30, 30, 30, 10]
    assert stop.runner.failure is None


def test_the_deadline_ends_an_outage(play):
    with pytest.raises(DliFlinkJobRunError, match="timed out waiting for an answer of DLI"):
        play(StopPlan(), ["job_running"], [not_sent()] * 9, timeout=100).run()


def test_the_end_of_a_window_is_read_in_time(play):
    stop = play(StopPlan(), ["job_running"])
    with pytest.raises(DliFlinkJobRunError, match="gave it up"):
        stop.run()
    assert stop.pauses == [30, 30, 30, 30]
    assert stop.waits[0].step.stale


class TestStopOfItsOwnRun:
    def test_a_run_that_was_started(self, play):
        run = play(RunPlan(targets=(S.JOB_FINISH,)), ["job_finish", "job_running"], timeout=100)
        with pytest.raises(DliFlinkJobRunError):
            run.run()
        assert run.runner.stop_own_run()
        assert run.dli.writes[-1] == ("stop_flink_job", {"trigger_savepoint": False})

    def test_a_run_that_was_adopted(self, play):
        run = play(RunPlan(targets=(S.JOB_SUBMIT_FAIL,)), ["job_submitting"], timeout=100)
        with pytest.raises(DliFlinkJobRunError):
            run.run()
        assert not run.runner.stop_own_run()
        assert run.dli.writes == []

    def test_an_error_is_said_and_not_raised(self, play, caplog):
        run = play(
            RunPlan(targets=(S.JOB_FINISH,)), ["job_finish", "job_running"], [None, refused()], timeout=9
        )
        with pytest.raises(DliFlinkJobRunError):
            run.run()
        assert not run.runner.stop_own_run()
        assert "it may run on" in caplog.text
