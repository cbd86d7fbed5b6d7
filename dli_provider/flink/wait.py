"""The wait for a job's status as a state machine: what each reading of the job means for it. No clock, no
I/O.

The sensor feeds it in poke and reschedule mode, the trigger in deferrable mode, so that a wait ends alike in
all three.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import mask_and_cut

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob

RESTART_GRACE = timedelta(minutes=15)
"""How long a job with ``restart_when_exception`` may stay in ``job_running_exception`` before the wait gives
it up."""


class WaitState(StrEnum):
    """How a wait stands."""

    WAITING = "waiting"
    REACHED = "reached"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Observation:
    """What a reading of the job means.

    :param state: how the wait stands now.
    :param reason: for a failed wait: the job, its status and what was awaited, fit for an error message.
    :param news: a line for the log when something changed, else None.
    """

    state: WaitState
    reason: str | None = None
    news: str | None = None


class FlinkJobWait:
    """Waits for one of several statuses of a job.

    :param job_id: the job.
    :param targets: statuses that end the wait well.
    :param failures: further statuses that end it badly, beside those from which no target can be reached.
    :param status: the status that was read last, when a wait is taken up again.
    :param since: when that status was first read.
    """

    __slots__ = ("failures", "job_id", "since", "status", "targets")

    def __init__(
        self,
        job_id: int,
        targets: Collection[FlinkJobStatus],
        failures: Collection[FlinkJobStatus] = (),
        *,
        status: FlinkJobStatus | None = None,
        since: datetime | None = None,
    ) -> None:
        self.job_id = job_id
        self.targets = tuple(targets)
        self.failures = tuple(failures)
        self.status = status
        self.since = since

    def observe(self, job: FlinkJob, now: datetime) -> Observation:
        """Return what a reading of the job means.

        :param job: the job's detail.
        :param now: when it was read.
        """
        news = self._note(job.status, now)
        if job.status in self.targets:
            return Observation(WaitState.REACHED, news=news)
        if job.status is None or self._leads_on(job.status) or self._restarts(job, now):
            return Observation(WaitState.WAITING, news=news)
        awaited = " or ".join(self.targets)
        consequence = f"From there it can't become {awaited} by itself"
        if job.status in self.failures:
            consequence = f"That was named a failure; awaited was {awaited}"
        return Observation(WaitState.FAILED, self._reason(job, consequence), news)

    def settles(self, status: FlinkJobStatus | None) -> bool:
        """Tell whether a status may end the wait, so that the job's whole detail must be read to know."""
        return status is None or status in self.targets or not self._leads_on(status)

    def describe(self, now: datetime) -> str:
        """Return how the wait stands, as the message of a timeout says it."""
        awaited = " or ".join(self.targets)
        if self.since is None:
            return f"Flink job {self.job_id} was never read while {awaited} was awaited"
        return (
            f"Flink job {self.job_id} did not become {awaited}: it is {_shown(self.status)}, "
            f"for {_duration(now - self.since)} as seen from here"
        )

    def _leads_on(self, status: FlinkJobStatus) -> bool:
        """Tell whether a status that is no target may be followed by one, and isn't named a failure."""
        return status not in self.failures and any(status.can_become(target) for target in self.targets)

    def _note(self, status: FlinkJobStatus | None, now: datetime) -> str | None:
        if self.since is not None and status == self.status:
            return None
        before, since = self.status, self.since
        self.status, self.since = status, now
        shown = _shown(status)
        if since is None:
            awaited = "" if status in self.targets else f"; awaiting {' or '.join(self.targets)}"
            return f"Flink job {self.job_id} is {shown}{awaited}"
        return f"Flink job {self.job_id} is {shown}, after {_duration(now - since)} of {_shown(before)}"

    def _restarts(self, job: FlinkJob, now: datetime) -> bool:
        """Tell whether the platform is about to restart a job that ran into an exception."""
        if job.status != FlinkJobStatus.JOB_RUNNING_EXCEPTION or job.status in self.failures:
            return False
        if not (job.job_config and job.job_config.restart_when_exception):
            return False
        if not any(FlinkJobStatus.JOB_SUBMITTING.can_become(target) for target in self.targets):
            return False
        return now - (job.update_time or self.since or now) <= RESTART_GRACE

    def _reason(self, job: FlinkJob, consequence: str) -> str:
        name = f" ({job.name})" if job.name else ""
        said = f": {mask_and_cut(job.status_desc, 2000).strip()}" if job.status_desc else ""
        return f"Flink job {self.job_id}{name} is {job.status}{said.rstrip('.')}. {consequence}"


def _shown(status: FlinkJobStatus | None) -> str:
    if status is None:
        return "without a status"
    return status if status.is_known else f"{status} (a status this provider doesn't know)"


def _duration(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
