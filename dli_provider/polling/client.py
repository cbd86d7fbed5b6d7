"""The calls of a poller, made with the connection as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.errors import DliAuthError, DliError, DliSettingsError
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.polling.rate_limiter import RateLimiter
from dli_provider.waiting.outage import lookup_error

if TYPE_CHECKING:
    from dli_provider.api.endpoints import Call
    from dli_provider.hooks.dli import DliHook

T = TypeVar("T")

MAX_CONCURRENT_CALLS = 4
"""Calls that all pollers with one access key have under way at most: fewer than the refusals that lock it."""

SILENT_RETRIES = 3
"""Failures in a row after which somebody is told; a call of a hook is retried as often."""

_slots: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, str], asyncio.Semaphore] = WeakValueDictionary()


class _Connected(NamedTuple):
    client: AsyncDliClient
    slots: asyncio.Semaphore


class PollerClient:
    """Calls DLI for a poller. It tries nothing again, except with a connection that has changed.

    :param hook: the connection, region and project.
    :ivar limiter: says when calls may start; the outcome of each call is recorded there.
    :ivar outage: why nothing can be read for now, if that is so. A call then fails with it instead of waiting
        until it may start: no queue builds up, and each wait learns of the outage.
    """

    def __init__(self, hook: DliHook) -> None:
        self.limiter = RateLimiter()
        self.outage: DliError | None = None
        self._loop = asyncio.get_running_loop()
        self._hook = hook
        self._connected: _Connected | None = None
        self._turn = asyncio.Lock()

    async def call(self, call: Call[T]) -> T:
        """Make a call once the limits allow it. When the credential is refused, look the connection up again
        and, if it has changed, make the call again.

        :param call: what to ask.
        :raises DliAuthError: when the credential that the connection has now is refused.
        :raises DliError: for every other failure.
        """
        while True:
            connected = await self._take_slot()
            try:
                return await self._recorded(connected.client.call(call))
            except DliAuthError as error:
                refusal = error
            finally:
                connected.slots.release()
            if refusal.transient or not await self._renew(connected):
                raise refusal

    async def close(self) -> None:
        """Close the connections."""
        if self._connected:
            await self._connected.client.close()

    async def _recorded(self, step: Awaitable[T]) -> T:
        try:
            result = await step
        except DliError as error:
            if error.transient:
                self.limiter.record_failure(error, self._loop.time())
            raise
        self.limiter.record_success()
        return result

    async def _take_slot(self) -> _Connected:
        """Wait until a call may start, and take one of the slots that the pollers of the key share."""
        async with self._turn:
            while True:
                delay = self.limiter.delay(self._loop.time())
                if delay and self.outage:
                    raise self.outage.with_traceback(None)
                await asyncio.sleep(delay)
                if self._connected is None:
                    self._connected = await self._recorded(self._connect())
                connected = self._connected
                await connected.slots.acquire()
                now = self._loop.time()
                if not self.limiter.delay(now):
                    self.limiter.record_start(now)
                    return connected
                connected.slots.release()

    async def _renew(self, refused: _Connected) -> bool:
        """Look the connection up again; False when it still is the one that was refused."""
        async with self._turn:
            if self._connected is refused:
                found = await self._recorded(self._connect())
                if found.client.settings == refused.client.settings:
                    return False
                self._connected = found
                await refused.client.close()
            return True

    async def _connect(self) -> _Connected:
        """Look the connection up.

        :raises DliError: when what it says is invalid; a transient one when it can't be read.
        """
        try:
            settings = await self._hook.aget_settings()
        except DliError:
            raise
        except Exception as error:
            raise lookup_error(self._hook.dli_conn_id, error) from error
        key = settings.credential.key_id or settings.credential.fingerprint
        slots = _slots.setdefault((self._loop, key), asyncio.Semaphore(MAX_CONCURRENT_CALLS))
        return _Connected(AsyncDliClient(settings, ONE_ATTEMPT), slots)


def raise_if_fatal(error: DliError) -> None:
    """Raise an error that every other call with the connection would meet as well.

    :raises DliAuthError: when the credential was refused.
    :raises DliSettingsError: when the connection is invalid.
    """
    if isinstance(error, DliAuthError | DliSettingsError) and not error.transient:
        raise error
