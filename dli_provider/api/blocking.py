"""How the blocking client sends requests: over urllib3."""

from __future__ import annotations

import ssl
import threading

import urllib3
from urllib3.exceptions import HTTPError

from dli_provider.api.connections import open_pool
from dli_provider.api.errors import DliError, Outcome
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
        self._routes: dict[tuple[str, bool], tuple[Route, urllib3.HTTPConnectionPool]] = {}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def send(self, step: Send) -> Response | DliError:
        """Send a request, and return the answer or why none came."""
        request = step.request
        try:
            route, pool = self._route(request)
        except DliError as error:
            error.outcome = Outcome.NOT_SENT
            return error
        if request.idempotent:
            return self._exchange(step, route, pool, None)
        mark = SendMark()
        with open_pool(route.origin, route.proxy, self._tls, mark) as pool:
            return self._exchange(step, route, pool, mark)

    def close(self) -> None:
        """Close the connections."""
        for _, pool in self._routes.values():
            pool.close()
        self._routes.clear()

    def _exchange(
        self, step: Send, route: Route, pool: urllib3.HTTPConnectionPool, mark: SendMark | None
    ) -> Response | DliError:
        request = step.request
        is_forwarded = bool(route.proxy) and request.origin.startswith("http://")
        try:
            answer = pool.urlopen(
                request.method,
                request.url if is_forwarded else request.target,
                body=request.body or None,
                headers={**step.headers, **self._headers},
                timeout=self._timeout(request),
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            return _read(answer, route)
        except (HTTPError, OSError, ValueError) as error:
            return route.connection_error(error, mark)

    def _timeout(self, request: Request) -> urllib3.Timeout:
        if request.link_local:
            return urllib3.Timeout(connect=LINK_LOCAL_TIMEOUT, read=LINK_LOCAL_TIMEOUT)
        return urllib3.Timeout(connect=self._settings.connect_timeout, read=self._settings.read_timeout)

    def _route(self, request: Request) -> tuple[Route, urllib3.HTTPConnectionPool]:
        """Return the way to a request's origin, and its connections: the environment is read once."""
        key = (request.origin, request.link_local)
        with self._lock:
            if key not in self._routes:
                route = Route.of(self._settings, request)
                if self._tls is None and "https:" in f"{route.origin} {route.proxy}":
                    self._tls = ssl_context(choose_ca_bundle(self._settings))
                pool = open_pool(route.origin, route.proxy, self._tls, SendMark())
                self._routes[key] = (route, pool)
            return self._routes[key]


def _read(answer: urllib3.BaseHTTPResponse, route: Route) -> Response | DliError:
    try:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = answer.read(MAX_BODY + 1, decode_content=False)
        if len(body) <= MAX_BODY:
            answer.read(1)  # raises for a body that was cut off
        status = answer.status
        return route.response_error(status, headers, len(body)) or Response(status, headers, body)
    finally:
        answer.close()
