"""Conversations that wait for one another, across threads and event loops.

Nothing here blocks: a conversation that must wait asks its driver to. And nothing waits without bound: a
flight whose owner disappeared is noticed.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
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
"""Guards the state of all flights, for microseconds; reentrant, as garbage collection may end a flight."""

os.register_at_fork(before=LOCK.acquire, after_in_parent=LOCK.release, after_in_child=LOCK.release)


class Flight:
    """A conversation's turn: it waits until it may start, and lasts until the conversation ends.

    :param topic: what it is about: those that wait with the same topic share its failure.
    :ivar is_decided: True when it has started, or must not.
    :ivar wake: set once it is decided.
    """

    __slots__ = ("_failure", "_loop", "_started", "is_decided", "topic", "wake")

    def __init__(self, topic: Any) -> None:
        self.topic = topic
        self.is_decided = False
        self._failure: DliError | None = None
        self.wake = Wake()
        self._started = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        with suppress(RuntimeError):  # in a thread without a loop
            self._loop = asyncio.get_running_loop()

    @property
    def is_lost(self) -> bool:
        """True when its event loop was stopped, or it takes longer than a call does."""
        is_stopped = self._loop is not None and not self._loop.is_running()
        return is_stopped or monotonic() - self._started > LONGEST_FLIGHT

    def decide(self, failure: DliError | None = None) -> None:
        """Let it start, or end it without a start."""
        self._failure = failure and failure.with_traceback(None)
        self._started = monotonic()
        self.is_decided = True

    def check(self) -> None:
        """Raise the failure that ended it without a start."""
        if self._failure:
            raise self._failure


class SingleFlight:
    """Lets one conversation go at a time, first come, first served.

    A failure that may pass is that of all that wait with the same topic: each would only find the same, one
    after the other. After any other outcome the next one goes.
    """

    def __init__(self) -> None:
        self._flights: list[Flight] = []
        self._waiting: deque[Flight] = deque()
        self._pid = os.getpid()

    def may_start(self, topic: Any, under_way: Sequence[Flight]) -> bool:  # noqa: ARG002
        """Tell whether a flight may start beside others.

        :param topic: what it is about.
        :param under_way: the others.
        :raises DliError: when it must not start at all.
        """
        return not under_way

    def shares_failure(self, topic: Any) -> bool:  # noqa: ARG002
        """Tell whether those that wait with the topic share a failure that may pass."""
        return True

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
                if not flight.is_decided:
                    self.serve()
            flight.check()
            result = yield from conversation
        except BaseException as error:
            self._leave(flight, error)
            raise
        self._leave(flight)
        return result

    def serve(self) -> None:
        """Let those start that may by now, in their order, and tell those that must not.

        Call it without the lock: to wake a conversation takes a lock of its driver's.
        """
        decided = []
        with LOCK:
            while self._waiting:
                for lost in [flight for flight in self._flights if flight.is_lost]:
                    _remove(lost, self._flights)
                flight = self._waiting.popleft()
                try:
                    if not self.may_start(flight.topic, self._flights):
                        self._waiting.appendleft(flight)
                        break
                except DliError as error:
                    flight.decide(error)
                else:
                    self._flights.append(flight)
                    flight.decide()
                decided.append(flight)
        for flight in decided:
            flight.wake.set()

    def _queue(self, flight: Flight) -> None:
        with LOCK:
            if self._pid != os.getpid():  # forked: the others are another process's
                self._pid = os.getpid()
                self._flights.clear()
                self._waiting.clear()
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
                    other.decide(copy(shared))  # each is told which call it ended
        for other in failed:
            other.wake.set()
        self.serve()


def _remove(flight: Flight, flights: list[Flight] | deque[Flight]) -> None:
    with suppress(ValueError):  # garbage collection may have ended a flight in between, in this very thread
        flights.remove(flight)
