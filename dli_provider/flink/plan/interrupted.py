"""An upgrade that ends between its stop and its start: the job stays stopped, and the user must know."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.values import Call, Outcome, Step, Write
from dli_provider.flink.status import FlinkJobStatus as S

AnyStep = TypeVar("AnyStep", bound=Step)

_STOPPING = frozenset({S.JOB_SAVEPOINTING, S.JOB_CANCELING})
_STOPPED = frozenset({S.JOB_CANCEL_SUCCESS, S.JOB_RUNNING_EXCEPTION})


def tell_savepoint(memory: Memory, step: AnyStep) -> AnyStep | Call:
    """Have the first call after the stop tell where the state was saved.

    :param memory: what the plan remembers.
    :param step: its next step.
    """
    is_next = bool(memory.taken) and memory.taken[-1].write == Write.STOP
    if not (isinstance(step, Call) and is_next and memory.savepoint):
        return step
    told = f"It is stopped, its savepoint is {memory.savepoint}"
    return replace(step, details="\n".join(filter(None, (told, step.details))))


def describe_interruption(memory: Memory) -> str:
    """Return what to say of a job that an upgrade has stopped, and not started; an empty text when it hasn't.

    :param memory: what the plan of the upgrade remembers.
    """
    pending = memory.pending
    sent = pending.write if pending and pending.outcome != Outcome.REFUSED else None
    is_upgrade = bool(memory.changes)
    if not is_upgrade or not (memory.has_done(Write.STOP) or sent == Write.STOP):
        return ""
    if memory.status in _STOPPING and not memory.has_done(Write.RUN):
        how = "It is being stopped for this upgrade, and isn't started again"
    elif sent not in {Write.STOP, Write.RUN} and memory.status in _left_stopped(memory):
        how = "It was stopped for this upgrade and isn't running"
    else:
        return ""
    where = f"; its savepoint is {memory.savepoint}" if memory.savepoint else ""
    return f"{how}{where}. Correct the cause, and run the task again"


def _left_stopped(memory: Memory) -> frozenset[S]:
    """Return the statuses of a job that doesn't run because of the stop."""
    return frozenset({S.JOB_SUBMIT_FAIL}) if memory.has_done(Write.RUN) else _STOPPED
