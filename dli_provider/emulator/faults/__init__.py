"""Faults of DLI, its gateway or a proxy, for ``DliEmulator.inject``.

To write another one, subclass :class:`Fault`.
"""

from __future__ import annotations

from dli_provider.emulator.faults.answers import (
    CAPTIVE_PORTAL,
    DEEP_JSON,
    EMPTY,
    KEY_LOCKED,
    NOT_JSON,
    NOT_SUCCESSFUL,
    PROXY_HTML,
    PROXY_REFUSAL,
    REDIRECT,
    Answer,
    ArrayError,
    DliFailure,
    ListPage,
    RateLimit,
    Rewritten,
    ServerError,
    Throttle,
)
from dli_provider.emulator.faults.base import Fault
from dli_provider.emulator.faults.transport import (
    GZIP_BOMB,
    Dribble,
    Drop,
    GzipBomb,
    Hold,
    Huge,
    Slow,
    Truncated,
)

__all__ = [
    "CAPTIVE_PORTAL",
    "DEEP_JSON",
    "EMPTY",
    "GZIP_BOMB",
    "KEY_LOCKED",
    "NOT_JSON",
    "NOT_SUCCESSFUL",
    "PROXY_HTML",
    "PROXY_REFUSAL",
    "REDIRECT",
    "Answer",
    "ArrayError",
    "DliFailure",
    "Dribble",
    "Drop",
    "Fault",
    "GzipBomb",
    "Hold",
    "Huge",
    "ListPage",
    "RateLimit",
    "Rewritten",
    "ServerError",
    "Slow",
    "Throttle",
    "Truncated",
]
