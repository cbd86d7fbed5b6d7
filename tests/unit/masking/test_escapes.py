# ruff: noqa: RUF001  (full-width letters)
"""A text is read as if nothing in it were escaped, and everything stays at its place."""

from __future__ import annotations

import html
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli_provider.masking import mask
from dli_provider.masking.escapes import FILL, plain

TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["\\", "u0027", "\\u5bc6", "&", "amp;", "quot;", "#39;", "%25", "%3D", "\x1b[1m", "“", "”", "x"]
    )
).map("".join)


@given(TEXTS)
def test_the_plain_text_is_as_long_as_the_original(text: str) -> None:
    assert len(plain(text)) == len(text)


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        (json.dumps("密码=\n")[1:-1], "密码=\n"),
        (html.escape("<a b='c'>&amp;"), "<a b='c'>&"),
        ("a\\u003db\\x3dc", "a=b=c"),
        ("a%3Db%253Ac", "a=b:c"),
        ("ｐａｓｓ\uff1d\u3000x", "pass= x"),
        ("密码“x”", "密码`x`"),
    ],
)
def test_what_is_escaped_is_read_as_it_is_meant(escaped: str, shown: str) -> None:
    assert plain(escaped).replace(FILL, "").replace("\\", "") == shown


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
