"""The pages of ListFlinkJobs one after the other, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dli_provider.api.endpoints import MAX_PAGE, Call, JobPage, list_flink_jobs


class Pages:
    """Says which page to read next, and takes out of it the jobs that a former page had.

    The order is ascending by time unless the filters say otherwise: jobs created while the pages are read
    then come last, instead of moving all others on by one.

    :param filters: filters of ListFlinkJobs; ``show_detail`` is on unless they say otherwise.
    :raises ValueError: for ``limit`` and ``offset``, and at the first :meth:`next_call` for a filter that the
        endpoint does not have.
    """

    def __init__(self, filters: Mapping[str, object]) -> None:
        for name in ("limit", "offset"):
            if name in filters:
                raise ValueError(
                    f"{name} is no filter: all pages are read, {MAX_PAGE} jobs at a time; stop the iteration "
                    "where you have enough"
                )
        self._filters: dict[str, Any] = {"show_detail": True, "order": "asc", **filters}
        self._offset = 0
        self._done = False
        self._seen: set[int] = set()

    def next_call(self) -> Call[JobPage] | None:
        """Return the call for the next page; None after the last."""
        return None if self._done else list_flink_jobs(offset=self._offset, **self._filters)

    def take(self, page: JobPage) -> JobPage:
        """Note a page that was read, and return it without the jobs that came before."""
        self._offset += page.length
        fresh = tuple(job for job in page.jobs if job.job_id is None or job.job_id not in self._seen)
        is_last = self._offset >= page.total_count if page.total_count else page.length < MAX_PAGE
        self._done = is_last or not (fresh or page.unreadable)
        self._seen.update(job.job_id for job in fresh if job.job_id is not None)
        return replace(page, jobs=fresh)
