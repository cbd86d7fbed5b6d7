"""Texts grown from a grammar: no planted credential survives, and no harmless text changes."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from dli_provider.masking import mask

SECRETS = st.sampled_from(["hunter2", "S3cr3tPw9", "Zq7Xv9Kw", "kX9-mQ2_vL8", "12345678", "x9/aB+c="])
WORDS = st.lists(
    st.sampled_from(["db", "kafka", "obs", "root", "my"]), max_size=2
)  # what stands before a name in it
NAMES = st.sampled_from(
    ["password", "passwd", "secret key", "access key", "api key", "auth token", "sk", "client secret", "jwt"]
)


def _snake(words: list[str]) -> str:
    return "_".join(words)


def _camel(words: list[str]) -> str:
    return words[0] + "".join(map(str.capitalize, words[1:]))


STYLES: list[Callable[[list[str]], str]] = [
    _snake,
    _camel,
    lambda words: "-".join(words),
    lambda words: ".".join(words),
    lambda words: " ".join(words).title(),
    lambda words: _snake(words).upper(),
    lambda words: "".join(map(str.capitalize, words)),
    lambda _: "数据库密码",
]
SIGNS = ["=", ":", " = ", ": ", " : ", "=>", " -> ", " := ", "\uff1a", "\uff1d", "=\t", ":\t"]
TOLD = [" is ", " was ", " set to ", "为", "是", " 设置为 "]
QUOTES = ["{}", "'{}'", '"{}"', "`{}`", "\u201c{}\u201d", "({})", "b'{}'"]
BRACKETS = ["<{}>", "[{}]", "{{{}}}"]
CONTEXTS = [
    *("{}", "x {}", "user=bob, {}", "user=bob, {}, host=h", "({})", "[{}]", "login failed: {}; retry"),
    *("line\n{}\nnext: 1", "/* {} */", "-- {}", "# {}", "ERROR {} (at x)", "用户bob\uff0c{}\uff0c主机h"),
]


def _json(text: str) -> str:
    return json.dumps({"message": text, "n": 1})


def _gson(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if c in "'=<>&" else c for c in _json(text))


NESTS: list[Callable[[str], str]] = [
    str,
    _json,
    lambda text: _json(_json(text)),
    _gson,
    html.escape,
    lambda text: f"<log>{html.escape(text)}</log>",
    lambda text: json.dumps({"message": text}, ensure_ascii=False),
]
DOCUMENTS: dict[str, Callable[[str, str], str]] = {
    "JSON": lambda name, secret: json.dumps({"a": 1, name: secret, "b": 2}),
    "JSON pair": lambda name, secret: json.dumps(
        [{"key": name, "value": secret}, {"key": "a", "value": "b"}]
    ),
    "JSON pair the other way round": lambda name, secret: json.dumps([{"value": secret, "name": name}]),
    "JSON list": lambda name, secret: json.dumps([[name, secret], ["user", "bob"]]),
    "arguments": lambda name, secret: json.dumps([f"--{name.replace(' ', '-')}", secret, "--x"]),
    "XML": lambda name, secret: f"<a><{name.replace(' ', '')}>{secret}</{name.replace(' ', '')}></a>",
    "XML pair": lambda name, secret: f"<name>{name.replace(' ', '.')}</name>\n<value>{secret}</value>",
    "XML attributes": lambda name, secret: f'<p name="{name.replace(" ", ".")}" value="{secret}"/>',
    "YAML": lambda name, secret: f"a: b\n{name}: {secret}\nc: d",
    "YAML block": lambda name, secret: f"a: b\n{name}: |\n  {secret}\nc: d",
    "YAML pair": lambda name, secret: f"- name: {name.replace(' ', '_')}\n  value: {secret}\n",
    "properties": lambda name, secret: f"a = b\n{name.replace(' ', '.')} = {secret}\nc = d",
    "SQL": lambda name, secret: f"WITH ('a' = 'b', '{name}' = '{secret}')",
    "SQL over lines": lambda name, secret: f"WITH (\n  '{name}' = -- new\n  '{secret}'\n)",
    "URL parameter": lambda name, secret: f"https://h/x?a=b&{name.replace(' ', '_')}={secret}&c=d",
    "Java": lambda name, secret: f"Config{{a=b, {name.replace(' ', '')}={secret}, c=d}}",
    "JVM": lambda name, secret: f"-Dx.{name.replace(' ', '.')}={secret} -Dy=z",
}


@st.composite
def names(draw: st.DrawFn) -> str:
    words = [*draw(WORDS), *draw(NAMES).split()]
    return draw(st.sampled_from(STYLES))(words)


@settings(max_examples=800)
@given(
    names(),
    st.one_of(
        st.tuples(st.sampled_from(SIGNS), st.sampled_from(QUOTES + BRACKETS)),
        st.tuples(st.sampled_from(TOLD), st.sampled_from(QUOTES)),
    ),
    SECRETS,
    st.sampled_from(CONTEXTS),
    st.sampled_from(NESTS),
)
def test_no_planted_credential_survives_in_a_line(
    name: str, between: tuple[str, str], secret: str, context: str, nest: Callable[[str], str]
) -> None:
    sign, quotes = between
    text = nest(context.replace("{}", name + sign + quotes.format(secret)))
    masked = mask(text)
    assert secret not in masked
    assert mask(masked) == masked


@settings(max_examples=500)
@given(names().filter(str.isascii), SECRETS, st.sampled_from([*DOCUMENTS.values()]), st.sampled_from(NESTS))
def test_no_planted_credential_survives_in_a_document(
    name: str, secret: str, document: Callable[[str, str], str], nest: Callable[[str], str]
) -> None:
    masked = mask(nest(document(name, secret)))
    assert secret not in masked
    assert mask(masked) == masked


SUBJECTS = ["The token", "Your password", "the access key", "Authorization", "The signature", "the cookie"]
PREDICATES = ["has expired", "is required", "must not be empty", "is not valid", "was rejected", "is missing"]
REMAINDERS = ["", ".", " for user bob", "; try again", " at line 3", " (code 401)", ", job 104 failed"]
PROPERTIES = ["parallelism", "compass", "primary.key", "tokenizer", "token.ttl", "key.fields", "task", "mask"]
VALUES = ["5", "12", "300"]


@settings(max_examples=300)
@given(
    *(
        st.sampled_from(choices)
        for choices in (SUBJECTS, PREDICATES, REMAINDERS, PROPERTIES, SIGNS[:6], VALUES)
    ),
    st.sampled_from(NESTS),
)
def test_no_harmless_text_changes(
    subject: str,
    predicate: str,
    remainder: str,
    key: str,
    sign: str,
    value: str,
    nest: Callable[[str], str],
) -> None:
    text = nest(f"{subject} {predicate}{remainder}\n{key}{sign}{value}")
    assert mask(text) == text
