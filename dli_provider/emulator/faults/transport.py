"""Faults of the network: connections that break, answers that are late, slow, huge or cut."""

from __future__ import annotations

import asyncio
import threading
import zlib
from dataclasses import dataclass

from aiohttp import web

from dli_provider.emulator import validation
from dli_provider.emulator.faults.base import Fault

_CHUNK = 65536
_HOLD_INTERVAL = 0.01


@dataclass(frozen=True)
class GzipBomb(Fault):
    """A small answer that is huge once it is unpacked.

    :param megabytes: its unpacked size.
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


class Hold(Fault):
    """An answer that is held until :meth:`release`, or until the caller closes the connection.

    With ``inject(..., when="after")`` the request has been carried out when it is held.
    """

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Hold, and let the real answer follow."""
        self._reached.set()
        while not self._released.is_set() and request.transport and not request.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(_HOLD_INTERVAL)  # another thread releases it
        return None

    def wait(self, timeout: float = 30.0) -> bool:
        """Wait until a request is held, and tell whether one is.

        :param timeout: seconds.
        """
        return self._reached.wait(timeout)

    def release(self) -> None:
        """Send the answers, and hold no later ones."""
        self._released.set()


@dataclass(frozen=True)
class Dribble(Fault):
    """An answer that never ends: a byte, a pause, a byte.

    :param interval: seconds between two bytes.
    :param headers: True to begin with the headers.
    """

    interval: float = 10.0
    headers: bool = False

    def __post_init__(self) -> None:
        validation.seconds("interval", self.interval)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send a byte now and then, until the other side closes the connection."""
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
    """A body of a gigabyte.

    :param size: its bytes.
    """

    size: int = 1_000_000_000

    def __post_init__(self) -> None:
        validation.whole_number("size", self.size, 1)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send it while the other side reads it."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(self.size // _CHUNK):
            await response.write(b" " * _CHUNK)
        return response
