"""The jobs of a project: kept by id, found by the filters of ListFlinkJobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from dli_provider.emulator.model.fields import ONLY_IN_BRIEF, ONLY_IN_DETAIL
from dli_provider.emulator.model.job import EmulatedJob

_FIRST_ID = 2**31 + 1
"""The least id of a job that is created through the API: no 32 bits hold it."""


class JobStore:
    """The jobs of a project, by id.

    :param defaults: fields of jobs that don't have their own.
    """

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self._defaults = dict(defaults)
        self._jobs: dict[int, EmulatedJob] = {}
        self._lock = threading.Lock()
        self._last_id = _FIRST_ID - 1

    def add(self, job: EmulatedJob) -> None:
        """Add a job; it replaces one of the same id."""
        with self._lock:
            self._jobs[job.job_id] = job

    def new_id(self) -> int:
        """Return an id that no job has or had."""
        with self._lock:
            self._last_id += 1
            while self._last_id in self._jobs:
                self._last_id += 1
            return self._last_id

    def named(self, name: str) -> EmulatedJob | None:
        """Return the first job of that name, or None."""
        return next((job for job in self if job.name == name), None)

    def value(self, job: EmulatedJob, name: str) -> Any:
        """Return a field of ``job_detail`` or of ``job_config``, as an answer shows it; None for none."""
        record = job.record(self._defaults)
        return record.get(name, record["job_config"].get(name))

    def remove(self, job_id: int) -> None:
        """Delete a job.

        :raises KeyError: when there is no such job.
        """
        with self._lock:
            del self._jobs[job_id]

    def get(self, job_id: int) -> EmulatedJob | None:
        """Return the job of that id, or None."""
        return self._jobs.get(job_id)

    def detail(self, job: EmulatedJob) -> dict[str, Any]:
        """Return a job as ShowFlinkJob shows it."""
        return _without(ONLY_IN_BRIEF, job.record(self._defaults))

    def items(
        self, filters: Mapping[str, str], *, offset: int, limit: int, newest_first: bool, show_detail: bool
    ) -> tuple[int, list[dict[str, Any]]]:
        """Return how many jobs match, and a page of them as ListFlinkJobs shows it.

        The start of a job that never started is 0 there. All jobs count as read, because each was looked at.

        :param filters: values by parameter; ``name`` matches the beginning of a job's name. Without
            ``root_job_id`` the children of edge jobs are left out.
        """
        jobs = sorted(self, key=lambda job: job.create_time)
        if newest_first:
            jobs.reverse()
        for job in jobs:
            job.begin(shown=False)
        if "root_job_id" not in filters:
            jobs = [job for job in jobs if not job.is_edge_child]
        if filters:
            jobs = [job for job in jobs if self._matches(job, filters)]
        page = jobs[offset : offset + limit]
        hidden = ONLY_IN_BRIEF if show_detail else ONLY_IN_DETAIL
        items = [_without(hidden, job.record(self._defaults)) for job in page]
        return len(jobs), [item | {"start_time": item["start_time"] or 0} for item in items]

    def _matches(self, job: EmulatedJob, filters: Mapping[str, str]) -> bool:
        record = job.record(self._defaults)
        return all(_passes(record, name, wanted) for name, wanted in filters.items())

    def __iter__(self) -> Iterator[EmulatedJob]:
        with self._lock:
            return iter(list(self._jobs.values()))

    def __repr__(self) -> str:
        return f"<JobStore {list(self)}>"

    def __len__(self) -> int:
        return len(self._jobs)


def _without(names: frozenset[str], record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def _passes(record: Mapping[str, Any], name: str, wanted: str) -> bool:
    if name == "name":
        return str(record["name"]).startswith(wanted)
    if name == "root_job_id":
        return str(record["root_id"]) == wanted
    if name == "tags":
        return all(pair in _tags(record.get("tags")) for pair in wanted.split(",") if pair)
    return str(record.get(name, "")) == wanted


def _tags(tags: object) -> set[str]:
    """Return tags as ``key=value``: given as a mapping, as requests list them, or as text."""
    if isinstance(tags, Mapping):
        return {f"{key}={value}" for key, value in tags.items()}
    if isinstance(tags, list):
        return {f"{tag.get('key')}={tag.get('value')}" if isinstance(tag, dict) else str(tag) for tag in tags}
    return set(str(tags or "").split(","))
