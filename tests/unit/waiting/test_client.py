"""How a wait on a worker reads DLI: a replaced credential is picked up, an outage is tolerated."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from dli_provider.airflow_compat import AirflowNotFoundException
from dli_provider.api.errors import DliAuthError, DliConnectionError
from dli_provider.flink.job import FlinkJob
from dli_provider.waiting.client import WaitClient
from dli_provider.waiting.outage import OutageTracker

JOB = FlinkJob(job_id=104, status="job_submitting")
REFUSED = DliAuthError(401, "APIG.0301", "Incorrect IAM authentication information")
LOST = DliConnectionError("No answer")
UNDEFINED = AirflowNotFoundException("The conn_id `dli_default` isn't defined")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(dli, clock) -> WaitClient:
    return WaitClient(lambda: dli, OutageTracker(timedelta(minutes=30)), logging.getLogger("task"), clock)


def read(client: WaitClient) -> FlinkJob | None:
    return client.read(lambda dli: dli.show_flink_job(104))


def test_a_credential_that_was_replaced_in_the_connection_is_picked_up(client, dli):
    dli.readings = [JOB, REFUSED, JOB, REFUSED, JOB]
    assert read(client) is JOB
    dli.settings = "second key"
    assert read(client) is JOB
    dli.settings = "third key"
    assert read(client) is JOB
    assert dli.used == ["first key", "first key", "second key", "second key", "third key"]


def test_a_refused_credential_that_is_still_the_connection_s_is_not_tried_twice(client, dli):
    dli.readings = [JOB, REFUSED]
    assert read(client) is JOB
    with pytest.raises(DliAuthError):
        read(client)
    assert dli.used == ["first key", "first key"]


def test_a_replaced_credential_that_is_refused_too_ends_the_wait(client, dli):
    dli.readings = [JOB, REFUSED, REFUSED]
    assert read(client) is JOB
    dli.settings = "second key"
    with pytest.raises(DliAuthError):
        read(client)


@pytest.mark.parametrize(
    "failure", [UNDEFINED, RuntimeError("throttled"), PermissionError("vault is sealed")]
)
def test_a_secrets_backend_that_fails_after_the_first_reading_is_an_outage(client, dli, failure, caplog):
    dli.lookups = [None, failure, failure]
    dli.readings = [JOB, REFUSED, JOB]
    assert read(client) is JOB
    dli.settings = "second key"
    with caplog.at_level(logging.INFO):
        assert read(client) is None
        assert client.is_out
        assert read(client) is None
        assert read(client) is JOB
    assert not client.is_out
    assert dli.used == ["first key", "first key", "second key"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "can't look up the connection 'dli_default'" in caplog.text


def test_a_connection_that_is_not_defined_shows_at_the_first_reading(client, dli):
    dli.lookups = [UNDEFINED]
    with pytest.raises(AirflowNotFoundException):
        read(client)


def test_an_outage_ends_the_wait_when_it_lasts_too_long(client, dli, clock):
    dli.readings = [JOB, LOST, LOST, LOST]
    assert read(client) is JOB
    assert read(client) is None
    clock.now = 1800
    assert read(client) is None
    clock.now = 1801
    with pytest.raises(DliConnectionError):
        read(client)
