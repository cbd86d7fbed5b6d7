"""Every way a wait can end, in every mode: poke, reschedule and deferrable must not differ."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import airflow
import pytest
from airflow_lines import TaskDeferred
from conditions import when
from new_process import forget_all
from sensor_runs import (
    AIRFLOW_2,
    JOB,
    MODES,
    BrokenStateStore,
    Ending,
    StateStore,
    run_to_the_end,
)

from dli_provider.airflow_compat import (
    AirflowNotFoundException,
    AirflowRescheduleException,
    AirflowTaskTimeout,
    PokeReturnValue,
)
from dli_provider.api import client
from dli_provider.api.retry import RetryPolicy
from dli_provider.emulator import DliEmulator, faults
from dli_provider.hooks.dli import DliHook
from dli_provider.polling import rate_limiter, subscriber
from dli_provider.sensors.flink import DliFlinkJobSensor
from dli_provider.triggers.flink import DliFlinkJobTrigger


@pytest.fixture
def dli(monkeypatch):
    forget_all()
    monkeypatch.setattr(client, "RetryPolicy", lambda: RetryPolicy(base=0.01))
    monkeypatch.setattr(rate_limiter, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(subscriber, "SHORTEST_INTERVAL", 0.05)
    with DliEmulator() as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(emulator.connection))
        yield emulator


@dataclass
class End:
    """Runs a sensor to its end in a mode."""

    mode: str
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, **arguments: Any) -> Ending:
        return run_to_the_end(self.mode, self.monkeypatch, **arguments)


@pytest.fixture(params=MODES)
def end(request, monkeypatch):
    return End(request.param, monkeypatch)


QUICK = 0.15
LIVES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "straight to running": (
        [("job_init", QUICK), ("job_submitting", QUICK), ("job_running", None)],
        {},
        "success",
    ),
    "already running": ([("job_running", None)], {}, "success"),
    "a status nobody knows on the way": (
        [("job_submitting", QUICK), ("job_new", QUICK), ("job_running", None)],
        {},
        "success",
    ),
    "a short job that finishes": (
        [("job_submitting", QUICK), ("job_finish", None)],
        {"target_status": ["job_running", "job_finish"]},
        "success",
    ),
    "finished, when running was awaited": (
        [("job_submitting", QUICK), ("job_finish", None)],
        {},
        "DliFlinkJobFailedError",
    ),
    "submission fails": (
        [("job_submitting", QUICK), ("job_submit_fail", None)],
        {},
        "DliFlinkJobFailedError",
    ),
    "failed from the start": ([("job_submit_fail", None)], {}, "DliFlinkJobFailedError"),
    "being stopped": (
        [("job_running", QUICK), ("job_canceling", None)],
        {"target_status": "job_finish"},
        "DliFlinkJobFailedError",
    ),
    "stopped, as awaited": (
        [("job_running", QUICK), ("job_canceling", QUICK), ("job_cancel_success", None)],
        {"target_status": "job_cancel_success"},
        "success",
    ),
    "a status named a failure": (
        [("job_submitting", QUICK), ("job_idle", None)],
        {"failure_status": "job_idle"},
        "DliFlinkJobFailedError",
    ),
    "never gets there": ([("job_submitting", None)], {"timeout": 0.5}, "AirflowSensorTimeout"),
    "never gets there, softly": (
        [("job_submitting", None)],
        {"timeout": 0.5, "soft_fail": True},
        "AirflowSkipException",
    ),
    "never gets there, and never fails": (
        [("job_submitting", None)],
        {"timeout": 0.5, "never_fail": True},
        "AirflowSensorTimeout",
    ),
    "fails, softly": (
        [("job_submitting", QUICK), ("job_submit_fail", None)],
        {"soft_fail": True},
        "AirflowSkipException",
    ),
    "fails, and never fails": (
        [("job_submitting", QUICK), ("job_submit_fail", None)],
        {"never_fail": True},
        "AirflowSkipException",
    ),
    "fails, silently": (
        [("job_submitting", QUICK), ("job_submit_fail", None)],
        {"silent_fail": True},
        "DliFlinkJobFailedError",
    ),
}


@pytest.mark.parametrize("life", LIVES)
def test_the_life_of_a_job(dli, end, life):
    lifecycle, arguments, kind = LIVES[life]
    dli.add_job(JOB, lifecycle=lifecycle, name="orders", status_desc="no such topic")
    ending = end(**arguments)
    assert ending.kind == kind, ending.error
    if kind == "success":
        assert ending.value["job_id"] == JOB
        assert ending.value["status"] in {*[status for status, _ in lifecycle]}
    else:
        assert f"Flink job {JOB} (orders)" in ending.text


@pytest.mark.parametrize("life", LIVES)
def test_modes_do_not_differ(dli, monkeypatch, life):
    lifecycle, arguments, _ = LIVES[life]
    endings = []
    for mode in MODES:
        dli.add_job(JOB, lifecycle=lifecycle, name="orders", status_desc="no such topic")
        endings.append(run_to_the_end(mode, monkeypatch, **arguments))
        dli.remove_job(JOB)
    assert len({(ending.kind, ending.text) for ending in endings}) == 1
    timeless = [
        {key: value for key, value in (ending.value or {}).items() if not key.endswith("_time")}
        for ending in endings
    ]
    assert timeless[0] == timeless[1] == timeless[2]


def test_a_change_is_logged_once_and_a_poll_without_news_not_at_all(dli, end, monkeypatch):
    told: list[str] = []
    log = Mock()
    log.info.side_effect = lambda line, *args: told.append(line % args)
    log.log.side_effect = lambda _level, line, *args: told.append(line % args)
    monkeypatch.setattr(DliFlinkJobSensor, "log", log)
    monkeypatch.setattr(DliFlinkJobTrigger, "log", log)
    dli.add_job(JOB, lifecycle=[("job_init", None)])
    with (
        when(lambda: len(dli.requests) >= 4, lambda: dli.job(JOB).set_status("job_submitting")),
        when(lambda: len(dli.requests) >= 8, lambda: dli.job(JOB).set_status("job_running")),
    ):
        assert end(timeout=60).kind == "success"
    seen = [re.sub(r" after .*", " after …", line) for line in told if "Flink job" in line]
    if AIRFLOW_2 and end.mode == "reschedule":  # no process knows what the one before it saw
        assert [line for line, _ in itertools.groupby(seen)] == [
            "Flink job 104 (job_104) is job_init; awaiting job_running",
            "Flink job 104 (job_104) is job_submitting; awaiting job_running",
            "Flink job 104 (job_104) is job_running",
        ]
    else:
        assert seen == [
            "Flink job 104 (job_104) is job_init; awaiting job_running",
            "Flink job 104 (job_104) is job_submitting",
            "Flink job 104 (job_104) is job_running, after …",
        ]


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no task state store")
def test_a_state_store_that_fails_ends_no_rescheduled_wait(dli, monkeypatch):
    log = Mock()
    monkeypatch.setattr(DliFlinkJobSensor, "log", log)
    dli.add_job(JOB, lifecycle=[("job_submitting", QUICK), ("job_running", None)])
    ending = run_to_the_end("reschedule", monkeypatch, store=BrokenStateStore())
    assert ending.kind == "success", ending.error
    assert "out of order" in str(log.warning.mock_calls)


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no task state store")
def test_a_rescheduled_poke_reads_the_last_status_from_the_store(dli, monkeypatch):
    log = Mock()
    monkeypatch.setattr(DliFlinkJobSensor, "log", log)
    dli.add_job(JOB, lifecycle=[("job_submitting", None)])
    with when(lambda: len(dli.requests) >= 4, lambda: dli.job(JOB).set_status("job_running")):
        ending = run_to_the_end("reschedule", monkeypatch, store=StateStore())
    assert ending.kind == "success", ending.error
    assert len(ending.sensors) > 2
    assert len([call for call in log.info.mock_calls if "job_submitting; awaiting" in str(call)]) == 1


class TestRestartAfterAnException:
    LIFE = (("job_running_exception", 0.3), ("job_submitting", QUICK), ("job_running", None))

    def test_is_waited_for_when_the_platform_restarts_the_job(self, dli, end):
        dli.add_job(JOB, lifecycle=self.LIFE, job_config={"restart_when_exception": True})
        assert end().kind == "success"

    def test_is_not_when_it_does_not(self, dli, end):
        lifecycle = [("job_running_exception", None)]
        dli.add_job(JOB, lifecycle=lifecycle, job_config={"restart_when_exception": False})
        assert end().kind == "DliFlinkJobFailedError"


class TestErrors:
    @pytest.mark.parametrize("softness", [{}, {"soft_fail": True}])
    def test_a_job_that_does_not_exist_is_never_skipped(self, dli, end, softness):
        ending = end(**softness)
        assert ending.kind == "DliNotFoundError"
        assert "104" in ending.text
        assert ending.error.code == "DLI.16001"

    def test_a_wrong_key_shows_at_once_and_is_tried_once(self, dli, end, monkeypatch):
        connection = {**dli.connection, "password": "wrong-secret-key"}
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(connection))
        dli.add_job(JOB, lifecycle=[("job_running", None)])
        ending = end()
        assert ending.kind == "DliAuthError"
        assert len(dli.requests) == 1

    def test_a_job_that_disappears_in_mid_wait_ends_it(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        asked = lambda: len(dli.requests) >= 3  # noqa: E731
        with when(asked, lambda: dli.remove_job(JOB)):
            ending = end()
        assert ending.kind == "DliNotFoundError"

    def test_an_error_is_skipped_for_what_it_says_when_the_sensor_never_fails(self, dli, end):
        ending = end(never_fail=True)
        assert ending.kind == "AirflowSkipException"
        assert "DLI.16001" in ending.text

    def test_an_error_is_passed_over_when_the_sensor_fails_silently(self, dli, end):
        asked = lambda: len(dli.requests) >= 2  # noqa: E731
        with when(asked, lambda: dli.add_job(JOB, lifecycle=[("job_running", None)])):
            assert end(silent_fail=True).kind == "success"

    def test_a_wait_that_fails_silently_still_times_out(self, dli, end):
        assert end(silent_fail=True, timeout=0.5).kind == "AirflowSensorTimeout"

    @pytest.mark.parametrize("job_id", ["", "10a", -1, 0, 1.5, True, "../104", None])
    def test_a_job_id_that_is_none_is_refused_before_any_call(self, dli, end, job_id):
        ending = end(job_id=job_id)
        assert ending.kind == "ValueError"
        assert "job_id" in ending.text
        assert not dli.requests

    @pytest.mark.parametrize("target", ["job_runing", ["job_running", "running"], [], "", 5, None])
    def test_a_status_that_is_none_is_refused_before_any_call(self, dli, end, target):
        ending = end(target_status=target)
        assert ending.kind == "ValueError"
        assert "target_status" in ending.text
        assert not dli.requests

    @pytest.mark.parametrize("tolerance", ["600", True, None, -1, timedelta(-1), timedelta.max, 1e999])
    def test_a_tolerance_that_is_none_is_refused_before_any_call(self, dli, end, tolerance):
        ending = end(outage_tolerance=tolerance)
        assert ending.kind == "ValueError"
        assert "outage_tolerance" in ending.text
        assert not dli.requests

    def test_a_sensor_that_reads_without_a_pause_waits_all_the_same(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_submitting", QUICK), ("job_running", None)])
        assert end(poke_interval=0).kind == "success"

    def test_targets_may_come_one_by_one(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_submitting", QUICK), ("job_running", None)])
        assert end(target_status=lambda: iter(["job_finish", "job_running"])).kind == "success"


class TestOutage:
    def test_in_mid_wait_is_borne(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        fault = lambda: dli.inject(faults.ServerError(), times=6)  # noqa: E731
        with (
            when(lambda: len(dli.requests) >= 2, fault),
            when(lambda: len(dli.requests) >= 9, lambda: dli.job(JOB).set_status("job_running")),
        ):
            ending = end()
        assert ending.kind == "success", ending.error

    @pytest.mark.parametrize("tolerance", [timedelta(seconds=0.2), 0.2])
    def test_longer_than_is_tolerated_ends_the_wait_with_its_error(self, dli, end, tolerance):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        with when(lambda: len(dli.requests) >= 2, lambda: dli.inject(faults.ServerError(), times=None)):
            ending = end(outage_tolerance=tolerance)
        assert ending.kind == "DliServerError"

    @pytest.mark.parametrize("fault", [faults.ServerError(), faults.Throttle(), faults.DliFailure()])
    def test_that_the_service_itself_reports_is_tolerated_at_the_first_reading(self, dli, end, fault):
        dli.add_job(JOB, lifecycle=[("job_running", None)])
        dli.inject(fault, times=6)
        ending = end()
        assert ending.kind == "success", ending.error

    def test_that_the_service_reports_from_the_first_reading_on_ends_the_wait_in_the_end(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_running", None)])
        dli.inject(faults.ServerError(), times=None)
        ending = end(outage_tolerance=0.2)
        assert ending.kind == "DliServerError"
        assert ending.error.transient

    def test_without_any_answer_at_the_first_reading_ends_the_wait_at_once(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_running", None)])
        dli.inject(faults.Drop(), times=None)
        assert end().kind == "DliConnectionError"
        assert len(dli.requests) <= 4

    def test_while_a_job_is_looked_up_by_name_is_tolerated(self, dli, end):
        dli.add_job(JOB, name="orders", lifecycle=[("job_running", None)])
        dli.inject(faults.ServerError(), times=6)
        ending = end(job_id=None, job_name="orders")
        assert ending.kind == "success", ending.error

    @pytest.mark.parametrize("status", [200, 401, 403, 408])
    def test_that_a_proxy_answers_for_is_no_refusal(self, dli, end, status):
        page = faults.Answer(status, "<html><h1>Sign in</h1></html>", (("Content-Type", "text/html"),))
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        with (
            when(lambda: len(dli.requests) >= 3, lambda: dli.inject(page, times=5)),
            when(lambda: len(dli.requests) >= 12, lambda: dli.job(JOB).set_status("job_running")),
        ):
            ending = end()
        assert ending.kind == "success", ending.error


class TestConnection:
    """What happens to the Airflow connection while a wait goes on."""

    @pytest.fixture
    def lookups(self, monkeypatch):
        """Failures for the look-ups to come: None for one that succeeds."""
        outcomes: list[Exception | None] = []

        def failing(look_up):
            def once(_hook, conn_id):
                if outcomes and (error := outcomes.pop(0)):
                    raise error
                return look_up(conn_id)

            return once

        for name in ("get_connection", "aget_connection"):
            if hasattr(DliHook, name):
                monkeypatch.setattr(DliHook, name, failing(getattr(DliHook, name)))
        return outcomes

    @staticmethod
    def rotate_keys(dli, monkeypatch):
        dli.inject(faults.ServerError(), times=None)
        dli.rotate_keys()
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(dli.connection))
        dli.clear_faults()

    def test_keys_that_are_rotated_in_the_connection_end_no_wait(self, dli, end, monkeypatch):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        with (
            when(lambda: len(dli.requests) >= 3, lambda: self.rotate_keys(dli, monkeypatch)),
            when(lambda: len(dli.requests) >= 15, lambda: dli.job(JOB).set_status("job_running")),
        ):
            ending = end()
        assert ending.kind == "success", ending.error

    def test_keys_that_are_replaced_by_bad_ones_end_it(self, dli, end, monkeypatch):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        with when(lambda: len(dli.requests) >= 3, dli.rotate_keys):
            ending = end()
        assert ending.kind == "DliAuthError"

    @pytest.mark.parametrize(
        "failure",
        [AirflowNotFoundException("The conn_id `dli_default` isn't defined"), RuntimeError("throttled")],
    )
    def test_a_secrets_backend_that_fails_after_the_first_reading_is_an_outage(
        self, dli, end, lookups, monkeypatch, failure
    ):
        lookups += [None, failure, failure, failure]
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        with (
            when(lambda: len(dli.requests) >= 3, lambda: self.rotate_keys(dli, monkeypatch)),
            when(lambda: len(dli.requests) >= 15, lambda: dli.job(JOB).set_status("job_running")),
        ):
            ending = end()
        assert ending.kind == "success", ending.error
        assert not lookups

    def test_a_connection_that_is_not_defined_shows_at_once(self, dli, end):
        ending = end(dli_conn_id="no_such_connection", soft_fail=True)
        # Airflow 3.1.0 looks for the supervisor of a task, which tests have none of.
        expected = "ImportError" if airflow.__version__ == "3.1.0" else "AirflowNotFoundException"
        assert ending.kind == expected


class TestTimeouts:
    """``timeout`` and ``execution_timeout``, of which the shorter ends the wait."""

    def test_a_timeout_is_not_overslept(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        began = datetime.now(UTC)
        assert end(timeout=0.5, poke_interval=300).kind == "AirflowSensorTimeout"
        assert datetime.now(UTC) - began < timedelta(seconds=60)

    @pytest.mark.parametrize("flags", [{}, {"soft_fail": True}, {"never_fail": True}, {"silent_fail": True}])
    def test_an_execution_timeout_that_strikes_in_a_call_is_never_skipped(self, dli, end, monkeypatch, flags):
        def strike(*_: Any) -> Any:
            raise AirflowTaskTimeout("Timeout")

        monkeypatch.setattr(client.DliClient, "show_flink_job", strike)
        assert end(**flags).kind == "AirflowTaskTimeout"

    @pytest.mark.parametrize("flags", [{}, {"soft_fail": True}, {"never_fail": True}, {"silent_fail": True}])
    def test_an_execution_timeout_that_is_shorter_ends_a_deferred_wait(self, dli, monkeypatch, flags):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        ending = run_to_the_end(
            "deferrable", monkeypatch, timeout=60, execution_timeout=timedelta(seconds=1), **flags
        )
        assert ending.kind == "AirflowTaskTimeout"
        assert "Flink job 104 (job_104) did not become job_running" in ending.text

    def test_an_execution_timeout_that_is_longer_changes_nothing(self, dli, end):
        dli.add_job(JOB, lifecycle=[("job_submitting", None)])
        ending = end(timeout=0.5, execution_timeout=timedelta(seconds=60))
        assert ending.kind == "AirflowSensorTimeout"


class TestJobName:
    def test_names_the_job(self, dli, end):
        dli.add_job(1, name="orders-2")
        dli.add_job(JOB, name="orders", lifecycle=[("job_submitting", QUICK), ("job_running", None)])
        ending = end(job_id=None, job_name="orders")
        assert ending.kind == "success", ending.error
        assert ending.value["job_id"] == JOB
        assert all(arguments["job_id"] == JOB for arguments in ending.arguments)

    def test_is_never_taken_for_an_id(self, dli, end):
        dli.add_job(1, name="104", lifecycle=[("job_running", None)])
        assert end(job_id="None", job_name="104").value["job_id"] == 1

    def test_that_no_job_has_ends_the_wait_at_once(self, dli, end):
        dli.add_job(1, name="orders-2")
        ending = end(job_id=None, job_name="orders", soft_fail=True)
        assert ending.kind == "DliNotFoundError"
        assert "orders" in ending.text

    def test_that_several_jobs_have_ends_the_wait_and_lists_them(self, dli, end):
        dli.add_job(1, name="orders")
        dli.add_job(2, name="orders")
        ending = end(job_id=None, job_name="orders")
        assert ending.kind == "DliError"
        assert "1, 2" in ending.text or "[1, 2]" in ending.text


class TestSubclassWithItsOwnPoke:
    def test_is_asked_on_the_worker_in_every_mode_and_may_answer_with_a_truth_value(self, dli, end):
        class Odd(DliFlinkJobSensor):
            asked = 0

            def poke(self, context: Any) -> bool:
                Odd.asked += 1
                return Odd.asked > 2

        ending = end(kind=Odd)
        assert ending.kind == "success", ending.error
        assert Odd.asked == 3
        assert not ending.events

    def test_may_build_on_the_sensor_s_poke(self, dli, end):
        class Picky(DliFlinkJobSensor):
            def poke(self, context: Any) -> Any:
                poked = super().poke(context)
                assert isinstance(poked, PokeReturnValue)
                return poked and poked.xcom_value["name"] == "orders" and poked

        dli.add_job(JOB, name="orders", lifecycle=[("job_submitting", QUICK), ("job_running", None)])
        ending = end(kind=Picky)
        assert ending.kind == "success", ending.error
        assert ending.value["name"] == "orders"


@pytest.mark.parametrize("last", ["job_running", "job_submit_fail"])
@pytest.mark.parametrize("text", ["cut \ud83d", "nul \0 nul"])
def test_no_text_of_a_job_is_refused_by_airflow_s_database(dli, end, last, text):
    dli.add_job(JOB, name="orders", lifecycle=[("job_submitting", QUICK), (last, None)], status_desc=text)
    ending = end()
    assert ending.kind == ("success" if last == "job_running" else "DliFlinkJobFailedError"), ending.error


@pytest.mark.parametrize("last", ["job_running", "job_submit_fail"])
def test_no_text_of_a_job_floods_or_forges_what_airflow_stores_and_shows(dli, end, last):
    name = "forged\nline \x1b[31m password=hunter2 \ud83d\0" + "x" * 1_000_000
    lifecycle = [("job_submitting", QUICK), (last, None)]
    dli.add_job(JOB, name=name, lifecycle=lifecycle, status_desc="password=hunter2\n\ud83d")
    ending = end()
    assert ending.kind == ("success" if last == "job_running" else "DliFlinkJobFailedError"), ending.error
    assert "hunter2" not in ending.shown
    assert len(ending.shown) < 20_000
    assert str(ending.error).isprintable()


def test_a_wait_runs_on_an_empty_context_as_in_a_unit_test(dli, end):
    dli.add_job(JOB, lifecycle=[("job_running" if end.mode == "poke" else "job_submitting", None)])
    mode = {"poke": {}, "reschedule": {"mode": "reschedule"}, "deferrable": {"deferrable": True}}[end.mode]
    made = DliFlinkJobSensor(task_id="wait", job_id=JOB, poke_interval=0.05, **mode)
    if end.mode == "poke":
        assert made.execute({})["status"] == "job_running"
    else:
        with pytest.raises((TaskDeferred, AirflowRescheduleException)):
            made.execute({})


def test_the_console_link_is_stored_once_in_each_process_that_reads_the_job(dli, end):
    dli.add_job(JOB, lifecycle=[("job_submitting", 0.3), ("job_running", None)])
    ending = end()
    assert ending.kind == "success", ending.error
    readers = len(ending.sensors) - len(ending.events)
    assert ending.pushed == ["dli_console_link"] * readers


@pytest.mark.parametrize("last", ["job_running", "job_submit_fail"])
def test_nothing_that_airflow_stores_or_shows_holds_a_secret_of_the_job(dli, end, last):
    dli.add_job(
        JOB,
        lifecycle=[("job_submitting", None)],
        sql_body="CREATE TABLE t (a INT) WITH ('connector' = 'jdbc', 'password' = 'hunter2')",
        entrypoint_args="--password hunter2",
        job_config={"runtime_config": '[{"key":"s3.secret","value":"hunter2"}]'},
    )
    with when(lambda: dli.requests, lambda: dli.job(JOB).set_status(last)):
        ending = end()
    assert ending.kind == ("success" if last == "job_running" else "DliFlinkJobFailedError")
    assert len(ending.arguments) == len(ending.events) == (1 if end.mode == "deferrable" else 0)
    assert "hunter2" in str(dli.jobs.detail(dli.job(JOB)))
    assert "hunter2" not in ending.shown
