"""The arguments that define a job. They may hold credentials, and Airflow stores and shows what they render
to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import RenderedFieldsMixin
from dli_provider.flink.arguments import holds_template, is_blank, parse_mapping
from dli_provider.operators.context import is_file_name, read_template_file

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Context, XComArg
    from dli_provider.flink.plan.desired import DesiredJob

DEFINING_ARGUMENTS = ("sql", "entrypoint", "definition")


class JobDefinitionMixin(RenderedFieldsMixin):
    """A task that defines a job by ``sql``, ``entrypoint`` and ``definition``.

    Their rendered values are kept in the clear for the task; the attributes, which Airflow stores, hold
    masked ones.
    """

    job_name: str | XComArg | None
    sql: Any
    entrypoint: Any
    definition: Any
    _given: tuple[str, ...] = ()
    _in_the_clear: Mapping[str, tuple[Any, Any]] = {}

    def define(self, *, sql: Any, entrypoint: Any, definition: Any) -> None:
        """Take the arguments, and check them where they hold no template.

        :raises ValueError: for invalid arguments.
        """
        self.sql = sql
        self.entrypoint = entrypoint
        self.definition = definition
        values = [getattr(self, name) for name in DEFINING_ARGUMENTS]
        self._given = tuple(n for n, v in zip(DEFINING_ARGUMENTS, values, strict=True) if v is not None)
        if not any(map(holds_template, (self.job_name, *values))) and not is_file_name(sql, ".sql"):
            self._desired(sql)

    def desired(self, context: Context) -> DesiredJob:
        """Return the job that the arguments define.

        :param context: the task's context.
        :raises ValueError: for an invalid definition, a part that renders to nothing, and a missing file.
        """
        return self._desired(self._load_sql(context))

    def after_rendering(self, context: Context) -> None:
        """Have Airflow store the SQL of a file, and everything without its credentials."""
        from dli_provider.flink.redaction import WITHHELD_FIELDS, redact
        from dli_provider.masking import mask, storable

        def show(value: Any) -> Any:
            if isinstance(value, Mapping):
                return storable(redact(dict(value), WITHHELD_FIELDS))
            return storable(mask(value)) if isinstance(value, str) else value

        if isinstance(self._argument("sql"), str):
            self.sql = self._load_sql(context)
        for name in DEFINING_ARGUMENTS:
            value = self._argument(name)
            # Copies of an operator share their attributes, so the mapping is not changed in place.
            self._in_the_clear = {**self._in_the_clear, name: (show(value), value)}
            setattr(self, name, show(value))

    def _argument(self, name: str) -> Any:
        """Return an argument in the clear."""
        present = getattr(self, name)
        shown, value = self._in_the_clear.get(name, (present, present))
        return value if present == shown else present

    def _load_sql(self, context: Context) -> Any:
        """Return the SQL, read from its file where the argument names one."""
        sql = self._argument("sql")
        if isinstance(sql, str) and is_file_name(sql, ".sql"):
            operator: Any = self
            return read_template_file(operator, f"sql, file {sql.strip()!r:.100}", sql.strip(), context)
        return sql

    def _desired(self, sql: Any) -> DesiredJob:
        from dli_provider.flink.plan.desired import parse_desired

        given = {"sql": sql, **{name: self._argument(name) for name in ("entrypoint", "definition")}}
        for name in self._given:
            if is_blank(given[name]):
                raise ValueError(f"{name} was given and is empty")
            if name != "definition" and not isinstance(given[name], str):
                raise ValueError(f"{name} must be text, not {type(given[name]).__name__}")
        definition = given["definition"]
        return parse_desired(
            str(self.job_name),
            sql=sql,
            entrypoint=given["entrypoint"],
            definition=None if definition is None else parse_mapping("definition", definition),
        )
