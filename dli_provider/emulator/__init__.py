"""A DLI on this machine: an HTTP server that behaves as the real one, for demos and for tests of DAGs.

It is to be used in three ways: as the context manager :class:`DliEmulator`, as ``python -m
dli_provider.emulator``, and as the pytest fixture of :mod:`dli_provider.emulator.pytest_plugin`.
"""

from __future__ import annotations

from dli_provider.emulator.jobs import EmulatedJob
from dli_provider.emulator.routes import ReceivedRequest
from dli_provider.emulator.server import DliEmulator

__all__ = ["DliEmulator", "EmulatedJob", "ReceivedRequest"]
