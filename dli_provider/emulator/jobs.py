"""The jobs of the emulated DLI, and the fields that the real service shows of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from dli_provider.emulator import checks
from dli_provider.emulator.lifecycle import DEFAULT_LIFECYCLE, Life, Lifecycle, Step, status_of, steps_of
from dli_provider.flink.arguments import parse_job_id

Begins: TypeAlias = Literal["now", "first_read"]

_CONFIG: dict[str, Any] = {
    "checkpoint_enabled": False,
    "checkpoint_interval": 10,
    "checkpoint_mode": "exactly_once",
    "log_enabled": False,
    "obs_bucket": None,
    "root_id": -1,
    "edge_group_ids": None,
    "graph_editor_enabled": False,
    "graph_editor_data": "",
    "manager_cu_number": 1,
    "executor_number": None,
    "executor_cu_number": None,
    "cu_number": 2,
    "parallel_number": 1,
    "smn_topic": None,
    "restart_when_exception": False,
    "idle_state_retention": 3600,
    "config_url": None,
    "udf_jar_url": None,
    "dirty_data_strategy": None,
    "entrypoint": "job.jar",
    "dependency_jars": [],
    "dependency_files": [],
}
"""The keys, nulls and defaults of the first sample answer of the ShowFlinkJob page."""

_ONLY_IN_BRIEF = frozenset({"user_name", "duration", "root_id"})
_ONLY_IN_DETAIL = frozenset(
    {
        *("user_id", "project_id", "sql_body", "run_mode", "job_config", "main_class", "entrypoint_args"),
        *("execution_graph", "update_time"),
    }
)

_NO_FIELDS = {
    "job_id": "a job keeps its id; add_job adds another",
    "status": "set_status changes it",
    "lifecycle": "set_lifecycle changes it",
    "begins": "it is said when the job is added",
}


class EmulatedJob:
    """A job of the emulated DLI.

    :param job_id: its id.
    :param lifecycle: statuses, each with the seconds it lasts; None, or the end of the list, lasts for ever.
    :param detail: fields of ``job_detail``; ``job_config`` is laid over the default one.
    :param status: a status that lasts for ever, instead of a lifecycle.
    :param begins: when its life begins.
    :raises ValueError: for a job that can't be, naming what is wrong with it.
    """

    def __init__(
        self,
        job_id: int | str,
        lifecycle: Lifecycle | None,
        detail: Mapping[str, Any],
        *,
        status: str | None = None,
        begins: Begins = "now",
    ) -> None:
        self.job_id = parse_job_id(job_id)
        self._lock = threading.Lock()
        with self._naming():
            if begins not in get_args(Begins):
                raise checks.complaint("begins", "'now' or 'first_read'", begins)
            self._life = Life(_steps(lifecycle, status), waits=begins == "first_read")
            self._detail, config = _fields(detail)
        self._config = _CONFIG | config
        self._created = int(self._life.since * 1000)

    @property
    def status(self) -> str:
        """The status it has now."""
        with self._lock:
            return self._life.move()

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

    def begin(self) -> None:
        """Begin the life that waits for the first reading."""
        with self._lock:
            self._life.begin()

    def set_status(self, status: str, status_desc: str | None = None) -> None:
        """Have the job take a status now, and keep it.

        :param status: the status.
        :param status_desc: why; a new status without one has an empty one.
        :raises ValueError: for a status that is none.
        """
        with self._naming():
            own = {} if status_desc is None else {"status_desc": status_desc}
            self._change([(status_of(status), None)], own)

    def set_lifecycle(self, lifecycle: Lifecycle) -> None:
        """Have the job live through these statuses from now on; a new status has an empty ``status_desc``.

        :param lifecycle: as :class:`EmulatedJob` takes it.
        :raises ValueError: for a lifecycle that is none, naming the step at fault.
        """
        with self._naming():
            self._change(steps_of(lifecycle), {})

    def update(self, *, status: str | None = None, **detail: Any) -> None:
        """Change fields of ``job_detail``.

        :param status: a status that the job takes now, as by :meth:`set_status`.
        :param detail: the fields; ``job_config`` is laid over the present one.
        :raises ValueError: for what is no field, and for what JSON can't hold.
        """
        with self._naming():
            self._change(None if status is None else [(status_of(status), None)], detail)

    def detail(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Return the job as ShowFlinkJob shows it."""
        return _without(_ONLY_IN_BRIEF, self.record(defaults))

    def item(self, defaults: Mapping[str, Any], *, show_detail: bool) -> dict[str, Any]:
        """Return the job as ListFlinkJobs shows it: a start that never was is 0 there, not null."""
        item = _without(_ONLY_IN_BRIEF if show_detail else _ONLY_IN_DETAIL, self.record(defaults))
        return item | {"start_time": item["start_time"] or 0}

    def record(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Return all fields that any answer shows of it."""
        with self._lock:
            life, status = self._life, self._life.move()
            record = {
                "job_id": self.job_id,
                **defaults,
                "name": f"job_{self.job_id}",
                "desc": "",
                "sql_body": "",
                "run_mode": "exclusive_cluster",
                "job_type": "flink_jar_job",
                "job_config": dict(self._config),
                "main_class": None,
                "entrypoint_args": None,
                "execution_graph": None,
                "status": status,
                "status_desc": "",
                "create_time": self._created,
                "update_time": int(life.since * 1000),
                "start_time": None if life.started is None else int(life.started * 1000),
                **self._detail,
            }
            brief = {
                "user_name": "",
                "duration": self._duration(record["start_time"]),
                "root_id": self._config["root_id"],
            }
            return brief | record

    def _duration(self, start_time: object) -> int:
        if not isinstance(start_time, int):
            return 0
        return max(0, int(self._life.ended * 1000) - start_time)

    def _change(self, steps: list[Step] | None, detail: Mapping[str, Any]) -> None:
        fields, config = _fields(detail)
        with self._lock:
            if steps is not None:
                if self._life.move() != steps[0][0]:
                    self._detail.pop("status_desc", None)
                self._life.turn(steps)
            self._detail |= fields
            self._config |= config

    @contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except ValueError as problem:
            raise ValueError(f"job {self.job_id}: {problem}") from None


def _steps(lifecycle: Lifecycle | None, status: str | None) -> list[Step]:
    if status is None:
        return steps_of(DEFAULT_LIFECYCLE if lifecycle is None else lifecycle)
    if lifecycle is not None:
        raise ValueError("status and lifecycle are two ways to say the same: give one of them")
    return [(status_of(status), None)]


def _fields(detail: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return fields of ``job_detail`` and of ``job_config`` as an answer can hold them."""
    for name in _NO_FIELDS.keys() & detail.keys():
        raise ValueError(f"{name} is no field to be given: {_NO_FIELDS[name]}")
    fields = {name: _as_json(name, value) for name, value in detail.items()}
    config = fields.pop("job_config", {})
    if not isinstance(config, dict):
        raise checks.complaint("job_config", "a mapping", config)
    if "root_id" in fields:
        config["root_id"] = fields.pop("root_id")
    return fields, config


def _as_json(name: str, value: object) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} {value} has no time zone: give it one, or epoch milliseconds")
        return round(value.timestamp() * 1000)
    try:
        text = json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as problem:
        raise ValueError(f"{name} can't be part of an answer in JSON: {problem}") from None
    return json.loads(text)


def _without(names: frozenset[str], record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
