"""Reads a fleet of Flink jobs by the cheapest way, and gives the verdict on each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dli_provider.api.client import DliClient
from dli_provider.api.endpoints import MAX_PAGE, Call, JobPage
from dli_provider.api.errors import (
    DliAuthError,
    DliBadRequestError,
    DliError,
    DliForbiddenError,
    DliNotFoundError,
    DliProtocolError,
    DliServerError,
    DliSettingsError,
)
from dli_provider.api.paging import Pages
from dli_provider.flink.health import HealthRules, JobHealth, Problem
from dli_provider.flink.job import FlinkJob

_SINGLY = 3


class FleetReader:
    """Reads jobs, and gives the verdict on each.

    :param client: the client that reads them.
    :param rules: what makes a job healthy.
    :param now: the moment of the check.
    :param tell: takes a line for the log, and its arguments.
    """

    def __init__(
        self, client: DliClient, rules: HealthRules, now: datetime, tell: Callable[..., object]
    ) -> None:
        self._client = client
        self._rules = rules
        self._now = now
        self._tell = tell

    def of_list(self, filters: Mapping[str, Any]) -> Iterator[JobHealth]:
        """Yield the verdict on every job that filters leave.

        The jobs of a page that can't be read, for with their details it is larger than an answer may be, are
        read one by one.

        :param filters: filters of ListFlinkJobs.
        """
        pages = Pages(filters)
        while call := pages.next_call():
            try:
                page = pages.take(self._client.call(call))
            except DliProtocolError as error:
                page = pages.take(self._client.call(_without_detail(call)))
                self._tell("Reading %s jobs one by one, for their page can't be read: %s", page.length, error)
                job_ids = [job.job_id for job in page.jobs if job.job_id is not None]
                yield from self._singly(job_ids, answered=True)
            else:
                yield from map(self._verdict, page.jobs)
            for problem in page.unreadable:
                yield _unreadable(None, problem)

    def of_ids(self, job_ids: Iterable[int]) -> Iterator[JobHealth]:
        """Yield the verdict on every one of some jobs: from pages of the list while these are fewer than the
        jobs and can be read, and from single reads otherwise.

        :param job_ids: the jobs.
        """
        wanted = dict.fromkeys(job_ids)
        asked = len(wanted)
        try:
            pages = self._client.list_flink_job_pages() if len(wanted) > _SINGLY else iter(())
            for page in pages:
                for job in page.jobs:
                    if job.job_id in wanted:
                        del wanted[job.job_id]
                        yield self._verdict(job)
                if page.total_count > MAX_PAGE * len(wanted):
                    break
        except (DliAuthError, DliSettingsError):
            raise
        except DliError as error:
            self._tell("Reading %s jobs one by one, for their list can't be read: %s", len(wanted), error)
        yield from self._singly(wanted, answered=len(wanted) < asked)

    def _singly(self, job_ids: Collection[int], *, answered: bool) -> Iterator[JobHealth]:
        """Yield the verdict on jobs that are read one by one.

        :param job_ids: the jobs.
        :param answered: whether DLI gave any job yet. If not, and errors are all that the first three (or all
            of them) get, that is taken for the connection's own error.
        :raises DliError: in that case.
        """
        failed = 0
        for job_id in job_ids:
            try:
                verdict = self._read(job_id)
                answered = True
            except (DliBadRequestError, DliForbiddenError, DliProtocolError, DliServerError) as error:
                failed += 1
                if not answered and failed == min(_SINGLY, len(job_ids)):
                    raise
                verdict = _unreadable(job_id, error)
            yield verdict

    def _read(self, job_id: int) -> JobHealth:
        try:
            return self._verdict(self._client.show_flink_job(job_id))
        except DliNotFoundError:
            problem = Problem("missing", "doesn't exist in this project, or isn't yours")
            return JobHealth("missing", job_id, problems=(problem,))

    def _verdict(self, job: FlinkJob) -> JobHealth:
        return JobHealth.of(job, self._rules, self._now)


def _unreadable(job_id: int | None, error: Exception) -> JobHealth:
    return JobHealth("unreadable", job_id, problems=(Problem("unreadable", str(error)),))


def _without_detail(call: Call[JobPage]) -> Call[JobPage]:
    return replace(call, query=tuple({**dict(call.query), "show_detail": "false"}.items()))
