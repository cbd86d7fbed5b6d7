"""Text from outside made fit to store and show: printable, bounded, credentials masked.

This package knows nothing of Flink or of DLI.
"""

from __future__ import annotations

from dli_provider.masking.names import is_credential
from dli_provider.masking.printable import MOST_READ, mask_and_cut, printable, storable
from dli_provider.masking.text import MASK, mask

__all__ = ["MASK", "MOST_READ", "is_credential", "mask", "mask_and_cut", "printable", "storable"]
