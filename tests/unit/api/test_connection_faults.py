"""What lies at the bottom of an HTTP library's error, and what helps."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, IncompleteRead

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from urllib3.exceptions import (
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
)

from dli_provider.api.connection_faults import describe_fault

KEY = ConnectionKey("dli.example.com", 443, True, True, None, None, None)


def caused_by(cause: BaseException, error: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def certificate_error(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {message} (_ssl.c:1006)")
    error.verify_code, error.verify_message = code, message
    return error


CERTIFICATES = {
    "expired": (
        10,
        "certificate has expired",
        "has expired: it must be renewed there",
    ),
    "to come": (9, "certificate is not yet valid", "not valid yet: check this machine's clock"),
    "of another host": (
        62,
        "Hostname mismatch",
        "another host's: check host",
    ),
    "of another address": (64, "IP address mismatch", "another host's: check host"),
    "self-signed": (
        18,
        "self-signed certificate",
        "it is self-signed: set verify to",
    ),
    "of a company": (
        19,
        "self-signed certificate in certificate chain",
        "of a proxy of your company: set verify",
    ),
    "of an unknown issuer": (20, "unable to get local issuer certificate", "nobody knows who issued it"),
    "odd": (79, "invalid CA certificate", "is not trusted (invalid CA certificate): set verify to the path"),
}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda e: e,
        lambda e: MaxRetryError(None, "/", e),
        lambda e: aiohttp.ClientConnectorCertificateError(KEY, e),
    ],
    ids=["bare", "urllib3", "aiohttp"],
)
@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_fault_says_which_and_what_helps_and_does_not_pass(name, wrap):
    code, message, told = CERTIFICATES[name]
    fault = describe_fault(wrap(certificate_error(code, message)))
    assert told in fault.text
    assert "_ssl.c" not in fault.text
    assert not fault.transient


UNKNOWN = socket.gaierror(-2, "Name or service not known")
REFUSED = ConnectionRefusedError(111, "Connection refused")
FAULTS: dict[str, tuple[BaseException, str]] = {
    "a name that urllib3 can't resolve": (
        MaxRetryError(None, "/", caused_by(UNKNOWN, NameResolutionError("x", None, UNKNOWN))),
        "the host's name can't be resolved (Name or service not known): check host and region, and this "
        "machine's DNS",
    ),
    "a name that aiohttp can't resolve": (
        aiohttp.ClientConnectorDNSError(KEY, UNKNOWN),
        "the host's name can't be resolved (Name or service not known): check host and region, and this "
        "machine's DNS",
    ),
    "refused, by urllib3": (
        caused_by(REFUSED, NewConnectionError(None, "Failed to establish")),
        "connection refused: nobody listens there, or a firewall is in between",
    ),
    "refused, by aiohttp": (
        aiohttp.ClientConnectorError(KEY, REFUSED),
        "connection refused: nobody listens there, or a firewall is in between",
    ),
    "a proxy that is down": (
        MaxRetryError(None, "/", ProxyError("Unable to connect to proxy", REFUSED)),
        "connection refused: nobody listens there, or a firewall is in between",
    ),
    "no time left": (aiohttp.ServerTimeoutError(), "timed out"),
    "plain http": (
        caused_by(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), ProtocolError("x")),
        "wrong version number",
    ),
    "cut off": (
        ProtocolError("Connection broken", IncompleteRead(b"abc", 7)),
        "IncompleteRead(3 bytes read, 7 more expected)",
    ),
    "a connection as text": (
        NewConnectionError(None, "<HTTPSConnection(host='x', port=443) at 0x7f>: No route to host"),
        "No route to host",
    ),
    "nothing to tell": (OSError(), "OSError"),
    "blanks": (BadStatusLine("\r\n"), "BadStatusLine"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_any_other_fault_is_told_by_its_cause_and_may_pass(name):
    error, told = FAULTS[name]
    fault = describe_fault(error)
    assert fault.text.endswith(told)
    assert "object at" not in fault.text
    assert "Connection(" not in fault.text
    assert fault.transient


@pytest.mark.parametrize("user", ["user:hunter2", "hunter2", "hunter2:", ":hunter2", "h'unter2@hunter2"])
def test_a_fault_is_told_in_brief_and_without_credentials(user):
    text = describe_fault(
        ProtocolError(f"'http://{user}@proxy.example.com:3128' refused\n" + "x" * 5000)
    ).text
    assert "unter2" not in text
    assert "'http://proxy.example.com:3128' refused" in text
    assert len(text) < 400
    assert text.isprintable()


def test_causes_that_go_round_in_a_circle_end():
    error = OSError("outer")
    error.__cause__ = caused_by(error, OSError("inner"))
    assert describe_fault(error).text == "inner"
