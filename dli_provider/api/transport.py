"""What both drivers share: limits, proxies, the CA bundle, and what a failure of an HTTP library becomes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeGuard
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, select_proxy

from dli_provider.api.errors import DliConnectionError, DliError, DliProtocolError, DliSettingsError
from dli_provider.api.messages import Request
from dli_provider.api.settings import DliSettings, check_ca_bundle, parse_host
from dli_provider.masking import printable

MAX_BODY = 16 * 1024 * 1024
"""Bytes that an answer may have. A page of a hundred jobs with their Flink SQL, which may take 1 MiB each,
can be larger, and is refused."""

LINK_LOCAL_TIMEOUT = 3.0
"""Seconds for the metadata service, as the vendor's SDK has them."""

NO_TUNNEL = "Tunnel connection failed: "
"""How ``http.client`` begins to tell with which HTTP status a proxy refused a tunnel."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way that a request takes, and what its outcome means. As text it shows nobody's password.

    :param origin: where the request goes.
    :param proxy: URL of the proxy that leads there.
    """

    origin: str
    proxy: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: DliSettings, request: Request) -> Route:
        """Return the way of a request.

        :raises DliSettingsError: as :func:`choose_proxy` does.
        """
        return cls(request.origin, choose_proxy(settings, request))

    def __str__(self) -> str:
        return f"{self.origin} by way of the proxy {_place(self.proxy)}" if self.proxy else self.origin

    def failure(self, error: BaseException) -> DliConnectionError:
        """Return the error for an answer that did not come.

        :param error: what the HTTP library raised.
        """
        if "CERTIFICATE_VERIFY_FAILED" in repr(error):
            return DliConnectionError(
                f"The certificate of {self} is not trusted: set verify to the path of its CA bundle",
                transient=False,
            )
        text = _reason(error)
        if text.startswith(f"{NO_TUNNEL}407"):
            return self._refusal()
        return DliConnectionError(f"No answer from {self}: {printable(text, 300)}")

    def problem(self, status: int, headers: Mapping[str, str], length: int) -> DliError | None:
        """Return the error for an answer that is the proxy's own, larger than any of DLI's, or compressed
        though nobody asked for it.

        :param status: the answer's HTTP status.
        :param headers: the answer's headers, with names in lower case.
        :param length: how many bytes of the body were read, ``MAX_BODY + 1`` at the most.
        """
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return self._refusal()
        if length > MAX_BODY:
            return DliProtocolError(f"The answer is larger than {MAX_BODY // 2**20} MiB")
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"", "identity"}:
            return DliProtocolError(
                f"The answer is compressed ({encoding[:40]!r}), though none was asked for"
            )
        return None

    def _refusal(self) -> DliConnectionError:
        return DliConnectionError(
            f"No answer from {self}: the proxy refused the login (HTTP 407). Check the user and password of "
            "the proxy, in the connection's proxies or the environment's",
            transient=False,
        )


def choose_proxy(settings: DliSettings, request: Request) -> str | None:
    """Return the URL of the proxy that leads to a request's host: the connection's, else the
    environment's.

    :raises DliSettingsError: when it isn't the URL of an HTTP proxy.
    """
    if request.link_local:
        return None
    proxies = settings.proxies if settings.proxies is not None else get_environ_proxies(request.origin)
    found = (select_proxy(request.origin, dict(proxies)) or "").strip()
    if not found:
        return None
    proxy = found if "://" in found else f"http://{found}"
    if flaw := _flaw_of(proxy):
        raise DliSettingsError(f"The proxy for {request.origin}, {_place(found)!r}, {flaw}")
    return proxy


def choose_ca_bundle(settings: DliSettings) -> bool | str:
    """Return what to verify certificates with: the connection's choice, else the environment's, else True for
    the bundle of ``requests``.

    :raises DliSettingsError: when it is the path of no CA bundle.
    """
    if settings.verify is False:
        return False
    named = {"verify": "" if settings.verify is True else settings.verify}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        named[name] = os.environ.get(name, "")
    for name, path in named.items():
        if path.strip():
            try:
                return check_ca_bundle(path.strip())
            except ValueError as error:
                raise DliSettingsError(f"{name}: {error}") from None
    return True


def _flaw_of(proxy: str) -> str | None:
    try:
        parts = urlsplit(proxy)
        valid = parts.scheme in {"http", "https"} and bool(parse_host(parts.hostname)) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        return "is no URL such as http://proxy.example.com:3128 (SOCKS is not supported)"
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    if ":" in user or any(ord(character) > 255 for character in user + password):
        return "has a user or password that can't be sent: it must be Latin-1, the user without a colon"
    return None


def _place(proxy: str) -> str:
    """Return a proxy's host and port alone."""
    host = proxy.rpartition("@")[2].rpartition("://")[2]
    return re.split("[/?#]", host)[0][:120]


def _reason(error: BaseException) -> str:
    """Return what lies at the bottom of an HTTP library's error; users and passwords of URLs are left out."""
    while cause := next((c for c in (getattr(error, "reason", None), *error.args) if _is_error(c)), None):
        error = cause
    return _USER.sub("", str(error) or type(error).__name__)


def _is_error(value: object) -> TypeGuard[BaseException]:
    return isinstance(value, BaseException)


_USER = re.compile(r"(?<=://)[^\s/]*@")
