"""IAM users' names and passwords, and the tokens that they are exchanged for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dli_provider.api.answers import error_of
from dli_provider.api.auth.issuing import ask, lease_until, object_in
from dli_provider.api.auth.lease import Lease, digest, is_header_text
from dli_provider.api.errors import DliProtocolError
from dli_provider.api.messages import Conversation, Request
from dli_provider.flink.arguments import parse_project_id

_RENEWED_AHEAD = 30 * 60.0


@dataclass(frozen=True)
class Token(Lease):
    """A token of IAM, put on every request as it is.

    :param value: the token.
    """

    value: str = field(repr=False)

    def sign(self, request: Request) -> dict[str, str]:
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
    :param project_id: project of the token; or
    :param project_name: its name, which for a region's main project is the region's.
    """

    user: str
    password: str = field(repr=False)
    domain_name: str
    iam_endpoint: str
    project_id: str | None = None
    project_name: str | None = None

    @property
    def issuer(self) -> str:
        """Origin of IAM."""
        return self.iam_endpoint

    @property
    def fingerprint(self) -> str:
        """A digest of user, password, account and project."""
        return digest(
            *("password", self.user, self.password, self.domain_name, self.iam_endpoint),
            *(self.project_id, self.project_name),
        )

    @property
    def key_id(self) -> str:
        """A digest of the user: IAM locks one after too many wrong passwords."""
        return digest("user", self.user, self.domain_name, self.iam_endpoint)

    def obtain(self) -> Conversation[Lease]:
        """Ask IAM for a token.

        :raises DliAuthError: when IAM refuses the name or the password.
        """
        # No local variable here holds the password or the token: reports of errors show those of each frame.
        response = yield from ask(self._request(), f"Asking {self.iam_endpoint} for a token", error_of)
        if not is_header_text(response.headers.get("x-subject-token")):
            raise DliProtocolError("IAM answered without a token (header X-Subject-Token)")
        content = object_in(response, "token")
        expires_at, lifetime = lease_until(content.get("expires_at"), response)
        return Token(
            response.headers["x-subject-token"],
            renew_at=expires_at - min(_RENEWED_AHEAD, lifetime / 10),
            expires_at=expires_at,
            project_id=self.project_id or _project_of(content),
        )

    def _request(self) -> Request:
        project = {"id": self.project_id} if self.project_id else {"name": self.project_name}
        user = {"name": self.user, "password": self.password, "domain": {"name": self.domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        return Request(
            "POST",
            self.iam_endpoint,
            "/v3/auth/tokens",
            query=(("nocatalog", "true"),),
            headers={"Content-Type": "application/json;charset=utf8"},
            body=json.dumps({"auth": {"identity": identity, "scope": {"project": project}}}).encode(),
        )


def _project_of(token: Mapping[str, Any]) -> str | None:
    project = token.get("project")
    found = project.get("id") if isinstance(project, dict) else None
    try:
        return None if found is None else parse_project_id(found)
    except ValueError as error:
        raise DliProtocolError(f"IAM's token is odd: {error}") from None
