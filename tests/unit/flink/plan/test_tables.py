"""Which step each status calls for: the table of the reference, row by row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from dli_provider.flink.plan.plans import DeletePlan, RunPlan, SavepointPlan, StopPlan
from dli_provider.flink.status import FlinkJobStatus as S

BOUNDED = RunPlan(targets=(S.JOB_FINISH,))
RESTARTS = {"job_config": {"restart_when_exception": True}}
SCALES = {"job_config": {"runtime_config": '[{"key": "flink.dli.job.scale.enable", "value": "true"}]'}}

TABLE = {
    #                            run        stop        savepoint    delete
    "absent":                   ("fail not_found", "fail not_found", "fail not_found", "unchanged"),
    "job_init":                 ("run",     "unchanged", "fail run", "delete"),
    "job_submit_fail":          ("run",     "unchanged", "fail run", "delete"),
    "job_running_exception":    ("run",     "unchanged", "fail run", "delete"),
    "job_cancel_success":       ("run",     "unchanged", "fail run", "delete"),
    "job_finish":               ("run",     "unchanged", "fail run", "delete"),
    "job_submitting":           ("wait",    "wait",      "wait",     "fail final"),
    "job_running":              ("adopted", "stop",      "savepoint", "fail final"),
    "job_savepointing":         ("wait",    "wait",      "wait",     "fail final"),
    "job_canceling":            ("wait",    "wait",      "fail run", "wait"),
    "job_cancel_fail":          ("fail run", "stop",     "fail run", "fail final"),
    "job_downloading":          ("wait",    "wait",      "wait",     "fail final"),
    "job_arrearage_recovering": ("wait",    "wait",      "wait",     "fail final"),
    "job_arrearage_stopped":    ("fail final", "unchanged", "fail run", "delete"),
    "job_idle":                 ("wait",    "wait",      "wait",     "fail final"),
    "job_of_tomorrow":          ("wait",    "wait",      "wait",     "fail final"),
    None:                       ("wait",    "wait",      "wait",     "fail final"),
}  # fmt: skip
ROWS = TABLE.items()


def test_the_table_names_every_status():
    assert set(TABLE) == {*S, "absent", "job_of_tomorrow", None}


@pytest.mark.parametrize(("status", "row"), ROWS)
def test_run(play, status, row):
    assert play(RunPlan()).read(status) == row[0]


@pytest.mark.parametrize(("status", "row"), ROWS)
def test_stop(play, status, row):
    assert play(StopPlan()).read(status) == row[1]


@pytest.mark.parametrize(("status", "row"), ROWS)
def test_savepoint(play, status, row):
    assert play(SavepointPlan("obs://b/d/")).read(status) == row[2]


@pytest.mark.parametrize(("status", "row"), ROWS)
def test_delete(play, status, row):
    assert play(DeletePlan()).read(status) == row[3]


@pytest.mark.parametrize("status", TABLE)
def test_delete_by_force_minds_no_status(play, status):
    assert play(DeletePlan(force=True)).read(status) == ("unchanged" if status == "absent" else "delete")


@pytest.mark.parametrize("status", ["job_submitting", "job_running", "job_savepointing"])
class TestARunIsUnderWay:
    def test_it_is_adopted_and_awaited(self, play, status):
        run = play(RunPlan())
        assert run.read(status) in {"wait", "adopted"}
        assert run.read("job_running") == "adopted"

    def test_if_running_fail(self, play, status):
        assert play(RunPlan(adopts=False)).read(status) == "fail final"

    def test_a_bounded_run_never_adopts_it(self, play, status):
        assert play(BOUNDED).read(status) == "fail final"

    def test_a_savepoint_that_is_not_restored_is_told(self, play, status):
        run = play(RunPlan(restore_from="obs://b/d/", waits_for_completion=False))
        assert run.read(status) == "adopted"
        assert "obs://b/d/ was not restored" in run.step.warning


class TestStop:
    def test_without_a_savepoint_stops_a_job_that_is_being_submitted(self, play):
        assert play(StopPlan(savepoint=False)).read("job_submitting") == "stop"

    def test_tells_the_savepoint(self, play):
        stop = play(StopPlan())
        assert stop.read("job_running") == "stop"
        assert stop.step.text == "stopping with a savepoint"
        stop.send("accepted")
        assert stop.read("job_savepointing") == "wait"
        assert stop.read("job_canceling") == "wait"
        kept = {"start_time": 1, "has_savepoint": True, "savepoint_path": "obs://b/sp"}
        assert stop.read("job_cancel_success", **kept) == "stopped"
        assert stop.step.text == "stopped; it is job_cancel_success, its savepoint is obs://b/sp"
        assert stop.step.warning is None

    @pytest.mark.parametrize(("fields", "warns"), [
        ({"start_time": 1, "has_savepoint": False}, True),
        ({"start_time": 1}, True),
        ({"start_time": 1, "has_savepoint": True}, False),
        ({}, False),  # never started: there is no state
    ])  # fmt: skip
    def test_warns_of_a_job_at_rest_that_has_no_savepoint(self, play, fields, warns):
        stop = play(StopPlan())
        assert stop.read("job_cancel_success", **fields) == "unchanged"
        assert bool(stop.step.warning) == warns

    @pytest.mark.parametrize(("savepoint", "job", "warns"), [
        (True, {"job_config": {"obs_bucket": None}}, True),
        (True, {"job_config": {"obs_bucket": "b"}}, False),
        (True, {}, False),  # DLI doesn't show whether there is one
        (False, {"job_config": {"obs_bucket": None}}, False),
    ])  # fmt: skip
    def test_warns_before_a_stop_that_can_not_save_the_state(self, play, savepoint, job, warns):
        stop = play(StopPlan(savepoint))
        assert stop.read("job_running", **job) == "stop"
        assert stop.step.warning.startswith("It has no obs_bucket") == warns
        assert bool(stop.step.warning) == warns

    def test_back_to_running_after_it_is_a_failure(self, play):
        stop = play(StopPlan())
        stop.read("job_running")
        stop.send("accepted")
        assert stop.read("job_savepointing") == "wait"
        assert stop.read("job_running", 10) == "fail run"

    def test_is_sent_once_more_after_it_failed(self, play):
        stop = play(StopPlan())
        stop.read("job_running")
        stop.send("accepted")
        assert stop.read("job_cancel_fail", 1) == "stop"
        stop.send("accepted", 1)
        assert stop.read("job_cancel_fail", 2) == "wait"
        assert stop.read("job_canceling", 3) == "wait"
        assert stop.read("job_cancel_fail", 4) == "fail run"


class TestThePlatformRunsTheJobAgain:
    @pytest.mark.parametrize("plan", [RunPlan(), StopPlan(), SavepointPlan("obs://b/d/")])
    def test_an_exception_is_waited_out_while_a_restart_may_come(self, play, plan):
        played = play(plan)
        assert played.read("job_running_exception", 0, **RESTARTS) == "wait"
        assert played.read("job_running_exception", 899, **RESTARTS) == "wait"
        assert played.read("job_running_exception", 901, **RESTARTS) != "wait"

    def test_such_a_job_is_not_deleted(self, play):
        assert play(DeletePlan()).read("job_running_exception", **RESTARTS) == "fail final"

    def test_a_stop_that_dynamic_scaling_makes_is_waited_out(self, play):
        run = play(RunPlan())
        assert run.read("job_canceling", 0, **SCALES) == "wait"
        assert run.read("job_cancel_success", 1, **SCALES) == "wait"
        assert run.read("job_submitting", 2, **SCALES) == "wait"
        assert run.read("job_running", 3, **SCALES) == "adopted"

    def test_a_job_that_can_scale_and_was_at_rest_already_is_run_at_once(self, play):
        assert play(RunPlan()).read("job_cancel_success", **SCALES) == "run"

    def test_a_stop_of_ones_own_is_not_taken_for_scaling(self, play):
        stop = play(StopPlan())
        stop.read("job_running", **SCALES)
        stop.send("accepted")
        assert stop.read("job_canceling", 1, **SCALES) == "wait"
        assert stop.read("job_cancel_success", 2, **SCALES) == "stopped"


class TestRestoreFrom:
    def test_is_imported_and_then_started_from(self, play):
        run = play(RunPlan(restore_from="obs://b/d/"))
        assert run.read("job_cancel_success") == "import"
        assert run.step.arguments == {"savepoint_path": "obs://b/d/"}
        run.send("accepted")
        assert run.read("job_cancel_success", 1) == "run"
        assert run.step.arguments == {"resume_savepoint": True}

    def test_a_start_without_it_says_what_the_user_asked_for(self, play):
        for resume in (True, False):
            run = play(RunPlan(resume_savepoint=resume))
            assert run.read("job_init") == "run"
            assert run.step.arguments == {"resume_savepoint": resume}


class TestState:
    SAVED: ClassVar = {"start_time": 1, "has_savepoint": True, "savepoint_path": "obs://b/sp"}

    @pytest.mark.parametrize(("resume", "status", "shown", "text", "warning"), [
        (True, "job_cancel_success", SAVED, "starting from its latest savepoint", ""),
        (True, "job_cancel_success", {"start_time": 1}, "starting", "DLI shows no savepoint of it"),
        (True, "job_finish", {"start_time": 1}, "starting", ""),
        (True, "job_init", {}, "starting", ""),
        (False, "job_cancel_success", SAVED, "starting", "It has a savepoint obs://b/sp, and is"),
        (False, "job_cancel_success", {"start_time": 1}, "starting", ""),
    ])  # fmt: skip
    def test_a_start_says_what_becomes_of_it(self, play, resume, status, shown, text, warning):
        run = play(RunPlan(resume_savepoint=resume))
        assert run.read(status, **shown) == "run"
        assert (run.step.text, run.step.arguments) == (text, {"resume_savepoint": resume})
        assert run.step.warning.startswith(warning)
        assert bool(run.step.warning) == bool(warning)


class TestARunIsAwaited:
    def started(self, play, plan=BOUNDED):
        run = play(plan)
        assert run.read("job_cancel_success") == "run"
        run.send("accepted")
        return run

    def test_to_its_end(self, play):
        run = self.started(play)
        for status in (
            "job_submitting",
            "job_downloading",
            "job_running",
            "job_savepointing",
            "job_idle",
            None,
        ):
            assert run.read(status, 1) == "wait"
        assert run.read("job_finish", 2) == "started"

    @pytest.mark.parametrize("status", ["job_submit_fail", "job_running_exception", "job_cancel_fail",
                                        "job_arrearage_stopped"])  # fmt: skip
    def test_until_it_ends_elsewhere(self, play, status):
        run = self.started(play)
        run.read("job_submitting", 1)
        assert run.read(status, 2) == "fail run"
        assert run.step.message == "From there it can't become job_finish by itself"

    def test_through_a_restart(self, play):
        run = self.started(play)
        assert run.read("job_running_exception", 1, **RESTARTS) == "wait"
        assert run.read("job_running_exception", 1000, **RESTARTS) == "fail run"

    def test_not_at_all(self, play):
        run = self.started(play, RunPlan(waits_for_completion=False))
        assert run.read("job_cancel_success", 1) == "started"


class TestARetryWithoutMemory:
    """On Airflow before 3.3, ``start_time`` alone tells that an earlier try has started the job."""

    SINCE = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
    PLAN = RunPlan(targets=(S.JOB_FINISH,), own_since=SINCE)
    OWN: ClassVar = {"start_time": (SINCE + timedelta(seconds=5)).isoformat()}
    OTHER: ClassVar = {"start_time": (SINCE - timedelta(seconds=5)).isoformat()}

    def test_takes_its_own_run_up(self, play):
        run = play(self.PLAN)
        assert run.read("job_running", 0, **self.OWN) == "wait"
        assert run.read("job_finish", 1, **self.OWN) == "adopted"

    def test_finds_that_its_own_run_has_ended(self, play):
        assert play(self.PLAN).read("job_finish", 0, **self.OWN) == "adopted"

    def test_waits_while_the_end_may_be_the_last_run_s(self, play):
        began = {"start_time": datetime(2026, 1, 2, 3, 4, 0, tzinfo=UTC).isoformat()}
        run = play(self.PLAN)
        assert run.read("job_finish", 0, **began) == "wait"
        assert run.read("job_running", 1, **began) == "wait"
        assert run.read("job_finish", 2, **began) == "adopted"

    def test_waits_for_the_start_time_of_a_run_that_is_being_submitted(self, play):
        run = play(self.PLAN)
        assert run.read("job_submitting", 0, **self.OTHER) == "wait"
        assert run.read("job_running", 1, **self.OTHER) == "fail final"

    def test_runs_again_after_its_own_run_failed(self, play):
        assert play(self.PLAN).read("job_submit_fail", 0, **self.OWN) == "run"

    def test_adopts_no_run_that_is_older(self, play):
        assert play(self.PLAN).read("job_running", 0, **self.OTHER) == "fail final"
        assert play(self.PLAN).read("job_finish", 0, **self.OTHER) == "run"
