"""What both drivers share: limits, proxies, the CA bundle, headers, and the errors of failed exchanges."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from urllib3.util.ssl_ import create_urllib3_context

from dli_provider import __version__
from dli_provider.api.connection_faults import NO_TUNNEL, describe_fault
from dli_provider.api.errors import DliConnectionError, DliError, DliProtocolError, DliSettingsError, Outcome
from dli_provider.api.messages import Request
from dli_provider.api.settings import DliSettings, check_ca_bundle, parse_host

MAX_BODY = 16 * 1024 * 1024
"""Bytes that an answer may have. A page of a hundred jobs with their Flink SQL, which may take 1 MiB each,
can be larger, and is refused."""

LINK_LOCAL_TIMEOUT = 3.0
"""Seconds for the metadata service, as the vendor's SDK has them."""

USER_AGENT = f"airflow-provider-huaweicloud-dli/{__version__}"


class SendMark:
    """Whether a request was sent, as far as its connection knows.

    :ivar is_set: True from just before the first byte was sent.
    """

    is_set = False


@dataclass(frozen=True, slots=True)
class Route:
    """The way that a request takes, and what an outcome without an answer means. As text it shows nobody's
    password.

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
        return f"{self.origin} through the proxy {_place(self.proxy)}" if self.proxy else self.origin

    def connection_error(self, error: BaseException, mark: SendMark | None = None) -> DliConnectionError:
        """Return the error for an answer that did not come.

        :param error: what the HTTP library raised.
        :param mark: whether the request had been sent; None where nobody needs to know.
        """
        fault = describe_fault(error)
        if fault.text.startswith(f"{NO_TUNNEL}407"):
            return self._login_refused()
        told = DliConnectionError(f"No answer from {self}: {fault.text}", transient=fault.transient)
        if mark is not None:
            told.outcome = Outcome.UNKNOWN if mark.is_set else Outcome.NOT_SENT
        return told

    def response_error(self, status: int, headers: Mapping[str, str], length: int) -> DliError | None:
        """Return the error for an answer that is the proxy's own, larger than any of DLI's, or compressed
        though nobody asked for it.

        :param status: the answer's HTTP status.
        :param headers: the answer's headers, with names in lower case.
        :param length: how many bytes of the body were read, ``MAX_BODY + 1`` at the most.
        """
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return self._login_refused()
        if length > MAX_BODY:
            return DliProtocolError(f"The answer is larger than {MAX_BODY // 2**20} MiB")
        transferred = headers.get("transfer-encoding", "").lower().removesuffix("chunked").strip(" ,")
        encoding = transferred or headers.get("content-encoding", "").strip().lower()
        if encoding not in {"", "identity"}:
            return DliProtocolError(
                f"The answer is compressed ({encoding[:40]!r}), though nobody asked for that", transient=True
            )
        return None

    def _login_refused(self) -> DliConnectionError:
        error = DliConnectionError(
            f"No answer from {self}: the proxy refused the login (HTTP 407). Check the user and password of "
            "the proxy, in the connection's proxies or the environment's",
            transient=False,
        )
        error.outcome = Outcome.NOT_SENT
        return error


def own_headers(settings: DliSettings) -> dict[str, str]:
    """Return the headers that every request has beside those that are signed: a proxy may alter them."""
    headers = {"Accept-Encoding": "identity", "User-Agent": settings.user_agent or USER_AGENT}
    if settings.language:
        headers["X-Language"] = settings.language
    return headers


def choose_proxy(settings: DliSettings, request: Request) -> str | None:
    """Return the URL of the proxy that leads to a request's host: the connection's, else the
    environment's.

    :raises DliSettingsError: when it isn't the URL of an HTTP proxy.
    """
    if request.link_local:
        return None
    found = _named_proxy(settings.proxies, request.origin).strip()
    if not found:
        return None
    proxy = found if "://" in found else f"http://{found}"
    if flaw := _flaw_of(proxy):
        raise DliSettingsError(f"The proxy for {request.origin}, {_place(found)!r}, {flaw}")
    return proxy


def _named_proxy(own: Mapping[str, str] | None, origin: str) -> str:
    """Return what the connection or the environment names as the proxy for an origin, as requests does."""
    if not (getproxies() if own is None else own):
        return ""
    from requests.utils import get_environ_proxies, select_proxy  # takes a while to load

    return select_proxy(origin, dict(get_environ_proxies(origin) if own is None else own)) or ""


def choose_ca_bundle(settings: DliSettings) -> str | None:
    """Return the path of the CA bundle to verify certificates with: the connection's choice, else the
    environment's, else certifi's, as requests does; None to verify nothing.

    :raises DliSettingsError: when it is the path of no CA bundle.
    """
    if settings.verify is False:
        return None
    named = {"verify": "" if settings.verify is True else settings.verify}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        named[name] = os.environ.get(name, "")
    for name, path in named.items():
        if path.strip():
            try:
                return check_ca_bundle(path.strip())
            except ValueError as error:
                raise DliSettingsError(f"{name}: {error}") from None
    from certifi import where

    return where()


def ssl_context(bundle: str | None) -> ssl.SSLContext:
    """Return how certificates are verified, the same for both drivers.

    :param bundle: path of the CA bundle, a file or a folder; None to verify nothing.
    :raises DliSettingsError: for a file without certificates.
    """
    if bundle is None:
        return create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context = create_urllib3_context()
    try:
        context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
    except OSError as error:
        raise DliSettingsError(f"The CA bundle {bundle!r:.200} can't be read: {error!s:.100}") from None
    return context


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
