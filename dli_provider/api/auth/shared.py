"""What all clients of a process share about a credential: its lease, its project, and that it was refused.

More than five refusals lock an access key for five minutes, for every system that uses it. So the first call
with a key that nobody has seen accepted goes alone, the others wait for its outcome; and a refusal is
remembered for as long as a lock would last, during which no call is made with that credential.

Nothing here does I/O or blocks: whoever must wait asks its driver to, so threads and event loops share alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass
from time import monotonic, time
from typing import TypeVar

from dli_provider.api.auth.credentials import Credential, Lease
from dli_provider.api.error_codes import follows_authentication
from dli_provider.api.errors import DliApiError, DliAuthError, DliError
from dli_provider.api.messages import Conversation, Sleep

T = TypeVar("T")

REFUSAL_COOLDOWN = 300.0
"""Seconds for which a refused credential is not tried again: as long as the gateway locks a key."""

POLL_INTERVAL = 0.02
_RENEWAL_PAUSE = 30.0
_MOST = 256


@dataclass(slots=True, eq=False)
class _Turn:
    topic: object
    failure: DliError | None = None


class _Gate:
    """Lets one conversation through at a time, for as long as they must go singly.

    Who waited for one that failed for a passing reason fails so at once: each would only find the same, one
    after the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn: _Turn | None = None

    def turn(self, topic: object, unless: Callable[[], bool]) -> Conversation[AbstractContextManager[None]]:
        """Return one's turn, as a context to go through the gate in.

        :param topic: what a failure concerns: only those who wait with the same share it.
        :param unless: tells when nobody needs to go singly (any more).
        :raises DliError: the failure of the one that was waited for.
        """
        awaited: _Turn | None = None
        while True:
            with self._lock:
                if unless():
                    return nullcontext()
                if awaited and awaited.failure and awaited.topic == topic:
                    raise copy(awaited.failure)
                if self._turn is None:
                    self._turn = _Turn(topic)
                    return self._passing(self._turn)
                awaited = self._turn
            yield Sleep(POLL_INTERVAL)

    @contextmanager
    def _passing(self, turn: _Turn) -> Iterator[None]:
        try:
            yield
        except DliError as error:
            if error.transient:
                turn.failure = copy(error)  # the error itself will be told which call it ended
            raise
        finally:
            self._turn = None


class SharedCredential:
    """A credential as all conversations of the process use it.

    :param credential: the credential itself.
    """

    def __init__(self, credential: Credential) -> None:
        self.credential = credential
        self._trials, self._renewals, self._lookups = _Gate(), _Gate(), _Gate()
        self._lock = threading.Lock()
        self._trusted = not credential.locks
        self._lease: Lease | None = None
        self._next_renewal = 0.0
        self._refusal: tuple[DliApiError, float] | None = None
        self._projects: dict[tuple[str, str], str] = {}

    def prove(self, origin: str, exchange: Callable[[Lease], Conversation[T]]) -> Conversation[T]:
        """Return what an exchange comes to in which a lease proves who is calling.

        A lease that is refused is renewed once. As long as the credential isn't known to be accepted, one
        exchange is made at a time.

        :param origin: whom the exchange is with.
        :param exchange: sends the lease's proof, and returns only when DLI or IAM accepted it.
        :raises DliAuthError: when the credential was refused less than five minutes ago, or is refused now.
        :raises DliError: the exchange's own; when no lease can be had; or that of the exchange which was
            waited for.
        """
        for last in (False, True) if self.credential.renewable else (True,):
            with (yield from self._trials.turn(origin, lambda: self._trusted)):
                lease = yield from self.lease()
                try:
                    result = yield from exchange(lease)
                except DliAuthError as error:
                    self._discard(lease)
                    if last:
                        self._refuse(error)
                        raise
                except DliApiError as error:
                    if follows_authentication(error.code):
                        self._accept(lease)
                    raise
                else:
                    self._accept(lease)
                    return result
        raise AssertionError("unreachable")

    def lease(self) -> Conversation[Lease]:
        """Return a lease that is good for now; one conversation renews it for all.

        :raises DliApiError: when the credential was refused less than five minutes ago, or is refused now.
        :raises DliError: when no lease can be had and none is left to use.
        """
        with (yield from self._renewals.turn(None, lambda: self._current() is not None)):
            return self._current() or (yield from self._renewed())

    def project(self, iam_endpoint: str, region: str, look_up: Conversation[str]) -> Conversation[str]:
        """Return the project of a region; one conversation looks it up for all.

        :param iam_endpoint: the IAM that knows it.
        :param region: the region.
        :param look_up: how to find it.
        :raises DliError: that of the look-up, also of one that was waited for.
        """
        key = (iam_endpoint, region)
        with (yield from self._lookups.turn(key, lambda: key in self._projects)):
            if key not in self._projects:
                self._projects[key] = yield from look_up
            return self._projects[key]

    def _current(self) -> Lease | None:
        self._raise_refusal()
        lease = self._lease
        if lease and time() < min(lease.expires_at, max(lease.renew_at, self._next_renewal)):
            return lease
        return None

    def _renewed(self) -> Conversation[Lease]:
        self._next_renewal = time() + _RENEWAL_PAUSE
        lease = self._lease
        try:
            lease = self._lease = yield from self.credential.obtain()
        except DliError as error:
            if isinstance(error, DliApiError) and not error.transient:
                self._refuse(error)
                raise
            if lease is None or time() >= lease.expires_at:
                raise
        return lease

    def _accept(self, lease: Lease) -> None:
        with self._lock:
            if self._lease is lease:
                self._trusted = True

    def _discard(self, lease: Lease) -> None:
        with self._lock:
            if self._lease is lease:
                self._lease = None

    def _refuse(self, error: DliApiError) -> None:
        with self._lock:
            self._refusal = copy(error), monotonic()
            self._lease = None
            self._trusted = not self.credential.locks

    def _raise_refusal(self) -> None:
        if self._refusal is None:
            return
        first, refused_at = self._refusal
        age = monotonic() - refused_at
        if age < REFUSAL_COOLDOWN:
            again = copy(first)
            again.diagnosis = (
                f"No call was made: this credential was refused {age:.0f} s ago, and isn't tried again for "
                f"{REFUSAL_COOLDOWN - age:.0f} s so that the key isn't locked. {first.diagnosis}"
            ).strip()
            raise again


_shared: dict[str, SharedCredential] = {}
_shared_lock = threading.Lock()


def share_credential(credential: Credential) -> SharedCredential:
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
