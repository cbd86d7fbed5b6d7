"""Gates at which conversations wait for one another, across threads and event loops.

Nothing here blocks: a conversation that must wait asks its driver to. And nothing waits without bound: a
flight whose owner disappeared is noticed.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from time import monotonic
from types import TracebackType
from typing import Self, TypeAlias

from dli_provider.api.errors import DliError
from dli_provider.api.messages import Conversation, Sleep, Wake

LONGEST_FLIGHT = 45.0
"""Seconds after which a flight holds nobody up any longer; a call with the default timeouts takes less."""

RECHECK = 1.0
"""Seconds after which a conversation that waits looks for flights whose owner disappeared."""

LOCK = threading.RLock()
"""Guards the state of all gates, for microseconds; reentrant, as garbage collection may end a flight."""

os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)


class Flight:
    """A conversation's passage through a gate: a context that ends it.

    :param gate: the gate.
    :param topic: what it is about: those that wait with the same topic share its failure.
    :param loop: event loop on which the conversation runs, if it runs on one.
    :ivar started: monotonic seconds of its beginning.
    :ivar failure: the error by which it ended, when that may pass by itself.
    """

    __slots__ = ("_gate", "_is_over", "_loop", "failure", "started", "topic")

    def __init__(self, gate: Gate, topic: object, loop: asyncio.AbstractEventLoop | None) -> None:
        self.topic = topic
        self.started = monotonic()
        self.failure: DliError | None = None
        self._gate = gate
        self._loop = loop
        self._is_over = False

    @property
    def is_under_way(self) -> bool:
        """False when it ended, when its event loop was stopped, or when it takes longer than a call does."""
        is_stopped = self._loop is not None and not self._loop.is_running()
        return not (self._is_over or is_stopped or monotonic() - self.started > LONGEST_FLIGHT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        if isinstance(error, DliError) and error.transient:
            self.failure = copy(error)  # the error itself will be told which call it ended
            self._gate.wake_all()
        else:
            self._gate.leave(self)


class _Waiter:
    """A conversation that waits for its flight, or for a reason to look again."""

    __slots__ = ("flight", "loop", "may_start", "topic", "wake")

    def __init__(self, topic: object, may_start: MayStart, loop: asyncio.AbstractEventLoop | None) -> None:
        self.topic = topic
        self.may_start = may_start
        self.loop = loop
        self.wake = Wake()
        self.flight: Flight | None = None


MayStart: TypeAlias = Callable[[list[Flight]], bool]


class Gate:
    """Lets conversations through as there is room, first come, first served."""

    def __init__(self) -> None:
        self._flights: list[Flight] = []
        self._waiting: deque[_Waiter] = deque()
        self._pid = os.getpid()

    def enter(
        self, topic: object, *, may_start: MayStart, shares_failure: Callable[[], bool]
    ) -> Conversation[Flight]:
        """Return the caller's flight once it may start.

        :param topic: what the flight is about.
        :param may_start: tells whether the flight may start beside those under way; raises for one that must
            not start at all.
        :param shares_failure: tells whether the failure of the flight that was waited for is one's own too,
            because each would only find the same, one after the other.
        :raises DliError: the failure of the flight that was waited for.
        """
        loop = _running_loop()
        with LOCK:
            if not self._waiting and may_start(self._under_way()):
                return self._start(topic, loop)
        waiter = _Waiter(topic, may_start, loop)
        awaited: Flight | None = None
        while True:
            with LOCK:
                self.serve()
                if waiter.flight:
                    return waiter.flight
                if awaited and awaited.failure and shares_failure():
                    self._forget(waiter)
                    raise copy(awaited.failure)
                if waiter not in self._waiting:
                    if may_start(self._flights):
                        return self._start(topic, loop)
                    self._waiting.append(waiter)
                awaited = next((flight for flight in self._flights if flight.topic == topic), None)
                wake = waiter.wake = Wake()
            try:
                yield Sleep(RECHECK, until=wake)
            except BaseException:
                self._give_up(waiter)
                raise

    def leave(self, flight: Flight) -> None:
        """Take a flight off, and start others in its place."""
        with LOCK:
            if flight in self._flights:
                self._flights.remove(flight)
        if self._waiting:
            self.serve()

    def serve(self) -> None:
        """Start the flights of those that wait, as far as there is room."""
        woken = []
        with LOCK:
            under_way = self._under_way()
            while self._waiting:
                waiter = self._waiting[0]
                with suppress(DliError):  # the waiter finds that by itself
                    if not waiter.may_start(under_way):
                        break
                    waiter.flight = self._start(waiter.topic, waiter.loop)
                woken.append(self._waiting.popleft())
        for waiter in woken:
            waiter.wake.set()

    def wake_all(self) -> None:
        """Have all that wait look again whether they may start."""
        with LOCK:
            woken = list(self._waiting)
            self._waiting.clear()
        for waiter in woken:
            waiter.wake.set()

    def _start(self, topic: object, loop: asyncio.AbstractEventLoop | None) -> Flight:
        flight = Flight(self, topic, loop)
        self._flights.append(flight)
        return flight

    def _give_up(self, waiter: _Waiter) -> None:
        with LOCK:
            self._forget(waiter)
        if waiter.flight:
            with waiter.flight:
                pass

    def _forget(self, waiter: _Waiter) -> None:
        with suppress(ValueError):
            self._waiting.remove(waiter)

    def _under_way(self) -> list[Flight]:
        if self._pid != os.getpid():  # forked: who flew or waited before did so in another process
            self._pid = os.getpid()
            self._flights.clear()
            self._waiting.clear()
        if self._flights:
            self._flights = [flight for flight in self._flights if flight.is_under_way]
        return self._flights


class SingleFlight:
    """Has one conversation do what all need; the others wait for its outcome."""

    def __init__(self) -> None:
        self._gate = Gate()

    def join(self, topic: object, is_done: Callable[[], bool]) -> Conversation[Flight]:
        """Return a flight: the only one, or one of many when nothing is left to do.

        :param topic: what is done; who waits for another topic doesn't share its failure.
        :param is_done: tells whether it is done.
        :raises DliError: the failure of the flight that was waited for, when that may pass by itself.
        """
        return self._gate.enter(
            topic,
            may_start=lambda under_way: is_done() or not under_way,
            shares_failure=lambda: not is_done(),
        )


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
