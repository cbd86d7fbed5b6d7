"""Where credentials stand in a free text: recognised by the name that announces them.

Job texts carry passwords and keys as SQL options, program arguments, properties, JSON (also inside JSON),
YAML, XML, HTML, URLs and headers; error texts repeat them. Recognition errs on the side of too much: a word
that is lost from a log is a nuisance, a password in it is a leak. The time taken grows with the text and no
faster: a run of characters is entered at its beginning only and left without backtracking, what may stand
between a name and its value is limited, and a value without an end reaches to the end of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORDS = r"""(?:
    pass(?:word|wd|phrase|code) | pwd | psw | secret | token(?!iz) | credential | jaas[._-]?config
    | authorization | cookie | user[._-]?info
    | (?:access|private|api|account|encryption|signing|shared)[._-]?key
    | (?<!by)(?<!com)(?<!sur)(?<!tres)(?<!over)(?<!under)pass(?![a-z0-9])
    | (?:(?<![a-z0-9])|(?<=\\[nrt]))(?:ak|sk|pin|sig|signature)(?![a-z0-9])
    | (?-i:(?<=[a-z])(?:[AS][Kk]|Pin|Pass|Signature)(?![a-z]))
    | (?:密码|口令|密钥)(?!\w)
)"""
_CREDENTIAL = re.compile(_WORDS, re.VERBOSE | re.IGNORECASE)
_HARMLESS_NAME = re.compile(r"(?:exception|error|\.java|\.scala|\.py)\Z", re.IGNORECASE)
_HEADER = re.compile(r"authorization|cookie", re.IGNORECASE)

_MEASURE = re.compile(
    r"""(?=.{1,99}\Z) (?: (?:.*[._-])? (?:max|min|num) [._-]? (?:.*[._-])? tokens?
      | .* (?: [._-] | (?-i:(?<=[a-z])(?=[A-Z])) )
        (?: ttl | expir(?:y|es|ation) | (?:milli)?seconds? | millis | ms | minutes? | hours? | days?
          | interval | timeout | lifetime | duration | count | limit | length | size ) )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"""-?\d{1,13}(?:\.\d{1,6})?(?=[\s,;)}\]&"'\\<]|\Z)""")

_ERROR_NAME = re.compile(
    r"""\b(?: [A-Z]\w*[a-z] (?: Failed | Failure | Expired | Invalid | Missing | Denied | Required | Refused
          | Rejected | Revoked | Malformed | Mismatch | NotFound | NotSupported | DoesNotMatch
          | Providers? | Manager | Factory | Service | Handler | Renewer | Fetcher | Validator | Filter )
      | (?: Expired | Invalid | Missing | Malformed | Unknown | Unsupported | Revoked ) \w*?
          (?: Tokens? | Credentials? | Signature | Authorization | AccessKeyId ) )\Z""",
    re.VERBOSE,
)
_SENTENCE = re.compile(
    r"""(?<=[ ])(?! (?i:basic|bearer|digest|token)\b) (?: [A-Z][a-z]*+ | [a-z]++ ) (?:'[a-z]++)?+
        [ ] (?: [a-z_]++ | [A-Z]{2,5}+ ) [ ] [A-Z]?+[a-z]{1,15}+ (?![\w=:-])
        (?: [.,;:!?)…]*+ [ ] (?: [("']?+ (?: [A-Za-z_:/.'-]{1,30}+ | [\w.-]{1,4}+ ) (?![\w=]) )?+ ){0,99}+
        [.,;:!?)…]*+ (?: \s*+ (?: (?<=\n) | \Z ) | \\*+"\s*+ (?: [,}\]] | \Z ) | </ | \\++[nrt] )""",
    re.VERBOSE,
)
_OF_A_PARSER = ("unexpected ", "unrecognized ", "offending ", "mismatched ", "extraneous ")
_SYMBOL = re.compile(
    r"""(["'`]?+) (?: [^\s"'`\w]{1,3}+ | <?+ (?:[A-Z_]{1,20}+|[a-z_]{1,20}+) >?+ ) \1 ,?+
        [ ] (?: at | in | on | near | after | before | expected | expecting ) \b""",
    re.VERBOSE,
)

_BLANKS = r"(?:\s|\\++[nrt])*+"
_IN_BLOCK, _IN_LINE = r"(?:[^*/]++|\*(?!/)|/(?!\*))*+", r"(?:[^\r\n\\-]++|-(?!-)|\\++(?![nr]))*+"
_BLOCK = rf"/\*(?:{_IN_BLOCK}/){{0,8}}+{_IN_BLOCK}\*/"
_COMMENT = rf"(?:{_BLOCK}|--++(?:{_IN_LINE}--++){{0,8}}+{_IN_LINE}(?:[\r\n]|\\++[nr]))"
_QUOTE = r"""\\{0,31}+["'`]"""
_NAMED = re.compile(
    rf"""
    (?: (?P<line> (?: ^ | (?<=\\[nr]) )                   # the name begins a line, if only one in JSON,
            [ \t]*+ (?:[-#;!*/]++[ \t]++)?+ )
      | (?P<open> {_QUOTE} )                              # or a quoted text,
      | (?P<tag> \\{{0,31}}+[<>] )                        # or is an XML tag, or stands in one,
      | (?<=\\t) | (?<![\w.-])(?!(?<=\\)[nr]) )           # or follows something else
    (?= [\w.-]*?(?: {_WORDS} | (?<![\w-])value(?: \\*+["'] | \s*+= ) ) )
    (?P<name> [\w.-]++ ) (?P<close> {_QUOTE} )?+ (?: \[\d++\] | \] )?+
    (?: (?P<assign>
            (?: {_BLANKS} (?P<comment> (?: {_COMMENT}{_BLANKS} ){{1,4}}+ ) (?==) )?+
            {_BLANKS} (?: (?P<equals> ={{1,2}}+>?+ ) | :(?![:/])=?+ | \uFF1A ) [ \t]*+
          | (?: \s*+,\s*+ | (?: \s | \\++[nrt] )++ )      # {{"key": "password", "value": "..."}}
            \\*+["']?+value\\*+["']?+ \s*+ (?(tag)[:=]|:) [ \t]*+ )
      | (?P<element>                                      # <name>password</name><value>...</value>
            (?: \s++[\w.:-]++\s*+=\s*+\\?+["'][^<>"'\\]{{0,99}}+\\?+["'] ){{0,5}}+
            (?: \\{{0,31}}+</\w++\\{{0,31}}+> \s*+ \\{{0,31}}+<value )?+ (?P<end> \\{{0,31}}+> ) )
      | \s*+,\s*+ | \s++ )                                # --password x, or "--password", "x"
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_NESTED, _END_OF_PAIR = re.compile(r"\{[^{}]*+\}"), re.compile(r"[{}<]|\bvalue\b", re.IGNORECASE)
_KEY = r"""(?<![\w-])(?:key|name)\\*+["']?+\s*+[:=]"""
_KEY_AFTER_VALUE = re.compile(
    rf"""(?:\\*+["'])?+ (?= \s*+, | \s++[\w.:-]++\s*+= )
    (?: (?-i:[^{{}}<kKnN]{{1,20}}+) | (?!{_KEY})[kn] | \{{[^{{}}]{{0,99}}+\}} ){{0,25}}+
    {_KEY}\s*+\\*+["']([\w.-]++)""",
    re.VERBOSE | re.IGNORECASE,
)
_OPENER, _OPENER_IN_SQL = (
    re.compile(
        rf"""{blanks}(?P<comment>(?:{comment}{blanks}){{0,4}}+)(?:(?:[bru]|u&)(?=\\*+["'][^\s,;:)}}\]&]))?+
        (?P<quote>''(?![\s'",;:)}}\]]|\Z)|{_QUOTE})""",
        re.VERBOSE | re.IGNORECASE,
    )
    for blanks, comment in ((r"\s*+", _BLOCK), (_BLANKS, _COMMENT))
)
_QUOTES = {quote: re.compile(rf"(\\*+)({quote}++)|\\++") for quote in "\"'`<"}
_BRACKETS = re.compile(r"""(\\*+["'])|[\[{]|[\]}]|\\++""")

_END_OF_VALUE = re.compile(r"[\s,;:)}\]&]|\Z")
_HARMLESS_VALUE = re.compile(r"(?:null|none|true|false)(?=[\s,;)}\]&\"']|\Z)", re.IGNORECASE)
_COLUMN = re.compile(r"(?:`?\w++`?\.)++`?(\w++)`?(?=[\s,;)]|\Z)")
_COMMENTS = re.compile(rf"(?:{_BLOCK}\s*+){{0,4}}+")
_CLOSED = re.compile(r"[^<]{1,5000}+</")


def _bare(stops: str = "") -> re.Pattern[str]:
    """Return what a value without quotes is: up to a blank, a stop, or a quote that begins or ends a text."""
    quote = r"""(?:(?<=[,;:({\[=*])\\{0,31}+["']|\\{0,31}+["'](?=[\s,;:)}\]&]|\Z))"""
    return re.compile(rf"""(?:[^\s"'\\{re.escape(stops)}]|(?!{quote})(?:["']|\\++(?![nrt])))*+""")


_WORD = _bare()
_JSON_NUMBER = re.compile(r"[\w.+-]{1,100}+(?=\s*+[,}])")
_JSON_LITERAL = _bare(",}])")
_URL_PARAMETER = _bare("&#")
_JDBC_PROPERTY = _bare(";")
_LINE = re.compile(r"[^\r\n]*+")
_LINE_IN_JSON = re.compile(r"""(?:[^\r\n\\"]|(?!\\{0,31}+"\s{0,9}+(?:[,}\]]|\Z))(?:"|\\++(?![nr])))*+""")
_HEADER_IN_JSON = re.compile(r"(?:[^\r\n\\]|\\++(?![nr]))*+")

_NOTHING, _FAR = (0, 0), 500


def is_credential(name: str, value: object = None) -> bool:
    """Tell whether a key names a credential: ``password``, ``fs.obs.access.key``, ``X-Auth-Token``, ``sk``.

    :param name: key of an option, argument, header, property or JSON pair.
    :param value: what stands under it, if known: no Boolean is a credential, nor is the number of a measure
        such as ``max_tokens`` or ``token_ttl``.
    """
    if not _CREDENTIAL.search(name) or _HARMLESS_NAME.search(name):
        return False
    is_number = isinstance(value, int | float | str) and _NUMBER.fullmatch(str(value))
    return not isinstance(value, bool) and not (is_number and _MEASURE.match(name))


def named_credentials(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each credential begins and ends that a name announces.

    Empty values, null and Booleans are none; a comment before one belongs to it.

    :param text: any text.
    """
    position, announced = 0, ("", 0)
    while found := _NAMED.search(text, position):
        start, end = _value(text, found, announced)
        if start < end:
            yield found.start("comment") if found["comment"] else start, end
            position = end
        else:
            position = found.start("name") + 1
            if found["close"] and not found["assign"]:
                announced = found["name"], found.end("close")


def _value(text: str, found: re.Match[str], announced: tuple[str, int]) -> tuple[int, int]:
    """Return where the credential that a name announces begins and ends; an empty span when there is none.

    :param announced: the quoted name of a credential that came last, and where it ended.
    """
    start, name = found.end(), found["name"]
    if name.lower().endswith("value") and not is_credential(name):
        return _value_of_pair(text, found, announced) if found["assign"] else _NOTHING
    if not is_credential(name) or not _has_value(text, found) or _is_message(text, found):
        return _NOTHING
    opener = (_OPENER_IN_SQL if found["close"] and found["equals"] else _OPENER).match(text, start)
    around = found["open"] if not found["close"] else None
    if around and not (opener and opener["quote"] == around and not _END_OF_VALUE.match(text, opener.end())):
        return start, _closing(text, around, start)
    begin = opener.end() if opener else start
    if _NUMBER.match(text, begin) and _MEASURE.match(name):
        return _NOTHING
    if opener and not opener["comment"] and not found["comment"]:
        return begin, _closing(text, opener["quote"], begin)
    if not opener and (_HARMLESS_VALUE.match(text, start) or _is_same_column(text, found)):
        return _NOTHING
    return start, _end_of_bare(text, found, opener)


def _value_of_pair(text: str, found: re.Match[str], announced: tuple[str, int]) -> tuple[int, int]:
    """Return the span of the value of ``"key": "password", "type": "x", "value": "..."`` in any order."""
    if opener := _OPENER.match(text, found.end()):
        start, end = opener.end(), _closing(text, opener["quote"], opener.end())
    else:
        number = _JSON_NUMBER.match(text, found.end())
        start, end = number.span() if number else _NOTHING
    name, since = announced
    if found.start() - since > _FAR or _END_OF_PAIR.search(_NESTED.sub("", text[since : found.start()])):
        key = _KEY_AFTER_VALUE.match(text, end)
        name = key[1] if key else ""
    return (start, end) if is_credential(name, text[start:end]) else _NOTHING


def _has_value(text: str, found: re.Match[str]) -> bool:
    if found["assign"]:
        return True
    if found["element"]:
        return bool(found["tag"] or (found["close"] and _CLOSED.match(text, found.end())))
    return found["name"].startswith("-") and not text.startswith("--", found.end())


def _is_message(text: str, found: re.Match[str]) -> bool:
    """Tell whether an error or a class says something here, or a parser which token it met."""
    if found["close"] or (found["assign"] or "").strip() != ":":
        return False
    if _ERROR_NAME.search(found["name"]):
        return bool(_SENTENCE.match(text, found.end()))
    start = found.start("name")
    of_a_parser = text[max(0, start - 13) : start].lower().endswith(_OF_A_PARSER)
    return of_a_parser and found["name"].lower() == "token" and bool(_SYMBOL.match(text, found.end()))


def _is_same_column(text: str, found: re.Match[str]) -> bool:
    """Tell whether this is a join condition such as ``a.token = b.token``."""
    column = _COLUMN.match(text, found.end())
    return bool(found["equals"] and column and column[1].lower() == found["name"].lower().rpartition(".")[2])


def _end_of_bare(text: str, found: re.Match[str], quoted: re.Match[str] | None) -> int:
    """Return where a value without quotes ends, which depends on what its name stands in.

    :param quoted: the quote that opens, when the value is a comment and a quoted text all the same.
    """
    position = found.end()
    if found["element"]:
        return _closing(text, found["end"].replace(">", "<"), position)
    if quoted:
        position = min(_closing(text, quoted["quote"], quoted.end()) + len(quoted["quote"]), len(text))
    else:
        comments = _COMMENTS.match(text, position)
        position = _after_brackets(text, comments.end() if comments else position)
    value = _bare_value(text, found).match(text, position)
    return value.end() if value else position


def _bare_value(text: str, found: re.Match[str]) -> re.Pattern[str]:
    before = text[found.start("name") - 1 : found.start("name")]
    if found["close"]:
        return _JSON_LITERAL
    if found["line"] is not None and not found["name"].startswith("-"):
        return _LINE_IN_JSON if text[found.start() - 1 : found.start()] in {"n", "r"} else _LINE
    if _HEADER.search(found["name"]):
        return _HEADER_IN_JSON
    if before in {"?", "&"}:
        return _URL_PARAMETER
    return _JDBC_PROPERTY if before == ";" else _WORD


def _closing(text: str, opener: str, start: int) -> int:
    """Return where the quote stands that closes a quoted text; the end of the text when none does.

    A quote in JSON inside JSON has 1, 3, 7 ... backslashes, those within its text have more; SQL doubles
    them.

    :param opener: the opening quote with its backslashes; two single quotes for an SQL text in an SQL text.
    :param start: where to begin, just after it.
    """
    slashes, doubled = len(opener) - 1, -1
    for run in _QUOTES[opener[-1]].finditer(text, start):
        before, quotes = len(run[1] or ""), len(run[2] or "")
        if not quotes:
            continue
        if opener == "''":
            if quotes != 4:
                return run.start(2)
        elif slashes:
            if before % (2 * slashes + 2) != slashes or run.start() == doubled:
                continue
            if opener[-1] != "'" or not text.startswith(opener, run.end()):
                return run.start(2) - slashes
            doubled = run.end()
        elif (before + quotes) % 2:
            return run.end() - 1
    return len(text)


def _after_brackets(text: str, start: int) -> int:
    """Return where the object or list ends that begins here; here, when none begins.

    One that never ends reaches to the end of the text, as a quoted text does.
    """
    if not text.startswith(("[", "{"), start):
        return start
    depth, position = 0, start
    while token := _BRACKETS.search(text, position):
        position = token.end()
        if token[1]:
            position = _closing(text, token[1], position) + len(token[1])
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
            if not depth:
                return position
    return len(text)
