"""The report of a health check: bounded in size, however many jobs were checked."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any

from dli_provider.flink.health import JobHealth, Problem
from dli_provider.masking.table import aligned

_MOST_STATUSES = 20
_MOST_REASONS = 10
_REASONS_LENGTH = 600
"""Characters that the reasons of a job have together, so that a job takes about 1 KB of the report."""


class HealthReport:
    """Counts verdicts as they come, and keeps the worst.

    :param checked_at: the moment of the check.
    :param filters: what was asked for, as the report is to say it.
    :param most: how many unhealthy jobs are listed at the most.
    """

    def __init__(self, checked_at: datetime, filters: Mapping[str, Any], most: int) -> None:
        self._checked_at = checked_at
        self._filters = dict(filters)
        self._most = most
        self._verdicts: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._worst: list[tuple[int, int, int, JobHealth]] = []

    def add(self, verdict: JobHealth) -> None:
        """Take the verdict on one job."""
        self._verdicts[verdict.verdict] += 1
        status = verdict.status or "none"
        known = status in self._statuses or len(self._statuses) < _MOST_STATUSES
        self._statuses[status if known else "others"] += 1
        if verdict.verdict == "healthy":
            return
        entry = (-verdict.severity, -(verdict.job_id or 0), -self.total, verdict)
        if len(self._worst) < self._most:
            heapq.heappush(self._worst, entry)
        else:
            heapq.heappushpop(self._worst, entry)

    @property
    def total(self) -> int:
        """How many jobs were checked."""
        return self._verdicts.total()

    @property
    def unhealthy(self) -> int:
        """How many of them aren't healthy, for whatever reason."""
        return self.total - self._verdicts["healthy"]

    @property
    def worst(self) -> list[JobHealth]:
        """The unhealthy jobs, the worst first, as many as are listed."""
        return [entry[-1] for entry in sorted(self._worst, key=lambda entry: entry[:3], reverse=True)]

    @property
    def summary(self) -> str:
        """One line that says it all."""
        if not self.total:
            return "No Flink job was found"
        if not self.unhealthy:
            return (
                f"All {self.total} Flink jobs are healthy" if self.total > 1 else "The Flink job is healthy"
            )
        counts = ", ".join(
            f"{self._verdicts[verdict]} {verdict}"
            for verdict in ("unhealthy", "missing", "unreadable")
            if self._verdicts[verdict]
        )
        return f"{self.unhealthy} of {self.total} Flink jobs are not healthy ({counts})"

    def to_dict(self) -> dict[str, Any]:
        """Return the report in JSON types."""
        verdicts = ("healthy", "unhealthy", "missing", "unreadable")
        return {
            "summary": self.summary,
            "checked_at": self._checked_at.isoformat(),
            "filters": self._filters,
            "total": self.total,
            "by_verdict": {verdict: self._verdicts[verdict] for verdict in verdicts},
            "by_status": dict(self._statuses.most_common()),
            "jobs": [replace(verdict, problems=_listed(verdict)).to_dict() for verdict in self.worst],
            "omitted": self.unhealthy - len(self._worst),
        }

    def table(self, most: int | None = None) -> str:
        """Return the unhealthy jobs as an aligned table, the worst first.

        :param most: how many jobs at the most; None for as many as the report lists.
        """
        rows = [("job", "name", "status", "since", "what is wrong")]
        listed = self.worst[:most]
        for verdict in listed:
            since = verdict.since.strftime("%Y-%m-%d %H:%M") if verdict.since else ""
            reasons = "; ".join(problem.reason for problem in _listed(verdict))
            shown_id = "?" if verdict.job_id is None else str(verdict.job_id)
            rows.append((shown_id, verdict.name or "", verdict.status or verdict.verdict, since, reasons))
        omitted = self.unhealthy - len(listed)
        more = f"\n… and {omitted} more" if omitted else ""
        return aligned(rows, widest=40) + more


def _listed(verdict: JobHealth) -> tuple[Problem, ...]:
    """Return a job's first problems, and how many more there are."""
    problems = verdict.problems
    lengths = accumulate(len(problem.rule) + len(problem.reason) for problem in problems)
    fitting = sum(1 for _ in takewhile(lambda length: length <= _REASONS_LENGTH, lengths))
    listed = problems[: min(fitting, _MOST_REASONS)]
    more = len(problems) - len(listed)
    return (*listed, Problem("more", f"and {more} more")) if more else listed
