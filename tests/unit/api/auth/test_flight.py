"""How conversations wait for one another: nobody waits without bound for one that disappeared."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from typing import Any

import pytest

from dli_provider.api.auth import flight
from dli_provider.api.auth.flight import LONGEST_FLIGHT, SingleFlight
from dli_provider.api.errors import DliConnectionError, DliSettingsError
from dli_provider.api.messages import Conversation, Sleep


class Errand:
    """Something that one conversation does for all; doing it asks for one step of the driver."""

    def __init__(self) -> None:
        self.flights = SingleFlight()
        self.done = 0
        self.begun = 0

    def do(self) -> Conversation[int]:
        return self.flights.run("errand", self._do())

    def _do(self) -> Conversation[int]:
        if not self.done:
            self.begun += 1
            yield Sleep(1000)
            self.done += 1
        return self.done


@pytest.fixture
def errand() -> Errand:
    return Errand()


def begin(conversation: Conversation[Any]) -> tuple[Conversation[Any], Sleep]:
    step = next(conversation)
    assert isinstance(step, Sleep)
    return conversation, step


def is_waiting(step: Sleep) -> bool:
    return step.until is not None


def test_one_goes_and_the_others_wait_until_it_ended(errand):
    first, going = begin(errand.do())
    others = [begin(errand.do()) for _ in range(3)]
    assert not is_waiting(going)
    assert all(is_waiting(step) and not step.until.is_set for _, step in others)
    with pytest.raises(StopIteration):
        first.send(None)
    for other, waiting in others:
        assert waiting.until.is_set
        with pytest.raises(StopIteration) as end:
            other.send(None)
        assert end.value.value == 1
    assert errand.begun == 1


def test_a_failure_that_may_pass_is_shared_by_those_that_waited(errand):
    first, _ = begin(errand.do())
    other, waiting = begin(errand.do())
    with pytest.raises(DliConnectionError):
        first.throw(DliConnectionError("no answer"))
    assert waiting.until.is_set
    with pytest.raises(DliConnectionError, match="no answer"):
        other.send(None)


def test_a_failure_that_does_not_pass_is_the_own_affair_of_the_one_that_went(errand):
    first, _ = begin(errand.do())
    other, _ = begin(errand.do())
    with pytest.raises(DliSettingsError):
        first.throw(DliSettingsError("no project"))
    assert not is_waiting(other.send(None))


def test_one_that_takes_longer_than_any_call_holds_nobody_up(errand, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(flight, "monotonic", lambda: now)
    first, _ = begin(errand.do())
    other, _ = begin(errand.do())
    now += LONGEST_FLIGHT
    assert is_waiting(other.send(None))
    now += 1
    assert not is_waiting(other.send(None))
    for late in (first, other):
        with pytest.raises(StopIteration):
            late.send(None)


def test_one_that_is_given_up_wakes_the_next(errand):
    first, _ = begin(errand.do())
    other, waiting = begin(errand.do())
    first.close()
    assert waiting.until.is_set
    assert not is_waiting(other.send(None))


def test_one_that_is_collected_as_garbage_wakes_the_next(errand):
    first, _ = begin(errand.do())
    other, waiting = begin(errand.do())
    cycle: list[Any] = [first]
    cycle.append(cycle)
    del first, cycle
    gc.collect()
    assert waiting.until.is_set
    assert not is_waiting(other.send(None))


def test_one_that_is_given_up_while_it_waits_leaves_no_trace(errand):
    begin(errand.do())
    for _ in range(10):
        begin(errand.do())[0].close()
    assert not errand.flights._waiting


def test_one_on_an_event_loop_that_was_stopped_holds_nobody_up(errand):
    loop = asyncio.new_event_loop()
    held: list[Any] = []

    async def start() -> None:
        held.append(begin(errand.do()))

    loop.run_until_complete(start())
    assert not is_waiting(begin(errand.do())[1])
    loop.close()


def test_those_that_wait_on_an_event_loop_that_was_stopped_hold_nobody_up(errand):
    loop = asyncio.new_event_loop()
    held: list[Any] = []

    async def start() -> None:
        held.extend(begin(errand.do()) for _ in range(20))

    loop.run_until_complete(start())
    assert not is_waiting(begin(errand.do())[1])
    loop.close()


def test_one_on_an_event_loop_that_runs_is_waited_for(errand):
    started, stop = threading.Event(), threading.Event()
    held: list[Any] = []

    async def start() -> None:
        held.append(begin(errand.do()))
        started.set()
        stop.wait(60)

    thread = threading.Thread(target=lambda: asyncio.run(start()))
    thread.start()
    started.wait(60)
    assert is_waiting(begin(errand.do())[1])
    stop.set()
    thread.join()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_those_before_a_fork_are_none_of_the_childs(errand):
    first = begin(errand.do())
    waiting = begin(errand.do())
    child = os.fork()
    if child == 0:
        goes = not is_waiting(begin(errand.do())[1])
        os._exit(0 if goes else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert is_waiting(begin(errand.do())[1])
    assert is_waiting(waiting[1])
    assert not is_waiting(first[1])


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_threads_pass_never_leaves_the_lock_taken():
    stop = threading.Event()

    def pass_again_and_again() -> None:
        while not stop.is_set():
            begin(Errand().do())[0].close()

    threads = [threading.Thread(target=pass_again_and_again) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            child = os.fork()
            if child == 0:
                begin(Errand().do())
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_one_that_is_given_up_when_it_was_just_let_through_lets_the_next_one_through(errand):
    first, _ = begin(errand.do())
    second, given = begin(errand.do())
    third, waiting = begin(errand.do())
    first.close()
    assert given.until.is_set
    assert not waiting.until.is_set
    second.close()
    assert waiting.until.is_set
    assert not is_waiting(third.send(None))


def test_those_that_wait_go_in_the_order_in_which_they_came(errand):
    first, _ = begin(errand.do())
    others = [begin(errand.do()) for _ in range(3)]
    for other, _ in reversed(others):
        assert is_waiting(other.send(None))
    first.close()
    for number, (other, _) in enumerate(others):
        steps = [late.send(None) for late, _ in others[number:]]
        assert [is_waiting(step) for step in steps] == [False] + [True] * (len(steps) - 1)
        other.close()


def test_one_that_garbage_collection_ends_while_another_is_let_through_costs_nobody_a_turn(
    errand, monkeypatch
):
    garbage = [begin(errand.do())[0]]
    others = [begin(errand.do())[0] for _ in range(3)]
    may_start = errand.flights.may_start

    def collect(*arguments: Any) -> bool:
        while garbage:
            garbage.pop().close()
        return may_start(*arguments)

    monkeypatch.setattr(errand.flights, "may_start", collect)
    others.append(begin(errand.do())[0])
    results = []
    while others:
        for other in list(others):
            try:
                other.send(None)
            except StopIteration as end:
                results.append(end.value)
                others.remove(other)
    assert results == [1, 1, 1, 1]
    assert errand.begun == 2
    assert not errand.flights._flights
