"""What an emulated job is made of, what is refused, and how its status moves on."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dli_provider.emulator import DliEmulator, EmulatedJob
from dli_provider.flink.status import FlinkJobStatus

LIFE = [("job_submitting", 2.0), ("job_running", 5.0), ("job_finish", None)]


def shown(dli: DliEmulator, job: EmulatedJob) -> dict[str, Any]:
    return dli.jobs.detail(job)


def brief(dli: DliEmulator, job_id: int = 104) -> dict[str, Any]:
    _, items = dli.jobs.items({}, offset=0, limit=100, newest_first=True, show_detail=False)
    return next(item for item in items if item["job_id"] == job_id)


class TestAStatus:
    def test_a_status_lasts_for_ever_until_another_is_set(self, dli):
        job = dli.add_job(104, status="job_submit_fail", status_desc="no CUs left")
        assert (shown(dli, job)["status"], shown(dli, job)["status_desc"]) == (
            "job_submit_fail",
            "no CUs left",
        )
        job.set_status("job_running")
        assert shown(dli, job)["status"] == "job_running"

    def test_a_status_and_a_lifecycle_exclude_each_other(self, dli):
        with pytest.raises(ValueError, match="job 104: give status or lifecycle, not both"):
            dli.add_job(104, [("job_running", None)], status="job_running")

    def test_a_status_is_set_by_an_update_too_and_moves_on_after_it(self, dli, clock):
        job = dli.add_job(104, status="job_submitting")
        job.update(status="job_running_exception", status_desc="OOM", name="orders")
        detail = shown(dli, job)
        assert [detail[name] for name in ("status", "status_desc", "name")] == [
            *("job_running_exception", "OOM", "orders")
        ]
        job.set_lifecycle([("job_submitting", 1), ("job_running", None)])
        clock.advance(1)
        assert shown(dli, job)["status"] == "job_running"

    def test_a_status_has_its_own_description_or_none(self, dli):
        job = dli.add_job(104, status="job_submit_fail", status_desc="no CUs left")
        job.set_status("job_submit_fail")
        assert shown(dli, job)["status_desc"] == "no CUs left"
        job.set_status("job_running")
        assert shown(dli, job)["status_desc"] == ""
        job.set_status("job_running_exception", "OOM")
        assert shown(dli, job)["status_desc"] == "OOM"
        job.set_lifecycle([("job_submitting", 1), ("job_running", None)])
        assert shown(dli, job)["status_desc"] == ""

    def test_a_status_keeps_the_description_it_was_added_with_through_its_life(self, dli, clock):
        job = dli.add_job(104, LIFE, status_desc="as added")
        clock.advance(10)
        assert (shown(dli, job)["status"], shown(dli, job)["status_desc"]) == ("job_finish", "as added")

    @pytest.mark.parametrize("text", ["job_new", "job_hibernating", FlinkJobStatus("job_runing")])
    def test_a_status_that_nobody_knows_yet_can_be_meant(self, dli, text):
        assert shown(dli, dli.add_job(104, status=text))["status"] == text
        assert shown(dli, dli.add_job(105, [(text, None)]))["status"] == text

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("job_runing", "did you mean 'job_running'? To emulate an unknown status of this name"),
            ("job_finished", "did you mean 'job_finish'?"),
            ("job_cancelled", "did you mean 'job_cancel"),
            ("RUNNING", "DLI has job_init, job_submitting"),
            ("", "DLI has job_init"),
            (7, "7 is no status"),
        ],
    )
    def test_a_status_that_is_misspelt_is_refused_with_a_suggestion(self, dli, text, hint):
        job = dli.add_job(104, status="job_running")
        for refused, place in (
            (lambda: dli.add_job(105, status=text), "job 105: "),
            (lambda: dli.add_job(105, [("job_running", 1), (text, None)]), "job 105: lifecycle, step 2: "),
            (lambda: job.set_status(text), "job 104: "),
            (lambda: job.set_lifecycle([(text, None)]), "job 104: lifecycle, step 1: "),
            (lambda: job.update(status=text, name="changed"), "job 104: "),
        ):
            with pytest.raises(ValueError, match=f"^{place}.*{re.escape(hint)}"):
                refused()
        assert (job.status, shown(dli, job)["name"], len(dli.jobs)) == ("job_running", "job_104", 1)

    def test_a_status_can_not_be_set_to_nothing(self, dli):
        with pytest.raises(ValueError, match="None is no status"):
            dli.add_job(104).set_status(None)


class TestALifecycle:
    def test_a_lifecycle_moves_on_with_time(self, dli, clock):
        job = dli.add_job(104, LIFE)
        seen = []
        for _ in range(8):
            seen.append(job.status)
            clock.advance(1)
        assert seen == ["job_submitting"] * 2 + ["job_running"] * 5 + ["job_finish"]

    def test_a_job_without_a_lifecycle_is_submitting_and_then_running(self, dli, clock):
        job = dli.add_job(104)
        assert job.status == "job_submitting"
        clock.advance(2)
        assert job.status == "job_running"

    def test_a_lifecycle_takes_timedeltas_and_pairs_as_json_has_them(self, dli, clock):
        job = dli.add_job(104, [["job_submitting", timedelta(minutes=1)], ("job_running", None)])
        clock.advance(59)
        assert job.status == "job_submitting"
        clock.advance(1)
        assert job.status == "job_running"

    @pytest.mark.parametrize(
        ("lifecycle", "message"),
        [
            ([], "lifecycle is empty: it takes one or more pairs"),
            (
                "job_running",
                "lifecycle must be a list of pairs of a status and its seconds.*not 'job_running'",
            ),
            ({"job_running": None}, "lifecycle must be a list"),
            (5, "lifecycle must be a list.*not 5"),
            (["job_running"], "lifecycle, step 1 must be one of pairs.*and not 'job_running'"),
            ([("job_init", 1), ("job_running",)], "lifecycle, step 2 must be one of pairs"),
            ([("job_init", -1)], "lifecycle, step 1: the time it lasts must be a number of seconds from 0"),
            ([("job_init", timedelta(seconds=-1))], "lifecycle, step 1: the time it lasts"),
            ([("job_init", float("nan"))], "the time it lasts.*nan"),
            ([("job_init", float("inf"))], "the time it lasts.*inf"),
            ([("job_init", 10**400)], "the time it lasts"),
            ([("job_init", True)], "the time it lasts.*True"),
            ([("job_init", "2")], "the time it lasts.*'2'"),
            ([("job_running", None), ("job_finish", None)], r"step 1: job_running lasts forever \(None\)"),
        ],
    )
    def test_a_lifecycle_that_can_not_be_is_refused_with_the_step(self, dli, lifecycle, message):
        job = dli.add_job(104)
        with pytest.raises(ValueError, match=f"job 105: .*{message}"):
            dli.add_job(105, lifecycle)
        with pytest.raises(ValueError, match=f"job 104: .*{message}"):
            job.set_lifecycle(lifecycle)


class TestALifeThatBeginsWhenItIsFirstRead:
    def test_a_life_that_waits_holds_its_first_status_until_it_is_read(self, dli, clock):
        job = dli.add_job(104, LIFE, begins="first_read")
        clock.advance(100)
        assert job.status == "job_submitting"
        job.begin(shown=True)
        clock.advance(1.9)
        assert job.status == "job_submitting"
        job.begin(shown=True)
        clock.advance(0.1)
        assert job.status == "job_running"

    def test_a_life_that_waits_starts_when_it_is_read_and_was_created_before(self, dli, clock):
        job = dli.add_job(104, [("job_running", 5), ("job_finish", None)], begins="first_read")
        created = int(clock.time() * 1000)
        clock.advance(100)
        job.begin(shown=True)
        detail = shown(dli, job)
        assert [detail[name] - created for name in ("create_time", "update_time", "start_time")] == [
            *(0, 0, 100_000)
        ]

    def test_a_list_begins_a_life_that_waits_for_the_first_reading(self, dli, clock):
        dli.add_job(104, LIFE, begins="first_read")
        found = []
        for _ in range(3):
            page = {"offset": 0, "limit": 10, "newest_first": True, "show_detail": False}
            found.append(dli.jobs.items({"status": "job_running"}, **page)[0])
            clock.advance(1)
        assert found == [0, 0, 1]

    def test_a_life_that_waits_to_be_shown_is_not_begun_by_a_list(self, dli, clock):
        job = dli.add_job(104, LIFE, begins="first_show")
        dli.jobs.items({}, offset=0, limit=10, newest_first=True, show_detail=True)
        clock.advance(100)
        assert job.status == "job_submitting"
        job.begin(shown=True)
        clock.advance(100)
        assert job.status != "job_submitting"

    def test_a_job_can_be_given_another_life_that_waits(self, dli, clock):
        job = dli.add_job(104, status="job_running")
        job.set_lifecycle([("job_submitting", 2), ("job_running", None)], begins="first_show")
        clock.advance(100)
        assert job.status == "job_submitting"
        job.begin(shown=True)
        clock.advance(2)
        assert job.status == "job_running"

    def test_a_life_that_waits_is_over_when_another_is_set(self, dli, clock):
        job = dli.add_job(104, LIFE, begins="first_read")
        job.set_lifecycle([("job_running", 1), ("job_finish", None)])
        clock.advance(1)
        assert job.status == "job_finish"

    def test_a_life_begins_now_or_when_it_is_read(self, dli):
        with pytest.raises(
            ValueError, match="job 104: begins must be 'now', 'first_read' or 'first_show', and not 'later'"
        ):
            dli.add_job(104, begins="later")


class TestAnId:
    def test_an_id_may_be_text_of_digits(self, dli):
        job = dli.add_job("106")
        assert job.job_id == 106
        assert dli.job(106) is dli.job("106") is job
        dli.remove_job("106")
        assert len(dli.jobs) == 0

    @pytest.mark.parametrize("job_id", [-1, 0, 2**70, None, True, 1.5, "", "10a", [104]])
    def test_an_id_that_is_none_is_refused(self, dli, job_id):
        with pytest.raises(ValueError, match="job_id must"):
            dli.add_job(job_id)
        assert len(dli.jobs) == 0

    def test_an_id_that_no_job_has_is_said(self, dli):
        dli.add_job(104)
        for ask in (dli.job, dli.remove_job):
            with pytest.raises(KeyError, match=r"There is no job 105; there are \[104\]"):
                ask(105)


class TestDetails:
    @pytest.mark.parametrize(
        ("detail", "message"),
        [
            (
                {"lifecycle": [("job_running", None)]},
                "lifecycle is no field to be given: set_lifecycle changes",
            ),
            ({"job_id": 5}, "job_id is no field to be given: a job keeps its id"),
            ({"begins": "now"}, "begins is no field to be given"),
            ({"job_config": None}, "job_config must be a mapping, and not None"),
            ({"job_config": [1]}, r"job_config must be a mapping, and not \[1\]"),
            (
                {"job_config": {"dependency_jars": {1, 2}}},
                "job_config can't be part of an answer in JSON: .*set",
            ),
            ({"user_name": object()}, "user_name can't be part of an answer in JSON: .*object"),
            ({"duration": float("nan")}, "duration can't be part of an answer in JSON"),
            ({"create_time": datetime(2024, 1, 2)}, "create_time 2024-01-02 00:00:00 has no time zone"),  # noqa: DTZ001
            ({"create_time": date(2024, 1, 2)}, "create_time can't be part of an answer in JSON"),
        ],
    )
    def test_details_that_can_not_be_answered_are_refused_and_change_nothing(self, dli, detail, message):
        job = dli.add_job(104, status="job_running")
        before = shown(dli, job)
        with pytest.raises(ValueError, match=f"job 104: {message}"):
            job.update(status="job_finish", name="changed", **detail)
        assert shown(dli, job) == before
        with pytest.raises(ValueError, match=f"job 105: {message}"):
            EmulatedJob(105, None, detail)

    def test_details_take_a_time_as_a_datetime(self, dli):
        job = dli.add_job(104, create_time=datetime(2024, 1, 2, 3, 4, 5, 678000, UTC))
        assert shown(dli, job)["create_time"] == 1704164645678

    def test_details_may_hold_odd_values(self, dli):
        job = dli.add_job(104, create_time=["not", "a", "time"], job_config={"cu_number": "many"})
        assert shown(dli, job)["create_time"] == ["not", "a", "time"]
        assert shown(dli, job)["job_config"]["cu_number"] == "many"
        assert brief(dli)["create_time"] == ["not", "a", "time"]

    @pytest.mark.parametrize(
        ("detail", "hint"),
        [
            ({"nmae": "x"}, "nmae is no field of job_detail; did you mean 'name'? To emulate what DLI may"),
            ({"queue": "etl"}, "queue is no field of job_detail; did you mean 'queue_name'?"),
            ({"zzz": 1}, "zzz is no field of job_detail. To emulate what DLI may introduce some day, put it"),
            ({"parallel_number": 4}, "parallel_number is a field of job_config: give job_config={'parallel_"),
            ({"job_config": {"paralel_number": 4}}, "paralel_number is no field of job_config; did you mean"),
            (
                {"job_type": "flink_jar"},
                "job_type 'flink_jar' is unknown: DLI has flink_jar_job, flink_",
            ),
            ({"job_type": 7}, "job_type 7 is unknown: DLI has flink_jar_job, flink_"),
        ],
    )
    def test_details_that_are_misspelt_are_refused_with_a_suggestion(self, dli, detail, hint):
        job = dli.add_job(104)
        for refused, place in (
            (lambda: dli.add_job(105, **detail), 105),
            (lambda: job.update(**detail), 104),
        ):
            with pytest.raises(ValueError, match=f"^job {place}: {re.escape(hint)}"):
                refused()
        assert len(dli.jobs) == 1

    def test_details_that_dli_does_not_have_yet_are_extra(self, dli):
        odd = {"owner": "ada", "job_type": "flink_python_job", "job_config": {"gpu_number": 1}}
        job = dli.add_job(104, job_config={"cu_number": 4}, extra=odd)
        job.update(extra={"status_desc": None, "job_config": {"gpu_number": 2}})
        detail = shown(dli, job)
        assert (detail["owner"], detail["job_type"], detail["status_desc"]) == (
            "ada",
            "flink_python_job",
            None,
        )
        assert (detail["job_config"]["cu_number"], detail["job_config"]["gpu_number"]) == (4, 2)

    def test_details_are_copied(self, dli):
        jars = ["a.jar"]
        job = dli.add_job(104, job_config={"dependency_jars": jars})
        jars.append("b.jar")
        assert shown(dli, job)["job_config"]["dependency_jars"] == ["a.jar"]

    def test_a_configuration_is_laid_over_the_present_one(self, dli):
        job = dli.add_job(104, job_config={"parallel_number": 4})
        job.update(job_config={"cu_number": 9})
        config = shown(dli, job)["job_config"]
        assert (config["parallel_number"], config["cu_number"], config["checkpoint_interval"]) == (4, 9, 10)


class TestTimes:
    def test_times_of_a_run_are_from_its_start_to_its_end(self, dli, clock):
        dli.add_job(104, [("job_submitting", 2), ("job_running", 5), ("job_finish", None)])
        durations = []
        for _ in range(10):
            durations.append(brief(dli)["duration"])
            clock.advance(1)
        assert durations == [0, 0, 0, 1000, 2000, 3000, 4000, 5000, 5000, 5000]

    def test_times_of_the_next_run_are_its_own(self, dli, clock):
        job = dli.add_job(104, [("job_running", 5), ("job_running_exception", None)])
        clock.advance(10)
        assert brief(dli)["duration"] == 5000
        job.set_lifecycle([("job_submitting", 1), ("job_running", None)])
        assert brief(dli)["duration"] == 5000
        clock.advance(4)
        assert brief(dli)["duration"] == 3000
        assert brief(dli)["start_time"] == int((clock.time() - 3) * 1000)

    def test_times_of_a_stop_and_a_savepoint_belong_to_the_run(self, dli, clock):
        dli.add_job(
            104,
            [("job_running", 1), ("job_savepointing", 1), ("job_canceling", 1), ("job_cancel_success", None)],
        )
        clock.advance(60)
        assert brief(dli)["duration"] == 3000

    def test_times_are_none_for_a_job_that_never_ran(self, dli, clock):
        job = dli.add_job(104, [("job_submitting", 1), ("job_submit_fail", None)])
        clock.advance(60)
        assert (shown(dli, job)["start_time"], brief(dli)["start_time"], brief(dli)["duration"]) == (
            None,
            0,
            0,
        )

    @pytest.mark.parametrize(
        "status", ["job_finish", "job_running_exception", "job_arrearage_stopped", "job_savepointing"]
    )
    def test_times_of_a_start_stand_with_a_job_that_must_have_run(self, dli, clock, status):
        job = dli.add_job(104, status=status)
        assert shown(dli, job)["start_time"] == int(clock.time() * 1000)

    def test_times_can_be_given(self, dli, clock):
        an_hour_ago = int((clock.time() - 3600) * 1000)
        dli.add_job(104, status="job_cancel_success", start_time=an_hour_ago)
        clock.advance(60)
        assert (brief(dli)["start_time"], brief(dli)["duration"]) == (an_hour_ago, 3_600_000)


class TestTheList:
    def found(self, dli, **filters: str) -> list[int]:
        page = {"offset": 0, "limit": 100, "newest_first": False, "show_detail": False}
        return [item["job_id"] for item in dli.jobs.items(filters, **page)[1]]

    def test_the_list_is_in_the_order_of_creation(self, dli, clock):
        for job_id in (3, 1, 2):
            dli.add_job(job_id)
        dli.add_job(9, create_time=int(clock.time() * 1000) - 1)
        dli.add_job(8, create_time=datetime(2100, 1, 1, tzinfo=UTC))
        clock.advance(1)
        dli.add_job(1)
        assert self.found(dli) == [9, 3, 2, 1, 8]

    def test_the_list_shows_the_children_of_an_edge_job_when_it_is_asked_for_them(self, dli):
        dli.add_job(10, job_type="flink_sql_edge_job")
        dli.add_job(11, job_type="flink_sql_edge_job", root_id=10)
        dli.add_job(12, job_type="flink_sql_edge_job", job_config={"root_id": 10})
        dli.add_job(13, root_id=99)
        assert self.found(dli) == [10, 13]
        assert self.found(dli, root_job_id="10") == [11, 12]
        assert self.found(dli, root_job_id="99", job_type="flink_jar_job") == [13]

    def test_the_list_and_the_detail_name_the_same_parent(self, dli):
        job = dli.add_job(13, root_id=99)
        assert (brief(dli, 13)["root_id"], shown(dli, job)["job_config"]["root_id"]) == (99, 99)

    @pytest.mark.parametrize(
        "tags",
        [
            {"team": "ads", "tier": "1"},
            [{"key": "team", "value": "ads"}, {"key": "tier", "value": "1"}],
            ["team=ads", "tier=1"],
            "team=ads,tier=1",
        ],
    )
    def test_the_list_finds_jobs_by_tags_however_they_were_given(self, dli, tags):
        dli.add_job(104, tags=tags)
        assert self.found(dli, tags="team=ads") == self.found(dli, tags="tier=1,team=ads") == [104]
        assert self.found(dli, tags="team=ads,tier=2") == []

    def test_the_list_finds_the_jobs_of_a_user_whose_name_it_shows(self, dli):
        job = dli.add_job(104, user_name="ada")
        dli.add_job(105)
        assert self.found(dli, user_name="ada") == [104]
        assert (brief(dli)["user_name"], brief(dli, 105)["user_name"]) == ("ada", "")
        assert "user_name" not in shown(dli, job)
