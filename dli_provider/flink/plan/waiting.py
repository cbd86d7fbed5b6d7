"""The wait between two steps of a plan, on the worker or in the triggerer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.values import Reading, Wait
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import Observation, WaitState
from dli_provider.flink.wording import describe_change, describe_duration, describe_status, name_job

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob


@dataclass(slots=True)
class PlanWait:
    """Waits until there may be something to do, and remembers what it reads meanwhile.

    :param job_id: the job.
    :param step: what is awaited.
    :param memory: the plan's memory; changed in place.
    :param name: the job's name, as it was read last.
    """

    job_id: int
    step: Wait
    memory: Memory
    name: str | None = None

    def observe(self, job: FlinkJob, now: datetime) -> Observation:
        """Return what a reading of the job means; ``REACHED`` when the plan has to look at it.

        :param job: the job.
        :param now: when it was read, with its offset.
        """
        self.name = job.name
        news = note(self.memory, self.job_id, Reading(job, now))
        state = WaitState.WAITING if self.step.holds(job.status, now) else WaitState.REACHED
        return Observation(state, news=news)

    def settles(self, status: FlinkJobStatus | None) -> bool:
        """Tell whether a status may end the wait, so that the job's whole detail is needed to know.

        A list may be older than the detail that the plan has read, so it never ends the wait by itself.

        :param status: a status as read from the list of jobs.
        """
        return status not in self.step.while_in and status not in self.step.stale

    def describe(self, now: datetime) -> str:
        """Return how the wait stands, in one line for the message of a timeout.

        :param now: the time, with its offset.
        """
        lasted = now - (self.memory.since or now)
        text = (
            f"{name_job(self.job_id, self.name)}: timed out waiting for {self.step.text}. It is "
            f"{describe_status(self.memory.status)}, seen so for {describe_duration(lasted)}, "
            "and was left as it is"
        )
        pending = self.memory.pending
        if pending and pending.is_silent(self.memory.status) and not pending.was_seen:
            text += f". Whether DLI carried out the call to {pending.write} it is not known yet"
        return text


def note(memory: Memory, job_id: int, reading: Reading) -> str | None:
    """Note a reading, and return the line of the log that tells of another status than before.

    :param memory: the plan's memory; changed in place.
    :param job_id: the job.
    :param reading: the job as it was read.
    """
    before = memory.status
    lasted = reading.at - memory.since if memory.since and memory.saw_start else None
    if reading.job is None or not memory.note(reading):
        return None
    return describe_change(job_id, reading.job, before, lasted)
