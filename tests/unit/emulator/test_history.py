"""What the emulator remembers of writes, what Flink tells of a job, and what can be said of the service."""

from __future__ import annotations

import pytest

SQL = {"name": "orders", "sql_body": "INSERT INTO lake SELECT 1", "queue_name": "etl"}
JAR = {"name": "orders", "entrypoint": "obs://jars/orders.jar", "main_class": "Main", "queue_name": "etl"}


class TestTheHistory:
    def test_the_history_has_what_was_accepted_in_its_order_also_of_a_job_that_is_gone(self, api):
        job_id = api.call("create_sql", {**SQL, "sql_body": "PASSWORD 'x'"})["job"]["job_id"]
        api.refused("create_sql", SQL)
        api.call("update_sql", {"cu_number": 4}, job_id)
        api.call("run", {"job_ids": [job_id]})
        api.emulator.advance(3)
        api.call("stop", {"job_ids": [job_id], "trigger_savepoint": True})
        api.call("delete", job_id=job_id)
        writes = api.emulator.history(job_id)
        assert [write.operation for write in writes] == ["create_sql", "update_sql", "run", "stop", "delete"]
        assert [dict(write.arguments) for write in writes[1:4]] == [
            *({"cu_number": 4}, {}, {"trigger_savepoint": True})
        ]
        assert writes[3].at - writes[2].at == 3
        assert api.emulator.history() == writes
        assert api.emulator.history(105) == []

    def test_the_history_does_not_print_what_was_written(self, api):
        api.call("create_sql", {**SQL, "sql_body": "PASSWORD 'x'"})
        assert "PASSWORD" not in repr(api.emulator.history())


class TestReads:
    def test_the_graph_of_a_running_job_has_the_shape_of_flink(self, api):
        api.add("job_running", name="orders", job_config={"parallel_number": 4})
        graph = api.call("execution_graph", job_id=104)["execute_graph"]
        assert len(graph["jid"]) == 32
        assert (graph["name"], graph["state"], graph["end-time"]) == ("orders", "RUNNING", -1)
        assert [vertex["parallelism"] for vertex in graph["vertices"]] == [4, 4]
        source, sink = graph["plan"]["nodes"]
        assert sink["inputs"][0]["id"] == source["id"] == graph["vertices"][0]["id"]

    def test_a_job_that_does_not_run_has_no_graph(self, api):
        api.add()
        assert api.refused("execution_graph", job_id=104).code == "DLI.0007"

    def test_metrics_leave_out_jobs_that_there_are_not(self, api):
        api.add("job_running")
        api.emulator.add_job(105, status="job_finish")
        jobs = api.call("metrics", {"job_ids": [104, 105, 999]})["metrics"]["jobs"]
        assert [(job["job_id"], job["metrics"]["total_read_rate"]) for job in jobs] == [(104, 100), (105, 0)]


class TestTheTimeOfAnUpdate:
    def test_the_update_time_is_that_of_an_edit(self, api):
        job = api.add("job_running")
        created = api.show()["update_time"]
        api.emulator.advance(60)
        job.set_status("job_finish")
        assert api.show()["update_time"] == created
        job.set_status("job_running_exception", "OOM")
        assert api.show()["update_time"] == created
        job.update(desc="edited")
        assert api.show()["update_time"] == created + 60_000

    def test_the_update_time_may_be_given_until_the_next_edit(self, api):
        api.add("job_init", update_time=1)
        assert api.show()["update_time"] == 1
        api.emulator.advance(60)
        answer = api.call("update_jar", {"desc": "edited"}, 104)
        assert answer["job"]["update_time"] == api.show()["update_time"] == api.show()["create_time"] + 60_000

    def test_the_update_time_can_follow_the_status(self, api):
        api.behaviour.update_time_follows_status = True
        api.emulator.add_job(104, [("job_submitting", 60), ("job_running", None)])
        created = api.show()["update_time"]
        api.emulator.advance(100)
        assert api.show()["update_time"] == created + 60_000


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("run_dealy", 1, AttributeError, "run_dealy is no behaviour: there are boolean_success, stop_answer"),
        ("stop_answer", "list", ValueError, "stop_answer must be one of each, one, object, and not 'list'"),
        ("run", [("job_runing", None)], ValueError, "did you mean 'job_running'"),
        ("stop", [], ValueError, "lifecycle is empty"),
    ],
)
def test_a_behaviour_that_can_not_be_is_refused(dli, name, value, error, message):
    with pytest.raises(error, match=message):
        setattr(dli.behaviour, name, value)


def test_a_run_that_can_not_be_is_refused(dli):
    with pytest.raises(ValueError, match="job 104: lifecycle, step 1: 'job_finished'"):
        dli.add_job(104).set_run([("job_finished", None)])
