"""Which status calls for which step: to run a job, to stop it, to save it, to delete it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dli_provider.flink.plan.values import Call, Done, Fail, Failure, Memory, Reading, Step, Wait, Write
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.flink.wait import RESTART_GRACE, comes_back

RESTING = frozenset(
    {S.JOB_INIT, S.JOB_SUBMIT_FAIL, S.JOB_RUNNING_EXCEPTION, S.JOB_CANCEL_SUCCESS, S.JOB_FINISH}
)
"""Statuses of a job that has no run under way, and that may be run."""

PASSING = frozenset({S.JOB_DOWNLOADING, S.JOB_ARREARAGE_RECOVERING})
"""Statuses that pass by themselves, and in which nothing is written."""


def wait_out(memory: Memory, reading: Reading) -> Wait | None:
    """Return the wait for a status in which no plan writes anything; None for any other.

    These are statuses that pass by themselves, a job that the platform is about to start again, and whatever
    this provider does not know.
    """
    status = reading.status
    if status is None or not status.is_known or status == S.JOB_IDLE:
        return Wait("a status that this provider knows", while_in=frozenset({status}))
    if status in PASSING:
        return Wait(f"the end of {status}", while_in=PASSING)
    if reading.job and memory.since and comes_back(reading.job, memory.since, reading.at):
        until = max(memory.since, reading.job.update_time or memory.since) + RESTART_GRACE
        return Wait("the platform's restart of the job", stale=frozenset({status}), until=until)
    return None


def absent() -> Fail:
    """Return the end of a plan whose job is not there."""
    return Fail(Failure.NOT_FOUND, "There is no such Flink job in this project")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Have a job run.

    :param targets: statuses that are success.
    :param adopts: True to take a run that is under way as this task's own.
    :param resume_savepoint: True to start from the job's latest savepoint.
    :param restore_from: a savepoint to import and to start from.
    :param waits_for_completion: False to end as soon as the run is accepted.
    """

    targets: tuple[S, ...] = (S.JOB_RUNNING, S.JOB_FINISH)
    adopts: bool = True
    resume_savepoint: bool = False
    restore_from: str | None = None
    waits_for_completion: bool = True

    last: ClassVar[Write] = Write.RUN

    @property
    def is_bounded(self) -> bool:
        """True for a run that is awaited to its end; somebody else's never counts as this one."""
        return self.targets == (S.JOB_FINISH,)

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that the status calls for."""
        status = reading.status
        if reading.job is None:
            return absent()
        if memory.has_done(Write.RUN) or memory.is_adopted:
            return self._completion(memory, reading)
        if wait := wait_out(memory, reading):
            return wait
        if status in RESTING:
            is_restored = self.restore_from is None or memory.has_done(Write.IMPORT)
            return self.call(Write.RUN if is_restored else Write.IMPORT, memory, reading)
        if status == S.JOB_CANCELING:
            return Wait("the end of job_canceling", while_in=frozenset({status}))
        if status == S.JOB_ARREARAGE_STOPPED:
            return Fail(Failure.FINAL, "the account is in arrears: DLI starts nothing until it is recharged")
        if status == S.JOB_CANCEL_FAIL:
            return Fail(Failure.RUN, "an earlier stop failed, so the job may still run: stop it first")
        return self._live(memory, reading)

    def call(self, write: Write, memory: Memory, reading: Reading) -> Call:  # noqa: ARG002
        """Return the run, or the import before it."""
        if write == Write.IMPORT:
            return Call(write, {"savepoint_path": self.restore_from}, f"importing {self.restore_from}")
        resume = self.resume_savepoint or self.restore_from is not None
        text = "starting from its savepoint" if resume else "starting"
        return Call(Write.RUN, {"resume_savepoint": resume}, text)

    def finish(self, memory: Memory, reading: Reading) -> Done:
        """Return the end of the plan."""
        action = "adopted" if memory.is_adopted else "started"
        return Done(action, f"{action}; the job is {reading.status}")

    def _live(self, memory: Memory, reading: Reading) -> Step:
        if self.is_bounded:
            return Fail(
                Failure.RUN,
                f"the job is {reading.status} already, and this task did not start that run: a run that is "
                "awaited to its end is never shared",
            )
        if not self.adopts:
            return Fail(Failure.FINAL, f"the job is {reading.status} already, and if_running is 'fail'")
        memory.is_adopted = True
        return self._completion(memory, reading)

    def _completion(self, memory: Memory, reading: Reading) -> Step:
        status = reading.status
        if status in self.targets or not self.waits_for_completion:
            return self.finish(memory, reading)
        awaited = " or ".join(self.targets)
        if status is None or not status.is_known:
            return Wait(awaited, while_in=frozenset({status}))
        if any(status.can_become(target) for target in self.targets):
            leads_on = {s for s in S if any(s.can_become(target) for target in self.targets)}
            return Wait(awaited, while_in=frozenset(leads_on.difference(self.targets)))
        if wait := wait_out(memory, reading):
            return wait
        return Fail(Failure.RUN, f"From there it can't become {awaited} by itself")


@dataclass(frozen=True, slots=True)
class StopPlan:
    """Have a job rest.

    :param savepoint: True to save the job's state first.
    :param waits_for_completion: False to end as soon as the stop is accepted.
    """

    savepoint: bool = True
    waits_for_completion: bool = True

    last: ClassVar[Write] = Write.STOP

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that the status calls for."""
        status, was_sent = reading.status, memory.has_done(Write.STOP)
        if reading.job is None:
            return absent()
        if wait := wait_out(memory, reading):
            return wait
        if status in RESTING or status == S.JOB_ARREARAGE_STOPPED:
            return self.finish(memory, reading)
        if status in {S.JOB_CANCELING, S.JOB_SAVEPOINTING} or (status == S.JOB_SUBMITTING and self.savepoint):
            return Wait(f"the end of {status}", while_in=frozenset({status}))
        if was_sent and status == S.JOB_CANCEL_FAIL and memory.done.count(Write.STOP) > 1:
            return Fail(Failure.RUN, "DLI failed to stop the job, twice")
        if was_sent and status != S.JOB_CANCEL_FAIL:
            return Fail(Failure.RUN, "DLI took the stop and gave it up: the job runs on")
        return self.call(Write.STOP, memory, reading)

    def call(self, write: Write, memory: Memory, reading: Reading) -> Call:  # noqa: ARG002
        """Return the stop."""
        how = "with" if self.savepoint else "without"
        return Call(write, {"trigger_savepoint": self.savepoint}, f"stopping {how} a savepoint")

    def finish(self, memory: Memory, reading: Reading) -> Done:
        """Return the end of the plan."""
        was_sent = memory.has_done(Write.STOP) or memory.pending is not None
        job = reading.job
        text = f"{'stopped' if was_sent else 'nothing to stop'}; the job is {reading.status}"
        if job and self.savepoint and job.savepoint_path:
            text += f", its savepoint {job.savepoint_path}"
        warning = None
        if job and self.savepoint and memory.pending is None and job.has_savepoint is False:
            warning = "DLI shows no savepoint of this job: its state may be lost"
        return Done("stopped" if was_sent else "unchanged", text, warning)


@dataclass(frozen=True, slots=True)
class SavepointPlan:
    """Have a running job save its state, and run on.

    :param savepoint_path: the directory of the savepoint.
    :param waits_for_completion: False to end as soon as the savepoint is accepted.
    """

    savepoint_path: str
    waits_for_completion: bool = True

    last: ClassVar[Write] = Write.SAVEPOINT

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that the status calls for."""
        status = reading.status
        if reading.job is None:
            return absent()
        if memory.has_done(Write.SAVEPOINT) and status == S.JOB_RUNNING:
            return self.finish(memory, reading)
        if wait := wait_out(memory, reading):
            return wait
        if status in {S.JOB_SUBMITTING, S.JOB_SAVEPOINTING}:
            return Wait(f"the end of {status}", while_in=frozenset({status}))
        if status == S.JOB_RUNNING:
            return self.call(Write.SAVEPOINT, memory, reading)
        return Fail(Failure.RUN, f"the job is {status}: only a running job can make a savepoint")

    def call(self, write: Write, memory: Memory, reading: Reading) -> Call:  # noqa: ARG002
        """Return the savepoint."""
        return Call(write, {"savepoint_path": self.savepoint_path}, f"saving to {self.savepoint_path}")

    def finish(self, memory: Memory, reading: Reading) -> Done:  # noqa: ARG002
        """Return the end of the plan."""
        return Done("saved", f"saved to {self.savepoint_path}; the job is {reading.status}")


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """Have a job gone.

    :param force: True to delete it in any status.
    """

    force: bool = False

    last: ClassVar[Write] = Write.DELETE
    waits_for_completion: ClassVar[bool] = True

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that the status calls for."""
        status = reading.status
        if reading.job is None or memory.has_done(Write.DELETE):
            return self.finish(memory, reading)
        if self.force or status == S.JOB_ARREARAGE_STOPPED:
            return self.call(Write.DELETE, memory, reading)
        if status in RESTING and wait_out(memory, reading) is None:
            return self.call(Write.DELETE, memory, reading)
        if status == S.JOB_CANCELING:
            return Wait("the end of job_canceling", while_in=frozenset({status}))
        return Fail(
            Failure.RUN,
            f"the job is {status or 'without a status'}, and only a job at rest is deleted: stop it first, or set "
            "force",
        )

    def call(self, write: Write, memory: Memory, reading: Reading) -> Call:  # noqa: ARG002
        """Return the deletion."""
        return Call(write, {}, "deleting")

    def finish(self, memory: Memory, reading: Reading) -> Done:  # noqa: ARG002
        """Return the end of the plan."""
        if memory.has_done(Write.DELETE):
            return Done("deleted", "deleted")
        return Done("unchanged", "there is no such job")
