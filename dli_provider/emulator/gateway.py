"""The gateway before the emulated DLI: who is calling is verified for real, and a key that fails too often is
locked."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from aiohttp import web

from dli_provider.api.auth import signing

MAX_SKEW = timedelta(minutes=15)
LOCK_AFTER = 5
"""Refusals in a row after which the next one finds the key locked."""

LOCK_SECONDS = 300.0

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

    secret: str
    security_token: str | None = None
    expires_at: float | None = None
    failures: int = 0
    locked_until: float = 0.0


@dataclass(frozen=True)
class IssuedToken:
    """A token that IAM has issued.

    :param expires_at: epoch seconds.
    :param project_id: the project that it is good for.
    """

    expires_at: float
    project_id: str


class RefusedError(Exception):
    """The gateway's refusal of a request.

    :param status: HTTP status.
    :param code: the gateway's code.
    :param message: the gateway's text.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Gateway:
    """Verifies signatures and tokens.

    :param now: the gateway's clock, epoch seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.keys: dict[str, AccessKey] = {}
        self.tokens: dict[str, IssuedToken] = {}

    @property
    def locked(self) -> bool:
        """True while a key is locked."""
        return any(key.locked_until > time.time() for key in self.keys.values())

    def verify(self, request: web.Request, body: bytes, project_id: str | None) -> None:
        """Let a request pass, or refuse it.

        :param request: the request.
        :param body: its body.
        :param project_id: the project that it is about; None when it is about none.
        :raises RefusedError: when it does not show who is calling.
        """
        if token := request.headers.get("X-Auth-Token"):
            self._verify_token(token, project_id)
            return
        authorization = request.headers.get("Authorization")
        if authorization is None:
            raise RefusedError(401, "APIG.0301", "Incorrect IAM authentication information: no credential")
        match = _AUTHORIZATION.fullmatch(authorization)
        if match is None:
            raise RefusedError(
                401, "APIG.0301", "Incorrect IAM authentication information: malformed Authorization"
            )
        access_key, signed, proof = match.groups()
        key = self.keys.get(access_key)
        if key is None:
            raise RefusedError(401, "APIG.0301", "Incorrect IAM authentication information: AK access failed")
        if key.locked_until > time.time():
            raise RefusedError(401, "APIG.0301", "Incorrect IAM authentication information: AK is locked")
        problem = self._problem(request, body, access_key, key, signed.split(";"), proof)
        if problem is None:
            key.failures = 0
            return
        key.failures += 1
        if key.failures > LOCK_AFTER:
            key.locked_until = time.time() + LOCK_SECONDS
        raise RefusedError(401, "APIG.0301", f"Incorrect IAM authentication information: {problem}")

    def _verify_token(self, token: str, project_id: str | None) -> None:
        issued = self.tokens.get(token)
        if issued and issued.expires_at > self._now() and project_id in {None, issued.project_id}:
            return
        raise RefusedError(401, "APIG.0307", "The token must be updated.")

    def _problem(
        self,
        request: web.Request,
        body: bytes,
        access_key: str,
        key: AccessKey,
        signed: list[str],
        proof: str,
    ) -> str | None:
        headers = {name: request.headers.get(name, "") for name in signed}
        try:
            sent = datetime.strptime(headers["x-sdk-date"], signing.DATE_FORMAT).replace(tzinfo=UTC)
        except (KeyError, ValueError):
            return "X-Sdk-Date is missing, not signed or malformed"
        if abs(sent.timestamp() - self._now()) > MAX_SKEW.total_seconds():
            return "the request is expired"
        path, _, query = request.raw_path.partition("?")
        try:
            expected = signing.authorization(
                access_key,
                key.secret,
                method=request.method,
                path=path,
                query=_pairs(query),
                headers=headers,
                body=body,
            )
        except UnicodeEncodeError:
            return "a signed header is not UTF-8"
        if not hmac.compare_digest(expected.rpartition("=")[2], proof):
            return "verify aksk signature fail"
        if key.security_token is not None:
            if request.headers.get("X-Security-Token") != key.security_token:
                return "the security token is missing or wrong"
            if key.expires_at is not None and key.expires_at <= self._now():
                return "the temporary access key is expired"
        return None


def _pairs(query: str) -> list[tuple[str, str]]:
    """Return the decoded names and values of a query; ``+`` is a plus here, as it is in the signature."""
    split = [part.partition("=") for part in query.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in split]
