"""The deferred wait for a Flink job's status; the watch that starts DAGs is re-exported here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import parse_job_id
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.triggers.base import FlinkJobTrigger
from dli_provider.triggers.status_change import DliFlinkJobStatusChangeTrigger

if TYPE_CHECKING:
    from dli_provider.flink.wait import FlinkJobWait

__all__ = ["DliFlinkJobStatusChangeTrigger", "DliFlinkJobTrigger"]


class DliFlinkJobTrigger(FlinkJobTrigger):
    """Waits in the triggerer until a Flink job has a status, and fires one event.

    :param target_status: statuses that end the wait well.
    :param failure_status: further statuses that end it badly.
    :param status: the status that was read last, before the task was deferred.
    :param since: when that status was first read, ISO-8601.
    :param saw_start: True when the job was read in another status before.
    :param arguments: those of :class:`~dli_provider.triggers.base.FlinkJobTrigger`.
    """

    argument_names = (
        *FlinkJobTrigger.argument_names,
        *("target_status", "failure_status", "status", "since", "saw_start"),
    )

    def __init__(
        self,
        *,
        target_status: list[str],
        failure_status: list[str] | None = None,
        status: str | None = None,
        since: str | None = None,
        saw_start: bool = False,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.target_status = target_status
        self.failure_status = failure_status
        self.status = status
        self.since = since
        self.saw_start = saw_start

    @staticmethod
    def _describe(wait: FlinkJobWait) -> dict[str, Any]:
        return {
            "target_status": [status.value for status in wait.targets],
            "failure_status": [status.value for status in wait.failures],
            "status": wait.status.value if wait.status else None,
            "since": wait.since.isoformat() if wait.since else None,
            "saw_start": wait.saw_start,
        }

    def _wait(self) -> FlinkJobWait:
        from dli_provider.flink.wait import FlinkJobWait

        return FlinkJobWait(
            parse_job_id(self.job_id),
            [FlinkJobStatus(text) for text in self.target_status],
            [FlinkJobStatus(text) for text in self.failure_status or ()],
            status=FlinkJobStatus(self.status) if self.status else None,
            since=datetime.fromisoformat(self.since) if self.since else None,
            saw_start=self.saw_start,
            name=self.job_name,
        )
