"""Checks the arguments of the emulator's users. An error names what was given, and what is expected."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

_MAX_SECONDS = 10**9


def invalid(name: str, expected: str, value: object) -> ValueError:
    """Return the error for a wrong argument."""
    return ValueError(f"{name} must be {expected}, and not {value!r:.80}")


@contextmanager
def located(where: str) -> Iterator[None]:
    """Say in the text of a ``ValueError`` where the mistake is."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def whole_number(name: str, value: object, minimum: int, maximum: int | None = None) -> int:
    """Return a whole number within its limits, or raise a ``ValueError``."""
    most = math.inf if maximum is None else maximum
    if isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= most:
        return value
    limits = f"of {minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
    raise invalid(name, f"a whole number {limits}", value)


def seconds(name: str, value: object, minimum: float = 0) -> float:
    """Return a number of seconds, or raise a ``ValueError``."""
    if isinstance(value, int | float) and not isinstance(value, bool) and minimum <= value <= _MAX_SECONDS:
        return float(value)
    raise invalid(name, f"a number of seconds from {minimum:g} to {_MAX_SECONDS}", value)


def host(value: str, *, allow_remote: bool) -> bool:
    """Tell whether an address is loopback; raise a ``ValueError`` if it isn't, and isn't allowed."""
    is_loopback = value == "localhost" or ip_address(value).is_loopback
    if is_loopback or allow_remote:
        return is_loopback
    raise ValueError(f"{value} can be reached from other machines: set allow_remote to listen there")


def header(name: str, value: object) -> str:
    """Return the name or the value of a header, or raise a ``ValueError``."""
    if isinstance(value, str) and value.isprintable():
        return value
    raise invalid(name, "text on one line", value)


def key(name: str, value: object) -> str:
    """Return a key that a client can sign with, or raise a ``ValueError`` that doesn't show it."""
    if isinstance(value, str) and re.fullmatch(r"[!-+\--~]+", value):
        return value
    raise ValueError(f"{name} must be of ASCII characters without blanks and commas")
