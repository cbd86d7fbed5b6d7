"""The statuses of a Flink job on DLI: what each one means, and what can follow it by itself.

The 14 values are those of the ShowFlinkJob page. Which status follows which comes from the DLI user guide and
from what Huawei's Terraform provider waits for. Where neither says anything (``job_idle``), anything may
precede and follow, so that a wait goes on until its timeout rather than fail on a guess.
"""

from __future__ import annotations

from enum import StrEnum

_MAX_LENGTH = 100


class FlinkJobStatus(StrEnum):
    """A job's status: its text, and what it means.

    A text that is none of the 14 is a status too. It keeps its text, which is cut after 100 characters and
    quoted where it can't be printed as it is. It is not :attr:`is_known`, never counts as resting or failed,
    and anything can follow it.
    """

    JOB_INIT = "job_init"
    JOB_SUBMITTING = "job_submitting"
    JOB_SUBMIT_FAIL = "job_submit_fail"
    JOB_RUNNING = "job_running"
    JOB_RUNNING_EXCEPTION = "job_running_exception"
    JOB_DOWNLOADING = "job_downloading"
    JOB_IDLE = "job_idle"
    JOB_CANCELING = "job_canceling"
    JOB_CANCEL_SUCCESS = "job_cancel_success"
    JOB_CANCEL_FAIL = "job_cancel_fail"
    JOB_SAVEPOINTING = "job_savepointing"
    JOB_ARREARAGE_STOPPED = "job_arrearage_stopped"
    JOB_ARREARAGE_RECOVERING = "job_arrearage_recovering"
    JOB_FINISH = "job_finish"

    @classmethod
    def _missing_(cls, value: object) -> FlinkJobStatus | None:
        if not isinstance(value, str) or not value:
            return None
        if value == "job_submiting":  # the spelling of Cloud Stream, the service before DLI
            return cls.JOB_SUBMITTING
        text = _one_line(value)
        status = str.__new__(cls, text)
        status._name_ = status._value_ = text
        return status

    def __reduce_ex__(self, proto: object) -> tuple[type[FlinkJobStatus], tuple[str]]:
        """Copy and pickle by the text; Python before 3.11.4 does so by the name, as if it were a member's."""
        return FlinkJobStatus, (self.value,)

    @property
    def is_known(self) -> bool:
        """True for the 14 documented statuses."""
        return self in _FOLLOWED_BY

    @property
    def is_resting(self) -> bool:
        """True when the job stays as it is until a person (or another program) acts on it.

        ``job_init`` rests too, though it is still read for a while after an accepted run.
        """
        return self in _RESTING

    @property
    def is_failure(self) -> bool:
        """True when something went wrong: a submission, a run, a stop, or the account's payment."""
        return self in _FAILURES

    def can_become(self, target: FlinkJobStatus | str) -> bool:
        """Tell whether the job can reach a status from this one by itself.

        By itself means that nobody starts it again or pays a bill; a stop requested elsewhere counts as
        possible while the job is alive. A status can always become itself. ``job_init`` counts as a job
        whose run was accepted a moment ago. ``job_running_exception`` leads nowhere: whether the platform
        restarts the job depends on its configuration, not on its status.

        :param target: the status in question.
        """
        return self == target or not self.is_known or target in _REACHABLE[self]


def _one_line(text: str) -> str:
    """Return a text as it is when it is fit to be shown, else the beginning of its repr.

    The repr's quotes keep the result from being taken for a known status.
    """
    from dli_provider.masking import mask, printable

    if text.isprintable() and len(text) <= _MAX_LENGTH and mask(text) == text:
        return text
    return printable(ascii(text), _MAX_LENGTH - 1)


def _closure(
    direct: dict[FlinkJobStatus, frozenset[FlinkJobStatus]],
) -> dict[FlinkJobStatus, frozenset[FlinkJobStatus]]:
    reachable = dict(direct)
    for _ in direct:
        reachable = {s: near.union(*(reachable[n] for n in near)) for s, near in reachable.items()}
    return reachable


_S = FlinkJobStatus

_FOLLOWED_BY: dict[FlinkJobStatus, frozenset[FlinkJobStatus]] = {
    _S.JOB_INIT: frozenset({_S.JOB_SUBMITTING}),
    _S.JOB_SUBMITTING: frozenset(
        {_S.JOB_DOWNLOADING, _S.JOB_RUNNING, _S.JOB_SUBMIT_FAIL, _S.JOB_FINISH, _S.JOB_CANCELING}
    ),
    _S.JOB_SUBMIT_FAIL: frozenset(),
    _S.JOB_RUNNING: frozenset(
        {
            _S.JOB_FINISH,
            _S.JOB_RUNNING_EXCEPTION,
            _S.JOB_CANCELING,
            _S.JOB_SAVEPOINTING,
            _S.JOB_ARREARAGE_STOPPED,
        }
    ),
    _S.JOB_RUNNING_EXCEPTION: frozenset(),
    _S.JOB_DOWNLOADING: frozenset({_S.JOB_SUBMITTING, _S.JOB_RUNNING}),
    _S.JOB_IDLE: frozenset(_S),
    _S.JOB_CANCELING: frozenset({_S.JOB_CANCEL_SUCCESS, _S.JOB_CANCEL_FAIL}),
    _S.JOB_CANCEL_SUCCESS: frozenset(),
    _S.JOB_CANCEL_FAIL: frozenset(),
    _S.JOB_SAVEPOINTING: frozenset({_S.JOB_RUNNING, _S.JOB_CANCELING}),
    _S.JOB_ARREARAGE_STOPPED: frozenset(),
    _S.JOB_ARREARAGE_RECOVERING: frozenset({_S.JOB_SUBMITTING, _S.JOB_RUNNING}),
    _S.JOB_FINISH: frozenset(),
}
_REACHABLE = {status: far | {_S.JOB_IDLE} if far else far for status, far in _closure(_FOLLOWED_BY).items()}

_RESTING = frozenset({_S.JOB_INIT, *(status for status, near in _FOLLOWED_BY.items() if not near)})
_FAILURES = frozenset(
    {_S.JOB_SUBMIT_FAIL, _S.JOB_RUNNING_EXCEPTION, _S.JOB_CANCEL_FAIL, _S.JOB_ARREARAGE_STOPPED}
)
