"""Connections of urllib3 whose answers must be complete, and in time.

The timeouts of urllib3 bound the wait for the next byte. A server that sends one every few seconds holds a
call for ever; here every read of an answer, headers and body, gets what is left of one deadline. Headers that
end with the connection are an error, and answers before the real one (HTTP 1xx) are skipped: ``http.client``
takes both for an answer without a body.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import unquote

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import make_headers, parse_url

from dli_provider.api.transport import SendMark


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until a moment is reached.

    :ivar has_ended: True when the other side has closed the connection.
    """

    def __init__(self, sock: socket.socket, seconds: float | None) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)  # keeps the socket open for as long as it is read
        self._deadline = None if seconds is None else monotonic() + seconds
        self.has_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._deadline is not None:
            left = self._deadline - monotonic()
            if left <= 0:
                raise TimeoutError("the answer was not complete in time")
            self._sock.settimeout(left)
        count = self._sock.recv_into(buffer)
        self.has_ended = count == 0
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _DeadlineSocket:
    """The little of a socket that ``http.client`` needs to read an answer from it."""

    def __init__(self, sock: socket.socket) -> None:
        self.reader = _DeadlineReader(sock, sock.gettimeout())

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self.reader)


class _CompleteResponse(http.client.HTTPResponse):
    """An answer that is whole, or an error."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        limited = _DeadlineSocket(sock)
        self._reader = limited.reader
        super().__init__(limited, *args, **kwargs)  # type: ignore[arg-type]

    def begin(self) -> None:
        super().begin()
        if problem := self._problem():
            self.close()
            raise http.client.HTTPException(problem)

    def _problem(self) -> str | None:
        """Return what is wrong with the headers; aiohttp is as strict about them."""
        if self._reader.has_ended:  # nothing reads on while the headers' end is in the buffer
            return "the connection was closed within the headers"
        headers = self.headers
        if headers.defects or not all(map(_HEADER.fullmatch, map(": ".join, headers.items()))):
            return "the headers are malformed"
        lengths = headers.get_all("Content-Length", [])
        is_said_twice = len(lengths) > 1 or (lengths and "Transfer-Encoding" in headers)
        if is_said_twice or not all(map(_LENGTH.fullmatch, lengths)):
            return "the length of the body is unclear"
        return None

    def _read_status(self) -> tuple[str, int, str]:
        status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        while 100 <= status[1] < 200 and status[1] != HTTPStatus.SWITCHING_PROTOCOLS:
            http.client.parse_headers(self.fp)
            status = super()._read_status()  # type: ignore[misc]
        return status

    def _read_next_chunk_size(self) -> int:
        line = self.fp.readline(_LONGEST_CHUNK_LINE)
        size = _CHUNK_SIZE.match(line)
        if not size:  # http.client would take -1 for all that comes
            raise http.client.HTTPException("the size of a chunk is no number")
        return int(size[1], 16)

    def _read_and_discard_trailer(self) -> None:
        super()._read_and_discard_trailer()  # type: ignore[misc]
        if self._reader.has_ended:
            raise http.client.HTTPException("the connection was closed within the last chunk")


_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\0]*")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")
_LONGEST_CHUNK_LINE = 4096


class _MarkingConnection:
    """Mixed into a connection, notes when it begins to send a request."""

    sock: Any

    def __init__(self, *args: Any, mark: SendMark, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mark = mark

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        self._mark.is_set = True
        super().request(*args, **kwargs)  # type: ignore[misc]


class _Connection(_MarkingConnection, HTTPConnection):
    response_class = _CompleteResponse


class _SecureConnection(_MarkingConnection, HTTPSConnection):
    response_class = _CompleteResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def open_pool(
    origin: str, proxy: str | None, tls: ssl.SSLContext | None, mark: SendMark
) -> urllib3.HTTPConnectionPool:
    """Return a pool of connections to an origin.

    :param origin: scheme, host and port.
    :param proxy: URL of the proxy that leads there.
    :param tls: how certificates are verified; None where neither origin nor proxy has any.
    :param mark: where the pool's connections note that they sent a request.
    """
    manager: urllib3.PoolManager
    if proxy:
        login = parse_url(proxy).auth
        manager = urllib3.ProxyManager(
            proxy,
            proxy_headers=make_headers(proxy_basic_auth=unquote(login)) if login else {},
            proxy_ssl_context=tls,
            ssl_context=tls,
        )
    else:
        manager = urllib3.PoolManager(ssl_context=tls)
    manager.pool_classes_by_scheme = {
        "http": partial(_Pool, mark=mark),  # type: ignore[dict-item]
        "https": partial(_SecurePool, mark=mark),  # type: ignore[dict-item]
    }
    return manager.connection_from_url(origin)
