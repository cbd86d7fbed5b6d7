"""The report of a health check: bounded in size, however many jobs were checked."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Any, TypeAlias

from dli_provider.flink.health import Problem
from dli_provider.flink.job_health import VERDICTS, JobHealth
from dli_provider.flink.table import aligned
from dli_provider.masking import printable

MESSAGE_LENGTH = 4000
"""Characters of ``text`` and of ``markdown`` at the most: what mail, chats and pagers take in one message."""

_MOST_ROWS = 20
_MOST_STATUSES = 20
_MOST_REASONS = 10
_REASONS_LENGTH = 600
"""Characters that the reasons of a job have together, so that a job takes about 1 KB of the report."""

_FILTER_LENGTH = 200
_HEADING = ("job", "name", "status", "since", "what is wrong")
_SINCE = {"start_time": "started", "update_time": "edited", "create_time": "created"}

_Rows: TypeAlias = Sequence[Sequence[str]]
_Render: TypeAlias = Callable[[_Rows], str]


class HealthReport:
    """Counts what was found about each job as it comes, and keeps the worst.

    :param checked_at: the moment of the check.
    :param filters: what was asked for; it stands in the report, texts cut to 200 characters.
    :param most: how many jobs that aren't healthy are listed at the most.
    """

    def __init__(self, checked_at: datetime, filters: Mapping[str, Any], most: int) -> None:
        self._checked_at = checked_at
        self._filters = {name: _shown(value) for name, value in filters.items()}
        self._most = most
        self._verdicts: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._worst: list[tuple[bool, int, int, int, JobHealth]] = []
        self.failing = 0
        """How many jobs fail the task."""

    def add(self, health: JobHealth) -> None:
        """Take what was found about one job.

        :param health: the job.
        """
        self._verdicts[health.verdict] += 1
        status = health.status or "none"
        known = status in self._statuses or len(self._statuses) < _MOST_STATUSES
        self._statuses[status if known else "others"] += 1
        if health.verdict == "healthy":
            return
        self.failing += health.fails_task
        entry = (health.fails_task, -health.severity, -(health.job_id or 0), -self.total, health)
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
    def by_verdict(self) -> dict[str, int]:
        """How many jobs have each verdict."""
        return {verdict: self._verdicts[verdict] for verdict in VERDICTS}

    @property
    def worst(self) -> list[JobHealth]:
        """The jobs that aren't healthy, as many as are listed: those that fail the task first, then the
        worst.
        """
        return [entry[-1] for entry in sorted(self._worst, key=lambda entry: entry[:-1], reverse=True)]

    @property
    def summary(self) -> str:
        """One line that says how the fleet is."""
        if not self.total:
            filters = ", ".join(f"{name}={value}" for name, value in self._filters.items())
            return f"No Flink job was found for {filters}" if filters else "No Flink job was found"
        if not self.unhealthy:
            return (
                f"All {self.total} Flink jobs are healthy" if self.total > 1 else "The Flink job is healthy"
            )
        bad = {verdict: count for verdict, count in self.by_verdict.items() if verdict != "healthy" and count}
        counts = ", ".join(f"{count} {verdict}" for verdict, count in bad.items())
        return f"{self.unhealthy} of {self.total} Flink jobs are not healthy ({counts})"

    def to_dict(self) -> dict[str, Any]:
        """Return the report in JSON types."""
        return {
            "summary": self.summary,
            "checked_at": self._checked_at.isoformat(),
            "filters": self._filters,
            "total": self.total,
            "by_verdict": self.by_verdict,
            "by_status": dict(self._statuses.most_common()),
            "jobs": [replace(health, problems=_listed(health)).to_dict() for health in self.worst],
            "omitted": self.unhealthy - len(self._worst),
            "text": self.text(),
            "markdown": self.markdown(),
        }

    def table(self, most: int | None = None) -> str:
        """Return the jobs that aren't healthy as an aligned table.

        :param most: how many jobs at the most; None for as many as the report lists.
        """
        return self._table(_aligned, "\n", self.worst[:most])

    def text(self) -> str:
        """Return summary and table as plain text, ready to be sent: at most 20 jobs and 4,000 characters."""
        return self._message(_aligned, "\n", f"{self.summary}:" if self.unhealthy else self.summary)

    def markdown(self) -> str:
        """Return summary and table as Markdown, ready to be sent: at most 20 jobs and 4,000 characters."""
        return self._message(_markdown, "\n\n", f"**{_escaped(self.summary)}**")

    def _message(self, render: _Render, gap: str, heading: str) -> str:
        """Return a heading and a table of as many jobs as fit into a message."""
        worst = self.worst
        for most in range(min(_MOST_ROWS, len(worst)), 0, -1):
            message = f"{heading}{gap}{self._table(render, gap, worst[:most])}"
            if len(message) <= MESSAGE_LENGTH:
                return message
        return heading

    def _table(self, render: _Render, gap: str, listed: Sequence[JobHealth]) -> str:
        """Return jobs as a table, with a line that counts those which aren't in it."""
        omitted = self.unhealthy - len(listed)
        more = f"{gap}… and {omitted} more" if omitted else ""
        return render([_HEADING, *map(_row, listed)]) + more


def _row(health: JobHealth) -> tuple[str, ...]:
    since = f"{_SINCE.get(health.since_is or '', '')} {health.since:%Y-%m-%d %H:%M}" if health.since else ""
    shown_id = "?" if health.job_id is None else str(health.job_id)
    reasons = "; ".join(problem.reason for problem in _listed(health))
    return (shown_id, health.name or "", health.status or health.verdict, since.strip(), reasons)


def _listed(health: JobHealth) -> tuple[Problem, ...]:
    """Return a job's first problems, and how many more there are."""
    problems = health.problems
    lengths = accumulate(len(problem.rule) + len(problem.reason) for problem in problems)
    fitting = sum(1 for _ in takewhile(lambda length: length <= _REASONS_LENGTH, lengths))
    listed = problems[: min(fitting, _MOST_REASONS)]
    more = len(problems) - len(listed)
    return (*listed, Problem("more", f"and {more} more")) if more else listed


def _aligned(rows: _Rows) -> str:
    return aligned(rows, widest=40)


def _markdown(rows: _Rows) -> str:
    """Return rows as a Markdown table; the first row is the heading."""
    lines = [f"| {' | '.join(map(_escaped, row))} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def _escaped(text: str) -> str:
    """Return a line in which no character means anything in Markdown or HTML.

    An underscore within a word means nothing, and names of jobs and statuses stay readable.
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", text)


def _shown(value: object) -> Any:
    if isinstance(value, Mapping):
        return {printable(str(name), _FILTER_LENGTH): _shown(item) for name, item in value.items()}
    return value if isinstance(value, int) else printable(str(value), _FILTER_LENGTH)
