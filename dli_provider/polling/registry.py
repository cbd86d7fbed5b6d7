"""The pollers of this triggerer: one for each connection and project, from its first watch to its last."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from dli_provider.polling.poller import Poller

if TYPE_CHECKING:
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.subscriber import Watch


class HookParams(NamedTuple):
    """Whose jobs are polled: what a hook is made of.

    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    """

    dli_conn_id: str
    region: str | None = None
    project_id: str | None = None

    def hook(self) -> DliHook:
        """Return a hook on it."""
        from dli_provider.hooks.dli import DliHook

        return DliHook(self.dli_conn_id, region=self.region, project_id=self.project_id)


class subscribe:  # noqa: N801
    """Have a watch served by the poller of its connection, for as long as the context lasts.

    A class, for thousands of these wait at a time, and a generator's frame is several times as large.

    :param watch: whom to serve.
    :param account: whose jobs.
    :param filters: filters of the list for a watch of every listed job; watches with other filters have other
        pollers.
    """

    __slots__ = ("_key", "_poller", "_watch")

    def __init__(self, watch: Watch, account: HookParams, filters: Mapping[str, str] | None = None) -> None:
        self._watch = watch
        self._key = (asyncio.get_running_loop(), account, tuple(sorted((filters or {}).items())))

    async def __aenter__(self) -> None:
        poller = _pollers.get(self._key)
        if poller is None or poller.has_ended:
            _, account, filters = self._key
            poller = _pollers[self._key] = Poller(account.hook(), dict(filters))
        poller.add(self._watch)
        self._poller = poller

    async def __aexit__(self, *_: object) -> None:
        if not self._poller.remove(self._watch):
            return
        if _pollers.get(self._key) is self._poller:
            del _pollers[self._key]
        await self._poller.stop()


_pollers: dict[tuple[asyncio.AbstractEventLoop, HookParams, tuple[tuple[str, str], ...]], Poller] = {}
