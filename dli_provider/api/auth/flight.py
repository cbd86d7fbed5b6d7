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
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from copy import copy
from time import monotonic
from types import TracebackType
from typing import Self

from dli_provider.api.errors import DliError
from dli_provider.api.messages import Conversation, Sleep

LONGEST_FLIGHT = 45.0
"""Seconds after which a flight holds nobody up any longer; a call with the default timeouts takes less."""

RECHECK = 1.0
"""Seconds after which a conversation that waits looks for flights whose owner disappeared."""

LOCK = threading.RLock()
"""Guards the state of all gates, for microseconds; reentrant, as garbage collection may end a flight."""

os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)


class Flight:
    """A conversation on its way through a gate: a context that it leaves at its end.

    :param gate: the gate.
    :param topic: what it is about: those that wait with the same topic share its failure.
    :ivar started: monotonic seconds of its beginning.
    :ivar failure: the error by which it ended, when that may pass by itself.
    """

    __slots__ = ("_gate", "_is_over", "_loop", "failure", "started", "topic")

    def __init__(self, gate: Gate, topic: object) -> None:
        self.topic = topic
        self.started = monotonic()
        self.failure: DliError | None = None
        self._gate = gate
        self._loop = _running_loop()
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
        self._gate.leave(self)


class Gate:
    """Lets conversations through when there is room, and makes the others wait.

    :param wakes_all: whether the end of a flight lets all that wait go on, or the next one alone.
    """

    def __init__(self, *, wakes_all: bool) -> None:
        self._wakes_all = wakes_all
        self._flights: list[Flight] = []
        self._waiting: deque[Future[None]] = deque()
        self._pid = os.getpid()

    def enter(
        self,
        topic: object,
        *,
        may_start: Callable[[list[Flight]], bool],
        shares_failure: Callable[[], bool],
    ) -> Conversation[Flight]:
        """Return the caller's flight once it may start.

        :param topic: what the flight is about.
        :param may_start: tells whether the flight may start beside those under way; raises for one that must
            not start at all.
        :param shares_failure: tells whether the failure of the flight that was waited for is one's own too,
            because each would only find the same, one after the other.
        :raises DliError: the failure of the flight that was waited for.
        """
        awaited: Flight | None = None
        while True:
            with LOCK:
                under_way = self._under_way()
                if awaited and awaited.failure and shares_failure():
                    raise copy(awaited.failure)
                if may_start(under_way):
                    flight = Flight(self, topic)
                    self._flights.append(flight)
                    return flight
                awaited = next((flight for flight in under_way if flight.topic == topic), None)
                woken: Future[None] = Future()
                self._waiting.append(woken)
            try:
                yield Sleep(RECHECK, until=woken)
            finally:
                with LOCK, suppress(ValueError):
                    self._waiting.remove(woken)

    def leave(self, flight: Flight) -> None:
        """Let those go on that wait for a flight which ended."""
        if self._wakes_all or flight.failure:
            self.wake_all()
        else:
            self._wake(1)

    def wake_all(self) -> None:
        """Let all that wait look again whether they may start."""
        self._wake(len(self._waiting))

    def _wake(self, number: int) -> None:
        with LOCK:
            woken = [self._waiting.popleft() for _ in range(min(number, len(self._waiting)))]
        for future in woken:
            with suppress(InvalidStateError):  # its event loop gave it up meanwhile
                future.set_result(None)

    def _under_way(self) -> list[Flight]:
        if self._pid != os.getpid():  # forked: who flew or waited before did so in another process
            self._pid = os.getpid()
            self._flights.clear()
            self._waiting.clear()
        self._flights = [flight for flight in self._flights if flight.is_under_way]
        return self._flights


class SingleFlight:
    """Has one conversation do what all need; the others wait for its outcome."""

    def __init__(self) -> None:
        self._gate = Gate(wakes_all=True)

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
