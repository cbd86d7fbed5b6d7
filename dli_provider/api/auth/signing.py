"""SDK-HMAC-SHA256: the signature that Huawei Cloud's gateways expect of an AK/SK request.

Pure functions: the caller sets the clock (header ``X-Sdk-Date``) and says which headers are signed. The
emulator verifies requests with the same functions; that both are right is shown by the vendor's signer and by
test vectors.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
EMPTY_BODY_HASH = hashlib.sha256(b"").hexdigest()

_UNRESERVED = "-_.~"


def encode_query(query: Iterable[tuple[str, str]]) -> str:
    """Return the query string to sign and to send: sorted by name, then by value, percent-encoded.

    :param query: decoded names and values; a repeated name is repeated in the answer.
    """
    return "&".join(f"{quote(k, safe=_UNRESERVED)}={quote(v, safe=_UNRESERVED)}" for k, v in sorted(query))


def canonical_request(
    method: str, path: str, query: Iterable[tuple[str, str]], headers: Mapping[str, str], body_hash: str
) -> str:
    """Return the text whose hash is signed.

    :param method: HTTP method in upper case.
    :param path: path of the request, percent-encoded or not; an encoded ``/`` inside a segment is not
        supported.
    :param query: decoded names and values.
    :param headers: the headers to sign and nothing else.
    :param body_hash: hex SHA-256 of the body's bytes, or ``UNSIGNED-PAYLOAD``.
    """
    pairs = sorted([(name.lower(), value.strip()) for name, value in headers.items()])
    lines = "".join([f"{name}:{value}\n" for name, value in pairs])
    names = ";".join([name for name, _ in pairs])
    uri = quote(unquote(path), safe=f"/{_UNRESERVED}").removesuffix("/")
    return f"{method}\n{uri}/\n{encode_query(query)}\n{lines}\n{names}\n{body_hash}"


def signature(secret_key: str, date: str, canonical: str) -> str:
    """Return the hex signature of a canonical request.

    :param secret_key: the SK, used as it is: the algorithm derives no key.
    :param date: the value of ``X-Sdk-Date``.
    :param canonical: the answer of :func:`canonical_request`.
    """
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.digest(secret_key.encode(), f"{ALGORITHM}\n{date}\n{digest}".encode(), "sha256").hex()


def authorization(
    access_key: str,
    secret_key: str,
    *,
    method: str,
    path: str,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes = b"",
) -> str:
    """Return the ``Authorization`` header for a request.

    :param access_key: the AK, sent in the clear.
    :param secret_key: the SK, never sent.
    :param method: HTTP method in upper case.
    :param path: path of the request.
    :param query: decoded names and values of the query.
    :param headers: the headers to sign; ``X-Sdk-Date`` must be one of them, ``Host`` should be.
    :param body: the exact bytes that are sent. A header ``X-Sdk-Content-Sha256`` takes the place of their
        hash, unless there are none: so the vendor's signer does it.
    :raises KeyError: when ``X-Sdk-Date`` isn't among the headers.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    body_hash = EMPTY_BODY_HASH
    if body:
        body_hash = lowered.get("x-sdk-content-sha256") or hashlib.sha256(body).hexdigest()
    canonical = canonical_request(method, path, query, lowered, body_hash)
    proof = signature(secret_key, lowered["x-sdk-date"], canonical)
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={';'.join(sorted(lowered))}, Signature={proof}"
