"""The calls of a poller, made with the connection as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from weakref import WeakValueDictionary

from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.errors import DliAuthError, DliConnectionError, DliError, DliThrottledError
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.masking import printable
from dli_provider.polling.rate_limiter import RateLimiter

if TYPE_CHECKING:
    from dli_provider.api.endpoints import Call
    from dli_provider.api.settings import DliSettings
    from dli_provider.hooks.dli import DliHook

T = TypeVar("T")

MAX_CONCURRENT_CALLS = 4
"""Calls that all pollers with one access key have under way at most: fewer than the refusals that lock it."""

_slots: WeakValueDictionary[tuple[asyncio.AbstractEventLoop, str], asyncio.Semaphore] = WeakValueDictionary()


class _Connected(NamedTuple):
    client: AsyncDliClient
    slots: asyncio.Semaphore


class PollerClient:
    """Calls DLI for a poller. It tries nothing again, except with a connection that has changed.

    :param hook: the connection, region and project.
    :ivar limiter: says when calls may start; the outcome of each call is recorded there.
    """

    def __init__(self, hook: DliHook) -> None:
        self.limiter = RateLimiter()
        self._loop = asyncio.get_running_loop()
        self._hook = hook
        self._connected: _Connected | None = None
        self._turn = asyncio.Lock()
        self._connecting = asyncio.Lock()

    async def call(self, call: Call[T]) -> T:
        """Make a call once the limits allow it. When the credential is refused, look the connection up again
        and, if it has changed, make the call once more.

        :param call: what to ask.
        :raises DliAuthError: when the credential that the connection has now is refused.
        :raises DliError: for every other failure.
        """
        async with self._turn:
            connected = await self._take_slot()
            if self.limiter.failures:  # then there is one call at a time
                return await self._send(connected, call)
        return await self._send(connected, call)

    async def close(self) -> None:
        """Close the connections."""
        if self._connected:
            await self._connected.client.close()

    async def _take_slot(self) -> _Connected:
        """Wait until a call may start, and take one of the slots that the pollers of the key share."""
        while True:
            await asyncio.sleep(self.limiter.delay(self._loop.time()))
            connected = self._connected or await self._connect()
            await connected.slots.acquire()
            now = self._loop.time()
            if connected is self._connected and not self.limiter.delay(now):
                self.limiter.record_start(now)
                return connected
            connected.slots.release()

    async def _send(self, connected: _Connected, call: Call[T]) -> T:
        try:
            with self._recorded():
                return await connected.client.call(call)
        except DliAuthError as error:
            if error.transient:
                raise
            renewed = await self._connect(refused=connected)
            if renewed is connected:
                raise
        finally:
            connected.slots.release()
        async with renewed.slots:
            with self._recorded():
                return await renewed.client.call(call)

    async def _connect(self, refused: _Connected | None = None) -> _Connected:
        """Return what the connection leads to now; the same as was refused when it hasn't changed."""
        async with self._connecting:
            if self._connected is not None and self._connected is not refused:
                return self._connected
            with self._recorded(success=False):
                settings = await self._look_up()
            if refused is not None and settings == refused.client.settings:
                return refused
            self._connected = _Connected(AsyncDliClient(settings, ONE_ATTEMPT), _slots_of(settings))
            if refused is not None:
                await refused.client.close()
            return self._connected

    async def _look_up(self) -> DliSettings:
        """Return what the connection says.

        Only what it says can be wrong for good. That it can't be had may pass, however Airflow reports it: a
        secrets backend that is throttled may say that there is no such connection.
        """
        try:
            return await self._hook.aget_settings()
        except DliError:
            raise
        except Exception as error:
            reason = printable(str(error) or type(error).__name__, 300)
            raise DliConnectionError(
                f"Airflow can't look up the connection {self._hook.dli_conn_id!r}: {reason}"
            ) from error

    @contextmanager
    def _recorded(self, *, success: bool = True) -> Iterator[None]:
        """Record how it went, a success only if it counts as an answer of DLI."""
        started = self._loop.time()
        try:
            yield
        except DliError as error:
            if error.transient:
                self.limiter.record_failure(
                    started,
                    self._loop.time(),
                    throttled=isinstance(error, DliThrottledError),
                    retry_after=getattr(error, "retry_after", None),
                )
            raise
        if success:
            self.limiter.record_success()


def _slots_of(settings: DliSettings) -> asyncio.Semaphore:
    """Return the slots that all pollers of this event loop share that use the same access key."""
    credential = settings.credential
    key = (asyncio.get_running_loop(), getattr(credential, "key_id", None) or credential.fingerprint)
    slots = _slots.get(key)
    if slots is None:
        slots = _slots[key] = asyncio.Semaphore(MAX_CONCURRENT_CALLS)
    return slots
