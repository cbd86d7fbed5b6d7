"""A deployment leaves a job alone that the vendor's own client has made with the same values, as a script,
Terraform or the console does.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from acting_runs import Task, failure, writes
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdli import v1 as sdk

from dli_provider.operators.deploy import DliDeployFlinkJobOperator

SQL = "CREATE TABLE orders (id INT) WITH ('connector' = 'datagen');\nINSERT INTO lake SELECT * FROM orders"
OPTIONS = {"state.backend": "rocksdb", "table.exec.state.ttl": 3600, "pipeline.object-reuse": True}
OPTIONS_SENT = json.dumps([{"key": key, "value": str(OPTIONS[key]).lower()} for key in sorted(OPTIONS)])
RESOURCES = {
    "max_slot": 2,
    "parallel_number": 4,
    "jobmanager_resource_spec": {"cpu": 1.0, "memory": "4 GB"},
    "taskmanager_resource_spec": {"cpu": 2.0, "memory": "8192 MB"},
}

COMMON: dict[str, Any] = {
    "desc": "made elsewhere",
    "queue_name": "etl",
    "cu_number": 6,
    "manager_cu_number": 1,
    "parallel_number": 4,
    "tm_cus": 1,
    "tm_slot_num": 2,
    "checkpoint_enabled": True,
    "checkpoint_mode": "at_least_once",
    "checkpoint_interval": 60,
    "log_enabled": True,
    "obs_bucket": "state",
    "smn_topic": "urn:smn:alarms",
    "restart_when_exception": True,
    "resume_checkpoint": True,
    "resume_max_num": 10,
    "runtime_config": OPTIONS,
    "tags": {"team": "ads", "stage": "live"},
    "flink_version": "1.15",
    "execution_agency_urn": "agency",
    "resource_config_version": "v2",
    "resource_config": RESOURCES,
}
SQL_ONLY = {
    "run_mode": "exclusive_cluster",
    "job_type": "flink_opensource_sql_job",
    "idle_state_retention": 7200,
    "dirty_data_strategy": "1",
    "udf_jar_url": "obs://jars/udf.jar",
}
JAR_ONLY = {
    "main_class": "com.example.Sessions",
    "entrypoint_args": "--window 5",
    "dependency_jars": ["obs://jars/a.jar", "obs://jars/b.jar"],
    "dependency_files": ["obs://jars/conf.json"],
    "feature": "basic",
}
DEFAULTS = {
    "desc": "",
    "checkpoint_enabled": False,
    "checkpoint_mode": "exactly_once",
    "cu_number": 2,
    "dirty_data_strategy": "0",
    "edge_group_ids": [],
    "idle_state_retention": 3600,
    "log_enabled": False,
    "manager_cu_number": 1,
    "obs_bucket": "",
    "parallel_number": 1,
    "restart_when_exception": False,
    "smn_topic": "",
    "udf_jar_url": "",
}


@pytest.fixture
def client(dli, monkeypatch, tmp_path) -> sdk.DliClient:
    monkeypatch.setenv("HOME", str(tmp_path))  # where the client writes its application id
    dli.behaviour.run_delay = 0.0
    credentials = BasicCredentials(dli.access_key, dli.secret_key, dli.project_id)
    builder = sdk.DliClient.new_builder().with_credentials(credentials.with_iam_endpoint(dli.url))
    return builder.with_endpoint(dli.url).build()


def as_sent(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as other clients send them: numbers for modes, lists of options in another order."""
    changed = {
        "checkpoint_mode": 2,
        "runtime_config": OPTIONS_SENT,
        "tags": [sdk.Tag(key=key, value=value) for key, value in reversed(COMMON["tags"].items())],
    }
    return {name: changed.get(name, value) for name, value in fields.items()}


def run(client: sdk.DliClient, dli: Any, job_id: int) -> None:
    body = sdk.BatchRunFlinkJobsRequestBody(job_ids=[job_id])
    client.batch_run_flink_jobs(sdk.BatchRunFlinkJobsRequest(body=body))
    dli.advance(10)


def create_sql(client: sdk.DliClient, **fields: Any) -> int:
    body = sdk.CreateFlinkSqlJobRequestBody(**fields)
    return client.create_flink_sql_job(sdk.CreateFlinkSqlJobRequest(body=body)).job.job_id


def create_jar(client: sdk.DliClient, **fields: Any) -> int:
    body = sdk.CreateFlinkJarJobRequestBody(**fields)
    return client.create_flink_jar_job(sdk.CreateFlinkJarJobRequest(body=body)).job.job_id


def deploy(**arguments: Any) -> Task:
    return Task(DliDeployFlinkJobOperator, {"job_name": "orders", **arguments}, deferrable=False)


def is_left_alone(dli: Any, **arguments: Any) -> dict[str, Any]:
    before = writes(dli)
    xcom = deploy(**arguments).run()
    assert (xcom["action"], xcom["changes"]) == ("unchanged", [])
    assert writes(dli) == before
    return xcom


def test_a_sql_job_with_every_field(dli, client):
    job_id = create_sql(
        client, name="orders", sql_body=SQL.replace("\n", "\r\n"), **as_sent(COMMON | SQL_ONLY)
    )
    run(client, dli, job_id)
    xcom = is_left_alone(dli, sql=f"{SQL}\n", definition=COMMON | SQL_ONLY)
    assert (xcom["job_id"], xcom["not_compared"]) == (job_id, [])


def test_a_jar_job_with_every_field(dli, client):
    job_id = create_jar(client, name="orders", entrypoint="obs://jars/a.jar", **as_sent(COMMON | JAR_ONLY))
    run(client, dli, job_id)
    xcom = is_left_alone(dli, entrypoint="obs://jars/a.jar", definition=COMMON | JAR_ONLY)
    assert (xcom["job_id"], xcom["not_compared"]) == (job_id, [])


def test_a_jar_job_whose_checkpoints_are_shown_with_their_bucket(dli, client):
    given = {"queue_name": "etl", "obs_bucket": "state", "checkpoint_path": "checkpoints/orders"}
    run(client, dli, create_jar(client, name="orders", entrypoint="obs://jars/a.jar", **given))
    is_left_alone(dli, entrypoint="obs://jars/a.jar", definition=given)


def test_a_sql_job_with_nothing_but_its_queue_where_the_dag_names_the_defaults(dli, client):
    run(client, dli, create_sql(client, name="orders", sql_body=SQL, queue_name="etl"))
    is_left_alone(dli, sql=SQL, definition={"queue_name": "etl", **DEFAULTS})


def test_a_jar_job_with_what_the_service_fills_in(dli, client):
    """The values are those that Terraform's acceptance test reads of a job it gave none of them."""
    run(client, dli, create_jar(client, name="orders", entrypoint="obs://jars/a.jar", queue_name="etl"))
    filled_in = {
        "resource_config_version": "v1",
        "resource_config": {"taskmanager_resource_spec": {"cpu": 1.0, "memory": "4 GB"}},
        "resume_max_num": -1,
        "checkpoint_interval": 30,
    }
    is_left_alone(dli, entrypoint="obs://jars/a.jar", definition={"queue_name": "etl", **filled_in})


def test_a_job_that_somebody_has_changed_since_is_changed_back(dli, client):
    job_id = create_sql(client, name="orders", sql_body=SQL, **as_sent(COMMON | SQL_ONLY))
    run(client, dli, job_id)
    body = sdk.UpdateFlinkSqlJobRequestBody(smn_topic="urn:smn:theirs", resume_max_num=1)
    client.update_flink_sql_job(sdk.UpdateFlinkSqlJobRequest(job_id, body=body))
    xcom = deploy(sql=SQL, definition=COMMON | SQL_ONLY).run()
    assert (xcom["action"], xcom["changes"]) == ("reconfigured", ["resume_max_num", "smn_topic"])
    assert dli.history()[-1].arguments == {"smn_topic": "urn:smn:alarms", "resume_max_num": 10}


def test_tags_are_changed_by_nobody_and_so_told(dli, client):
    create_sql(client, name="orders", sql_body=SQL, **as_sent(COMMON | SQL_ONLY))
    error = failure(deploy(sql=SQL, definition=COMMON | SQL_ONLY | {"tags": {"team": "search"}}))
    assert "tags can't be changed once a job is created" in str(error)
