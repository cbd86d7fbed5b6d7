"""How a credential stands beside the name that announces it: one function per rule.

Each rule gets the place of a name and returns where the credential begins and ends, or None. The first rule
that answers wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dli_provider.masking import lexer, prose
from dli_provider.masking.names import announces, is_credential, is_measurement
from dli_provider.masking.pairs import PairFinder

Span = tuple[int, int]

_CHINESE_NAME = "密码|口令|密钥|秘钥|令牌|凭证|凭据"
_WORD = re.compile(rf"(?P<word>[A-Za-z0-9_.\-\u00c0-\u024f]++)|(?:{_CHINESE_NAME})(?:[ ]?(?:ID|Id|id))?+")
_SECOND_WORDS = frozenset("key keys id code phrase word info value string hash secret token".split())
_PREFIX = re.compile(r"-*+(?:y?D(?=[A-Za-z]))?+")
_INDEX = re.compile(r"(?:\[\d++\]|\])?+")
_LINE_PREFIX = re.compile(r"[ \t]*+(?:[-#;!*/?]++[ \t]*+)?+(?:\[?\d{0,9}\]?[ \t]++)?")

_SIGN = re.compile(
    rf"""(?:{lexer.COMMENTS}{lexer.BLANK}*+(?==))?+ {lexer.BLANK}*+
    (?P<sign> [?+|]?={{1,3}}+>? | :=?(?!:|//) | -+> | [→⇒] | %(?:25)*+3D | %(?:25)*+3A(?:%20|\+)*+ )
    [ \t]*+""",
    re.VERBOSE | re.IGNORECASE,
)
_AFTER_SIGN = re.compile(rf"(?:{lexer.COMMENTS})?+{lexer.BLANK}*+")
_LISTED = re.compile(r"\s*+,[ \t]*+")
_FILLER = re.compile(
    r"""(?:[ \t]++(?:is|was|are|were|has|been|being|be|now|set|changed|reset|updated|to|equals?|equal|as|becomes?
      |became|value|the|of|with))++[ \t]*+[:=]?(?:[ \t]++|(?=["'`]))
    | [ \t]?+(?:已经?|被)?(?:设置|设定|修改|更改|变更|重置|改|更新)?(?:为|是|成)[ \t]?+:?[ \t]?+""",
    re.VERBOSE | re.IGNORECASE,
)
_OWNER = re.compile(
    r"""[ \t]++(?:for|of)(?:[ \t]++[\w@.%'"`-]{1,60}+){1,4}?(?=[ \t]*+[:=]|[ \t]++(?:is|was)\b)""", re.IGNORECASE
)
_GAP = re.compile(r"(?:[ \t]|[|~#^*(<\[{–—‐…]|-(?=[ \t]))++")
_SPOKEN_WORD = re.compile(r"""[^\s"'`,;:()\[\]{}<>|=&\\“”‘’「」『』【】\u3001-\u3002\u4e00-\u9fff]++""")
_VERB = re.compile(r"[ \t]++(?:has|is|was|had|did|does|expired|cannot|can't|got|rejected|refused|failed)\b")
_USING = re.compile(r"\b(?:with|using|use|wrong|incorrect|bad|uses|used)\s\Z", re.IGNORECASE)
_NULL = re.compile(r"(?:null|none|true|false|yes|no)(?=[\s,;)}\]&\"'<]|\\|\Z)", re.IGNORECASE)
_NUMBER = re.compile(r"""-?\d{1,13}(?:\.\d{1,6})?(?=[\s,;)}\]&"'\\<]|\.?\Z)""")
_COLUMN = re.compile(r"(?:`?\w++`?\.)++`?(\w++)`?(?=[\s,;)]|\Z)")
_END_OF_LINE = re.compile(r"[ \t]*+(?:[!&]\S*+[ \t]*+)*+(?:[|>][+-]?\d?)?[ \t]*+(?:#[^\r\n\\]*+)?(?=[\r\n\\]|\Z)")
_LONE_WORD = re.compile(rf"""{lexer.NEWLINE}[ \t]*+(?=(\S{{1,300}}+)\s*+(?:[\r\n]|\\|"|\Z))[^\s:="]++(?=[\s"\\]|\Z)""")
_ERROR = re.compile(
    r"[A-Z]\w*?(?:Failed|Failure|Expired|Invalid|Missing|Denied|Required|Refused|Rejected|Revoked|Malformed"
    r"|Mismatch|Not|Unknown|Unsupported|Provider|Manager|Factory|Service|Handler|Renewer|Fetcher|Validator|Filter)"
    r"|(?:Expired|Invalid|Missing|Malformed|Unknown|Unsupported|Revoked)[A-Z]"
)
_KEEPS_SECRETS_SHORT = re.compile(r"token|signature|credential|authorization", re.IGNORECASE)
_SPOKEN_ONLY_WITH_SIGN = frozenset({"pass", "cookie", "cookies"})


@dataclass(slots=True)
class Place:
    """A name in a text, and how it stands there.

    :param name: the name, without dashes before it and dots after it.
    :param start: where the word begins that holds it.
    :param end: where the name ends.
    :param opened: the quote just before it.
    :param closed: the quote just after it.
    :param after: where that quote and an index such as ``[0]`` end.
    """

    text: str
    name: str
    start: int
    end: int
    opened: str
    closed: str
    after: int

    @property
    def is_argument(self) -> bool:
        return self.text.startswith("-", self.start)

    def line_start(self) -> int | None:
        """Return where the line begins that the name is the first word of; None when it isn't."""
        begin = self.start
        lowest = max(0, begin - 200)
        while begin > lowest and self.text[begin - 1] not in "\r\n":
            if self.text[begin - 1] == "\\" and self.text[begin] in "nr":
                begin += 1
                break
            begin -= 1
        prefix = _LINE_PREFIX.match(self.text, begin, self.start)
        return begin if prefix and prefix.end() == self.start else None

    def before(self, characters: int) -> str:
        return self.text[max(0, self.start - characters) : self.start]


def named_credentials(text: str) -> Iterator[Span]:
    """Yield where each credential begins and ends that a name announces.

    Empty values, null and Booleans are none.
    """
    pairs = PairFinder(text)
    previous, position = "", 0
    previous_end = -1
    while found := _WORD.search(text, position):
        word, start, position = found[0], found.start(), found.end()
        if text[start - 1 : start] == "\\" and word[0] in "nrt" and not announces(word[-200:]):
            start, word = start + 1, word[1:]
        name = word[_PREFIX.match(word).end() :].rstrip(".-")  # type: ignore[union-attr]
        if name.lower() in _SECOND_WORDS and previous and text[previous_end:start] in {" ", "  "}:
            name = f"{previous}_{name}"
        previous, previous_end = name[-200:], position
        span = pairs.value_at(start, position, name)
        if not span and announces(name[-200:]):
            end = start + len(word.rstrip(".-"))
            place = _place(text, name, start, end)
            span = next(filter(None, (rule(place) for rule in RULES)), None)
            if not span:
                pairs.announce(place.name, place.start, place.after)
        if span and span[0] < span[1]:
            yield span
            position = max(position, span[1])


def _place(text: str, name: str, start: int, end: int) -> Place:
    opened = lexer.quote_before(text, start)
    after = re.compile(lexer.QUOTE).match(text, end)
    closed = after[0] if after and (opened or lexer.END_OF_VALUE.match(text, after.end())
                                    or _SIGN.match(text, after.end())) else ""
    index = _INDEX.match(text, end + len(closed))
    return Place(text, name, start, end, opened, closed, index.end() if index else end)


def _assigned(place: Place) -> Span | None:
    """``password = x``, ``"password": "x"``, ``password -> x``, ``--sk=x``, ``db.password: x``."""
    sign = _SIGN.match(place.text, place.after)
    if not sign:
        owner = _OWNER.match(place.text, place.after)
        sign = _SIGN.match(place.text, owner.end()) if owner else None
    if not sign and re.search(r"\bproperty: \Z", place.before(12)):
        sign = _LISTED.match(place.text, place.after)
        if sign:
            return sign.end(), _end(lexer.LINE, place.text, sign.end())
    if not sign:
        return None
    comment = sign.start(1) - len(sign[0][: sign.start(1) - sign.start()].lstrip()) if sign["sign"] else 0
    begin = comment if comment < sign.start(1) and place.text[comment:sign.start(1)].strip() else None
    value = _value(place, sign["sign"], sign.end())
    return (begin, value[1]) if begin and value else value


def _value(place: Place, sign: str, position: int) -> Span | None:
    """Return the span of what stands after a sign such as ``=``."""
    text = place.text
    start = _start_of_value(place, sign, position)
    quote = lexer.opener(text, start)
    if quote and place.opened and not place.closed and quote["quote"] == place.opened:
        if lexer.END_OF_VALUE.match(text, quote.end()):
            quote = None  # it closes what was opened before the name
    if prose.is_symbol_of_parser(text, start, place.before(13).split()[-1:][0] if place.before(13).split() else ""):
        return None
    begin = quote.end() if quote else start
    if (number := _NUMBER.match(text, begin)) and is_measurement(place.name, number[0].rstrip(".")):
        return None
    if quote:
        end = lexer.closing(text, quote["quote"], begin)
        if start > position and text[position:start].strip().strip("\\nr \t"):
            return position, min(end + len(quote["quote"]), len(text))  # a comment and the text after it
        return begin, end
    if not place.opened or place.closed:
        if _NULL.match(text, start) or _is_same_column(place, sign, start):
            return None
        if sign.startswith((":", "=")) and _is_message(place, sign, start):
            return None
        if not place.closed and _END_OF_LINE.match(text, position):
            return _next_line(place, position)
    if place.opened and not place.closed:
        return position, lexer.closing(text, place.opened, position)
    return _bare(place, sign, start, position)


def _start_of_value(place: Place, sign: str, position: int) -> int:
    """Return where a value begins after a sign, comments and, where a quoted one can, line breaks."""
    gap = _AFTER_SIGN.match(place.text, position)
    if gap and (place.text[position : gap.end()].strip() or place.closed) and gap.end() > position:
        blank = place.text[position : gap.end()]
        if place.closed and lexer.opener(place.text, gap.end()):
            return gap.end()
        if "*/" in blank or "-->" in blank or blank.startswith("\\"):
            return gap.end() if blank.startswith(("/*", "<!", "\\\n", "\\\r", "\\\\")) else position
    return position


def _bare(place: Place, sign: str, start: int, position: int) -> Span:
    """Return the span of a value without quotes; what it stands in tells where it ends."""
    text = place.text
    before = text[place.start - 1 : place.start]
    inner = lexer.after_brackets(text, start)
    if sign.startswith("%"):
        pattern = lexer.ENCODED_PARAMETER
    elif place.closed:
        pattern = lexer.JSON_LITERAL
    elif (line := place.line_start()) is not None and not place.is_argument:
        end = _end(lexer.LINE_IN_JSON if line and text[line - 1] in "nr" else lexer.LINE, text, inner)
        return position, end
    elif re.search("authorization|cookie", place.name, re.IGNORECASE):
        pattern = lexer.HEADER
    elif before in {"?", "&", "#"} and before:
        pattern = lexer.URL_PARAMETER
    elif before == ";":
        pattern = lexer.JDBC_PROPERTY
    elif sign[0] in ":-→⇒" and not place.is_argument:
        pattern = lexer.CLAUSE
    else:
        pattern = lexer.WORD
    return position, _end(pattern, text, inner)


def _next_line(place: Place, position: int) -> Span | None:
    """``password:`` and on the next lines, indented, the value; or one word alone on the next line."""
    text = place.text
    end = _END_OF_LINE.match(text, position).end()  # type: ignore[union-attr]
    line = place.line_start()
    if line is not None:
        indent = len(text[line : place.start]) - len(text[line : place.start].lstrip(" \t"))
        block = lexer.after_block(text, end, indent)
        if block > end:
            return position, block
    word = _LONE_WORD.match(text, end)
    if word and not prose.is_ordinary(word[0].strip("\\nr \t\r\n")):
        return position, word.end()
    return (position, end) if text[position:end].strip() else None


def _is_message(place: Place, sign: str, position: int) -> bool:
    any_subject = bool(_ERROR.match(place.name) or _KEEPS_SECRETS_SHORT.search(place.name))
    if sign != ":":
        return False
    if place.name in "密码口令密钥令牌" and re.match("[不未已错无必请]", place.text[position : position + 1]):
        return True
    return prose.reads_as_message(place.text, position, any_subject=any_subject)


def _is_same_column(place: Place, sign: str, position: int) -> bool:
    """Tell whether this is a join condition such as ``a.token = b.token``."""
    column = _COLUMN.match(place.text, position)
    return "=" in sign and column is not None and column[1].lower() == place.name.lower().rpartition(".")[2]


def _element(place: Place) -> Span | None:
    """``<password a="b">x</password>``, ``<entry key="password">x</entry>``."""
    return _xml(place)


def _argument(place: Place) -> Span | None:
    """``--password x``, ``-sk x``, ``"--password", "x"``."""
    if not place.is_argument:
        return None
    gap = re.compile(rf"\s*+,\s*+|(?:[ \t]|\\+t|\\+\r?\n[ \t]*)++").match(place.text, place.after)
    if not gap or place.text.startswith("--", gap.end()):
        return None
    quote = lexer.opener(place.text, gap.end())
    begin = quote.end() if quote else gap.end()
    number = _NUMBER.match(place.text, begin)
    if number and is_measurement(place.name, number[0]):
        return None
    if quote and not (place.opened and not place.closed):
        return begin, lexer.closing(place.text, quote["quote"], begin)
    if place.opened and not place.closed:
        return gap.end(), lexer.closing(place.text, place.opened, gap.end())
    return gap.end(), _end(lexer.WORD, place.text, gap.end())


def _listed(place: Place) -> Span | None:
    """``["password", "x"]``, ``put("password", "x")``, ``('password', 'x')``."""
    if not place.closed or place.closed.endswith("`") or place.closed != place.opened:
        return None
    before = place.before(80)
    before = before[: len(before) - len(place.opened)].rstrip()
    gap = _LISTED.match(place.text, place.after)
    if not gap or not before.endswith(("[", "(")):
        return None
    quote = lexer.opener(place.text, gap.end())
    begin = quote.end() if quote else gap.end()
    end = lexer.closing(place.text, quote["quote"], begin) if quote else _end(
        re.compile(r"[\w.+-]*+"), place.text, begin)
    after = place.text[end + len(quote["quote"] if quote else "") :][:40].lstrip()
    is_call = before.endswith("(") and before[-2:-1].isalnum()
    if is_credential(place.text[begin:end]) or not (is_call or after.startswith(("]", ")")) or not after):
        return None
    return begin, end


def _quoted(place: Place) -> Span | None:
    """``PASSWORD 'x'``, ``password "x" rejected``, ``withPassword("x")``, ``密码“x”``."""
    if place.closed:
        return None
    gap = re.compile(r"[ \t]*+[(]?[ \t]*+").match(place.text, place.after)
    begin = gap.end() if gap else place.after
    quote = lexer.opener(place.text, begin)
    if not quote or (place.opened and quote["quote"] == place.opened):
        return None
    is_chinese = not place.name.isascii()
    if begin == place.after and quote["quote"] == "'" and not is_chinese:
        return None  # password's
    words = place.before(30).split()
    if prose.is_symbol_of_parser(place.text, begin, words[-1] if words else ""):
        return None
    end = lexer.closing(place.text, quote["quote"], quote.end())
    return (quote.end(), end) if any(map(str.isalnum, place.text[quote.end() : min(end, quote.end() + 99)])) else None


def _told(place: Place) -> Span | None:
    """``the password is x``, ``password of bob was set to 'x'``, ``密码为x``."""
    text = place.text
    owner = _OWNER.match(text, place.after)
    filler = _FILLER.match(text, owner.end() if owner else place.after)
    if not filler:
        return None
    quote = lexer.opener(text, filler.end())
    if quote:
        return quote.end(), lexer.closing(text, quote["quote"], quote.end())
    word = _SPOKEN_WORD.match(text, filler.end())
    if not word or _NULL.match(word[0]) or prose.is_ordinary(word[0]):
        return None
    weak = filler[0].split()[-1:] in (["of"], ["with"], ["as"], ["the"], ["value"])
    upper = filler[0].isupper() or place.name.lower() in _SPOKEN_ONLY_WITH_SIGN
    if (weak or upper) and not prose.looks_random(word[0]):
        return None
    return word.start(), word.start() + len(word[0].rstrip(".!?"))


def _beside(place: Place) -> Span | None:
    """``password hunter2``, ``token x has expired``, ``| password | hunter2 |``, ``密码hunter2``."""
    if place.closed or place.name.lower() in _SPOKEN_ONLY_WITH_SIGN:
        return None
    text = place.text
    gap = _GAP.match(text, place.after)
    if not gap and place.name.isascii():
        return None
    begin = gap.end() if gap else place.after
    word = _SPOKEN_WORD.match(text, begin)
    if not word or prose.is_ordinary(word[0]) or text.startswith(("(", "=", "://"), word.end()):
        return None
    end = begin + len(word[0].rstrip(".!?"))
    if prose.looks_random(word[0]):
        return begin, end
    is_plain = gap is not None and gap[0] == " " and word[0].islower()
    if is_plain and (_VERB.match(text, word.end()) or _USING.search(place.before(12))):
        return begin, end
    return None


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


from dli_provider.masking.pairs import xml as _xml  # noqa: E402

RULES = (_assigned, _element, _argument, _listed, _quoted, _told, _beside)
