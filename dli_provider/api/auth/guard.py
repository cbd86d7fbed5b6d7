"""Keeps this process from getting an access key locked.

More than five refusals lock a key for five minutes, for every system that uses it. So in one process

- a call with a secret that nobody has seen accepted goes alone, and the others wait for its outcome;
- after a refusal, no call starts with that secret for as long as a lock would last;
- refusals count for the key, whatever the secret: after four within five minutes, no call starts with it;
- calls under way count like refusals, since each may become one: there are never more than four.

Other processes know nothing of it: what is promised here is the promise of one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from dli_provider.api.auth.flight import LOCK, Flight, SingleFlight
from dli_provider.api.error_codes import is_lock
from dli_provider.api.errors import DliApiError, sentences

REFUSAL_COOLDOWN = 300.0
"""Seconds for which a refusal counts: as long as the gateway locks a key."""

MAX_REFUSALS = 4
"""Refusals of one key within that time, and calls under way with it, after which none starts."""


class Use(NamedTuple):
    """Of which secret a call makes use, and where.

    :param key_id: what refusals lock, whatever the secret.
    :param secret: fingerprint of the key with its secret.
    :param origin: whom the call is made to.
    """

    key_id: str
    secret: str
    origin: str


@dataclass(frozen=True, slots=True)
class _Refusal:
    use: Use
    error: DliApiError
    at: float
    is_lock: bool

    @property
    def rest(self) -> float:
        """Seconds for which it still counts."""
        return self.at + REFUSAL_COOLDOWN - monotonic()

    def repeated(self, origin: str) -> DliApiError:
        """Return it as the error of a call that isn't made.

        :param origin: whom the call would be made to.
        """
        place = "" if self.use.origin == origin else f" at {self.use.origin}"
        where = f"{place} {monotonic() - self.at:.0f} s ago"
        if self.is_lock:
            found = f"it was found locked{where}"
            return self.as_error(f"No call is made with it for {self.rest:.0f} s: {found}", self.rest)
        return self.as_error(_no_call(f"this credential was refused{where}", self.rest), self.rest)

    def as_error(self, told: str, rest: float) -> DliApiError:
        """Return its error with what is told of the call that isn't made.

        :param told: why no call is made.
        :param rest: seconds until one is.
        """
        error = copy(self.error)
        error.diagnosis = sentences(told, error.diagnosis)
        if error.transient:
            error.retry_after = rest
        return error


class KeyGuard(SingleFlight):
    """What a process knows of one access key, or of one IAM user and his passwords.

    A call with it is a flight whose topic is its :class:`Use`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._refusals: list[_Refusal] = []
        self._accepted: set[Use] = set()

    @property
    def has_refusals(self) -> bool:
        """True while a refusal still counts."""
        return bool(self._counting())

    def check(self, use: Use) -> int:
        """Return how many refusals of the key count.

        :raises DliApiError: when no call may be made: the refusal, with when and where it was, and for how
            long it counts.
        """
        refusals = [refusal for refusal in self._counting() if refusal.use.key_id == use.key_id]
        for refusal in refusals:
            concerns = refusal.is_lock or refusal.use.secret == use.secret  # a lock is of all secrets
            is_elsewhere = refusal.use.origin != use.origin
            if concerns and not (is_elsewhere and use in self._accepted):
                raise refusal.repeated(use.origin)
        if len(refusals) >= MAX_REFUSALS:
            raise _too_many(refusals)
        return len(refusals)

    def may_start(self, topic: Use, under_way: Sequence[Flight]) -> bool:
        """Let four start at a time, but those with a secret that nobody has seen accepted one by one."""
        if self.check(topic) + len(under_way) >= MAX_REFUSALS:
            return False
        return topic in self._accepted or all(flight.topic in self._accepted for flight in under_way)

    def shares_failure(self, topic: Use) -> bool:
        """Share the failure of a first use."""
        return topic not in self._accepted

    def accept(self, use: Use, started: float) -> None:
        """Note that the server accepted the secret.

        :param started: monotonic seconds at which the call was made. An answer that was on its way when
            another call was refused shows nothing.
        """
        if use in self._accepted:
            return
        with LOCK:
            if any(refusal.at >= started and refusal.use == use for refusal in self._refusals):
                return
            self._accepted.add(use)
        self.serve()

    def refuse(self, use: Use, error: DliApiError) -> None:
        """Note that the server refused the secret, or found the key locked."""
        refusal = _Refusal(use, copy(error), monotonic(), is_lock(error.code, error.message))
        with LOCK:
            self._refusals = [*self._counting(), refusal]
            self._accepted.discard(use)
        self.serve()

    def _counting(self) -> list[_Refusal]:
        return [refusal for refusal in self._refusals if refusal.rest > 0]


def _too_many(refusals: list[_Refusal]) -> DliApiError:
    found = (
        f"this key was refused {len(refusals)} times within {REFUSAL_COOLDOWN / 60:.0f} minutes, the last "
        f"time at {refusals[-1].use.origin}"
    )
    rest = refusals[-MAX_REFUSALS].rest
    return refusals[-1].as_error(_no_call(found, rest), rest)


def _no_call(found: str, rest: float) -> str:
    return f"No call was made: {found}, and isn't tried again for {rest:.0f} s so that it isn't locked"
