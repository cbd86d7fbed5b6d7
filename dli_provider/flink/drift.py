"""Compares a job's configuration with what is expected of it. The differences are called drift.

An expectation is a mapping of keys to values, nested where the configuration is nested. A plain value must be
equal; a mapping of comparisons must hold in all of them::

    {
    "checkpoint_enabled": True,
    "parallel_number": {">=": 2, "<=": 64},
    "checkpoint_mode": {"in": ["exactly_once"]},
    "entrypoint": {"matches": "obs://releases/.*"},
    "smn_topic": {"set": True},
    "resource_config": {"max_slot": {">=": 1}},
    "runtime_config": {"execution.checkpointing.timeout": "10 min"},
    }

It is plain JSON, so that it can stand in a DAG, in a baseline file or in a template. DLI sends some numbers
and Booleans as text: ``"true"`` equals ``True`` and ``"10.0"`` equals ``10``, in lists too, while two texts
are equal only when they are the same. ``True`` is not a number: it doesn't equal ``1``.

Where DLI sends an object as JSON text, a nested expectation reads that text. A list of ``key`` and ``value``
pairs, such as ``runtime_config``, counts as the mapping that it stands for: it is compared key by key, in
whatever order, and an expectation may spell it either way.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import nearest
from dli_provider.flink.redaction import is_withheld, redact
from dli_provider.flink.table import aligned
from dli_provider.masking import MASK, is_credential, printable

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob

_SHOWN_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value isn't the expected one, ready to be shown: on one line, bounded, secrets masked.

    :param key: the key, with dots where it is nested.
    :param expected: the expected value, or the comparisons.
    :param actual: the value found; ``absent`` when the configuration lacks the key.
    """

    key: str
    expected: str
    actual: str


def validate_expected(expected: Mapping[str, Any]) -> None:
    """Check an expectation before there is a configuration to compare it with.

    :param expected: the expectation.
    :raises ValueError: naming the key at fault, for a comparison that doesn't exist or can't be made.
    """
    if not isinstance(expected, Mapping):
        raise ValueError(  # noqa: TRY004
            f"an expectation must be a mapping of keys to values, and not {type(expected).__name__}"
        )
    drift(expected, {})


def comparable_config(job: FlinkJob) -> dict[str, Any]:
    """Return a job's configuration as :func:`drift` compares it. It is in the clear: don't log or store it.

    ``feature``, ``flink_version`` and ``image`` are in it also when DLI sends them beside ``job_config``.

    :param job: the job, with its detail.
    """
    from dli_provider.flink.job import IMAGE_FIELDS

    config = job.job_config.to_dict(redact=False) if job.job_config else {}
    image = {name: getattr(job.job_config or job, name) for name in IMAGE_FIELDS}
    return config | {name: value for name, value in image.items() if value is not None}


def drift(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[Difference]:
    """Return where a configuration isn't as expected. A key that it lacks counts as null.

    :param expected: the expectation.
    :param actual: the configuration in the clear, see :func:`comparable_config`.
    :raises ValueError: for an expectation that can't be checked, see :func:`validate_expected`.
    """
    return list(_differences(expected, actual))


def difference_table(differences: Collection[Difference]) -> str:
    """Return differences as an aligned table of key, expected and actual.

    :param differences: the rows, in their order.
    """
    return aligned([("key", "expected", "actual"), *((d.key, d.expected, d.actual) for d in differences)])


def _differences(
    expected: Mapping[str, Any], actual: Mapping[str, Any], prefix: str = "", *, in_secret: bool = False
) -> Iterator[Difference]:
    for key, wanted in expected.items():
        path = f"{prefix}{key}"
        if not isinstance(key, str) or not re.match(r"\w", key):
            raise ValueError(f"expected {printable(path, 120)}: that can't be the name of a key")
        found = actual.get(key)
        secret = in_secret or is_withheld(key) or is_credential(key)
        if isinstance(wanted, Mapping) and not _is_comparison(wanted, path):
            yield from _differences(wanted, _as_mapping(found) or {}, f"{path}.", in_secret=secret)
        elif not _holds(wanted, found, path):
            there = _shown(key, found, secret=secret) if key in actual else "absent"
            yield Difference(printable(path, _SHOWN_LENGTH), _wanted(key, wanted, secret=secret), there)


def _as_mapping(value: Any) -> Mapping[str, Any] | None:
    """Return the mapping that a value stands for: an object, a list of key and value pairs, or the JSON text
    of either; None for anything else.
    """
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if isinstance(value, list | tuple) and value and all(map(_is_pair, value)):
        return {pair["key"]: pair["value"] for pair in value}
    return value if isinstance(value, Mapping) else None


def _is_pair(item: Any) -> bool:
    return isinstance(item, Mapping) and item.keys() == {"key", "value"} and isinstance(item["key"], str)


def _is_comparison(wanted: Mapping[str, Any], path: str) -> bool:
    known = [name for name in wanted if name in _COMPARISONS]
    unknown = [name for name in wanted if name not in _COMPARISONS and (known or not _is_name(name))]
    if unknown:
        listed = printable(", ".join(map(repr, unknown)), _SHOWN_LENGTH)
        hint = nearest(_OTHER_SPELLINGS.get(unknown[0], unknown[0]), _COMPARISONS)
        raise ValueError(
            f"expected {path}: {listed} is no comparison; they are {', '.join(_COMPARISONS)}{hint}"
        )
    return bool(known)


def _is_name(key: object) -> bool:
    return re.match(r"\w", str(key)) is not None


def _holds(wanted: Any, found: Any, path: str) -> bool:
    if not isinstance(wanted, Mapping):
        return _same(found, wanted)
    each = [_compare(name, found, operand, path) for name, operand in wanted.items()]
    return all(each)  # after the list is made, so that every operand is checked


def _compare(name: str, found: Any, operand: Any, path: str) -> bool:
    try:
        return _COMPARISONS[name](found, operand)
    except (TypeError, ValueError, re.error) as problem:
        raise ValueError(f"expected {path}: {name} can't be applied to {operand!r:.60}: {problem}") from None


def _same(found: Any, wanted: Any) -> bool:
    both = (found, wanted)
    if any(isinstance(value, bool) for value in both):
        return str(found).lower() == str(wanted).lower()
    there, asked = map(_as_mapping, both)
    if there is not None and asked is not None:
        return there.keys() == asked.keys() and all(_same(there[key], asked[key]) for key in there)
    if all(isinstance(value, list | tuple) for value in both):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if any(isinstance(value, int | float) for value in both):
        number = _number(found)
        return number is not None and number == _number(wanted)
    return bool(found == wanted)


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, operand: Any) -> bool:
        number, limit = _number(found), _number(operand)
        if limit is None:
            raise TypeError("it compares numbers")
        return number is not None and compare(number, limit)

    return holds


def _number(value: Any) -> float | None:
    """Return a number, or the number that a text spells; a whole one exactly, whatever its size."""
    if isinstance(value, str) and "_" not in value:
        for read in (int, float):
            with suppress(ValueError):
                return read(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _in(found: Any, operand: Any) -> bool:
    if not isinstance(operand, list | tuple):
        raise TypeError("it takes a list")
    return any(_same(found, item) for item in operand)


def _matches(found: Any, operand: Any) -> bool:
    pattern = re.compile(operand)
    return found is not None and pattern.fullmatch(str(found)) is not None


def _set(found: Any, operand: Any) -> bool:
    if not isinstance(operand, bool):
        raise TypeError("it takes true or false")
    return (found not in (None, "", [], {})) is operand


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": _ordered(operator.ge),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    "<": _ordered(operator.lt),
    "==": _same,
    "!=": lambda found, operand: not _same(found, operand),
    "in": _in,
    "not in": lambda found, operand: not _in(found, operand),
    "matches": _matches,
    "set": _set,
}


_OTHER_SPELLINGS: dict[Any, str] = {"=>": ">=", "=<": "<=", "=": "==", "<>": "!="}


def _wanted(key: str, wanted: Any, *, secret: bool) -> str:
    if not isinstance(wanted, Mapping):
        return _shown(key, wanted, secret=secret)
    shown = (f"{name} {_shown(key, operand, secret=secret)}" for name, operand in wanted.items())
    return printable(" and ".join(shown), _SHOWN_LENGTH)


def _shown(key: str, value: Any, *, secret: bool) -> str:
    if secret and value and not isinstance(value, bool):
        return MASK
    return printable(str(redact({key: value})[key]), _SHOWN_LENGTH)
