"""An emulated DLI: an HTTP server on this machine that behaves like the real one, for demos and tests.

Use it as the context manager :class:`DliEmulator`, as ``python -m dli_provider.emulator``, or as the pytest
fixture of :mod:`dli_provider.emulator.pytest_plugin`. Its names are imported on first use, because pytest
loads the fixture in every session.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dli_provider.emulator.http.routes import ReceivedRequest
    from dli_provider.emulator.model.history import AcceptedWrite
    from dli_provider.emulator.model.job import EmulatedJob
    from dli_provider.emulator.server import DliEmulator

__all__ = ["AcceptedWrite", "DliEmulator", "EmulatedJob", "ReceivedRequest"]

_MODULES = {
    "AcceptedWrite": "model.history",
    "DliEmulator": "server",
    "EmulatedJob": "model.job",
    "ReceivedRequest": "http.routes",
}


def __getattr__(name: str) -> Any:
    if name == "faults":
        return import_module(f"{__name__}.faults")
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
