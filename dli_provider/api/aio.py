"""The client of DLI for event loops: it drives the same conversations over aiohttp."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import aiohttp
from yarl import URL

from dli_provider.api import endpoints
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.connection_faults import NO_TUNNEL
from dli_provider.api.conversation import converse, find_job
from dli_provider.api.endpoints import Call, JobFilters, JobPage
from dli_provider.api.errors import DliError, Outcome
from dli_provider.api.messages import Conversation, Reply, Request, Response, Send, Sleep
from dli_provider.api.paging import Pages
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.api.transport import (
    LINK_LOCAL_TIMEOUT,
    MAX_BODY,
    Route,
    SendMark,
    choose_ca_bundle,
    own_headers,
    ssl_context,
)
from dli_provider.flink.job import FlinkJob

T = TypeVar("T")

_CONNECTIONS = 100
_KEEPALIVE = 75.0
_MAX_LINE = 65536  # as http.client has it; a token of IAM comes in a header and may be long


class AsyncDliClient:
    """Calls DLI on an event loop; one connection pool for its whole life. Use it in an ``async with``.

    :param settings: where DLI is and who asks.
    :param retry: how often a failure that may pass is tried again.
    :param tell: called with a line for the log before a wait that people would wonder about.
    """

    def __init__(
        self,
        settings: DliSettings,
        retry: RetryPolicy | None = None,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self.settings = settings
        self._retry = retry or RetryPolicy()
        self._tell = tell
        self._credential = share_credential(settings.credential)
        self._transport = _Transport(settings)

    async def show_flink_job(self, job_id: int | str) -> FlinkJob:
        """Return one job's detail; see :meth:`.client.DliClient.show_flink_job`."""
        return await self.call(endpoints.show_flink_job(job_id))

    async def find_flink_job(self, name: str) -> FlinkJob | None:
        """Return the detail of the job of a name; see :meth:`.client.DliClient.find_flink_job`."""
        return await self._drive(find_job(name, self.settings, self._credential, self._retry))

    async def list_flink_jobs(self, **filters: Unpack[JobFilters]) -> AsyncIterator[FlinkJob]:
        """Yield the project's jobs; see :meth:`.client.DliClient.list_flink_jobs`."""
        async for page in self.list_flink_job_pages(**filters):
            for job in page.jobs:
                yield job
            page.raise_unreadable()

    async def list_flink_job_pages(self, **filters: Unpack[JobFilters]) -> AsyncIterator[JobPage]:
        """Yield the project's jobs as pages; see :meth:`.client.DliClient.list_flink_job_pages`."""
        pages = Pages(filters)
        while call := pages.next_call():
            yield pages.take(await self.call(call))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def call(self, call: Call[T]) -> T:
        """Make a call of an endpoint; see :meth:`.client.DliClient.call`."""
        return await self._drive(converse(call, self.settings, self._credential, self._retry))

    async def _drive(self, conversation: Conversation[T]) -> T:
        reply: Reply = None
        try:
            while True:
                step = conversation.send(reply)
                reply = await (self._transport.send(step) if isinstance(step, Send) else self._sleep(step))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    async def _sleep(self, step: Sleep) -> None:
        if step.notice and self._tell:
            self._tell(step.notice)
        woken = asyncio.get_running_loop().create_future()
        timer = woken.get_loop().call_later(step.seconds, _settle, woken)
        if step.until:
            step.until.on_set(partial(_settle_from_any_thread, woken, threading.get_ident()))
        try:
            await woken
        finally:
            timer.cancel()


def _settle(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


def _settle_from_any_thread(woken: asyncio.Future[None], thread: int) -> None:
    """End a sleep.

    :param woken: what the sleep waits for.
    :param thread: identity of the thread whose event loop it belongs to.
    """
    if threading.get_ident() == thread:
        _settle(woken)
    else:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            woken.get_loop().call_soon_threadsafe(_settle, woken)


class _Transport:
    """Sends requests over kept connections, and those that must not be made twice over new ones."""

    def __init__(self, settings: DliSettings) -> None:
        self._settings = settings
        self._headers = own_headers(settings)
        self._routes: dict[tuple[str, bool], Route] = {}
        self._timeout = aiohttp.ClientTimeout(
            total=settings.connect_timeout + settings.read_timeout,
            sock_connect=settings.connect_timeout,
        )
        self._link_local_timeout = aiohttp.ClientTimeout(
            total=2 * LINK_LOCAL_TIMEOUT, connect=LINK_LOCAL_TIMEOUT
        )
        self._tls: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def send(self, step: Send) -> Response | DliError:
        try:
            route = self._route(step.request)
            session = self._session or await self._open()
        except DliError as error:
            error.outcome = Outcome.NOT_SENT
            return error
        if step.request.idempotent:
            return await self._exchange(step, route, session, None)
        mark = SendMark()
        async with _new_session(_MarkingConnector(self._tls, mark)) as fresh:
            return await self._exchange(step, route, fresh, mark)

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def _exchange(
        self, step: Send, route: Route, session: aiohttp.ClientSession, mark: SendMark | None
    ) -> Response | DliError:
        request = step.request
        try:
            async with session.request(
                request.method,
                URL(request.url, encoded=True),  # sent as it was signed
                headers={**step.headers, **self._headers},
                data=request.body or None,
                allow_redirects=False,
                proxy=route.proxy,
                timeout=self._link_local_timeout if request.link_local else self._timeout,
            ) as answer:
                return await _read(answer, route)
        except aiohttp.ClientHttpProxyError as error:
            refusal = OSError(f"{NO_TUNNEL}{error.status} {error.message}")
            return route.connection_error(refusal, mark)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return route.connection_error(error, mark)

    async def _open(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                self._tls = await asyncio.to_thread(lambda: ssl_context(choose_ca_bundle(self._settings)))
                self._session = _new_session(
                    aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=self._tls, keepalive_timeout=_KEEPALIVE)
                )
            return self._session

    def _route(self, request: Request) -> Route:
        key = (request.origin, request.link_local)
        if key not in self._routes:
            self._routes[key] = Route.of(self._settings, request)
        return self._routes[key]


class _MarkingConnector(aiohttp.TCPConnector):
    """Makes a connection for one request, and notes when the request is about to be sent on it.

    :param tls: how certificates are verified.
    :param mark: where to note it.
    """

    def __init__(self, tls: ssl.SSLContext | None, mark: SendMark) -> None:
        super().__init__(ssl=True if tls is None else tls, force_close=True)
        self._mark = mark

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        if self._mark.is_set:  # aiohttp would send a PUT or DELETE once more
            raise aiohttp.ClientConnectionError("the server closed the connection")
        connection = await super().connect(*args, **kwargs)
        self._mark.is_set = True
        return connection


def _new_session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        max_line_size=_MAX_LINE,
        max_field_size=_MAX_LINE,
    )


async def _read(answer: aiohttp.ClientResponse, route: Route) -> Response | DliError:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body = bytearray()
    while not answer.content.at_eof() and len(body) <= MAX_BODY:
        body += await answer.content.readany()
    return route.response_error(answer.status, headers, len(body)) or Response(
        answer.status, headers, bytes(body)
    )
