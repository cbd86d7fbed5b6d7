"""The kinds of credential: what each puts on a request, and how it is renewed."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time
from typing import Any, ClassVar, Protocol, TypeGuard

from dli_provider.api.auth import signing
from dli_provider.api.bodies import parse_json
from dli_provider.api.error_reader import read_error
from dli_provider.api.errors import DliError, DliProtocolError
from dli_provider.api.messages import Conversation, Request, Response, send
from dli_provider.flink.arguments import parse_project_id

METADATA_ENDPOINT = "http://169.254.169.254"

_AGENCY_RENEWAL = 40 * 60.0
_TOKEN_RENEWAL = 30 * 60.0


class Proof(Protocol):
    """What shows a server who is calling."""

    def headers(self, request: Request) -> dict[str, str]:
        """Return all headers of the request, those of the proof included."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A proof and the time for which it serves.

    :param proof: what to put on requests.
    :param renew_at: epoch seconds from which a new one is asked for.
    :param expires_at: epoch seconds from which this one is refused.
    :param project_id: the project that the proof is bound to, if it is bound to one.
    """

    proof: Proof
    renew_at: float = math.inf
    expires_at: float = math.inf
    project_id: str | None = None


class Credential(Protocol):
    """A way of proving who is calling.

    ``renewable`` says whether a refused lease may be replaced by a fresh one; ``locks`` whether a few
    refusals lock the credential for everybody who uses it.
    """

    renewable: ClassVar[bool]
    locks: ClassVar[bool]

    @property
    def fingerprint(self) -> str:
        """A digest that tells this credential from every other, and gives nothing away."""

    def obtain(self) -> Conversation[Lease]:
        """Return a fresh lease."""


def _digest(*parts: str | None) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AkSkCredential:
    """An access key and its secret key, which sign every request; temporary ones have a security token too.

    :param access_key: the AK.
    :param secret_key: the SK; signs, and is never sent.
    :param security_token: token of a temporary AK/SK.
    :raises ValueError: for a text that no header can carry, without repeating it.
    """

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)

    renewable: ClassVar[bool] = False
    locks: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("access_key", "secret_key", "security_token"):
            value = getattr(self, name)
            if not (_is_plain(value) or (name == "security_token" and value is None)):
                raise ValueError(f"{name} must be of ASCII characters without blanks and line breaks")

    @property
    def fingerprint(self) -> str:
        """A digest of key, secret and token."""
        return _digest("aksk", self.access_key, self.secret_key, self.security_token)

    def obtain(self) -> Conversation[Lease]:
        """Return the lease that never ends: itself."""
        return Lease(self)
        yield

    def headers(self, request: Request) -> dict[str, str]:
        """Return the request's headers with date and signature."""
        headers = {
            **request.headers,
            "Host": request.host,
            "X-Sdk-Date": datetime.fromtimestamp(time(), UTC).strftime(signing.DATE_FORMAT),
        }
        if self.security_token:
            headers["X-Security-Token"] = self.security_token
        headers["Authorization"] = signing.authorization(
            self.access_key,
            self.secret_key,
            method=request.method,
            path=request.path,
            query=request.query,
            headers=headers,
            body=request.body,
        )
        return headers


@dataclass(frozen=True, slots=True)
class Token:
    """A token of IAM, put on every request as it is.

    :param value: the token.
    """

    value: str = field(repr=False)

    def headers(self, request: Request) -> dict[str, str]:
        """Return the request's headers with the token."""
        return {**request.headers, "Host": request.host, "X-Auth-Token": self.value}


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """An IAM user's name and password, exchanged for a token of one project.

    A HUAWEI ID can't do this: create an IAM user with programmatic access.

    :param user: the IAM user's name.
    :param password: the IAM user's password.
    :param domain_name: the account's name.
    :param iam_endpoint: origin of IAM.
    :param project_id: the project of the token; or
    :param project_name: its name, which for the main project of a region is the region's.
    """

    user: str
    password: str = field(repr=False)
    domain_name: str
    iam_endpoint: str
    project_id: str | None = None
    project_name: str | None = None

    renewable: ClassVar[bool] = True
    locks: ClassVar[bool] = False

    @property
    def fingerprint(self) -> str:
        """A digest of user, password, account and project."""
        return _digest(
            *("password", self.user, self.password, self.domain_name, self.iam_endpoint),
            *(self.project_id, self.project_name),
        )

    def obtain(self) -> Conversation[Lease]:
        """Ask IAM for a token.

        :raises DliAuthError: when IAM refuses the name or the password.
        """
        project = {"id": self.project_id} if self.project_id else {"name": self.project_name}
        user = {"name": self.user, "password": self.password, "domain": {"name": self.domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        request = Request(
            "POST",
            self.iam_endpoint,
            "/v3/auth/tokens",
            query=(("nocatalog", "true"),),
            headers={"Content-Type": "application/json;charset=utf8"},
            body=json.dumps({"auth": {"identity": identity, "scope": {"project": project}}}).encode(),
        )
        response = yield from _send(request, f"Asking {self.iam_endpoint} for a token")
        value = response.headers.get("x-subject-token")
        if not _is_plain(value):
            raise DliProtocolError("IAM answered without a token (header X-Subject-Token)")
        token = _object(parse_json(response.body), "token")
        expires_at = _epoch(token.get("expires_at"))
        ahead = min(_TOKEN_RENEWAL, (expires_at - time()) / 10)
        return Lease(Token(value), expires_at - ahead, expires_at, self.project_id or _project_of(token))


@dataclass(frozen=True, slots=True)
class AgencyCredential:
    """The temporary AK/SK that an ECS server with an agency gets from its metadata service.

    :param metadata_endpoint: origin of the metadata service.
    """

    metadata_endpoint: str = METADATA_ENDPOINT

    renewable: ClassVar[bool] = True
    locks: ClassVar[bool] = False

    @property
    def fingerprint(self) -> str:
        """A digest of the endpoint: a server has one agency."""
        return _digest("agency", self.metadata_endpoint)

    def obtain(self) -> Conversation[Lease]:
        """Ask the metadata service for a session token, then with it for the temporary keys.

        A metadata service without session tokens answers 404, 405 or 503 to the first, and takes the second
        bare.

        :raises DliAuthError: when the server has no agency.
        """
        ttl = {"X-Metadata-Token-Ttl-Seconds": "21600"}
        answer = yield from self._ask("PUT", "/meta-data/latest/api/token", ttl, borne=(404, 405, 503))
        session = {"X-Metadata-Token": _session_token(answer.body)} if answer.status < 400 else {}
        answer = yield from self._ask("GET", "/openstack/latest/securitykey", session)
        keys = _object(parse_json(answer.body), "credential")
        try:
            signer = AkSkCredential(keys["access"], keys["secret"], keys["securitytoken"])
        except KeyError as missing:
            raise DliProtocolError(f"The metadata service's credential lacks {missing}") from None
        except ValueError as error:
            raise DliProtocolError(f"The metadata service's credential is odd: {error}") from None
        expires_at = _epoch(keys.get("expires_at"))
        return Lease(signer, expires_at - _AGENCY_RENEWAL, expires_at)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], borne: Collection[int] = ()
    ) -> Conversation[Response]:
        request = Request(method, self.metadata_endpoint, path, headers=headers, link_local=True)
        return (yield from _send(request, f"Asking the metadata service {self.metadata_endpoint}", borne))


def _send(request: Request, purpose: str, borne: Collection[int] = ()) -> Conversation[Response]:
    """Send a request that proves nothing yet, and return the answer, but no error that isn't borne."""
    try:
        response = yield from send(request, {**request.headers, "Host": request.host})
        if response.status >= 400 and response.status not in borne:
            raise read_error(response.status, response.headers, response.body)
    except DliError as error:
        error.context = purpose  # for it isn't DLI that failed
        raise
    return response


def _is_plain(value: object) -> TypeGuard[str]:
    """Tell whether a text can stand in a header."""
    return isinstance(value, str) and re.fullmatch(r"[!-~]+", value) is not None


def _session_token(body: bytes) -> str:
    token = body.decode("latin-1").strip()
    if not _is_plain(token):
        raise DliProtocolError("The metadata service answered without a session token")
    return token


def _project_of(token: Mapping[str, Any]) -> str | None:
    project = token.get("project")
    found = project.get("id") if isinstance(project, dict) else None
    try:
        return None if found is None else parse_project_id(found)
    except ValueError as error:
        raise DliProtocolError(f"IAM's token is odd: {error}") from None


def _object(content: Any, key: str) -> dict[str, Any]:
    found = content.get(key) if isinstance(content, dict) else None
    if not isinstance(found, dict):
        raise DliProtocolError(f"The answer has no object {key!r}")
    return found


def _epoch(moment: object) -> float:
    """Return the epoch seconds of a time such as ``2020-01-04T09:05:22.701000Z``."""
    try:
        parsed = datetime.fromisoformat(str(moment))
    except ValueError:
        raise DliProtocolError(f"expires_at is no time: {moment!r:.80}") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
