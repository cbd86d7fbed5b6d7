"""Tables of text, whatever is written in them."""

from __future__ import annotations

from dli_provider.flink.table import aligned


def test_a_long_cell_is_cut_to_its_columns_and_the_last_one_is_not():
    lines = aligned([("name", "what"), ("订" * 30, "x" * 99), ("e\u0301" * 8, "y")], widest=8).splitlines()
    assert lines[1] == "订订订…   " + "x" * 99
    assert lines[2] == "e\u0301" * 8 + "  y"


def test_a_cell_of_a_million_characters_is_cut_as_any_other():
    assert aligned([("a", "b"), ("n" * 1_000_000, "c")], widest=10).splitlines()[1] == "nnnnnnnnn…  c"


def test_control_characters_end_no_line_and_colour_nothing():
    table = aligned([("a", "b"), ("x\r\n\x1b[31my", "z\u2028")])
    assert table.splitlines() == ["a        b", "x [31my  z"]
