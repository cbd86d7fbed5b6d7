"""What a poller reads in a round: all jobs by pages of the list, every job by itself, or some of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from dli_provider.api.paging import Pages
from dli_provider.polling.rate_limiter import sweep_period
from dli_provider.polling.scheduler import Task

if TYPE_CHECKING:
    from dli_provider.polling.subscriber import Watch


class Job(Task):
    """A job, and those who watch it.

    :param job_id: the job.
    :param interval: the shortest interval of those who watch it.
    :param read_at: the loop's time when it was read last.
    """

    __slots__ = ("failures", "interval", "job_id", "read_at", "round", "watches")

    def __init__(self, job_id: int, interval: float, read_at: float) -> None:
        super().__init__()
        self.job_id = job_id
        self.interval = interval
        self.read_at = read_at
        self.round = 0
        self.watches: dict[Watch, None] = {}
        self.failures = 0


class ListScan(Task):
    """A pass over the pages of the list, spread over a period.

    :param period: seconds that it takes.
    :param started: the loop's time when it began.
    :param filters: filters of the list.
    """

    def __init__(self, period: float, started: float, filters: Mapping[str, str]) -> None:
        super().__init__()
        self.period = period
        self.started = started
        self.read = 0
        self.pages = Pages({"show_detail": False, **filters})

    def advance(self, began: float, spacing: float) -> float:
        """Note that a page was read, and return when the next is due.

        A sweep that was held up, by an outage for one, goes on from there instead of making up for it.

        :param began: the loop's time when the page was asked for.
        :param spacing: seconds from page to page.
        """
        late = began - (self.started + spacing * self.read)
        if late > spacing:
            self.started += late
        self.read += 1
        return self.started + spacing * self.read


class Plan(Task):
    """The choice of what the next round reads."""


class ReadStrategy:
    """Chooses between single reads and a sweep, round after round.

    :param filters: filters of the list.
    """

    def __init__(self, filters: Mapping[str, str]) -> None:
        self._filters = filters
        self._list_after = 0.0
        self.number = 0
        self.sweep: ListScan | None = None
        self.listed = 0
        self.list_failures = 0

    def covers(self, job: Job) -> bool:
        """Tell whether the sweep reads a job as often as is wanted, if the list shows it."""
        return self.sweep is not None and job.interval >= self.sweep.period

    def period(self, jobs: Collection[Job], fleet: Collection[Watch]) -> float | None:
        """Return the period of the sweep that serves best; None when none does.

        :param jobs: the watched jobs.
        :param fleet: those who watch every listed job.
        """
        if fleet:
            return min(watch.interval for watch in fleet)
        return sweep_period(Counter(job.interval for job in jobs), self.listed)

    def begin(self, jobs: Collection[Job], fleet: Collection[Watch], now: float) -> ListScan | None:
        """Begin a round, and return its sweep if it has one."""
        self.number += 1
        period = self.period(jobs, fleet) if now >= self._list_after else None
        self.sweep = ListScan(period, now, self._filters) if period else None
        return self.sweep

    def do_without_list(self, until: float) -> None:
        """Have no sweep until the loop's time is so late."""
        self._list_after = until
