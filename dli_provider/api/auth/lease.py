"""What the kinds of credential have in common: each obtains a lease, whose signer goes on requests."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import Protocol, TypeGuard

from dli_provider.api.messages import Conversation, Request


class Signer(Protocol):
    """Puts on a request what shows who is calling."""

    @property
    def key_id(self) -> str | None:
        """A digest of the access key, which refusals lock; None when they lock nothing."""

    @property
    def fingerprint(self) -> str:
        """A digest of the access key with its secret, or of the token."""

    def sign(self, request: Request) -> dict[str, str]:
        """Return all headers of a request, with those that show who is calling."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A signer, and how long it serves.

    :param signer: what goes on requests.
    :param renew_at: monotonic seconds from which a new lease is asked for.
    :param expires_at: monotonic seconds from which this one is refused.
    :param project_id: project to which the lease is bound, if it is bound to one.
    """

    signer: Signer
    renew_at: float = math.inf
    expires_at: float = math.inf
    project_id: str | None = None


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
