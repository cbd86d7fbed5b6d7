"""Makes the long description of README.md, for pages that don't have the other files beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)")


class LongDescription(MetadataHookInterface):
    """Sets ``readme``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme, with links that lead to the ``Source`` of ``[project.urls]``."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {"content-type": "text/markdown", "text": long_description(text, source)}


def long_description(text: str, source: str | None) -> str:
    """Return a readme without relative links.

    :param text: the readme.
    :param source: address of the repository. Without one, pictures are left out, and links become plain text.
    """

    def replace(link: re.Match[str]) -> str:
        is_picture, label, path = link.groups()
        if source:
            return f"{is_picture}[{label}]({source}/{'raw' if is_picture else 'blob'}/HEAD/{path})"
        return "" if is_picture else label

    return re.sub(r"\n{3,}", "\n\n", _LINK.sub(replace, text))
