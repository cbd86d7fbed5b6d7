"""Text and data from outside, made fit for logs, terminals, databases and queues."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dli_provider.masking import MASK, printable, storable

ANY_TEXT = st.text(st.characters())  # surrogates too
JSON_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
)


@given(ANY_TEXT, st.integers(1, 50))
def test_a_printable_text_is_one_line_of_bounded_length(text: str, limit: int) -> None:
    line = printable(text, limit)
    assert line.isprintable()
    assert len(line) <= limit


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no  route\nto host", "no route to host"),
        ("a\x1b[31mred\x1b[0m", "a [31mred [0m"),
        ("cut \ud83d", "cut"),
        ("a\0b\u202eb\u2028c", "a b b c"),
        ("password=hunter2\nFAKE LOG LINE", f"password={MASK} FAKE LOG LINE"),
        ("\x1b[1mpassword\x1b[0m: hunter2", f" [1mpassword [0m: {MASK}".strip()),
    ],
)
def test_a_line_holds_no_line_breaks_colours_or_credentials(text: str, line: str) -> None:
    assert printable(text) == line


def test_a_text_that_fits_is_shown_to_its_end_and_a_longer_one_ends_in_an_ellipsis() -> None:
    assert printable("abcdef", 6) == "abcdef"
    assert printable("abcdefg", 6) == "abcde…"


def test_anything_that_has_a_text_can_be_shown() -> None:
    assert printable(ValueError("password=hunter2")) == f"password={MASK}"
    assert printable(None) == "None"


def test_five_megabytes_are_not_read_whole() -> None:
    assert len(printable("x" * 5_000_000)) == 300


@pytest.mark.parametrize("limit", [100, 300, 2000])
def test_no_cut_through_a_credential_shows_a_part_of_it(limit: int) -> None:
    for cut in (limit, 4 * limit, 4 * limit + 6000, 4 * limit + 5000):
        for overlap in range(15, 60, 3):
            text = "x" * (cut - overlap) + " jdbc:mysql://root:hunter2secretpw@db:3306/x failed" + " y" * 9000
            assert "hunter" not in printable(text, limit)


@given(JSON_DATA)
def test_storable_data_can_be_encoded_and_holds_no_nul(data: Any) -> None:
    text = json.dumps(storable(data), ensure_ascii=False)
    assert text.encode()
    assert "\\u0000" not in text


def test_storable_data_is_otherwise_the_same() -> None:
    data = {"a": ["x", 1, None, True, 1.5, ("y",)], "订单": {"b": "\U0001f600"}}
    assert storable(data) == data


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("cut \ud83d", "cut \ufffd"),
        ("a\0b", "a\ufffdb"),
        ({"k\0": ["\udfff"]}, {"k\ufffd": ["\ufffd"]}),
        (("\0", 1), ("\ufffd", 1)),
    ],
)
def test_halves_of_characters_and_nul_are_replaced_wherever_they_stand(value: object, stored: object) -> None:
    assert storable(value) == stored
