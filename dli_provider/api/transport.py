"""What both drivers share: limits, proxies, the CA bundle, and what a failure of an HTTP library becomes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from dli_provider.api.error_reader import printable
from dli_provider.api.errors import DliConnectionError, DliProtocolError, DliSettingsError
from dli_provider.api.messages import Request
from dli_provider.api.settings import DliSettings

MAX_BODY = 16 * 1024 * 1024
"""Bytes that an answer may have: a page of a hundred jobs, each with a long Flink SQL text, stays far
below."""

LINK_LOCAL_TIMEOUT = 3.0
"""Seconds for the metadata service, as the vendor's SDK has them."""


def proxy_of(settings: DliSettings, request: Request) -> str | None:
    """Return the URL of the proxy that leads to a request's host: the connection's, else the
    environment's.

    :raises DliSettingsError: when it isn't the URL of an HTTP proxy.
    """
    if request.link_local:
        return None
    proxies = settings.proxies if settings.proxies is not None else get_environ_proxies(request.origin)
    found = select_proxy(request.origin, dict(proxies))
    if not found:
        return None
    proxy = found if "://" in found else f"http://{found}"
    try:
        parts = urlsplit(proxy)
        valid = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0)
    except ValueError:
        valid = False
    if not valid:
        shown = found.rpartition("@")[2][:120]
        raise DliSettingsError(
            f"The proxy for {request.origin}, {shown!r}, is no URL such as http://proxy.example.com:3128 "
            "(SOCKS is not supported)"
        )
    return proxy


def ca_bundle_of(settings: DliSettings) -> bool | str:
    """Return what to verify certificates with: the connection's choice, else the environment's, else True.

    :raises DliSettingsError: when there is no such file.
    """
    found = settings.verify
    if found is True:
        found = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    if isinstance(found, str) and not Path(found).exists():
        raise DliSettingsError(f"There is no CA bundle {found!r:.200}")
    return found


def connection_error(request: Request, error: BaseException) -> DliConnectionError:
    """Return the error for an answer that did not come.

    :param request: what was sent.
    :param error: what the HTTP library raised.
    """
    if "CERTIFICATE_VERIFY_FAILED" in repr(error):
        return DliConnectionError(
            f"The certificate of {request.origin} is not trusted: set verify to the path of its CA bundle",
            transient=False,
        )
    while isinstance(cause := getattr(error, "reason", None) or next(iter(error.args), None), BaseException):
        error = cause
    text = printable(str(error) or type(error).__name__, 300)
    return DliConnectionError(f"No answer from {request.origin}: {text}")


def problem_of(headers: Mapping[str, str], length: int) -> DliProtocolError | None:
    """Return the error for an answer that is larger than any of DLI's, or compressed though nobody asked for
    it.

    :param headers: the answer's headers, with names in lower case.
    :param length: how many bytes of the body were read, ``MAX_BODY + 1`` at the most.
    """
    if length > MAX_BODY:
        return DliProtocolError(f"The answer is larger than {MAX_BODY // 2**20} MiB")
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        return DliProtocolError(f"The answer is compressed ({encoding[:40]!r}), though none was asked for")
    return None
