"""What the kinds of credential have in common: each obtains a lease, which signs requests."""

from __future__ import annotations

import hashlib
import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from dli_provider.api.messages import Conversation, Request


@dataclass(frozen=True, kw_only=True)
class Lease(ABC):
    """What shows on requests who is calling, and how long it serves.

    :param renew_at: monotonic seconds from which a new lease is asked for.
    :param expires_at: monotonic seconds from which this one is refused.
    :param project_id: project to which the lease is bound, if it is bound to one.
    """

    renew_at: float = field(default=math.inf, repr=False, compare=False)
    expires_at: float = field(default=math.inf, repr=False, compare=False)
    project_id: str | None = field(default=None, repr=False, compare=False)

    @property
    def key_id(self) -> str | None:
        """A digest of the access key, which refusals lock; None when they lock nothing."""
        return None

    @property
    def fingerprint(self) -> str:
        """A digest of the access key with its secret."""
        return ""

    @abstractmethod
    def sign(self, request: Request) -> dict[str, str]:
        """Return all headers of a request, with those that show who is calling."""


class Credential(Protocol):
    """A way to show who is calling."""

    @property
    def issuer(self) -> str | None:
        """Origin of the service that issues leases; None when the only lease is the credential itself."""

    @property
    def fingerprint(self) -> str:
        """A digest that differs for every credential and gives nothing away."""

    @property
    def key_id(self) -> str | None:
        """A digest of what too many refusals lock: an access key whatever its secret, or a user; None when
        nothing is.
        """

    def obtain(self) -> Conversation[Lease]:
        """Return a new lease.

        :raises DliError: when the issuer gives none.
        """


def digest(*parts: str | None) -> str:
    """Return a text that is the same for the same parts, and from which none of them can be told."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def is_header_text(value: object) -> TypeGuard[str]:
    """Tell whether a value is text that a header can carry as it is."""
    return isinstance(value, str) and re.fullmatch(r"[!-~]+", value) is not None
