"""The agency of an ECS server: temporary access keys from its metadata service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.issuing import ask, lease_until, object_in
from dli_provider.api.auth.lease import Lease, digest, is_header_text
from dli_provider.api.bodies import excerpt
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliBadRequestError,
    DliError,
    DliForbiddenError,
    DliProtocolError,
    DliServerError,
    DliThrottledError,
)
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
        ttl = {"X-Metadata-Token-Ttl-Seconds": "21600"}
        opened = yield from self._ask("PUT", "/meta-data/latest/api/token", ttl, _session_error)
        if opened.status < 400 and not is_header_text(_session_of(opened)):
            raise DliProtocolError("The metadata service answered without a session token")
        response = yield from self._ask(
            "GET", "/openstack/latest/securitykey", _session_headers(opened), _error_of
        )
        if flaws := _flaws_of(object_in(response, "credential")):
            raise DliProtocolError(
                f"The metadata service's credential has no {', '.join(flaws)} that a header can carry"
            )
        signer = _signer_of(object_in(response, "credential"))
        expires_at, lifetime = lease_until(object_in(response, "credential").get("expires_at"), response)
        return Lease(signer, expires_at - min(_RENEWED_AHEAD, lifetime / 6), expires_at)

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        error_of: Callable[[Response], DliError | None],
    ) -> Conversation[Response]:
        request = Request(method, self.metadata_endpoint, path, headers=headers, link_local=True)
        return ask(request, f"Asking the metadata service {self.metadata_endpoint}", error_of)


def _error_of(response: Response) -> DliError | None:
    """Return the error that an answer means: the service's errors are plain text without a code."""
    if response.status < 400:
        return None
    kind = _ERRORS.get(response.status, DliServerError if response.status >= 500 else DliBadRequestError)
    return kind(response.status, str(response.status), excerpt(response.body) or "no error text")


def _session_error(response: Response) -> DliError | None:
    return None if response.status in _WITHOUT_SESSIONS else _error_of(response)


_ERRORS: dict[int, type[DliApiError]] = {
    401: DliAuthError,
    403: DliForbiddenError,
    408: DliServerError,
    429: DliThrottledError,
}
_WITHOUT_SESSIONS = frozenset({404, 405, 503})


def _session_of(response: Response) -> str:
    return response.body.decode("latin-1").strip()


def _session_headers(response: Response) -> dict[str, str]:
    return {"X-Metadata-Token": _session_of(response)} if response.status < 400 else {}


_KEYS = ("access", "secret", "securitytoken")


def _flaws_of(keys: Mapping[str, Any]) -> list[str]:
    return [name for name in _KEYS if not is_header_text(keys.get(name))]


def _signer_of(keys: Mapping[str, Any]) -> AkSkCredential:
    return AkSkCredential(*(keys[name] for name in _KEYS))
