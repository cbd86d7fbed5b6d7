"""What all that leaves the provider has to be: fit to store and show, bounded, and without a credential."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from hostile_answers import FORGED, SECRET
from sensor_runs import stored

from dli_provider.api import errors

SHORT = 10_000
"""Characters of a line, an error, an event or a trigger's arguments at the most."""


def check_line(text: str, *, lines: bool = False, limit: int | None = SHORT) -> None:
    """Check a text that is fit for a log and a terminal, bounded, and shows no credential.

    :param lines: it may have several lines, such as a table.
    :param limit: its length at the most, if it has one.
    """
    odd = {char for char in text if not (char.isprintable() or (lines and char == "\n"))}
    assert not odd, f"{odd!r} in {text:.300}"
    assert limit is None or len(text) < limit
    assert SECRET not in text
    assert not any(line.lstrip().startswith(FORGED) for line in text.split("\n"))


def check_data(value: Any, *, limit: int | None = SHORT) -> None:
    """Check data that is fit to be stored, and shows no credential."""
    text = json.dumps(stored(value), ensure_ascii=False)
    assert SECRET not in text
    assert limit is None or len(text) < limit


def check_error(error: BaseException) -> None:
    """Check an error, and those behind it that Airflow's log shows as well."""
    check_line(str(error), lines=True)
    assert SECRET not in repr(error)
    if isinstance(error, errors.DliError):
        check_data(error.to_dict())
        assert str(errors.DliError.from_dict(stored(error.to_dict()))) == str(error)
    if error.__cause__ or not error.__suppress_context__:
        for behind in filter(None, (error.__cause__ or error.__context__,)):
            assert SECRET not in f"{behind} {behind!r}"


def check_lines(records: Iterable[logging.LogRecord]) -> None:
    """Check what the provider logged, and what Airflow did about it."""
    for record in records:
        if not record.name.startswith(("urllib3", "asyncio")):
            check_line(record.getMessage(), lines=True)
