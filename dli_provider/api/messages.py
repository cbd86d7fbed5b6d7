"""What a conversation asks of its driver: send this request, or wait so long."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

from dli_provider.api.auth.signing import encode_query
from dli_provider.api.errors import DliError


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request without credentials.

    :param method: HTTP method in upper case.
    :param origin: scheme, host and port, without a path.
    :param path: path as it is sent, percent-encoded.
    :param query: decoded names and values.
    :param headers: headers beside those of the credential.
    :param body: the exact bytes to send.
    :param link_local: True for an address of this very machine's network (ECS metadata): no proxy, short
        timeouts.
    """

    method: str
    origin: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    link_local: bool = False

    @property
    def host(self) -> str:
        """The ``Host`` header: host and, unless it is the scheme's own, port."""
        return urlsplit(self.origin).netloc

    @property
    def url(self) -> str:
        """The URL as it is sent, its query in the order in which it is signed."""
        query = encode_query(self.query)
        return f"{self.origin}{self.path}?{query}" if query else f"{self.origin}{self.path}"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer, read whole.

    :param status: HTTP status.
    :param headers: headers with names in lower case.
    :param body: the body as received.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the driver to send a request; it answers with a :class:`Response` or a ``DliError``.

    The headers stand apart from the request, and out of ``repr``: they carry the proof of the credential.
    """

    request: Request
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sleep:
    """Ask the driver to wait; it answers with None.

    :param seconds: how long.
    """

    seconds: float


T = TypeVar("T")

Reply: TypeAlias = Response | DliError | None
Conversation: TypeAlias = Generator[Send | Sleep, Reply, T]


def send(request: Request, headers: Mapping[str, str]) -> Conversation[Response]:
    """Ask the driver to send a request, and return the answer.

    :param request: the request.
    :param headers: all its headers, those that prove who is calling included.
    :raises DliError: when no answer came.
    """
    reply = yield Send(request, headers)
    if isinstance(reply, DliError):
        raise reply
    if not isinstance(reply, Response):
        raise TypeError(f"a driver answers a Send with a Response or an error, not with {reply!r}")
    return reply
