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
    r"""(?: (?:\A|[._-]) (?:max|min|num) [._-]? (?:[\w.-]*[._-])? tokens?
      | (?: [._-] | (?-i:(?<=[a-z])(?=[A-Z])) )
        (?: ttl | expir(?:y|es|ation) | (?:milli)?seconds? | millis | ms | minutes? | hours? | days?
          | interval | timeout | lifetime | duration | count | limit | length | size ) )\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"""-?\d{1,13}(?:\.\d{1,6})?(?=[\s,;)}\]&"'\\<]|\Z)""")

_ERROR_NAME = re.compile(
    r"""\b(?: [A-Z]\w*[a-z]
          (?: Failed | Failure | Expired | Invalid | Missing | Denied | Required | Refused | Rejected
            | Revoked | Malformed | Mismatch | NotFound | NotSupported | DoesNotMatch
            | Providers? | Manager | Factory | Service | Handler | Renewer | Fetcher | Validator | Filter )
      | (?: Expired | Invalid | Missing | Malformed | Unknown | Unsupported | Revoked ) \w*?
          (?: Tokens? | Credentials? | Signature | Authorization | AccessKeyId ) )\Z""",
    re.VERBOSE,
)
_SENTENCE = re.compile(
    r"""(?<=[ ])(?! (?i:basic|bearer|digest|token)\b) (?: [A-Z][a-z]*+ | [a-z]++ ) (?:'[a-z]++)?+
        [ ] (?: [a-z_]++ | [A-Z]{2,5}+ ) [ ] [A-Z]?+[a-z]{1,15}+ (?![\w=:-])""",
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
_COMMENT = (
    rf"(?:/\*(?:{_IN_BLOCK}/){{0,8}}+{_IN_BLOCK}\*/"
    rf"|--++(?:{_IN_LINE}--++){{0,8}}+{_IN_LINE}(?:[\r\n]|\\++[nr]))"
)
_QUOTE = r"""\\{0,31}+["'`]"""
_VALUE, _KEY = (rf"""{name}\\*+["']?+\s*+[:=]""" for name in ("value", "(?:key|name)"))
_NAMED = re.compile(
    rf"""
    (?: (?P<line> (?: ^ | (?<=\\[nr]) )                   # the name begins a line, if only one in JSON,
            [ \t]*+ (?:[-#;!*/]++[ \t]++)?+ )
      | (?P<open> {_QUOTE} )                              # or a quoted text,
      | (?P<tag> \\{{0,31}}+[<>] )                        # or is an XML tag, or stands in one,
      | (?<=\\t) | (?<![\w.-])(?!(?<=\\)[nr]) )           # or follows something else
    (?= [\w.-]*?{_WORDS} | value(?: \\*+["'] | \s*+= ) )
    (?P<name> [\w.-]++ ) (?P<close> {_QUOTE} )?+ (?: \[\d++\] | \] )?+
    (?: (?P<assign>
            {_BLANKS} (?: {_COMMENT}{_BLANKS} ){{0,4}}+
            (?: (?P<equals> ={{1,2}}+>?+ ) | :(?![:/])=?+ | \uFF1A ) [ \t]*+
          | (?: \s*+,\s*+ | (?: \s | \\++[nrt] )++ )      # {{"key": "password", "type": "x", "value": "..."}}
            (?(close) (?: (?-i:[^{{}}<vV]{{1,20}}+) | (?<=[\w-])v | (?!{_VALUE})v | \{{[^{{}}]{{0,99}}+\}}
                      ){{0,25}}+ )
            \\*+["']?+(?<![\w-]){_VALUE}[ \t]*+ )
      | (?P<element>                                      # <name>password</name><value>...</value>
            (?: \s++[\w.:-]++\s*+=\s*+\\?+["'][^<>"'\\]{{0,99}}+\\?+["'] ){{0,5}}+
            (?: \\{{0,31}}+</\w++\\{{0,31}}+> \s*+ \\{{0,31}}+<value )?+ (?P<end> \\{{0,31}}+> ) )
      | \s*+,\s*+ | \s++ )                                # --password x, or "--password", "x"
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_KEY_AFTER_VALUE = re.compile(
    rf"""(?:\\*+["'])?+ (?=[,\s]) (?: (?-i:[^{{}}<kKnN]{{1,20}}+) | (?<=[\w-])[kn] | (?!{_KEY})[kn] ){{0,25}}+
    {_KEY}\s*+\\*+["']([\w.-]++)""",
    re.VERBOSE | re.IGNORECASE,
)
_OPENER = re.compile(
    rf"""{_BLANKS}(?P<comment>(?:{_COMMENT}{_BLANKS}){{0,4}}+)(?:(?:[bru]|u&)(?=\\*+["'][^\s,;:)}}\]&]))?+
    (?P<quote>''(?![\s'",;:)}}\]]|\Z)|{_QUOTE})""",
    re.VERBOSE | re.IGNORECASE,
)
_QUOTES = {quote: re.compile(rf"(\\*+)({quote}++)|\\++") for quote in "\"'`<"}
_BRACKETS = re.compile(r"""(\\*+["'])|[\[{]|[\]}]|\\++""")

_END_OF_VALUE = re.compile(r"[\s,;:)}\]&]|\Z")
_HARMLESS_VALUE = re.compile(r"(?:null|none|true|false)(?=[\s,;)}\]&\"']|\Z)", re.IGNORECASE)
_COLUMN = re.compile(r"(?:`?\w++`?\.)++`?(\w++)`?(?=[\s,;)]|\Z)")
_COMMENTS = re.compile(rf"(?:{_COMMENT}{_BLANKS}){{0,4}}+")
_CLOSED = re.compile(r"[^<]{1,5000}+</")


def _bare(stops: str = "") -> re.Pattern[str]:
    """Return what a value without quotes is: up to a blank, a stop, or a quote that begins or ends a text.

    A line break in JSON is a blank too.
    """
    quote = r"""(?:(?<=[,;:({\[=*])\\{0,31}+["']|\\{0,31}+["'](?=[\s,;:)}\]&]|\Z))"""
    return re.compile(rf"""(?:[^\s"'\\{re.escape(stops)}]|(?!{quote})(?:["']|\\++(?![nrt])))*+""")


_WORD = _bare()
_JSON_NUMBER = re.compile(r"[\w.+-]{1,100}+")
_JSON_LITERAL = _bare(",}])")
_URL_PARAMETER = _bare("&#")
_JDBC_PROPERTY = _bare(";")
_LINE = re.compile(r"[^\r\n]*+")
_LINE_IN_JSON = re.compile(r"""(?:[^\r\n\\"]|(?!\\{0,31}+"\s{0,9}+(?:[,}\]:]|\Z))(?:"|\\++(?![nr])))*+""")
_HEADER_IN_JSON = re.compile(r"(?:[^\r\n\\]|\\++(?![nr]))*+")

_NOTHING = (0, 0)


def is_credential(name: str, value: object = None) -> bool:
    """Tell whether a key names a credential: ``password``, ``fs.obs.access.key``, ``X-Auth-Token``, ``sk``.

    :param name: key of an option, argument, header, property or JSON pair.
    :param value: what stands under it, if known: no Boolean is a credential, nor is the number of a measure
        such as ``max_tokens`` or ``token_ttl``.
    """
    if not _CREDENTIAL.search(name) or _HARMLESS_NAME.search(name):
        return False
    is_number = isinstance(value, int | float | str) and _NUMBER.fullmatch(str(value))
    return not isinstance(value, bool) and not (is_number and _is_measure(name))


def named_credentials(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each credential begins and ends that a name announces.

    Empty values, null and Booleans are none.

    :param text: any text.
    """
    position = 0
    while found := _NAMED.search(text, position):
        start, end = _value(text, found)
        if start < end:
            yield start, end
            position = end
        else:
            position = found.start("name") + 1


def _value(text: str, found: re.Match[str]) -> tuple[int, int]:
    """Return where the credential that a name announces begins and ends; an empty span when there is none."""
    start, name = found.end(), found["name"]
    if name.lower() == "value":
        return _value_before_key(text, found)
    if not is_credential(name) or not _has_value(text, found) or _is_message(text, found):
        return _NOTHING
    opener = _OPENER.match(text, start)
    around = found["open"] if not found["close"] else None
    if around and not (opener and opener["quote"] == around and not _END_OF_VALUE.match(text, opener.end())):
        return start, _closing(text, around, start)
    begin = opener.end() if opener else start
    if _NUMBER.match(text, begin) and _is_measure(name):
        return _NOTHING
    if opener and (found["close"] or not opener["comment"]):
        return begin, _closing(text, opener["quote"], begin)
    if not opener and (_HARMLESS_VALUE.match(text, start) or _is_same_column(text, found)):
        return _NOTHING
    return start, _end_of_bare(text, found, opener)


def _value_before_key(text: str, found: re.Match[str]) -> tuple[int, int]:
    """Return the span of the value of ``"value": "...", "key": "password"``."""
    if not found["assign"]:
        return _NOTHING
    if opener := _OPENER.match(text, found.end()):
        start, end = opener.end(), _closing(text, opener["quote"], opener.end())
    else:
        number = _JSON_NUMBER.match(text, found.end())
        start, end = number.span() if number else _NOTHING
    key = _KEY_AFTER_VALUE.match(text, end)
    return (start, end) if key and is_credential(key[1], text[start:end]) else _NOTHING


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


def _is_measure(name: str) -> bool:
    return len(name) < 100 and bool(_MEASURE.search(name))


def _is_same_column(text: str, found: re.Match[str]) -> bool:
    """Tell whether this is a join condition such as ``a.token = b.token``."""
    column = _COLUMN.match(text, found.end())
    name = str(found["name"]).lower().rpartition(".")[2]
    return bool(found["equals"] and column and column[1].lower() == name)


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
