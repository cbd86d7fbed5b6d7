"""Checks of what a user of the emulator hands in. An error names what was given, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

_MAX_SECONDS = 10**9


def invalid(name: str, expected: str, value: object) -> ValueError:
    """Return the error that says what is wrong.

    :param name: what the value is called.
    :param expected: what it must be.
    :param value: what it is.
    """
    return ValueError(f"{name} must be {expected}, and not {value!r:.80}")


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put a place before the text of a ``ValueError``.

    :param where: the place.
    """
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def whole_number(name: str, value: object, minimum: int, maximum: int | None = None) -> int:
    """Return a whole number within its limits.

    :param name: what it is called.
    :param value: the number.
    :param minimum: the least that is allowed.
    :param maximum: the most that is allowed; None for any.
    :raises ValueError: for anything else.
    """
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and minimum <= value
        and (maximum is None or value <= maximum)
    ):
        return value
    limits = f"of {minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
    raise invalid(name, f"a whole number {limits}", value)


def seconds(name: str, value: object, minimum: float = 0) -> float:
    """Return a number of seconds.

    :param name: what it is called.
    :param value: the number.
    :param minimum: the least that is allowed.
    :raises ValueError: for anything else.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and minimum <= value <= _MAX_SECONDS:
        return float(value)
    raise invalid(name, f"a number of seconds from {minimum:g} to {_MAX_SECONDS}", value)


def host(value: str, *, allow_remote: bool) -> bool:
    """Tell whether only this machine can reach an address to listen on.

    :param value: the address.
    :param allow_remote: True to allow others.
    :raises ValueError: for another address that isn't allowed.
    """
    is_loopback = value == "localhost" or ip_address(value).is_loopback
    if is_loopback or allow_remote:
        return is_loopback
    raise ValueError(f"{value} can be reached from other machines: allow_remote must be set to listen there")


def header(name: str, value: object) -> str:
    """Return a text that can stand in a header.

    :param name: what it is called.
    :param value: the text.
    :raises ValueError: for anything else.
    """
    if isinstance(value, str) and value.isprintable():
        return value
    raise invalid(name, "text on one line", value)


def key(name: str, value: object) -> str:
    """Return an access key or a secret key that a client can sign with. The error does not repeat it.

    :param name: what it is called.
    :param value: the key.
    :raises ValueError: for anything else.
    """
    if isinstance(value, str) and re.fullmatch(r"[!-+\--~]+", value):
        return value
    raise ValueError(f"{name} must be of ASCII characters without blanks and commas")
