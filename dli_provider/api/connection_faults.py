"""What lies at the bottom of an HTTP library's error, told so that people know what to do."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from dli_provider.masking import printable

NO_TUNNEL = "Tunnel connection failed: "
"""How ``http.client`` begins to tell with which HTTP status a proxy refused a tunnel."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why no answer came.

    :param text: one printable line without users and passwords.
    :param transient: whether it may pass by itself.
    """

    text: str
    transient: bool = True


def describe_fault(error: BaseException) -> Fault:
    """Return what an HTTP library's error means.

    :param error: what the library raised, perhaps wrapped many times.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_code"):
            return Fault(_certificate_fault(cause), transient=False)
        if isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None):
            hint = ": does it speak https?" if cause.reason in _NO_TLS else ""
            return Fault(f"TLS failed, {cause.reason.lower().replace('_', ' ')}{hint}")
        if isinstance(cause, socket.gaierror):
            return Fault(
                f"the host's name can't be resolved ({printable(cause.strerror or str(cause), 100)}): check "
                "host and region, and this machine's DNS"
            )
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return Fault("connection refused: nobody listens there, or a firewall is in between")
        if isinstance(cause, TimeoutError):
            return Fault("timed out")
    text = _OBJECT.sub("", _USER.sub("", str(causes[-1])))
    return Fault(printable(text, 300) or type(causes[-1]).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps, from the outside in."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        inner = (*(getattr(found, name, None) for name in _WRAPPING), *found.args, found.__cause__)
        found = next((one for one in inner if isinstance(one, BaseException)), None)


_NO_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}
)
_WRAPPING = ("reason", "os_error", "certificate_error", "original_error")
_USER = re.compile(r"(?<=://)[^\s/]*@")
_OBJECT = re.compile(r"^(?:(?:None|<?[\w.]+\([^()]*\)(?: at 0x\w+)?>?): )+|^400, message:\s*")


def _certificate_fault(error: ssl.SSLCertVerificationError) -> str:
    found = _CERTIFICATE.get(error.verify_code)
    if found is None:
        found = f"its certificate is not trusted ({error.verify_message}): {_SET_VERIFY}"
    if error.verify_code in _WRONG_NAME:
        found = f"{found} ({printable(error.verify_message, 200)})"
    return printable(found, 400)


_SET_VERIFY = "set verify to the path of the CA bundle that vouches for it"
_WRONG_NAME = frozenset({62, 63, 64})
_ANOTHER_NAME = "its certificate is another host's: check host, and whether a proxy answers in its place"
_UNKNOWN_ISSUER = (
    "its certificate is not trusted, because nobody knows who issued it, perhaps a proxy of your company: "
    f"{_SET_VERIFY}"
)

_CERTIFICATE: dict[int, str] = {
    2: _UNKNOWN_ISSUER,
    9: "its certificate is not valid yet: check this machine's clock",
    10: "its certificate has expired: it must be renewed there, unless this machine's clock is wrong",
    18: f"its certificate is not trusted, because it is self-signed: {_SET_VERIFY}, which may be itself",
    19: (
        "its certificate is not trusted, because a self-signed one vouches for it, perhaps of a proxy "
        f"of your company: {_SET_VERIFY}"
    ),
    20: _UNKNOWN_ISSUER,
    21: _UNKNOWN_ISSUER,
    62: _ANOTHER_NAME,
    63: _ANOTHER_NAME,
    64: _ANOTHER_NAME,
}
