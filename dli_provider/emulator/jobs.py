"""The jobs of the emulated DLI, and how their status moves on with time."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from dli_provider.flink.status import FlinkJobStatus

Lifecycle: TypeAlias = Sequence[tuple[str, float | None]]

DEFAULT_LIFECYCLE: Lifecycle = (("job_submitting", 2.0), ("job_running", None))

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

_RUNNING = frozenset({FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_SAVEPOINTING})

_ONLY_IN_DETAIL = (
    *("user_id", "project_id", "sql_body", "run_mode", "job_config", "main_class", "entrypoint_args"),
    *("execution_graph", "update_time"),
)


class EmulatedJob:
    """A job of the emulated DLI.

    :param job_id: its id.
    :param lifecycle: statuses, each with the seconds it lasts; None, or the end of the list, lasts for ever.
    :param detail: fields of ``job_detail``; ``job_config`` is laid over the default one.
    """

    def __init__(self, job_id: int, lifecycle: Lifecycle, detail: Mapping[str, Any]) -> None:
        self.job_id = job_id
        self._lock = threading.Lock()
        self._born = time.time()
        self._lifecycle = _checked(lifecycle)
        self._since = self._born
        self._started: float | None = None
        self._descriptions: dict[str, str] = {}
        own = copy.deepcopy(dict(detail))
        self._config = {**_CONFIG, **(own.pop("job_config", None) or {})}
        self._detail = own

    @property
    def status(self) -> str:
        """The status it has now."""
        with self._lock:
            return self._move()

    def set_status(self, status: str, status_desc: str | None = None) -> None:
        """Have the job take a status now, and keep it."""
        self.set_lifecycle([(status, None)])
        if status_desc is not None:
            self.update(status_desc=status_desc)

    def set_lifecycle(self, lifecycle: Lifecycle) -> None:
        """Have the job live through these statuses from now on."""
        steps = _checked(lifecycle)
        with self._lock:
            self._move()
            self._lifecycle, self._since = steps, time.time()

    def update(self, **detail: Any) -> None:
        """Change fields of ``job_detail``; ``job_config`` is laid over the present one."""
        with self._lock:
            self._config |= detail.pop("job_config", None) or {}
            self._detail |= detail

    def detail(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """Return the job as ShowFlinkJob shows it."""
        with self._lock:
            status = self._move()
            return {
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
                "create_time": int(self._born * 1000),
                "update_time": int(self._since * 1000),
                "start_time": None if self._started is None else int(self._started * 1000),
                **self._detail,
            }

    def item(self, defaults: Mapping[str, Any], *, show_detail: bool) -> dict[str, Any]:
        """Return the job as ListFlinkJobs shows it: a start that never was is 0 there, not null."""
        item = self.detail(defaults)
        item["start_time"] = item["start_time"] or 0
        if show_detail:
            return item
        for key in _ONLY_IN_DETAIL:
            item.pop(key, None)
        started = item["start_time"]
        duration = int(time.time() * 1000) - started if started and item["status"] in _RUNNING else 0
        return {"user_name": "", "duration": duration, "root_id": -1, **item}

    def _move(self) -> str:
        """Move on to the status of this moment, and return it."""
        now = time.time()
        while len(self._lifecycle) > 1:
            status, seconds = self._lifecycle[0]
            if status in _RUNNING and self._started is None:
                self._started = self._since
            if seconds is None or self._since + seconds > now:
                return status
            self._since += seconds
            del self._lifecycle[0]
        status = self._lifecycle[0][0]
        if status in _RUNNING and self._started is None:
            self._started = self._since
        return status


class JobStore:
    """The jobs of a project, by id and in the order of their creation."""

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self._defaults = dict(defaults)
        self._jobs: dict[int, EmulatedJob] = {}
        self._lock = threading.Lock()

    def add(self, job: EmulatedJob) -> None:
        """Add a job, or put it in the place of the one that had its id."""
        with self._lock:
            self._jobs[job.job_id] = job

    def remove(self, job_id: int) -> None:
        """Delete a job."""
        with self._lock:
            del self._jobs[job_id]

    def get(self, job_id: int) -> EmulatedJob | None:
        """Return a job; None when there is none of that id."""
        return self._jobs.get(job_id)

    def detail(self, job: EmulatedJob) -> dict[str, Any]:
        """Return a job as ShowFlinkJob shows it."""
        return job.detail(self._defaults)

    def items(
        self, filters: Mapping[str, str], *, offset: int, limit: int, newest_first: bool, show_detail: bool
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return how many jobs match, and a page of them as ListFlinkJobs shows it.

        :param filters: values by parameter; ``name`` matches the beginning of a job's name.
        """
        with self._lock:
            jobs = list(self._jobs.values())
        if filters:
            jobs = [job for job in jobs if self._matches(job, filters)]
        if newest_first:
            jobs.reverse()
        page = jobs[offset : offset + limit]
        return len(jobs), [job.item(self._defaults, show_detail=show_detail) for job in page]

    def _matches(self, job: EmulatedJob, filters: Mapping[str, str]) -> bool:
        detail = self.detail(job)
        return all(_passes(detail, name, wanted) for name, wanted in filters.items())

    def __iter__(self) -> Iterator[EmulatedJob]:
        return iter(list(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)


def _checked(lifecycle: Lifecycle) -> list[tuple[str, float | None]]:
    steps = list(lifecycle)
    if not steps:
        raise ValueError("lifecycle is empty: it takes one or more pairs of a status and seconds")
    return steps


def _passes(detail: Mapping[str, Any], name: str, wanted: str) -> bool:
    if name == "name":
        return str(detail["name"]).startswith(wanted)
    if name == "root_job_id":
        return str(detail["job_config"].get("root_id")) == wanted
    if name == "tags":
        return all(pair in _tags(detail.get("tags")) for pair in wanted.split(",") if pair)
    return str(detail.get(name, "")) == wanted


def _tags(tags: object) -> set[str]:
    if isinstance(tags, Mapping):
        return {f"{key}={value}" for key, value in tags.items()}
    return set(str(tags or "").split(","))
