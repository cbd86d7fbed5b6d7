"""How long a wait may take, and how long it goes on while DLI can't be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

TRIGGERER_GRACE = timedelta(minutes=2)
"""How long after its deadline the scheduler ends a wait that no triggerer has ended."""

_LONGEST = timedelta(days=365_000)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moments at which a wait times out; they cross processes, so they are absolute.

    :param timeout: when the task's ``timeout`` is over.
    :param execution_timeout: when its ``execution_timeout`` is over; None without one.
    """

    timeout: datetime
    execution_timeout: datetime | None = None

    @classmethod
    def of_task(cls, timeout: datetime, execution_timeout: timedelta | None, start_date: datetime) -> Self:
        """Return a task's deadline.

        :param timeout: when its ``timeout`` is over.
        :param execution_timeout: the task's own; it counts from ``start_date``.
        :param start_date: when the task instance started.
        """
        return cls(timeout, None if execution_timeout is None else start_date + execution_timeout)

    @classmethod
    def from_texts(cls, timeout: str, execution_timeout: str | None) -> Self:
        """Return the deadline that two moments in ISO-8601 make.

        :raises ValueError: when one of them is no moment.
        """
        return cls(
            datetime.fromisoformat(timeout),
            datetime.fromisoformat(execution_timeout) if execution_timeout else None,
        )

    def to_texts(self) -> dict[str, str | None]:
        """Return the two moments as the arguments of a trigger, in ISO-8601."""
        end = self.execution_timeout
        return {
            "deadline": self.timeout.isoformat(),
            "execution_deadline": end.isoformat() if end else None,
        }

    @property
    def moment(self) -> datetime:
        """When the wait ends, whichever comes first."""
        return min(self.timeout, self.execution_timeout or self.timeout)

    @property
    def is_execution_timeout(self) -> bool:
        """True when ``execution_timeout`` is what comes first."""
        return self.execution_timeout is not None and self.execution_timeout < self.timeout

    def remaining(self, now: datetime) -> timedelta:
        """Return how long the wait may still take; zero when it is over."""
        return max(self.moment - now, timedelta())


def parse_span(parameter: str, value: timedelta | float) -> timedelta:
    """Return a span of time.

    :param parameter: the parameter's name, for the error.
    :param value: a timedelta, or seconds.
    :raises ValueError: for anything else, for less than nothing, and for more than 1000 years, which no date
        can hold.
    """
    try:
        span = timedelta(seconds=value.total_seconds() if isinstance(value, timedelta) else value)
    except (TypeError, ValueError, OverflowError):
        span = timedelta(-1)
    if not timedelta() <= span <= _LONGEST or isinstance(value, bool):
        raise ValueError(
            f"{parameter} must be a timedelta or seconds, 0 or more and at most 1000 years, not {value!r:.80}"
        )
    return span
