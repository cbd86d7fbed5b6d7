"""Faults that the emulated DLI shows on demand, each as the real service, its gateway or a proxy before it
shows it."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web

from dli_provider.emulator import validation
from dli_provider.emulator.http.messages import error_body

_CHUNK = 65536


class Fault(ABC):
    """Something that goes wrong instead of an answer."""

    @abstractmethod
    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Answer in its way; None to let the real answer follow."""


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(error_body(code, message), status=status, headers=headers)


@dataclass(frozen=True)
class Throttle(Fault):
    """429 of the gateway.

    :param retry_after: seconds, or an HTTP date, for the header ``Retry-After``; None leaves it out.
    """

    retry_after: float | str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.retry_after, str):
            validation.header("retry_after", self.retry_after)
        elif self.retry_after is not None:
            validation.seconds("retry_after", self.retry_after)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that the threshold has been reached."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        text = "The throttling threshold has been reached: policy user over ratelimit,limit:10,time:1 minute"
        return _error(429, "APIG.0308", text, headers)


@dataclass
class RateLimit(Fault):
    """A gateway that answers so many requests in a time, and throttles the rest; inject it for all of them.

    :param calls: how many requests are answered;
    :param seconds: in how many seconds.
    :param retry_after: as for :class:`Throttle`.
    """

    calls: int
    seconds: float = 1.0
    retry_after: float | str | None = None
    _answered: deque[float] = field(default_factory=deque, init=False, repr=False)

    def __post_init__(self) -> None:
        validation.whole_number("calls", self.calls, 1)
        validation.seconds("seconds", self.seconds, minimum=0.001)
        self._refusal = Throttle(self.retry_after)

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Throttle, or let the real answer follow."""
        now = time.monotonic()
        while self._answered and self._answered[0] <= now - self.seconds:
            self._answered.popleft()
        if len(self._answered) >= self.calls:
            return await self._refusal.answer(request)
        self._answered.append(now)
        return None


@dataclass(frozen=True)
class ServerError(Fault):
    """A failure of the gateway or of its backend.

    :param status: HTTP status, from 400 to 599.
    :param code: the gateway's code.
    """

    status: int = 503
    code: str = "APIG.0202"

    def __post_init__(self) -> None:
        validation.whole_number("status", self.status, 400, 599)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that the backend isn't available."""
        return _error(self.status, self.code, "Backend unavailable")


@dataclass(frozen=True)
class DliFailure(Fault):
    """DLI's own failure, which comes with HTTP 400."""

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that the server failed."""
        return _error(400, "DLI.0999", "Server error.")


@dataclass(frozen=True)
class ArrayError(Fault):
    """An error body that is an array of objects."""

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that a queue is missing."""
        text = "No job-running queue selected. Please select a queue for your job."
        return web.json_response([error_body("DLI.13024", text)], status=400)


@dataclass(frozen=True)
class Answer(Fault):
    """An answer of one's own: HTML from a proxy, an empty body, a redirect, ``is_success`` false, anything.

    :param status: HTTP status, from 200 to 599.
    :param body: the body.
    :param headers: pairs of a name and a value.
    """

    status: int = 200
    body: bytes | str = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)

    def __post_init__(self) -> None:
        validation.whole_number("status", self.status, 200, 599)
        if not isinstance(self.body, bytes | str):
            raise validation.invalid("body", "bytes or text", self.body)
        for name, value in dict(self.headers).items():
            validation.header(f"header {validation.header('the name of a header', name)}", value)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Answer so."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return web.Response(status=self.status, body=body, headers=dict(self.headers))


PROXY_HTML = Answer(
    502,
    "<html><body><h1>502 Bad Gateway</h1><p>proxy.example.com</p></body></html>",
    (("Content-Type", "text/html"),),
)
NOT_SUCCESSFUL = Answer(200, json.dumps({"is_success": "false", "message": "The query failed."}))
EMPTY = Answer(200)
NOT_JSON = Answer(200, "OK", (("Content-Type", "text/plain"),))
REDIRECT = Answer(302, b"", (("Location", "http://127.0.0.1:9/elsewhere"),))
DEEP_JSON = Answer(200, b'{"a":' * 100_000 + b"1" + b"}" * 100_000)


@dataclass(frozen=True)
class GzipBomb(Fault):
    """A small answer that is huge once it is unpacked.

    :param megabytes: its size unpacked.
    """

    megabytes: int = 100

    def __post_init__(self) -> None:
        validation.whole_number("megabytes", self.megabytes, 1)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Send it packed."""
        packer = zlib.compressobj(wbits=31)
        packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(self.megabytes)) + packer.flush()
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        return web.Response(body=packed, headers=headers)


GZIP_BOMB = GzipBomb()


@dataclass(frozen=True)
class Drop(Fault):
    """A connection that is closed without an answer."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Close it."""
        if request.transport:
            request.transport.abort()
        return web.Response()


@dataclass(frozen=True)
class Truncated(Fault):
    """A body that ends before its length is reached."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send half of it."""
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"is_success": "true", "job_detail": {"job_id"')
        if request.transport:
            request.transport.close()
        return response


@dataclass(frozen=True)
class Slow(Fault):
    """An answer that comes late.

    :param seconds: how late.
    """

    seconds: float

    def __post_init__(self) -> None:
        validation.seconds("seconds", self.seconds)

    async def answer(self, request: web.Request) -> web.StreamResponse | None:  # noqa: ARG002
        """Wait, and let the real answer follow."""
        await asyncio.sleep(self.seconds)
        return None


@dataclass(frozen=True)
class Dribble(Fault):
    """An answer that never ends: a byte, a pause, a byte.

    :param interval: seconds between two bytes.
    :param headers: True to dribble within the headers already.
    """

    interval: float = 10.0
    headers: bool = False

    def __post_init__(self) -> None:
        validation.seconds("interval", self.interval)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send a byte now and then, until the other side has had enough."""
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Content-Length": "100000"}
        )
        transport = request.transport
        if self.headers and transport:
            transport.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not transport.is_closing():
                transport.write(b"a")
                await asyncio.sleep(self.interval)
            return response
        await response.prepare(request)
        while transport and not transport.is_closing():
            await response.write(b" ")
            await asyncio.sleep(self.interval)
        return response


@dataclass(frozen=True)
class Huge(Fault):
    """A body without measure.

    :param size: its bytes.
    """

    size: int = 1_000_000_000

    def __post_init__(self) -> None:
        validation.whole_number("size", self.size, 1)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send it, for as long as the other side takes it."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(self.size // _CHUNK):
            await response.write(b" " * _CHUNK)
        return response
