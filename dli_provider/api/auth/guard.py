"""Keeps this process from getting an access key locked.

More than five refusals lock a key for five minutes, for every system that uses it. So in one process

- a call with a secret that nobody has seen accepted goes alone, and the others wait for its outcome;
- after a refusal, no call starts with that secret for as long as a lock would last;
- refusals count for the key, whatever the secret: after four within five minutes, no call starts with it;
- calls under way count like refusals, since each may become one: there are never more than four.

Other processes know nothing of it: what is promised here is the promise of one process.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from time import monotonic

from dli_provider.api.auth.flight import LOCK, Flight, Gate
from dli_provider.api.error_codes import is_lock
from dli_provider.api.errors import DliApiError
from dli_provider.api.messages import Conversation

REFUSAL_COOLDOWN = 300.0
"""Seconds for which a refusal counts: as long as the gateway locks a key."""

MAX_REFUSALS = 4
"""Refusals of one key within that time, and calls under way with it, after which none starts."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    secret: str
    origin: str
    error: DliApiError
    at: float
    is_lock: bool

    @property
    def age(self) -> float:
        return monotonic() - self.at

    @property
    def rest(self) -> float:
        """Seconds for which it still counts."""
        return REFUSAL_COOLDOWN - self.age


class KeyGuard:
    """What a process knows of one access key, or of one IAM user and his passwords.

    A *secret* is the fingerprint of the key with its secret key, an *origin* is whom a call is made to.
    """

    def __init__(self) -> None:
        self._gate = Gate(wakes_all=False)
        self._refusals: list[_Refusal] = []
        self._accepted: set[tuple[str, str]] = set()

    @property
    def has_refusals(self) -> bool:
        """True while a refusal still counts."""
        return any(refusal.rest > 0 for refusal in self._refusals)

    def check(self, secret: str, origin: str) -> None:
        """Raise when no call may be made.

        A refusal at one origin doesn't count at another that accepted the secret, unless it is one of four.

        :raises DliApiError: the refusal, with what it was found with and for how long it counts.
        """
        refusals = [refusal for refusal in self._refusals if refusal.rest > 0]
        is_accepted = (secret, origin) in self._accepted
        for refusal in refusals:
            is_own = refusal.secret == secret or refusal.is_lock
            if is_own and (refusal.origin == origin or not is_accepted):
                raise _repeated(refusal, origin)
        if len(refusals) >= MAX_REFUSALS:
            raise _too_many(refusals)

    def enter(self, secret: str, origin: str) -> Conversation[Flight]:
        """Return the flight of a call, once it may start.

        :raises DliApiError: when no call may be made.
        :raises DliError: the failure of the call that was waited for, when that may pass by itself.
        """
        place = (secret, origin)
        return self._gate.enter(
            place,
            may_start=lambda under_way: self._may_start(place, under_way),
            shares_failure=lambda: place not in self._accepted,
        )

    def accept(self, secret: str, origin: str, started: float) -> None:
        """Note that the server accepted the secret.

        :param started: monotonic seconds at which the call was made. An answer that was on its way when
            another call was refused shows nothing.
        """
        place = (secret, origin)
        if place in self._accepted:
            return
        with LOCK:
            if any(one.at >= started and (one.secret, one.origin) == place for one in self._refusals):
                return
            self._accepted.add(place)
        self._gate.wake_all()

    def refuse(self, secret: str, origin: str, error: DliApiError) -> None:
        """Note that the server refused the secret, or found the key locked."""
        refusal = _Refusal(secret, origin, copy(error), monotonic(), is_lock(error.code, error.message))
        with LOCK:
            self._refusals = [one for one in self._refusals if one.rest > 0] + [refusal]
            self._accepted.discard((secret, origin))
        self._gate.wake_all()

    def _may_start(self, place: tuple[str, str], under_way: list[Flight]) -> bool:
        self.check(*place)
        if len(under_way) + sum(refusal.rest > 0 for refusal in self._refusals) >= MAX_REFUSALS:
            return False
        return place in self._accepted or all(flight.topic in self._accepted for flight in under_way)


def _repeated(refusal: _Refusal, origin: str) -> DliApiError:
    where = "" if refusal.origin == origin else f" at {refusal.origin}"
    if refusal.is_lock:
        found = f"the key was found locked{where} {refusal.age:.0f} s ago, perhaps by another system"
    else:
        found = f"this credential was refused{where} {refusal.age:.0f} s ago"
    return _no_call(refusal, f"{found}, and isn't tried again for {refusal.rest:.0f} s", refusal.rest)


def _too_many(refusals: list[_Refusal]) -> DliApiError:
    last, rest = refusals[-1], refusals[-MAX_REFUSALS].rest
    found = (
        f"this key was refused {len(refusals)} times within {REFUSAL_COOLDOWN / 60:.0f} minutes, the last "
        f"time at {last.origin}, and isn't tried again for {rest:.0f} s"
    )
    return _no_call(last, found, rest)


def _no_call(refusal: _Refusal, found: str, rest: float) -> DliApiError:
    error = copy(refusal.error)
    error.diagnosis = f"No call was made: {found} so that it isn't locked. {error.diagnosis}".strip()
    if error.transient:
        error.retry_after = rest
    return error
