"""Which status calls for what: to run a job, to stop it, to save its state, to delete it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from dli_provider.flink.plan.memory import Memory
from dli_provider.flink.plan.values import Reading, Wait, Write
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.flink.wait import restart_deadline


class Move(Enum):
    """What a plan does in a status."""

    CALL = "send the plan's write"
    WAIT = "read again later"
    ADOPT = "take the run that is under way"
    DONE = "succeed without a write"
    FAIL = "give up"


class Row(NamedTuple):
    """What each plan does in one status."""

    run: Move
    stop: Move
    savepoint: Move
    delete: Move


_CALL, _WAIT, _ADOPT, _DONE, _FAIL = Move

# fmt: off
TABLE = {
    #                                    run     stop    save    delete
    S.JOB_INIT:                      Row(_CALL,  _DONE,  _FAIL,  _CALL),
    S.JOB_SUBMIT_FAIL:               Row(_CALL,  _DONE,  _FAIL,  _CALL),
    S.JOB_RUNNING_EXCEPTION:         Row(_CALL,  _DONE,  _FAIL,  _CALL),
    S.JOB_CANCEL_SUCCESS:            Row(_CALL,  _DONE,  _FAIL,  _CALL),
    S.JOB_FINISH:                    Row(_CALL,  _DONE,  _FAIL,  _CALL),
    S.JOB_SUBMITTING:                Row(_ADOPT, _CALL,  _WAIT,  _FAIL),
    S.JOB_RUNNING:                   Row(_ADOPT, _CALL,  _CALL,  _FAIL),
    S.JOB_SAVEPOINTING:              Row(_ADOPT, _WAIT,  _WAIT,  _FAIL),
    S.JOB_CANCELING:                 Row(_WAIT,  _WAIT,  _FAIL,  _WAIT),
    S.JOB_CANCEL_FAIL:               Row(_FAIL,  _CALL,  _FAIL,  _FAIL),
    S.JOB_DOWNLOADING:               Row(_WAIT,  _WAIT,  _WAIT,  _FAIL),
    S.JOB_ARREARAGE_RECOVERING:      Row(_WAIT,  _WAIT,  _WAIT,  _FAIL),
    S.JOB_ARREARAGE_STOPPED:         Row(_FAIL,  _DONE,  _FAIL,  _CALL),
    S.JOB_IDLE:                      Row(_WAIT,  _WAIT,  _WAIT,  _FAIL),
}
RESTARTING =                         Row(_WAIT,  _WAIT,  _WAIT,  _FAIL)  # the platform will run it again
UNKNOWN =                            Row(_WAIT,  _WAIT,  _WAIT,  _FAIL)  # no status, or a new one
# fmt: on


def row_of(memory: Memory, reading: Reading) -> Row:
    """Return what each plan does with a job.

    :param memory: what the plan remembers; it has noted the reading.
    :param reading: a job that is there.
    """
    if reading.status is None or not reading.status.is_known:
        return UNKNOWN
    return RESTARTING if _restart(memory, reading) else TABLE[reading.status]


def wait_for_change(memory: Memory, reading: Reading) -> Wait:
    """Return the wait for another status than a job has now, or for the end of its restart.

    :param memory: what the plan remembers; it has noted the reading.
    :param reading: a job that is there.
    """
    status = reading.status
    if status is None or not status.is_known:
        return Wait("a status that this provider knows", while_in=frozenset({status}))
    if wait := _restart(memory, reading):
        return wait
    return Wait(f"the end of {status}", while_in=frozenset({status}))


def _restart(memory: Memory, reading: Reading) -> Wait | None:
    """Return the wait for the platform to run a job again; None when that isn't to be expected.

    A job that was at rest when this plan first read it, or that this plan has stopped, isn't being scaled.
    """
    if reading.status == S.JOB_CANCEL_SUCCESS and (not memory.was_live or memory.has_done(Write.STOP)):
        return None
    if (
        reading.job is None
        or (until := restart_deadline(reading.job, memory.since or reading.at, reading.at)) is None
    ):
        return None
    return Wait("the platform's restart of the job", stale=frozenset({reading.status}), until=until)
