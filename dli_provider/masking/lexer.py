"""Find where a value ends: a quoted text, brackets, a word, a clause, a line, an indented block.

A quote or bracket that never closes reaches to the end of the text, because the text may have been cut. A
search is either bounded or its result is masked and skipped, so that masking takes linear time.
"""

from __future__ import annotations

import re
import sys
from functools import cache

from dli_provider.masking.escapes import QUOTE, QUOTES

BLANK = r"(?:\s|\\\r?\n)"
COMMENT = r"(?:/\*(?:[^*]|\*(?!/)){0,300}+\*/|--[ \t][^\r\n]{0,300}+[\r\n])"
_QUOTE = re.compile(rf"\\*+{QUOTE}")
_QUOTE_BEFORE = re.compile(rf"\\*+{QUOTE}\Z")
_END = r"(?=[\s,;:)}\]&<]|\Z)"

ENDS_VALUE = re.compile(_END)
"""A blank, a sign of punctuation, a closing bracket or the end stands here."""
OPENER = re.compile(
    rf"""(?:(?:[bruenBRUEN]|[uU]&)(?={QUOTE}[^\s,;:)}}\]]))?+
    (?P<quote>(?P<one>(?!`){QUOTE})(?P=one)(?![\s,;:)}}\]&{QUOTES}]|\Z)|\\*+{QUOTE})""",
    re.VERBOSE,
)
"""The quote that opens a text, with what SQL or Python may write before one: ``b``, ``N``."""
_BRACKETS = re.compile(rf"""(?P<quote>{QUOTE})|(?P<opens>[\[({{])|[\])}}]""")
_CALL = re.compile(r"(?:[A-Za-z_$][\w.]{0,60}+(?=\()|\$(?=[({]))?+(?=[\[({])")
_INDENTED = re.compile(r"(?:[ \t]*+[\r\n]++)++(?P<blanks>[ \t]*+)(?P<item>-[ ])?+(?=\S)")


def _bare(stops: str = "") -> str:
    quote = rf"(?<![,;:({{\[=*]){QUOTE}(?!{_END})"
    return rf"(?:[^\s\\{QUOTES}{stops}]|\\++(?![\s{QUOTES}{stops}]|\Z)|{quote})"


@cache
def word(stops: str = "") -> re.Pattern[str]:
    """Return a pattern: up to a blank, a stop, or a quote that begins or ends a text."""
    return re.compile(_bare(stops) + "*+")


CLAUSE = re.compile(rf"{_bare()}*+(?:(?<![,;.)\]}}])[ \t]++(?![\w.-]{{1,60}}+\s?[=:]){_bare()}++){{0,60}}+")
"""Words up to one that gets a value itself, or that follows a sign of punctuation."""
LINE = re.compile(
    rf"""(?:[^\r\n\\{QUOTES}] | \\++(?![\r\n{QUOTES}]) | (?<==)\\*+{QUOTE}[^\r\n{QUOTES}]*+{QUOTE}?
    | {QUOTE}(?!\s{{0,9}}+(?:[,}}\]]|\Z)))*+""",
    re.VERBOSE,
)
"""Up to the end of the line or of the JSON text that it stands in."""


def end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return where a pattern ends that begins here; here, when it doesn't match."""
    found = pattern.match(text, position)
    return found.end() if found else position


def value(text: str, position: int, bare: re.Pattern[str] | None = None) -> tuple[int, int]:
    """Return the span of the quoted text that begins here, or else of a word or what a pattern matches."""
    quote = OPENER.match(text, position)
    if quote:
        return quote.end(), closing(text, quote["quote"], quote.end())
    return position, end(bare or word(), text, position)


def quote_at(text: str, position: int) -> str:
    """Return the quote that stands at a place, with backslashes that are escaped themselves; or nothing."""
    found = _QUOTE.match(text, position)
    return found[0] if found else ""


def quote_before(text: str, position: int) -> str:
    """Return the quote that stands just before a place; nothing when none does."""
    found = _QUOTE_BEFORE.search(text, max(0, position - 64), position)
    return found[0] if found else ""


def closing(text: str, quote: str, start: int, limit: int = sys.maxsize) -> int:
    """Return where the quote stands that closes a text; the end of everything when none does.

    It is spelled as the one that opens; SQL doubles those within the text.

    :param quote: the opening quote, with backslashes in what Python shows of JSON in JSON; two of them for
        an SQL text in an SQL text.
    :param start: where to begin, just after it.
    :param limit: where to stop looking.
    """
    if quote[0] == "\\":
        found = text.find(quote, start, limit)
        return found if found >= 0 else min(len(text), limit)
    one, position = quote[0], start
    while (first := text.find(one, position, limit)) >= 0:
        position = first + 1
        while text.startswith(one, position):
            position += 1
        if len(quote) == 2 and position - first != 4:
            return first
        if len(quote) == 1 and (position - first) % 2:
            return position - 1
    return min(len(text), limit)


def after_brackets(text: str, start: int) -> int:
    """Return where an object, a list or a call ends that begins here; here, when none begins.

    A parenthesis that doesn't close within 500 characters is none.
    """
    call = _CALL.match(text, start)
    if not call:
        return start
    is_round = text[call.end()] == "("
    depth, position, limit = 0, call.end(), start + 500 if is_round else len(text)
    while found := _BRACKETS.search(text, position, limit):
        position = found.end()
        if found["quote"]:
            position = closing(text, found["quote"], position, limit) + len(found["quote"])
        depth += 1 if found["opens"] else 0 if found["quote"] else -1
        if not depth:
            return position
    return start if is_round else len(text)


def after_block(text: str, start: int, indent: int) -> int:
    """Return where the lines end that YAML indents more than a name, or lists under it.

    :param start: where the line of the name ends.
    :param indent: columns before the name.
    """
    position = start
    while line := _INDENTED.match(text, position):
        if len(line["blanks"]) < indent + (not line["item"]):
            break
        position = end(LINE, text, line.end())
    return position
