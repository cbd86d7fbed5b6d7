r"""Find where a quoted text, brackets, a word, a line or a clause ends.

Quotes, brackets and line breaks count at every depth of JSON inside JSON: ``\"`` closes ``\"`` and ``\n``
ends a line. A quote or bracket that never closes reaches to the end of the text, because the text may have
been cut. A search is either bounded or its result is masked and skipped, so that masking takes linear time.
"""

from __future__ import annotations

import re
import sys

QUOTE = r"""\\{0,31}+["'`]"""
NEWLINE = r"(?:\r?\n|\r|\\++r\\++n|\\++[nr])"
BLANK = r"(?:\s|\\++(?:[nrt]|\r?\n))"
_BLOCK_COMMENT = r"/\*(?:[^*]|\*(?!/)){0,300}+\*/|<!--(?:[^-]|-(?!->)){0,300}+-->"
_LINE_COMMENT = r"--(?:[^\r\n\\]|\\(?![nr])){0,300}+(?:[\r\n]|\\++[nr])"
BLOCK_COMMENTS = rf"(?:{BLANK}*+(?:{_BLOCK_COMMENT})){{1,4}}+"
COMMENTS = rf"(?:{BLANK}*+(?:{_BLOCK_COMMENT}|{_LINE_COMMENT})){{1,4}}+"
"""One to four comments, each at most 300 characters long."""

_FOREIGN = dict(zip("\u201c\u2018「『【«《", "\u201d\u2019」』】»》", strict=True))
_PREFIX = r"""(?:(?:[bruen]|u&)(?=\\*+["'][^\s,;:)}\]&]))?+"""
_OPENER = re.compile(rf"""{_PREFIX}(?P<quote>''(?![\s'",;:)}}\]]|\Z)|{QUOTE})""", re.IGNORECASE)
_QUOTES = {quote: re.compile(rf"(\\*+)({quote}++)|\\++") for quote in "\"'`"}
_BRACKETS = re.compile(r"""(\\*+["'])|[\[({]|[\])}]|\\++""")
_NAME_OF_CALL = re.compile(r"[A-Za-z_$][\w.]{0,60}+(?=\()|\$(?=[({])")

_ENDS_VALUE = r"""(?=[\s,;:)}\]&]|\\++[nrt]|</|\Z)"""


def _bare(stops: str = "") -> str:
    """Return a pattern: up to a blank, a stop, or a quote that begins or ends a text."""
    quote = rf"""(?:(?<=[,;:({{\[=*])\\{{0,31}}+["']|\\{{0,31}}+["']{_ENDS_VALUE})"""
    return rf"""(?:[^\s"'\\{re.escape(stops)}]|(?!{quote})(?:["']|\\++(?![nrt])))"""


WORD = re.compile(_bare() + "*+")
JSON_LITERAL = re.compile(_bare(",}])") + "*+")
URL_PARAMETER = re.compile(_bare("&#") + "*+")
ENCODED_PARAMETER = re.compile(r"""(?:[^\s"'&%]|%(?!(?:25)*26))*+""")
JDBC_PROPERTY = re.compile(_bare(";") + "*+")
CLAUSE = re.compile(
    rf"""{_bare()}*+(?:(?<![,;.)\]}}])[ \t]++(?![\w.-]{{1,60}}+\s?[=:]){_bare()}++){{0,60}}+""", re.VERBOSE
)
LINE = re.compile(r"[^\r\n]*+")
LINE_IN_JSON = re.compile(
    r"""(?:[^\r\n\\"]|(?!\\{0,31}+"\s{0,9}+(?:[,}\]]|\Z))(?:"|\\++(?![nr])))*+""",
)
HEADER = re.compile(
    r"""(?:[^\r\n\\"']|(?<==)\\*+"[^"\r\n]*+"|(?<=[\w ])["'](?=[\w])|\\++(?![nr"']))*+""",
)


def end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return where a pattern ends that begins here; here, when it doesn't match."""
    found = pattern.match(text, position)
    return found.end() if found else position


_END_OF_VALUE = re.compile(_ENDS_VALUE)


def ends_value(text: str, position: int) -> bool:
    """Tell whether something stands here that ends a value: a blank, a comma, a closing bracket, the end."""
    return bool(_END_OF_VALUE.match(text, position))


def opener(text: str, position: int) -> re.Match[str] | None:
    """Return the quote that opens a text here, with what SQL or Python may write before one: ``b``, ``N``."""
    return _OPENER.match(text, position)


def in_foreign_quotes(text: str, position: int) -> tuple[int, int] | None:
    """Return the span of a text in quotes such as “ ” that begins here, of at most 300 characters."""
    closer = _FOREIGN.get(text[position : position + 1])
    end = text.find(closer, position, position + 300) if closer else -1
    return (position + 1, end) if end >= 0 else None


def quote_before(text: str, position: int) -> str:
    """Return the quote that stands just before a place, with its backslashes; nothing when none does."""
    if not position or text[position - 1] not in "\"'`":
        return ""
    start = position - 1
    while start and text[start - 1] == "\\" and position - start <= 31:
        start -= 1
    return text[start:position]


_QUOTE = re.compile(QUOTE)


def quote_after(text: str, position: int) -> str:
    """Return the quote that stands at a place, with its backslashes; nothing when none does."""
    found = _QUOTE.match(text, position)
    return found[0] if found else ""


def closing(text: str, quote: str, start: int, limit: int = sys.maxsize) -> int:
    """Return where the quote stands that closes a text; the end of everything when none does.

    A quote in JSON inside JSON has 1, 3, 7 ... backslashes, those within its text have more; SQL doubles
    them.

    :param quote: the opening quote with its backslashes; two single quotes for an SQL text in an SQL text.
    :param start: where to begin, just after it.
    :param limit: where to stop looking.
    """
    slashes, doubled = len(quote) - 1, -1
    for run in _QUOTES[quote[-1]].finditer(text, start, limit):
        before, quotes = len(run[1] or ""), len(run[2] or "")
        if not quotes:
            continue
        if quote == "''":
            if quotes != 4:
                return run.start(2)
        elif slashes:
            if before % (2 * slashes + 2) != slashes or run.start() == doubled:
                continue
            if quote[-1] != "'" or not text.startswith(quote, run.end()):
                return run.start(2) - slashes
            doubled = run.end()
        elif (before + quotes) % 2:
            return run.end() - 1
    return min(len(text), limit)


def after_brackets(text: str, start: int) -> int:
    """Return where an object, a list or a call ends that begins here; here, when none begins.

    One that never ends reaches to the end of the text, as a quoted text does; a parenthesis
    of more than 500 characters is none.
    """
    call = _NAME_OF_CALL.match(text, start)
    position = first = call.end() if call else start
    if not text.startswith(("[", "{", "("), position):
        return start
    depth, limit = 0, first + 500 if text.startswith("(", first) else len(text)
    while token := _BRACKETS.search(text, position, limit):
        position = token.end()
        if token[1]:
            position = closing(text, token[1], position, limit) + len(token[1])
        elif token[0] in "[{(":
            depth += 1
        elif token[0] in "]})":
            depth -= 1
            if not depth:
                return position
    return start if text.startswith("(", first) else len(text)


_INDENTED = re.compile(rf"(?:{NEWLINE}(?P<blanks>[ \t]*+)(?P<item>-[ ])?(?=\S))(?!\\)")


def after_block(text: str, start: int, indent: int) -> int:
    """Return where the lines end that YAML indents more than a name, or lists under it.

    :param start: where the line of the name ends.
    :param indent: columns before the name.
    """
    position = start
    while line := _INDENTED.match(text, position):
        columns = len(line["blanks"])
        if columns < indent + (not line["item"]) or text.startswith(("at ", "..."), line.end()):
            break
        end = LINE_IN_JSON.match(text, line.end())
        position = end.end() if end else line.end()
    return position
