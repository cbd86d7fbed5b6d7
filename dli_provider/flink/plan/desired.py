"""A job as a DAG defines it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dli_provider.flink.arguments import is_blank
from dli_provider.flink.definition import (
    JarJobChanges,
    NewJarJob,
    NewSqlJob,
    SqlJobChanges,
    parse_fields,
    read_rendered,
)

_HOT_FIELDS = frozenset(
    {"smn_topic", "restart_when_exception", "resume_checkpoint", "resume_max_num", "obs_bucket"}
)


class JobKind(StrEnum):
    """What a job is made of; each kind has endpoints of its own."""

    SQL = "sql"
    JAR = "jar"

    @classmethod
    def of_type(cls, job_type: str) -> JobKind:
        """Return the kind of a ``job_type``."""
        return cls.JAR if job_type == "flink_jar_job" else cls.SQL

    @property
    def body(self) -> str:
        """The field that holds what the job does."""
        return "sql_body" if self == JobKind.SQL else "entrypoint"

    @property
    def hot_fields(self) -> frozenset[str]:
        """The fields that can be changed while the job runs."""
        return _HOT_FIELDS if self == JobKind.SQL else _HOT_FIELDS | {"checkpoint_path"}

    @property
    def creatable_fields(self) -> frozenset[str]:
        """The fields that a job can be created with."""
        return frozenset((NewSqlJob if self == JobKind.SQL else NewJarJob).__annotations__)

    @property
    def updatable_fields(self) -> frozenset[str]:
        """The fields that an update can change."""
        return frozenset((SqlJobChanges if self == JobKind.SQL else JarJobChanges).__annotations__)


@dataclass(frozen=True, slots=True)
class DesiredJob:
    """A job as it is to be.

    :param name: its name, unique in the project.
    :param kind: whether it is a SQL or a JAR job.
    :param fields: the fields that the author gave, beside the name, in the form that requests have.
    """

    name: str
    kind: JobKind
    fields: Mapping[str, Any] = field(repr=False)

    @property
    def creation(self) -> dict[str, Any]:
        """The fields to create the job with. Those that only an update can set follow later."""
        return {name: value for name, value in self.fields.items() if name in self.kind.creatable_fields}

    @property
    def set_by_update(self) -> frozenset[str]:
        """The given fields that a job can't be created with."""
        return frozenset(self.fields.keys() - self.kind.creatable_fields)

    @property
    def set_by_creation(self) -> frozenset[str]:
        """The given fields that no update can change."""
        return frozenset(self.fields.keys() - self.kind.updatable_fields)


def parse_desired(
    name: str,
    *,
    sql: str | None = None,
    entrypoint: str | None = None,
    definition: Mapping[str, Any] | None = None,
) -> DesiredJob:
    """Return the job that a DAG defines, checked.

    :param name: the job's name.
    :param sql: the SQL of a SQL job, instead of ``sql_body`` in the definition.
    :param entrypoint: the package of a JAR job, instead of ``entrypoint`` in the definition.
    :param definition: further fields, named as in the API; None leaves one out. Texts that a template made
        of None, a number or a Boolean are read as such.
    :raises ValueError: for neither or both of SQL and package, for something given twice, for a field that
        there is not, and for a value that a field can't have. The text shows no value.
    """
    fields = {key: value for key, value in read_rendered(definition or {}).items() if value is not None}
    if fields.pop("name", name) != name:
        raise ValueError("definition.name is another name than job_name; leave it out")
    for parameter, key, value in (("sql", "sql_body", sql), ("entrypoint", "entrypoint", entrypoint)):
        if value is not None and fields.setdefault(key, value) != value:
            raise ValueError(f"{parameter} and definition.{key} are both given; leave one out")
    kinds = [kind for kind in JobKind if not is_blank(fields.get(kind.body))]
    if len(kinds) != 1:
        problem = "both given" if kinds else "both empty"
        raise ValueError(f"sql and entrypoint are {problem}: a job has one of them")
    kind = kinds[0]
    late = {key: fields.pop(key) for key in fields.keys() & (kind.updatable_fields - kind.creatable_fields)}
    new, changes = (NewSqlJob, SqlJobChanges) if kind == JobKind.SQL else (NewJarJob, JarJobChanges)
    title = "The definition of the job"
    parsed = parse_fields(new, title, {"name": name, **fields}) | parse_fields(changes, title, late)
    return DesiredJob(parsed.pop("name"), kind, parsed)
