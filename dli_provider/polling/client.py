"""The calls of a poller: made with the connection as it is now, and accounted for in the poller's pace."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliConnectionError,
    DliError,
    DliThrottledError,
)
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.masking import printable

if TYPE_CHECKING:
    from dli_provider.api.endpoints import Call
    from dli_provider.api.settings import DliSettings
    from dli_provider.hooks.dli import DliHook
    from dli_provider.polling.rate_limiter import RateLimiter

T = TypeVar("T")


class Reader:
    """Calls DLI for a poller; retries are the poller's own affair.

    :param hook: the connection, region and project.
    :param pace: where the outcome of calls is noted.
    """

    def __init__(self, hook: DliHook, pace: RateLimiter) -> None:
        self._hook = hook
        self._pace = pace
        self._client: AsyncDliClient | None = None
        self._connecting = asyncio.Lock()

    async def call(self, call: Call[T]) -> T:
        """Make a call; when the credential is refused, read the connection anew once, for it may be another
        by now.

        :param call: what to ask.
        :raises DliAuthError: when the connection's credential is refused.
        :raises DliError: for every other failure.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            client = self._client or await self._connect(None)
            try:
                answer = await client.call(call)
            except DliAuthError:
                renewed = await self._connect(client)
                if renewed is client:
                    raise
                answer = await renewed.call(call)
        except DliError as error:
            if error.transient:
                self._pace.failed(
                    began,
                    clock(),
                    throttled=isinstance(error, DliThrottledError),
                    retry_after=error.retry_after if isinstance(error, DliApiError) else None,
                )
            raise
        self._pace.good()
        return answer

    async def close(self) -> None:
        """Close the connections."""
        if self._client:
            await self._client.close()

    async def _connect(self, refused: AsyncDliClient | None) -> AsyncDliClient:
        """Return a client on the connection as it is now; the refused one when that is still the same."""
        async with self._connecting:
            if self._client is not refused and self._client is not None:
                return self._client
            settings = await self._look_up()
            if refused is not None and settings == refused.settings:
                return refused
            self._client = AsyncDliClient(settings, ONE_ATTEMPT)
            if refused is not None:
                await refused.close()
            return self._client

    async def _look_up(self) -> DliSettings:
        """Return what the connection says; where it is kept may be out of reach for a while, too."""
        try:
            return await self._hook.aget_settings()
        except DliError:
            raise
        except Exception as error:
            told = printable(str(error) or type(error).__name__, 300)
            raise DliConnectionError(
                f"Airflow can't look up the connection {self._hook.dli_conn_id!r}: {told}"
            ) from error
