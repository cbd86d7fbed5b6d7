"""How the blocking client sends requests: over connections of ``http.client``, which it keeps."""

from __future__ import annotations

import http.client
import ssl
import threading
from base64 import b64encode
from urllib.parse import unquote, urlsplit

from dli_provider.api.connection_faults import NO_TUNNEL
from dli_provider.api.errors import DliError, Outcome
from dli_provider.api.http_response import CompleteResponse
from dli_provider.api.messages import Request, Response, Send
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


class BlockingTransport:
    """Sends requests over kept connections, and those that must not be made twice over new ones."""

    def __init__(self, settings: DliSettings) -> None:
        self._settings = settings
        self._headers = own_headers(settings)
        self._pools: dict[tuple[str, bool], _Pool] = {}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def send(self, step: Send) -> Response | DliError:
        """Send a request, and return the answer or why none came."""
        request = step.request
        try:
            pool = self._pool(request)
        except DliError as error:
            error.outcome = Outcome.NOT_SENT
            return error
        mark = None if request.idempotent else SendMark()
        connection = pool.open() if mark else pool.take()
        try:
            answer = connection.exchange(request, {**step.headers, **self._headers}, mark)
            body = answer.read_at_most(MAX_BODY + 1)
        except (http.client.HTTPException, OSError, ValueError) as error:
            connection.close()
            return pool.route.connection_error(error, mark)
        if mark or answer.will_close or not answer.isclosed():
            answer.close()
            connection.close()
        else:
            pool.keep(connection)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        problem = pool.route.response_error(answer.status, headers, len(body))
        return problem or Response(answer.status, headers, body)

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _pool(self, request: Request) -> _Pool:
        """Return the connections that lead to a request's origin: the environment is read once."""
        key = (request.origin, request.link_local)
        with self._lock:
            if key not in self._pools:
                route = Route.of(self._settings, request)
                if self._tls is None and "https:" in f"{route.origin} {route.proxy}":
                    self._tls = ssl_context(choose_ca_bundle(self._settings))
                timeouts = (self._settings.connect_timeout, self._settings.read_timeout)
                if request.link_local:
                    timeouts = (LINK_LOCAL_TIMEOUT, LINK_LOCAL_TIMEOUT)
                self._pools[key] = _Pool(route, self._tls, timeouts)
            return self._pools[key]


class _Pool:
    """Connections that lead one way; threads may share it.

    :param route: the way.
    :param tls: how certificates are verified; None where none is shown.
    :param timeouts: seconds for connecting, and for an answer.
    """

    def __init__(self, route: Route, tls: ssl.SSLContext | None, timeouts: tuple[float, float]) -> None:
        self.route = route
        self._tls = tls
        self._timeouts = timeouts
        self._idle: list[_Connection] = []

    def open(self) -> _Connection:
        """Return a new connection."""
        return _Connection(self.route, self._tls, *self._timeouts)

    def take(self) -> _Connection:
        """Return a kept connection that is still open, else a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self.open()
            if connection.is_open():
                return connection
            connection.close()

    def keep(self, connection: _Connection) -> None:
        """Keep a connection whose last answer was read to its end."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()


class _Connection(http.client.HTTPConnection):
    """A connection to an origin, perhaps through a proxy; it connects at the first exchange."""

    response_class = CompleteResponse

    def __init__(
        self, route: Route, tls: ssl.SSLContext | None, connect_timeout: float, read_timeout: float
    ) -> None:
        self._origin = urlsplit(route.origin)
        self._proxy = urlsplit(route.proxy) if route.proxy else None
        self._tls = tls
        self._read_timeout = read_timeout
        first = self._proxy or self._origin
        port = first.port or {"http": 80, "https": 443}[first.scheme]
        super().__init__(first.hostname or "", port, timeout=connect_timeout)

    def exchange(self, request: Request, headers: dict[str, str], mark: SendMark | None) -> CompleteResponse:
        """Send a request, and return its answer, of which the body remains to be read."""
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self._read_timeout)
        target = request.target
        if self._proxy and self._origin.scheme == "http":
            target, headers = request.url, {**headers, **self._proxy_headers()}
        if mark:
            mark.is_set = True
        self.request(request.method, target, request.body or None, headers)
        answer = self.getresponse()
        assert isinstance(answer, CompleteResponse)
        return answer

    def is_open(self) -> bool:
        """Tell whether the other side has neither closed the connection nor sent what nobody asked for."""
        try:
            self.sock.settimeout(0)
            self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            pass
        return False

    def connect(self) -> None:
        """Connect, by way of the proxy if there is one."""
        super().connect()
        if self._proxy and self._proxy.scheme == "https":
            self._encrypt(self._proxy.hostname)
        if self._origin.scheme == "https":
            if self._proxy:
                self._open_tunnel()
            self._encrypt(self._origin.hostname)

    def _encrypt(self, host: str | None) -> None:
        assert self._tls
        if isinstance(self.sock, ssl.SSLSocket):
            from urllib3.util.ssltransport import SSLTransport  # ssl itself has no TLS within TLS

            self.sock = SSLTransport(self.sock, self._tls, server_hostname=host)
        else:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=host)

    def _open_tunnel(self) -> None:
        """Have the proxy pass on what comes next.

        ``http.client`` has the same, but names an IPv6 address without its brackets before Python 3.11.9.
        """
        place = f"{self._origin.netloc}" if self._origin.port else f"{self._origin.netloc}:443"
        headers = {"Host": place, **self._proxy_headers()}
        lines = [f"CONNECT {place} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        answer = CompleteResponse(self.sock, method="CONNECT")
        try:
            answer.begin()
            if answer.status != http.HTTPStatus.OK:
                raise OSError(f"{NO_TUNNEL}{answer.status} {answer.reason}")
        finally:
            answer.close()

    def _proxy_headers(self) -> dict[str, str]:
        if not self._proxy or not self._proxy.username:
            return {}
        login = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}"
        return {"Proxy-Authorization": f"Basic {b64encode(login.encode('latin-1')).decode()}"}
