"""A job of the emulated DLI."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from dli_provider.emulator import validation
from dli_provider.emulator.model.behaviour import Behaviour
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.model.fields import (
    DEFAULT_CONFIG,
    DEFAULT_DETAIL,
    fill_in_checkpoint_path,
    parse_extra,
    parse_fields,
)
from dli_provider.emulator.model.savepoint import SavepointSlot
from dli_provider.emulator.model.timeline import (
    STOPPED,
    Begins,
    Lifecycle,
    StatusTimeline,
    Step,
    parse_begins,
    parse_life,
    parse_lifecycle,
    parse_status,
)
from dli_provider.flink.arguments import parse_job_id
from dli_provider.flink.status import FlinkJobStatus


class EmulatedJob:
    """A job of the emulated DLI. ``DliEmulator.add_job`` makes it, and documents the arguments.

    :raises ValueError: for wrong arguments, naming what is wrong.
    """

    def __init__(
        self,
        job_id: int | str,
        lifecycle: Lifecycle | None,
        detail: Mapping[str, Any],
        *,
        status: str | None = None,
        begins: Begins = "now",
        extra: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.job_id = parse_job_id(job_id)
        self._clock = clock or Clock()
        self._behaviour = behaviour or Behaviour()
        self._lock = threading.Lock()
        with validation.located(f"job {self.job_id}"):
            self._begins = parse_begins(begins)
            steps = parse_life(lifecycle, status)
            self._timeline = StatusTimeline(steps, self._clock, waits=begins != "now")
            self._detail, config = parse_fields(detail)
            self._extra, self._extra_config = parse_extra(extra or {})
        self._config = DEFAULT_CONFIG | config
        self._created = self._edited = _milliseconds(self._timeline.since)
        self._run: list[Step] | None = None
        self._run_desc = ""
        self._submitted_at = self._submitted_until = 0.0
        self._savepoint = SavepointSlot(self._clock)
        self._savepoint.take_over(self._detail)

    @property
    def status(self) -> str:
        """The status it has now."""
        with self._lock:
            return self._timeline.advance()

    @property
    def name(self) -> object:
        """Its name."""
        return self._detail.get("name", f"job_{self.job_id}")

    @property
    def since(self) -> float:
        """When its status began, epoch seconds."""
        with self._lock:
            self._timeline.advance()
            return self._timeline.since

    @property
    def create_time(self) -> int:
        """When it was created, epoch milliseconds."""
        own = self._detail.get("create_time")
        return own if isinstance(own, int) else self._created

    @property
    def is_edge_child(self) -> bool:
        """True for an edge job that has a parent."""
        own = self._detail.get("job_type") == "flink_sql_edge_job"
        return own and self._config["root_id"] not in (None, -1)

    def begin(self, *, shown: bool) -> None:
        """Begin the lifecycle that waits for a reading: by ShowFlinkJob (``shown``), or of a list."""
        with self._lock:
            if shown or self._begins != "first_show":
                self._timeline.begin()

    def set_status(self, status: str, status_desc: str | None = None) -> None:
        """Give the job a status that lasts forever.

        :param status: the status.
        :param status_desc: the reason; None clears it if the status changes.
        :raises ValueError: for a text that isn't a status.
        """
        with validation.located(f"job {self.job_id}"):
            own, _ = parse_fields({} if status_desc is None else {"status_desc": status_desc})
            self._change([(parse_status(status), None)], {})
            with self._lock:
                self._detail |= own

    def set_lifecycle(self, lifecycle: Lifecycle, *, begins: Begins = "now") -> None:
        """Let the job go through these statuses; its ``status_desc`` is cleared if the status changes.

        :param lifecycle: as in ``DliEmulator.add_job``.
        :param begins: as in ``DliEmulator.add_job``; the job has the first status at once.
        :raises ValueError: for a wrong lifecycle, naming the wrong step.
        """
        with validation.located(f"job {self.job_id}"):
            steps, self._begins = parse_lifecycle(lifecycle), parse_begins(begins)
            self._change(steps, {}, waits=begins != "now")

    def update(
        self, *, status: str | None = None, extra: Mapping[str, Any] | None = None, **detail: Any
    ) -> None:
        """Change fields of ``job_detail``.

        :param status: a new status, as in :meth:`set_status`.
        :param extra: fields of any name and value, merged into those that the job has.
        :param detail: the fields; ``job_config`` is merged into the present one.
        :raises ValueError: for an unknown field, and for a value that JSON can't hold.
        """
        with validation.located(f"job {self.job_id}"):
            self._change(None if status is None else [(parse_status(status), None)], detail, extra)

    def set_run(self, lifecycle: Lifecycle, status_desc: str = "") -> None:
        """Set how runs that are started through the API go, from the next one on.

        :param lifecycle: the statuses once the run shows, as in ``DliEmulator.add_job``.
        :param status_desc: the reason, shown while a status is a failure.
        :raises ValueError: for a wrong lifecycle, naming the wrong step.
        """
        with validation.located(f"job {self.job_id}"):
            self._run, self._run_desc = parse_lifecycle(lifecycle), status_desc

    @property
    def is_stopped(self) -> bool:
        """True if the job doesn't run, and no accepted run is about to show."""
        with self._lock:
            return self._timeline.advance() in STOPPED and self._clock.time() >= self._submitted_until

    @property
    def savepoint(self) -> str | None:
        """The path of the savepoint that the next run can resume from, or None."""
        with self._lock:
            return self._savepoint.path

    def run(self) -> None:
        """Begin a run, which uses up the savepoint."""
        with self._lock:
            delay, run = self._behaviour.run_delay, self._run or parse_lifecycle(self._behaviour.run)
            steps = [(self._timeline.advance(), delay), *run] if delay else run
            self._detail.pop("status_desc", None)
            self._submitted_at = self._clock.time()
            self._submitted_until = self._submitted_at + delay
            self._savepoint.clear()
            if self._detail.get("job_type", "flink_jar_job") == "flink_jar_job":
                fill_in_checkpoint_path(self._config, self.job_id)
            self._timeline.restart(steps)

    def stop(self, savepoint_path: str | None) -> None:
        """Begin to stop, after a savepoint if it gets a path."""
        with self._lock:
            behaviour, status = self._behaviour, self._timeline.advance()
            steps = [(status, behaviour.stop_delay)] if behaviour.stop_delay else []
            if savepoint_path is not None:
                steps.append((FlinkJobStatus.JOB_SAVEPOINTING, behaviour.savepoint_seconds))
                self._savepoint.put(savepoint_path, behaviour.stop_delay + behaviour.savepoint_seconds)
            self._submitted_until = 0.0
            self._timeline.restart([*steps, *parse_lifecycle(behaviour.stop)])

    def trigger_savepoint(self, path: str) -> None:
        """Begin to make a savepoint; the job goes on running."""
        with self._lock:
            seconds = self._behaviour.savepoint_seconds
            self._timeline.interrupt(FlinkJobStatus.JOB_SAVEPOINTING, seconds)
            self._savepoint.put(path, seconds)

    def import_savepoint(self, path: str) -> None:
        """Let the next run resume from a savepoint."""
        with self._lock:
            self._savepoint.put(path)

    def record(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Return all fields of the job that any answer shows."""
        with self._lock:
            status = self._timeline.advance()
            record = {
                "job_id": self.job_id,
                **defaults,
                "name": self.name,
                **DEFAULT_DETAIL,
                "status_desc": self._run_desc if status.is_failure else "",
                "job_config": self._config | self._extra_config,
                "status": status,
                "create_time": self._created,
                "update_time": self._update_time(),
                **(self._savepoint.fields() if self._behaviour.shows_savepoints else {}),
                **self._detail,
                "start_time": self._start_time(),
                **self._extra,
            }
            brief = {
                "user_name": "",
                "duration": self._duration(record["start_time"]),
                "root_id": self._config["root_id"],
            }
            return brief | record

    def __repr__(self) -> str:
        return f"<EmulatedJob {self.job_id} {self.name!r:.80} {self.status}>"

    def _start_time(self) -> Any:
        """Return the start of the last run, or the one that was given, until a run is accepted and starts."""
        started, submitted = self._timeline.started, self._submitted_at
        if "start_time" in self._detail and (not submitted or (started or 0.0) < submitted):
            started = None
        if self._behaviour.start_time_at_acceptance and submitted:
            started = max(started or 0.0, submitted)
        return self._detail.get("start_time") if started is None else _milliseconds(started)

    def _update_time(self) -> int:
        if self._behaviour.update_time_follows_status:
            return max(self._edited, _milliseconds(self._timeline.since))
        return self._edited

    def _duration(self, start_time: object) -> int:
        if not isinstance(start_time, int):
            return 0
        return max(0, _milliseconds(self._timeline.ended) - start_time)

    def _change(
        self,
        steps: list[Step] | None,
        detail: Mapping[str, Any],
        extra: Mapping[str, Any] | None = None,
        *,
        waits: bool = False,
    ) -> None:
        fields, config = parse_fields(detail)
        extra_fields, extra_config = parse_extra(extra or {})
        with self._lock:
            if steps is not None:
                if self._timeline.advance() != steps[0][0]:
                    self._detail.pop("status_desc", None)
                self._timeline.restart(steps, waits=waits)
                self._submitted_until = 0.0
                self._savepoint.abort()
            self._savepoint.take_over(fields)
            if fields or config or extra:
                self._edited = _milliseconds(self._clock.time())
                self._detail.pop("update_time", None)
            self._detail |= fields
            self._config |= config
            self._extra |= extra_fields
            self._extra_config |= extra_config


def _milliseconds(epoch: float) -> int:
    return int(epoch * 1000)
