"""Access keys, permanent and temporary ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from time import gmtime, strftime, time
from typing import ClassVar

from dli_provider.api.auth import signing
from dli_provider.api.auth.lease import Lease, digest, is_header_text
from dli_provider.api.messages import Conversation, Request


@dataclass(frozen=True)
class AkSkCredential(Lease):
    """An access key and its secret key, which signs every request. A temporary key has a security token too.

    :param access_key: the AK.
    :param secret_key: the SK; it signs, and is never sent.
    :param security_token: token of a temporary key.
    :raises ValueError: for a text that no header can carry, without repeating it.
    """

    access_key: str
    secret_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)

    issuer: ClassVar[None] = None

    def __post_init__(self) -> None:
        for name in ("access_key", "secret_key", "security_token"):
            is_absent = name == "security_token" and self.security_token is None
            if not is_absent and not is_header_text(getattr(self, name)):
                raise ValueError(f"{name} must be ASCII characters without blanks and line breaks")

    @cached_property
    def fingerprint(self) -> str:
        """A digest of key, secret and token."""
        return digest("aksk", self.access_key, self.secret_key, self.security_token)

    @cached_property
    def key_id(self) -> str:
        """A digest of the access key alone: refusals lock it whatever the secret."""
        return digest("access key", self.access_key)

    def obtain(self) -> Conversation[Lease]:
        """Return the key itself, which is a lease that never ends."""
        return self
        yield

    def sign(self, request: Request) -> dict[str, str]:
        """Return the request's headers with date and signature."""
        headers = {
            **request.headers,
            "Host": request.host,
            "X-Sdk-Date": _date(int(time())),
        }
        if self.security_token:
            headers["X-Security-Token"] = self.security_token
        headers["Authorization"] = signing.authorization(
            self.access_key,
            self.secret_key,
            method=request.method,
            path=request.path,
            query=request.query,
            headers=headers,
            body=request.body,
        )
        return headers


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return strftime(signing.DATE_FORMAT, gmtime(second))
