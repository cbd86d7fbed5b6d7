"""What may be said of bodies: what an answer's holds, and what an error must not repeat of a request's."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from dli_provider.api.errors import DliError, DliProtocolError
from dli_provider.flink.redaction import is_withheld
from dli_provider.masking import MASK, mask, printable

EXCERPT_LENGTH = 300
"""Characters of an unexpected body that an error shows."""

_READ = 20_000

_LONGEST_SHOWN = 15
"""Characters of a withheld text that an error may repeat, such as the word where its SQL is wrong."""

_SHORTEST_HIDDEN = 6
"""Characters of the shortest withheld text that is looked for as a whole."""


def parse_json(body: bytes) -> Any:
    """Return what a JSON body holds.

    :raises DliProtocolError: when it holds no JSON, or JSON nested too deeply to be an answer of DLI.
    """
    with suppress(ValueError, RecursionError):
        return json.loads(body)
    # raised out here, because the error of json holds the whole body
    raise DliProtocolError(f"The answer's body is {describe(body)}", transient=True)


def describe(body: bytes) -> str:
    """Return what a body is that isn't JSON of DLI's, with its beginning."""
    if not body:
        return "empty"
    return (
        f"an HTML page, perhaps a proxy's: {excerpt(body)}" if is_html(body) else f"not JSON: {excerpt(body)}"
    )


def excerpt(body: bytes) -> str:
    """Return the beginning of a body as one printable line: credentials masked, and without HTML's tags."""
    text = body[:_READ].decode("utf-8", "replace")
    if is_html(body):
        text = html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", mask(text))))
    return printable(text, EXCERPT_LENGTH)


def is_html(body: bytes) -> bool:
    """Tell whether a body looks like a page for a browser."""
    return _PAGE.match(body[:_READ]) is not None


_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|html|head|body|h1|title|center|p\b)", re.IGNORECASE
)
_UNSEEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*(?:>|\Z)")


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
