"""How issuers of leases are asked, and how their answers are read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic, time
from typing import Any

from dli_provider.api.auth.clock import server_time
from dli_provider.api.errors import DliError, DliProtocolError
from dli_provider.api.messages import Conversation, Request, Response, Send, send
from dli_provider.masking import printable

SHORTEST_LEASE = 60.0
"""Seconds for which a lease is used whatever its end says: it was issued a moment ago, and clocks differ."""


def ask(
    request: Request, purpose: str, error_of: Callable[[Response], DliError | None]
) -> Conversation[Response]:
    """Send a request that doesn't show yet who is calling, and return the answer.

    :param request: the request.
    :param purpose: what for, as an error says it: what failed isn't a call of DLI.
    :param error_of: returns the error that an answer means, or None.
    :raises DliError: for an error, and when no answer came.
    """
    try:
        response = yield from send(Send(request, {**request.headers, "Host": request.host}))
        if error := error_of(response):
            raise error
    except DliError as error:
        error.context = purpose
        raise
    return response


def object_in(response: Response, key: str) -> dict[str, Any]:
    """Return an object of an answer.

    :raises DliProtocolError: when the answer has none of that name.
    """
    found = response.content.get(key) if isinstance(response.content, dict) else None
    if not isinstance(found, dict):
        raise DliProtocolError(f"The answer has no object {key!r}")
    return found


def lease_until(expires_at: object, response: Response) -> tuple[float, float]:
    """Return when a new lease ends, in monotonic seconds, and for how many seconds it is valid.

    The end is counted from the issuer's own time, so that neither a wrong clock here nor one that is put
    right meanwhile matters.

    :param expires_at: such as ``2020-01-04T09:05:22.701000Z``.
    :param response: the answer, whose ``Date`` is the issuer's time.
    :raises DliProtocolError: when ``expires_at`` is no time.
    """
    try:
        end = datetime.fromisoformat(str(expires_at))
        seconds = (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise DliProtocolError(f"expires_at is no time: {printable(str(expires_at), 80)!r}") from None
    issued_at = server_time(response)
    lifetime = max(SHORTEST_LEASE, seconds - (time() if issued_at is None else issued_at))
    return monotonic() + lifetime, lifetime
