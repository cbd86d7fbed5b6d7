"""Aligned tables of text, for logs and error messages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate


def aligned(rows: Iterable[Sequence[str]], *, widest: int = 60) -> str:
    """Return rows as lines whose columns are aligned; the first row is the heading.

    :param rows: cells, as many in each row.
    :param widest: columns of the terminal that a cell may take; longer ones are cut, the last column's
        excepted.
    """
    cut = [[*(_cut(_line(cell), widest) for cell in row[:-1]), _line(row[-1])] for row in rows]
    widths = [max(_width(row[column]) for row in cut) for column in range(len(cut[0]))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cut
    )


def _line(cell: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in cell).split())


def _columns(character: str) -> int:
    """Return how many columns a character takes in a terminal: a Chinese one two, an accent put on none."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _width(text: str) -> int:
    return sum(map(_columns, text))


def _cut(text: str, widest: int) -> str:
    if _width(text) <= widest:
        return text
    widths = accumulate(map(_columns, text))
    return "".join(c for c, width in zip(text, widths, strict=True) if width < widest) + "…"
