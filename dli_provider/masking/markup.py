"""Values that stand in XML, and values that stand apart from their name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dli_provider.masking import lexer
from dli_provider.masking.escapes import QUOTE, QUOTES
from dli_provider.masking.names import is_credential
from dli_provider.masking.place import Place

Span = tuple[int, int]

_FAR = 500
_TAG = re.compile(r"<(?:[\w-]{1,40}:)?\Z")
_IN_TAG = re.compile(r"<[\w:.-]+\s[^<>]*\Z")
_TO_CONTENT = re.compile(
    rf"""(?:\s++[\w.:-]{{1,60}}+\s*+=\s*+{QUOTE}[^<>{QUOTES}]{{0,200}}+{QUOTE}){{0,8}}+\s*+>
    | </(?P<tag>[\w:-]{{1,40}}+)>\s*+
      <(?:(?P=tag)|[\w-]{{0,20}}?value|string)(?:\s[^<>]{{0,99}})?>""",
    re.VERBOSE | re.IGNORECASE,
)
_CUT = re.compile(r"(?![:=])[^\s<>@]*+")
_PARTS = re.compile(
    rf"""(?P<inner>\{{(?:[^{{}}{QUOTES}]|(?P<text>{QUOTE})(?:(?!(?P=text)).){{0,300}}+(?P=text)){{0,99}}+\}})
    | [{{}}] | [\r\n][ \t]*+-[ ] | </(?P<sibling>[\w:-]++)>\s*+<(?P=sibling)\b | />
    | (?:(?<![A-Za-z/])|<[\w-]*[:-])(?:(?P<value>value|val|v)|key|name|k|property|option|parameter|field|id)
      (?:{QUOTE}?\s*+[:=] | (?:\s[^<>]{{0,99}}+)?(?P<tag>>))\s*+
      (?P<begin>)(?:(?P<quote>{QUOTE})(?:(?!(?P=quote))(?:\\.|.)){{0,300}}+(?P=quote))?+""",
    re.VERBOSE | re.IGNORECASE,
)
"""Objects in an object, what parts objects, and the labels of a pair with the quoted texts after them."""
_LITERAL = re.compile(rf"[^,}}\]\r\n<\\{QUOTES}]{{1,300}}+")


def element(place: Place) -> Span | None:
    """Find the value after a tag: ``<password a="b">x</password>``, ``<entry key="password">x</entry>``."""
    text, before = place.text, place.before(200)
    is_tag = not place.opened and bool(_TAG.search(before))
    is_content = before.endswith(">")
    if not (is_tag or is_content or (place.closed and _IN_TAG.search(before))):
        return None
    opening = _TO_CONTENT.match(text, place.after if place.closed else place.end)
    if not opening or (is_content and not opening["tag"]):
        return None
    content = _content(text, opening.end())
    cut = _CUT.match(text, opening.end()) if is_tag and not content else None
    return cut.span() if cut else content


def _content(text: str, start: int) -> Span | None:
    """Return the span of an element's content, comments and CDATA in it included."""
    end = text.find("</", start, start + 10_000)
    return (start, end) if end >= 0 else None


def apart(place: Place) -> Span | None:
    """Find the value of a pair, in either order: ``{"key": "password", "type": "s", "value": "x"}``."""
    if place.before(60).rstrip()[-1:] not in {"=", ":", "<", ">"}:
        return None
    text, start = place.text, place.start - len(place.opened)
    parts = [*_PARTS.finditer(text, max(0, start - _FAR), start)]
    if not text.startswith("<", start - 1):
        if not parts or parts[-1].end() != start or parts[-1]["begin"] is None or parts[-1]["value"]:
            return None
        parts.pop()  # the label of the name
    label = _nearest(_PARTS.finditer(text, place.after, place.after + _FAR)) or _nearest(reversed(parts))
    if not label:
        return None
    begin = label.start("begin")
    span = _content(text, begin) if label["tag"] else lexer.value(text, begin, _LITERAL)
    return span if span and is_credential(place.name, text[slice(*span)]) else None


def _nearest(parts: Iterator[re.Match[str]]) -> re.Match[str] | None:
    """Return the label of a value if it comes first, but for objects in the same object."""
    part = next((part for part in parts if not part["inner"]), None)
    return part if part and part["value"] else None
