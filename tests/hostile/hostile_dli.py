"""A DLI that answers what it is told, byte for byte: plain sockets, nothing of the provider's emulator."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

ACCESS_KEY, SECRET_KEY = "HOSTILEACCESSKEY", "hostile-secret-key"
PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Asked:
    """A request.

    :param method: the HTTP method.
    :param path: the path, without the query.
    :param query: the first value of each parameter.
    """

    method: str
    path: str
    query: dict[str, str]

    @property
    def job_id(self) -> int | None:
        """The job that is asked for; None for the list."""
        last = self.path.rpartition("/")[2]
        return int(last) if last.isdigit() else None

    @property
    def offset(self) -> int:
        """Where the page of the list begins."""
        return int(self.query.get("offset", "0"))


class HostileDli:
    """Sends one answer per connection, whatever it is, and closes it.

    :param respond: returns the bytes of an answer; called in the server's thread.
    :ivar respond: likewise; may be replaced at any time.
    :ivar asked: the requests that came.
    """

    def __init__(self, respond: Callable[[Asked], bytes]) -> None:
        self.respond = respond
        self.asked: list[Asked] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def connection(self) -> dict[str, Any]:
        """An Airflow connection to it."""
        return {
            "conn_type": "huaweicloud_dli",
            "host": self.url,
            "login": ACCESS_KEY,
            "password": SECRET_KEY,
            "extra": {"region": "cn-north-4", "project_id": PROJECT, "allow_http": True},
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.partition("\r\n")[0].split(" ", 2)
            url = urlsplit(target)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            self.asked.append(Asked(method, url.path, query))
            writer.write(self.respond(self.asked[-1]))
            await writer.drain()
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    async def _stop(self) -> None:
        self._server.close()
        serving = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def series(*answers: bytes) -> tuple[Callable[[Asked], bytes], deque[bytes]]:
    """Return a responder that sends one answer after the other, the last for ever, and what it has left."""
    left = deque(answers)
    return (lambda _: left.popleft() if len(left) > 1 else left[0]), left
