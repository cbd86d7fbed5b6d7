"""The client of DLI for event loops: it drives the same conversations over aiohttp."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context
from yarl import URL

from dli_provider.api import endpoints
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.conversation import converse
from dli_provider.api.endpoints import Call, JobPage
from dli_provider.api.errors import DliError
from dli_provider.api.messages import Conversation, Reply, Request, Response, Send
from dli_provider.api.paging import Pages
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.api.transport import LINK_LOCAL_TIMEOUT, MAX_BODY, NO_TUNNEL, Route, choose_ca_bundle
from dli_provider.flink.job import FlinkJob

T = TypeVar("T")

_CONNECTIONS = 100
_KEEPALIVE = 75.0
_MAX_LINE = 65536  # as http.client has it; a token of IAM comes in a header and may be long


class AsyncDliClient:
    """Reads Flink jobs from DLI on an event loop; one connection pool for its whole life. Use it in an
    ``async with``.

    :param settings: where DLI is and who asks.
    :param retry: how often a failure that may pass is tried again.
    """

    def __init__(self, settings: DliSettings, retry: RetryPolicy | None = None) -> None:
        self.settings = settings
        self._retry = retry or RetryPolicy()
        self._credential = share_credential(settings.credential)
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._ways: dict[tuple[str, bool], Route] = {}

    async def show_flink_job(self, job_id: int | str) -> FlinkJob:
        """Return one job's detail; see :meth:`.client.DliClient.show_flink_job`."""
        return await self.call(endpoints.show_flink_job(job_id))

    async def list_flink_jobs(self, **filters: object) -> AsyncIterator[FlinkJob]:
        """Yield the project's jobs; see :meth:`.client.DliClient.list_flink_jobs`."""
        async for page in self.list_flink_job_pages(**filters):
            for job in page.jobs:
                yield job
            page.raise_unreadable()

    async def list_flink_job_pages(self, **filters: object) -> AsyncIterator[JobPage]:
        """Yield the project's jobs as pages; see :meth:`.client.DliClient.list_flink_job_pages`."""
        pages = Pages(filters)
        while call := pages.next_call():
            yield pages.take(await self.call(call))

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

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
                reply = await (self._send(step) if isinstance(step, Send) else asyncio.sleep(step.seconds))
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    async def _send(self, step: Send) -> Response | DliError:
        try:
            return await self._exchange(step, self._way(step.request))
        except DliError as error:
            return error

    async def _exchange(self, step: Send, way: Route) -> Response | DliError:
        request = step.request
        try:
            session = self._session or await self._open()
            async with session.request(
                request.method,
                URL(request.url, encoded=True),  # sent as it was signed
                headers={**step.headers, "Accept-Encoding": "identity"},
                data=request.body or None,
                allow_redirects=False,
                proxy=way.proxy,
                timeout=self._timeout(request),
            ) as answer:
                return await _read(answer, way)
        except aiohttp.ClientHttpProxyError as error:
            return way.failure(OSError(f"{NO_TUNNEL}{error.status} {error.message}"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return way.failure(error)

    async def _open(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                context = await asyncio.to_thread(lambda: _ssl_context(choose_ca_bundle(self.settings)))
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(
                        limit=_CONNECTIONS, ssl=context, keepalive_timeout=_KEEPALIVE
                    ),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    max_line_size=_MAX_LINE,
                    max_field_size=_MAX_LINE,
                )
            return self._session

    def _way(self, request: Request) -> Route:
        key = (request.origin, request.link_local)
        if key not in self._ways:
            self._ways[key] = Route.of(self.settings, request)
        return self._ways[key]

    def _timeout(self, request: Request) -> aiohttp.ClientTimeout:
        if request.link_local:
            return aiohttp.ClientTimeout(total=2 * LINK_LOCAL_TIMEOUT, connect=LINK_LOCAL_TIMEOUT)
        connect, read = self.settings.connect_timeout, self.settings.read_timeout
        return aiohttp.ClientTimeout(total=connect + read, sock_connect=connect, sock_read=read)


async def _read(answer: aiohttp.ClientResponse, way: Route) -> Response | DliError:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            break
    return way.problem(answer.status, headers, len(body)) or Response(answer.status, headers, bytes(body))


def _ssl_context(verify: bool | str) -> ssl.SSLContext:
    """Return the context that ``requests`` would make, so that both clients trust the same."""
    if verify is False:
        return create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context = create_urllib3_context()
    bundle = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
    context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
    return context
