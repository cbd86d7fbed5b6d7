"""The pollers of this process: one for each connection, project and filter, while it has subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from dli_provider.polling.poller import Poller

if TYPE_CHECKING:
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.subscriber import Subscriber


class HookParams(NamedTuple):
    """The arguments of a hook: whose jobs are polled.

    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    """

    dli_conn_id: str
    region: str | None = None
    project_id: str | None = None

    def hook(self) -> DliHook:
        """Return a hook with these arguments."""
        from dli_provider.hooks.dli import DliHook

        return DliHook(self.dli_conn_id, region=self.region, project_id=self.project_id)


class subscribe:  # noqa: N801
    """Have a subscriber served by the poller of its connection, for as long as the context lasts.

    A class, because thousands wait in it at a time, and the frame of a generator takes several times as much
    memory.

    :param subscriber: whom to serve.
    :param params: whose jobs.
    :param filters: filters of the list, for a subscriber to every listed job; each choice of filters has a
        poller.
    """

    __slots__ = ("_key", "_poller", "_subscriber")

    def __init__(
        self, subscriber: Subscriber, params: HookParams, filters: Mapping[str, str] | None = None
    ) -> None:
        self._subscriber = subscriber
        self._key = (asyncio.get_running_loop(), params, tuple(sorted((filters or {}).items())))

    async def __aenter__(self) -> None:
        poller = _pollers.get(self._key)
        if poller is None or poller.has_ended:
            _, params, filters = self._key
            poller = _pollers[self._key] = Poller(params.hook(), dict(filters))
        poller.add(self._subscriber)
        self._poller = poller

    async def __aexit__(self, *_: object) -> None:
        if not self._poller.remove(self._subscriber):
            return
        if _pollers.get(self._key) is self._poller:
            del _pollers[self._key]
        await self._poller.stop()


_pollers: dict[tuple[asyncio.AbstractEventLoop, HookParams, tuple[tuple[str, str], ...]], Poller] = {}
