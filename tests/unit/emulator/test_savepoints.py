"""How savepoints are made, imported and used up, and which ids are refused."""

from __future__ import annotations

import json

import pytest

RUNS = {"job_ids": [104]}
TRIGGER = {"action": "TRIGGER", "savepoint_path": "state/dir/"}
IMPORT = {"job_id": "104", "savepoint_path": "obs://state/dir/"}


class TestSavepoints:
    def test_savepoints_are_made_while_the_job_runs_on_as_it_would_have(self, api):
        api.emulator.add_job(104, [("job_running", 10), ("job_finish", None)])
        api.emulator.advance(4)
        answer = api.call("savepoint", TRIGGER, 104)
        assert json.loads(answer["message"]) == {
            "is_success": "true",
            "message": "api.msg.deal_savepoint_success",
        }
        assert api.statuses(2) == ["savepointing", "running"]
        assert api.show()["savepoint_path"] == "obs://state/dir/"
        assert api.statuses(4) == ["running"]
        assert api.statuses(3) == ["running", "finish"]

    @pytest.mark.parametrize("status", ["job_init", "job_submitting", "job_savepointing", "job_finish"])
    def test_savepoints_are_refused_unless_the_job_runs(self, api, status):
        api.add(status)
        assert api.refused("savepoint", TRIGGER, 104).code == "DLI.0007"

    @pytest.mark.parametrize(
        "wrong",
        [
            *({"action": None}, {"action": "trigger"}, {"savepoint_path": None}, {"savepoint_path": ""}),
            *({"savepoint_path": "obs://state/dir/"}, {"savepoint_path": 7}, {"more": 1}),
        ],
        ids=str,
    )
    def test_savepoints_are_refused_with_odd_arguments(self, api, wrong):
        api.add("job_running")
        assert api.refused("savepoint", {**TRIGGER, **wrong}, 104).code == "DLI.0001"

    @pytest.mark.parametrize("job_id", ["104", 104])
    def test_savepoints_are_imported_for_the_next_run(self, api, job_id):
        api.add()
        assert api.call("import_savepoint", {**IMPORT, "job_id": job_id}, 104)["is_success"] == "true"
        assert (api.show()["has_savepoint"], api.show()["savepoint_path"]) == (True, "obs://state/dir/")
        api.call("run", {**RUNS, "resume_savepoint": True})
        assert api.emulator.history(104)[-1].restored_from == "obs://state/dir/"

    def test_savepoints_are_not_restored_unless_asked_for(self, api):
        api.add(has_savepoint=True, savepoint_path="obs://state/dir/")
        assert api.show()["has_savepoint"] is True
        api.call("run", RUNS)
        assert api.emulator.history(104)[-1].restored_from is None
        assert api.show()["has_savepoint"] is False

    @pytest.mark.parametrize("status", ["job_running", "job_submitting", "job_canceling"])
    def test_savepoints_are_not_imported_while_the_job_runs(self, api, status):
        api.add(status)
        assert api.refused("import_savepoint", IMPORT, 104).code == "DLI.0007"

    @pytest.mark.parametrize(
        "wrong",
        [{"job_id": 105}, {"job_id": None}, {"job_id": True}, {"savepoint_path": "state/dir/"}],
        ids=str,
    )
    def test_savepoints_are_not_imported_with_odd_arguments(self, api, wrong):
        api.add()
        assert api.refused("import_savepoint", {**IMPORT, **wrong}, 104).code == "DLI.0001"

    def test_savepoints_can_be_hidden(self, api):
        api.behaviour.shows_savepoints = False
        job = api.add(has_savepoint=True)
        assert not {"has_savepoint", "savepoint_path"} & api.show().keys()
        assert job.savepoint == "obs://emulated/savepoint/"

    def test_savepoints_can_be_said_to_be_gone(self, api):
        job = api.add(savepoint_path="obs://state/dir/")
        job.update(has_savepoint=False)
        assert job.savepoint is None
        assert api.show()["has_savepoint"] is False


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("show", None),
        ("execution_graph", None),
        ("update_sql", {"desc": "x"}),
        ("update_jar", {"desc": "x"}),
        ("delete", None),
        ("savepoint", TRIGGER),
        ("import_savepoint", IMPORT),
    ],
)
@pytest.mark.parametrize(("job_id", "code"), [(999, "DLI.16001"), ("x", "DLI.0001"), ("9" * 20, "DLI.0001")])
def test_an_id_that_no_job_has_is_refused(api, operation, body, job_id, code):
    assert api.refused(operation, body, job_id).code == code
