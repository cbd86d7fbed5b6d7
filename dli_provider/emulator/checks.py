"""What a user of the emulator gives it is checked at once: a complaint names what was given, and what would
be right."""

from __future__ import annotations

import re

_LONGEST = 10**9


def complaint(name: str, right: str, value: object) -> ValueError:
    """Return the error that says what is wrong.

    :param name: what the value is called.
    :param right: what it must be.
    :param value: what it is.
    """
    return ValueError(f"{name} must be {right}, and not {value!r:.80}")


def whole_number(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number within its limits.

    :param name: what it is called.
    :param value: the number.
    :param least: the least that is allowed.
    :param most: the most that is allowed; None for any.
    :raises ValueError: for anything else.
    """
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and least <= value
        and (most is None or value <= most)
    ):
        return value
    limits = f"of {least} or more" if most is None else f"from {least} to {most}"
    raise complaint(name, f"a whole number {limits}", value)


def seconds(name: str, value: object, least: float = 0) -> float:
    """Return a number of seconds.

    :param name: what it is called.
    :param value: the number.
    :param least: the least that is allowed.
    :raises ValueError: for anything else.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= _LONGEST:
        return float(value)
    raise complaint(name, f"a number of seconds from {least:g} to {_LONGEST}", value)


def header(name: str, value: object) -> str:
    """Return a text that can stand in a header.

    :param name: what it is called.
    :param value: the text.
    :raises ValueError: for anything else.
    """
    if isinstance(value, str) and value.isprintable():
        return value
    raise complaint(name, "text on one line", value)


def key(name: str, value: object) -> str:
    """Return an access key or a secret key, as a client can sign with it; a complaint does not repeat it.

    :param name: what it is called.
    :param value: the key.
    :raises ValueError: for anything else.
    """
    if isinstance(value, str) and re.fullmatch(r"[!-+\--~]+", value):
        return value
    raise ValueError(f"{name} must be of ASCII characters without blanks and commas")
