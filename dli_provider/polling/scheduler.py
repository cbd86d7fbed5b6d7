"""What a poller has to do, and when: a queue that hands out the next thing when it is due and may be done."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from dli_provider.polling.rate_limiter import RateLimiter

MAX_CONCURRENT_CALLS = 4
"""Calls under way at the most: fewer than the refusals that lock an access key."""


class Task:
    """A thing to do, which has one place in an agenda at the most."""

    __slots__ = ("due", "entry")

    def __init__(self) -> None:
        self.due = 0.0
        self.entry = 0

    @property
    def is_queued(self) -> bool:
        """True while it has a place."""
        return self.entry != 0


class CallScheduler:
    """Things to do, each with its moment, and the calls under way.

    :param pace: when calls may be made; while they fail, there is one at a time.
    """

    def __init__(self, pace: RateLimiter) -> None:
        self._loop = asyncio.get_running_loop()
        self._pace = pace
        self._queue: list[tuple[float, int, Task]] = []
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._called_at = -math.inf
        self._failure: BaseException | None = None

    def put(self, task: Task, due: float) -> None:
        """Give a task its place, instead of the one it had.

        :param task: what is to be done.
        :param due: the loop's time from which it is to be done.
        """
        task.due, task.entry = due, next(self._numbers)
        heapq.heappush(self._queue, (due, task.entry, task))
        self._changed.set()

    @staticmethod
    def drop(task: Task) -> None:
        """Take a task's place away."""
        task.entry = 0

    async def take(self) -> Task:
        """Return the next task, once it is due and a call may be made.

        :raises BaseException: whatever a call raised.
        """
        while True:
            self._changed.clear()
            if self._failure:
                raise self._failure
            most = 1 if self._pace.failures else MAX_CONCURRENT_CALLS
            if not self._queue or len(self._calls) >= most:
                await self._changed.wait()
                continue
            due, number, task = self._queue[0]
            if task.entry != number:
                heapq.heappop(self._queue)
                continue
            may_call = max(self._pace.paused_until, self._called_at + self._pace.spacing)
            wait = max(due, may_call) - self._loop.time()
            if wait <= 0:
                heapq.heappop(self._queue)
                task.entry = 0
                return task
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def start(self, call: Coroutine[Any, Any, None]) -> None:
        """Have a call made beside what else is done."""
        self._called_at = self._loop.time()
        task = self._loop.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Cancel the calls under way."""
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled():
            self._failure = self._failure or task.exception()
        self._changed.set()
