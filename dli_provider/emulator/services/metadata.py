"""The metadata service of an ECS server: temporary keys for the server's agency."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from dli_provider.emulator.http.messages import Reply, Request
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.services.gateway import AccessKey, Gateway
from dli_provider.emulator.services.iam import utc_text


@dataclass
class Metadata:
    """The emulated metadata service.

    :param gateway: where the keys are made known.
    :param clock: the emulated time.
    :param has_agency: False for a server without an agency.
    :param session_tokens: False for a service that knows none, and answers 405 when asked for one.
    :param lifetime: seconds for which keys are valid.
    """

    gateway: Gateway
    clock: Clock
    has_agency: bool = True
    session_tokens: bool = True
    lifetime: float = 6 * 3600.0
    _sessions: set[str] = field(default_factory=set, repr=False)

    def create_session(self, request: Request) -> Reply:
        """Answer ``PUT /meta-data/latest/api/token``."""
        if not self.session_tokens:
            return Reply("", 405)
        if not request.headers.get("X-Metadata-Token-Ttl-Seconds", "").isdigit():
            return Reply("X-Metadata-Token-Ttl-Seconds is missing", 400)
        session = secrets.token_urlsafe(24)
        self._sessions.add(session)
        return Reply(session)

    def security_key(self, request: Request) -> Reply:
        """Answer ``GET /openstack/latest/securitykey``."""
        if self.session_tokens and request.headers.get("X-Metadata-Token") not in self._sessions:
            return Reply("Unauthorized", 401)
        if not self.has_agency:
            return Reply("Please configure Cloud Service Agency first", 401)
        access_key = "HST" + secrets.token_hex(8).upper()
        expires_at = self.clock.time() + self.lifetime
        key = AccessKey(secrets.token_urlsafe(30), secrets.token_urlsafe(60), expires_at)
        self.gateway.keys[access_key] = key
        credential = {
            "access": access_key,
            "secret": key.secret,
            "securitytoken": key.security_token,
            "expires_at": utc_text(expires_at),
        }
        return Reply({"credential": credential})
