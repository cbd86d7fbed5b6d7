"""Reads a fleet of Flink jobs in as few calls as can be, and judges each job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
from dli_provider.flink.health import HealthRules, Problem
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.job_health import JobHealth

if TYPE_CHECKING:
    from dli_provider.api.client import DliClient
    from dli_provider.operators.fleet_selection import FleetSelection

_FEW = 3
"""Jobs that are read one by one rather than from the list; and errors that are taken for the connection's own
when they are all that came."""


class FleetReader:
    """Reads jobs and judges each.

    A list is read whole or the reading fails: a page that contradicts the list raises
    :class:`~dli_provider.api.errors.DliProtocolError`.

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

    def read(self, selection: FleetSelection) -> Iterator[JobHealth]:
        """Yield the health of every job of a selection.

        :param selection: the jobs.
        :raises DliError: when they can't be read.
        """
        if selection.job_ids is None:
            return self.read_list(selection.filters)
        return self.read_ids(selection.job_ids)

    def read_list(self, filters: Mapping[str, Any]) -> Iterator[JobHealth]:
        """Yield the health of every job that filters leave.

        A page that can't be read with its jobs' details, since it is larger than an answer may be, is read
        without them, and then its jobs one by one.

        :param filters: filters of ListFlinkJobs.
        :raises DliError: when the list can't be read whole.
        """
        pages = Pages(filters)
        while call := pages.next_call():
            try:
                page = pages.take(self._client.call(call))
            except DliProtocolError as error:
                page = pages.take(self._client.call(_without_detail(call)))
                self._tell(
                    "Reading %s jobs one by one, since their page can't be read: %s", page.length, error
                )
                job_ids = [job.job_id for job in page.jobs if job.job_id is not None]
                yield from self._read_one_by_one(job_ids, answered=True)
                for job in page.jobs:
                    if job.job_id is None:
                        yield _unreadable(None, "the list tells no job_id, so that its detail can't be read")
            else:
                yield from map(self._judge, page.jobs)
            for problem in page.unreadable:
                yield _unreadable(None, problem)

    def read_ids(self, job_ids: Iterable[int]) -> Iterator[JobHealth]:
        """Yield the health of every job of some ids.

        They are read from the list while its pages are fewer than the jobs, and otherwise one by one.

        :param job_ids: the jobs.
        :raises DliError: when they can't be read.
        """
        wanted = dict.fromkeys(job_ids)
        asked = len(wanted)
        try:
            pages = self._client.list_flink_job_pages() if len(wanted) > _FEW else iter(())
            for page in pages:
                for job in page.jobs:
                    if job.job_id in wanted:
                        del wanted[job.job_id]
                        yield self._judge(job)
                if page.total_count > MAX_PAGE * len(wanted):
                    break
        except (DliAuthError, DliSettingsError):
            raise
        except DliError as error:
            self._tell("Reading %s jobs one by one, since their list can't be read: %s", len(wanted), error)
        yield from self._read_one_by_one(wanted, answered=len(wanted) < asked)

    def _read_one_by_one(self, job_ids: Collection[int], *, answered: bool) -> Iterator[JobHealth]:
        """Yield the health of jobs that are read one by one.

        :param job_ids: the jobs.
        :param answered: whether DLI gave any job yet. If not, and the first three jobs (or all of them) get
            nothing but errors, the last error is taken for the connection's own.
        :raises DliError: in that case, and for an error that concerns all jobs.
        """
        failed = 0
        for job_id in job_ids:
            try:
                health = self._read(job_id)
                answered = True
            except (DliBadRequestError, DliForbiddenError, DliProtocolError, DliServerError) as error:
                failed += 1
                if not answered and failed == min(_FEW, len(job_ids)):
                    raise
                health = _unreadable(job_id, error)
            yield health

    def _read(self, job_id: int) -> JobHealth:
        try:
            return self._judge(self._client.show_flink_job(job_id))
        except DliNotFoundError:
            problem = Problem("missing", "doesn't exist in this project, or isn't yours")
            return JobHealth("missing", job_id, problems=(problem,))

    def _judge(self, job: FlinkJob) -> JobHealth:
        return JobHealth.of(job, self._rules, self._now)


def _unreadable(job_id: int | None, reason: object) -> JobHealth:
    return JobHealth("unreadable", job_id, problems=(Problem("unreadable", str(reason)),))


def _without_detail(call: Call[JobPage]) -> Call[JobPage]:
    return replace(call, query=tuple({**dict(call.query), "show_detail": "false"}.items()))
