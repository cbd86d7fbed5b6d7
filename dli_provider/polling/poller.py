"""The life of a poller.

Waits of the same job share its readings. When the pages of the list are fewer than the watched jobs, pages
replace the readings of single jobs; what the list doesn't show, and what may end a wait, is read by itself. A
poller runs in a context of its own: Airflow routes a trigger's log by context variables, and nothing here
belongs to a single wait, so nothing is logged.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from dli_provider.polling.client import PollerClient
from dli_provider.polling.feed import Feed
from dli_provider.polling.job_reader import JobReader
from dli_provider.polling.list_reader import ListReader

if TYPE_CHECKING:
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.subscriber import Subscriber


class Poller:
    """Reads jobs for the subscribers of one connection and project, until it is stopped or can't go on.

    :param hook: the connection, region and project.
    :param filters: filters of the list.
    :ivar has_ended: True when it serves nobody any more, though subscribers may not have left it yet.
    """

    def __init__(self, hook: DliHook, filters: Mapping[str, str]) -> None:
        self.has_ended = False
        self._context = contextvars.Context()
        self._tasks: set[asyncio.Task[None]] = set()
        self._feed = Feed()
        self._client = PollerClient(hook)
        job_reader = JobReader(self._client, self._feed, self._start)
        self._list_reader = ListReader(self._client, self._feed, job_reader, filters)
        self._start(self._list_reader.run())

    def add(self, subscriber: Subscriber) -> None:
        """Serve a subscriber from now on; its first reading comes within its interval."""
        self._list_reader.on_subscriber(self._feed.add(subscriber))

    def remove(self, subscriber: Subscriber) -> bool:
        """Serve a subscriber no longer; True when it was the last."""
        self._feed.remove(subscriber)
        return not self._feed.jobs and not self._feed.list_subscribers

    async def stop(self) -> None:
        """End, and close the connections."""
        self._end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as part of the poller, which ends with the first that fails."""
        task = asyncio.get_running_loop().create_task(coroutine, context=self._context)
        self._tasks.add(task)
        task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error and not self.has_ended:
            self._end()
            for subscriber in self._feed.subscribers():
                subscriber.close(error)

    def _end(self) -> None:
        self.has_ended = True
        for job in self._feed.jobs.values():
            job.cancel_timer()
        for task in self._tasks:
            task.cancel()
