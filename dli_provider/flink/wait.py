"""The wait for a job's status as a state machine without clock and I/O: what each reading of the job means.

The worker feeds it in poke and reschedule mode, the triggerer in deferrable mode, so that a wait ends alike
in all three.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wording import (
    describe_change,
    describe_duration,
    describe_job,
    describe_status,
    name_job,
)

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob

RESTART_GRACE = timedelta(minutes=15)
"""How long a job that the platform restarts or scales may stay stopped before the wait gives it up."""

_MAX_NAMED = 5
_SCALING_STOP = frozenset({FlinkJobStatus.JOB_CANCELING, FlinkJobStatus.JOB_CANCEL_SUCCESS})


class WaitState(StrEnum):
    """How a wait stands."""

    WAITING = "waiting"
    REACHED = "reached"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Observation:
    """What a reading of the job means.

    :param state: how the wait stands now.
    :param reason: why a wait failed, one line for an error message: the job, its status, what was awaited.
    :param news: one line for the log when something changed, else None.
    """

    state: WaitState
    reason: str | None = None
    news: str | None = None


class FlinkJobWait:
    """Waits for one of several statuses of a job.

    :param job_id: the job.
    :param targets: statuses that end the wait well.
    :param failures: further statuses that end it badly, beside those from which no target can be reached.
    :param status: the status that was read last, when a wait is resumed.
    :param since: when that status was first read; None before the first reading.
    :param saw_start: True when the job was read in another status before, so that it has had this one since
        then.
    :param name: the job's name, as it was read last.
    """

    __slots__ = ("failures", "job_id", "name", "saw_start", "since", "status", "targets")

    def __init__(
        self,
        job_id: int,
        targets: Collection[FlinkJobStatus],
        failures: Collection[FlinkJobStatus] = (),
        *,
        status: FlinkJobStatus | None = None,
        since: datetime | None = None,
        saw_start: bool = False,
        name: str | None = None,
    ) -> None:
        self.job_id = job_id
        self.targets = tuple(targets)
        self.failures = tuple(failures)
        self.status = status
        self.since = since
        self.saw_start = saw_start
        self.name = name

    def observe(self, job: FlinkJob, now: datetime) -> Observation:
        """Return what a reading of the job means.

        :param job: the job's detail.
        :param now: when it was read, with its offset.
        """
        news = self._note(job, now)
        if job.status in self.targets:
            return Observation(WaitState.REACHED, news=news)
        if job.status is None or self._leads_on(job.status) or self._comes_back(job, now):
            return Observation(WaitState.WAITING, news=news)
        awaited = " or ".join(self.targets)
        consequence = f"From there it can't become {awaited} by itself"
        if job.status in self.failures:
            consequence = f"This wait counts that as a failure; it awaited {awaited}"
        reason = f"{describe_job(self.job_id, job)}. {consequence}"
        return Observation(WaitState.FAILED, reason, news)

    def settles(self, status: FlinkJobStatus | None) -> bool:
        """Tell whether a status may end the wait, so that the job's whole detail is needed to know.

        :param status: a status as read from the list of jobs.
        """
        return status is None or status in self.targets or not self._leads_on(status)

    def describe(self, now: datetime) -> str:
        """Return how the wait stands, in one line for the message of a timeout.

        :param now: the time, with its offset.
        """
        awaited, job = " or ".join(self.targets), name_job(self.job_id, self.name)
        if self.since is None:
            return f"{job} was never read while {awaited} was awaited"
        if self.status in self.targets:
            return f"{job} is {self.status} as awaited, but the wait ended before that"
        return (
            f"{job} did not become {awaited}: it is {describe_status(self.status)}, "
            f"for {describe_duration(now - self.since)} as seen from here"
        )

    def _leads_on(self, status: FlinkJobStatus) -> bool:
        """Tell whether a status that is no target may be followed by one, and isn't named a failure."""
        return status not in self.failures and any(status.can_become(target) for target in self.targets)

    def _note(self, job: FlinkJob, now: datetime) -> str | None:
        """Remember the status; return what to log when it is another one than before."""
        if job.name != self.name:  # thousands of waits keep no second copy
            self.name = job.name
        is_first = self.since is None
        if job.status == self.status and not is_first:
            return None
        lasted = now - self.since if self.since and self.saw_start else None
        line = describe_change(self.job_id, job, self.status, lasted)
        self.status, self.since, self.saw_start = job.status, now, not is_first
        if not is_first:
            return line
        awaiting = "" if job.status in self.targets else f"; awaiting {' or '.join(self.targets)}"
        return line + awaiting + _unreadable(job)

    def _comes_back(self, job: FlinkJob, now: datetime) -> bool:
        """Tell whether the platform is about to run the job again, and that may lead to a target."""
        if job.status in self.failures or restart_deadline(job, self.since or now, now) is None:
            return False
        return any(FlinkJobStatus.JOB_SUBMITTING.can_become(target) for target in self.targets)


def restart_deadline(job: FlinkJob, since: datetime, now: datetime) -> datetime | None:
    """Return until when the platform may run a job again that it has stopped a moment ago.

    :param job: the job's detail.
    :param since: when its status was first seen. A later ``update_time`` counts instead; it is the time of an
        edit, so it proves nothing by itself.
    :param now: the time.
    :return: the moment; None when it is over, or the platform does not run the job again by itself.
    """
    if job.status == FlinkJobStatus.JOB_RUNNING_EXCEPTION:
        is_restarted = job.restarts_itself
    else:
        is_restarted = job.status in _SCALING_STOP and job.scales_itself
    if job.update_time and since < job.update_time <= now:
        since = job.update_time
    deadline = since + RESTART_GRACE
    return deadline if is_restarted and now <= deadline else None


def _unreadable(job: FlinkJob) -> str:
    if not (names := job.unreadable):
        return ""
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f" (fields that can't be read: {', '.join(names[:_MAX_NAMED])}{more})"
