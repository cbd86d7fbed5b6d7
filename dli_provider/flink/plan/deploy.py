"""The plan that makes a job be as a DAG defines it, and never starts it without its state unless told so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.desired import DesiredJob, JobKind
from dli_provider.flink.plan.difference import Comparison, compare
from dli_provider.flink.plan.difference_report import describe_differences
from dli_provider.flink.plan.interrupted import tell_savepoint
from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.plans import await_target, never_started
from dli_provider.flink.plan.tables import Move, row_of, wait_for_change
from dli_provider.flink.plan.values import Call, Done, Fail, Failure, Reading, Step, Wait, Windows, Write
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.flink.wording import describe_status

Names: TypeAlias = Collection[str]

_STARTED = frozenset({S.JOB_SUBMITTING, S.JOB_DOWNLOADING, S.JOB_RUNNING})


class UpgradeMode(StrEnum):
    """What becomes of the state of a running job that must be stopped to be changed."""

    SAVEPOINT = "savepoint"
    """It is saved, and the job resumes from it."""
    STATELESS = "stateless"
    """It is lost."""
    REFUSE = "refuse"
    """The job isn't stopped: the plan fails."""


@dataclass(frozen=True, slots=True)
class DeployPlan:
    """Have a job be as it is defined, and run.

    :param desired: the definition.
    :param upgrade_mode: what becomes of the state of a running job.
    :param restore_from: a savepoint that a job begins with that was never started.
    :param runs: False to create or change the job, and neither to start nor to stop it.
    :param ignored: names of fields that may differ.
    :param targets: statuses that are success.
    :param waits_for_completion: False to end as soon as the run is accepted.
    :param created_since: a job that was created then or later, and whose last submission failed, is one that
        an earlier try has created, so it has no state; None on a first try.
    :param windows: how long a definition that is read may be out of date.
    """

    desired: DesiredJob
    upgrade_mode: UpgradeMode = UpgradeMode.SAVEPOINT
    restore_from: str | None = None
    runs: bool = True
    ignored: frozenset[str] = frozenset()
    targets: tuple[S, ...] = (S.JOB_RUNNING, S.JOB_FINISH)
    waits_for_completion: bool = True
    created_since: datetime | None = None
    windows: Windows = field(default_factory=Windows)

    last: ClassVar[Write] = Write.RUN

    def decide(self, memory: Memory, reading: Reading) -> Step:
        """Return the step that the status calls for."""
        job = reading.job
        if job is None:
            return self._create(memory)
        is_started = job.status in _STARTED
        if memory.has_done(Write.RUN) or (memory.attempts(Write.RUN) and is_started):
            return self._end(memory, reading, job)
        if is_started and _expects_rest(memory):
            return Fail(Failure.RUN, "DLI gave the stop up, or somebody else has started it since")
        changed = self.compare(job).changed
        if mismatch := self._find_mismatch(job, changed):
            return mismatch
        match job.status, row_of(memory, reading).run:
            case S.JOB_RUNNING, _:
                return self._keep_running(memory, reading, job, changed)
            case S.JOB_FINISH, _ if not (changed or _expects_rest(memory)) and self._is_success(job):
                return self._end(memory, reading, job)
            case _, Move.CALL:
                return self._bring_up(memory, reading, job, changed)
            case S.JOB_CANCEL_FAIL, _:
                return self._stop_again(memory, reading, job, changed)
            case S.JOB_ARREARAGE_STOPPED, _:
                return Fail(Failure.FINAL, "DLI runs nothing until the account is recharged")
        memory.is_adopted = memory.is_adopted or is_started
        return wait_for_change(memory, reading)

    def finish(self, memory: Memory, reading: Reading) -> Done:
        """Return the end of the plan."""
        action = _action(memory)
        shown = (
            f"it is {describe_status(reading.status)}" if self.waits_for_completion else "not waiting for it"
        )
        comparison = self.compare(reading.job) if reading.job else Comparison()
        warnings = []
        if comparison.changed:
            warnings.append(f"It still differs from its definition in {_listed(comparison.changed)}")
        if comparison.not_compared:
            warnings.append(f"DLI doesn't show {_listed(comparison.not_compared)}: not compared")
        is_updated = memory.has_done(Write.UPDATE) or memory.attempts(Write.UPDATE)
        changes = memory.changes if is_updated else ()
        return Done(action, f"{action}; {shown}", ". ".join(warnings) or None, changes)

    def compare(self, job: FlinkJob) -> Comparison:
        """Return where a job differs from its definition.

        :param job: the job, with its detail.
        """
        return compare(self.desired, job, self.ignored)

    def _create(self, memory: Memory) -> Call | Fail:
        if memory.since or memory.taken:
            memory.status = None
            return Fail(Failure.RUN, "It was there and is gone: somebody else has deleted it")
        desired = self.desired
        arguments = {"kind": desired.kind, "name": desired.name, "fields": desired.creation}
        return Call(Write.CREATE, arguments, f"creating a {desired.kind.upper()} job")

    def _keep_running(self, memory: Memory, reading: Reading, job: FlinkJob, changed: Names) -> Step:
        """Return what a running job calls for: nothing, an update in place, or a stop."""
        if not changed or memory.has_done(Write.UPDATE):
            return self._end(memory, reading, job)
        if self.desired.kind.hot_fields.issuperset(changed):
            return self._update(memory, job, changed, changed)
        if self.upgrade_mode == UpgradeMode.REFUSE or not self.runs:
            return self._refuse(job, changed)
        return self._stop(memory, job, changed)

    def _stop_again(self, memory: Memory, reading: Reading, job: FlinkJob, changed: Names) -> Step:
        """Return what a job calls for whose stop has failed."""
        if not self.runs:
            return self._refuse(job, changed) if changed else self._end(memory, reading, job)
        stop = memory.last(Write.STOP)
        if stop and stop.mark == S.JOB_CANCEL_FAIL:
            return Fail(Failure.RUN, "It can't be stopped: DLI has failed to, again")
        return self._stop(memory, job, changed)

    def _bring_up(self, memory: Memory, reading: Reading, job: FlinkJob, changed: Names) -> Step:
        """Return what a job at rest calls for: an update, the import of a savepoint, and a start."""
        start = self._start(memory, job) if self.runs else None
        if isinstance(start, Fail):
            return start
        if not memory.has_done(Write.UPDATE) and (sent := self._to_send(memory, job, changed)):
            return tell_savepoint(memory, self._update(memory, job, changed, sent))
        return tell_savepoint(memory, start) if start else self._end(memory, reading, job)

    def _start(self, memory: Memory, job: FlinkJob) -> Call | Fail:
        """Return the start of a job at rest, or the import that comes before it; a failure where the start
        would lose its state.
        """
        is_new = never_started(job) or self._is_own_creation(memory, job)
        if memory.has_done(Write.IMPORT):
            return _run(f"starting from {self.restore_from}", resumes=True)
        if self.restore_from and is_new:
            path = self.restore_from
            return Call(Write.IMPORT, {"savepoint_path": path}, f"importing {path}")
        if job.status == S.JOB_FINISH or self.upgrade_mode == UpgradeMode.STATELESS:
            return _run("starting without state", resumes=False)
        if job.has_savepoint or _has_saved(memory, job):
            return _run("starting from its latest savepoint", resumes=True)
        if is_new:
            return _run("starting", resumes=False)
        return Fail(
            Failure.FINAL,
            "It has run before, and DLI shows no savepoint of it, so a start would lose its state. Deploy it "
            "with run=False, then start it with DliRunFlinkJobOperator(restore_from='obs://...') from the "
            "savepoint that the log of its stop names; or deploy it with upgrade_mode='stateless' once",
        )

    def _stop(self, memory: Memory, job: FlinkJob, changed: Names) -> Call | Fail:
        saves = self.upgrade_mode != UpgradeMode.STATELESS
        if saves and not (job.job_config and job.job_config.obs_bucket):
            return Fail(
                Failure.FINAL,
                "It has no obs_bucket to save its state in, so a stop would lose it. Deploy obs_bucket alone "
                "first, or everything with upgrade_mode='stateless' once",
            )
        details = self._note_changes(memory, job, changed)
        how = "with" if saves else "without"
        return Call(Write.STOP, {"trigger_savepoint": saves}, f"stopping {how} a savepoint", details)

    def _update(self, memory: Memory, job: FlinkJob, changed: Names, sent: Names) -> Call:
        details = self._note_changes(memory, job, changed)
        fields = {name: self.desired.fields[name] for name in sent}
        arguments = {"kind": self.desired.kind, "fields": fields}
        return Call(Write.UPDATE, arguments, f"updating {_listed(sent)}", details)

    def _to_send(self, memory: Memory, job: FlinkJob, changed: Names) -> Names:
        """Return what an update of a job at rest sends: with the fields that differ go those that can't be
        compared. A new job is updated for the fields that it can't be created with alone.
        """
        unseen = {name.split(".")[0] for name in self.compare(job).not_compared}
        is_new = memory.has_done(Write.CREATE) or (self.runs and never_started(job))
        if changed or (is_new and unseen & self.desired.set_by_update):
            return sorted(unseen.union(changed) - self.desired.set_by_creation)
        return ()

    def _note_changes(self, memory: Memory, job: FlinkJob, changed: Names) -> str:
        """Remember what is changed; return the differences where they were not told before."""
        is_told = set(changed) <= set(memory.changes)
        memory.changes = tuple(sorted({*memory.changes, *changed}))
        return "" if is_told else describe_differences(self.desired, job, changed)

    def _find_mismatch(self, job: FlinkJob, changed: Names) -> Fail | None:
        """Return a failure for a job that no update can make what it should be."""
        kind = self.desired.kind
        if job.job_type and JobKind.of_type(job.job_type) != kind:
            return Fail(Failure.FINAL, f"It is a {job.job_type}, and can't become a {kind.upper()} job")
        if fixed := self.desired.set_by_creation.intersection(changed):
            return Fail(
                Failure.FINAL,
                f"{_listed(sorted(fixed))} can't be changed once a job is created. Delete it first, or name "
                f"the field in ignore_changes:\n{describe_differences(self.desired, job, fixed)}",
            )
        return None

    def _refuse(self, job: FlinkJob, changed: Names) -> Fail:
        reason = "upgrade_mode is 'refuse'" if self.runs else "run is False"
        return Fail(
            Failure.DRIFT,
            f"To change {_listed(changed)} it must be stopped, and {reason}:\n"
            f"{describe_differences(self.desired, job, changed)}",
        )

    def _is_own_creation(self, memory: Memory, job: FlinkJob) -> bool:
        """Tell whether this task has created a job that never ran, whatever its ``start_time``."""
        since, created = self.created_since, job.create_time
        is_of_earlier_try = since is not None and created is not None and created >= since
        is_own = memory.has_done(Write.CREATE) or is_of_earlier_try
        return is_own and job.status in {S.JOB_INIT, S.JOB_SUBMIT_FAIL}

    def _is_success(self, job: FlinkJob) -> bool:
        return not self.runs or job.status in self.targets

    def _end(self, memory: Memory, reading: Reading, job: FlinkJob) -> Step:
        """Return what a job calls for to which no write is left to send."""
        if not self.waits_for_completion:
            return self.finish(memory, reading)
        if self.runs and (step := await_target(self.targets, memory, reading, job)):
            return step
        if not (changed := self.compare(job).changed):
            return self.finish(memory, reading)
        status = frozenset({job.status})
        until = memory.taken[-1].at + self.windows.stale if memory.taken else reading.at
        if reading.at < until:
            return Wait(f"{_listed(changed)} as deployed", stale=status, until=until)
        return Fail(
            Failure.FINAL,
            f"It still differs from its definition in {_listed(changed)}: DLI kept its own values, or "
            "somebody else has changed it. Name fields that may differ in ignore_changes:\n"
            f"{describe_differences(self.desired, job, changed)}",
        )


def _expects_rest(memory: Memory) -> bool:
    """Tell whether a write was made after which the job is at rest until this plan starts it."""
    last = memory.taken[-1] if memory.taken else None
    return last is not None and not (last.write == Write.UPDATE and last.mark == S.JOB_RUNNING)


def _has_saved(memory: Memory, job: FlinkJob) -> bool:
    """Tell whether the stop of this plan has saved the state, as far as DLI doesn't say otherwise. A start by
    somebody else would have used the savepoint up.
    """
    stop = memory.last(Write.STOP)
    is_saved = stop is not None and stop.mark == S.JOB_RUNNING and stop.start_time == job.start_time
    return is_saved and job.status == S.JOB_CANCEL_SUCCESS and job.has_savepoint is not False


def _run(text: str, *, resumes: bool) -> Call:
    return Call(Write.RUN, {"resume_savepoint": resumes}, text)


def _action(memory: Memory) -> str:
    """Return what was done, as the XCom names it."""
    pending = memory.pending.write if memory.pending else None
    if memory.has_done(Write.CREATE):
        return "created"
    if memory.has_done(Write.RUN) or memory.attempts(Write.RUN) or pending == Write.RUN:
        return "upgraded" if memory.has_done(Write.STOP) and memory.changes else "started"
    if memory.has_done(Write.UPDATE) or memory.attempts(Write.UPDATE):
        return "reconfigured"
    return "adopted" if memory.is_adopted else "unchanged"


def _listed(names: Names) -> str:
    return ", ".join(names)
