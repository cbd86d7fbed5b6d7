"""The vendor's own client takes jobs through a whole life in the emulator, refusals included."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdli import v1 as sdk

from dli_provider.emulator import DliEmulator


@pytest.fixture
def dli(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))  # where the client writes its application id
    with DliEmulator() as emulator:
        yield emulator


@pytest.fixture
def client(dli) -> sdk.DliClient:
    credentials = BasicCredentials(dli.access_key, dli.secret_key, dli.project_id)
    builder = sdk.DliClient.new_builder().with_credentials(credentials.with_iam_endpoint(dli.url))
    return builder.with_endpoint(dli.url).build()


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    """Return the status of a refusal, and what the client makes of its body."""
    with pytest.raises(ClientRequestException) as caught:
        call()
    return caught.value.status_code, f"{caught.value.error_code} {caught.value.error_msg}"


class Job:
    """A job, by its id, as the vendor's client handles it."""

    def __init__(self, client: sdk.DliClient, job_id: int) -> None:
        self.client, self.job_id = client, job_id

    def show(self) -> Any:
        return self.client.show_flink_job(sdk.ShowFlinkJobRequest(job_id=self.job_id)).job_detail

    def run(self, *, resume: bool = False) -> Any:
        body = sdk.BatchRunFlinkJobsRequestBody(job_ids=[self.job_id], resume_savepoint=resume)
        return self.client.batch_run_flink_jobs(sdk.BatchRunFlinkJobsRequest(body=body)).body

    def stop(self, *, save: bool = False) -> Any:
        body = sdk.StopFlinkJobsRequestBody(job_ids=[self.job_id], trigger_savepoint=save)
        return self.client.batch_stop_flink_jobs(sdk.BatchStopFlinkJobsRequest(body=body)).body

    def update_sql(self, **fields: Any) -> Any:
        body = sdk.UpdateFlinkSqlJobRequestBody(**fields)
        return self.client.update_flink_sql_job(sdk.UpdateFlinkSqlJobRequest(self.job_id, body=body))

    def update_jar(self, **fields: Any) -> Any:
        body = sdk.UpdateFlinkJarJobRequestBody(**fields)
        return self.client.update_flink_jar_job(sdk.UpdateFlinkJarJobRequest(self.job_id, body=body))

    def delete(self) -> Any:
        return self.client.delete_flink_job(sdk.DeleteFlinkJobRequest(job_id=self.job_id))


def create_sql(client: sdk.DliClient, **fields: Any) -> Job:
    body = sdk.CreateFlinkSqlJobRequestBody(**fields)
    answer = client.create_flink_sql_job(sdk.CreateFlinkSqlJobRequest(body=body))
    assert (answer.is_success, answer.job.status_name) == ("true", "job_init")
    return Job(client, answer.job.job_id)


def create_jar(client: sdk.DliClient, **fields: Any) -> Job:
    body = sdk.CreateFlinkJarJobRequestBody(**fields)
    answer = client.create_flink_jar_job(sdk.CreateFlinkJarJobRequest(body=body))
    assert (answer.is_success, answer.job.status_name) == ("true", "job_init")
    return Job(client, answer.job.job_id)


def test_a_sql_job_is_created_run_changed_stopped_and_resumed_and_deleted(dli, client):
    job = create_sql(
        client,
        name="orders",
        sql_body="INSERT INTO lake SELECT * FROM orders",
        queue_name="etl",
        run_mode="exclusive_cluster",
        job_type="flink_opensource_sql_job",
        checkpoint_enabled=True,
        checkpoint_mode=2,
        obs_bucket="state",
        tags=[sdk.Tag(key="team", value="ads")],
    )
    assert job.job_id > 2**31
    assert job.show().job_config.checkpoint_mode == "at_least_once"

    assert [element.is_success for element in job.run()] == ["true"]
    assert job.show().status == "job_init"
    dli.advance(1)
    assert job.show().status == "job_submitting"
    dli.advance(2)
    assert job.show().status == "job_running"

    status, said = refusal(lambda: job.update_sql(parallel_number=4))
    assert (status, "parallel_number" in said) == (400, True)
    assert job.update_sql(restart_when_exception=True).job.update_time == job.show().update_time

    assert [element.is_success for element in job.stop(save=True)] == ["true"]
    seen = []
    for _ in range(3):
        seen.append(job.show().status)
        dli.advance(1)
    assert seen == ["job_savepointing", "job_canceling", "job_cancel_success"]
    saved = job.show()
    assert saved.has_savepoint
    assert saved.savepoint_path.startswith(f"obs://state/jobs/savepoint/{job.job_id}/")

    job.update_sql(parallel_number=4, sql_body="INSERT INTO lake SELECT 1")
    assert job.show().job_config.parallel_number == 4
    job.run(resume=True)
    dli.advance(3)
    assert (job.show().status, job.show().has_savepoint) == ("job_running", False)

    assert job.delete().is_success == "true"
    assert "DLI.16001" in refusal(job.show)[1]
    writes = dli.history(job.job_id)
    assert [write.operation for write in writes] == [
        *("create_sql", "run", "update_sql", "stop", "update_sql", "run", "delete")
    ]
    assert [write.restored_from for write in writes if write.operation == "run"] == [
        *(None, saved.savepoint_path)
    ]


def test_a_jar_job_is_created_with_an_imported_savepoint_saved_while_it_runs_and_ends(dli, client):
    job = create_jar(
        client,
        name="sessions",
        queue_name="etl",
        entrypoint="obs://jars/sessions.jar",
        main_class="com.example.Sessions",
        entrypoint_args="--window 5",
        feature="basic",
        flink_version="1.15",
        obs_bucket="state",
        checkpoint_enabled=True,
    )
    config = job.show().job_config
    assert (config.checkpoint_interval, config.resource_config_version) == (30, "v1")
    assert config.resource_config.taskmanager_resource_spec.memory == "4G"

    body = sdk.ImportFlinkJobSavepointRequestBody(job_id=job.job_id, savepoint_path="obs://state/from/")
    request = sdk.ImportFlinkJobSavepointRequest(job_id=str(job.job_id), body=body)
    assert client.import_flink_job_savepoint(request).is_success == "true"
    dli.job(job.job_id).set_run([("job_submitting", 2), ("job_running", 60), ("job_finish", None)])
    job.run(resume=True)
    dli.advance(3)
    assert dli.history(job.job_id)[-1].restored_from == "obs://state/from/"
    assert job.show().job_config.checkpoint_path == f"state/jobs/checkpoint/{job.job_id}"

    body = sdk.ExecuteFlinkJobSavepointRequestBody(action="TRIGGER", savepoint_path="state/by-hand/")
    request = sdk.ExecuteFlinkJobSavepointRequest(job_id=str(job.job_id), body=body)
    answer = client.execute_flink_job_savepoint(request)
    assert json.loads(answer.message)["is_success"] == "true"
    assert job.show().status == "job_savepointing"
    assert refusal(lambda: client.execute_flink_job_savepoint(request))[0] == 400
    dli.advance(1)
    assert (job.show().status, job.show().savepoint_path) == ("job_running", "obs://state/by-hand/")

    status, said = refusal(lambda: job.update_jar(obs_bucket="state"))
    assert (status, "obs_bucket" in said) == (400, True)
    assert job.update_jar(smn_topic="urn:smn:alarms").is_success == "true"
    dli.advance(60)
    assert job.show().status == "job_finish"


@pytest.mark.filterwarnings("ignore:Method 'show_flink_metric'")
def test_the_graph_and_the_metrics_are_read(dli, client):
    dli.add_job(104, status="job_running", name="orders")
    request = sdk.ShowFlinkJobExecutionGraphRequest(job_id=104)
    graph = client.show_flink_job_execution_graph(request).execute_graph
    assert (graph.name, graph.state, len(graph.jid)) == ("orders", "RUNNING", 32)
    body = sdk.ShowFlinkMetricRequestBody(job_ids=[104])
    metrics = client.show_flink_metric(sdk.ShowFlinkMetricRequest(body=body)).metrics
    assert [job.job_id for job in metrics.jobs] == [104]


def test_several_jobs_are_run_stopped_and_deleted_at_once(dli, client):
    for job_id in (104, 105):
        dli.add_job(job_id, status="job_cancel_success")
    body = sdk.BatchRunFlinkJobsRequestBody(job_ids=[104, 105])
    assert len(client.batch_run_flink_jobs(sdk.BatchRunFlinkJobsRequest(body=body)).body) == 2
    dli.behaviour.stop_answer = "one"
    body = sdk.StopFlinkJobsRequestBody(job_ids=[104, 105])
    assert len(client.batch_stop_flink_jobs(sdk.BatchStopFlinkJobsRequest(body=body)).body) == 1
    body = sdk.BatchDeleteFlinkJobsRequestBody(job_ids=[104, 105])
    assert len(client.batch_delete_flink_jobs(sdk.BatchDeleteFlinkJobsRequest(body=body)).body) == 2
    assert len(dli.jobs) == 0


class TestRefusals:
    def test_refusals_of_a_job_without_a_queue_are_an_array_that_the_client_can_not_read(self, client):
        job = create_sql(client, name="orders")
        status, said = refusal(job.run)
        assert (status, "DLI.13024" in said) == (400, True)

    def test_refusals_of_a_second_name(self, client):
        create_sql(client, name="orders")
        assert "DLI.0006" in refusal(lambda: create_jar(client, name="orders"))[1]

    def test_refusals_of_a_bucket_that_is_not_authorised(self, dli, client):
        dli.behaviour.obs_buckets = ()
        assert "DLI.11016" in refusal(lambda: create_sql(client, name="orders", obs_bucket="state"))[1]

    def test_refusals_of_a_run_while_running_and_of_a_stop_while_stopped(self, dli, client):
        dli.add_job(104, status="job_running")
        job = Job(client, 104)
        assert refusal(job.run)[0] == 400
        dli.job(104).set_status("job_finish")
        assert refusal(job.stop)[0] == 400
        assert dli.history() == []

    def test_refusals_of_a_name_that_is_too_long_and_of_a_wrong_type(self, client):
        for fields in ({"name": "x" * 58}, {"name": "orders", "cu_number": "many"}):
            assert "DLI.0001" in refusal(partial(create_sql, client, **fields))[1]

    def test_refusals_of_an_unknown_job(self, client):
        job = Job(client, 999)
        for call in (job.run, job.stop, job.delete, lambda: job.update_sql(desc="x")):
            assert "DLI.16001" in refusal(call)[1]
