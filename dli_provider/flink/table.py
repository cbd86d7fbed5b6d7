"""Aligned tables of text, for logs and error messages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


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
    return " ".join(cell.split())


def _width(text: str) -> int:
    """Return how many columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _cut(text: str, widest: int) -> str:
    if _width(text) <= widest:
        return text
    while _width(text) > widest - 1:
        text = text[:-1]
    return text + "…"
