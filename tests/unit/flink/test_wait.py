"""What each reading of a job means for a wait."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.flink.wait import RESTART_GRACE, FlinkJobWait, WaitState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def job(status: str | None, **detail: Any) -> FlinkJob:
    return FlinkJob.from_api({"job_id": 104, "name": "orders", "status": status, **detail})


def observe(wait: FlinkJobWait, status: str | None, **detail: Any) -> WaitState:
    return wait.observe(job(status, **detail), NOW).state


FOR_RUNNING = {
    "job_init": WaitState.WAITING,
    "job_submitting": WaitState.WAITING,
    "job_submit_fail": WaitState.FAILED,
    "job_running": WaitState.REACHED,
    "job_running_exception": WaitState.FAILED,
    "job_downloading": WaitState.WAITING,
    "job_idle": WaitState.WAITING,
    "job_canceling": WaitState.FAILED,
    "job_cancel_success": WaitState.FAILED,
    "job_cancel_fail": WaitState.FAILED,
    "job_savepointing": WaitState.WAITING,
    "job_arrearage_stopped": WaitState.FAILED,
    "job_arrearage_recovering": WaitState.WAITING,
    "job_finish": WaitState.FAILED,
}


def test_the_table_above_names_every_status():
    assert set(FOR_RUNNING) == set(S)


@pytest.mark.parametrize(("status", "verdict"), FOR_RUNNING.items())
def test_a_wait_for_running(status, verdict):
    assert observe(FlinkJobWait(104, [S.JOB_RUNNING]), status) == verdict


@pytest.mark.parametrize(
    ("targets", "status", "verdict"),
    [
        ([S.JOB_FINISH], "job_running", WaitState.WAITING),
        ([S.JOB_FINISH], "job_finish", WaitState.REACHED),
        ([S.JOB_FINISH], "job_cancel_success", WaitState.FAILED),
        ([S.JOB_CANCEL_SUCCESS], "job_running", WaitState.WAITING),
        ([S.JOB_CANCEL_SUCCESS], "job_canceling", WaitState.WAITING),
        ([S.JOB_CANCEL_SUCCESS], "job_cancel_fail", WaitState.FAILED),
        ([S.JOB_CANCEL_SUCCESS, S.JOB_FINISH], "job_finish", WaitState.REACHED),
        ([S.JOB_RUNNING, S.JOB_SUBMIT_FAIL], "job_submit_fail", WaitState.REACHED),
        ([S.JOB_RUNNING], "job_brand_new", WaitState.WAITING),
        ([S.JOB_RUNNING], None, WaitState.WAITING),
    ],
)
def test_success_is_an_allow_list_and_failure_is_what_leads_nowhere(targets, status, verdict):
    assert observe(FlinkJobWait(104, targets), status) == verdict


def test_a_status_named_a_failure_ends_the_wait_though_the_target_could_follow():
    wait = FlinkJobWait(104, [S.JOB_RUNNING], [S.JOB_IDLE])
    observation = wait.observe(job("job_idle"), NOW)
    assert observation.state == WaitState.FAILED
    assert "counts that as a failure" in observation.reason


def test_a_target_wins_over_a_failure_of_the_same_name():
    wait = FlinkJobWait(104, [S.JOB_FINISH], [S.JOB_FINISH])
    assert observe(wait, "job_finish") == WaitState.REACHED


def test_the_reason_names_job_status_description_and_what_was_awaited():
    desc = "connect failed, 'password' = 'hunter2'"
    reason = FlinkJobWait(104, [S.JOB_RUNNING]).observe(job("job_submit_fail", status_desc=desc), NOW).reason
    assert all(
        text in reason for text in ("104", "orders", "job_submit_fail", "connect failed", "job_running")
    )
    assert "hunter2" not in reason


RESTARTING = {"restart_when_exception": True}
SCALING = {"runtime_config": json.dumps([{"key": "flink.dli.job.scale.enable", "value": "true"}])}
COMING_BACK = [
    pytest.param(S.JOB_RUNNING_EXCEPTION, RESTARTING, id="restart after an exception"),
    pytest.param(S.JOB_CANCELING, SCALING, id="scaling, being stopped"),
    pytest.param(S.JOB_CANCEL_SUCCESS, SCALING, id="scaling, stopped"),
]
"""The status a job passes through when the platform runs it again, and the configuration that says so."""


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(("status", "config"), COMING_BACK)
class TestAJobThatThePlatformRunsAgain:
    def test_is_waited_for_from_when_it_was_first_seen_stopped(self, status, config):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        stopped = job(status, job_config=config)
        assert wait.observe(stopped, NOW).state == WaitState.WAITING
        assert wait.observe(stopped, NOW + RESTART_GRACE).state == WaitState.WAITING
        assert wait.observe(stopped, NOW + RESTART_GRACE + SECOND).state == WaitState.FAILED

    def test_is_waited_for_though_it_was_last_edited_years_ago(self, status, config):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        stopped = job(status, job_config=config, update_time=1578466221525)
        assert wait.observe(stopped, NOW).state == WaitState.WAITING
        assert wait.observe(stopped, NOW + RESTART_GRACE).state == WaitState.WAITING

    def test_is_waited_for_from_a_later_update(self, status, config):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        wait.observe(job(status, job_config=config), NOW)
        updated = NOW + RESTART_GRACE / 2
        stopped = job(status, job_config=config, update_time=milliseconds(updated))
        assert wait.observe(stopped, updated + RESTART_GRACE).state == WaitState.WAITING
        assert wait.observe(stopped, updated + RESTART_GRACE + SECOND).state == WaitState.FAILED

    def test_is_not_waited_for_longer_because_a_clock_is_wrong(self, status, config):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        stopped = job(status, job_config=config, update_time=milliseconds(NOW + timedelta(days=9)))
        assert wait.observe(stopped, NOW).state == WaitState.WAITING
        assert wait.observe(stopped, NOW + RESTART_GRACE + SECOND).state == WaitState.FAILED

    def test_is_waited_for_no_longer_when_the_wait_is_resumed(self, status, config):
        seen = NOW - RESTART_GRACE
        wait = FlinkJobWait(104, [S.JOB_RUNNING], status=status, since=seen)
        assert wait.observe(job(status, job_config=config), NOW).state == WaitState.WAITING
        assert wait.observe(job(status, job_config=config), NOW + SECOND).state == WaitState.FAILED

    def test_ends_the_wait_when_running_it_again_leads_to_no_target(self, status, config):
        assert observe(FlinkJobWait(104, [S.JOB_INIT]), status, job_config=config) == WaitState.FAILED

    def test_ends_the_wait_when_its_status_counts_as_a_failure(self, status, config):
        assert (
            observe(FlinkJobWait(104, [S.JOB_RUNNING], [status]), status, job_config=config)
            == WaitState.FAILED
        )

    def test_needs_its_detail_to_be_told_from_one_that_stays_stopped(self, status, config):
        assert FlinkJobWait(104, [S.JOB_RUNNING]).settles(status)


@pytest.mark.parametrize(
    ("status", "config"),
    [
        (S.JOB_RUNNING_EXCEPTION, {"restart_when_exception": False}),
        (S.JOB_RUNNING_EXCEPTION, SCALING),
        (S.JOB_RUNNING_EXCEPTION, None),
        (S.JOB_CANCELING, RESTARTING),
        (S.JOB_CANCEL_SUCCESS, {"runtime_config": "[]"}),
        (S.JOB_CANCEL_FAIL, SCALING | RESTARTING),
        (S.JOB_SUBMIT_FAIL, SCALING | RESTARTING),
        (S.JOB_FINISH, SCALING | RESTARTING),
    ],
)
def test_a_job_that_the_platform_does_not_run_again_has_failed_at_once(status, config):
    assert observe(FlinkJobWait(104, [S.JOB_RUNNING]), status, job_config=config) == WaitState.FAILED


def test_a_scaling_job_passes_through_its_stop_and_reaches_the_target():
    wait = FlinkJobWait(104, [S.JOB_FINISH])
    life = [
        "job_running",
        "job_savepointing",
        "job_canceling",
        "job_cancel_success",
        "job_submitting",
        "job_running",
    ]
    states = {wait.observe(job(status, job_config=SCALING), NOW).state for status in life}
    assert states == {WaitState.WAITING}
    assert observe(wait, "job_finish", job_config=SCALING) == WaitState.REACHED


class TestNews:
    def test_a_change_is_told_once_with_how_long_the_last_status_lasted_where_its_start_was_seen(self):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        told = [
            wait.observe(job(status), NOW + timedelta(seconds=seconds)).news
            for status, seconds in (
                ("job_init", 0),
                ("job_init", 30),
                ("job_submitting", 75),
                ("job_submitting", 90),
                ("job_running", 150),
            )
        ]
        assert told == [
            "Flink job 104 (orders) is job_init; awaiting job_running",
            None,
            "Flink job 104 (orders) is job_submitting",
            None,
            "Flink job 104 (orders) is job_running, after 1 min 15 s of job_submitting",
        ]

    def test_a_wait_taken_up_again_does_not_repeat_what_was_told(self):
        for saw_start, lasted in ((True, ", after 2 h 0 min of job_submitting"), (False, "")):
            seen = {"status": S.JOB_SUBMITTING, "since": NOW - timedelta(hours=2), "saw_start": saw_start}
            wait = FlinkJobWait(104, [S.JOB_RUNNING], **seen)
            assert wait.observe(job("job_submitting"), NOW).news is None
            assert (
                wait.observe(job("job_running"), NOW).news == f"Flink job 104 (orders) is job_running{lasted}"
            )

    def test_a_status_that_is_not_known_is_told_as_such(self):
        news = FlinkJobWait(104, [S.JOB_RUNNING]).observe(job("job_brand_new"), NOW).news
        assert "job_brand_new" in news
        assert "doesn't know" in news

    def test_fields_that_can_not_be_read_are_told_once(self):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        odd = {"restart_times": "many", "job_config": {"cu_number": 1.5}}
        assert wait.observe(job("job_init", **odd), NOW).news == (
            "Flink job 104 (orders) is job_init; awaiting job_running "
            "(fields that can't be read: restart_times, job_config.cu_number)"
        )
        assert "can't be read" not in wait.observe(job("job_submitting", **odd), NOW).news

    def test_many_fields_that_can_not_be_read_are_counted(self):
        odd: dict[str, Any] = {
            name: []
            for name in ("create_time", "duration", "image", "queue_name", "restart_times", "user_id")
        }
        news = FlinkJobWait(104, [S.JOB_RUNNING]).observe(job("job_init", **odd), NOW).news
        assert news.endswith("queue_name, restart_times and 1 more)")

    def test_a_job_without_a_status_is_told_once(self):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        assert "without a status" in wait.observe(job(None), NOW).news
        assert wait.observe(job(None), NOW).news is None


STARTING = {S.JOB_INIT, S.JOB_SUBMITTING, S.JOB_DOWNLOADING, S.JOB_ARREARAGE_RECOVERING}
ACTIVE = {*STARTING, S.JOB_RUNNING, S.JOB_SAVEPOINTING, S.JOB_IDLE}
ON_THE_WAY = {
    S.JOB_INIT: {S.JOB_IDLE},
    S.JOB_SUBMITTING: {*STARTING, S.JOB_IDLE},
    S.JOB_SUBMIT_FAIL: {*STARTING, S.JOB_IDLE},
    S.JOB_RUNNING: ACTIVE,
    S.JOB_RUNNING_EXCEPTION: ACTIVE,
    S.JOB_DOWNLOADING: {*STARTING, S.JOB_IDLE},
    S.JOB_IDLE: {*ACTIVE, S.JOB_CANCELING},
    S.JOB_CANCELING: ACTIVE,
    S.JOB_CANCEL_SUCCESS: {*ACTIVE, S.JOB_CANCELING},
    S.JOB_CANCEL_FAIL: {*ACTIVE, S.JOB_CANCELING},
    S.JOB_SAVEPOINTING: ACTIVE,
    S.JOB_ARREARAGE_STOPPED: ACTIVE,
    S.JOB_ARREARAGE_RECOVERING: {S.JOB_IDLE},
    S.JOB_FINISH: ACTIVE,
}


class TestWhatSettlesAWait:
    def settling(self, wait: FlinkJobWait) -> set[S]:
        return {status for status in S if wait.settles(status)}

    @pytest.mark.parametrize("target", S)
    def test_is_its_target_and_all_from_which_that_can_not_follow(self, target):
        assert self.settling(FlinkJobWait(104, [target])) == {*S} - ON_THE_WAY[target] | {target}

    def test_is_any_of_several_targets_and_all_from_which_none_can_follow(self):
        wait = FlinkJobWait(104, [S.JOB_CANCEL_SUCCESS, S.JOB_SUBMITTING])
        assert self.settling(wait) == {*S} - {*ACTIVE, S.JOB_CANCELING} | {S.JOB_SUBMITTING}

    def test_is_a_status_named_a_failure(self):
        ordinary = self.settling(FlinkJobWait(104, [S.JOB_RUNNING]))
        wait = FlinkJobWait(104, [S.JOB_RUNNING], [S.JOB_IDLE, S.JOB_FINISH])
        assert self.settling(wait) == {*ordinary, S.JOB_IDLE}

    def test_is_a_status_that_is_missing_but_not_one_that_is_unknown(self):
        wait = FlinkJobWait(104, [S.JOB_RUNNING])
        assert wait.settles(None)
        assert not wait.settles(S("job_brand_new"))

    @pytest.mark.parametrize("target", S)
    def test_is_whatever_ends_it(self, target):
        wait = FlinkJobWait(104, [target], [S.JOB_IDLE])
        ending = {status for status in S if observe(wait, status) != WaitState.WAITING}
        assert ending == self.settling(wait)


def test_the_timeout_says_how_the_job_stands():
    wait = FlinkJobWait(104, [S.JOB_RUNNING, S.JOB_FINISH])
    assert "never read" in wait.describe(NOW)
    wait.observe(job("job_submitting"), NOW)
    assert wait.describe(NOW + timedelta(minutes=5)) == (
        "Flink job 104 (orders) did not become job_running or job_finish: it is job_submitting, "
        "for 5 min 0 s as seen from here"
    )


def test_the_timeout_never_says_that_a_job_did_not_become_what_it_is():
    wait = FlinkJobWait(104, [S.JOB_RUNNING])
    wait.observe(job("job_running"), NOW)
    assert wait.describe(NOW) == (
        "Flink job 104 (orders) is job_running as awaited, but the wait ended before that"
    )


def test_what_a_wait_says_is_one_printable_masked_and_bounded_line():
    hostile = "\x1b[31m\nINFO forged\r\x00\ud83d password=hunter2 " * 100_000
    odd = {"name": hostile, "status_desc": hostile, "queue_name": [hostile]}
    wait = FlinkJobWait(104, [S.JOB_FINISH])
    said = [wait.observe(job(hostile, **odd), NOW).news, wait.describe(NOW)]
    failed = wait.observe(job("job_submit_fail", **odd), NOW)
    for line in (*said, failed.news, failed.reason):
        assert line.isprintable()
        assert "hunter2" not in line
        assert len(line) < 3000
