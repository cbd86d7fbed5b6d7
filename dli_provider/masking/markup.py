"""Names and values in XML, and those that stand apart: ``{"key": "password", "value": "x"}``."""

from __future__ import annotations

import re

from dli_provider.masking import lexer
from dli_provider.masking.assigned import Span
from dli_provider.masking.names import is_credential
from dli_provider.masking.place import VALUE, Place

_FAR = 500
_LABELS = "key|name|k|property|option|parameter|field|id"
_LABEL = re.compile(
    rf"""(?:(?<![A-Za-z])(?:{_LABELS})\\*["'`]?\s*[:=]\s*|<(?:[\w-]+[:-])?(?:{_LABELS})(?:\s[^<>]*)?\\*>\s*)\Z""",
    re.IGNORECASE,
)
_LABEL_AFTER = re.compile(
    rf"""(?<![\w-])(?:{_LABELS})\\*["'`]?\s*+(?:[:=]|\\*>)\s*+\\*["'`]?
    ([A-Za-z][\w.\ -]{{0,99}}+|[\u4e00-\u9fff]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_VALUE_SIGN = re.compile(r"\s*+[:=][ \t]*+")
_LITERAL = re.compile(r"""[^\s,}\]"'<\\]{1,300}+(?=[ \t]*+(?:[,}\]\r\n"]|\\++[nr]|\Z))""")
_NESTED = re.compile(r"\{[^{}]*+\}|<!--.*?-->|<([\w:]+)[^<>]*>[^<>]*</\1>", re.DOTALL)
_GOES_ON = re.compile(r"""\\*["'`]?\s*+(?:,|</|\\++[nr]|[\w.-]++\s*+[:=])""")
_NAMES_ANOTHER = re.compile(r"""\\*["']\s*+=""")
_NESTED_OBJECT = re.compile(r"\{[^{}]*+\}|<!--.*?-->", re.DOTALL)
_END_AFTER = re.compile(r"[{}]|\n[ \t]*+-[ ]|(?<!/)\bvalue\b|</(?!value)", re.IGNORECASE)
_END_OF_OBJECT = re.compile(
    rf"[{{}}]|\n[ \t]*+-[ ]|</(?!(?:[\w-]+[:-])?(?:{_LABELS}))|\bvalue\b", re.IGNORECASE
)
_ATTRIBUTES = re.compile(r"""(?:\s++[\w.:-]{1,60}+\s*+=\s*+\\*["'][^<>"']{0,200}+\\*["']){0,8}+\s*+""")
_TAG = re.compile(r"<(?:[\w-]{1,40}:)?\Z")
_IN_TAG = re.compile(r"<[\w:.-]+\s[^<>]*\Z")
_NEXT_CELL = re.compile(
    r"\\*+</(\w{1,20}+)\\*+>(?:\s|\\++n)*+\\*+<(?:\1|value|string)(?:\s[^<>]{0,99}+)?\\*>", re.IGNORECASE
)
_BRACKET = re.compile(r"\\*+>")
_CUT = re.compile(r"(?![:=])[^\s<>@]*+")


def element(place: Place) -> Span | None:
    """Return the span of ``x`` in ``<password a="b">x</password>``, ``<entry key="password">x</entry>``."""
    text, before = place.text, place.before(200)
    if before.endswith(">") and (cell := _NEXT_CELL.match(text, place.end)):
        return _content(text, cell.end(), "", 0)
    tag = _TAG.search(before) if not place.opened else None
    if not tag and not (place.closed and _IN_TAG.search(before)):
        return None
    attributes = lexer.end(_ATTRIBUTES, text, place.after)
    bracket = _BRACKET.match(text, attributes)
    if not bracket:
        return None
    name = tag[0][1:] + text[place.start : place.end] if tag else ""
    return _content(text, bracket.end(), name, len(bracket[0]) - 1)


def _content(text: str, start: int, tag: str, slashes: int = 0) -> Span | None:
    """Return the span of an element's content, comments and CDATA in it included.

    :param start: where the opening tag ends.
    :param tag: its name; empty for any.
    :param slashes: backslashes before each angle bracket.
    """
    begin = text.find("]]>", start, start + 10_000) if text.startswith("<![CDATA[", start) else start
    end = text.find(f"</{tag}", max(begin, start), start + 10_000)
    if end >= 0:
        return start, end - slashes
    cut = _CUT.match(text, start) if tag else None
    return cut.span() if cut else None


class Pairs:
    """Finds the value of a name that stands apart, before or after it, in one object.

    :param text: the text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._name, self._end = "", -_FAR

    def announce(self, place: Place) -> None:
        """Take note of a name that has no value beside it but is labelled as a key: ``"key": "password"``."""
        before = place.before(60)
        if _LABEL.search(before) or _TAG.search(before):
            self._name, self._end = place.name, place.after

    def value(self, place: Place) -> Span | None:
        """Return the span of a pair's value, when a word is its key and the pair's name is a credential's."""
        if not VALUE.fullmatch(place.name[-100:]):
            return None
        sign = _VALUE_SIGN.match(self._text, place.after)
        bracket = (
            None if sign or not _TAG.search(place.before(50)) else _BRACKET.match(self._text, place.after)
        )
        opening = sign or bracket
        if not opening:
            return None
        name, start = self._announced(place.start), opening.end()
        span = _value(
            self._text, start, len(bracket[0]) if bracket else 0, len(self._text) if name else start + _FAR
        )
        if not span or _NAMES_ANOTHER.match(self._text, span[1]):
            return None
        if not is_credential(name or self._label_after(span[1]), self._text[slice(*span)]):
            return None
        self._name = ""
        return span

    def _announced(self, position: int) -> str:
        between = self._text[self._end : position] if self._name and position - self._end <= _FAR else "}"
        return "" if _END_OF_OBJECT.search(_NESTED.sub("", between)) else self._name

    def _label_after(self, position: int) -> str:
        after = _NESTED_OBJECT.sub("", self._text[position : position + _FAR])
        if not _GOES_ON.match(after):
            return ""
        label, end = _LABEL_AFTER.search(after), _END_AFTER.search(after)
        return label[1] if label and (not end or label.start() < end.start()) else ""


def _value(text: str, start: int, bracket: int, limit: int) -> Span | None:
    """Return the span of a quoted text, a JSON literal or an element's content.

    :param bracket: length of the bracket that ends the element's opening tag; 0 when there is none.
    :param limit: where to stop looking for the quote that closes.
    """
    if bracket:
        return _content(text, start, "", bracket - 1)
    if quote := lexer.opener(text, start):
        return quote.end(), lexer.closing(text, quote["quote"], quote.end(), limit)
    literal = _LITERAL.match(text, start)
    return literal.span() if literal else None
