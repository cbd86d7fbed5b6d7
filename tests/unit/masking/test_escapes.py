# ruff: noqa: RUF001  (full-width letters)
"""A text is read as if nothing in it were escaped, and everything stays at its place."""

from __future__ import annotations

import html
import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli_provider.masking import mask
from dli_provider.masking.escapes import plain

TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["\\", "u0027", "\\u5bc6", "&", "amp;", "quot;", "#39;", "%25", "%3D", "\x1b[1m", "“", "”", "x"]
    )
).map("".join)


@given(TEXTS)
def test_each_character_is_at_the_place_where_the_original_spells_it(text: str) -> None:
    seen, original = plain(text)
    places = [original(position) for position in range(len(seen) + 1)]
    assert places == sorted({*places})
    assert places[-1] == len(text)
    assert all(text[place] == seen[at] for at, place in enumerate(places[:-1]) if text[place] in "mpqx;")


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        (json.dumps("密码=\n")[1:-1], "密码=\n"),
        (html.escape("<a b=c>&amp;"), "<a b=c>&"),
        ("a\\u003db\\x3dc", "a=b=c"),
        ("a%3Db%253Ac", "a=b:c"),
        ("https:\\/\\/h", "https://h"),
        ("ｐａｓｓ\uff1d\u3000x", "pass= x"),
        ("密码“x”", "密码`x`"),
        ("pass\u200bword", "password"),
        ("\x1b[1mx\x1b[0m", " x "),
    ],
)
def test_what_is_escaped_is_read_as_it_is_meant(escaped: str, shown: str) -> None:
    assert plain(escaped)[0] == shown


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize(
    "escape",
    [
        lambda text: json.dumps(text)[1:-1],
        html.escape,
        lambda text: text.replace('"', "\\u0022").replace("'", "\\u0027"),
    ],
    ids=["JSON", "HTML", "JSON for HTML"],
)
def test_a_quote_is_known_from_those_that_are_escaped_once_more(
    quote: str, escape: Callable[[str], str]
) -> None:
    once = escape(quote)
    twice = escape(json.dumps(quote)[1:-1] if quote == '"' else escape(quote))
    seen, _ = plain(f"{once} {twice} {once}")
    assert seen[0] == seen[-1]
    assert once == twice or seen[0] not in seen[1:-1]


def test_a_name_whose_first_letter_is_escaped_is_known_at_the_very_beginning() -> None:
    assert mask("&#112;assword=x \\") == "&#112;assword=***"


def test_the_rules_are_loaded_when_a_text_names_a_credential_and_not_before() -> None:
    script = """
import sys
from dli_provider.masking import mask
mask("a job failed")
assert "dli_provider.masking.rules" not in sys.modules
assert mask("password=x") == "password=***"
"""
    subprocess.run([sys.executable, "-c", script], check=True)
