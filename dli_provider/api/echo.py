"""What an error must not repeat of a request: the SQL, arguments and options of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dli_provider.api.errors import DliError
from dli_provider.flink.redaction import is_withheld
from dli_provider.masking import MASK

_LONGEST_SHOWN = 15
"""Characters of a withheld text that an error may repeat, such as the word where its SQL is wrong."""

_SHORTEST_HIDDEN = 6
"""Characters of the shortest withheld text that is looked for as a whole."""


def hide_echo(error: DliError, body: Mapping[str, Any] | None) -> None:
    """Mask what an error repeats of the withheld fields of a request.

    :param error: the error, which is changed.
    :param body: what was sent.
    """
    for name, value in (body or {}).items():
        if isinstance(value, str) and is_withheld(name):
            shown = error.message
            error.message = _without(shown, " ".join(value.split()))
            error.args = tuple(error.message if part == shown else part for part in error.args)


def _without(text: str, secret: str) -> str:
    """Return a text in which every longer part of a secret text is masked."""
    size = min(_LONGEST_SHOWN + 1, len(secret))
    if size < _SHORTEST_HIDDEN:
        return text
    wanted = set(_parts(text, size))
    common = {part for part in _parts(secret, size) if part in wanted}
    hidden = {
        place + n for place, part in enumerate(_parts(text, size)) if part in common for n in range(size)
    }
    kept = "".join("\0" if place in hidden else character for place, character in enumerate(text))
    return re.sub("\0+", MASK, kept)


def _parts(text: str, size: int) -> Iterator[str]:
    return (text[place : place + size] for place in range(len(text) - size + 1))
