"""The wait as a worker carries it out: reading the job, logging what is new, bearing outages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dli_provider.api.errors import DliError
from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import FlinkJobWait, WaitState
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.waiting.outage import OutageTracker

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context
    from dli_provider.flink.job import FlinkJob
    from dli_provider.sensors.flink import DliFlinkJobSensor

_MEMORY_KEY = "dli_flink_job_wait"


class WaitRunner:
    """The pokes of one process; in reschedule mode every poke is a process of its own.

    :param sensor: the sensor that waits.
    :param wait: what is awaited.
    :param tolerance: how long an outage is borne.
    :param context: the task's context.
    """

    def __init__(
        self, sensor: DliFlinkJobSensor, wait: FlinkJobWait, tolerance: timedelta, context: Context
    ) -> None:
        self.wait = wait
        self._sensor = sensor
        self._client = sensor.hook.get_conn()
        self._began = _first_poke_at(sensor, context) if sensor.reschedule else None
        self._outage = OutageTracker(tolerance, had_success=self._began is not None)
        self._memory = _Memory(sensor, context) if sensor.reschedule else None
        DliFlinkConsoleLink.persist(context, self._client.settings, wait.job_id)

    def poke(self) -> dict[str, Any] | None:
        """Read the job once, and return its summary when a target is reached, None while it isn't.

        In reschedule mode nothing is remembered of an outage from one process to the next: there the job is
        read again in this one, at the poke interval, until it can be read or the outage has lasted too long.

        :raises DliFlinkJobFailedError: when no target can be reached any more.
        :raises DliError: when the job can't be read and that won't be borne.
        """
        while True:
            job = self._read()
            if job is not None:
                return self._observe(job)
            if not self._sensor.reschedule or self._is_late():
                return None
            time.sleep(self._sensor.poke_interval)

    def describe(self) -> str:
        """Return how the wait stands."""
        return self.wait.describe(datetime.now(UTC))

    def _read(self) -> FlinkJob | None:
        try:
            job = self._client.show_flink_job(self.wait.job_id)
        except DliError as error:
            if news := self._outage.fail(error, datetime.now(UTC)):
                self._sensor.log.warning(news)
            return None
        if news := self._outage.end(datetime.now(UTC)):
            self._sensor.log.info(news)
        return job

    def _observe(self, job: FlinkJob) -> dict[str, Any] | None:
        if self._memory and self._began and self.wait.since is None:
            self._memory.recall(self.wait, job)
        observation = self.wait.observe(job, datetime.now(UTC))
        if observation.news:
            self._sensor.log.info(observation.news)
            if self._memory:
                self._memory.keep(self.wait)
        if observation.state == WaitState.FAILED:
            raise DliFlinkJobFailedError(observation.reason)
        return job.summary() if observation.state == WaitState.REACHED else None

    def _is_late(self) -> bool:
        began = self._began or datetime.now(UTC)
        return datetime.now(UTC) - began > timedelta(seconds=self._sensor.timeout)


class _Memory:
    """What a rescheduled sensor saw last, so that a poke without news isn't logged.

    Airflow 3.3 and later keep it in the task state store. Airflow 2 tells when the last poke was, and a job
    that was not updated since is as it was. Airflow 3.0 to 3.2 have neither: there every poke logs what it
    sees. So does one whose memory fails: it serves the log alone, and ends no wait.

    :param sensor: the sensor.
    :param context: the task's context.
    """

    def __init__(self, sensor: DliFlinkJobSensor, context: Context) -> None:
        self._log = sensor.log
        self._ti: Any = context["ti"]
        self._store: Any = context.get("task_state_store")

    def recall(self, wait: FlinkJobWait, job: FlinkJob) -> None:
        """Tell a wait of the last status, when it is known.

        :param wait: the wait, at its first poke in this process.
        :param job: the job as it is now.
        """
        with self._may_fail():
            if self._store is not None:
                if kept := self._store.get(_MEMORY_KEY):
                    status, since = kept["status"], datetime.fromisoformat(kept["since"])
                    wait.status, wait.since = FlinkJobStatus(status) if status else None, since
            elif not hasattr(self._ti, "get_first_reschedule_date"):
                last_poke = _last_poke_at(self._ti)
                if last_poke and job.update_time and job.update_time <= last_poke:
                    wait.status, wait.since = job.status, job.update_time

    def keep(self, wait: FlinkJobWait) -> None:
        """Keep the status that a wait saw, where there is a place for it."""
        with self._may_fail():
            if self._store is not None and wait.since is not None:
                status = wait.status.value if wait.status else None
                self._store.set(_MEMORY_KEY, {"status": status, "since": wait.since.isoformat()})

    @contextmanager
    def _may_fail(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001
            self._log.debug("What the last poke saw is not known, so that it may be logged again: %s", error)


def _last_poke_at(ti: Any) -> datetime | None:
    """Return when a rescheduled sensor poked last, on Airflow 2, where a task may ask the database."""
    from airflow.models.taskreschedule import TaskReschedule
    from airflow.utils.session import create_session

    pokes = TaskReschedule.stmt_for_task_instance(ti, descending=True)
    with create_session() as session:
        last: datetime | None = session.scalar(pokes.with_only_columns(TaskReschedule.start_date).limit(1))
        return last


def _first_poke_at(sensor: DliFlinkJobSensor, context: Context) -> datetime | None:
    """Return when a rescheduled sensor poked first; None when this is its first poke."""
    ti: Any = context["ti"]
    if hasattr(ti, "get_first_reschedule_date"):
        found: datetime | None = ti.get_first_reschedule_date(context)
        return found
    from airflow.sensors.base import _orig_start_date  # type: ignore[import-not-found]

    first_try = (ti.max_tries or 0) - (sensor.retries or 0) + 1
    began: datetime | None = _orig_start_date(
        dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id, map_index=ti.map_index, try_number=first_try
    )
    return began
