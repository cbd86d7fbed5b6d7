"""The plans of the operators: to run a job, to stop it, to save its state, to delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.tables import Move, row_of, wait_for_change
from dli_provider.flink.plan.values import Call, Done, Fail, Failure, Reading, Step, Wait, Windows, Write
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.flink.wait import restart_deadline
from dli_provider.flink.wording import describe_status
from dli_provider.masking import printable

ABSENT = Fail(Failure.NOT_FOUND, "The project has no such Flink job")


def await_target(targets: Sequence[S], memory: Memory, reading: Reading, job: FlinkJob) -> Wait | Fail | None:
    """Return what a run that is this task's own calls for; None when it has reached a target.

    :param targets: statuses that are success.
    :param memory: what the plan remembers; it has noted the reading.
    :param reading: the job as it is now.
    :param job: its detail.
    """

    def leads_on(status: S) -> bool:
        return any(status.can_become(target) for target in targets)

    status, awaited = job.status, " or ".join(targets)
    if status in targets:
        return None
    if status is None or leads_on(status):
        statuses = [*filter(leads_on, S), None, status]
        return Wait(awaited, while_in=frozenset(statuses).difference(targets))
    if until := restart_deadline(job, memory.since or reading.at, reading.at):
        return Wait(awaited, stale=frozenset({status}), until=until)
    return Fail(Failure.RUN, f"From there it can't become {awaited} by itself")


def never_started(job: FlinkJob) -> bool:
    """Tell whether a job has never run, so that it has no state.

    :param job: its detail.
    """
    return job.start_time is None and "start_time" not in job.unreadable


@dataclass(frozen=True, slots=True)
class RunPlan:
    """Have a job run.

    :param targets: statuses that are success.
    :param adopts: True to take a run that is under way as this task's own.
    :param own_since: a run that was started then or later is this task's own, for a task that is retried and
        has no memory; None for its first try.
    :param resume_savepoint: True to start from the job's latest savepoint.
    :param restore_from: a savepoint to import and to start from.
    :param waits_for_completion: False to end as soon as the run is accepted.
    :param windows: how long the status may be out of date after such a run.
    """

    targets: tuple[S, ...] = (S.JOB_RUNNING, S.JOB_FINISH)
    adopts: bool = True
    own_since: datetime | None = None
    resume_savepoint: bool = False
    restore_from: str | None = None
    waits_for_completion: bool = True
    windows: Windows = field(default_factory=Windows)

    last: ClassVar[Write] = Write.RUN

    @property
    def is_bounded(self) -> bool:
        """True for a run that is awaited to its end; somebody else's never counts as this one."""
        return self.targets == (S.JOB_FINISH,)

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that the status calls for."""
        job = reading.job
        if job is None:
            return ABSENT
        if memory.has_done(Write.RUN) or memory.is_adopted:
            return self._await_target(memory, reading, job)
        if step := self._take_up(memory, reading, job):
            return step
        match row_of(memory, reading).run:
            case Move.CALL:
                return self._start(memory, job)
            case Move.ADOPT:
                return self._adopt(memory, reading, job)
            case Move.FAIL if job.status == S.JOB_ARREARAGE_STOPPED:
                return Fail(Failure.FINAL, "DLI runs nothing until the account is recharged")
            case Move.FAIL:
                return Fail(Failure.RUN, "An earlier stop failed, so it may still run: stop it first")
        return wait_for_change(memory, reading)

    def finish(self, memory: Memory, reading: Reading) -> Done:
        """Return the end of the plan."""
        shown = describe_status(reading.status)
        if not memory.is_adopted:
            is_told = self.waits_for_completion
            return Done("started", f"started; it is {shown}" if is_told else "started; not waiting for it")
        warning = None
        if self.restore_from and not memory.has_done(Write.IMPORT):
            warning = f"It was running already, so {self.restore_from} was not restored"
        return Done("adopted", f"it was started before; it is {shown}", warning)

    def _start(self, memory: Memory, job: FlinkJob) -> Call:
        if self.restore_from is None:
            how = " from its latest savepoint" if self.resume_savepoint and job.has_savepoint else ""
            arguments = {"resume_savepoint": self.resume_savepoint}
            return Call(Write.RUN, arguments, f"starting{how}", warning=self._lost_state(job))
        if memory.has_done(Write.IMPORT):
            return Call(Write.RUN, {"resume_savepoint": True}, f"starting from {self.restore_from}")
        return Call(Write.IMPORT, {"savepoint_path": self.restore_from}, f"importing {self.restore_from}")

    def _lost_state(self, job: FlinkJob) -> str:
        """Return a warning of the state that a start may lose, or an empty text."""
        if job.has_savepoint and not self.resume_savepoint:
            path = f" {printable(job.savepoint_path, 1000)}" if job.savepoint_path else ""
            return (
                f"It has a savepoint{path}, and is started without it (resume_savepoint=False); "
                "DLI deletes it once the job runs"
            )
        has_state = not (job.has_savepoint or never_started(job) or job.status == S.JOB_FINISH)
        if has_state and self.resume_savepoint:
            return "DLI shows no savepoint of it: it may start without its state"
        return ""

    def _take_up(self, memory: Memory, reading: Reading, job: FlinkJob) -> Step | None:
        """Return what the run of an earlier try calls for; None when there was none, or it failed."""
        if self.own_since is None or job.start_time is None or job.start_time < self.own_since:
            return None
        is_live = row_of(memory, reading).run == Move.ADOPT
        if not is_live and reading.at < (until := job.start_time + self.windows.stale):
            return Wait("a status that shows the run", stale=frozenset({job.status}), until=until)
        if not is_live and job.status not in self.targets:
            return None
        memory.is_adopted = True
        return self._await_target(memory, reading, job)

    def _adopt(self, memory: Memory, reading: Reading, job: FlinkJob) -> Step:
        if self.is_bounded and self.own_since and job.status == S.JOB_SUBMITTING:
            return wait_for_change(memory, reading)  # start_time may still be that of the run before
        if self.is_bounded:
            return Fail(
                Failure.FINAL,
                "This task did not start that run, and it awaits the end of its own run alone: stop the job "
                "first, or wait for it with a sensor",
            )
        if not self.adopts:
            return Fail(Failure.FINAL, "It runs already, and if_running is 'fail'")
        memory.is_adopted = True
        return self._await_target(memory, reading, job)

    def _await_target(self, memory: Memory, reading: Reading, job: FlinkJob) -> Step:
        if not self.waits_for_completion:
            return self.finish(memory, reading)
        return await_target(self.targets, memory, reading, job) or self.finish(memory, reading)


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
        if reading.job is None:
            return ABSENT
        match row_of(memory, reading).stop:
            case Move.CALL if reading.status == S.JOB_SUBMITTING and self.savepoint:
                pass  # there is nothing to save until it runs
            case Move.CALL:
                return self._stop(memory, reading)
            case Move.DONE:
                return self.finish(memory, reading)
        return wait_for_change(memory, reading)

    def finish(self, memory: Memory, reading: Reading) -> Done:
        """Return the end of the plan."""
        was_sent = memory.has_done(Write.STOP) or memory.pending or memory.attempts(Write.STOP)
        if was_sent and not self.waits_for_completion:
            return Done("stopped", "the stop is accepted; not waiting for it")
        job = reading.job
        text = f"{'stopped' if was_sent else 'nothing to stop'}; it is {describe_status(reading.status)}"
        warning = None
        if job and self.savepoint and job.start_time:
            if job.has_savepoint and job.savepoint_path:
                text += f", its savepoint is {printable(job.savepoint_path, 1000)}"
            elif not job.has_savepoint and job.status != S.JOB_FINISH:
                warning = "DLI shows no savepoint of it: a start from there may lose its state"
        return Done("stopped" if was_sent else "unchanged", text, warning)

    def _stop(self, memory: Memory, reading: Reading) -> Call | Fail:
        if memory.has_done(Write.STOP) and reading.status != S.JOB_CANCEL_FAIL:
            return Fail(
                Failure.RUN, "DLI accepted the stop and gave it up, or somebody has started the job since"
            )
        if memory.done.count(Write.STOP) > 1:
            return Fail(Failure.RUN, "DLI failed to stop it, twice")
        how, warning = "with" if self.savepoint else "without", ""
        config = reading.job.job_config if reading.job else None
        if self.savepoint and config and not config.obs_bucket:
            warning = "It has no obs_bucket, so DLI can't save its state: its next start may be without it"
        arguments = {"trigger_savepoint": self.savepoint}
        return Call(Write.STOP, arguments, f"stopping {how} a savepoint", warning=warning)


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
        if reading.job is None:
            return ABSENT
        was_taken = memory.has_done(Write.SAVEPOINT)
        match row_of(memory, reading).savepoint:
            case Move.CALL if was_taken:
                return self.finish(memory, reading)
            case Move.CALL:
                path = self.savepoint_path
                return Call(Write.SAVEPOINT, {"savepoint_path": path}, f"saving its state to {path}")
            case Move.FAIL if was_taken:
                return Fail(Failure.RUN, "It ended before the end of the savepoint was seen")
            case Move.FAIL:
                return Fail(Failure.RUN, "Only a running job can save its state")
        return wait_for_change(memory, reading)

    def finish(self, memory: Memory, reading: Reading) -> Done:  # noqa: ARG002
        """Return the end of the plan."""
        if not self.waits_for_completion:
            return Done("saved", "the savepoint is accepted; not waiting for it")
        return Done("saved", f"saved; it is {describe_status(reading.status)}")


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
        if reading.job is None or memory.has_done(Write.DELETE):
            return self.finish(memory, reading)
        move = Move.CALL if self.force else row_of(memory, reading).delete
        if move == Move.CALL:
            return Call(Write.DELETE, {}, "deleting")
        if move == Move.WAIT:
            return wait_for_change(memory, reading)
        return Fail(Failure.FINAL, "Only a job at rest is deleted: stop it first, or set force")

    def finish(self, memory: Memory, reading: Reading) -> Done:  # noqa: ARG002
        """Return the end of the plan."""
        if memory.has_done(Write.DELETE):
            return Done("deleted", "deleted")
        return Done("unchanged", "there is no such job")
