"""How a wait ends its task, given ``soft_fail``, ``silent_fail`` and ``never_fail``.

Airflow's own base class decides differently after a deferral than before, and differently on Airflow 2 and 3.
Here it is decided once, as the base class does it in poke mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from dli_provider.airflow_compat import AirflowFailException, AirflowSensorTimeout, AirflowSkipException
from dli_provider.masking import printable

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Logger


@dataclass(frozen=True, slots=True)
class EndingPolicy:
    """What becomes of a task whose wait failed or timed out.

    :param soft_fail: True to skip the task when no target can be reached, or at the timeout.
    :param silent_fail: True to go on after an error.
    :param never_fail: True to skip the task after whatever fails, but not at the timeout.
    """

    soft_fail: bool = False
    silent_fail: bool = False
    never_fail: bool = False

    def handle(self, error: Exception, log: Logger) -> None:
        """Raise what the task ends with; return when the wait goes on.

        :param error: why a reading failed, or why no target can be reached.
        :param log: the task's logger, which is told of what is passed over.
        :raises AirflowSkipException: with the text of the error, when the task is to be skipped for it.
        :raises Exception: the error itself.
        """
        if isinstance(error, AirflowSkipException):
            raise error
        is_verdict = isinstance(error, AirflowFailException | AirflowSensorTimeout)
        if self.silent_fail and not is_verdict:
            log.error("Going on after an error, because silent_fail is set: %s", _one_line(error))
            log.debug("The error was raised here", exc_info=error)
            return
        if self.never_fail or (self.soft_fail and is_verdict):
            raise AirflowSkipException(str(error)) from error
        raise error

    def time_out(self, message: str) -> NoReturn:
        """End the task because its ``timeout`` is over.

        :param message: how the wait stands.
        :raises AirflowSkipException: with ``soft_fail``.
        :raises AirflowSensorTimeout: otherwise.
        """
        raise (AirflowSkipException if self.soft_fail else AirflowSensorTimeout)(message)


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {printable(error, 1000)}"
