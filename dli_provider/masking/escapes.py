# ruff: noqa: RUF001  (typographic quotes, which are what it reads)
"""Read a text as if nothing in it were escaped, and know where each character comes from.

The rules then read one spelling instead of twenty. Only quotes keep apart how they are spelled: one that is
escaped doesn't close a text that a plain one opened.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

_BASES = {"'": 0xE000, '"': 0xE200, "`": 0xE400}
SINGLE = "'\ue000-\ue1ff"
QUOTES = "'\"`\ue000-\ue5ff"
"""Quotes, for a class of characters. One that is escaped is read as a private character from its base on."""
QUOTE = f"[{QUOTES}]"

_ENTITY = r"""&(?:amp;)*(?:amp|lt|gt|quot|apos|nbsp|equals
    |\#0?(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])|\#x[2-7][0-9a-f]);"""
_ESCAPED = re.compile(
    rf"""\\++(?:(?:u00|x)(?!5c|7f)[2-7][0-9a-f] | u(?:[2-9][0-9a-f]|f[ef])[0-9a-f]{{2}}
      | (?-i:[nr]|t(?!oken)) | ["'`/=:>] | {_ENTITY})?+
    | {_ENTITY}
    | %(?:25)*+(?:3D|3A|40) | (?<=3A|2F)%(?:25)*+2F  # a slash of ://, not one in a password
    | \x1b\[[\d;]{{0,20}}m
    | [\u00ad\u200b-\u200f\u2060\ufeff](?<!["'`;].)(?!["'`\\&])  # neither begins nor ends a text""",
    re.VERBOSE | re.IGNORECASE,
)
_HEXADECIMAL = re.compile(r"(?:u00|x|u|&(?:amp;)*#x|%(?:25)*)([0-9a-f]{2,4});?", re.IGNORECASE)
_DECIMAL = re.compile(r"&(?:amp;)*#(\d+);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "equals": "="}
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
_ALIKE: dict[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width letters and signs
    **{ord(sign): plain for sign, plain in zip("\u3000、。…→⇒", " ,..==", strict=True)},
    **{ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015"},
}
_PRIVATE = re.compile("[\ue000-\ue5ff]")
_TYPOGRAPHIC = re.compile(
    "|".join(
        f"{pair[0]}[^{pair}]{{1,300}}{pair[1]}" for pair in ["“”", "‘’", "「」", "『』", "【】", "«»", "《》"]
    )
)


def plain(text: str) -> tuple[str, Callable[[int], int]]:
    """Return a text without the escapes of JSON, HTML and URLs, colours and characters without width.

    Full-width characters become plain ones, pairs of typographic quotes backticks.

    :return: the plain text, and a function that tells where in the original a place of it is.
    """
    is_foreign = not text.isascii()
    if is_foreign:
        text = _PRIVATE.sub("\ufffd", text)
    pieces: list[str] = []
    begins, originals, length, done = [0], [0], 0, 0
    for found in _ESCAPED.finditer(text):
        skipped, character = _read(found[0])
        start = found.start() + skipped
        pieces += text[done:start], character
        length += start - done + len(character)
        done = found.end()
        begins.append(length)
        originals.append(done)

    def original(position: int) -> int:
        piece = bisect_right(begins, position) - 1
        return originals[piece] + position - begins[piece]

    seen = "".join(pieces) + text[done:]
    if is_foreign or "\\u" in text:
        seen = _TYPOGRAPHIC.sub(lambda quoted: f"`{quoted[0][1:-1]}`", seen.translate(_ALIKE))
    return seen, original


@lru_cache(1024)
def _read(escape: str) -> tuple[int, str]:
    """Return how many backslashes before an escaped character are escaped themselves, and the character."""
    spelled = escape.lstrip("\\")
    slashes = len(escape) - len(spelled)
    character = _character(spelled)
    if character not in _BASES:
        return (0 if spelled else slashes), character
    own = _slashes_of_a_quote(slashes, is_code=spelled[0] in "uUxX")
    if own or spelled != character:
        character = chr(_BASES[character] + len(spelled) % 8 * 64 + own % 64)
    return slashes - own, character


def _character(spelled: str) -> str:
    """Return the character that is meant; nothing for one without width."""
    if found := _HEXADECIMAL.fullmatch(spelled):
        return chr(int(found[1], 16))
    if found := _DECIMAL.fullmatch(spelled):
        return chr(int(found[1]))
    if spelled[:1] == "&":
        return _ENTITIES[spelled[:-1].lower().rpartition("amp;")[2].lstrip("&")]
    if spelled[:1] == "\x1b":
        return " "
    return _BLANKS.get(spelled, spelled if spelled.isascii() else "")


def _slashes_of_a_quote(slashes: int, *, is_code: bool) -> int:
    r"""Return how many of the backslashes before a quote spell it.

    In JSON inside JSON a quote has 1, 3, 7 ... backslashes: ``"``, ``\"``, ``\\\"``; and ``\u0022`` has 1,
    2, 4 ... or, within a text in it, 3, 6, 12 ...
    """
    unit = slashes & -slashes if is_code else 1
    units = slashes // unit
    return ((units ^ (units + 1)) >> 1) * unit  # the ones at the end of the binary number
