# ruff: noqa: RUF001  (typographic quotes, which are what it reads)
"""Read a text as if nothing in it were escaped, and know where each character comes from.

The rules then read one spelling instead of twenty. Only quotes keep apart how they are spelled: one that is
escaped doesn't close a text that a plain one opened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BASES = {"'": 0xE000, '"': 0xE800, "`": 0xF000}
_EACH = 0x800
SINGLE = "'\ue000-\ue7ff"
"""Single quotes, plain and escaped, for a class of characters; an escaped one is read as a private character."""
DOUBLE = '"\ue800-\uefff'
BACKTICK = "`\uf000-\uf7ff"
QUOTES = SINGLE + DOUBLE + BACKTICK

_ESCAPED = re.compile(
    r"""\\++(?: (?:u00|x)(?P<ascii>(?!5c|7f)[2-7][0-9a-f]) | u(?P<foreign>(?:[2-9][0-9a-f]|f[ef])[0-9a-f]{2})
      | (?P<blank>(?-i:[nr]|t(?!oken))) | (?P<sign>["'`/=:>]) )?+
    | &(?:amp;)*(?:(?P<entity>amp|lt|gt|quot|apos|nbsp|equals)
      | \#0?(?P<decimal>3[2-9]|[4-9]\d|1[01]\d|12[0-6]) | \#x(?P<hex>[2-7][0-9a-f]));
    | %(?:25)*+(?P<percent>3D|3A|2F|40)
    | (?P<colour>\x1b\[[\d;]{0,20}m)
    | (?P<zero_width>[\u00ad\u200b-\u200f\u2060\ufeff])(?<!["'`;].)(?!["'`\\&])  # neither begins nor ends a text""",
    re.VERBOSE | re.IGNORECASE,
)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "equals": "="}
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
_ALIKE: dict[int, str] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width letters and signs
    **{ord(sign): plain for sign, plain in zip("\u3000、。…→⇒", " ,..==", strict=True)},
    **{ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2015"},
}
_PRIVATE = re.compile("[\ue000-\uf7ff]")
_TYPOGRAPHIC = re.compile(
    "|".join(
        f"{opening}[^{opening}{closing}]{{1,300}}{closing}"
        for opening, closing in ["“”", "‘’", "「」", "『』", "【】", "«»", "《》"]
    )
)


def plain(text: str) -> tuple[str, Sequence[int]]:
    """Return a text without the escapes of JSON, HTML and URLs, colours and characters without width.

    Full-width characters become plain ones, pairs of typographic quotes backticks.

    :return: the plain text, and where in the original each of its characters begins; of the end too.
    """
    if not text.isascii():
        text = _PRIVATE.sub("\ufffd", text)
    pieces: list[str] = []
    places: list[int] = []
    names: dict[tuple[str, str, int], str] = {}
    done = 0
    for found in _ESCAPED.finditer(text):
        if not found.lastgroup:
            continue
        start, character = found.start(), _character(found)
        if character in _BASES:
            spelled = found[0].lstrip("\\")
            slashes = _slashes_of_a_quote(text[max(done, start - 64) : found.end() - len(spelled)], spelled)
            start = found.end() - len(spelled) - slashes
            if slashes or spelled != character:
                name = chr(_BASES[character] + len(names) % _EACH)
                character = names.setdefault((character, spelled, slashes), name)
        pieces += text[done:start], character
        places += range(done, start)
        places += [start] * len(character)
        done = found.end()
    seen = "".join(pieces) + text[done:]
    if not seen.isascii():
        seen = _TYPOGRAPHIC.sub(lambda quoted: f"`{quoted[0][1:-1]}`", seen.translate(_ALIKE))
    return seen, [*places, *range(done, len(text) + 1)] if done else range(len(text) + 1)


def _character(escaped: re.Match[str]) -> str:
    """Return the character that is meant; nothing for one without width."""
    kind = escaped.lastgroup or ""
    spelled = escaped[kind]
    match kind:
        case "ascii" | "foreign" | "hex" | "percent":
            return chr(int(spelled, 16))
        case "decimal":
            return chr(int(spelled))
        case "blank":
            return _BLANKS[spelled]
        case "entity":
            return _ENTITIES[spelled.lower()]
        case "sign":
            return spelled
    return " " if kind == "colour" else ""


def _slashes_of_a_quote(before: str, spelled: str) -> int:
    r"""Return how many of the backslashes before a quote spell it; the others are escaped themselves.

    In JSON inside JSON a quote has 1, 3, 7 ... backslashes: ``"``, ``\"``, ``\\\"``; and ``\u0022`` has 1,
    2, 4 ... or, within a text in it, 3, 6, 12 ...

    :param before: the text that ends before the quote's own spelling.
    :param spelled: that spelling: ``"``, ``&quot;``, ``u0022``.
    """
    slashes = len(before) - len(before.rstrip("\\"))
    unit = slashes & -slashes if spelled[0] in "uUxX" and slashes else 1
    units = slashes // unit
    return ((units ^ (units + 1)) >> 1) * unit  # the ones at the end of the binary number
