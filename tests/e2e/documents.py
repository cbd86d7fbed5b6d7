"""The documents of this checkout as tests read them: blocks of code, tables, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md")])


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    :param document: where it stands.
    :param line: the line of its fence.
    :param language: what the fence says.
    :param text: its lines.
    """

    document: Path
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """The block as a test's id shows it."""
        return f"{self.document.name}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Return the blocks in some languages, of all documents."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text()
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            if match[1] in languages:
                line = text.count("\n", 0, match.start()) + 1
                found.append(Block(document, line, match[1], match[2]))
    return found


def section(document: str, heading: str) -> str:
    """Return what stands under a heading, up to the next heading of any level."""
    text = (CHECKOUT / document).read_text()
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.DOTALL | re.MULTILINE)
    assert match, f"{document} has no heading {heading!r}"
    return match[1]


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of a text, each a list of rows without the heading, each row a list of cells."""
    found = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    return [[_cells(line) for line in table.splitlines()[2:]] for table in found]


def first_column(text: str, table: int = 0) -> list[str]:
    """Return what stands in code in the first cells of a table."""
    return [name for row in tables(text)[table] for name in re.findall(r"`([^`]+)`", row[0])]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
