"""The pages of ListFlinkJobs one after the other, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dli_provider.api.endpoints import MAX_PAGE, Call, JobPage, list_flink_jobs
from dli_provider.api.errors import DliProtocolError
from dli_provider.flink.job import FlinkJob

MAX_PAGES = 1000
"""Pages after which a list is taken for one without end."""


class Pages:
    """Says which page to read next, takes out of it the jobs that a former page had, and knows whether the
    list was read whole.

    The order is ascending by time unless the filters say otherwise: jobs created while the pages are read
    then come last, instead of moving all others on by one. When jobs vanish meanwhile, those behind them move
    up by as many, so that the next page begins as much earlier.

    :param filters: filters of ListFlinkJobs; ``show_detail`` is on unless they say otherwise.
    :ivar is_complete: True when every page was taken.
    :raises ValueError: for ``limit`` and ``offset``, and at the first :meth:`next_call` for a filter that the
        endpoint does not have.
    """

    def __init__(self, filters: Mapping[str, Any]) -> None:
        for name in ("limit", "offset"):
            if name in filters:
                raise ValueError(
                    f"{name} is no filter: all pages are read, {MAX_PAGE} jobs at a time; stop the iteration "
                    "where you have enough"
                )
        chosen = {name: value for name, value in filters.items() if value is not None}
        self._filters: dict[str, Any] = {"show_detail": True, "order": "asc", **chosen}
        self._offset = 0
        self._total = 0
        self._taken = 0
        self._is_overlapping = False
        self._seen: set[int] = set()
        self.is_complete = False

    def next_call(self) -> Call[JobPage] | None:
        """Return the call for the next page; None after the last.

        A page that contradicts the list, such as an empty one before the list's end, makes the call fail with
        a transient error, so that it is made again.

        :raises DliProtocolError: for a list without end.
        """
        if self.is_complete:
            return None
        if self._taken >= MAX_PAGES:
            raise DliProtocolError(f"The list of jobs has no end: {MAX_PAGES} pages were read")
        call = list_flink_jobs(offset=self._offset, **self._filters)

        def read(content: Any) -> JobPage:
            page = call.read(content)
            self._check(page)
            return page

        return replace(call, read=read)

    def take(self, page: JobPage) -> JobPage:
        """Note a page that was read, and return it without the jobs that came before.

        :raises DliProtocolError: when the page contradicts the list, a transient one.
        """
        self._check(page)
        vanished = max(0, self._total - page.total_count)
        begin, end = self._offset, self._offset + page.length
        self._offset = max(0, begin - vanished) if vanished else end
        self._is_overlapping = vanished > 0
        self._total = page.total_count
        self._taken += 1
        self.is_complete = self._offset >= self._total if self._total else page.length < MAX_PAGE
        return replace(page, jobs=tuple(job for job in page.jobs if self._is_new(job)))

    def _is_new(self, job: FlinkJob) -> bool:
        """Tell whether no former item was this job, and remember it. Jobs without an id are all new."""
        if job.job_id is None:
            return True
        is_new = job.job_id not in self._seen
        self._seen.add(job.job_id)
        return is_new

    def _check(self, page: JobPage) -> None:
        """Raise for a page that can't be the list's next one: jobs would be missing, nobody knows which."""
        where = f"The list of jobs contradicts itself: its page from {self._offset} "
        if self._taken and self._total and not page.total_count:
            problem = f"has a total_count of 0, after {self._total}"
        elif not page.length and self._offset < page.total_count:
            problem = f"is empty, though there are {page.total_count} jobs"
        elif self._offset and page.length and not self._has_news(page):
            problem = "has only jobs of the pages before"
        else:
            return
        raise DliProtocolError(where + problem, transient=True)

    def _has_news(self, page: JobPage) -> bool:
        """Tell whether a later page has anything new; when it overlaps with the one before it need not."""
        if self._is_overlapping or page.unreadable:
            return True
        return any(job.job_id is not None and job.job_id not in self._seen for job in page.jobs)
