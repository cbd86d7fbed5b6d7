"""Which jobs a health check covers: some that are named by id, or all that filters leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dli_provider.flink.arguments import holds_template, is_blank, parse_job_ids, parse_mapping

SELECTION = ("job_ids", "name", "queue_name", "job_type", "tags", "user_name")
"""The arguments that select jobs."""


@dataclass(frozen=True, slots=True)
class FleetSelection:
    """The jobs to check.

    :param job_ids: their ids; None for all that the filters leave.
    :param filters: filters of ListFlinkJobs.
    """

    job_ids: list[int] | None = None
    filters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> FleetSelection:
        """Return the selection that arguments make.

        :param given: the arguments that were given, by name, rendered.
        :raises ValueError: for an invalid argument, and for one that is empty, because the check would
            then cover more jobs than was meant.
        """
        for name, value in given.items():
            if _is_nothing(value):
                raise ValueError(
                    f"{name} was given, but is {value!r:.80}: the check would cover more jobs than meant. "
                    f"To check without it, leave {name} out"
                )
        if "job_ids" in given and len(given) > 1:
            filters = ", ".join(name for name in given if name != "job_ids")
            raise ValueError(f"job_ids names the jobs: filters ({filters}) can't be given beside it")
        job_ids = parse_job_ids("job_ids", given.get("job_ids"))
        if job_ids is not None and not job_ids:
            raise ValueError("job_ids is empty: leave it out to check all jobs, or those that filters leave")
        return cls(job_ids, {name: _filter(name, given[name]) for name in given if name != "job_ids"})

    @classmethod
    def check(cls, given: Mapping[str, Any]) -> None:
        """Check arguments in the constructor, as far as they are known there.

        :param given: the arguments that were given, by name; those with templates pass.
        :raises ValueError: as :meth:`parse` does.
        """
        placeholder = {"job_ids": [1], "tags": {"key": "value"}}
        cls.parse(
            {
                name: placeholder.get(name, "value") if holds_template(value) else value
                for name, value in given.items()
            }
        )

    @property
    def as_asked(self) -> Mapping[str, Any]:
        """What was asked for, as the report says it: the filters, or the number of ids."""
        return self.filters if self.job_ids is None else {"job_ids": len(self.job_ids)}


def _is_nothing(value: object) -> bool:
    if isinstance(value, Mapping):
        return not value or any(map(is_blank, value.values()))
    return is_blank(value) or (isinstance(value, list | tuple | set | frozenset) and not value)


def _filter(name: str, value: object) -> object:
    if name == "tags":
        is_text = isinstance(value, str) and not value.lstrip().startswith("{")
        tags = value if is_text else parse_mapping(name, value)
        if isinstance(tags, Mapping) and any(map(is_blank, tags.values())):
            raise ValueError(f"tags has a tag without a value: {tags!r:.80}")
        return tags
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # rendered natively from the text of a number
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, and not {value!r:.80}")  # noqa: TRY004
    return value
