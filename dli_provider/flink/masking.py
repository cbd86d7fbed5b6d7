"""Credentials in free text: recognised by the name in front of them, or by their shape, and masked.

Job texts carry passwords and keys as SQL options, program arguments, properties, JSON (also inside JSON),
YAML, XML, URLs and headers; error texts repeat them. Masking errs on the side of too much: a word that is
lost from a log is a nuisance, a password in it is a leak. The time taken grows with the text and no faster:
quantifiers don't backtrack, and a run of characters is entered at its beginning only.
"""

from __future__ import annotations

import re

MASK = "***"
"""What stands in the place of a credential."""

_WORDS = r"""(?:
    pass(?:word|wd|phrase) | pwd | secret | token(?!iz) | credential | jaas[._-]?config
    | authorization | cookie | user[._-]?info
    | (?:access|private|api|account|encryption|signing|shared)[._-]?key
    | (?:(?<![a-z0-9])|(?<=\\[nrt]))(?:ak|sk|pass|sig|signature)(?![a-z0-9])
    | (?-i:(?<=[a-z])(?:[AS][Kk]|Pass|Signature)(?![a-z]))
    | (?:密码|口令|密钥)(?!\w)
)"""
_CREDENTIAL = re.compile(_WORDS, re.VERBOSE | re.IGNORECASE)
_HARMLESS_NAME = re.compile(r"(?:exception|error|\.java|\.scala|\.py)\Z", re.IGNORECASE)
_HEADER = re.compile(r"authorization|cookie", re.IGNORECASE)

_SEPARATOR = re.compile(r"[\s=:\uFF1A>,]")
_NAMED = re.compile(
    rf"""
    (?: (?P<line> ^[ \t]*+ (?:[-#;!*/]++[ \t]++)?+ )      # the name begins a line,
      | (?P<open> \\{{0,31}}+["'`] )                      # or a quoted text,
      | (?P<tag> [<>] )                                   # or is an XML tag, or stands in one,
      | (?<=\\[nrt]) | (?<![\w.-]) )                      # or follows a line break in JSON, or something else
    (?= [\w.-]*?{_WORDS} | value\\*+["'] )
    (?P<name> [\w.-]++ ) (?P<close> \\{{0,31}}+["'`] )?+ (?: \[\d++\] | \] )?+
    (?: (?P<assign>
            \s*+ (?: (?P<equals> ={{1,2}}+>?+ ) | :(?![:/])=?+ | \uFF1A ) [ \t]*+
          | (?: \s*+,\s*+ | (?: \s | \\++[nrt] )++ )      # {{"key": "password", "value": "..."}}
            \\*+["']?+value\\*+["']?+ \s*+ : [ \t]*+ )
      | (?P<element> (?: </\w++> \s*+ <value )?+ > )      # <name>password</name><value>...</value>
      | \s*+,\s*+ | \s++ )                                # --password x, or "--password", "x"
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_KEY_AFTER_VALUE = re.compile(
    r"""\\*+["']\s*+,\s*+\\*+["'](?:key|name)\\*+["']\s*+:\s*+\\*+["']([\w.-]++)""", re.IGNORECASE
)
_OPENER = re.compile(
    r"""\s*+(?:(?:[bru]|u&)(?=\\*+["'][^\s,;:)}\]&]))?+(\\{0,31}+(?:''(?![\s'",;:)}\]]|\Z)|["'`]))""",
    re.IGNORECASE,
)
_QUOTES = {quote: re.compile(rf"(\\*+)({quote}++)|\\++") for quote in "\"'`"}
_BRACKETS = re.compile(r"""(\\*+["'])|[\[{]|[\]}]|\\++""")

_END_OF_VALUE = re.compile(r"[\s,;:)}\]&]|\Z")
_HARMLESS_VALUE = re.compile(r"(?:null|none|true|false)(?=[\s,;)}\]&\"']|\Z)", re.IGNORECASE)
_COLUMN = re.compile(r"(?:`?\w++`?\.)++`?(\w++)`?(?=[\s,;)]|\Z)")


def _bare(stops: str = "") -> re.Pattern[str]:
    """Return what a value without quotes is: up to a blank, a stop, or a quote that begins or ends a text.

    A line break in JSON is a blank too.
    """
    quote = r"""(?:(?<=[,;:({\[=*])\\{0,31}+["']|\\{0,31}+["'](?=[\s,;:)}\]&]|\Z))"""
    return re.compile(rf"""(?:[^\s"'\\{re.escape(stops)}]|(?!{quote})(?:["']|\\(?![nrt])))*+""")


_WORD = _bare()
_JSON_LITERAL = _bare(",}])")
_URL_PARAMETER = _bare("&#")
_JDBC_PROPERTY = _bare(";")
_ELEMENT = re.compile(r"[^<]*+")
_REST_OF_LINE = re.compile(r"[^\r\n]*+")
_REST_OF_LINE_IN_JSON = re.compile(r"(?:[^\r\n\\]|\\(?![nr]))*+")

_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----).+?(?=-----END|\Z)", re.DOTALL)
_SHAPES = (
    # scheme://user:password@host; a password with a "/" only where no "@" comes before it, and never a port
    re.compile(
        r"""((?<=://)[^\s/:@'"\[]*+:(?!\d{1,5}(?:[/?#,\s'"]|\Z)))(?:[^\s/'"?#]+(?=@)|(?:[^\s/'"]|/(?!/))+(?=@))"""
    ),
    re.compile(r"""(jdbc:oracle:\w+:[^\s:/'"@]*/)[^\s/'"@]+(?=@)"""),
    re.compile(r"""([Bb]earer[ \t]+(?!tokens?\b|--))[^\s"',;\\]+"""),
    re.compile(r"""(HMAC-SHA256[ \t]+)(?=\w+=)[^\r\n"'\\]+"""),
)

_NOTHING = (0, 0)


def is_credential(name: str) -> bool:
    """Tell whether a key names a credential: ``password``, ``fs.obs.access.key``, ``X-Auth-Token``, ``sk``.

    :param name: key of an option, argument, header, property or JSON pair.
    """
    return bool(_CREDENTIAL.search(name)) and not _HARMLESS_NAME.search(name)


def mask_credentials(text: str) -> str:
    """Return a text in which every credential that can be recognised is replaced by :data:`MASK`.

    Masking what is masked already changes nothing. Empty values, null and Booleans stay.

    :param text: any text; cap what a stranger sent.
    """
    if not _SEPARATOR.search(text):
        return text
    text = _PRIVATE_KEY.sub(rf"\1{MASK}", text)
    pieces: list[str] = []
    done = position = 0
    while found := _NAMED.search(text, position):
        start, end = _value(text, found)
        if start < end:
            pieces += text[done:start], MASK
            done = position = end
        else:
            position = found.start("name") + 1
    text = "".join(pieces) + text[done:]
    for shape in _SHAPES:
        text = shape.sub(rf"\1{MASK}", text)
    return text


def _value(text: str, found: re.Match[str]) -> tuple[int, int]:
    """Return where the credential that a name announces begins and ends; an empty span when there is none."""
    start = found.end()
    if found["name"].lower() == "value":
        return _value_before_key(text, found)
    if not is_credential(found["name"]) or not _has_value(text, found):
        return _NOTHING
    opener = _OPENER.match(text, start)
    around = found["open"] if not found["close"] else None
    if around and not (opener and opener[1] == around and not _END_OF_VALUE.match(text, opener.end())):
        return start, _closing(text, around, start)
    if opener:
        return opener.end(), _closing(text, opener[1], opener.end())
    if _HARMLESS_VALUE.match(text, start) or _is_same_column(text, found):
        return _NOTHING
    return start, _end_of_bare(text, found)


def _value_before_key(text: str, found: re.Match[str]) -> tuple[int, int]:
    """Return the span of the value of ``"value": "...", "key": "password"``."""
    if found["assign"] and (opener := _OPENER.match(text, found.end())):
        end = _closing(text, opener[1], opener.end())
        key = _KEY_AFTER_VALUE.match(text, end)
        if key and is_credential(key[1]):
            return opener.end(), end
    return _NOTHING


def _has_value(text: str, found: re.Match[str]) -> bool:
    if found["assign"]:
        return True
    if found["element"]:
        return bool(found["tag"])
    return found["name"].startswith("-") and not text.startswith("--", found.end())


def _is_same_column(text: str, found: re.Match[str]) -> bool:
    """Tell whether this is a join condition such as ``a.token = b.token``."""
    column = _COLUMN.match(text, found.end())
    name = str(found["name"]).lower().rpartition(".")[2]
    return bool(found["equals"] and column and column[1].lower() == name)


def _end_of_bare(text: str, found: re.Match[str]) -> int:
    """Return where a value without quotes ends, which depends on what its name stands in."""
    start = found.end()
    before = text[found.start("name") - 1 : found.start("name")]
    if found["close"]:
        pattern = _JSON_LITERAL
    elif found["element"]:
        pattern = _ELEMENT
    elif found["line"] is not None and not found["name"].startswith("-"):
        pattern = _REST_OF_LINE
    elif _HEADER.search(found["name"]):
        pattern = _REST_OF_LINE_IN_JSON
    elif before in {"?", "&"}:
        pattern = _URL_PARAMETER
    else:
        pattern = _JDBC_PROPERTY if before == ";" else _WORD
    value = pattern.match(text, _after_brackets(text, start, len(text) if found["close"] else start))
    return value.end() if value else start


def _closing(text: str, opener: str, start: int) -> int:
    """Return where the quote stands that closes a quoted text; the end of the text when none does.

    A quote in JSON inside JSON has 1, 3, 7 ... backslashes, those within its text have more; SQL doubles
    them.

    :param opener: the opening quote with its backslashes; two single quotes for an SQL text in an SQL text.
    :param start: where to begin, just after it.
    """
    slashes = len(opener) - 1
    for run in _QUOTES[opener[-1]].finditer(text, start):
        before, quotes = len(run[1] or ""), len(run[2] or "")
        if not quotes:
            continue
        if opener == "''":
            if quotes != 4:
                return run.start(2)
        elif slashes:
            if before % (2 * slashes + 2) == slashes:
                return run.start(2) - slashes
        elif (before + quotes) % 2:
            return run.end() - 1
    return len(text)


def _after_brackets(text: str, start: int, otherwise: int) -> int:
    """Return where the object or list ends that begins here; here, when none begins.

    :param otherwise: the answer for one that never ends.
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
    return otherwise
