"""What the body of an HTTP answer holds: JSON, or a text to show the beginning of."""

from __future__ import annotations

import html
import json
import re
from contextlib import suppress
from typing import Any

from dli_provider.api.errors import DliProtocolError
from dli_provider.masking import mask, printable

EXCERPT_LENGTH = 300
"""Characters of an unexpected body that an error shows."""

_READ = 20_000


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
