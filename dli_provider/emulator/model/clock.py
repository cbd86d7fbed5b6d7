"""The emulated time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class Clock:
    """The time of the emulated services: this machine's, until it is moved.

    :param source: the machine's clock, in epoch seconds.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0
        self.offset = timedelta()
        """By how much the gateway's own clock is wrong, so that signatures look old or early to it."""

    def time(self) -> float:
        """Return the epoch seconds that jobs, tokens, temporary keys and locks use."""
        return self._source() + self._ahead

    def server_time(self) -> float:
        """Return the epoch seconds that the gateway checks signatures by, and puts into its answers.

        :meth:`advance` doesn't change it, because clients sign by the machine's clock.
        """
        return self._source() + self.offset.total_seconds()

    def advance(self, seconds: float) -> None:
        """Let seconds pass at once."""
        self._ahead += seconds
