"""How DLI spells the values of a job, and what they are read as."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pendulum
from pydantic import AfterValidator, BeforeValidator, PlainValidator
from pydantic_core import PydanticCustomError

from dli_provider.flink.status import FlinkJobStatus

_MAX_DEPTH = 32


def _moment(value: object) -> pendulum.DateTime | None:
    try:
        utc = _utc(value)
    except (TypeError, ValueError, OverflowError, OSError):
        raise PydanticCustomError("moment", "Input should be epoch milliseconds or ISO-8601 text") from None
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


def _status(value: object) -> FlinkJobStatus | None:
    if not isinstance(value, str):
        raise PydanticCustomError("status", "Input should be a text")
    return FlinkJobStatus(value) if value else None


def _given(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _texts(value: object) -> object:
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def is_shallow(value: object) -> bool:
    """Tell whether a value is nested no more than 32 levels deep, so that it can be walked through.

    :param value: JSON data.
    """
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for parent in level
            if isinstance(parent, dict | list)
            for item in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return True
    return False


def _free(value: object) -> object:
    if not is_shallow(value):
        raise PydanticCustomError("free", f"Input should be nested less than {_MAX_DEPTH} levels deep")
    return value


Moment = Annotated[pendulum.DateTime, PlainValidator(_moment)]
"""A time in UTC; comes as epoch milliseconds (number or digits) or as ISO-8601. 0 becomes None: not yet."""

Status = Annotated[FlinkJobStatus, PlainValidator(_status)]
"""A job's status; an empty text means None."""

Given = BeforeValidator(_given)
"""Takes an empty text for None: nothing was given."""

Whole = Annotated[int | None, Given]
"""A whole number, or digits; an empty text means None."""

Flag = Annotated[bool | None, Given]
"""A Boolean, or ``"true"`` and the like; an empty text means None."""

Texts = Annotated[list[str], BeforeValidator(_texts)]
"""A list of texts; DLI's pages describe some of them as one text parted by commas."""

Free = Annotated[Any, AfterValidator(_free)]
"""Any JSON: an unknown key's value, or an object whose fields differ from version to version."""
