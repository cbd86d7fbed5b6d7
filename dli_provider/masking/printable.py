"""Texts and data from outside made fit to log, show and store."""

from __future__ import annotations

import re
from typing import Any

from dli_provider.masking.text import MASK, mask

_READ_BEYOND = 6000
_UNJUDGED = 1000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def printable(text: object, limit: int = 300) -> str:
    """Return one line that is fit for a log, a terminal and a database, with credentials masked.

    Line breaks, control characters and halves of surrogate pairs become blanks, and blanks in a row become
    one.

    :param text: anything that has a text, of any length.
    :param limit: characters of the answer at the most; a longer text ends in ``…``.
    """
    whole = str(text)
    read = 4 * limit + _READ_BEYOND
    masked = mask(whole[:read])
    if len(whole) > read:  # what is near the end may be known as a credential by what was cut off
        masked = masked[:-_UNJUDGED] + MASK
    line = " ".join("".join(c if c.isprintable() else " " for c in masked).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def storable(value: Any) -> Any:
    """Return JSON data that every database, XCom backend and message queue takes.

    NUL and halves of surrogate pairs become U+FFFD, in texts and in keys; PostgreSQL refuses the one, UTF-8
    the other.

    :param value: texts, numbers, lists, tuples and mappings; other types pass as they are.
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else value
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(storable(item) for item in value) if type(value) in {list, tuple} else value
    return value
