"""Which step a deployment takes in each status: the table of the reference, and what follows from there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dli_provider.flink.plan.deploy import DeployPlan, UpgradeMode
from dli_provider.flink.plan.desired import parse_desired
from dli_provider.flink.plan.interrupted import describe_interruption
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.values import Write
from dli_provider.flink.status import FlinkJobStatus as S

SQL = "INSERT INTO sink SELECT * FROM source"
SQL_JOB = parse_desired("etl", sql=SQL, definition={"cu_number": 4, "smn_topic": "urn:alerts"})
JAR_JOB = parse_desired(
    "etl", entrypoint="obs://b/etl.jar", definition={"cu_number": 4, "smn_topic": "urn:alerts"}
)
BODY = {
    "sql": {"job_type": "flink_opensource_sql_job", "sql_body": SQL},
    "jar": {"job_type": "flink_jar_job"},
}
CONFIG = {"cu_number": 4, "smn_topic": "urn:alerts", "entrypoint": "obs://b/etl.jar", "obs_bucket": "b"}
NEVER: dict[str, Any] = {}
ONCE = {"start_time": 1_700_000_000_000}
SAVED = {**ONCE, "has_savepoint": True}
DIFFERS: dict[str, dict[str, Any]] = {"N": {}, "H": {"smn_topic": "urn:others"}, "D": {"cu_number": 2}}

TABLE = {
    # status, what is known of its runs           N             H             D
    ("job_init", "never"):                      ("run",         "update",     "update"),
    ("job_init", "saved"):                      ("run resume",  "update",     "update"),
    ("job_init", "once"):                       ("fail final",  "fail final", "fail final"),
    ("job_submitting", "once"):                 ("wait",        "wait",       "wait"),
    ("job_downloading", "once"):                ("wait",        "wait",       "wait"),
    ("job_savepointing", "once"):               ("wait",        "wait",       "wait"),
    ("job_arrearage_recovering", "once"):       ("wait",        "wait",       "wait"),
    ("job_canceling", "once"):                  ("wait",        "wait",       "wait"),
    ("job_running", "once"):                    ("unchanged",   "update",     "stop save"),
    ("job_cancel_success", "never"):            ("run",         "update",     "update"),
    ("job_cancel_success", "saved"):            ("run resume",  "update",     "update"),
    ("job_cancel_success", "once"):             ("fail final",  "fail final", "fail final"),
    ("job_submit_fail", "never"):               ("run",         "update",     "update"),
    ("job_submit_fail", "saved"):               ("run resume",  "update",     "update"),
    ("job_submit_fail", "once"):                ("fail final",  "fail final", "fail final"),
    ("job_running_exception", "saved"):         ("run resume",  "update",     "update"),
    ("job_running_exception", "once"):          ("fail final",  "fail final", "fail final"),
    ("job_cancel_fail", "once"):                ("stop save",   "stop save",  "stop save"),
    ("job_finish", "once"):                     ("unchanged",   "update",     "update"),
    ("job_arrearage_stopped", "once"):          ("fail final",  "fail final", "fail final"),
    ("job_idle", "once"):                       ("wait",        "wait",       "wait"),
    ("job_of_tomorrow", "once"):                ("wait",        "wait",       "wait"),
    (None, "once"):                             ("wait",        "wait",       "wait"),
}  # fmt: skip
RUNS = {"never": NEVER, "once": ONCE, "saved": SAVED}
ROWS = [
    (status, runs, difference, step)
    for (status, runs), steps in TABLE.items()
    for difference, step in zip(DIFFERS, steps, strict=True)
]


def fields(kind: str = "sql", difference: str = "N", **more: Any) -> dict[str, Any]:
    """Return the fields of a job that equals its definition, or differs from it."""
    config = {**CONFIG, **DIFFERS[difference], **more.pop("config", {})}
    return {**BODY[kind], "job_config": config, **more}


def read(deploy: Any, status: str | None, at: float = 0, **content: Any) -> str:
    """Read the job, and return the step in words."""
    step: str = deploy.read(status, at, **content)
    if step in {"run", "stop"} and True in deploy.step.arguments.values():
        return f"{step} {'resume' if step == 'run' else 'save'}"
    return step


def test_the_table_names_every_status():
    assert {status for status, _ in TABLE} == {*S, "job_of_tomorrow", None}


@pytest.mark.parametrize("kind", ["sql", "jar"])
@pytest.mark.parametrize(("status", "runs", "difference", "step"), ROWS)
def test_each_status(play, kind, status, runs, difference, step):
    deploy = play(DeployPlan(SQL_JOB if kind == "sql" else JAR_JOB))
    assert read(deploy, status, **fields(kind, difference, **RUNS[runs])) == step


STATELESS = [
    # status                 runs      N            D
    ("job_cancel_success",   "once",   "run",       "update"),
    ("job_cancel_success",   "saved",  "run",       "update"),
    ("job_submit_fail",      "once",   "run",       "update"),
    ("job_running",          "once",   "unchanged", "stop"),
    ("job_cancel_fail",      "once",   "stop",      "stop"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "runs", "equal", "different"), STATELESS)
def test_stateless_loses_the_state_because_it_was_told_so(play, status, runs, equal, different):
    plan = DeployPlan(SQL_JOB, UpgradeMode.STATELESS)
    assert read(play(plan), status, **fields(**RUNS[runs])) == equal
    assert read(play(plan), status, **fields("sql", "D", **RUNS[runs])) == different


def test_refuse_shows_the_differences_and_changes_nothing_that_runs(play):
    plan = DeployPlan(SQL_JOB, UpgradeMode.REFUSE)
    deploy = play(plan)
    changed = fields("sql", "D", sql_body="SELECT 1", **ONCE)
    assert deploy.read("job_running", **changed) == "fail drift"
    message = deploy.step.message
    assert "To change cu_number, sql_body it must be stopped, and upgrade_mode is 'refuse'" in message
    assert "cu_number  4         2" in message
    assert "-SELECT 1" in message
    assert f"+{SQL}" in message
    assert play(plan).read("job_running", **fields("sql", "H", **ONCE)) == "update"
    assert play(plan).read("job_cancel_success", **fields("sql", "D", **SAVED)) == "update"
    assert read(play(plan), "job_cancel_success", **fields(**SAVED)) == "run resume"


class TestWithoutRunning:
    PLAN = DeployPlan(SQL_JOB, runs=False)

    @pytest.mark.parametrize(
        ("status", "difference", "step"),
        [
            ("job_running", "N", "unchanged"),
            ("job_running", "H", "update"),
            ("job_running", "D", "fail drift"),
            ("job_cancel_success", "N", "unchanged"),
            ("job_cancel_success", "D", "update"),
            ("job_finish", "D", "update"),
            ("job_cancel_fail", "N", "unchanged"),
            ("job_cancel_fail", "D", "fail drift"),
            ("job_canceling", "D", "wait"),
        ],
    )
    def test_it_is_neither_started_nor_stopped(self, play, status, difference, step):
        assert play(self.PLAN).read(status, **fields("sql", difference, **ONCE)) == step

    def test_a_job_is_created_and_left(self, play):
        deploy = play(self.PLAN)
        assert deploy.read("absent") == "create"
        deploy.send("accepted")
        assert deploy.read("job_init", **fields()) == "created"

    def test_a_job_is_changed_and_left(self, play):
        deploy = play(self.PLAN)
        deploy.read("job_cancel_success", **fields("sql", "D", **ONCE))
        deploy.send("accepted")
        assert deploy.read("job_cancel_success", **fields(**ONCE)) == "reconfigured"
        assert deploy.memory.changes == ("cu_number",)


class TestCreation:
    def test_creates_and_starts(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        assert deploy.read("absent") == "create"
        assert deploy.step.arguments["fields"]["sql_body"] == SQL
        assert SQL not in repr(deploy.step)
        deploy.send("accepted")
        assert read(deploy, "job_init", **fields()) == "run"
        deploy.send("accepted")
        assert deploy.read("job_init", **fields()) == "wait"
        assert deploy.read("job_submitting", **fields(**ONCE)) == "wait"
        assert deploy.read("job_running", **fields(**ONCE)) == "created"

    def test_begins_with_the_savepoint_that_it_is_to_be_restored_from(self, play):
        deploy = play(DeployPlan(SQL_JOB, restore_from="obs://b/sp/"))
        deploy.read("absent")
        deploy.send("accepted")
        assert deploy.read("job_init", **fields()) == "import"
        assert deploy.step.arguments == {"savepoint_path": "obs://b/sp/"}
        deploy.send("accepted")
        assert read(deploy, "job_init", **fields(has_savepoint=False)) == "run resume"

    def test_restore_from_never_rolls_the_state_of_a_later_run_back(self, play):
        plan = DeployPlan(SQL_JOB, restore_from="obs://b/sp/")
        assert read(play(plan), "job_cancel_success", **fields(**SAVED)) == "run resume"
        assert play(plan).read("job_cancel_success", **fields(**ONCE)) == "fail final"

    def test_fields_that_only_an_update_can_set_follow_the_creation(self, play):
        desired = parse_desired("etl", sql=SQL, definition={"operator_config": {"a": 1}})
        deploy = play(DeployPlan(desired))
        deploy.read("absent")
        assert deploy.step.arguments["fields"] == {"sql_body": SQL}
        deploy.send("accepted")
        assert deploy.read("job_init", **fields()) == "update"
        assert deploy.step.arguments["fields"] == {"operator_config": '{"a": 1}'}
        deploy.send("accepted")
        assert deploy.read("job_init", **fields()) == "run"

    def test_one_whose_answer_was_lost_is_looked_for_and_found(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("absent")
        deploy.send("unknown")
        assert deploy.read("absent", 1) == "wait"
        assert read(deploy, "job_init", 3, **fields()) == "run"

    def test_one_whose_answer_was_lost_is_sent_once_more_where_nothing_is_found(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("absent")
        deploy.send("unknown")
        assert deploy.read("absent", 20) == "create"
        deploy.send("refused", 20)
        assert deploy.read("absent", 40) == "fail refused"

    def test_one_that_somebody_else_was_faster_with_is_compared(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("absent")
        deploy.send("refused")
        assert deploy.read("job_init", 1, **fields("sql", "D")) == "update"

    def test_a_failed_submission_of_a_new_job_does_not_lock_the_retry_out(self, play):
        plan = DeployPlan(SQL_JOB, created_since=datetime(2026, 1, 1, tzinfo=UTC))
        new = fields(**ONCE, create_time="2026-01-01T12:00:00Z")
        old = fields(**ONCE, create_time="2025-12-31T12:00:00Z")
        assert read(play(plan), "job_submit_fail", **new) == "run"
        assert read(play(plan), "job_submit_fail", **old) == "fail final"
        assert read(play(plan), "job_running_exception", **new) == "fail final"


class TestUpgrade:
    def stopped(self, play, **plan):
        deploy = play(DeployPlan(SQL_JOB, **plan))
        assert deploy.read("job_running", **fields("sql", "D", **ONCE)).startswith("stop")
        deploy.send("accepted")
        return deploy

    @pytest.mark.parametrize("shown", [{}, {"has_savepoint": True}], ids=["hidden", "shown"])
    def test_saves_updates_and_resumes(self, play, shown):
        deploy = self.stopped(play)
        assert deploy.read("job_savepointing", 1, **fields("sql", "D", **ONCE)) == "wait"
        assert deploy.read("job_canceling", 2, **fields("sql", "D", **ONCE)) == "wait"
        assert deploy.read("job_cancel_success", 3, **fields("sql", "D", **ONCE, **shown)) == "update"
        assert deploy.step.arguments["fields"] == {"cu_number": 4}
        deploy.send("accepted", 3)
        assert read(deploy, "job_cancel_success", 4, **fields(**ONCE, **shown)) == "run resume"
        deploy.send("accepted", 4)
        assert deploy.read("job_cancel_success", 5, **fields(**ONCE, **shown)) == "wait"
        assert deploy.read("job_running", 6, **fields(**ONCE)) == "upgraded"
        assert deploy.memory.changes == ("cu_number",)

    def test_one_without_a_bucket_is_refused_before_anything_is_written(self, play):
        job = fields("sql", "D", config={"obs_bucket": None}, **ONCE)
        assert play(DeployPlan(SQL_JOB)).read("job_running", **job) == "fail final"
        adds_it = parse_desired("etl", sql=SQL, definition={"cu_number": 4, "obs_bucket": "b"})
        assert play(DeployPlan(adds_it)).read("job_running", **job) == "fail final"

    def test_back_to_running_means_that_the_stop_was_given_up(self, play):
        deploy = self.stopped(play)
        assert deploy.read("job_savepointing", 1, **fields("sql", "D", **ONCE)) == "wait"
        assert deploy.read("job_running", 2, **fields("sql", "D", **ONCE)) == "fail run"

    def test_the_first_call_after_the_stop_tells_where_the_state_is(self, play):
        deploy = self.stopped(play)
        job = fields("sql", "D", **SAVED, savepoint_path="obs://b/sp")
        assert deploy.read("job_cancel_success", 1, **job) == "update"
        assert deploy.step.details == "It is stopped, its savepoint is obs://b/sp"
        deploy.send("accepted", 1)
        deploy.read("job_cancel_success", 2, **fields(**SAVED, savepoint_path="obs://b/sp"))
        assert deploy.step.details == ""

    @pytest.mark.parametrize(("status", "told"), [
        ("job_cancel_success", "It was stopped for this upgrade and isn't running; its savepoint is obs://b/sp"),
        ("job_canceling", "It is being stopped for this upgrade, and isn't started again"),
        ("job_running", ""),
        ("absent", ""),
    ])  # fmt: skip
    def test_an_end_after_the_stop_is_told_with_what_it_means_for_the_job(self, play, status, told):
        deploy = self.stopped(play)
        deploy.read("job_savepointing", 1, **fields("sql", "D", **ONCE))
        deploy.read(status, 2, **fields("sql", "D", **SAVED, savepoint_path="obs://b/sp"))
        said = describe_interruption(deploy.memory)
        assert said.startswith(told)
        assert bool(said) == bool(told)

    @pytest.mark.parametrize(("outcome", "is_stopped"), [("refused", True), ("unknown", False)])
    def test_nobody_is_told_that_a_job_is_stopped_whose_start_may_have_arrived(
        self, play, outcome, is_stopped
    ):
        deploy = self.stopped(play)
        deploy.read("job_cancel_success", 1, **fields("sql", "D", **SAVED))
        deploy.send("accepted", 1)
        assert read(deploy, "job_cancel_success", 2, **fields(**SAVED)) == "run resume"
        deploy.send(outcome, 2)
        deploy.read("job_cancel_success", 3, **fields(**SAVED))
        assert bool(describe_interruption(deploy.memory)) == is_stopped

    def test_a_start_that_fails_leaves_the_job_stopped(self, play):
        deploy = self.stopped(play)
        deploy.read("job_cancel_success", 1, **fields("sql", "D", **SAVED))
        deploy.send("accepted", 1)
        deploy.read("job_cancel_success", 2, **fields(**SAVED))
        deploy.send("accepted", 2)
        deploy.read("job_submitting", 3, **fields(**SAVED))
        assert describe_interruption(deploy.memory) == ""
        assert deploy.read("job_submit_fail", 4, **fields(**SAVED)) == "fail run"
        assert "isn't running" in describe_interruption(deploy.memory)

    def test_a_start_by_somebody_else_is_a_failure_and_no_second_run(self, play):
        deploy = self.stopped(play)
        deploy.read("job_cancel_success", 1, **fields("sql", "D", **SAVED))
        deploy.send("accepted", 1)
        assert deploy.read("job_submitting", 2, **fields(**SAVED)) == "fail run"

    def test_a_deletion_by_somebody_else_is_a_failure_and_no_creation(self, play):
        deploy = self.stopped(play)
        deploy.read("job_canceling", 1, **fields("sql", "D", **ONCE))
        assert deploy.read("absent", 2) == "fail run"

    def test_a_stop_that_fails_is_sent_once_more(self, play):
        deploy = self.stopped(play)
        assert read(deploy, "job_cancel_fail", 1, **fields("sql", "D", **ONCE)) == "stop save"
        deploy.send("accepted", 1)
        assert deploy.read("job_canceling", 2, **fields("sql", "D", **ONCE)) == "wait"
        assert deploy.read("job_cancel_fail", 3, **fields("sql", "D", **ONCE)) == "fail run"

    def test_a_stop_that_saved_nothing_leaves_the_job_stopped(self, play):
        deploy = self.stopped(play)
        job = fields("sql", "D", **ONCE, has_savepoint=False)
        assert deploy.read("job_cancel_success", 1, **job) == "fail final"
        deploy = self.stopped(play)
        assert deploy.read("job_running_exception", 1, **fields("sql", "D", **ONCE)) == "fail final"

    def test_a_field_that_dli_does_not_take_fails_the_task_once_the_job_runs(self, play):
        deploy = self.stopped(play)
        deploy.read("job_cancel_success", 1, **fields("sql", "D", **SAVED))
        deploy.send("accepted", 1)
        assert read(deploy, "job_cancel_success", 2, **fields("sql", "D", **SAVED)) == "run resume"
        deploy.send("accepted", 2)
        assert deploy.read("job_running", 3, **fields("sql", "D", **ONCE)) == "wait"
        assert deploy.read("job_running", 123, **fields("sql", "D", **ONCE)) == "fail final"
        assert "ignore_changes" in deploy.step.message

    def test_without_waiting_it_ends_once_the_run_is_accepted(self, play):
        deploy = self.stopped(play, waits_for_completion=False)
        deploy.read("job_cancel_success", 1, **fields("sql", "D", **SAVED))
        deploy.send("accepted", 1)
        deploy.read("job_cancel_success", 2, **fields(**SAVED))
        deploy.send("accepted", 2)
        assert deploy.read("job_cancel_success", 3, **fields(**SAVED)) == "upgraded"


class TestInPlace:
    def test_only_what_changed_is_sent(self, play):
        desired = parse_desired("etl", sql=SQL, definition={"obs_bucket": "b", "smn_topic": "t", "tm_cus": 2})
        deploy = play(DeployPlan(desired))
        assert deploy.read("job_running", **fields(**ONCE)) == "update"
        assert deploy.step.arguments["fields"] == {"smn_topic": "t"}
        deploy.send("accepted")
        assert deploy.read("job_running", 1, **fields(config={"smn_topic": "t"}, **ONCE)) == "reconfigured"

    def test_an_old_reading_afterwards_is_waited_out(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("job_running", **fields("sql", "H", **ONCE))
        deploy.send("accepted")
        assert deploy.read("job_running", 1, **fields("sql", "H", **ONCE)) == "wait"
        assert deploy.read("job_running", 130, **fields("sql", "H", **ONCE)) == "fail final"

    def test_an_update_of_unknown_outcome_is_sent_again(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("job_running", **fields("sql", "H", **ONCE))
        deploy.send("unknown")
        assert deploy.read("job_running", 1, **fields("sql", "H", **ONCE)) == "update"
        deploy.send("unknown")
        assert deploy.read("job_running", 2, **fields(**ONCE)) == "reconfigured"


class TestAtRest:
    def test_fields_that_dli_does_not_show_go_with_an_update(self, play):
        desired = parse_desired("etl", sql=SQL, definition={"cu_number": 4, "tm_cus": 2, "tags": {"a": "b"}})
        deploy = play(DeployPlan(desired))
        assert deploy.read("job_cancel_success", **fields("sql", "D", **SAVED)) == "update"
        assert deploy.step.arguments["fields"] == {"cu_number": 4, "tm_cus": 2}
        deploy.send("accepted")
        deploy.read("job_cancel_success", 1, **fields(**SAVED))
        deploy.send("accepted", 1)
        assert deploy.read("job_running", 2, **fields(**ONCE)) == "started"
        assert deploy.step.warning == "DLI doesn't show tags, tm_cus: not compared"

    def test_a_finished_job_that_is_no_target_is_started_without_state(self, play):
        plan = DeployPlan(SQL_JOB, targets=(S.JOB_RUNNING,))
        assert read(play(plan), "job_finish", **fields(**SAVED)) == "run"

    def test_a_finished_job_that_was_updated_is_started(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("job_finish", **fields("sql", "D", **ONCE))
        deploy.send("accepted")
        assert read(deploy, "job_finish", 1, **fields(**ONCE)) == "run"

    def test_a_failed_stop_without_differences_is_repeated_and_the_job_started(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        assert read(deploy, "job_cancel_fail", **fields(**ONCE)) == "stop save"
        deploy.send("accepted")
        deploy.read("job_canceling", 1, **fields(**ONCE))
        assert read(deploy, "job_cancel_success", 2, **fields(**SAVED)) == "run resume"
        deploy.send("accepted", 2)
        assert deploy.read("job_running", 3, **fields(**ONCE)) == "started"

    def test_a_repeated_stop_may_have_saved_nothing_unless_dli_shows_it(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        assert read(deploy, "job_cancel_fail", **fields(**ONCE)) == "stop save"
        deploy.send("accepted")
        assert deploy.read("job_cancel_success", 2, **fields(**ONCE)) == "fail final"

    def test_a_start_time_that_cannot_be_read_is_no_sign_of_a_new_job(self, play):
        odd = fields(start_time="the other day")
        assert play(DeployPlan(SQL_JOB)).read("job_cancel_success", **odd) == "fail final"
        restoring = DeployPlan(SQL_JOB, restore_from="obs://b/sp/")
        assert play(restoring).read("job_cancel_success", **odd) == "fail final"

    @pytest.mark.parametrize(
        "config",
        [
            {"restart_when_exception": True},
            {"runtime_config": '[{"key": "flink.dli.job.scale.enable", "value": "true"}]'},
        ],
        ids=["restart", "scaling"],
    )
    def test_a_job_that_the_platform_is_about_to_run_again_is_waited_for(self, play, config):
        deploy = play(DeployPlan(SQL_JOB))
        job = fields("sql", "D", config=config, **SAVED)
        assert deploy.read("job_canceling", **job) == "wait"
        status = "job_running_exception" if "restart_when_exception" in config else "job_cancel_success"
        assert deploy.read(status, 1, **job) == "wait"
        assert deploy.read(status, 800, **job) == "wait"
        assert deploy.read(status, 1000, **job) == "update"

    def test_a_run_that_is_being_submitted_is_adopted(self, play):
        deploy = play(DeployPlan(SQL_JOB))
        deploy.read("job_submitting", **fields(**ONCE))
        assert deploy.read("job_running", 1, **fields(**ONCE)) == "adopted"


class TestWhatNoUpdateCanMakeOfIt:
    def test_a_job_of_the_other_kind(self, play):
        assert play(DeployPlan(SQL_JOB)).read("job_init", **fields("jar")) == "fail final"
        assert play(DeployPlan(JAR_JOB)).read("job_init", **fields("sql")) == "fail final"

    def test_another_type_of_sql_job_unless_it_is_ignored(self, play):
        desired = parse_desired("etl", sql=SQL, definition={"job_type": "flink_sql_job"})
        deploy = play(DeployPlan(desired))
        assert deploy.read("job_running", **fields(**ONCE)) == "fail final"
        assert "job_type can't be changed once a job is created" in deploy.step.message
        ignoring = play(DeployPlan(desired, ignored=frozenset({"job_type"})))
        assert ignoring.read("job_running", **fields(**ONCE)) == "unchanged"

    def test_fields_that_may_differ_start_nothing(self, play):
        plan = DeployPlan(SQL_JOB, ignored=frozenset({"cu_number"}))
        assert play(plan).read("job_running", **fields("sql", "D", **ONCE)) == "unchanged"


class TestARetryThatMayHaveStartedTheJob:
    def retry(self, play, **plan: Any) -> Any:
        deploy = play(DeployPlan(SQL_JOB, **plan))
        deploy.memory = Memory.of_retry(Write.RUN, datetime(2026, 1, 2, tzinfo=UTC))
        return deploy

    def test_takes_a_job_that_runs_as_defined_for_its_own(self, play):
        deploy = self.retry(play)
        assert deploy.read("job_submitting", **fields(**ONCE)) == "wait"
        assert deploy.read("job_running", 30, **fields(**ONCE)) == "started"
        assert deploy.step.warning is None

    def test_does_not_stop_a_job_again_that_still_differs(self, play):
        deploy = self.retry(play)
        assert deploy.read("job_running", **fields("sql", "D", **ONCE)) == "fail final"
        assert "still differs from its definition in cu_number" in deploy.step.message

    def test_that_does_not_wait_ends_at_once_and_warns_of_what_differs(self, play):
        deploy = self.retry(play, waits_for_completion=False)
        assert deploy.read("job_submitting", **fields("sql", "D", **ONCE)) == "started"
        assert deploy.step.warning == "It still differs from its definition in cu_number"
