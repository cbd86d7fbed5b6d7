"""What became of a write: each call, each outcome, each order in which its effect may be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.plans import ABSENT, DeletePlan, RunPlan, SavepointPlan, StopPlan
from dli_provider.flink.plan.values import Call, Done, Outcome, Reading, Step, Wait, Windows, Write
from dli_provider.flink.status import FlinkJobStatus as S

BOUNDED = RunPlan(targets=(S.JOB_FINISH,))
EARLIER, LATER = {"start_time": 1_000}, {"start_time": 2_000}


class TestRun:
    """Its mark is the status that was read before it."""

    def sent(self, play, outcome, mark="job_finish", plan=BOUNDED):
        run = play(plan)
        assert run.read(mark, **EARLIER) == "run"
        run.send(outcome)
        return run

    @pytest.mark.parametrize("mark", ["job_finish", "job_submit_fail", "job_cancel_success", "job_init",
                                      "job_running_exception"])  # fmt: skip
    @pytest.mark.parametrize("outcome", ["accepted", "unknown"])
    def test_the_mark_means_not_yet(self, play, mark, outcome):
        run = self.sent(play, outcome, mark)
        assert run.read(mark, 1) == "wait"
        assert run.read(None, 2) == "wait"
        assert run.read("job_of_tomorrow", 3) == "wait"
        assert run.read(mark, 119) == "wait"

    def test_an_idle_job_says_nothing_of_it(self, play):
        run = self.sent(play, "accepted")
        assert run.read("job_idle", 1) == "wait"
        assert run.read("job_finish", 2) == "wait"

    def test_the_mark_counts_once_another_status_was_read(self, play):
        run = self.sent(play, "accepted")
        assert run.read("job_submitting", 1) == "wait"
        assert run.read("job_finish", 2) == "started"

    def test_the_mark_counts_once_a_trigger_has_read_another_status(self, play):
        run = self.sent(play, "accepted", "job_submit_fail")
        run.memory.note_status(S.JOB_SUBMITTING)
        assert run.read("job_submit_fail", 5) == "fail run"

    def test_accepted_and_the_mark_is_judged_in_the_end(self, play):
        assert self.sent(play, "accepted").read("job_finish", 121) == "started"
        assert self.sent(play, "accepted", "job_submit_fail").read("job_submit_fail", 121) == "fail run"
        assert self.sent(play, "accepted", "job_init").read("job_init", 121) == "wait"

    @pytest.mark.parametrize("status", ["job_submitting", "job_running", "job_submit_fail"])
    def test_unknown_and_another_status_means_accepted(self, play, status):
        run = self.sent(play, "unknown")
        run.read(status, 1)
        assert run.memory.done == [Write.RUN]

    def test_unknown_and_a_later_start_time_means_accepted_but_not_that_the_status_is_current(self, play):
        run = self.sent(play, "unknown")
        assert run.read("job_finish", 1, **LATER) == "wait"
        assert run.memory.done == []
        assert run.read("job_finish", 121, **LATER) == "started"

    def test_unknown_and_unchanged_is_sent_once_more_and_never_a_third_time(self, play):
        run = self.sent(play, "unknown")
        assert run.read("job_finish", 121, **EARLIER) == "run"
        run.send("unknown", 121)
        assert run.read("job_finish", 200, **EARLIER) == "wait"
        assert run.read("job_finish", 242, **EARLIER) == "fail unknown"
        assert "was sent 2 times" in run.step.message

    def test_after_a_resend_the_reading_decides_and_not_a_refusal(self, play):
        run = self.sent(play, "unknown")
        assert run.read("job_finish", 121) == "run"
        run.send("refused", 121)
        assert run.read("job_finish", 122) == "wait"
        assert run.read("job_submitting", 123) == "wait"
        assert run.memory.done == [Write.RUN]

    def test_a_resend_that_is_refused_without_any_effect_is_a_refusal(self, play):
        run = self.sent(play, "unknown")
        run.read("job_finish", 121, **EARLIER)
        run.send("refused", 121)
        assert run.read("job_finish", 242, **EARLIER) == "fail refused"
        assert run.step.refusal.error == {"code": "DLI.1"}

    def test_a_retry_that_is_refused_waits_for_the_run_of_the_try_before_it(self, play):
        run = play(BOUNDED)
        run.memory = Memory.of_retry(Write.RUN, at())
        assert run.read("job_finish", **EARLIER) == "run"
        run.send("refused")
        assert run.read("job_finish", 1, **EARLIER) == "wait"
        assert run.read("job_submitting", 2, **EARLIER) == "wait"
        assert run.read("job_finish", 3, **LATER) == "started"

    def test_refused_and_nothing_changed_is_a_refusal(self, play):
        run = self.sent(play, "refused")
        assert run.read("job_finish", 1, **EARLIER) == "fail refused"

    def test_refused_since_somebody_else_was_faster(self, play):
        run = self.sent(play, "refused")
        assert run.read("job_submitting", 1) == "fail final"
        assert run.memory.done == []
        adopting = self.sent(play, "refused", plan=RunPlan())
        assert adopting.read("job_running", 1) == "adopted"

    def test_refused_since_somebody_else_was_faster_and_only_start_time_tells(self, play):
        run = self.sent(play, "refused", plan=RunPlan())
        assert run.read("job_finish", 1, **LATER) == "wait"
        assert run.read("job_running", 2, **LATER) == "adopted"

    def test_not_sent_is_as_if_it_had_not_been_tried(self, play):
        run = self.sent(play, "not_sent")
        assert run.read("job_finish", 1) == "run"
        run.send("unknown", 1)
        assert run.read("job_finish", 122) == "run"

    def test_an_unknown_status_is_no_time_to_send_it_again(self, play):
        run = self.sent(play, "unknown")
        assert run.read(None, 121) == "wait"
        assert run.read("job_finish", 130) == "run"

    @pytest.mark.parametrize("outcome", ["accepted", "unknown", "refused"])
    def test_the_job_is_gone(self, play, outcome):
        assert self.sent(play, outcome).read("absent", 1) == "fail not_found"

    def test_without_waiting_the_job_is_gone(self, play):
        run = self.sent(play, "accepted", plan=RunPlan(waits_for_completion=False))
        assert run.read("absent", 1) == "fail not_found"

    def test_without_waiting_an_unknown_outcome_is_found_out_all_the_same(self, play):
        run = self.sent(play, "unknown", plan=RunPlan(waits_for_completion=False))
        assert run.read("job_finish", 1) == "wait"
        assert run.read("job_submitting", 2) == "started"


class TestStop:
    def sent(self, play, outcome, mark="job_running", plan=None):
        stop = play(plan or StopPlan())
        assert stop.read(mark) == "stop"
        stop.send(outcome)
        return stop

    @pytest.mark.parametrize("outcome", ["accepted", "unknown"])
    def test_a_job_that_runs_means_not_yet(self, play, outcome):
        stop = self.sent(play, outcome)
        assert stop.read("job_running", 119) == "wait"
        assert stop.read("job_canceling", 119) == "wait"
        assert stop.memory.done == [Write.STOP]
        assert stop.read("job_cancel_success", 120) == "stopped"

    def test_a_job_that_goes_on_starting_means_not_yet(self, play):
        stop = self.sent(play, "unknown", "job_submitting", StopPlan(savepoint=False))
        assert stop.read("job_running", 10, **LATER) == "wait"
        assert stop.read("job_running", 121, **LATER) == "stop"

    def test_a_job_that_somebody_has_started_since_is_not_stopped_again(self, play):
        stop = play(StopPlan())
        assert stop.read("job_running", **EARLIER) == "stop"
        stop.send("unknown")
        assert stop.read("job_running", 10, **LATER) == "wait"
        assert stop.read("job_running", 121, **LATER) == "fail run"

    def test_unknown_and_still_running_is_sent_again(self, play):
        stop = self.sent(play, "unknown")
        for at in (121, 242):
            assert stop.read("job_running", at) == "stop"
            stop.send("unknown", at)
        assert stop.read("job_running", 363) == "fail unknown"

    def test_accepted_and_still_running_is_a_failure(self, play):
        assert self.sent(play, "accepted").read("job_running", 121) == "fail run"

    def test_the_job_ends_by_itself(self, play):
        for outcome in ("accepted", "unknown", "refused"):
            assert self.sent(play, outcome).read("job_finish", 1) in {"stopped", "unchanged"}

    def test_unknown_and_the_job_has_fallen_and_runs_again_is_sent_again(self, play):
        stop = self.sent(play, "unknown")
        restarts = {"job_config": {"restart_when_exception": True}}
        assert stop.read("job_running_exception", 10, **restarts) == "wait"
        assert stop.read("job_running", 20, **restarts) == "stop"

    def test_refused(self, play):
        assert self.sent(play, "refused").read("job_running", 1) == "fail refused"
        assert self.sent(play, "refused").read("job_canceling", 1) == "wait"

    def test_refused_after_a_lost_one_since_it_was_taken(self, play):
        stop = self.sent(play, "unknown")
        assert stop.read("job_running", 121) == "stop"
        stop.send("refused", 121)
        assert stop.read("job_cancel_success", 122) == "stopped"

    def test_an_attempt_in_vain_does_not_count_for_a_later_stop(self, play):
        stop = self.sent(play, "unknown")
        assert stop.read("job_running", 121) == "stop"
        stop.send("accepted", 121)
        assert stop.read("job_cancel_fail", 122) == "stop"
        stop.send("refused", 122)
        assert stop.read("job_cancel_fail", 123) == "fail refused"

    def test_without_waiting(self, play):
        stop = self.sent(play, "accepted", plan=StopPlan(waits_for_completion=False))
        assert stop.read("job_running", 1) == "stopped"
        stop = self.sent(play, "unknown", plan=StopPlan(waits_for_completion=False))
        assert stop.read("job_running", 1) == "wait"
        assert stop.read("job_canceling", 2) == "stopped"


class TestSavepoint:
    def sent(self, play, outcome, **plan):
        saving = play(SavepointPlan("obs://b/d/", **plan))
        assert saving.read("job_running", savepoint_path="old") == "savepoint"
        saving.send(outcome)
        return saving

    @pytest.mark.parametrize("outcome", ["accepted", "unknown"])
    def test_running_after_savepointing_is_the_end(self, play, outcome):
        saving = self.sent(play, outcome)
        assert saving.read("job_running", 1, savepoint_path="old") == "wait"
        assert saving.read("job_savepointing", 2, savepoint_path="old") == "wait"
        assert saving.read("job_running", 3, savepoint_path="old") == "saved"

    def test_accepted_and_never_seen_is_done_after_the_window(self, play):
        saving = self.sent(play, "accepted")
        assert saving.read("job_running", 29, savepoint_path="old") == "wait"
        assert saving.read("job_running", 31, savepoint_path="old") == "saved"

    def test_unknown_and_another_path_means_accepted(self, play):
        saving = self.sent(play, "unknown")
        assert saving.read("job_running", 29, savepoint_path="new") == "wait"
        assert saving.read("job_running", 31, savepoint_path="new") == "saved"

    def test_unknown_is_sent_once_more(self, play):
        saving = self.sent(play, "unknown")
        assert saving.read("job_running", 31, savepoint_path="old") == "savepoint"
        saving.send("unknown", 31)
        assert saving.read("job_running", 62, savepoint_path="old") == "fail unknown"

    @pytest.mark.parametrize("status", [None, "job_idle", "job_of_tomorrow"])
    def test_unknown_and_a_status_that_says_nothing_is_sent_once_more(self, play, status):
        saving = self.sent(play, "unknown")
        assert saving.read(status, 1, savepoint_path="old") == "wait"
        assert saving.read("job_running", 31, savepoint_path="old") == "savepoint"

    def test_refused(self, play):
        assert self.sent(play, "refused").read("job_running", 1, savepoint_path="old") == "fail refused"

    def test_refused_since_somebody_else_saves_is_not_done_but_tried_again(self, play):
        saving = self.sent(play, "refused")
        assert saving.read("job_savepointing", 1) == "wait"
        assert saving.read("job_running", 2) == "savepoint"

    def test_the_job_ends_meanwhile(self, play):
        assert self.sent(play, "accepted").read("job_canceling", 1) == "fail run"

    def test_without_waiting(self, play):
        assert self.sent(play, "accepted", waits_for_completion=False).read("job_running", 1) == "saved"


class TestDelete:
    def sent(self, play, outcome):
        deletion = play(DeletePlan())
        assert deletion.read("job_finish") == "delete"
        deletion.send(outcome)
        return deletion

    def test_accepted_is_the_end_whatever_is_read(self, play):
        assert self.sent(play, "accepted").read("job_finish") == "deleted"

    @pytest.mark.parametrize("outcome", ["accepted", "unknown", "refused"])
    def test_not_found_is_the_end(self, play, outcome):
        assert self.sent(play, outcome).read("absent") == "deleted"

    def test_unknown_is_sent_again(self, play):
        deletion = self.sent(play, "unknown")
        for _ in range(2):
            assert deletion.read("job_finish") == "delete"
            deletion.send("unknown")
        assert deletion.read("job_finish") == "fail unknown"

    def test_unknown_and_somebody_has_started_the_job(self, play):
        assert self.sent(play, "unknown").read("job_running") == "fail final"

    def test_refused(self, play):
        assert self.sent(play, "refused").read("job_finish") == "fail refused"
        assert self.sent(play, "refused").read("job_running") == "fail final"


class TestImport:
    def sent(self, play, outcome):
        run = play(RunPlan(restore_from="obs://b/d/"))
        assert run.read("job_init") == "import"
        run.send(outcome)
        return run

    def test_unknown_is_sent_again(self, play):
        run = self.sent(play, "unknown")
        assert run.read("job_init") == "import"
        run.send("accepted")
        assert run.read("job_init") == "run"

    def test_refused(self, play):
        assert self.sent(play, "refused").read("job_init") == "fail refused"
        assert self.sent(play, "refused").read("job_running") == "adopted"

    def test_refused_again_and_again_after_a_lost_one(self, play):
        run = self.sent(play, "unknown")
        for _ in range(2):
            assert run.read("job_init") == "import"
            run.send("refused")
        assert run.read("job_init") == "fail refused"


@dataclass(frozen=True)
class MakePlan:
    """A plan that creates a job; Deploy will be one."""

    last: ClassVar[Write] = Write.CREATE
    waits_for_completion: ClassVar[bool] = True

    def decide(self, memory: Memory, reading: Reading) -> Step:
        if reading.job is not None:
            return self.finish(memory, reading)
        return ABSENT if memory.has_done(Write.CREATE) else Call(Write.CREATE, {}, "creating")

    def finish(self, memory: Memory, reading: Reading) -> Done:
        return Done("created" if memory.has_done(Write.CREATE) else "adopted", "")


class TestCreate:
    """A lost creation is looked up by its name: after 2 seconds, 5 more, 10 more."""

    def sent(self, play, outcome):
        creation = play(MakePlan())
        assert creation.read("absent") == "create"
        creation.send(outcome)
        return creation

    @pytest.mark.parametrize(("at", "pause"), [(0, 2), (1, 1), (2, 5), (7, 10), (16, 1)])
    def test_unknown_is_looked_up(self, play, at, pause):
        creation = self.sent(play, "unknown")
        assert creation.read("absent", at) == "wait"
        assert creation.step.pause.total_seconds() == pause

    def test_unknown_and_found(self, play):
        creation = self.sent(play, "unknown")
        assert creation.read("absent", 2) == "wait"
        assert creation.read("job_init", 7) == "created"

    def test_unknown_and_never_found_is_sent_once_more(self, play):
        creation = self.sent(play, "unknown")
        assert creation.read("absent", 17) == "create"
        creation.send("unknown", 17)
        assert creation.read("absent", 34) == "fail unknown"

    def test_refused_after_a_lost_one_since_it_was_taken(self, play):
        creation = self.sent(play, "unknown")
        assert creation.read("absent", 17) == "create"
        creation.send("refused", 17)
        assert creation.read("absent", 17) == "wait"
        assert creation.read("job_init", 19) == "created"

    def test_refused_and_never_found(self, play):
        creation = self.sent(play, "unknown")
        creation.read("absent", 17)
        creation.send("refused", 17)
        assert creation.read("absent", 34) == "fail refused"
        assert creation.step.message == "A job of this name may exist that isn't yours"

    def test_refused(self, play):
        assert self.sent(play, "refused").read("absent") == "fail refused"
        assert self.sent(play, "refused").read("job_init") == "adopted"


def test_a_wait_survives_json():
    wait = Wait("x", frozenset({S.JOB_IDLE, None}), frozenset({S("job_new")}), Reading(None, at()).at)
    assert Wait.from_dict(wait.to_dict()) == wait


def test_windows_are_those_of_the_reference():
    windows = Windows()
    assert windows.stale.total_seconds() == 120
    assert windows.savepoint.total_seconds() == 30
    assert [pause.total_seconds() for pause in windows.look_up] == [2, 5, 10]


def test_an_outcome_is_named_as_the_api_names_it():
    from dli_provider.api.errors import Outcome as ApiOutcome

    assert {outcome.value for outcome in ApiOutcome} < {outcome.value for outcome in Outcome}


def at():
    from datetime import UTC, datetime

    return datetime(2026, 1, 2, tzinfo=UTC)
