"""Values of a job's definition that the API takes in a form of its own, from the one that people write.

No error shows a value: options and arguments may hold credentials.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from dli_provider.flink.arguments import is_blank

_CHECKPOINT_MODES = {"exactly_once": 1, "at_least_once": 2}
"""Requests have numbers, answers have names."""

MAX_TAG_KEY, MAX_TAG_VALUE = 128, 255


def check_given(value: str) -> str:
    """Refuse a text that counts as not given."""
    if is_blank(value):
        raise PydanticCustomError("blank", "Input should not be blank")
    return value


def checkpoint_mode(value: object) -> int | None:
    """Return a checkpoint mode as the number that requests have.

    :param value: the mode's name or number.
    """
    if isinstance(value, str):
        value = _CHECKPOINT_MODES.get(value)
    elif value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value in _CHECKPOINT_MODES.values():
        return value
    raise PydanticCustomError("mode", "Input should be 'exactly_once' (1) or 'at_least_once' (2)")


def options(value: object) -> str | None:
    """Return Flink options as the text of a JSON list of keys and values.

    :param value: a mapping of texts, numbers and Booleans, or such a text, which stays as it is.
    """
    if value is None or (isinstance(value, str) and (not value.strip() or _are_pairs(_loaded(value)))):
        return value
    if isinstance(value, Mapping):
        pairs = [{"key": key, "value": _option(item)} for key, item in value.items()]
        if _are_pairs(pairs):
            return _dumped(pairs)
    raise PydanticCustomError(
        "options", "Input should be a mapping of texts, or the text of a JSON list of keys and values"
    )


def _option(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise PydanticCustomError("option", "Every value should be a text, a number or a Boolean")


def tags(value: object) -> list[dict[str, str]] | None:
    """Return tags as the API's list of keys and values.

    :param value: a mapping, or such a list.
    """
    if value is None:
        return None
    pairs: Any = value
    if isinstance(value, Mapping):
        pairs = [{"key": key, "value": text} for key, text in value.items()]
    if not _are_pairs(pairs):
        raise PydanticCustomError("tags", "Input should be a mapping of texts, or a list of key and value")
    found = [dict(pair) for pair in pairs]
    if all(1 <= len(tag["key"]) <= MAX_TAG_KEY and 1 <= len(tag["value"]) <= MAX_TAG_VALUE for tag in found):
        return found
    raise PydanticCustomError(
        "tag",
        "Keys should have 1 to {key} characters, values 1 to {value}",
        {"key": MAX_TAG_KEY, "value": MAX_TAG_VALUE},
    )


def json_text(value: object) -> str | None:
    """Return a configuration as JSON text.

    :param value: a mapping, or the JSON text of one, which stays as it is.
    """
    if isinstance(value, Mapping):
        return _dumped(dict(value))
    if value is None or (isinstance(value, str) and (not value.strip() or isinstance(_loaded(value), dict))):
        return value
    raise PydanticCustomError("json", "Input should be a mapping or its JSON text")


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, Mapping)
        and pair.keys() == {"key", "value"}
        and all(isinstance(text, str) for text in pair.values())
        for pair in value
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        pass
    raise PydanticCustomError("json", "Input should hold JSON data only")
