"""How a credential stands beside its name.

After a sign or an argument anything is a credential but null and messages. After less, a quoted text is, or a
word that looks like one. A rule returns an empty span when it knows that nothing is to be masked.
"""

from __future__ import annotations

import re

from dli_provider.masking import lexer, prose
from dli_provider.masking.escapes import QUOTE, QUOTES, SINGLE
from dli_provider.masking.lexer import BLANK, COMMENT
from dli_provider.masking.markup import Span, element
from dli_provider.masking.names import is_measurement, words
from dli_provider.masking.place import Place

_COMMENTS = rf"{COMMENT}(?:{BLANK}*+{COMMENT}){{0,3}}+"
_SIGN = re.compile(
    rf"""(?P<type>[ \t]*+:?[ \t]*+[A-Za-z][\w.?]{{0,40}}+(?:\(\d++\))?[ \t]*+
      (?==[ \t]*+[bBNu]?{QUOTE}))?+
    {BLANK}*+(?P<comment>{_COMMENTS})?+{BLANK}*+
    (?P<sign>[?+|]?={{1,3}}+>? | :=?(?!:|//) | -++>)
    (?:[ \t]|\\\r?\n)*+
    (?:{BLANK}*+(?P<remark>{_COMMENTS}){BLANK}*+)?+""",
    re.VERBOSE,
)
_ARGUMENT = re.compile(r"(?:\s*+,\s*+|(?:[ \t]|\\++\r?\n)++|\s++(?=\S++[ \t]*+(?:[\r\n]|\Z)))(?!--|=)")
"""Between an argument and its value: a comma, blanks, or a line break when one word is on the next line."""
_OWNER = re.compile(
    rf"[ \t]++(?:for|of)(?:[ \t]++[\w@.%{QUOTES}-]{{1,60}}+){{1,4}}?(?=[ \t]*+[:=]|[ \t]++(?:is|was)\b)",
    re.IGNORECASE,
)
"""Whose credential it is: ``password for user bob: x``."""
_BLANKS = re.compile(BLANK + "*+")
_NULL = re.compile(
    rf"(?:(?:null|none|true|false|yes|no|\*{{3}})(?=[\s,;:)}}\]>&<#{QUOTES}]|\Z)|,)", re.IGNORECASE
)
_NUMBER = re.compile(rf"-?\d{{1,13}}(?:\.\d{{1,6}})?(?=[\s,;)}}\]&<{QUOTES}]|\.?\Z)")
_COLUMN = re.compile(rf"(?:`?\w++`?\.)++`?(\w++)`?(?=[\s,;){QUOTES}]|\Z)")
_NEXT_LINE = re.compile(
    r"""(?:[!&]\S*+[ \t]*+)*+(?:[|>][+-]?\d?)?+[ \t]*+(?:(?<=[ \t])\#[^\r\n]*+)?+(?=[\r\n]|\Z)""",
    re.VERBOSE,
)
"""What YAML writes beside a name whose value is on the next line: ``|``, ``!tag``, ``&anchor``, a comment."""
_STOPS = {"?": "&#", "&": "&#", "#": "&#", ";": ";"}
"""Where a value ends, by the sign before its name: parameters of a URL, properties of JDBC."""
_OF_PROGRAMS = words("unexpected unrecognized mismatched extraneous function method operator")


def assigned(place: Place) -> Span | None:
    """Find the value after a sign or an argument: ``password = x``, ``--sk x``, ``password for bob -> x``."""
    text = place.text
    owner = _OWNER.match(text, place.after)
    sign = _SIGN.match(text, place.after) or (_SIGN.match(text, owner.end()) if owner else None)
    if not sign or (sign["type"] and place.closed):
        gap = _ARGUMENT.match(text, place.after) if place.is_argument else None
        return _value(place, "", gap.end()) if gap else None
    if sign["comment"] and not place.closed and not sign["sign"].endswith("="):
        return None  # "SELECT token -- of the user", and ":x FROM users" on the next line
    start, end = _value(place, sign["sign"], sign.end())
    if start < end and (sign["comment"] or sign["remark"]):  # it may tell a credential itself
        return sign.start("comment" if sign["comment"] else "remark"), end + len(lexer.quote_at(text, end))
    return start, end


def _value(place: Place, sign: str, position: int) -> Span:
    text = place.text
    quote = lexer.OPENER.match(text, lexer.end(_BLANKS, text, position) if place.closed else position)
    if (
        quote
        and place.is_open
        and (quote["quote"] != place.opened or lexer.ENDS_VALUE.match(text, quote.end()))
    ):
        quote = None  # it closes what was opened before the name, or stands in it
    begin = quote.end() if quote else position
    if _is_measured(place, begin) or _is_of_a_program(place, position):
        return position, position
    if quote:
        return begin, lexer.closing(text, quote["quote"], begin)
    if _is_nothing(place, sign, position):
        return position, position
    if place.is_open:
        return position, lexer.closing(text, place.opened, position)
    if not place.closed and not place.is_argument and _NEXT_LINE.match(text, position):
        return _next_lines(place, position)
    return position, _end_of_bare(place, sign, lexer.after_brackets(text, position))


def _end_of_bare(place: Place, sign: str, position: int) -> int:
    """Return where a value without quotes ends; what the name stands in tells."""
    before = place.before(1)
    pattern = lexer.word(r",}\]" if place.closed else _STOPS.get(before, ""))
    if not (place.closed or place.is_argument):
        if place.begin_of_line() or place.name.lower().endswith(("authorization", "cookie")):
            pattern = lexer.LINE
        elif before not in _STOPS and sign[0] in ":-":
            pattern = lexer.CLAUSE
    return lexer.end(pattern, place.text, position)


def _next_lines(place: Place, position: int) -> Span:
    """Return the span of the indented lines below a name, as YAML has them."""
    text, end = place.text, lexer.end(_NEXT_LINE, place.text, position)
    line = place.begin_of_line()
    block = lexer.after_block(text, end, len(line["indent"]) if line else 0)
    return position, block if block > end or text[position:end].strip() else position


def _is_measured(place: Place, position: int) -> bool:
    number = _NUMBER.match(place.text, position)
    return bool(number and is_measurement(place.name, number[0]))


def _is_of_a_program(place: Place, position: int) -> bool:
    """Tell whether a program is spoken of: ``Unexpected token 'FROM' at``, ``function signature f(INT)``."""
    before = re.findall(r"\w++", place.before(30).lower())
    if not before or before[-1] not in _OF_PROGRAMS:
        return False
    said = re.search(r"\w++", place.text[position : position + 300])
    return not (said and prose.looks_random(said[0]))


def _is_nothing(place: Place, sign: str, position: int) -> bool:
    """Tell whether a value is null, a Boolean, masked, a message, or a column as in ``a.token = b.token``."""
    if _NULL.match(place.text, position):
        return True
    if sign == ":":
        return prose.reads_as_message(place.name, place.text, position)
    column = _COLUMN.match(place.text, position) if "=" in sign else None
    name = place.text[place.start : place.end].lower().rpartition(".")[2]
    return column is not None and column[1].lower() == name


_COMMA = re.compile(r"\s*+,[ \t]*+")
_LITERAL = re.compile(rf"[^\s,=()\[\]{{}}{QUOTES}]++")
_AFTER_PAIR = re.compile(rf"{QUOTE}?+(?:\s*+[)\]}}]|[\r\n]|\Z)")


def listed(place: Place) -> Span | None:
    """Find the second of a pair: ``["password", "x"]``, ``put("password", "x", 1)``."""
    text, before = place.text, place.before(60).rstrip(" \t")
    comma = _COMMA.match(text, place.after)
    if comma and before.endswith("property:"):  # Flink's "Loading configuration property: sk, x"
        return comma.end(), lexer.end(lexer.LINE, text, comma.end())
    if not comma or not (before[-1:] in set("[({\n") or (place.closed and not before)):
        return None
    start, end = lexer.value(text, comma.end(), _LITERAL)
    is_pair = bool(_AFTER_PAIR.match(text, end))
    is_call = bool(place.closed) and before.endswith("(") and before[-2:-1].isalnum()
    value = text[start:end]
    if not (place.closed or prose.looks_random(value)):
        return None
    return (start, end) if is_call or is_pair else None


_TOLD = re.compile(
    r"""[ \t]++(?P<sure>(?:(?:is|was|are|were|has|been|being|be|now|set|changed|reset|updated|to|equals?
      |becomes?|became|(?:the[ \t]++)?value)\b[ \t]*+)++)(?:[:=][ \t]*+)?
    | [ \t]++(?:(?:of|with|the|value|from|you|provided|given|supplied|received|entered|specified|sent|used
      |incorrect|wrong|invalid|rejected)\b,?[ \t]*+)++[:=]?[ \t]*+
    | [ )]?(?P<chinese>(?:已|已经|被)?(?:设置|设定|修改|更改|变更|重置|改|更新|的值)?[为是成]
      |的值|(?:错误|不正确|无效|有误)(?=[ ]?:))[ ]?:?[ ]?
    | (?:[ \t|(<\[{]|-(?=[ \t]))*+""",
    re.VERBOSE | re.IGNORECASE,
)
"""What stands between a name and a value in a sentence, from clear words to nothing but blanks."""
_APOSTROPHE = re.compile(f"[{SINGLE}]")
_SAID_WORD = re.compile(
    rf"""[(\[{{<]?+
    ([^\s,;:()\[\]{{}}<>|=&\\\u4e00-\u9fff{QUOTES}]++(?:={{1,2}}(?=[\s,;.)}}\]<{QUOTES}]|\Z))?+)(?!\(|=|://)""",
    re.VERBOSE,
)


def said(place: Place) -> Span | None:
    """Find the value in a sentence or in SQL: ``the password is x``, ``PASSWORD 'x'``, ``密码为x``."""
    text = place.text
    owner = _OWNER.match(text, place.after)
    told = _TOLD.match(text, owner.end() if owner else place.after)
    if not told or _is_of_a_program(place, told.end()):
        return None
    is_sure, begin = bool(told["sure"] or told["chinese"]), told.end()
    if place.closed and not is_sure:
        return None
    quote = lexer.OPENER.match(text, begin)
    if quote and not (place.is_open and quote["quote"] == place.opened):
        is_apostrophe = begin == place.after and _APOSTROPHE.match(text, begin) and place.name.isascii()
        if is_apostrophe or told[0].endswith(("[", "{")):
            return None  # password's, tokens["x"]
        end = lexer.closing(text, quote["quote"], quote.end())
        if text.startswith("(", place.after) and text.startswith(",", end + len(quote["quote"])):
            return begin, lexer.after_brackets(text, place.after) - 1  # all arguments of a call
        return quote.end(), end
    word = _SAID_WORD.match(text, begin)
    if not word or _is_measured(place, begin) or not (told[0] or not place.name.isascii()):
        return None
    takes_any = is_sure and told[0].strip().lower() not in {"to", "value"}
    if not prose.looks_random(word[1]) and (not takes_any or prose.is_ordinary(word[1])):
        return None
    return word.start(1), word.start(1) + len(word[1].rstrip(".!?"))


def beside(place: Place) -> Span | None:
    """Return where the credential stands that belongs to a name, by the first rule that applies."""
    return next((span for rule in (element, assigned, listed, said) if (span := rule(place))), None)
