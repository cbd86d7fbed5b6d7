"""The pollers of this process: one for each connection, project and filter, while it has subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dli_provider.polling.poller import Poller

if TYPE_CHECKING:
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.subscriber import Subscriber

_pollers: dict[tuple[object, ...], Poller] = {}


class subscribe:  # noqa: N801
    """Have a subscriber served by the poller of its connection, for as long as the context lasts.

    A class, because thousands wait in it at a time, and the frame of a generator takes several times as much
    memory.

    :param subscriber: whom to serve.
    :param hook: the connection, region and project.
    :param filters: filters of the list, for a subscriber to every listed job; each choice of filters has a
        poller.
    """

    __slots__ = ("_poller", "_subscriber")

    def __init__(
        self, subscriber: Subscriber, hook: DliHook, filters: Mapping[str, str] | None = None
    ) -> None:
        filters = dict(sorted((filters or {}).items()))
        loop = asyncio.get_running_loop()
        key = (loop, hook.dli_conn_id, hook.region, hook.project_id, *filters.items())
        poller = _pollers.get(key)
        if poller is None or poller.has_ended:
            poller = _pollers[key] = Poller(hook, filters)
        self._poller = poller
        self._subscriber = subscriber

    async def __aenter__(self) -> None:
        self._poller.add(self._subscriber)

    async def __aexit__(self, *_: object) -> None:
        poller = self._poller
        if not poller.remove(self._subscriber):
            return
        for key in [key for key, each in _pollers.items() if each is poller]:
            del _pollers[key]
        await poller.stop()
