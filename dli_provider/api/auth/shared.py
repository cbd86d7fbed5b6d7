"""A credential as all conversations of the process use it: one lease, and one guard of its key."""

from __future__ import annotations

from time import monotonic
from typing import TypeGuard
from weakref import WeakValueDictionary

from dli_provider.api.answers import error_of
from dli_provider.api.auth.clock import clock_skew
from dli_provider.api.auth.flight import LOCK, SingleFlight
from dli_provider.api.auth.guard import KeyGuard, Use
from dli_provider.api.auth.lease import Credential, Lease
from dli_provider.api.error_codes import follows_authentication, is_lock
from dli_provider.api.errors import DliApiError, DliAuthError, DliError, sentences
from dli_provider.api.messages import Conversation, Request, Response, Send, send

RENEWAL_PAUSE = 60.0
"""Seconds for which an issuer that was asked for a lease isn't asked again, as long as one is left to use."""

MOST_KEPT = 256
"""Credentials that are kept though nobody uses them at the moment."""


class SharedCredential:
    """Sends requests with a credential, for all threads and event loops of a process.

    :param credential: the credential itself.
    :param guard: what the process knows of its key.
    """

    def __init__(self, credential: Credential, guard: KeyGuard) -> None:
        self.credential = credential
        self.guard = guard
        self._fingerprint = credential.fingerprint
        self._key_id = credential.key_id or self._fingerprint
        self._renewals, self._lookups = SingleFlight(), SingleFlight()
        self._lease: Lease | None = None
        self._next_renewal = 0.0
        self._projects: dict[tuple[str, str], str] = {}

    def send(self, request: Request) -> Conversation[Response]:
        """Send a request that shows who is calling, and return the answer: JSON, and no error.

        A lease that is refused is renewed once, where the credential has an issuer to renew it.

        :param request: the request, to DLI or to IAM.
        :raises DliAuthError: when the credential is refused, or was less than five minutes ago.
        :raises DliError: for every other error; when no answer came, and when no lease can be had.
        """
        own_use = self._own_use(request.origin)
        self.guard.check(own_use)
        lease = yield from self.lease()
        try:
            return (yield from self._send(request, lease))
        except DliAuthError:
            if self.credential.issuer is None:
                raise
        self._discard(lease)
        lease = yield from self.lease()
        try:
            return (yield from self._send(request, lease))
        except DliAuthError as error:
            self.guard.refuse(own_use, error)
            raise

    def lease(self) -> Conversation[Lease]:
        """Return a lease that is good for now; one conversation renews it for all.

        :raises DliApiError: when its issuer refuses the credential, or did less than five minutes ago.
        :raises DliError: when no lease can be had, and none is left to use.
        """
        return self._current() or (yield from self._renewals.run("lease", self._renew()))

    def project(self, iam_endpoint: str, name: str, look_up: Conversation[str]) -> Conversation[str]:
        """Return a project's id; one conversation looks it up for all.

        :param iam_endpoint: the IAM that knows it.
        :param name: the project's name.
        :param look_up: how to find it.
        :raises DliError: that of the look-up, also of one that was waited for.
        """
        key = (iam_endpoint, name)

        def find() -> Conversation[str]:
            if key not in self._projects:
                self._projects[key] = yield from look_up
            return self._projects[key]

        return self._projects.get(key) or (yield from self._lookups.run(key, find()))

    def _send(self, request: Request, lease: Lease) -> Conversation[Response]:
        if lease.key_id is None:
            return self._exchange(request, lease, self._own_use(request.origin))
        use = Use(lease.key_id, lease.fingerprint, request.origin)
        return self.guard.run(use, self._exchange(request, lease, use))

    def _exchange(self, request: Request, lease: Lease, use: Use) -> Conversation[Response]:
        """Send a request, and have the guard learn what the answer says of the key."""
        started = monotonic()
        response = yield from send(Send(request, lease.sign(request)))
        error = error_of(response)
        if _shows_acceptance(response, error):
            self.guard.accept(use, started)
        if error is None:
            return response
        if isinstance(error, DliAuthError):
            error.diagnosis = sentences(error.diagnosis, clock_skew(response))
        if lease.key_id and _shows_refusal(error):  # those of a token lock nothing
            self.guard.refuse(use, error)
        raise error

    def _current(self) -> Lease | None:
        lease = self._lease
        if lease and monotonic() < min(lease.expires_at, max(lease.renew_at, self._next_renewal)):
            return lease
        return None

    def _renew(self) -> Conversation[Lease]:
        """Return a new lease; the present one when the issuer can't give any for the moment."""
        if lease := self._current():
            return lease
        self._next_renewal = monotonic() + RENEWAL_PAUSE
        try:
            self._lease = yield from self._obtain()
        except DliError:
            if self._lease is None or monotonic() >= self._lease.expires_at:
                raise
        return self._lease

    def _obtain(self) -> Conversation[Lease]:
        if self.credential.issuer is None:
            return self.credential.obtain()
        use = self._own_use(self.credential.issuer)
        return self.guard.run(use, self._ask_issuer(use))

    def _ask_issuer(self, use: Use) -> Conversation[Lease]:
        started = monotonic()
        try:
            lease = yield from self.credential.obtain()
        except DliApiError as error:
            if not error.transient:
                self.guard.refuse(use, error)
                self._lease = None
            raise
        self.guard.accept(use, started)
        return lease

    def _own_use(self, origin: str) -> Use:
        return Use(self._key_id, self._fingerprint, origin)

    def _discard(self, lease: Lease) -> None:
        with LOCK:
            if self._lease is lease:
                self._lease = None


def _shows_acceptance(response: Response, error: DliError | None) -> bool:
    """Tell whether only a caller whose credential was accepted gets this answer."""
    if isinstance(error, DliApiError):
        return response.status < 400 or follows_authentication(error.code)
    return error is None and bool(response.content)


def _shows_refusal(error: DliError) -> TypeGuard[DliApiError]:
    """Tell whether the gateway refused the credential, or found its key locked."""
    return isinstance(error, DliAuthError) or (
        isinstance(error, DliApiError) and is_lock(error.code, error.message)
    )


_guards: WeakValueDictionary[str, KeyGuard] = WeakValueDictionary()
_credentials: WeakValueDictionary[str, SharedCredential] = WeakValueDictionary()
_kept: dict[str, SharedCredential] = {}


def share_credential(credential: Credential) -> SharedCredential:
    """Return the process's one :class:`SharedCredential` of a credential.

    Those that somebody uses are found for as long as they are used. Of the others, the latest are kept for
    their leases, and all those that were refused for as long as that counts.
    """
    fingerprint = credential.fingerprint
    with LOCK:
        shared = _kept.pop(fingerprint, None) or _credentials.get(fingerprint)
        if shared is None:
            guard = _guards.setdefault(credential.key_id or fingerprint, KeyGuard())
            shared = _credentials[fingerprint] = SharedCredential(credential, guard)
        _kept[fingerprint] = shared
        idle = [name for name, other in _kept.items() if not other.guard.has_refusals]
        for name in idle[: max(0, len(_kept) - MOST_KEPT)]:
            del _kept[name]
        return shared
