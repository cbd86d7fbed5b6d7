"""What a job's configuration is expected to be, and where it differs: drift.

An expectation is a mapping of keys to values, nested where the configuration is nested. A plain value means
equality; a mapping of comparisons means what they say, all of them::

    {
    "checkpoint_enabled": True,
    "parallel_number": {">=": 2, "<=": 64},
    "checkpoint_mode": {"in": ["exactly_once"]},
    "entrypoint": {"matches": "obs://releases/.*"},
    "smn_topic": {"set": True},
    "resource_config": {"max_slot": {">=": 1}},
    }

It is plain JSON, so that it can stand in a DAG, in a baseline file, or in a template. DLI gives some numbers
and Booleans as text: ``"true"`` equals ``True`` and ``"10.0"`` equals ``10`` here, in lists too, while two
texts are equal only when they are the same. ``True`` is no number: it doesn't equal ``1``. Where DLI gives an
object as JSON text, a nested expectation reads it.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dli_provider.flink.job import IMAGE_FIELDS
from dli_provider.flink.redaction import is_withheld, redact
from dli_provider.masking import MASK, is_credential, mask
from dli_provider.masking.table import aligned

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob

_MOST = 120


@dataclass(frozen=True, slots=True)
class Difference:
    """A key whose value isn't what is expected, fit to be shown: secrets are masked.

    :param key: the key, with dots where it is nested.
    :param expected: what is expected.
    :param actual: what is there.
    """

    key: str
    expected: str
    actual: str


def validate_expected(expected: Mapping[str, Any]) -> None:
    """Check an expectation without a configuration to compare it with.

    :param expected: the expectation.
    :raises ValueError: naming the key at fault, for a comparison that doesn't exist or can't be made.
    """
    if not isinstance(expected, Mapping):
        problem = f"expected must be a mapping of keys to values, and not {type(expected).__name__}"
        if isinstance(expected, str):
            problem += ": a template yields text, unless the DAG has render_template_as_native_obj=True"
        raise ValueError(problem)  # noqa: TRY004
    drift(expected, {})


def comparable_config(job: FlinkJob) -> dict[str, Any]:
    """Return a job's configuration as expectations are compared with it: in the clear, for no log.

    It holds ``feature``, ``flink_version`` and ``image`` also where DLI tells them beside ``job_config``.

    :param job: the job, with its detail.
    """
    config = job.job_config.to_dict(redact=False) if job.job_config else {}
    image = {name: getattr(job.job_config or job, name) for name in IMAGE_FIELDS}
    return config | {name: value for name, value in image.items() if value is not None}


def drift(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[Difference]:
    """Return where a configuration isn't what is expected; a key it hasn't counts as null.

    :param expected: the expectation.
    :param actual: the configuration in the clear, see :func:`comparable_config`.
    :raises ValueError: for an expectation that can't be checked, see :func:`validate_expected`.
    """
    return list(_differences(expected, actual))


def difference_table(differences: Collection[Difference]) -> str:
    """Return differences as an aligned table of key, expected and actual."""
    return aligned([("key", "expected", "actual"), *((d.key, d.expected, d.actual) for d in differences)])


def _differences(
    expected: Mapping[str, Any], actual: Mapping[str, Any], prefix: str = "", *, in_secret: bool = False
) -> Iterator[Difference]:
    for key, wanted in expected.items():
        if not isinstance(key, str) or not re.match(r"\w", key):
            raise ValueError(f"expected {prefix}{key!r:.60}: that is no name of a key")
        path, found = f"{prefix}{key}", actual.get(key)
        secret = in_secret or is_withheld(key) or is_credential(key)
        if isinstance(wanted, Mapping) and not _is_comparison(wanted, path):
            yield from _differences(wanted, _object(found), f"{path}.", in_secret=secret)
        elif not _holds(wanted, found, path):
            there = _shown(key, found, secret=secret) if key in actual else "absent"
            yield Difference(path, _wanted(key, wanted, secret=secret), there)


def _object(found: Any) -> Mapping[str, Any]:
    """Return the keys and values of an object, or of the text of one in JSON; none of anything else."""
    if isinstance(found, str):
        with suppress(ValueError, RecursionError):
            found = json.loads(found)
    return found if isinstance(found, Mapping) else {}


def _is_comparison(wanted: Mapping[str, Any], path: str) -> bool:
    known = [name for name in wanted if name in _COMPARISONS]
    strange = [name for name in wanted if name not in _COMPARISONS and not re.match(r"\w", str(name))]
    if strange or (known and len(known) < len(wanted)):
        raise ValueError(
            f"expected {path}: {list(wanted)} are no comparisons; there are {', '.join(_COMPARISONS)}"
        )
    return bool(known)


def _holds(wanted: Any, found: Any, path: str) -> bool:
    if not isinstance(wanted, Mapping):
        return _same(found, wanted)
    each = [_compare(name, found, operand, path) for name, operand in wanted.items()]
    return all(each)


def _compare(name: str, found: Any, operand: Any, path: str) -> bool:
    try:
        return _COMPARISONS[name](found, operand)
    except (TypeError, ValueError, re.error) as problem:
        raise ValueError(f"expected {path}: {name} can't be applied to {operand!r:.60}: {problem}") from None


def _same(found: Any, wanted: Any) -> bool:
    both = (found, wanted)
    if any(isinstance(value, bool) for value in both):
        return str(found).lower() == str(wanted).lower()
    if all(isinstance(value, list | tuple) for value in both):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if all(isinstance(value, Mapping) for value in both):
        return found.keys() == wanted.keys() and all(_same(found[key], wanted[key]) for key in found)
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
    """Return the number that a value is, or the text of; a whole one exactly, whatever its size."""
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


def _wanted(key: str, wanted: Any, *, secret: bool) -> str:
    if not isinstance(wanted, Mapping):
        return _shown(key, wanted, secret=secret)
    return " and ".join(f"{name} {_shown(key, operand, secret=secret)}" for name, operand in wanted.items())


def _shown(key: str, value: Any, *, secret: bool) -> str:
    if secret and value and not isinstance(value, bool):
        return MASK
    text = mask(str(redact({key: value})[key]))
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
