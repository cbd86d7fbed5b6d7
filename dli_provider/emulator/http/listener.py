"""An HTTP server in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

MAX_BODY = 12 * 1024 * 1024
"""Bytes that the body of a request may have."""

_SHUTDOWN = 0.2
"""Seconds that a slow answer may take to end when the server stops."""


class Listener:
    """Serves HTTP in a thread of its own, until it is stopped; then it can be started again.

    :param handle: answers a request.
    :param host: address to listen on.
    :param port: port to listen on; 0 takes a free one, and keeps to it.
    """

    def __init__(
        self, handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], host: str, port: int
    ) -> None:
        self._handle = handle
        self._address = (host, port)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.ServerRunner | None = None
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Listen; nothing happens when it listens already.

        :raises OSError: when the port is taken.
        """
        with self._lock:
            if self._loop is not None:
                return
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="dli-emulator", daemon=True)
            self._thread.start()
            try:
                asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
            except BaseException:
                self._stop()
                raise

    def stop(self) -> None:
        """Stop listening, and leave nothing behind; any thread may call it, several at once too."""
        with self._lock:
            self._stop()

    @property
    def is_running(self) -> bool:
        """True while it listens."""
        return self._loop is not None

    def _stop(self) -> None:
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = self._runner = self._server = None

    async def _listen(self) -> None:
        request = partial(web.BaseRequest, loop=asyncio.get_running_loop(), client_max_size=MAX_BODY)
        server = web.Server(self._handle, access_log=None, request_factory=request)
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN)
        await self._runner.setup()
        host, port = self._address
        self._server = await asyncio.get_running_loop().create_server(server, host, port)
        self._address = (host, self._server.sockets[0].getsockname()[1])

    async def _shut(self) -> None:
        if self._server:
            self._server.close()
        if self._runner:
            await self._runner.cleanup()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
