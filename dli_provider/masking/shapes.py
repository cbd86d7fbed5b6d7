"""Credentials that are known by their own shape, without a name beside them.

To teach the masking a new shape, add a row: a text that it must contain, in lower case, and its pattern. What
the pattern calls ``secret`` is masked, or else the word or quoted text that follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dli_provider.masking import lexer
from dli_provider.masking.escapes import QUOTE, QUOTES
from dli_provider.masking.names import is_credential

_SHAPES = (
    ("private key", r"""-----BEGIN[ ][A-Z ]{0,20}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----
        (?P<secret>(?s:.+?))(?=-----END|\Z)"""),
    # jdbc:mysql://user:x@host, with / and @ in it too, but for https://host:8080/@scope
    ("@", rf"""://[^\s/:?\#\[<>{QUOTES}]*+:(?!\d{{1,5}}(?:[/?\#,\s{QUOTES}]|\Z))
        (?P<secret>(?:[^\s/?\#<>{QUOTES}]+|(?:[^\s/{QUOTES}]|/(?!/))+)(?=@))"""),
    # https://x@host, https://x:x-oauth-basic@host
    ("@", rf"https?://(?P<secret>[^\s/:@?\#\[<>{QUOTES}]++)(?=(?::(?:x-oauth-basic)?)?@)"),
    ("jdbc:oracle", rf"jdbc:oracle:\w+:[^\s:/@{QUOTES}]*/(?P<secret>[^\s/@{QUOTES}]+)(?=@)"),
    ("bearer", rf"""\bbearer[ \t]++{QUOTE}?+(?!(?:tokens?|auth\w*|schemes?|of|is|required|realm)\b|--)
        (?P<secret>(?:[^\s,;\\{QUOTES}]|\\++(?![\s,;{QUOTES}]|\Z))+)"""),
    ("basic ", r"\bbasic[ \t]++(?-i:(?=[A-Za-z][a-z]*+[A-Z\d+/=]))(?P<secret>[\w+/]{4,}+=*+)"),
    ("hmac-sha256", rf"HMAC-SHA256[ \t]++(?=\w+=)(?P<secret>[^\r\n\\{QUOTES}]++)"),
    ("identified", rf"""\bIDENTIFIED\s++(?:WITH\s++[\w{QUOTES}]{{1,60}}+\s++)?(?:BY|AS)\s++
        (?:(?:PASSWORD|VALUES)\s++)?"""),
    # Could not parse value 'x' for key 'password'
    ("value", rf"""\bvalue:?[ ]{QUOTE}?(?P<secret>[^\s{QUOTES}]{{1,300}}?){QUOTE}?[ ](?:for|of)[ ]
        (?:[a-z]++[ ]){{0,3}}+{QUOTE}?(?P<name>[\w.-]++)"""),
    ("-u", rf"(?:-u|--user)[ =]{QUOTE}?[\w.@-]{{1,60}}+:(?!\S*//|\d++\b)(?P<secret>[^\s\\{QUOTES}]++)"),
    ("mysql", r"mysql(?:dump|admin)?\b[^\r\n|;]{0,200}?[ ]-p(?=[^\s-])"),
    ("sshpass", r"sshpass[ ]++-p[ ]?(?=[^\s-])"),
    ("sign=", rf"[?&]sign=(?P<secret>[^\s&\#\\{QUOTES}]++)"),
    ("akia", r"(?<![\w-])(?P<secret>AKIA[A-Z0-9]{16})"),
    ("asia", r"(?<![\w-])(?P<secret>ASIA[A-Z0-9]{16})"),
    ("gh", r"(?<![\w-])(?P<secret>gh[pousr]_\w{30,}+|github_pat_\w{20,}+)"),
    ("glpat-", r"(?<![\w-])(?P<secret>glpat-[\w-]{16,}+)"),
    ("xox", r"(?<![\w-])(?P<secret>xox[a-z]-[\w-]{10,}+)"),
    ("k_", r"(?<![\w-])(?P<secret>[rs]k_(?:live|test)_\w{10,}+)"),
    ("aiza", r"(?<![\w-])(?P<secret>AIza[\w-]{30,}+)"),
    ("npm_", r"(?<![\w-])(?P<secret>npm_\w{30,}+)"),
    ("eyj", r"(?<![\w-])(?P<secret>eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?)"),
)  # fmt: skip


def shaped(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each credential begins and ends that is known by its shape."""
    lower = text.lower()
    for part, pattern in _SHAPES:
        if part not in lower:
            continue
        for found in re.finditer(pattern, text, re.VERBOSE | re.IGNORECASE):
            groups = found.groupdict()
            if "name" not in groups or is_credential(groups["name"]):
                yield found.span("secret") if "secret" in groups else lexer.value(text, found.end())
