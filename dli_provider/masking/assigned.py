"""A name, a sign, a value: ``password = x``, ``"password": "x"``, ``--sk=x``, ``password -> x``.

What the name stands in tells where a value without quotes ends: a header and a line of properties with the
line, a parameter of a URL with ``&``, JSON with a comma, anything else with the word or the clause.
"""

from __future__ import annotations

import re

from dli_provider.masking import lexer, prose
from dli_provider.masking.names import CHINESE, is_measurement
from dli_provider.masking.place import Place

Span = tuple[int, int]

_SIGN = re.compile(
    rf"""(?P<comment>{lexer.COMMENTS}{lexer.BLANK}*+)?+
    (?(comment)|{lexer.BLANK}*+)
    (?P<sign> [?+|]?={{1,3}}+(?:\\*+>)?+ | :=?(?!:|//) | -++\\*+> | [→⇒]
      | %(?:25)*+3D | %(?:25)*+3A(?:%20|\+)*+ )
    (?:[ \t]|\\++t|</\w{{1,10}}+>)*+""",
    re.VERBOSE | re.IGNORECASE,
)
OWNER = re.compile(
    r"""[ \t]++(?:for|of)(?:[ \t]++[\w@.%'"`-]{1,60}+){1,4}?(?=[ \t]*+[:=]|[ \t]++(?:is|was)\b)""",
    re.IGNORECASE,
)
"""Whose credential it is, between the name and the sign: ``password for user bob: x``."""

_TYPED = re.compile(
    r"""[ \t]*+:?[ \t]*+[A-Za-z][\w.?]{0,40}+(?:\(\d++\))?[ \t]*+=[ \t]*+(?=\\*[bBNu]?["'])"""
)
_LOADED = re.compile(r"\bproperty: \Z")
_COMMA = re.compile(r",[ \t]*+")
_COMMENTS = re.compile(rf"{lexer.COMMENTS}{lexer.BLANK}*+")
_BLOCK_COMMENTS = re.compile(rf"{lexer.BLOCK_COMMENTS}{lexer.BLANK}*+")
_BLANKS = re.compile(rf"{lexer.BLANK}*+")
_CONTINUED = re.compile(r"\\++\r?\n[ \t]*+")
_NULL = re.compile(r"(?:null|none|true|false|yes|no)(?=[\s,;)}\]&\"'<\\]|\Z)", re.IGNORECASE)
NUMBER = re.compile(r"""-?\d{1,13}(?:\.\d{1,6})?(?=[\s,;)}\]&"'\\<]|\.?\Z)""")
_COLUMN = re.compile(r"(?:`?\w++`?\.)++`?(\w++)`?(?=[\s,;)]|\Z)")
_MASKED = re.compile(r"""\*{3}(?=[\s,;:)}\]>&"'<\\#]|\Z)""")
_NEXT_LINE = re.compile(
    r"(?:[!&][^\s\\]*+[ \t]*+)*+(?:[|>][+-]?\d?)?+[ \t]*+(?:(?<=[ \t])\#[^\r\n\\]*+)?+(?=[\r\n]|\\++[nr]|\Z)"
)
_LONE_WORD = re.compile(rf"""{lexer.NEWLINE}[ \t]*+([^\s:="\\<]{{1,300}}+)(?=[ \t]*+(?:[\r\n"\\]|\Z))""")
_ERROR = re.compile(
    r"[A-Z]\w*?(?:Failed|Failure|Expired|Invalid|Missing|Denied|Required|Refused|Rejected|Revoked|Malformed|Not"
    r"|Unknown|Unsupported|Provider|Manager|Factory|Service|Handler|Renewer|Fetcher|Validator|Filter|Mismatch)"
    r"|(?:Expired|Invalid|Missing|Malformed|Unknown|Unsupported|Revoked)[A-Z]"
)
_HAS_NO_BLANKS = re.compile(r"token|signature|credential|authorization", re.IGNORECASE)
_HEADER = re.compile(r"authorization|cookie", re.IGNORECASE)


def assigned(place: Place) -> Span | None:
    """Return the span of the value that a sign assigns to a name."""
    text = place.text
    if not place.closed and (typed := _TYPED.match(text, place.after)):  # password: str = "x"
        return _value(place, "=", typed.end())
    sign = _SIGN.match(text, place.after)
    if not sign and (owner := OWNER.match(text, place.after)):
        sign = _SIGN.match(text, owner.end())
    if sign and sign["comment"] and not place.closed and not sign["sign"].endswith("="):
        return None  # "SELECT token -- of the user" and ":x FROM users" on the next line
    if sign:
        value = _value(place, sign["sign"], sign.end())
        if not value or not sign["comment"]:
            return value
        blanks = len(sign["comment"]) - len(sign["comment"].lstrip())
        return sign.start() + blanks, value[1] + len(lexer.quote_after(text, value[1]))
    comma = _COMMA.match(text, place.after)
    if comma and _LOADED.search(place.before(12)):  # Flink's "Loading configuration property: sk, x"
        return comma.end(), lexer.end(lexer.LINE, text, comma.end())
    return None


def _value(place: Place, sign: str, position: int) -> Span | None:
    text = place.text
    commented = (_COMMENTS if place.closed else _BLOCK_COMMENTS).match(text, position)
    start = commented.end() if commented else position
    if continued := _CONTINUED.match(text, start):
        start = position = continued.end()
    quote = lexer.opener(text, lexer.end(_BLANKS, text, start) if place.closed or commented else start)
    if quote and place.is_open and (quote["quote"] != place.opened or lexer.ends_value(text, quote.end())):
        quote = None  # it closes what was opened before the name, or stands in it
    begin = quote.end() if quote else start
    number = NUMBER.match(text, begin)
    if number and is_measurement(place.name, number[0]):
        return None
    if prose.is_of_a_program(text, start, place.word_before()):
        return None
    if quote:
        end = lexer.closing(text, quote["quote"], begin)
        return (position, min(end + len(quote["quote"]), len(text))) if commented else (begin, end)
    if _MASKED.match(text, start):
        return None
    if not commented and (_is_nothing(place, sign, start) or _is_message(place, sign, start)):
        return None
    if place.is_open:
        return position, lexer.closing(text, place.opened, position)
    if not place.closed and _NEXT_LINE.match(text, start):
        return _next_line(place, position)
    return position, _end_of_bare(place, sign, lexer.after_brackets(text, start))


def _end_of_bare(place: Place, sign: str, position: int) -> int:
    text = place.text
    before = text[place.start - 1] if place.start else ""
    line = None if place.is_argument or place.closed else place.line()
    if sign[0] == "%":
        pattern = lexer.ENCODED_PARAMETER
    elif place.closed:
        pattern = lexer.JSON_LITERAL
    elif line is not None:
        pattern = lexer.LINE_IN_JSON if text[line - 1 : line] in {"n", "r"} else lexer.LINE
    elif _HEADER.search(place.name):
        pattern = lexer.HEADER
    elif before in {"?", "&", "#"}:
        pattern = lexer.URL_PARAMETER
    elif before == ";":
        pattern = lexer.JDBC_PROPERTY
    elif sign[0] in ":-→⇒" and not place.is_argument:
        pattern = lexer.CLAUSE
    else:
        pattern = lexer.WORD
    return lexer.end(pattern, text, position)


def _next_line(place: Place, position: int) -> Span | None:
    """Return the span of indented lines, as YAML has them, or of a word that is alone on the next line."""
    text = place.text
    end, line = lexer.end(_NEXT_LINE, text, position), place.line()
    if line is not None:
        before = text[line : place.start]
        block = lexer.after_block(text, end, len(before) - len(before.lstrip(" \t")))
        if block > end:
            return position, block
    word = _LONE_WORD.match(text, end)
    if word and not prose.is_ordinary(word[1]):
        return position, word.end()
    return (position, end) if text[position:end].strip() else None


def _is_nothing(place: Place, sign: str, position: int) -> bool:
    """Tell whether a value is null or a Boolean, or a column as in ``a.token = b.token``."""
    if _NULL.match(place.text, position) or place.text.startswith(",", position):
        return True
    column = _COLUMN.match(place.text, position)
    return "=" in sign and column is not None and column[1].lower() == place.name.lower().rpartition(".")[2]


def _is_message(place: Place, sign: str, position: int) -> bool:
    """Tell whether an error says something here: ``password: must not be empty``."""
    if sign != ":":
        return False
    if re.match(CHINESE, place.name) and place.text[position : position + 1] in set("不未已错无必请"):
        return True
    any_subject = bool(_ERROR.match(place.name) or _HAS_NO_BLANKS.search(place.name))
    return prose.reads_as_message(place.text, position, any_subject=any_subject)
