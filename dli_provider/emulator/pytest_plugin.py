"""The emulator as a pytest fixture; opt in by ``pytest_plugins =
["dli_provider.emulator.pytest_plugin"]``."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from dli_provider.emulator.server import DliEmulator


@pytest.fixture
def dli_emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[DliEmulator]:
    """An emulated DLI without jobs, to which the connection ``dli_default`` leads during the test."""
    with DliEmulator() as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(emulator.connection))
        yield emulator
