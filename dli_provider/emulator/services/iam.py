"""IAM, as far as a client of DLI needs it: one user, the region's projects, tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dli_provider.emulator.http.messages import Reply, Request, iam_error, iam_reply
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.services.gateway import ISSUED_BEGIN, Gateway, IssuedToken


@dataclass
class Iam:
    """The emulated IAM.

    :param gateway: accepts the tokens.
    :param clock: the emulated time.
    :param projects: names and ids of projects, as IAM lists them.
    :param domain_name: the account.
    :param user: the IAM user's name.
    :param password: the IAM user's password.
    :param token_lifetime: seconds for which a token is valid.
    """

    gateway: Gateway
    clock: Clock
    projects: list[tuple[str, str]]
    domain_name: str = "emulated-account"
    user: str = "emulated-user"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    token_lifetime: float = 24 * 3600.0

    def revoke_tokens(self) -> None:
        """Make all tokens invalid, as a change of the password does."""
        self.gateway.tokens.clear()

    def list_projects(self, request: Request) -> Reply:
        """Answer ``GET /v3/projects``."""
        wanted = request.query.get("name")
        found = [{"id": id_, "name": name} for name, id_ in self.projects if wanted in {None, name}]
        return iam_reply({"projects": found, "links": {}})

    def create_token(self, request: Request) -> Reply:
        """Answer ``POST /v3/auth/tokens``."""
        try:
            auth = request.json()["auth"]
            user = auth["identity"]["password"]["user"]
            given = (user["domain"]["name"], user["name"], user["password"])
            scope = auth["scope"]["project"]
            wanted = {str(scope[key]) for key in ("id", "name") if key in scope}
        except (ValueError, TypeError, KeyError, AttributeError):
            return iam_error(400, "The request body is invalid.", "Bad Request")
        if given != (self.domain_name, self.user, self.password):
            return iam_error(401, "The username or password is wrong.", "Unauthorized")
        project = next(((name, id_) for name, id_ in self.projects if wanted & {name, id_}), None)
        if project is None:
            return iam_error(401, "The project does not exist.", "Unauthorized")
        return self._issue(*project)

    def _issue(self, project_name: str, project_id: str) -> Reply:
        now = self.clock.time()
        expires_at = now + self.token_lifetime
        token = ISSUED_BEGIN + secrets.token_urlsafe(40)
        self.gateway.add_token(token, IssuedToken(expires_at, project_id))
        content = {
            "expires_at": utc_text(expires_at),
            "issued_at": utc_text(now),
            "methods": ["password"],
            "project": {"id": project_id, "name": project_name, "domain": {"name": self.domain_name}},
        }
        return iam_reply({"token": content}, 201, {"X-Subject-Token": token})


def utc_text(epoch: float) -> str:
    """Return a time as IAM writes it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
