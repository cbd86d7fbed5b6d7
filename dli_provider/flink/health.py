"""Health rules for Flink jobs: each says what is wrong with a job, or nothing. No clock, no network."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from dli_provider.flink.drift import comparable_config, drift, validate_expected
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import printable

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob

OwnRule: TypeAlias = "Callable[[FlinkJob], str | None]"

HEALTHY = (FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_SAVEPOINTING)
"""The statuses of a streaming job that does its work."""

_STARTING = frozenset({FlinkJobStatus.JOB_SUBMITTING, FlinkJobStatus.JOB_DOWNLOADING})
_SCALING = FlinkJobStatus.JOB_CANCELING
"""What dynamic scaling passes through. DLI ends it in a status that isn't healthy, if it doesn't run the job
again.
"""
_REASON_LENGTH = 300
_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a job, ready to be shown: on one line, with credentials masked.

    :param rule: name of the rule that the job breaks, cut to 100 characters.
    :param reason: what is wrong, in words, cut to 300 characters.
    """

    rule: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "rule", printable(self.rule, _NAME_LENGTH))
        object.__setattr__(self, "reason", printable(self.reason, _REASON_LENGTH))

    def to_dict(self) -> dict[str, str]:
        """Return the problem in JSON types."""
        return {"rule": self.rule, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRules:
    """What makes a job healthy.

    A job that DLI scales dynamically passes through ``job_canceling``, which is healthy for it. A field that
    a rule needs and that can't be read is a problem.

    :param healthy_status: statuses that are healthy for any time; add ``job_finish`` for jobs that end.
    :param starting_limit: how long a job may stay in a status that leads to a healthy one by itself, such as
        ``job_submitting``. It counts from the job's ``start_time`` while the job is
        being started, and otherwise from the latest time that DLI tells of it (start, edit or creation),
        since DLI doesn't tell when a status began. A ``job_init`` that is older counts as a draft that
        nobody started.
    :param max_restarts: how often a job may have been restarted; None for any number.
    :param checkpointing: True to require that checkpointing is on.
    :param auto_restart: True to require ``restart_when_exception``.
    :param expected_config: what ``job_config`` must be, see :mod:`dli_provider.flink.drift`.
    :param own_rules: further rules: callables that take a :class:`~dli_provider.flink.job.FlinkJob` and
        return what is wrong with it, or None. One that raises is reported as a problem of the job, under the
        rule's name.
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
        if self.max_restarts is not None:
            check_count("max_restarts", self.max_restarts)
        validate_expected(self.expected_config)

    def check(self, job: FlinkJob, now: datetime) -> list[Problem]:
        """Return what is wrong with a job; empty when it is healthy.

        :param job: the job, with its detail.
        :param now: the moment of the check.
        """
        return [
            *self._status(job, now),
            *self._unreadable(job),
            *self._restarts(job),
            *self._config(job),
            *self._own(job),
        ]

    def _status(self, job: FlinkJob, now: datetime) -> Iterator[Problem]:
        status = job.status
        if status in self.healthy_status or (status == _SCALING and job.scales_itself):
            return
        if status is None:
            yield Problem("status", "has no status")
            return
        leads_there = any(status.can_become(healthy) for healthy in self.healthy_status)
        began = _began(job)
        if leads_there and began is not None and now - began <= self.starting_limit:
            return
        if not leads_there or status == FlinkJobStatus.JOB_INIT:
            description = (job.status_desc or "").strip()
            yield Problem("status", f"is {status}: {description}" if description else f"is {status}")
        elif status in _STARTING and job.start_time is not None:
            minutes = (now - job.start_time).total_seconds() / 60
            yield Problem("stuck", f"is still {status} {minutes:.0f} min after its start")
        else:
            yield Problem("stuck", f"is {status}, and DLI doesn't say since when")

    def _unreadable(self, job: FlinkJob) -> Iterator[Problem]:
        judged = {f"job_config.{name}" for name in self.expected_config} | {
            name
            for name, rule in (
                ("restart_times", self.max_restarts is not None),
                ("job_config.checkpoint_enabled", self.checkpointing),
                ("job_config.restart_when_exception", self.auto_restart),
            )
            if rule
        }
        for name in job.unreadable:
            if name in judged:
                yield Problem("unreadable", f"{name} can't be read")

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
            reason = f"{difference.key} is {difference.actual}, expected {difference.expected}"
            yield Problem("config", reason)

    def _own(self, job: FlinkJob) -> Iterator[Problem]:
        for rule in self.own_rules:
            name = getattr(rule, "__name__", type(rule).__name__)
            try:
                reason = str(rule(job) or "")
            except Exception as error:  # noqa: BLE001
                reason = f"the rule itself failed: {describe_error(error)}"
            if reason:
                yield Problem(name, reason)


def _began(job: FlinkJob) -> datetime | None:
    """Return the moment from which the limit of a status counts.

    ``update_time`` is the time of an edit: it neither makes a job that is being started old nor young.
    """
    if job.status in _STARTING and job.start_time is not None:
        return job.start_time
    known = [moment for moment in (job.start_time, job.update_time, job.create_time) if moment is not None]
    return max(known, default=None)


def check_count(parameter: str, value: object) -> None:
    """Check that a parameter is a whole number, 0 or more.

    :param parameter: its name, for the error.
    :param value: what was given.
    :raises ValueError: for anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{parameter} must be a whole number, 0 or more, and not {value!r:.80}")


def parse_limit(parameter: str, given: object) -> timedelta:
    """Return the time that a parameter gives.

    :param parameter: its name, for the error.
    :param given: a timedelta, or seconds.
    :raises ValueError: for anything else, and for a negative time.
    """
    span = given
    if isinstance(given, int | float) and not isinstance(given, bool):
        with suppress(ValueError, OverflowError):  # not a number, or more than a timedelta holds
            span = timedelta(seconds=given)
    if not isinstance(span, timedelta) or span < timedelta():
        raise ValueError(f"{parameter} must be a timedelta or seconds, 0 or more, and not {given!r:.80}")
    return span


def parse_rules(parameter: str, given: object) -> tuple[OwnRule, ...]:
    """Return the rules that a parameter gives.

    :param parameter: its name, for the error.
    :param given: a callable, or several.
    :raises ValueError: for anything else.
    """
    rules = (given,) if callable(given) else given
    if isinstance(rules, str | Mapping) or not hasattr(rules, "__iter__"):
        raise ValueError(f"{parameter} must be a callable or a list of callables, and not {given!r:.80}")
    rules = tuple(rules)
    for rule in rules:
        if not callable(rule):
            raise ValueError(f"{parameter} must be callables, and not {rule!r:.80}")  # noqa: TRY004
    return rules


def describe_error(error: Exception) -> str:
    """Return an exception's class and text on one line, also when it has trouble saying so."""
    return traceback.format_exception_only(error)[-1].strip()
