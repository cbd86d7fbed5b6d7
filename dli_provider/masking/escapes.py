"""Read a text as if nothing in it were escaped, and know where each character came from."""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Sequence
from typing import NamedTuple

_ESCAPED = re.compile(
    r"""(?<!\\)(?: (?P<json>\\++)(?:(?:u00|x)(?P<hex>[2-7][0-9a-f])(?<!5c)(?<!7f)
        |u(?P<foreign>20(?:1[0-9a-f]|2[0-26])|21[9a-d][0-9a-f]|3[0-9a-f]{3}|[4-9][0-9a-f]{3}|ff[0-5][0-9a-f]))
      | (?P<before>\\*+)&(?P<times>(?:amp;){0,3})(?P<entity>lt|gt|amp|quot|apos|equals|colon|nbsp
          |\#0?(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]) | \#x[2-7][0-9a-f]);
      | \\++(?P<slash>/) )
    | (?P<invisible> [\u00ad\u200b-\u200f\u2060\ufeff] | \x1b\[[\d;]{0,20}m )""",
    re.VERBOSE | re.IGNORECASE,
)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: ord(" ")}


class Reading(NamedTuple):
    """A text with its escaped characters plain.

    :param text: the plain text.
    :param starts: where each of its characters begins in the original, and the original's length.
    :param ends: where each of its characters ends in the original.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the plain text stands in the original, with what is invisible around it."""
        return (self.ends[start - 1] if start else 0), self.starts[end]


def readable(text: str) -> Reading:
    """Return a text without the escapes of JSON and HTML, full-width letters and invisible characters.

    A quote that JSON or HTML escapes gets backslashes, as in JSON inside JSON: it doesn't end what a plain
    quote began.
    """
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    apart = "\"<>'" if "'" in text else '"<>'
    pieces: list[str] = []
    starts, ends, done = array("L"), array("L"), 0
    for found in _ESCAPED.finditer(text):
        slashes, share, character = _plain(found, apart)
        pieces += text[done : found.start()], "\\" * slashes, character
        starts.extend(range(done, found.start()))
        ends.extend(range(done + 1, found.start() + 1))
        if character:
            own = [min(found.start() + int(i * share), found.end() - 1) for i in range(slashes + 1)]
            starts.extend(own)
            ends.extend([*own[1:], found.end()])
        done = found.end()
    if not done:
        return Reading(text, range(len(text) + 1), range(1, len(text) + 1))
    starts.extend(range(done, len(text) + 1))
    ends.extend(range(done + 1, len(text) + 1))
    return Reading("".join(pieces) + text[done:], starts, ends)


def _plain(escaped: re.Match[str], apart: str) -> tuple[int, float, str]:
    """Return how many backslashes a character gets, how much of the original each stands for, and itself.

    :param escaped: the character as it is escaped, with the backslashes before it.
    :param apart: characters that get as many backslashes as in JSON inside JSON.
    """
    if escaped["invisible"]:
        return 0, 0, ""
    if escaped["slash"]:
        return 0, 0, "/"
    if escaped["foreign"]:
        return 0, 0, chr(int(escaped["foreign"], 16)).translate(_FULL_WIDTH)
    if escaped["json"]:
        character, slashes = chr(int(escaped["hex"], 16)), len(escaped["json"])
        own = slashes & -slashes
        if character in apart or (character == "'" and own > 1):
            return slashes + own - 1, 1, character
        return slashes // own // 2, 2 * own, character
    character, slashes = html.unescape(f"&{escaped['entity']};"), len(escaped["before"])
    times = 2 ** (1 + len(escaped["times"]) // len("amp;"))
    if character in apart or (character == "'" and times > 2):
        return times * (slashes + 1) - 1, 1 / times, character
    return slashes, 1, character
