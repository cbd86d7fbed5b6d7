"""Time that does not jump within a process when somebody sets the machine's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic


def steady_clock() -> Callable[[], datetime]:
    """Return a clock that takes the time of day once, and runs with the monotonic clock from there.

    Its moments can be compared with those that other processes store.
    """
    begun, started = datetime.now(UTC), monotonic()
    return lambda: begun + timedelta(seconds=monotonic() - started)
