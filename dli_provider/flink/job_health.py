"""What a check found about one job, and whether that fails the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import nearest
from dli_provider.flink.health import HealthRules, Problem, describe_error
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import MASK, is_credential, printable

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob

VERDICTS = ("healthy", "unhealthy", "missing", "unreadable")
"""What a check can find about a job. ``missing`` and ``unreadable`` jobs were asked for and not seen."""

_NAME_LENGTH = 100
_MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class JobHealth:
    """What a check found about one job, ready to be shown and stored.

    :param verdict: one of :data:`VERDICTS`.
    :param job_id: the job; None for an item of the list that can't be read.
    :param name: its name, cut to 100 characters.
    :param status: its status.
    :param since: the time that ``since_is`` names.
    :param since_is: ``start_time`` if the job was ever started, else ``update_time`` (of the last edit) or
        ``create_time``; DLI doesn't tell when a status began.
    :param tags: the job's tags, as far as DLI sends them.
    :param problems: what is wrong.
    :param fails_task: whether the job is one of those for which the task fails.
    """

    verdict: str
    job_id: int | None
    name: str | None = None
    status: str | None = None
    since: datetime | None = None
    since_is: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    fails_task: bool = False

    @classmethod
    def of(cls, job: FlinkJob, rules: HealthRules, now: datetime) -> JobHealth:
        """Check a job that was read.

        :param job: the job, with its detail.
        :param rules: what makes it healthy.
        :param now: the moment of the check.
        """
        problems = tuple(rules.check(job, now))
        known = (name for name in ("start_time", "update_time", "create_time") if getattr(job, name))
        since_is = next(known, None)
        return cls(
            verdict="unhealthy" if problems else "healthy",
            job_id=job.job_id,
            name=None if job.name is None else printable(job.name, _NAME_LENGTH),
            status=printable(job.status, _NAME_LENGTH) if job.status else None,
            since=getattr(job, since_is) if since_is else None,
            since_is=since_is,
            tags=_tags(job),
            problems=problems,
        )

    @property
    def severity(self) -> int:
        """0 for the worst: a job that failed, then one that isn't there, then the rest."""
        if self.status and FlinkJobStatus(self.status).is_failure:
            return 0
        return {"missing": 1, "unreadable": 2, "unhealthy": 3}.get(self.verdict, 4)

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {
            "job_id": self.job_id,
            "name": self.name,
            "status": self.status,
            "verdict": self.verdict,
            "reasons": [problem.to_dict() for problem in self.problems],
            "since": self.since.isoformat() if self.since else None,
            "since_is": self.since_is,
            "tags": dict(self.tags),
            "fails_task": self.fails_task,
        }


class FailOn:
    """Decides which jobs that aren't healthy fail the task.

    :param condition: verdicts (one, or several of ``unhealthy``, ``missing``, ``unreadable``), or a callable
        that takes a :class:`JobHealth` and returns whether it does. A job for which it raises fails the task.
    :raises ValueError: for anything else, and for no verdicts at all.
    """

    def __init__(self, condition: object) -> None:
        self._decide = condition if callable(condition) else None
        self._verdicts = frozenset() if callable(condition) else _as_verdicts(condition)

    def __call__(self, health: JobHealth) -> JobHealth:
        """Return what was found about a job, with ``fails_task`` set."""
        if health.verdict == "healthy":
            return health
        if self._decide is None:
            return replace(health, fails_task=health.verdict in self._verdicts)
        try:
            return replace(health, fails_task=bool(self._decide(health)))
        except Exception as error:  # noqa: BLE001
            problem = Problem("fail_on", f"fail_on itself failed: {describe_error(error)}")
            return replace(health, fails_task=True, problems=(*health.problems, problem))


def _as_verdicts(given: object) -> frozenset[str]:
    bad = VERDICTS[1:]
    verdicts = [given] if isinstance(given, str) else given
    if not isinstance(verdicts, list | tuple | set | frozenset) or not verdicts:
        raise ValueError(
            f"fail_on must be one or more of {', '.join(bad)}, or a callable, and not {given!r:.80}; "
            "fail_on_unhealthy=False fails on none"
        )
    for verdict in verdicts:
        if verdict not in bad:
            raise ValueError(f"fail_on: {verdict!r:.80} is none of {', '.join(bad)}{nearest(verdict, bad)}")
    return frozenset(verdicts)


def _tags(job: FlinkJob) -> dict[str, str]:
    """Return a job's tags, which DLI spells as a list of key and value pairs, or as ``k1=v1,k2=v2``."""
    given = getattr(job, "tags", None)
    if isinstance(given, str):
        given = dict(item.partition("=")[::2] for item in given.split(",") if item.strip())
    elif isinstance(given, list):
        given = {tag["key"]: tag.get("value") for tag in given if isinstance(tag, Mapping) and "key" in tag}
    pairs = list(given.items())[:_MOST_TAGS] if isinstance(given, Mapping) else []
    return {
        printable(str(key).strip(), _NAME_LENGTH): "" if value is None else _tag_value(str(key), value)
        for key, value in pairs
    }


def _tag_value(key: str, value: object) -> str:
    return MASK if is_credential(key, value) else printable(str(value).strip(), _NAME_LENGTH)
