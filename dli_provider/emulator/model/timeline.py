"""The statuses that an emulated job goes through, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal, TypeAlias, get_args

from dli_provider.emulator import validation
from dli_provider.emulator.model.clock import Clock
from dli_provider.flink.status import FlinkJobStatus

Lifecycle: TypeAlias = Sequence[tuple[str, float | timedelta | None]]
Begins: TypeAlias = Literal["now", "first_read", "first_show"]
Step: TypeAlias = tuple[FlinkJobStatus, float | None]

DEFAULT_LIFECYCLE: Lifecycle = (("job_submitting", 2.0), ("job_running", None))

_SIMILARITY = 0.6
"""From here on (1 is equality) the name after ``job_`` counts as a misspelling of a known one."""

_RUNNING = frozenset({FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_SAVEPOINTING})
_HAS_RUN = _RUNNING | {
    FlinkJobStatus.JOB_RUNNING_EXCEPTION,
    FlinkJobStatus.JOB_FINISH,
    FlinkJobStatus.JOB_ARREARAGE_STOPPED,
}


STOPPED = frozenset(
    {
        *(FlinkJobStatus.JOB_INIT, FlinkJobStatus.JOB_SUBMIT_FAIL, FlinkJobStatus.JOB_RUNNING_EXCEPTION),
        *(FlinkJobStatus.JOB_CANCEL_SUCCESS, FlinkJobStatus.JOB_ARREARAGE_STOPPED, FlinkJobStatus.JOB_FINISH),
    }
)
"""The statuses in which a job doesn't run."""


def parse_status(value: object) -> FlinkJobStatus:
    """Return the status that a text names, also one that DLI doesn't have yet.

    A misspelling of one of DLI's statuses is refused; ``FlinkJobStatus("job_runing")`` is accepted.

    :raises ValueError: for a misspelling, and for what can't be a status.
    """
    if isinstance(value, FlinkJobStatus):
        return value
    known = {status.removeprefix("job_"): status for status in FlinkJobStatus}
    if not isinstance(value, str) or not re.fullmatch(r"job_[a-z_]+", value):
        raise ValueError(f"{value!r:.80} is no status: DLI has {', '.join(known.values())}")
    if value in known.values():
        return FlinkJobStatus(value)
    if near := get_close_matches(value.removeprefix("job_"), known, n=1, cutoff=_SIMILARITY):
        raise ValueError(
            f"{value!r:.80} is not one of DLI's statuses; did you mean {str(known[near[0]])!r}? "
            f"To emulate an unknown status of this name, give FlinkJobStatus({value!r:.80})"
        )
    return FlinkJobStatus(value)


def parse_lifecycle(lifecycle: object) -> list[Step]:
    """Return the steps of a :data:`Lifecycle`.

    :raises ValueError: naming the wrong step.
    """
    if isinstance(lifecycle, str | Mapping) or not isinstance(lifecycle, Iterable):
        raise validation.invalid("lifecycle", f"a list of {_PAIRS}", lifecycle)
    steps = [_step(f"lifecycle, step {number}", step) for number, step in enumerate(lifecycle, 1)]
    if not steps:
        raise ValueError(f"lifecycle is empty: it takes one or more {_PAIRS}")
    for number, (status, duration) in enumerate(steps[:-1], 1):
        if duration is None:
            raise ValueError(
                f"lifecycle, step {number}: {status} lasts forever (None), so the next step would never come"
            )
    return steps


def parse_life(lifecycle: object, status: object) -> list[Step]:
    """Return the steps of a job that has a lifecycle, or one status forever, or the default.

    :raises ValueError: for both.
    """
    if status is None:
        return parse_lifecycle(DEFAULT_LIFECYCLE if lifecycle is None else lifecycle)
    if lifecycle is not None:
        raise ValueError("give status or lifecycle, not both")
    return [(parse_status(status), None)]


def parse_begins(begins: Begins) -> Begins:
    """Return when a lifecycle begins, or raise a ``ValueError``."""
    if begins not in get_args(Begins):
        raise validation.invalid("begins", "'now', 'first_read' or 'first_show'", begins)
    return begins


_PAIRS = "pairs of a status and its seconds, such as ('job_submitting', 2.0) or ('job_running', None)"


def _step(where: str, step: object) -> Step:
    if not isinstance(step, list | tuple) or len(step) != 2:
        raise validation.invalid(where, f"one of {_PAIRS}", step)
    status, duration = step
    if isinstance(duration, timedelta):
        duration = duration.total_seconds()
    with validation.located(where):
        if duration is not None:
            duration = validation.seconds("the time it lasts", duration)
        return parse_status(status), duration


class StatusTimeline:
    """Moves a job through its statuses as time goes by.

    :param steps: statuses, each with its seconds; None, or the end of the list, lasts forever.
    :param clock: the emulated time.
    :param waits: True to hold the first status until :meth:`begin`.
    """

    def __init__(self, steps: Sequence[Step], clock: Clock, *, waits: bool) -> None:
        self._steps = list(steps)
        self._clock = clock
        self._waits = waits
        self.started: float | None = None
        """When its present or last run began, epoch seconds; None before the first."""
        self._ended: float | None = None
        self._enter(clock.time())

    @property
    def ended(self) -> float:
        """When it came to rest, epoch seconds; now, before that."""
        return self._clock.time() if self._ended is None else self._ended

    def begin(self) -> None:
        """Begin the first status, if it waits."""
        if self._waits:
            self.started = self._ended = None
            self.restart(self._steps)

    def restart(self, steps: Sequence[Step], *, waits: bool = False) -> None:
        """Go through other steps from now on; ``waits`` as above."""
        self.advance()
        self._steps, self._waits = list(steps), waits
        self._enter(self._clock.time())

    def interrupt(self, status: FlinkJobStatus, seconds: float) -> None:
        """Have a status for some seconds, then go on with the interrupted one."""
        present, now = self.advance(), self._clock.time()
        duration = self._steps[0][1]
        left = None if duration is None else self.since + duration - now
        self._steps[:1] = [(status, seconds), (present, left)]
        self._waits = False
        self._enter(now)

    def advance(self) -> FlinkJobStatus:
        """Move on to the status of this moment, and return it."""
        now = self._clock.time()
        while not self._waits and len(self._steps) > 1:
            duration = self._steps[0][1]
            if duration is None or self.since + duration > now:
                break
            del self._steps[0]
            self._enter(self.since + duration)
        return self._steps[0][0]

    def _enter(self, at: float) -> None:
        self.since = at
        status = self._steps[0][0]
        if (self.started is None and status in _HAS_RUN) or (self._ended is not None and status in _RUNNING):
            self.started, self._ended = at, None
        if self._ended is None and status.is_resting:
            self._ended = at
