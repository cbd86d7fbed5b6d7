"""The wait as a worker carries it out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.flink.wait import FlinkJobWait, WaitState
from dli_provider.masking import storable
from dli_provider.waiting.clock import steady_clock

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Logger
    from dli_provider.api.client import DliClient
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.status import FlinkJobStatus
    from dli_provider.waiting.client import WaitClient
    from dli_provider.waiting.reschedule import RescheduleState


class WaitRunner:
    """The pokes of one process.

    :param client: reads DLI.
    :param find_job_id: finds the job, at the first reading.
    :param targets: statuses that end the wait well.
    :param failures: further statuses that end it badly.
    :param log: the task's logger.
    :param state: what a rescheduled wait keeps; None for a wait that ends in this process.
    :param clock: the time of day.
    """

    def __init__(
        self,
        client: WaitClient,
        find_job_id: Callable[[DliClient], int],
        targets: Collection[FlinkJobStatus],
        failures: Collection[FlinkJobStatus],
        log: Logger,
        *,
        state: RescheduleState | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.wait: FlinkJobWait | None = None
        self._client = client
        self._find_job_id = find_job_id
        self._targets, self._failures = tuple(targets), tuple(failures)
        self._log = log
        self._state = state
        self._clock = clock or steady_clock()
        self._is_restarting = False

    @property
    def needs_this_process(self) -> bool:
        """True while another process could not tell how long an outage, or a restart of the job, lasts."""
        state_is_kept = self._state is not None and self._state.is_kept
        return self._client.is_out or (self._is_restarting and not state_is_kept)

    def poke(self) -> dict[str, Any] | None:
        """Read the job once, and return its summary when a target is reached; None while it isn't.

        :raises DliFlinkJobFailedError: when no target can be reached any more.
        :raises DliError: when the job can't be read, and that won't be tolerated.
        """
        job = self._client.read(self._read_job)
        return None if job is None else self._observe(job)

    def describe(self) -> str:
        """Return how the wait stands, as the message of a timeout says it."""
        if self.wait is None:
            return f"No Flink job was read while {' or '.join(self._targets)} was awaited"
        return self.wait.describe(self._clock())

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read_job(self, client: DliClient) -> FlinkJob:
        if self.wait is None:
            wait = FlinkJobWait(self._find_job_id(client), self._targets, self._failures)
            if self._state:
                self._state.load(wait)
            self.wait = wait
        return client.show_flink_job(self.wait.job_id)

    def _observe(self, job: FlinkJob) -> dict[str, Any] | None:
        assert self.wait is not None
        observation = self.wait.observe(job, self._clock())
        if observation.news:
            self._log.info("%s", observation.news)
            if self._state:
                self._state.save(self.wait)
        if observation.state == WaitState.FAILED:
            raise DliFlinkJobFailedError(observation.reason)
        if observation.state == WaitState.REACHED:
            summary: dict[str, Any] = storable(job.summary())
            return summary
        self._is_restarting = job.status is not None and self.wait.settles(job.status)
        return None
