"""How often a gateway refuses a key of this process: never so often that it locks it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web

from dli_provider.api import errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.auth import flight
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.client import DliClient
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.emulator import DliEmulator, faults

pytestmark = pytest.mark.usefixtures("as_a_new_process")

JOB = 104
LOCKED_AFTER = 5
"""Refusals within five minutes, each of them one too many for every other system that uses the key."""


@pytest.fixture
def dli() -> Iterator[DliEmulator]:
    with DliEmulator() as emulator:
        emulator.add_job(JOB, [("job_running", None)])
        yield emulator


class Hang(faults.Fault):
    """Answers when it is released, and not before."""

    def __init__(self) -> None:
        self.arrived, self.released = threading.Event(), threading.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.arrived.set()
        await asyncio.to_thread(self.released.wait, 100)
        return web.Response(status=503)


@pytest.fixture
def settings(dli) -> Callable[..., DliSettings]:
    def settings(secret_key: str | None = None, **fields: Any) -> DliSettings:
        credential = AkSkCredential(dli.access_key, secret_key or dli.secret_key)
        own = {"endpoint": dli.url, "credential": credential, "project_id": dli.project_id}
        return DliSettings(**{**own, **fields})

    return settings


def read(settings: DliSettings, times: int = 1) -> list[Any]:
    outcomes: list[Any] = []
    with DliClient(settings, ONE_ATTEMPT) as client:
        for _ in range(times):
            try:
                outcomes.append(client.show_flink_job(JOB))
            except errors.DliError as error:
                outcomes.append(error)
    return outcomes


def read_by_a_loop(settings: DliSettings, together: int, times: int = 1) -> list[Any]:
    async def run() -> list[Any]:
        async with AsyncDliClient(settings, ONE_ATTEMPT) as client:
            outcomes: list[Any] = []
            for _ in range(times):
                calls = [client.show_flink_job(JOB) for _ in range(together)]
                outcomes += await asyncio.gather(*calls, return_exceptions=True)
            return outcomes

    return asyncio.run(run())


def side_by_side(settings: list[DliSettings], times: int) -> list[Any]:
    """Read with several threads and several event loops at once."""
    with ThreadPoolExecutor(12) as pool:
        threads = [pool.submit(read, settings[number % len(settings)], times) for number in range(8)]
        loops = [
            pool.submit(read_by_a_loop, settings[number % len(settings)], 5, times) for number in range(4)
        ]
        return [outcome for future in threads + loops for outcome in future.result()]


def test_seven_wrong_secrets_in_a_row_are_refused_four_times(dli, settings, refusals):
    """Somebody tries in the form."""
    outcomes = [read(settings(f"wrong-{number}"))[0] for number in range(7)]
    assert {type(outcome) for outcome in outcomes} == {errors.DliAuthError}
    assert len(refusals) == 4
    assert not dli.gateway.locked
    (right,) = read(settings())
    assert "refused 4 times within 5 minutes" in str(right)


def test_one_wrong_secret_is_refused_once_for_threads_and_event_loops(settings, refusals):
    outcomes = side_by_side([settings("wrong")], times=2)
    assert len(outcomes) == 56
    assert {type(outcome) for outcome in outcomes} == {errors.DliAuthError}
    assert len(refusals) == 1


def test_several_wrong_secrets_and_a_right_one_side_by_side(dli, settings, refusals):
    read(settings())
    side_by_side([settings(), *(settings(f"wrong-{number}") for number in range(7))], times=5)
    assert 1 <= len(refusals) < LOCKED_AFTER
    assert not dli.gateway.locked


@pytest.mark.parametrize("connections", [1, 5])
def test_a_key_that_stops_being_good_while_threads_and_event_loops_read(dli, settings, refusals, connections):
    own = [settings(read_timeout=10.0 + number) for number in range(connections)]
    read(own[0])
    stop = threading.Timer(0.3, dli.rotate_keys)
    stop.start()
    outcomes = side_by_side(own, times=200)
    stop.join()
    assert any(isinstance(outcome, errors.DliAuthError) for outcome in outcomes)
    assert 1 <= len(refusals) < LOCKED_AFTER


def test_a_key_that_another_system_got_locked_is_left_alone(dli, settings):
    read(settings())
    locked = '{"error_code": "APIG.0301", "error_msg": "AK access failed to reach the limit,forbidden."}'
    dli.inject(faults.Answer(401, locked), times=None)
    before = len(dli.requests)
    outcomes = [*read(settings(), 20), *read(settings("another")), *read_by_a_loop(settings(), 20)]
    assert all(outcome.transient and outcome.retry_after for outcome in outcomes[1:])
    assert len(dli.requests) - before == 1


class TestTheFirstCallInterrupted:
    """Whatever becomes of the first call with a key, the others don't wait for it without bound."""

    @pytest.fixture
    def hanging(self, dli, settings) -> Iterator[asyncio.AbstractEventLoop]:
        """A loop in which the first call is under way, and gets no answer until the test ends."""
        hang = Hang()
        dli.inject(hang, times=1)
        loop = asyncio.new_event_loop()
        client = AsyncDliClient(settings(read_timeout=100.0), ONE_ATTEMPT)
        call = loop.create_task(client.show_flink_job(JOB))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        assert hang.arrived.wait(30)
        yield loop
        hang.released.set()
        if loop.is_running():
            loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(asyncio.gather(call, return_exceptions=True))
        loop.run_until_complete(client.close())
        loop.close()

    def test_by_a_loop_that_is_stopped(self, settings, hanging):
        hanging.call_soon_threadsafe(hanging.stop)
        began = time.monotonic()
        (job,) = read(settings())
        assert job.job_id == JOB
        assert time.monotonic() - began < 10

    def test_by_a_loop_that_is_blocked(self, settings, hanging, monkeypatch):
        monkeypatch.setattr(flight, "LONGEST_FLIGHT", 1.0)
        free = threading.Event()
        hanging.call_soon_threadsafe(free.wait, 60)
        (job,) = read(settings())
        free.set()
        assert job.job_id == JOB

    @pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
    def test_by_a_fork(self, settings, hanging):
        child = os.fork()
        if child == 0:
            (job,) = read(settings())
            os._exit(0 if getattr(job, "job_id", None) == JOB else 1)
        assert os.waitpid(child, 0)[1] == 0

    def test_not_at_all_is_waited_for(self, settings, hanging, dli):
        waiting = threading.Thread(target=read, args=(settings(),))
        waiting.start()
        waiting.join(2.5)
        assert waiting.is_alive()
        assert not dli.requests
        hanging.call_soon_threadsafe(hanging.stop)
        waiting.join(10)
        assert not waiting.is_alive()
