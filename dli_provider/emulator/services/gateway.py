"""The gateway: it verifies credentials, and locks a key that fails too often."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from dli_provider.api.auth import signing
from dli_provider.emulator.http.messages import RefusalError, Request
from dli_provider.emulator.model.clock import Clock

MAX_SKEW = timedelta(minutes=15)
LOCK_AFTER = 5
"""Refusals in a row after which the next one locks the key."""

LOCK_SECONDS = 300.0

ISSUED_BEGIN = "MII"
"""Every token of IAM begins with this, so an expired one can be told from nonsense."""

_MAX_TOKENS = 10_000

_AUTHORIZATION = re.compile(
    rf"{signing.ALGORITHM} Access=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{{64}})"
)


@dataclass
class AccessKey:
    """A key that the gateway knows.

    :param secret: its secret key.
    :param security_token: the token that must come with it, for a temporary key.
    :param expires_at: epoch seconds, for a temporary key.
    """

    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    failures: int = 0
    locked_until: float = 0.0


@dataclass(frozen=True)
class IssuedToken:
    """A token that IAM has issued.

    :param expires_at: epoch seconds.
    :param project_id: the project that it is valid for.
    """

    expires_at: float
    project_id: str


class Gateway:
    """Verifies signatures and tokens.

    :param clock: the emulated time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.keys: dict[str, AccessKey] = {}
        self.tokens: dict[str, IssuedToken] = {}

    @property
    def locked(self) -> bool:
        """True while a key is locked."""
        return any(self._is_locked(key) for key in self.keys.values())

    def add_token(self, token: str, issued: IssuedToken) -> None:
        """Accept a token, and forget those that have expired."""
        now = self._clock.time()
        for old in [old for old, other in self.tokens.items() if other.expires_at <= now]:
            del self.tokens[old]
        while len(self.tokens) >= _MAX_TOKENS:
            del self.tokens[next(iter(self.tokens))]
        self.tokens[token] = issued

    def lock(self, access_key: str, seconds: float = LOCK_SECONDS) -> None:
        """Lock a key, as too many wrong signatures do."""
        self.keys[access_key].locked_until = self._clock.time() + seconds

    def verify(self, request: Request, project_id: str | None) -> None:
        """Verify the credential of a request.

        :param request: the request.
        :param project_id: the project that it concerns, if any.
        :raises RefusalError: for a missing or wrong credential.
        """
        if token := request.headers.get("X-Auth-Token"):
            self._verify_token(token, project_id)
            return
        authorization = request.headers.get("Authorization")
        if authorization is None:
            raise _refusal("no credential")
        match = _AUTHORIZATION.fullmatch(authorization)
        if match is None:
            raise _refusal("malformed Authorization")
        access_key, signed, proof = match.groups()
        self._verify_signature(request, access_key, signed.split(";"), proof)

    def _verify_token(self, token: str, project_id: str | None) -> None:
        issued = self.tokens.get(token)
        if issued and issued.expires_at > self._clock.time() and project_id in {None, issued.project_id}:
            return
        if not token.startswith(ISSUED_BEGIN) and issued is None:
            raise _refusal("decrypt token fail")
        raise RefusalError(401, "APIG.0307", "The token must be updated.")

    def _verify_signature(self, request: Request, access_key: str, signed: list[str], proof: str) -> None:
        key = self.keys.get(access_key)
        if key is None:
            raise _refusal(f"Get secretKey failed,ak:{access_key},err:ak not exist")
        if self._is_locked(key):
            raise _refusal("AK access failed to reach the limit,forbidden.")
        problem = self._problem(request, access_key, key, signed, proof)
        if problem is None:
            key.failures = 0
            return
        key.failures += 1
        if key.failures > LOCK_AFTER:
            self.lock(access_key)
        raise _refusal(problem)

    def _is_locked(self, key: AccessKey) -> bool:
        return key.locked_until > self._clock.time()

    def _problem(
        self, request: Request, access_key: str, key: AccessKey, signed: list[str], proof: str
    ) -> str | None:
        headers = {name: request.headers.get(name, "") for name in signed}
        try:
            sent = datetime.strptime(headers["x-sdk-date"], signing.DATE_FORMAT).replace(tzinfo=UTC)
        except (KeyError, ValueError):
            return "X-Sdk-Date is missing, not signed or malformed"
        now = self._clock.server_time()
        if abs(sent.timestamp() - now) > MAX_SKEW.total_seconds():
            server_time = datetime.fromtimestamp(now, UTC).strftime(signing.DATE_FORMAT)
            return (
                "calc aksk signature fail:signature expired, "
                f"signature time:{headers['x-sdk-date']},server time:{server_time}"
            )
        path, _, query = request.target.partition("?")
        try:
            expected = signing.authorization(
                access_key,
                key.secret,
                method=request.method,
                path=path,
                query=_pairs(query),
                headers=headers,
                body=request.body,
            )
        except UnicodeEncodeError:
            return "a signed header is not UTF-8"
        if not hmac.compare_digest(expected.rpartition("=")[2], proof):
            return f"verify aksk signature fail, canonicalRequest:{_canonical(request, headers)}"
        if request.headers.get("X-Security-Token") != key.security_token:
            return "the security token is missing or wrong"
        if key.expires_at is not None and key.expires_at <= self._clock.time():
            return "the temporary access key is expired"
        return None


def _refusal(reason: str) -> RefusalError:
    return RefusalError(401, "APIG.0301", f"Incorrect IAM authentication information: {reason}")


def _canonical(request: Request, headers: Mapping[str, str]) -> str:
    """Return the canonical request, with its signed headers, on one line, as the gateway shows it."""
    path, _, query = request.target.partition("?")
    body_hash = hashlib.sha256(request.body).hexdigest()
    canonical = signing.canonical_request(request.method, path, _pairs(query), headers, body_hash)
    return canonical.replace("\n", "|")


def _pairs(query: str) -> list[tuple[str, str]]:
    """Return the decoded names and values of a query; ``+`` is a plus here, as it is in the signature."""
    split = [part.partition("=") for part in query.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in split]
