# ruff: noqa: RUF001  (typographic quotes, which are what it reads)
"""Read a text as if nothing in it were escaped, and keep everything at its place.

An escaped character becomes the character itself behind as much padding as keeps the text's length, so that a
place in the plain text is the same place in the original. The rules then read one spelling instead of twenty.
"""

from __future__ import annotations

import re

FILL = "\x1a"
"""Padding: ASCII's SUBSTITUTE, which no text uses."""
PAD = rf"[\\{FILL}]"
"""What stands before an escaped character, as a class of characters: padding or a backslash."""
ZERO_WIDTH = "\x16"
"""What stands for every character that takes no room: ASCII's SYNCHRONOUS IDLE."""

_ESCAPED = re.compile(
    r"""\\(?:u00|x)(?P<ascii>(?!5c|7f)[2-7][0-9a-f]) | \\u(?P<foreign>[2-9f][0-9a-f]{3})
    | \\(?P<blank>(?-i:[nr]|t(?!oken)))
    | &(?:amp;)*(?:(?P<entity>amp|lt|gt|quot|apos|nbsp|equals)
      |\#0?(?P<decimal>3[2-9]|[4-9]\d|1[01]\d|12[0-6])|\#x(?P<hex>[2-7][0-9a-f]));
    | %(?:25)*+(?P<percent>3D|3A|2F|40)
    | \x1b\[[\d;]{0,20}m""",
    re.VERBOSE | re.IGNORECASE,
)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "equals": "="}
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
_ALIKE: dict[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width letters and signs
    **{ord(sign): plain for sign, plain in zip("\u3000、。…→⇒", " ,..==", strict=True)},
    **{ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015"},
    **{ord(zero): ZERO_WIDTH for zero in "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"},
}
_QUOTED = re.compile(
    "|".join(
        rf"{pair[0]}(?!{PAD}*{pair[1]})[^{pair}]{{1,300}}{pair[1]}"
        for pair in ["“”", "‘’", "「」", "『』", "【】", "«»", "《》"]
    )
)


def spelled(words: str) -> str:
    """Return a pattern of words, of Chinese for instance, each character of which may be escaped."""
    return "|".join(f"{PAD}*+".join(word) for word in words.split())


def plain(text: str) -> str:
    """Return a text of the same length without the escapes of JSON, HTML and URLs.

    Full-width characters become plain ones, pairs of typographic quotes backticks, and colours blanks.
    """
    text = _ESCAPED.sub(_plain, text.replace(FILL, ZERO_WIDTH))
    if text.isascii():
        return text
    return _QUOTED.sub(lambda quoted: f"`{quoted[0][1:-1]}`", text.translate(_ALIKE))


def _plain(escaped: re.Match[str]) -> str:
    kind, length = escaped.lastgroup, escaped.end() - escaped.start()
    if not kind:
        return " " * length
    if kind in {"ascii", "foreign"}:
        return "\\" + FILL * (length - 2) + chr(int(escaped[kind], 16))
    if kind == "blank":
        return FILL + _BLANKS[escaped[kind]]
    if kind == "entity":
        return FILL * (length - 1) + _ENTITIES[escaped[kind].lower()]
    return FILL * (length - 1) + chr(int(escaped[kind], 10 if kind == "decimal" else 16))
