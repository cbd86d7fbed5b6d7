"""How long a wait bears that DLI can't be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from dli_provider.api.errors import DliError


class OutageTracker:
    """The readings that failed since the last good one.

    :param tolerance: how long readings may fail in a row, for reasons that may pass, before that ends the
        wait.
    :param had_success: True when a reading was good already; until one was, nothing is borne, so that a wrong
        connection shows at once.
    """

    __slots__ = ("_began", "_had_success", "_tolerance")

    def __init__(self, tolerance: timedelta, *, had_success: bool = False) -> None:
        self._tolerance = tolerance
        self._had_success = had_success
        self._began: datetime | None = None

    def fail(self, error: DliError, now: datetime) -> str | None:
        """Bear a reading that failed, and return a line for the log if it is the first.

        :param error: why it failed.
        :param now: when it failed.
        :raises DliError: the error itself, when it won't pass or has lasted longer than is tolerated.
        """
        if not error.transient or not self._had_success:
            raise error
        if self._began is None:
            self._began = now
            return f"DLI can't be read for now; going on for up to {self._tolerance}: {error}"
        if now - self._began > self._tolerance:
            raise error
        return None

    def end(self, now: datetime) -> str | None:
        """Note a good reading, and return a line for the log if an outage is over.

        :param now: when it was made.
        """
        self._had_success = True
        if self._began is None:
            return None
        lasted = now - self._began
        self._began = None
        return f"DLI can be read again, after {lasted.total_seconds():.0f} s"
