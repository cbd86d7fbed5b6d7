"""Text from outside made fit to store and show: printable, bounded, credentials masked.

This package knows nothing of Flink or of DLI.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dli_provider.masking.lexer import is_credential
from dli_provider.masking.text import MASK, MOST_READ, mask, mask_and_cut
from dli_provider.masking.text import printable as _printable

__all__ = ["MASK", "MOST_READ", "is_credential", "mask", "mask_and_cut", "printable", "storable"]


def printable(text: object, limit: int = 300) -> str:
    """TEMPORARY."""
    return _printable(str(text), limit)


def storable(value: Any) -> Any:
    """TEMPORARY."""
    if isinstance(value, str):
        return re.sub("[\x00\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, Mapping):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
