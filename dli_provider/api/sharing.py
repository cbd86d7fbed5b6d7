"""What all clients of a process share about a credential: its lease, its project, and that it was refused.

More than five refusals lock an access key for five minutes, for every system that uses it. So the first call
with a key that nobody has seen accepted goes alone, the others wait for its outcome; and a refusal is
remembered for as long as a lock would last, during which no call is made with that credential.

Nothing here does I/O or blocks: whoever must wait asks its driver to, so threads and event loops share alike.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, time

from dli_provider.api.credentials import Credential, Lease
from dli_provider.api.errors import DliAuthError, DliError
from dli_provider.api.messages import Conversation, Wait

REFUSAL_MEMORY = 300.0
"""Seconds for which a refused credential is not tried again: as long as the gateway locks a key."""

_GLANCE = 0.02
_RENEWAL_PAUSE = 30.0
_MOST = 256


class SharedCredential:
    """A credential as all conversations of the process use it.

    :param credential: the credential itself.
    """

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self.projects: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._busy = False
        self._trusted = not credential.locks
        self._lease: Lease | None = None
        self._next_renewal = 0.0
        self._refusal: DliAuthError | None = None
        self._refused_at = -math.inf

    def lease(self) -> Conversation[tuple[Lease, bool]]:
        """Return a lease to use now, and whether its use is a trial that must end in :meth:`settle`.

        :raises DliAuthError: when the credential was refused less than five minutes ago, or is refused now.
        :raises DliError: when no lease can be had and none is left to use.
        """
        while True:
            with self._lock:
                self._raise_refusal()
                if self._trusted and self._lease and time() < self._renewal_due(self._lease):
                    return self._lease, False
                if not self._busy:
                    self._busy = True
                    break
            yield Wait(_GLANCE)
        with self._releasing_on_error():
            lease = yield from self._renewed()
        if self._trusted:
            self.settle(accepted=False)
            return lease, False
        return lease, True

    def settle(self, *, accepted: bool) -> None:
        """End a trial: others may go ahead, together when the credential was accepted, one at a time when not
        yet."""
        with self._lock:
            self._busy = False
            self._trusted = self._trusted or accepted

    def discard(self, lease: Lease) -> bool:
        """Drop a refused lease; False when the credential has no other to offer."""
        with self._lock:
            if self._lease is lease:
                self._lease = None
        return self.credential.renewable

    def refuse(self, error: DliAuthError) -> None:
        """Remember that the credential was refused."""
        with self._lock:
            self._refusal, self._refused_at = error, monotonic()
            self._lease = None
            self._trusted = not self.credential.locks

    def _renewal_due(self, lease: Lease) -> float:
        return min(lease.expires_at, max(lease.renew_at, self._next_renewal))

    def _renewed(self) -> Conversation[Lease]:
        lease = self._lease
        if lease and time() < self._renewal_due(lease):
            return lease
        self._next_renewal = time() + _RENEWAL_PAUSE
        try:
            lease = yield from self.credential.obtain()
        except DliAuthError as error:
            self.refuse(error)
            raise
        except DliError:
            if lease is None or time() >= lease.expires_at:
                raise
        with self._lock:
            self._lease = lease
        return lease

    @contextmanager
    def _releasing_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.settle(accepted=False)
            raise

    def _raise_refusal(self) -> None:
        age = monotonic() - self._refused_at
        if self._refusal is None or age >= REFUSAL_MEMORY:
            return
        first = self._refusal
        again = DliAuthError(first.status, first.code, first.message, first.request_id)
        again.finding = (
            f"No call was made: this credential was refused {age:.0f} s ago, and isn't tried again for "
            f"{REFUSAL_MEMORY - age:.0f} s so that the key isn't locked. {first.finding}"
        ).strip()
        raise again


_shared: dict[str, SharedCredential] = {}
_shared_lock = threading.Lock()


def shared(credential: Credential) -> SharedCredential:
    """Return the process's one :class:`SharedCredential` of a credential."""
    fingerprint = credential.fingerprint
    with _shared_lock:
        found = _shared.get(fingerprint)
        if found is None:
            while len(_shared) >= _MOST:
                del _shared[next(iter(_shared))]
            found = _shared[fingerprint] = SharedCredential(credential)
        return found


def forget_all() -> None:
    """Forget every lease, project and refusal, as a new process would; for tests."""
    with _shared_lock:
        _shared.clear()
