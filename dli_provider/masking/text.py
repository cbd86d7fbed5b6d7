"""Text from outside made printable, bounded and free of the credentials that can be recognised."""

from __future__ import annotations

import html
import re
from array import array
from collections.abc import Sequence

from dli_provider.masking.lexer import named_credentials

MASK = "***"
"""What stands in the place of a credential."""

MOST_READ = 10_000
"""How many characters of a stranger's text are read to show its beginning."""

_UNJUDGED = 1000
_SEPARATOR = re.compile(r"[\s=:\uFF1A>,;\\]")
_ESCAPED = re.compile(
    r"(?<!\\)(?:(\\++)u00(2[267]|3[cde])|(\\*+)&((?:amp;){0,3})(lt|gt|amp|quot|apos|#0?39|#34|#61|#x2[27]|#x3d);)",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----).+?(?=-----END|\Z)", re.DOTALL)
_SHAPES = (
    re.compile(r"""(https?://)[^\s/:@'"?#\[]++(?=(?::(?:x-oauth-basic)?)?@)""", re.IGNORECASE),
    # scheme://user:password@host; a password with a "/" only where no "@" comes before it, and never a port
    re.compile(
        r"""((?<=://)[^\s/:@'"\[]*+:(?!\d{1,5}(?:[/?#,\s'"]|\Z)))(?:[^\s/'"?#]+(?=@)|(?:[^\s/'"]|/(?!/))+(?=@))"""
    ),
    re.compile(r"""(jdbc:oracle:\w+:[^\s:/'"@]*/)[^\s/'"@]+(?=@)"""),
    re.compile(r"""([Bb]earer[ \t]+(?!tokens?\b|--))[^\s"',;\\]+"""),
    re.compile(r"(\b[Bb]asic[ \t]++)(?=[A-Za-z][a-z]*+[A-Z\d+/=])[\w+/]{4,}+=*+"),
    re.compile(r"""(HMAC-SHA256[ \t]+)(?=\w+=)[^\r\n"'\\]+"""),
)


def mask_and_cut(text: str, most: int) -> str:
    """Return the beginning of a stranger's text, with its credentials masked before it is cut.

    What is near the end of the part that is read is not shown: a credential may be known by what follows it.

    :param text: the text, of any length.
    :param most: characters of the answer at the most, up to :data:`MOST_READ`.
    """
    masked = mask(text[:MOST_READ])
    if len(text) > MOST_READ:
        masked = masked[:-_UNJUDGED] + MASK
    return masked[:most]


def mask(text: str) -> str:
    """Return a text in which every credential that can be recognised is replaced by :data:`MASK`.

    Masking what is masked already changes nothing. Empty values, null and Booleans stay.

    :param text: any text; for a stranger's see :func:`mask_and_cut`.
    """
    if not _SEPARATOR.search(text):
        return text
    text = _PRIVATE_KEY.sub(rf"\1{MASK}", text)
    plain, origins = _unescaped(text)
    pieces: list[str] = []
    done = 0
    for start, end in named_credentials(plain):
        pieces += text[done : origins[start]], MASK
        done = origins[end]
    text = "".join(pieces) + text[done:]
    for shape in _SHAPES:
        text = shape.sub(rf"\1{MASK}", text)
    return text


def printable(text: str, length: int) -> str:
    """Return a stranger's text as one printable line, with credentials masked.

    :param text: the text.
    :param length: characters after which it is cut.
    """
    masked = mask_and_cut(text, 4 * length)  # before the lines are joined, for a name may begin one
    line = " ".join("".join(c if c.isprintable() else " " for c in masked).split())
    return line if len(line) <= length else line[:length] + "…"


def _unescaped(text: str) -> tuple[str, Sequence[int]]:
    """Return a text with the signs plain that JSON or HTML escapes, and where each of its characters was."""
    apart = "\"<>'" if "'" in text else '"<>'
    pieces: list[str] = []
    origins, done = array("L"), 0
    for found in _ESCAPED.finditer(text):
        slashes, share, character = _plain(found, apart)
        pieces += text[done : found.start()], "\\" * slashes, character
        origins.extend(range(done, found.start()))
        origins.extend(min(found.start() + int(i * share), found.end() - 1) for i in range(slashes + 1))
        done = found.end()
    if not done:
        return text, range(len(text) + 1)
    origins.extend(range(done, len(text) + 1))
    return "".join(pieces) + text[done:], origins


def _plain(escaped: re.Match[str], apart: str) -> tuple[int, float, str]:
    """Return how many backslashes a sign gets, how many characters each stands for, and the plain sign.

    :param escaped: the sign as JSON or HTML escapes it, with the backslashes before it.
    :param apart: signs that get as many as in JSON inside JSON, for an escaped one is no end of what began
        with a plain one.
    """
    if escaped[2]:
        character, slashes = chr(int(escaped[2], 16)), len(escaped[1])
        own = slashes & -slashes
        if character in apart or (character == "'" and own > 1):
            return slashes + own - 1, 1, character
        return slashes // own // 2, 2 * own, character
    character, slashes = html.unescape(f"&{escaped[5]};"), len(escaped[3])
    times = 2 ** (1 + len(escaped[4]) // len("amp;"))
    if character in apart or (character == "'" and times > 2):
        return times * (slashes + 1) - 1, 1 / times, character
    return slashes, 1, character
