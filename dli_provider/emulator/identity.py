"""IAM and the metadata service of an ECS server, as far as a client of DLI needs them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from dli_provider.emulator.gateway import AccessKey, Gateway, IssuedToken


@dataclass
class Iam:
    """The emulated IAM: one user, the region's projects, tokens.

    :param gateway: where tokens and temporary keys are made known.
    :param now: the clock, epoch seconds.
    :param projects: names and ids of projects, as IAM lists them.
    :param domain_name: the account.
    :param user: the IAM user's name.
    :param password: the IAM user's password.
    :param token_lifetime: seconds for which a token is valid.
    """

    gateway: Gateway
    now: Callable[[], float]
    projects: list[tuple[str, str]]
    domain_name: str = "emulated-account"
    user: str = "emulated-user"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    token_lifetime: float = 24 * 3600.0

    def revoke_tokens(self) -> None:
        """Make all tokens invalid, as a change of the password does."""
        self.gateway.tokens.clear()

    def list_projects(self, name: str | None) -> web.Response:
        """Answer ``GET /v3/projects``."""
        found = [{"id": id_, "name": own} for own, id_ in self.projects if name in {None, own}]
        return _answer({"projects": found, "links": {}})

    def create_token(self, body: bytes) -> web.Response:
        """Answer ``POST /v3/auth/tokens``."""
        try:
            auth = json.loads(body)["auth"]
            user = auth["identity"]["password"]["user"]
            given = (user["domain"]["name"], user["name"], user["password"])
            scope = auth["scope"]["project"]
            wanted = {str(scope[key]) for key in ("id", "name") if key in scope}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return _refuse(400, "The request body is invalid.", "Bad Request")
        if given != (self.domain_name, self.user, self.password):
            return _refuse(401, "The username or password is wrong.", "Unauthorized")
        project = next(((own, id_) for own, id_ in self.projects if wanted & {own, id_}), None)
        if project is None:
            return _refuse(401, "The project does not exist.", "Unauthorized")
        token = secrets.token_urlsafe(40)
        expires_at = self.now() + self.token_lifetime
        self.gateway.tokens[token] = IssuedToken(expires_at, project[1])
        content = {
            "expires_at": _moment(expires_at),
            "issued_at": _moment(self.now()),
            "methods": ["password"],
            "project": {"id": project[1], "name": project[0], "domain": {"name": self.domain_name}},
        }
        return _answer({"token": content}, 201, {"X-Subject-Token": token})


@dataclass
class Metadata:
    """The emulated metadata service: temporary keys for an agency.

    :param gateway: where the keys are made known.
    :param now: the clock, epoch seconds.
    :param has_agency: False for a server without an agency.
    :param session_tokens: False for a service that knows none, and answers 405 when asked for one.
    :param lifetime: seconds for which keys are valid.
    """

    gateway: Gateway
    now: Callable[[], float]
    has_agency: bool = True
    session_tokens: bool = True
    lifetime: float = 6 * 3600.0
    _sessions: set[str] = field(default_factory=set, repr=False)

    def create_session(self, request: web.Request) -> web.Response:
        """Answer ``PUT /meta-data/latest/api/token``."""
        if not self.session_tokens:
            return web.Response(status=405)
        if not request.headers.get("X-Metadata-Token-Ttl-Seconds", "").isdigit():
            return web.Response(status=400, text="X-Metadata-Token-Ttl-Seconds is missing")
        session = secrets.token_urlsafe(24)
        self._sessions.add(session)
        return web.Response(text=session)

    def security_key(self, request: web.Request) -> web.Response:
        """Answer ``GET /openstack/latest/securitykey``."""
        if self.session_tokens and request.headers.get("X-Metadata-Token") not in self._sessions:
            return web.Response(status=401, text="Unauthorized")
        if not self.has_agency:
            return web.Response(status=401, text="Please configure Cloud Service Agency first")
        keys: dict[str, Any] = {
            "access": "HST" + secrets.token_hex(8).upper(),
            "secret": secrets.token_urlsafe(30),
            "securitytoken": secrets.token_urlsafe(60),
            "expires_at": _moment(self.now() + self.lifetime),
        }
        key = AccessKey(keys["secret"], keys["securitytoken"], self.now() + self.lifetime)
        self.gateway.keys[keys["access"]] = key
        return web.json_response({"credential": keys})


def _answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    trace = {"X-IAM-Trace-Id": secrets.token_hex(16)}
    return web.json_response(content, status=status, headers=trace | (headers or {}))


def _refuse(status: int, message: str, title: str) -> web.Response:
    return _answer({"error": {"code": status, "message": message, "title": title}}, status)


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
