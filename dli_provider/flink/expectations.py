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
and Booleans as text: ``"true"`` equals ``True`` and ``"10"`` equals ``10`` here.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dli_provider.flink.redaction import MASK, is_withheld, mask_credentials
from dli_provider.flink.table import aligned

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


def check_expected(expected: Mapping[str, Any]) -> None:
    """Check an expectation without a configuration to compare it with.

    :param expected: the expectation.
    :raises ValueError: naming the key at fault, for a comparison that doesn't exist or can't be made.
    """
    if not isinstance(expected, Mapping):
        raise ValueError(f"expected must be a mapping of keys to values, and not {type(expected).__name__}")  # noqa: TRY004
    for _ in _differences(expected, {}, ""):
        pass


def drift(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[Difference]:
    """Return where a configuration isn't what is expected; a key it hasn't counts as null.

    :param expected: the expectation.
    :param actual: the configuration in the clear, ``JobConfig.to_dict(redact=False)``.
    :raises ValueError: for an expectation that can't be checked, see :func:`check_expected`.
    """
    return list(_differences(expected, actual, ""))


def difference_table(differences: Collection[Difference]) -> str:
    """Return differences as an aligned table of key, expected and actual."""
    return aligned([("key", "expected", "actual"), *((d.key, d.expected, d.actual) for d in differences)])


def _differences(expected: Mapping[str, Any], actual: Mapping[str, Any], prefix: str) -> Iterator[Difference]:
    for key, wanted in expected.items():
        path = f"{prefix}{key}"
        found = actual.get(key)
        if isinstance(wanted, Mapping) and not _is_comparison(wanted, path):
            inner = found if isinstance(found, Mapping) else {}
            yield from _differences(wanted, inner, f"{path}.")
        elif not _holds(wanted, found, path):
            secret = any(is_withheld(part) for part in path.split("."))
            there = "absent" if key not in actual else _shown(found, secret=secret)
            yield Difference(path, _wanted(wanted, secret=secret), there)


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
    return all(_compare(name, found, operand, path) for name, operand in wanted.items())


def _compare(name: str, found: Any, operand: Any, path: str) -> bool:
    try:
        return _COMPARISONS[name](found, operand)
    except (TypeError, ValueError, re.error) as problem:
        raise ValueError(f"expected {path}: {name} can't be applied to {operand!r:.60}: {problem}") from None


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return str(found).lower() == str(wanted).lower()
    if isinstance(found, str) and isinstance(wanted, int | float):
        return found.strip() == str(wanted)
    if isinstance(wanted, str) and isinstance(found, int | float):
        return wanted.strip() == str(found)
    return bool(found == wanted)


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, operand: Any) -> bool:
        if isinstance(operand, bool):
            raise TypeError("it compares numbers")
        limit = float(operand)
        try:
            return not isinstance(found, bool) and compare(float(found), limit)
        except (TypeError, ValueError):
            return False

    return holds


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


def _wanted(wanted: Any, *, secret: bool) -> str:
    if not isinstance(wanted, Mapping):
        return _shown(wanted, secret=secret)
    return " and ".join(f"{name} {_shown(operand, secret=secret)}" for name, operand in wanted.items())


def _shown(value: Any, *, secret: bool) -> str:
    if secret and value:
        return MASK
    text = mask_credentials(value if isinstance(value, str) else str(value))
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
