"""Find where a value ends: a quoted text, brackets, a word, a clause, a line, an indented block.

A quote or bracket that never closes reaches to the end of the text, because the text may have been cut. A
search is either bounded or its result is masked and skipped, so that masking takes linear time.
"""

from __future__ import annotations

import re
import sys

from dli_provider.masking.escapes import FILL, PAD, ZERO_WIDTH

QUOTE = rf"""{PAD}{{0,63}}+["'`]"""
BLANK = rf"(?:[\s{ZERO_WIDTH}]|\\*+{FILL}++(?=\s)|\\\r?\n)"
COMMENT = r"(?:/\*(?:[^*]|\*(?!/)){0,300}+\*/|<!--(?:[^-]|-(?!->)){0,300}+-->|--[ \t][^\r\n]{0,300}+[\r\n])"
_END = rf"(?={PAD}{{0,63}}+(?:[\s,;:)}}\]&<]|\Z))"

_QUOTE = re.compile(QUOTE)
_QUOTE_BEFORE = re.compile(QUOTE + r"\Z")
ENDS_VALUE = re.compile(_END)
"""A blank, a sign of punctuation, a closing bracket or the end stands here."""
OPENER = re.compile(
    rf"""(?:(?:[bruenBRUEN]|[uU]&)(?={PAD}{{0,63}}+["'][^\s,;:)}}\]]))?+
    (?P<quote>(?P<one>{PAD}{{0,63}}+')(?P=one)(?!{PAD}{{0,63}}+[\s'",;:)}}\]&]|\Z)|{QUOTE})""",
    re.VERBOSE,
)
"""The quote that opens a text, with what SQL or Python may write before one: ``b``, ``N``."""
_EACH_QUOTE = re.compile(rf"""(\\*+)({FILL}*+)(["'`])|{PAD}++""")
_BRACKETS = re.compile(rf"""(?P<quote>{PAD}*+["'])|(?P<opens>[\[({{])|(?P<closes>[\])}}])|{PAD}++""")
_CALL = re.compile(r"(?:[A-Za-z_$][\w.]{0,60}+(?=\()|\$(?=[({]))?+(?=[\[({])")
_INDENTED = re.compile(rf"(?:{PAD}*+[ \t]*+[\r\n]++)++(?P<blanks>[ \t]*+)(?P<item>-[ ])?+(?=\S)")


def _bare(stops: str = "") -> str:
    """Return a pattern: up to a blank, a stop, or a quote that begins or ends a text."""
    quote = rf"""(?<![,;:({{\[=*]){PAD}*+["'](?!{_END})"""
    return rf"""(?:[^\s"'\\{FILL}{stops}]|{PAD}++(?![\s"'{stops}]|\Z)|{quote})"""


WORD = re.compile(_bare() + "*+")
JSON_LITERAL = re.compile(_bare(r",}\]") + "*+")
URL_PARAMETER = re.compile(_bare("&#") + "*+")
JDBC_PROPERTY = re.compile(_bare(";") + "*+")
CLAUSE = re.compile(rf"{_bare()}*+(?:(?<![,;.)\]}}])[ \t]++(?![\w.-]{{1,60}}+\s?[=:]){_bare()}++){{0,60}}+")
"""Words up to one that gets a value itself, or that follows a sign of punctuation."""
LINE = re.compile(r"[^\r\n]*+")
LINE_IN_JSON = re.compile(
    rf"""(?:[^\r\n"\\{FILL}] | {PAD}++(?![\r\n"]) | (?<==){PAD}*+"[^"\r\n]*+"
    | {PAD}*+"(?!\s{{0,9}}+(?:[,}}\]]|\Z)))*+""",
    re.VERBOSE,
)
"""Up to the end of the line or of the JSON text that it stands in."""


def end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return where a pattern ends that begins here; here, when it doesn't match."""
    found = pattern.match(text, position)
    return found.end() if found else position


def value(text: str, position: int, bare: re.Pattern[str] = WORD) -> tuple[int, int]:
    """Return the span of the quoted text that begins here, or else of what a pattern matches."""
    quote = OPENER.match(text, position)
    if quote:
        return quote.end(), closing(text, quote["quote"], quote.end())
    return position, end(bare, text, position)


def quote_after(text: str, position: int) -> str:
    """Return the quote that stands at a place, with its padding; nothing when none does."""
    found = _QUOTE.match(text, position)
    return found[0] if found else ""


def quote_before(text: str, position: int) -> str:
    """Return the quote that stands just before a place, with its padding; nothing when none does."""
    found = _QUOTE_BEFORE.search(text, max(0, position - 64), position)
    return found[0] if found else ""


def closing(text: str, quote: str, start: int, limit: int = sys.maxsize) -> int:
    """Return where the quote stands that closes a text; the end of everything when none does.

    It is spelled as the one that opens. In JSON inside JSON a quote has 1, 3, 7 ... backslashes, and those
    within its text have more; SQL doubles them.

    :param quote: the opening quote with its padding; two of them for an SQL text in an SQL text.
    :param start: where to begin, just after it.
    :param limit: where to stop looking.
    """
    half = len(quote) // 2
    is_doubled = quote[:half] == quote[half:]
    one = quote[:half] if is_doubled else quote
    slashes, fills, position = one.count("\\"), one.count(FILL), start
    for found in _EACH_QUOTE.finditer(text, start, limit):
        if found[3] != one[-1] or len(found[2]) != fills or found.start() < position:
            continue
        if (len(found[1]) - slashes) % (2 * slashes + 2):
            continue
        first, position, count = found.end() - len(one), found.end(), 1
        while text.startswith(one, position):
            position, count = position + len(one), count + 1
        if is_doubled and count != 4:
            return first
        if not is_doubled and count % 2:
            return position - len(one)
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
        depth += bool(found["opens"]) - bool(found["closes"])
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
        if len(line["blanks"]) < indent + (not line["item"]) or text.startswith(("at ", "..."), line.end()):
            break
        position = end(LINE_IN_JSON, text, line.end())
    return position
