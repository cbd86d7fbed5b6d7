"""How DLI spells the values of a job, and the Python types they are read as."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pendulum
from pydantic import AfterValidator, BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from dli_provider.flink.status import FlinkJobStatus

MAX_DEPTH = 32
"""How many levels deep a value may be nested: what is deeper can't be walked through safely."""


def _read_time(value: object) -> pendulum.DateTime | None:
    try:
        utc = _utc(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise PydanticCustomError("time", "Input should be epoch milliseconds or ISO-8601 text") from None
    if utc is None:
        return None
    return pendulum.DateTime(
        *(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond), pendulum.UTC
    )


def _utc(value: object) -> datetime | None:
    if isinstance(value, str):
        text = value.strip()
        value = int(text or 0) if text.isdecimal() or not text else datetime.fromisoformat(text)
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return datetime.fromtimestamp(value / 1000, UTC) if value else None


def _read_status(value: object) -> FlinkJobStatus | None:
    if not isinstance(value, str):
        raise PydanticCustomError("status", "Input should be text")
    return FlinkJobStatus(value) if value else None


def _read_list(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def is_shallow(value: object) -> bool:
    """Tell whether a value is nested no more than :data:`MAX_DEPTH` levels deep.

    :param value: JSON data.
    """
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for parent in level
            if isinstance(parent, dict | list)
            for item in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return True
    return False


def _read_any(value: object) -> object:
    if not is_shallow(value):
        raise PydanticCustomError("depth", f"Input should be nested less than {MAX_DEPTH} levels deep")
    return value


UtcTime = Annotated[pendulum.DateTime, PlainValidator(_read_time)]
"""A time in UTC; comes as epoch milliseconds (number or digits) or as ISO-8601. 0 becomes None: not yet."""

JobStatus = Annotated[FlinkJobStatus, PlainValidator(_read_status)]
"""A job's status; empty text becomes None."""

StrList = Annotated[list[str], BeforeValidator(_read_list)]
"""A list of texts; DLI's pages describe some of them as one text with commas."""

AnyJson = Annotated[Any, AfterValidator(_read_any)]
"""Any JSON: the value of an unknown key, or an object whose fields differ between versions of the API."""
