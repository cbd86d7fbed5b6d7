"""The agency of an ECS server: temporary access keys from its metadata service."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import ClassVar

from dli_provider.api.answers import ERROR_CLASSES
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.issuing import ask, lease_until, object_in
from dli_provider.api.auth.lease import Lease, digest, is_header_text
from dli_provider.api.bodies import excerpt
from dli_provider.api.error_codes import kind_of
from dli_provider.api.errors import DliError, DliProtocolError
from dli_provider.api.messages import Conversation, Request, Response

METADATA_ENDPOINT = "http://169.254.169.254"

_RENEWED_AHEAD = 10 * 60.0
"""Seconds before their end from which the service has new keys; they are valid for an hour."""


@dataclass(frozen=True, slots=True)
class AgencyCredential:
    """The temporary access key that an ECS server with an agency gets from its metadata service.

    :param metadata_endpoint: origin of the metadata service.
    """

    metadata_endpoint: str = METADATA_ENDPOINT

    key_id: ClassVar[None] = None

    @property
    def issuer(self) -> str:
        """Origin of the metadata service."""
        return self.metadata_endpoint

    @property
    def fingerprint(self) -> str:
        """A digest of the endpoint: a server has one agency."""
        return digest("agency", self.metadata_endpoint)

    def obtain(self) -> Conversation[Lease]:
        """Ask the metadata service for a session token, and with it for the temporary key.

        A service without session tokens answers 404, 405 or 503 to the first request, and takes the second
        without one.

        :raises DliAuthError: when the server has no agency.
        """
        # No local variable here holds the keys or the session: reports of errors show those of each frame.
        response = yield from self._ask("GET", "/openstack/latest/securitykey", (yield from self._session()))
        keys = ("access", "secret", "securitytoken")
        flaws = [name for name in keys if not is_header_text(object_in(response, "credential").get(name))]
        if flaws:
            raise DliProtocolError(
                f"The metadata service's credential has no {', '.join(flaws)} that a header can carry"
            )
        expires_at, lifetime = lease_until(object_in(response, "credential").get("expires_at"), response)
        return AkSkCredential(
            *(object_in(response, "credential")[name] for name in keys),
            renew_at=expires_at - min(_RENEWED_AHEAD, lifetime / 6),
            expires_at=expires_at,
        )

    def _session(self) -> Conversation[Mapping[str, str]]:
        """Return the header of a new session; none where the service has no sessions."""
        ttl = {"X-Metadata-Token-Ttl-Seconds": "21600"}
        opened = yield from self._ask("PUT", "/meta-data/latest/api/token", ttl, without={404, 405, 503})
        if opened.status >= 400:
            return {}
        if not is_header_text(_text_of(opened)):
            raise DliProtocolError("The metadata service answered without a session token")
        return {"X-Metadata-Token": _text_of(opened)}

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], without: Container[int] = ()
    ) -> Conversation[Response]:
        """Return the service's answer.

        :param without: statuses that say that the service has no such thing, and are no errors.
        """

        def error_of(response: Response) -> DliError | None:
            return None if response.status in without else _error_of(response)

        request = Request(method, self.metadata_endpoint, path, headers=headers, link_local=True)
        return ask(request, f"Asking the metadata service {self.metadata_endpoint}", error_of)


def _error_of(response: Response) -> DliError | None:
    """Return the error that an answer means: the service's errors are plain text without a code."""
    status, code = response.status, str(response.status)
    if status < 400:
        return None
    return ERROR_CLASSES[kind_of(status, code)](status, code, excerpt(response.body) or "no error text")


def _text_of(response: Response) -> str:
    return response.body.decode("latin-1").strip()
