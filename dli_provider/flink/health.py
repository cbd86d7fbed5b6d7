"""Health rules for Flink jobs: each says what is wrong with a job, or nothing. No clock, no network."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from dli_provider.flink.drift import comparable_config, drift, validate_expected
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import MOST_READ, mask_and_cut
from dli_provider.masking.table import one_line

OwnRule: TypeAlias = Callable[[FlinkJob], str | None]

HEALTHY = (FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_SAVEPOINTING)
"""The statuses of a streaming job that does its work."""

_REASON_LENGTH = 300
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a job, fit to be shown: on one line, with credentials masked.

    :param rule: name of the rule that it breaks, cut after 100 characters.
    :param reason: what is wrong, in words, cut after 300 characters.
    """

    rule: str
    reason: str

    def __post_init__(self) -> None:
        shown = one_line(mask_and_cut(self.reason, MOST_READ), _REASON_LENGTH)
        object.__setattr__(self, "rule", one_line(self.rule, _NAME_LENGTH))
        object.__setattr__(self, "reason", shown)

    def to_dict(self) -> dict[str, str]:
        """Return the problem in JSON types."""
        return {"rule": self.rule, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRules:
    """What makes a job healthy.

    :param healthy_status: statuses that are healthy for any time; add ``job_finish`` for jobs that end.
    :param starting_limit: how long a job may be in a status that leads to a healthy one by itself, such as
        ``job_submitting``, counted from its ``update_time``, or its ``create_time`` when it has no other. A
        ``job_init`` that is older counts as a draft that nobody started.
    :param max_restarts: how often a job may have been restarted; None for any number.
    :param checkpointing: True to require that checkpointing is on.
    :param auto_restart: True to require ``restart_when_exception``.
    :param expected_config: what ``job_config`` must be, see :mod:`dli_provider.flink.drift`.
    :param own_rules: further rules: callables that return what is wrong with a job, or None. One that raises
        is a problem of the job, under the rule's name.
    :raises ValueError: for a rule that can't be checked.
    """

    healthy_status: tuple[FlinkJobStatus, ...] = HEALTHY
    starting_limit: timedelta = timedelta(minutes=15)
    max_restarts: int | None = None
    checkpointing: bool = False
    auto_restart: bool = False
    expected_config: Mapping[str, Any] = field(default_factory=dict)
    own_rules: tuple[OwnRule, ...] = ()

    def __post_init__(self) -> None:
        if not self.healthy_status:
            raise ValueError("healthy_status is empty: no job could be healthy")
        if not isinstance(self.starting_limit, timedelta) or self.starting_limit < timedelta():
            raise ValueError(f"starting_limit must be a timedelta, and not {self.starting_limit!r:.80}")
        if self.max_restarts is not None:
            check_count("max_restarts", self.max_restarts)
        for rule in self.own_rules:
            if not callable(rule):
                raise ValueError(f"own_rules must be callables, and not {rule!r:.80}")  # noqa: TRY004
        validate_expected(self.expected_config)

    def check(self, job: FlinkJob, now: datetime) -> list[Problem]:
        """Return what is wrong with a job; empty when it is healthy.

        :param job: the job, with its detail.
        :param now: the moment of the check.
        """
        return [*self._status(job, now), *self._restarts(job), *self._config(job), *self._own(job)]

    def _status(self, job: FlinkJob, now: datetime) -> Iterator[Problem]:
        status = job.status
        if status in self.healthy_status:
            return
        if status is None:
            yield Problem("status", "has no status")
            return
        leads_there = any(status.can_become(healthy) for healthy in self.healthy_status)
        since = job.update_time or job.create_time
        if leads_there and since is not None and now - since <= self.starting_limit:
            return
        if not leads_there or status == FlinkJobStatus.JOB_INIT:
            said = (job.status_desc or "").strip()
            yield Problem("status", f"is {status}: {said}" if said else f"is {status}")
        elif job.update_time is None:
            yield Problem("stuck", f"is {status}, and DLI doesn't say since when")
        else:
            minutes = (now - job.update_time).total_seconds() / 60
            yield Problem("stuck", f"has been {status} for {minutes:.0f} min")

    def _restarts(self, job: FlinkJob) -> Iterator[Problem]:
        restarts = job.restart_times or 0
        if self.max_restarts is not None and restarts > self.max_restarts:
            yield Problem("restarts", f"was restarted {restarts} times, more than {self.max_restarts}")

    def _config(self, job: FlinkJob) -> Iterator[Problem]:
        config = comparable_config(job)
        if self.checkpointing and not config.get("checkpoint_enabled"):
            yield Problem("checkpointing", "has checkpointing off")
        if self.auto_restart and not config.get("restart_when_exception"):
            yield Problem("auto_restart", "is not restarted after an exception (restart_when_exception)")
        for difference in drift(self.expected_config, config):
            yield Problem(
                "config", f"{difference.key} is {difference.actual}, expected {difference.expected}"
            )

    def _own(self, job: FlinkJob) -> Iterator[Problem]:
        for rule in self.own_rules:
            name = getattr(rule, "__name__", type(rule).__name__)
            try:
                reason = str(rule(job) or "")
            except Exception as error:  # noqa: BLE001
                told = traceback.format_exception_only(error)[-1].strip()
                reason = f"the rule itself failed: {told}"
            if reason:
                yield Problem(name, reason)


def check_count(parameter: str, value: object) -> None:
    """Check that a parameter is a whole number, 0 or more.

    :param parameter: its name, for the error.
    :param value: what was given.
    :raises ValueError: for anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{parameter} must be a whole number, 0 or more, and not {value!r:.80}")


@dataclass(frozen=True, slots=True)
class JobHealth:
    """What was found about one job.

    :param verdict: ``healthy``, ``unhealthy``, ``missing`` or ``unreadable``.
    :param job_id: the job; None for an item of the list that can't be read.
    :param name: its name, cut after 100 characters.
    :param status: its status, an unknown one cut likewise.
    :param since: its ``update_time``.
    :param problems: what is wrong.
    """

    verdict: str
    job_id: int | None
    name: str | None = None
    status: str | None = None
    since: datetime | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, job: FlinkJob, rules: HealthRules, now: datetime) -> JobHealth:
        """Return the verdict on a job that was read."""
        problems = tuple(rules.check(job, now))
        name = None if job.name is None else one_line(job.name, _NAME_LENGTH)
        status = one_line(job.status, _NAME_LENGTH) if job.status else None
        verdict = "unhealthy" if problems else "healthy"
        return cls(verdict, job.job_id, name, status, job.update_time, problems)

    @property
    def severity(self) -> int:
        """0 for the worst: a job that failed, then one that is not there, then the rest."""
        if self.status and FlinkJobStatus(self.status).is_failure:
            return 0
        return {"missing": 1, "unreadable": 2, "unhealthy": 3}.get(self.verdict, 4)

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict in JSON types."""
        return {
            "job_id": self.job_id,
            "name": self.name,
            "status": self.status,
            "verdict": self.verdict,
            "reasons": [problem.to_dict() for problem in self.problems],
            "since": self.since.isoformat() if self.since else None,
        }
