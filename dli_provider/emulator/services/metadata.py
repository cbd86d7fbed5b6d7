"""The metadata service of an ECS server: temporary keys for the server's agency."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from dli_provider.emulator.http.messages import Reply, Request
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.services.gateway import AccessKey, Gateway
from dli_provider.emulator.services.iam import utc_text

_PREFIX = "HST"
_MAX_SESSIONS = 1000


@dataclass
class Metadata:
    """The emulated metadata service.

    :param gateway: accepts the keys.
    :param clock: the emulated time.
    :param has_agency: False for a server without an agency.
    :param session_tokens: False for a service without session tokens, which answers 405.
    :param lifetime: seconds for which keys are valid. When a sixth of them is left, it issues a new key.
    """

    gateway: Gateway
    clock: Clock
    has_agency: bool = True
    session_tokens: bool = True
    lifetime: float = 3600.0
    _sessions: dict[str, float] = field(default_factory=dict, repr=False)
    _current: str | None = field(default=None, repr=False)

    def create_session(self, request: Request) -> Reply:
        """Answer ``PUT /meta-data/latest/api/token``."""
        if not self.session_tokens:
            return Reply("", 405)
        ttl = request.headers.get("X-Metadata-Token-Ttl-Seconds", "")
        if not re.fullmatch(r"[0-9]{1,9}", ttl):
            return Reply("X-Metadata-Token-Ttl-Seconds is missing", 400)
        now = self.clock.time()
        self._sessions = {session: end for session, end in self._sessions.items() if end > now}
        while len(self._sessions) >= _MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        session = secrets.token_urlsafe(24)
        self._sessions[session] = now + int(ttl)
        return Reply(session)

    def security_key(self, request: Request) -> Reply:
        """Answer ``GET /openstack/latest/securitykey``."""
        session = request.headers.get("X-Metadata-Token", "")
        if self.session_tokens and self._sessions.get(session, 0.0) <= self.clock.time():
            return Reply("Unauthorized", 401)
        if not self.has_agency:
            return Reply("Please configure Cloud Service Agency first", 401)
        access_key, key, expires_at = self._key()
        credential = {
            "access": access_key,
            "secret": key.secret,
            "securitytoken": key.security_token,
            "expires_at": utc_text(expires_at),
        }
        return Reply({"credential": credential})

    def _key(self) -> tuple[str, AccessKey, float]:
        """Return the present key, or issue the next one; the old one is valid until it expires."""
        now, keys = self.clock.time(), self.gateway.keys
        current = keys.get(self._current or "")
        if self._current and current and current.expires_at and current.expires_at - now > self.lifetime / 6:
            return self._current, current, current.expires_at
        for old in [name for name, key in keys.items() if name.startswith(_PREFIX) and _is_over(key, now)]:
            del keys[old]
        self._current = _PREFIX + secrets.token_hex(8).upper()
        expires_at = now + self.lifetime
        key = AccessKey(secrets.token_urlsafe(30), secrets.token_urlsafe(60), expires_at)
        keys[self._current] = key
        return self._current, key, expires_at


def _is_over(key: AccessKey, now: float) -> bool:
    return key.expires_at is not None and key.expires_at <= now
