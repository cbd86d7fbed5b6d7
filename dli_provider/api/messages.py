"""What a conversation asks of its driver: send this request, or wait so long."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

from dli_provider.api.auth.signing import encode_query
from dli_provider.api.bodies import parse_json
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
    :param idempotent: False for a request that must not be made twice: it gets a connection of its own, on
        which the driver knows whether it was sent.
    """

    method: str
    origin: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    link_local: bool = False
    idempotent: bool = True

    @property
    def host(self) -> str:
        """The ``Host`` header: host and, unless it is the scheme's own, port."""
        return urlsplit(self.origin).netloc

    @property
    def url(self) -> str:
        """The URL as it is sent, its query in the order in which it is signed."""
        return f"{self.origin}{self.target}"

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        query = encode_query(self.query)
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True)
class Response:
    """An HTTP answer, read whole.

    :param status: HTTP status.
    :param headers: headers with names in lower case.
    :param body: the body as received.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @cached_property
    def content(self) -> Any:
        """What the body holds as JSON; it is parsed once.

        :raises DliProtocolError: when it holds none.
        """
        return parse_json(self.body)


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the driver to send a request; it answers with a :class:`Response` or a ``DliError``.

    The headers stand apart from the request, and out of ``repr``: they carry the proof of the credential.
    """

    request: Request
    headers: Mapping[str, str] = field(repr=False)


class Wake:
    """Ends a :class:`Sleep` before its time, from any thread.

    It takes no lock: the callback may be called twice, and must take that.
    """

    __slots__ = ("_callback", "is_set")

    def __init__(self) -> None:
        self.is_set = False
        self._callback: Callable[[], object] | None = None

    def set(self) -> None:
        """End the sleep."""
        self.is_set = True
        if self._callback:
            self._callback()

    def on_set(self, callback: Callable[[], object]) -> None:
        """Have the driver's callback called when the sleep ends, or at once when it already did."""
        self._callback = callback
        if self.is_set:
            callback()


@dataclass(frozen=True, slots=True)
class Sleep:
    """Ask the driver to wait; it answers with None.

    :param seconds: how long.
    :param notice: a line for the log, for a wait that somebody will wonder about.
    :param until: ends the wait before its time when it is set.
    """

    seconds: float
    notice: str = ""
    until: Wake | None = None


T = TypeVar("T")

Reply: TypeAlias = Response | DliError | None
Conversation: TypeAlias = Generator[Send | Sleep, Reply, T]


def send(step: Send) -> Conversation[Response]:
    """Ask the driver to send a request, and return the answer.

    :param step: the request with all its headers; it shows none, also to reports of errors that show local
        variables.
    :raises DliError: when no answer came.
    """
    reply = yield step
    if isinstance(reply, DliError):
        raise reply
    if not isinstance(reply, Response):
        raise TypeError(f"a driver answers a Send with a Response or an error, not with {reply!r}")
    return reply
