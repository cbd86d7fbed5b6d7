"""The hook: what it costs to make one, and where its connection leads."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest
from new_process import forget_all

from dli_provider.api.errors import DliSettingsError, DliThrottledError
from dli_provider.emulator import DliEmulator
from dli_provider.emulator.faults import Throttle
from dli_provider.hooks.dli import DliHook

PROJECT = "330e068af1334c9782f4226acc00a2e2"


@pytest.fixture
def connection(monkeypatch):
    def connection(conn_id="dli_default", conn_type="huaweicloud_dli", **fields):
        content = {"conn_type": conn_type, "login": "AK-example", "password": "SK-example", **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(content))

    return connection


def test_making_one_looks_nothing_up(monkeypatch):
    monkeypatch.setattr(DliHook, "get_connection", pytest.fail)
    assert DliHook("no_such_connection").dli_conn_id == "no_such_connection"


async def test_one_can_be_made_on_an_event_loop():
    assert DliHook().dli_conn_id == "dli_default"


def test_the_client_is_made_once(connection):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT})
    hook = DliHook()
    assert hook.get_conn() is hook.get_conn()
    assert hook.get_conn().settings.endpoint == "https://dli.cn-north-4.myhuaweicloud.com"


def test_a_connection_of_the_other_provider_works_unchanged(connection):
    connection("huawei", "huaweicloud", extra={"region": "ap-southeast-3", "project_id": PROJECT})
    settings = DliHook("huawei").get_conn().settings
    assert settings.endpoint == "https://dli.ap-southeast-3.myhuaweicloud.com"
    assert settings.project_id == PROJECT


def test_region_and_project_can_be_chosen_per_hook(connection):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT})
    other = DliHook(project_id="other").get_conn().settings
    assert (other.region, other.project_id) == ("cn-north-4", "other")
    elsewhere = DliHook(region="cn-east-3").get_conn().settings
    assert (elsewhere.endpoint, elsewhere.project_id) == ("https://dli.cn-east-3.myhuaweicloud.com", None)


def test_a_region_must_be_that_of_an_endpoint_that_is_set(connection):
    connection(host="https://dli.example.com", extra={"region": "cn-north-4", "project_id": PROJECT})
    assert DliHook(region=" cn-north-4 ").get_conn().settings.project_id == PROJECT
    with pytest.raises(DliSettingsError, match="host: is an endpoint of region 'cn-north-4', and region"):
        DliHook(region="cn-south-1").get_conn()


@pytest.mark.parametrize("name", ["limit", "offset"])
async def test_the_list_pages_by_itself(connection, name):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT})
    with pytest.raises(TypeError, match=name):
        next(DliHook().list_flink_jobs(**{name: 5}))
    async with await DliHook().aget_conn() as client:
        with pytest.raises(ValueError, match=f"^{name} is no filter"):
            await anext(client.list_flink_jobs(**{name: 5}))


async def test_blocking_and_asynchronous_code_get_the_same_settings(connection):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT, "read_timeout": "5"})
    hook = DliHook()
    client = await hook.aget_conn()
    assert client.settings == hook.get_conn().settings
    await client.close()


def test_a_connection_that_lacks_something_is_named_with_the_field(connection):
    connection(extra={"project_id": PROJECT})
    with pytest.raises(DliSettingsError, match="Connection 'dli_default', extra region"):
        DliHook().get_conn()
    assert DliHook().test_connection()[0] is False


def test_no_secret_stands_in_what_is_printed(connection):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT, "security_token": "token-example"})
    hook = DliHook()
    shown = repr(hook.get_conn().settings) + repr(hook.get_conn()) + repr(hook) + str(vars(hook))
    assert "SK-example" not in shown
    assert "token-example" not in shown


class TestThrottling:
    """The gateway's windows last minutes: a call of the hook waits them out, a wait comes back by itself."""

    @pytest.fixture
    def dli(self, monkeypatch):
        forget_all()
        monkeypatch.setattr("dli_provider.api.retry.random.uniform", lambda low, _: low / 1000)
        with DliEmulator() as dli:
            dli.add_job(104, name="orders")
            monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(dli.connection))
            dli.inject(Throttle(), times=8)
            yield dli
        forget_all()

    def test_is_waited_out_by_the_hooks_methods_which_say_so(self, dli, monkeypatch):
        log = Mock()
        monkeypatch.setattr(DliHook, "log", log)
        assert DliHook().show_flink_job(104).name == "orders"
        assert len(dli.requests) == 9
        lines = [call.args[0] for call in log.warning.call_args_list]
        assert len(lines) == 8
        assert all("ShowFlinkJob of job 104" in line and "APIG.0308" in line for line in lines)

    def test_is_waited_out_by_lists_and_look_ups_too(self, dli):
        assert [job.job_id for job in DliHook().list_flink_jobs(name="orders")] == [104]
        dli.inject(Throttle(), times=8)
        assert DliHook().find_flink_job("orders").job_id == 104

    def test_is_not_waited_out_by_a_client_for_waits(self, dli):
        with pytest.raises(DliThrottledError):
            DliHook().get_conn().show_flink_job(104)
        assert len(dli.requests) == 4

    def test_is_waited_out_on_the_connections_of_the_hooks_client(self, dli):
        hook = DliHook()
        assert hook.get_patient_conn()._transport is hook.get_conn()._transport


def test_a_name_that_is_missing_never_lists_all_jobs(connection):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT})
    with pytest.raises(ValueError, match="name is None"):
        DliHook().find_flink_job(None)


@pytest.mark.parametrize("filters", [{"name": ""}, {"queue_name": " "}, {"tags": {}}])
def test_a_blank_filter_is_refused(connection, filters):
    connection(extra={"region": "cn-north-4", "project_id": PROJECT})
    with pytest.raises(ValueError, match="is blank, which would let all jobs pass"):
        next(DliHook().list_flink_jobs(**filters))
