"""Gates at which conversations wait for one another, across threads and event loops.

Nothing here blocks: a conversation that must wait asks its driver to. And nothing waits without bound: a
flight whose owner disappeared is noticed.
"""

from __future__ import annotations

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

from dli_provider.api.errors import DliError
from dli_provider.api.messages import Conversation, Sleep, Wake

T = TypeVar("T")

LONGEST_FLIGHT = 45.0
"""Seconds after which a flight holds nobody up any longer; a call with the default timeouts takes less."""

RECHECK = 1.0
"""Seconds after which a conversation that waits looks for flights whose owner disappeared."""

LOCK = threading.RLock()
"""Guards the state of all gates, for microseconds; reentrant, as garbage collection may end a flight."""

os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)


class Flight:
    """A conversation's passage through a gate: it waits until it may start, and goes on until it ends.

    :param topic: what it is about: those that wait with the same topic share its failure.
    :ivar is_decided: True when it has started, or must not.
    :ivar wake: set after that.
    """

    __slots__ = ("_failure", "_loop", "_started", "is_decided", "topic", "wake")

    def __init__(self, topic: Any) -> None:
        self.topic = topic
        self.is_decided = False
        self.wake = Wake()
        self._failure: DliError | None = None
        self._started = 0.0
        self._loop = _running_loop()

    @property
    def is_lost(self) -> bool:
        """True when its event loop was stopped, or it takes longer than a call does."""
        is_stopped = self._loop is not None and not self._loop.is_running()
        return is_stopped or monotonic() - self._started > LONGEST_FLIGHT

    def start(self) -> None:
        """Let it start."""
        self._started = monotonic()
        self.is_decided = True

    def fail(self, error: DliError) -> None:
        """End it without a start."""
        self._failure = error.with_traceback(None)
        self.is_decided = True

    def check(self) -> None:
        """Raise the error by which it ended without a start."""
        if self._failure:
            raise self._failure


class Gate(ABC):
    """Lets conversations through as there is room, first come, first served."""

    def __init__(self) -> None:
        self._flights: list[Flight] = []
        self._waiting: deque[Flight] = deque()
        self._pid = os.getpid()

    @abstractmethod
    def may_start(self, topic: Any, under_way: Sequence[Flight]) -> bool:
        """Tell whether a flight may start beside others.

        :param topic: what it is about.
        :param under_way: the others.
        :raises DliError: when it must not start at all.
        """

    @abstractmethod
    def shares_failure(self, topic: Any) -> bool:
        """Tell whether a failure that may pass is that of all that wait with the topic, because each would
        only find the same, one after the other.
        """

    def run(self, topic: Any, conversation: Conversation[T]) -> Conversation[T]:
        """Carry a conversation on once it may start, and return what it returns.

        :param topic: what it is about.
        :param conversation: the conversation.
        :raises DliError: when it must not start; the failure of the one that was waited for; its own.
        """
        flight = Flight(topic)
        try:
            self._queue(flight)
            while not flight.is_decided:
                yield Sleep(RECHECK, until=flight.wake)
                self._queue(flight)
            flight.check()
            result = yield from conversation
        except BaseException as error:
            self._leave(flight, error)
            raise
        self._leave(flight)
        return result

    def serve(self) -> None:
        """Let those through that may start by now, in their order, and tell those that must not.

        Call it without the lock: to wake a conversation takes a lock of its driver's.
        """
        decided = []
        with LOCK:
            while self._waiting:
                flight = self._waiting.popleft()
                try:
                    if not self.may_start(flight.topic, self._flights):
                        self._waiting.appendleft(flight)
                        break
                except DliError as error:
                    flight.fail(error)
                else:
                    self._flights.append(flight)
                    flight.start()
                decided.append(flight)
        for flight in decided:
            flight.wake.set()

    def _queue(self, flight: Flight) -> None:
        """Have a flight wait until it is decided, and take off those whose owner disappeared."""
        with LOCK:
            if flight.is_decided:
                return
            if self._pid != os.getpid():  # forked: who flew or waited before did so in another process
                self._pid = os.getpid()
                self._flights.clear()
                self._waiting.clear()
            for lost in [other for other in self._flights if other.is_lost]:
                _remove(lost, self._flights)
            if flight not in self._waiting:
                self._waiting.append(flight)
        self.serve()

    def _leave(self, flight: Flight, error: BaseException | None = None) -> None:
        shared = error if isinstance(error, DliError) and error.transient else None
        failed = []
        with LOCK:
            was_under_way = flight in self._flights
            _remove(flight, self._flights if was_under_way else self._waiting)
            if shared and was_under_way and self.shares_failure(flight.topic):
                failed = [waiting for waiting in self._waiting if waiting.topic == flight.topic]
                for other in failed:
                    _remove(other, self._waiting)
                    other.fail(copy(shared))  # each is told which call it ended
        for other in failed:
            other.wake.set()
        self.serve()


def _remove(flight: Flight, flights: list[Flight] | deque[Flight]) -> None:
    with suppress(ValueError):  # garbage collection may have ended a flight in between, in this very thread
        flights.remove(flight)


@dataclass(frozen=True, slots=True)
class _Errand:
    """What one does for all: who waits for another one doesn't share its failure."""

    name: object
    is_done: Callable[[], bool] = field(compare=False)


class SingleFlight(Gate):
    """Has one conversation do what all need; the others wait for its outcome."""

    def do(self, name: object, is_done: Callable[[], bool], errand: Conversation[T]) -> Conversation[T]:
        """Do it alone, or beside others when it is done, and return what it returns.

        :param name: what is done.
        :param is_done: tells whether it is done.
        :param errand: does it; once it is done, it returns what there is.
        :raises DliError: of the errand; when it may pass by itself, also that of the one that was waited for.
        """
        return self.run(_Errand(name, is_done), errand)

    def may_start(self, topic: _Errand, under_way: Sequence[Flight]) -> bool:
        """Let one start alone, or all when it is done."""
        return not under_way or topic.is_done()

    def shares_failure(self, topic: _Errand) -> bool:
        """Share it unless it is done."""
        return not topic.is_done()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
