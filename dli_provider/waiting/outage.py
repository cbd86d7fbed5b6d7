"""How long a wait goes on while DLI can't be read."""

from __future__ import annotations

from datetime import timedelta

from dli_provider.api.errors import DliApiError, DliConnectionError, DliError
from dli_provider.masking import printable


class OutageTracker:
    """Counts how long readings have failed in a row, and ends the wait when that is too long.

    The first reading shows a wrong connection at once: until a reading succeeds, only what the service itself
    answers (throttling, a 5xx, a key that is locked for minutes) is tolerated.

    :param tolerance: how long readings may fail in a row, for reasons that may pass.
    :param had_success: True when an earlier process has read the job already.
    """

    __slots__ = ("_began", "_proven", "_tolerance")

    def __init__(self, tolerance: timedelta, *, had_success: bool = False) -> None:
        self._tolerance = tolerance
        self._proven = had_success
        self._began: float | None = None

    @property
    def is_proven(self) -> bool:
        """True once the service has answered, so that the connection can't be wrong altogether."""
        return self._proven

    @property
    def is_ongoing(self) -> bool:
        """True while DLI can't be read."""
        return self._began is not None

    def fail(self, error: DliError, now: float) -> str | None:
        """Tolerate a reading that failed, and return a line for the log if it is the first of an outage.

        :param error: why it failed.
        :param now: when it failed, in seconds of a monotonic clock.
        :raises DliError: the error itself, when it can't pass or has lasted longer than is tolerated.
        """
        if not error.transient or not (self._proven or isinstance(error, DliApiError)):
            raise error
        self._proven = True
        if self._began is None:
            self._began = now
            return (
                f"DLI can't be read for now; going on for up to {self._tolerance}: {printable(error, 1000)}"
            )
        if now - self._began > self._tolerance.total_seconds():
            raise error
        return None

    def end(self, now: float) -> str | None:
        """Note a reading that succeeded, and return a line for the log if an outage is over.

        :param now: when it was made, in seconds of the same clock.
        """
        self._proven = True
        if self._began is None:
            return None
        lasted = now - self._began
        self._began = None
        return f"DLI can be read again, after {lasted:.0f} s"


def lookup_error(dli_conn_id: str, error: Exception) -> DliConnectionError:
    """Return what it means for a wait when Airflow can't look its connection up.

    A secrets backend that throttles or is down shows as any exception, also as one which says that the
    connection isn't defined. So a wait that has read its job already takes it for an outage.

    :param dli_conn_id: the Airflow connection.
    :param error: what the look-up raised.
    """
    text = printable(str(error) or type(error).__name__)
    return DliConnectionError(f"Airflow can't look up the connection {printable(dli_conn_id)!r}: {text}")
