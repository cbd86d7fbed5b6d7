"""How jobs are run, stopped and deleted: what is accepted in which status, and what becomes of a job."""

from __future__ import annotations

import pytest

RUNS = {"job_ids": [104]}


class TestRun:
    def test_a_run_shows_the_old_status_for_a_while(self, api):
        api.add("job_cancel_success")
        assert api.call("run", RUNS) == [{"is_success": "true", "message": "The job is submitted."}]
        assert api.statuses(6) == ["cancel_success", "submitting", "running"]

    def test_a_run_goes_as_the_job_was_told_and_says_why_it_failed(self, api):
        job = api.add()
        job.set_run([("job_submitting", 1), ("job_submit_fail", None)], "no CUs left")
        api.call("run", RUNS)
        assert api.statuses(4) == ["init", "submitting", "submit_fail"]
        assert api.show()["status_desc"] == "no CUs left"
        job.set_run([("job_running", None)])
        api.call("run", RUNS)
        api.emulator.advance(2)
        assert (api.show()["status"], api.show()["status_desc"]) == ("job_running", "")

    def test_a_run_has_a_start_of_its_own_though_another_was_given(self, api):
        api.add("job_cancel_success", start_time=1)
        created = api.show()["create_time"]
        api.emulator.advance(10)
        api.call("run", RUNS)
        seen = []
        for _ in range(5):
            seen.append(api.show()["start_time"])
            api.emulator.advance(1)
        assert seen == [1, 1, 1, created + 13_000, created + 13_000]

    @pytest.mark.parametrize("given", [{}, {"start_time": 1}])
    def test_a_run_may_move_the_start_before_the_status(self, api, given):
        api.behaviour.start_time_at_acceptance = True
        api.add("job_cancel_success", **given)
        created = api.show()["create_time"]
        api.emulator.advance(10)
        api.call("run", RUNS)
        assert (api.show()["status"], api.show()["start_time"]) == ("job_cancel_success", created + 10_000)

    def test_a_run_goes_as_all_jobs_were_told(self, api):
        api.behaviour.run_delay = 0
        api.behaviour.run = [("job_running", 2), ("job_finish", None)]
        api.add()
        api.call("run", RUNS)
        assert api.statuses(4) == ["running", "finish"]

    @pytest.mark.parametrize(
        "status",
        ["job_submitting", "job_running", "job_savepointing", "job_canceling", "job_cancel_fail", "job_idle"],
    )
    def test_a_run_of_a_job_that_runs_is_refused_with_an_array(self, api, status):
        api.add(status)
        refusal = api.refused("run", RUNS)
        assert (refusal.code, refusal.as_array) == ("DLI.0007", True)

    def test_a_run_is_not_accepted_twice_though_the_old_status_still_shows(self, api):
        api.add("job_finish")
        api.call("run", RUNS)
        assert api.show()["status"] == "job_finish"
        assert api.refused("run", RUNS).code == "DLI.0007"

    def test_a_run_without_a_queue_is_refused_with_an_array(self, api):
        job_id = api.call("create_sql", {"name": "orders"})["job"]["job_id"]
        refusal = api.refused("run", {"job_ids": [job_id]})
        assert (refusal.code, refusal.as_array) == ("DLI.13024", True)

    def test_a_run_of_a_job_in_arrears_is_refused(self, api):
        api.add("job_arrearage_stopped")
        assert api.refused("run", RUNS).code == "DLI.0007"

    def test_a_run_of_several_is_refused_as_a_whole(self, api):
        api.add()
        assert api.refused("run", {"job_ids": [104, 999]}).code == "DLI.16001"
        assert api.statuses(3) == ["init"]

    @pytest.mark.parametrize(
        "body",
        [
            *({"job_ids": ids} for ids in ([], "104", 104, ["104"], [True], [0], [-1], [104, 104], [2**63])),
            *({}, {**RUNS, "resume_savepoint": "true"}, {**RUNS, "job_id": 104}),
        ],
        ids=str,
    )
    def test_a_run_with_odd_arguments_is_refused(self, api, body):
        api.add()
        assert api.refused("run", body).code == "DLI.0001"

    def test_a_run_of_a_jar_job_with_checkpoints_fills_in_their_path(self, api):
        api.add(job_config={"checkpoint_enabled": True, "obs_bucket": "state"})
        api.call("run", RUNS)
        assert api.show()["job_config"]["checkpoint_path"] == "state/jobs/checkpoint/104"


class TestStop:
    def test_a_stop_passes_through_canceling(self, api):
        api.add("job_running")
        assert api.call("stop", RUNS) == [{"is_success": "true", "message": "The job is being stopped."}]
        assert api.statuses(3) == ["canceling", "cancel_success"]
        assert "has_savepoint" not in api.show()

    def test_a_stop_with_a_savepoint_leaves_one_that_the_next_run_uses_up(self, api):
        api.add("job_running", job_config={"obs_bucket": "state"})
        api.call("stop", {**RUNS, "trigger_savepoint": True})
        assert api.show()["has_savepoint"] is False
        assert api.statuses(4) == ["savepointing", "canceling", "cancel_success"]
        path = api.show()["savepoint_path"]
        assert path == "obs://state/jobs/savepoint/104/2023-11-14_22-13-20/"
        api.call("run", {**RUNS, "resume_savepoint": True})
        assert [write.restored_from for write in api.emulator.history(104)] == [None, path]
        assert (api.show()["has_savepoint"], api.show()["savepoint_path"]) == (False, None)

    def test_a_stop_with_a_savepoint_and_no_bucket_loses_the_state(self, api):
        api.add("job_running")
        api.call("stop", {**RUNS, "trigger_savepoint": True})
        assert api.statuses(3) == ["canceling", "cancel_success"]
        assert "has_savepoint" not in api.show()

    def test_a_stop_may_fail_after_a_while_and_be_repeated(self, api):
        api.behaviour.stop_delay = 1
        api.behaviour.stop = [("job_canceling", 1), ("job_cancel_fail", None)]
        api.add("job_running")
        api.call("stop", RUNS)
        assert api.statuses(4) == ["running", "canceling", "cancel_fail"]
        api.behaviour.stop = [("job_cancel_success", None)]
        api.call("stop", RUNS)
        assert api.statuses(3) == ["cancel_fail", "cancel_success"]

    def test_a_stop_of_an_accepted_run_that_does_not_show_yet_is_accepted(self, api):
        api.add()
        api.call("run", RUNS)
        api.call("stop", RUNS)
        assert api.statuses(5) == ["canceling", "cancel_success"]

    @pytest.mark.parametrize(
        "status",
        [
            *("job_init", "job_submit_fail", "job_running_exception", "job_canceling", "job_cancel_success"),
            *("job_arrearage_stopped", "job_finish"),
        ],
    )
    def test_a_stop_of_a_job_that_does_not_run_is_refused(self, api, status):
        api.add(status)
        assert api.refused("stop", RUNS).code == "DLI.0007"

    @pytest.mark.parametrize(("form", "shape"), [("each", [1, 1]), ("one", [1]), ("object", 1)])
    def test_a_stop_answers_in_three_forms(self, api, form, shape):
        api.behaviour.stop_answer = form
        for job_id in (104, 105):
            api.emulator.add_job(job_id, status="job_running")
        done = {"is_success": "true", "message": "The job is being stopped."}
        expected = [done for _ in shape] if isinstance(shape, list) else done
        assert api.call("stop", {"job_ids": [104, 105]}) == expected

    def test_a_stop_that_crashes_in_its_savepoint_leaves_none(self, api):
        job = api.add("job_running", job_config={"obs_bucket": "state"})
        api.call("stop", {**RUNS, "trigger_savepoint": True})
        job.set_status("job_running_exception")
        api.emulator.advance(60)
        assert job.savepoint is None


class TestDelete:
    @pytest.mark.parametrize("status", ["job_init", "job_running", "job_canceling", "job_finish"])
    def test_a_delete_takes_any_status(self, api, status):
        api.add(status)
        assert api.call("delete", job_id=104) == {"is_success": "true", "message": "The job is deleted."}
        assert api.refused("delete", job_id=104).code == "DLI.16001"

    def test_a_delete_of_several_answers_an_array_and_is_refused_as_a_whole(self, api):
        for job_id in (104, 105):
            api.emulator.add_job(job_id)
        assert api.refused("delete_batch", {"job_ids": [104, 999]}).code == "DLI.16001"
        assert len(api.call("delete_batch", {"job_ids": [104, 105]})) == 2
        assert len(api.emulator.jobs) == 0
