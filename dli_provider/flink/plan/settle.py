"""What became of the write that was sent last: every race with DLI, and with others, is decided here.

A write is *taken* when its effect was read, *missed* when it seems to have had none, so that the plan may
send it again, and *void* when DLI refused it because somebody else was faster: then it is as if never sent.
"""

from __future__ import annotations

from enum import Enum
from itertools import accumulate

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.memory import Memory, Pending
from dli_provider.flink.plan.values import Fail, Failure, Outcome, Reading, Wait, Windows, Write
from dli_provider.flink.status import FlinkJobStatus as S


class _Verdict(Enum):
    TAKEN = "taken"
    MISSED = "missed"
    VOID = "void"


def settle(memory: Memory, reading: Reading, windows: Windows) -> Wait | Fail | None:
    """Return what the pending write calls for; None when none is pending, or it is settled.

    A write that took effect stands in ``memory.taken`` afterwards, one that had none in ``memory.missed``.

    :param memory: what the plan remembers; changed in place.
    :param reading: the job as it is now; the memory has noted it.
    :param windows: how long to wait before what is read is believed.
    """
    pending = memory.pending
    if pending is None:
        return None
    verdict = _settle(pending, reading, windows)
    if not isinstance(verdict, _Verdict):
        return verdict
    memory.pending = None
    memory.missed = pending if verdict == _Verdict.MISSED else None
    if verdict == _Verdict.TAKEN:
        memory.taken.append(pending)
    return None


def _settle(pending: Pending, reading: Reading, windows: Windows) -> Wait | Fail | _Verdict:
    match pending.write:
        case Write.CREATE:
            return _settle_creation(pending, reading, windows)
        case Write.RUN | Write.STOP | Write.SAVEPOINT:
            return _settle_by_status(pending, reading, windows)
        case Write.UPDATE | Write.IMPORT | Write.DELETE:
            return _settle_at_once(pending, reading)


def _settle_by_status(pending: Pending, reading: Reading, windows: Windows) -> Wait | Fail | _Verdict:
    """Settle a write that shows in the status, sooner or later."""
    if reading.job is None:
        return _Verdict.MISSED
    is_evident = pending.was_seen or _left_a_trace(pending, reading.job)
    says_nothing = pending.is_silent(reading.status) and not pending.was_seen
    if pending.is_refused_at_once and says_nothing and not is_evident:
        return _refused(pending)
    window = windows.savepoint if pending.write == Write.SAVEPOINT else windows.stale
    if says_nothing and reading.at < (until := pending.at + window):
        silent = frozenset({reading.status, *filter(pending.is_silent, S)})
        return Wait(f"a status that shows the {pending.write}", stale=silent, until=until)
    if pending.is_refused_at_once:
        return _Verdict.VOID
    if is_evident or pending.outcome == Outcome.ACCEPTED:
        return _Verdict.TAKEN
    return _refused(pending) if pending.outcome == Outcome.REFUSED and says_nothing else _Verdict.MISSED


def _left_a_trace(pending: Pending, job: FlinkJob) -> bool:
    """Tell whether something beside the status shows that the write was taken.

    It doesn't tell that the status is up to date: these fields may change before it. A job that was started
    since a stop was sent was at rest in between.
    """
    if pending.write == Write.SAVEPOINT:
        return job.savepoint_path != pending.savepoint_path
    before, now = pending.start_time, job.start_time
    is_started = now is not None and (before is None or now > before)
    return is_started and pending.mark != S.JOB_SUBMITTING  # its own start may still be about to show


def _settle_at_once(pending: Pending, reading: Reading) -> Fail | _Verdict:
    """Settle a write that may be sent again: an update, an import, a deletion."""
    if pending.outcome == Outcome.ACCEPTED or (pending.write == Write.DELETE and reading.job is None):
        return _Verdict.TAKEN
    if pending.is_refused_at_once:
        return _refused(pending) if reading.status == pending.mark else _Verdict.VOID
    return _Verdict.MISSED


def _settle_creation(pending: Pending, reading: Reading, windows: Windows) -> Wait | Fail | _Verdict:
    """Settle a creation: the job is looked up by its name, which is unique."""
    if reading.job is not None:
        return _Verdict.VOID if pending.is_refused_at_once else _Verdict.TAKEN
    if pending.is_refused_at_once:
        return _refused(pending)
    for elapsed in accumulate(windows.look_up):
        if reading.at < (due := pending.at + elapsed):
            return Wait("the job that was created", pause=due - reading.at)
    if pending.outcome == Outcome.REFUSED:
        return _refused(pending, "A job of this name may exist that isn't yours")
    return _Verdict.TAKEN if pending.outcome == Outcome.ACCEPTED else _Verdict.MISSED


def _refused(pending: Pending, diagnosis: str = "") -> Fail:
    return Fail(Failure.REFUSED, diagnosis, pending.refusal)
