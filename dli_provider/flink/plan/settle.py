"""What became of the write that was sent last: every race with DLI, and with others, is decided here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import accumulate

from dli_provider.flink.plan.values import (
    STARTED,
    Fail,
    Failure,
    Memory,
    Outcome,
    Pending,
    Reading,
    Wait,
    Windows,
    Write,
)
from dli_provider.flink.status import FlinkJobStatus as S

_MAX_REPEATABLE = 3


def settle(memory: Memory, reading: Reading, windows: Windows) -> Wait | Fail | Write | None:
    """Return what the pending write calls for: a step, the write to send once more, or None when it is settled.

    A write that is settled is no longer pending; if it took effect, it stands in ``memory.done``.

    :param memory: what the plan remembers; changed in place.
    :param reading: the job as it is now; the memory has noted it.
    :param windows: how long to wait before what is read is believed.
    """
    pending = memory.pending
    if pending is None:
        return None
    answer = _SETTLERS[pending.write](pending, reading, windows)
    if isinstance(answer, bool):
        if answer:
            memory.done.append(pending.write)
        memory.pending = None
        return None
    return answer


_Answer = Wait | Fail | Write | bool


def _run(pending: Pending, reading: Reading, windows: Windows) -> _Answer:
    job = reading.job
    if job is None:
        return False
    was_restarted = job.start_time is not None and (
        pending.start_time is None or job.start_time > pending.start_time
    )
    return _changing(pending, reading, windows, was_seen=pending.was_seen or was_restarted)


def _stop(pending: Pending, reading: Reading, windows: Windows) -> _Answer:
    if reading.job is None:
        return False
    return _changing(pending, reading, windows, was_seen=pending.was_seen)


def _changing(pending: Pending, reading: Reading, windows: Windows, *, was_seen: bool) -> _Answer:
    """Settle a write that shows in the status, and that is sent once more at the most.

    :param was_seen: whether something came of it. The ``start_time`` may tell so while the status is still
        out of date; then that is waited out.
    """
    over_at = pending.sent_at + windows.stale
    is_over = pending.was_seen or reading.at >= over_at
    if pending.outcome == Outcome.REFUSED and pending.attempt == 1:
        if not was_seen:
            return _refused(pending)
        return False if is_over else _stale(pending, over_at)
    if not is_over:
        return _stale(pending, over_at)
    if was_seen or pending.outcome == Outcome.ACCEPTED:
        return True
    if pending.outcome == Outcome.REFUSED:
        return _refused(pending)
    return pending.write if pending.attempt == 1 else _unknown(pending)


def _savepoint(pending: Pending, reading: Reading, windows: Windows) -> _Answer:
    job = reading.job
    if job is None:
        return False
    if reading.status == S.JOB_SAVEPOINTING:
        return Wait("the end of job_savepointing", while_in=frozenset({S.JOB_SAVEPOINTING}))
    over_at = pending.sent_at + windows.savepoint
    if pending.was_seen or job.savepoint_path != pending.savepoint_path:
        return True
    if pending.outcome == Outcome.REFUSED:
        return _refused(pending)
    if reading.at < over_at:
        return _stale(pending, over_at)
    if pending.outcome == Outcome.ACCEPTED:
        return True
    return pending.write if pending.attempt == 1 else _unknown(pending)


def _delete(pending: Pending, reading: Reading, windows: Windows) -> _Answer:  # noqa: ARG001
    if reading.job is None or pending.outcome == Outcome.ACCEPTED:
        return True
    return _repeatable(pending)


def _content(pending: Pending, reading: Reading, windows: Windows) -> _Answer:  # noqa: ARG001
    """Settle an update or an import, whose content is the same when it is sent again."""
    if pending.outcome == Outcome.ACCEPTED:
        return True
    if reading.job is None or (
        pending.outcome == Outcome.REFUSED and (pending.was_seen or pending.attempt > 1)
    ):
        return False
    return _repeatable(pending)


def _repeatable(pending: Pending) -> _Answer:
    if pending.outcome == Outcome.REFUSED:
        return _refused(pending)
    return pending.write if pending.attempt < _MAX_REPEATABLE else _unknown(pending)


def _create(pending: Pending, reading: Reading, windows: Windows) -> _Answer:
    """Settle a creation: the job is looked up by its name, which is unique."""
    if reading.job is not None:
        return pending.outcome != Outcome.REFUSED or pending.attempt > 1
    if pending.outcome == Outcome.REFUSED and pending.attempt == 1:
        return _refused(pending)
    for moment in accumulate(windows.look_up, initial=timedelta()):
        if reading.at < (due := pending.sent_at + moment):
            return Wait("the job that was created", pause=due - reading.at)
    if pending.outcome == Outcome.UNKNOWN:
        return pending.write if pending.attempt == 1 else _unknown(pending)
    if pending.outcome == Outcome.REFUSED:
        return Fail(
            Failure.FINAL,
            "DLI refuses to create the job, yet shows none of this name: perhaps a job of this name exists "
            f"that isn't yours. {pending.refusal or ''}".strip(),
        )
    return True


def _stale(pending: Pending, until: datetime) -> Wait:
    return Wait(
        f"a status that shows the {pending.write}",
        stale=frozenset({pending.mark, *(STARTED if pending.write == Write.STOP else ())}),
        until=until,
    )


def _refused(pending: Pending) -> Fail:
    return Fail(Failure.REFUSED, pending.refusal or f"DLI refused to {pending.write} the job")


def _unknown(pending: Pending) -> Fail:
    return Fail(
        Failure.UNKNOWN,
        f"Nobody knows whether DLI took the call to {pending.write} the job: it was sent {pending.attempt} "
        f"times, no answer told, and the job is still {pending.mark or 'not there'}. Look at the job before you "
        "try again",
    )


_SETTLERS: dict[Write, Callable[[Pending, Reading, Windows], _Answer]] = {
    Write.CREATE: _create,
    Write.UPDATE: _content,
    Write.IMPORT: _content,
    Write.RUN: _run,
    Write.STOP: _stop,
    Write.SAVEPOINT: _savepoint,
    Write.DELETE: _delete,
}
