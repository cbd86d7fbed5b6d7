"""Makes the project URLs and the long description, for pages that don't have the other files beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)")


class RepositoryLinks(MetadataHookInterface):
    """Sets ``urls`` and ``readme``, whose links lead to the ``source`` of this hook's configuration."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set both."""
        source: str = self.config.get("source", "")
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": long_description(text, source)}
        metadata["urls"] = project_urls(source)


def project_urls(source: str) -> dict[str, str]:
    """Return where the project page leads to.

    :param source: address of the repository; "" gives no URLs.
    """
    pages = {
        "Documentation": "/blob/HEAD/docs/index.md",
        "Changelog": "/blob/HEAD/CHANGELOG.md",
        "Issues": "/issues",
        "Source": "",
    }
    return {label: source + path for label, path in pages.items()} if source else {}


def long_description(text: str, source: str) -> str:
    """Return a readme without relative links.

    :param text: the readme.
    :param source: address of the repository. With "", pictures are left out, and links become plain text.
    """

    def replace(link: re.Match[str]) -> str:
        is_picture, label, path = link.groups()
        if source:
            return f"{is_picture}[{label}]({source}/{'raw' if is_picture else 'blob'}/HEAD/{path})"
        return "" if is_picture else label

    return re.sub(r"\n{3,}", "\n\n", _LINK.sub(replace, text))
