"""How jobs are created and updated, what is refused, and by which code."""

from __future__ import annotations

import pytest

SQL = {"name": "orders", "sql_body": "INSERT INTO lake SELECT 1", "queue_name": "etl"}
JAR = {"name": "orders", "entrypoint": "obs://jars/orders.jar", "main_class": "Main", "queue_name": "etl"}
RUNS = {"job_ids": [104]}


class TestCreate:
    def test_a_sql_job_is_a_draft_with_an_id_of_more_than_32_bits(self, api):
        answer = api.call("create_sql", SQL)
        assert answer["is_success"] == "true"
        assert answer["job"] == {"job_id": 2**31 + 1, "status_name": "job_init", "status_desc": ""}
        detail = api.show(2**31 + 1)
        assert {name: detail[name] for name in SQL} == SQL
        assert (detail["job_type"], detail["run_mode"], detail["start_time"]) == (
            *("flink_sql_job", "shared_cluster"),
            None,
        )

    def test_a_jar_job_shows_what_the_service_gives_it(self, api):
        job_id = api.call("create_jar", JAR)["job"]["job_id"]
        detail = api.show(job_id)
        config = detail["job_config"]
        assert (detail["job_type"], detail["main_class"], config["entrypoint"]) == (
            *("flink_jar_job", "Main"),
            "obs://jars/orders.jar",
        )
        assert (config["checkpoint_interval"], config["resume_max_num"]) == (30, -1)
        assert config["resource_config_version"] == "v1"
        assert config["resource_config"]["taskmanager_resource_spec"] == {"cpu": 1, "memory": "4G"}

    @pytest.mark.parametrize(("number", "text"), [(1, "exactly_once"), (2, "at_least_once")])
    def test_a_checkpoint_mode_is_sent_as_a_number_and_read_as_a_text(self, api, number, text):
        job_id = api.call("create_sql", {**SQL, "checkpoint_mode": number})["job"]["job_id"]
        assert api.show(job_id)["job_config"]["checkpoint_mode"] == text

    def test_nulls_count_as_left_out(self, api):
        job_id = api.call("create_sql", {**SQL, "desc": None, "checkpoint_mode": None})["job"]["job_id"]
        assert api.show(job_id)["desc"] == ""

    def test_a_memory_size_is_read_with_a_short_unit(self, api):
        spec = {"taskmanager_resource_spec": {"cpu": 2.0, "memory": "8 GB"}}
        body = {**JAR, "resource_config_version": "v2", "resource_config": spec}
        job_id = api.call("create_jar", body)["job"]["job_id"]
        shown = api.show(job_id)["job_config"]["resource_config"]
        assert shown == {"taskmanager_resource_spec": {"cpu": 2.0, "memory": "8G"}}

    @pytest.mark.parametrize("path", ["obs://state/orders", "state/orders", "orders", "/orders"])
    def test_a_checkpoint_path_is_read_with_its_bucket(self, api, path):
        job_id = api.call("create_jar", {**JAR, "obs_bucket": "state", "checkpoint_path": path})["job"][
            "job_id"
        ]
        assert api.show(job_id)["job_config"]["checkpoint_path"] == "state/orders"

    def test_a_created_job_is_found_by_its_tags(self, api):
        job_id = api.call("create_sql", {**SQL, "tags": [{"key": "team", "value": "ads"}]})["job"]["job_id"]
        page = {"offset": 0, "limit": 10, "newest_first": True, "show_detail": False}
        assert [job["job_id"] for job in api.emulator.jobs.items({"tags": "team=ads"}, **page)[1]] == [job_id]

    def test_an_id_is_never_used_again(self, api):
        first = api.call("create_sql", SQL)["job"]["job_id"]
        api.call("delete", job_id=first)
        api.emulator.add_job(first + 1)
        assert api.call("create_sql", SQL)["job"]["job_id"] == first + 2

    @pytest.mark.parametrize("operation", ["create_sql", "create_jar"])
    def test_a_second_name_is_refused(self, api, operation):
        api.add(name="orders")
        assert api.refused(operation, {"name": "orders"}).code == "DLI.0006"

    @pytest.mark.parametrize("operation", ["create_sql", "create_jar"])
    def test_a_bucket_that_dli_may_not_use_is_refused(self, api, operation):
        api.behaviour.obs_buckets = {"state"}
        assert api.refused(operation, {"name": "orders", "obs_bucket": "other"}).code == "DLI.11016"
        assert api.call(operation, {"name": "orders", "obs_bucket": "state"})["is_success"] == "true"

    @pytest.mark.parametrize(
        ("operation", "wrong"),
        [
            ("create_sql", {"name": "x" * 58}),
            ("create_sql", {"name": "with blank"}),
            ("create_sql", {"name": ""}),
            ("create_sql", {"name": None}),
            ("create_sql", {"sql_body": "x" * (1024 * 1024 + 1)}),
            ("create_sql", {"sql_body": ["x"]}),
            ("create_sql", {"cu_number": 1}),
            ("create_sql", {"cu_number": "2"}),
            ("create_sql", {"cu_number": 2.5}),
            ("create_sql", {"cu_number": True}),
            ("create_sql", {"parallel_number": 2001}),
            ("create_sql", {"checkpoint_mode": "exactly_once"}),
            ("create_sql", {"checkpoint_mode": 3}),
            ("create_sql", {"checkpoint_enabled": "true"}),
            ("create_sql", {"resume_max_num": 0}),
            ("create_sql", {"runtime_config": [{"key": "a", "value": "b"}]}),
            ("create_sql", {"tags": {"team": "ads"}}),
            ("create_sql", {"tags": [{"key": "team"}]}),
            ("create_sql", {"job_type": "flink_jar_job"}),
            ("create_sql", {"run_mode": "shared_cluster", "job_type": "flink_opensource_sql_job"}),
            ("create_sql", {"operator_config": "{}"}),
            ("create_sql", {"entrypoint": "x.jar"}),
            ("create_sql", {"no_such_field": 1}),
            ("create_jar", {"sql_body": "SELECT 1"}),
            ("create_jar", {"desc": "x" * 513}),
            ("create_jar", {"dependency_jars": "a.jar"}),
            ("create_jar", {"feature": "other"}),
            ("create_jar", {"job_type": "flink_jar_job"}),
            ("create_jar", {"checkpoint_path": "state/x", "checkpoint_enabled": True}),
        ],
        ids=str,
    )
    def test_what_can_not_be_is_refused_with_dli_0001(self, api, operation, wrong):
        refusal = api.refused(operation, {"name": "orders", **wrong})
        assert refusal.code == "DLI.0001"
        assert any(name in refusal.message for name in wrong)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff"])
    def test_a_body_that_is_no_object_is_refused(self, api, body):
        for operation in ("create_sql", "create_jar", "run", "stop", "delete_batch", "metrics"):
            assert api.refused(operation, body).code == "DLI.0001"


class TestUpdate:
    def test_an_update_answers_the_time_of_the_edit_and_shows_what_changed(self, api):
        api.add(job_type="flink_sql_job", sql_body="SELECT 1", job_config={"parallel_number": 4})
        api.emulator.advance(60)
        answer = api.call("update_sql", {"sql_body": "SELECT 2", "cu_number": 8}, 104)
        detail = api.show()
        assert answer["job"] == {"update_time": detail["update_time"]}
        assert detail["update_time"] - detail["create_time"] == 60_000
        assert (detail["sql_body"], detail["job_config"]["cu_number"]) == ("SELECT 2", 8)
        assert detail["job_config"]["parallel_number"] == 4

    def test_an_update_has_fields_that_a_create_lacks(self, api):
        api.add(job_type="flink_sql_job")
        api.call("update_sql", {"operator_config": "{}", "static_estimator_config": "{}"}, 104)
        assert api.show()["job_config"]["operator_config"] == "{}"

    @pytest.mark.parametrize(
        "status", ["job_submitting", "job_running", "job_savepointing", "job_cancel_fail"]
    )
    def test_an_update_of_a_job_that_runs_takes_hot_fields_alone(self, api, status):
        api.add(status, job_config={"obs_bucket": "state"})
        hot = {
            "smn_topic": "t",
            "restart_when_exception": True,
            "resume_checkpoint": True,
            "resume_max_num": 3,
            "obs_bucket": "other",
            "checkpoint_path": "other/x",
        }
        assert api.call("update_jar", hot, 104)["is_success"] == "true"
        for cold in ({"parallel_number": 9}, {**hot, "entrypoint": "b.jar"}, {"obs_bucket": "other"}):
            refusal = api.refused("update_jar", cold, 104)
            assert refusal.code == "DLI.0007"
        assert api.show()["job_config"]["parallel_number"] == 1

    def test_an_update_of_a_running_sql_job_takes_no_checkpoint_path_at_all(self, api):
        api.add("job_running", job_type="flink_sql_job")
        assert api.refused("update_sql", {"checkpoint_path": "x"}, 104).code == "DLI.0001"

    def test_an_update_goes_by_the_type_of_the_job(self, api):
        api.add(job_type="flink_sql_job")
        assert "not of this type" in api.refused("update_jar", {"desc": "x"}, 104).message

    def test_an_update_may_rename_a_job_but_not_to_a_name_that_is_taken(self, api):
        api.add(name="orders")
        api.emulator.add_job(105, name="clicks")
        assert api.refused("update_jar", {"name": "clicks"}, 104).code == "DLI.0006"
        api.call("update_jar", {"name": "orders", "desc": "kept"}, 104)
        api.call("update_jar", {"name": "orders2"}, 104)
        assert (api.show()["name"], api.show()["desc"]) == ("orders2", "kept")

    @pytest.mark.parametrize("field", ["tags", "template_id"])
    def test_an_update_does_not_take_what_only_a_create_takes(self, api, field):
        api.add(job_type="flink_sql_job")
        assert api.refused("update_sql", {field: 1}, 104).code == "DLI.0001"
