"""The server's clock, as its answers tell it, and this machine's."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from time import time

from dli_provider.api.messages import Response

_NOTABLE_SKEW = 60.0


def server_time(response: Response) -> float | None:
    """Return the epoch seconds of an answer's ``Date``; None when it has none that can be read."""
    try:
        moment = parsedate_to_datetime(response.headers["date"])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def clock_skew(response: Response) -> str:
    """Return a sentence on how far this machine's clock is off; empty when it isn't by a minute or more."""
    server = server_time(response)
    ahead = 0.0 if server is None else time() - server
    if abs(ahead) < _NOTABLE_SKEW:
        return ""
    return f"This machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
