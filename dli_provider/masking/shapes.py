"""Credentials that are known by their own shape, without a name beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dli_provider.masking import lexer
from dli_provider.masking.names import is_credential

_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?P<secret>.+?)(?=-----END|\Z)", re.DOTALL
)
_LOGIN = re.compile(
    r"""://(?P<user>[^\s/:'"?#\[<>]*+):(?!\d{1,5}(?:[/?#,\s'"]|\Z))
    (?P<secret>[^\s/'"?#<>]+(?=@)|(?:[^\s/'"]|/(?!/))+(?=@))""",
    re.VERBOSE,
)
_SHAPES = (
    # https://token@host, https://token:x-oauth-basic@host, https://token:@host
    re.compile(r"""https?://(?P<secret>[^\s/:@'"?#\[<>]++)(?=(?::(?:x-oauth-basic)?)?@)""", re.IGNORECASE),
    re.compile(r"%3A%2F%2F[\w.+%-]{0,80}?%3A(?P<secret>(?:(?!%40|%2F)[\w.+%!*~-])+)(?=%40)", re.IGNORECASE),
    re.compile(r"""(?:jdbc:oracle:\w+:|\bsqlplus\s+)[^\s:/'"@]*/(?P<secret>[^\s/'"@]+)(?=@)"""),
    re.compile(
        r"""\bbearer[ \t]++\\*["']?(?!(?:tokens?|auth\w*|schemes?|of|is|required|realm)\b|--)
        (?P<secret>[^\s"',;\\]+)""",
        re.IGNORECASE | re.VERBOSE,
    ),
    re.compile(r"\b(?:[Bb]asic|BASIC)[ \t]++(?=[A-Za-z][a-z]*+[A-Z\d+/=])(?P<secret>[\w+/]{4,}+=*+)"),
    re.compile(r"""HMAC-SHA256[ \t]++(?=\w+=)(?P<secret>[^\r\n"'\\]++)"""),
    re.compile(r"\bDigest[ \t]++(?=\w+=)(?P<secret>[^\r\n]++)"),
    re.compile(r"\b(?:Negotiate|NTLM)[ \t]++(?P<secret>[\w+/]{16,}+=*+)"),
    re.compile(
        r"""(?<![\w-])(?P<secret>A[KS]IA[A-Z0-9]{16}|gh[pousr]_\w{30,}+|github_pat_\w{20,}+|glpat-[\w-]{16,}+
        |xox[a-z]-[\w-]{10,}+|[rs]k_(?:live|test)_\w{10,}+|AIza[\w-]{30,}+|npm_\w{30,}+
        |eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?)""",
        re.VERBOSE,
    ),
    # Could not parse value 'x' for key 'password'
    re.compile(
        r"""\bvalue:?[ ]['"](?P<secret>[^'"\r\n]{1,300}+)['"][ ](?:for|of)[ ]
        (?:(?:the|config|configuration|key|option|property|parameter|argument|field|setting)[ ]){0,3}+
        ['"]?(?P<name>[\w.-]++)""",
        re.IGNORECASE | re.VERBOSE,
    ),
    re.compile(r"""(?:-u|--user|--basic)[ =]\\*["']?[\w.@-]{1,60}+:(?!//|\d++\b)(?P<secret>[^\s"'\\]++)"""),
    re.compile(
        r"""\b(?:mysql(?:dump|admin)?\b[^\r\n|;]{0,200}?[ ]-p|sshpass[ ]++-p[ ]?
        |redis-cli\b[^\r\n|;]{0,200}?[ ]-a[ ]|ldap\w{3,10}\b[^\r\n|;]{0,200}?[ ]-w[ ]
        |beeline\b[^\r\n|;]{0,200}?[ ]-p[ ])(?P<secret>'[^'\r\n]*+'|"[^"\r\n]*+"|[^\s"'\\-][^\s"'\\]*+)""",
        re.VERBOSE,
    ),
    re.compile(r"""[?&]sign=(?P<secret>[^\s&#"'\\]++)"""),
    re.compile(r"\s-pass(?:in|out)? pass:(?P<secret>\S++)"),
)
_IDENTIFIED = re.compile(
    rf"""\bIDENTIFIED{lexer.BLANK}++(?:WITH{lexer.BLANK}++[\w"'`]{{1,60}}+{lexer.BLANK}++)?
    (?:BY|AS){lexer.BLANK}++(?:(?:PASSWORD|VALUES){lexer.BLANK}++)?""",
    re.VERBOSE | re.IGNORECASE,
)


def shaped_credentials(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each credential begins and ends that is known by its shape."""
    if "-----BEGIN " in text:
        yield from (found.span("secret") for found in _PEM.finditer(text))
    if "://" in text:
        yield from (found.span("secret") for found in _LOGIN.finditer(text))
    for shape in _SHAPES:
        for found in shape.finditer(text):
            if "name" not in shape.groupindex or is_credential(found["name"]):
                yield found.span("secret")
    for found in _IDENTIFIED.finditer(text):
        quote = lexer.opener(text, found.end())
        begin = quote.end() if quote else found.end()
        yield (
            begin,
            lexer.closing(text, quote["quote"], begin) if quote else lexer.end(lexer.WORD, text, begin),
        )
