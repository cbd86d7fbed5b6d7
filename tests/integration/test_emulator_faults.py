"""Faults on demand, as a real client meets them."""

from __future__ import annotations

import time

import pytest

from dli_provider.api.auth.credentials import AkSkCredential
from dli_provider.api.client import DliClient
from dli_provider.api.errors import DliServerError, DliThrottledError
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.emulator import DliEmulator, faults


@pytest.fixture
def dli():
    with DliEmulator() as emulator:
        emulator.add_job(104, status="job_running")
        yield emulator


@pytest.fixture
def client(dli):
    key = AkSkCredential(dli.access_key, dli.secret_key)
    settings = DliSettings(endpoint=dli.url, credential=key, project_id=dli.project_id)
    with DliClient(settings, ONE_ATTEMPT) as client:
        yield client


def outcome(client: DliClient) -> str:
    """Show the job once, and tell how that went."""
    try:
        client.show_flink_job(104)
    except DliThrottledError:
        return "429"
    except DliServerError as error:
        return str(error.status)
    return "200"


def test_an_outage_in_mid_wait_begins_after_some_answers_and_ends(dli, client):
    dli.inject(faults.ServerError(502), after=3, times=2, only="show")
    assert [outcome(client) for _ in range(7)] == ["200"] * 3 + ["502"] * 2 + ["200"] * 2


class TestARateLimit:
    def test_answers_so_many_calls_in_its_time_and_refuses_the_rest(self, dli, client):
        dli.inject(faults.RateLimit(calls=3, seconds=60), times=None)
        assert [outcome(client) for _ in range(6)] == ["200"] * 3 + ["429"] * 3
        dli.clear_faults()
        assert outcome(client) == "200"

    def test_is_never_exceeded_by_a_caller_who_asks_all_the_time(self, dli, client):
        calls, seconds = 4, 0.25
        dli.inject(faults.RateLimit(calls, seconds), times=None)
        until = time.monotonic() + 4 * seconds
        while time.monotonic() < until:
            outcome(client)
        answered = [request.at for request in dli.requests if request.status == 200]
        refused = [request for request in dli.requests if request.status == 429]
        assert calls < len(answered) <= 5 * calls
        assert refused
        # the times are those of arrival, a moment before the limit looks at its clock
        assert all(
            later - first > seconds / 2 for first, later in zip(answered, answered[calls:], strict=False)
        )

    def test_does_not_count_what_it_refused(self, dli, client):
        dli.inject(faults.RateLimit(1, 0.3), times=None)
        assert outcome(client) == "200"
        until = time.monotonic() + 5
        while outcome(client) == "429":
            assert time.monotonic() < until
            time.sleep(0.02)

    @pytest.mark.parametrize(("retry_after", "told"), [(None, None), (7, 7.0)])
    def test_says_when_to_come_back_if_it_is_told_to(self, dli, client, retry_after, told):
        dli.inject(faults.RateLimit(1, 60, retry_after), times=None)
        client.show_flink_job(104)
        with pytest.raises(DliThrottledError) as caught:
            client.show_flink_job(104)
        assert (caught.value.status, caught.value.code) == (429, "APIG.0308")
        assert caught.value.retry_after == told

    def test_may_concern_one_operation(self, dli, client):
        dli.inject(faults.RateLimit(1, 60), times=None, only="list")
        assert [outcome(client) for _ in range(3)] == ["200"] * 3
        list(client.list_flink_jobs())
        with pytest.raises(DliThrottledError):
            list(client.list_flink_jobs())
