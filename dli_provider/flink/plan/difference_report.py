"""The differences between a job and its definition, as people read them: no secret in them, and bounded."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from dli_provider.flink.drift import Difference, difference_table
from dli_provider.flink.plan.difference import ComparedField, compared_fields
from dli_provider.flink.redaction import is_withheld, redact
from dli_provider.masking import MASK, is_credential, mask, printable

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.plan.desired import DesiredJob

_CELL = 120
_MOST_LINES = 40
_LINE = 200
_MOST_COMPARED_LINES = 5000
ONLY_MASKED = "differs only in masked text"


def describe_differences(desired: DesiredJob, job: FlinkJob, names: Collection[str]) -> str:
    """Return a table of fields that differ, and the SQL as a short unified diff.

    :param desired: the definition.
    :param job: the job, with its detail.
    :param names: the fields.
    """
    differing = [field for field in compared_fields(desired, job) if field.name in names and field.differs]
    rows = [row for field in differing if field.name != "sql_body" for row in _rows(field)]
    parts = [difference_table(rows)] if rows else []
    parts += [_sql_diff(field.found, field.wanted) for field in differing if field.name == "sql_body"]
    return "\n".join(parts)


def _rows(field: ComparedField) -> Iterator[Difference]:
    wanted, found = field.wanted, field.found
    if isinstance(wanted, Mapping) and isinstance(found, Mapping | None):
        found = found or {}
        for key in sorted(wanted.keys() | found.keys()):
            if wanted.get(key) != found.get(key):
                yield _row(f"{field.path}.{key}", wanted.get(key), found.get(key))
    else:
        yield _row(field.path, wanted, found)


def _row(path: str, wanted: Any, found: Any) -> Difference:
    there, asked = _cell(path, found), _cell(path, wanted)
    return Difference(printable(path, _CELL), asked, f"{there} ({ONLY_MASKED})" if there == asked else there)


def _cell(path: str, value: Any) -> str:
    if value is None:
        return "empty"
    *outer, name = path.split(".")
    if is_credential(name, value) or any(map(is_withheld, [*outer[:1], name])):
        return MASK
    return printable(str(redact({name: value})[name]), _CELL)


def _sql_diff(found: str | None, wanted: str | None) -> str:
    """Return a unified diff. Whole texts are masked before they are compared, so that no line lacks the name
    that tells a credential.
    """
    before, after = (_lines(mask(text or "")) for text in (found, wanted))
    if before == after:
        return f"sql_body {ONLY_MASKED}"
    if max(len(before), len(after)) > _MOST_COMPARED_LINES:
        return f"sql_body differs: {len(before)} lines on DLI, {len(after)} in the DAG, too many to compare"
    diff = difflib.unified_diff(before, after, "sql_body on DLI", "sql_body in the DAG", n=1, lineterm="")
    lines = [line if len(line) <= _LINE else line[:_LINE] + "…" for line in islice(diff, _MOST_LINES + 1)]
    return "\n".join([*lines[:_MOST_LINES], *["…"] * (len(lines) > _MOST_LINES)])


def _lines(text: str) -> list[str]:
    return ["".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.split("\n")]
