"""The vendor's own client against the emulator: it must not be right only towards ours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdli.v1 import DliClient, ListFlinkJobsRequest, ShowFlinkJobRequest

from dli_provider.emulator import DliEmulator, faults


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def dli():
    with DliEmulator() as emulator:
        emulator.add_job(104, [("job_running", None)], name="orders", job_config={"parallel_number": 4})
        yield emulator


def vendor(dli, access_key=None, secret_key=None, project_id=None) -> DliClient:
    credentials = BasicCredentials(
        access_key or dli.access_key, secret_key or dli.secret_key, project_id or dli.project_id
    ).with_iam_endpoint(dli.url)
    return DliClient.new_builder().with_credentials(credentials).with_endpoint(dli.url).build()


def refusal(call) -> ClientRequestException:
    with pytest.raises(ClientRequestException) as caught:
        call()
    return caught.value


def test_the_vendor_s_client_reads_a_job(dli):
    answer = vendor(dli).show_flink_job(ShowFlinkJobRequest(job_id=104))
    assert answer.is_success == "true"
    assert (answer.job_detail.job_id, answer.job_detail.name, answer.job_detail.status) == (
        104,
        "orders",
        "job_running",
    )
    assert answer.job_detail.job_config.parallel_number == 4


def test_the_vendor_s_client_lists_jobs_by_pages_and_filters(dli):
    for job_id in range(200, 350):
        dli.add_job(job_id, [("job_finish", None)], name=f"batch {job_id}/ü*~")
    client = vendor(dli)
    page = client.list_flink_jobs(ListFlinkJobsRequest(limit=100, offset=100, order="asc")).job_list
    assert page.total_count == 151
    assert [job.job_id for job in page.jobs] == [*range(299, 350)]
    found = client.list_flink_jobs(
        ListFlinkJobsRequest(name="batch 20", status="job_finish", show_detail=True)
    )
    assert [job.name for job in found.job_list.jobs] == [f"batch {n}/ü*~" for n in range(209, 199, -1)]


def test_the_vendor_s_client_finds_the_project_by_the_region(dli, monkeypatch):
    credentials = BasicCredentials(dli.access_key, dli.secret_key).with_iam_endpoint(dli.url)
    from huaweicloudsdkcore.region.region import Region

    client = (
        DliClient.new_builder().with_credentials(credentials).with_region(Region(dli.region, dli.url)).build()
    )
    assert client.show_flink_job(ShowFlinkJobRequest(job_id=104)).job_detail.name == "orders"


@pytest.mark.parametrize(
    "wrong", [{"secret_key": "wrong"}, {"access_key": "UNKNOWN"}], ids=["secret key", "access key"]
)
def test_the_vendor_s_client_is_refused_with_a_wrong_key(dli, wrong):
    error = refusal(lambda: vendor(dli, **wrong).show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert (error.status_code, error.error_code) == (401, "APIG.0301")
    assert error.request_id


def test_the_vendor_s_client_is_refused_with_a_clock_that_is_off(dli):
    dli.clock_offset = timedelta(minutes=16)
    error = refusal(lambda: vendor(dli).show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert (error.status_code, error.error_code) == (401, "APIG.0301")


def test_the_vendor_s_client_locks_the_key_by_repeating_a_refused_call(dli):
    client = vendor(dli, secret_key="wrong")
    for _ in range(6):
        refusal(lambda: client.show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert dli.locked
    error = refusal(lambda: vendor(dli).show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert "AK access failed to reach the limit,forbidden." in error.error_msg


def test_the_vendor_s_client_is_told_of_an_unknown_job_with_http_400(dli):
    error = refusal(lambda: vendor(dli).show_flink_job(ShowFlinkJobRequest(job_id=999)))
    assert (error.status_code, error.error_code) == (400, "DLI.16001")


def test_the_vendor_s_client_is_refused_another_project(dli):
    error = refusal(lambda: vendor(dli, project_id="0" * 32).show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert error.status_code == 403


def test_the_vendor_s_client_is_throttled(dli):
    dli.inject(faults.Throttle())
    error = refusal(lambda: vendor(dli).show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert error.status_code == 429


def test_the_vendor_s_client_can_not_read_an_error_that_is_an_array(dli):
    dli.inject(faults.ArrayError())
    error = refusal(lambda: vendor(dli).show_flink_job(ShowFlinkJobRequest(job_id=104)))
    assert "DLI.13024" in error.error_msg
