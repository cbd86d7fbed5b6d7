"""Text from outside made fit to store and show: printable, bounded, credentials masked.

This package knows nothing of Flink or of DLI.
"""

from __future__ import annotations

from dli_provider.masking.lexer import is_credential
from dli_provider.masking.text import MASK, MOST_READ, mask, mask_and_cut, printable

__all__ = ["MASK", "MOST_READ", "is_credential", "mask", "mask_and_cut", "printable"]
