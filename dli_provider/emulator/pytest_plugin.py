"""The emulator as the pytest fixture ``dli_emulator``.

pytest finds it by itself if this package is installed. Otherwise, set ``pytest_plugins =
["dli_provider.emulator.pytest_plugin"]``. The emulator is imported when a test uses the fixture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator

_CONN_IDS = "dli_emulator_conn_ids"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that names the connections."""
    about = "ids of the Airflow connections that lead to the fixture dli_emulator"
    parser.addini(_CONN_IDS, about, type="args", default=["dli_default"])


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker."""
    about = "connections that lead to the fixture dli_emulator, and arguments of DliEmulator"
    config.addinivalue_line("markers", f"dli_emulator(*conn_ids, **arguments): {about}")


@pytest.fixture
def dli_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[DliEmulator]:
    """Return an emulated DLI without jobs, to which Airflow connections lead during the test.

    They are ``dli_default``, or those that the ini option ``dli_emulator_conn_ids`` names for all tests, or
    those of a marker: ``@pytest.mark.dli_emulator("dli_prod", region="eu-west-101")``. Named arguments of the
    marker are those of :class:`~dli_provider.emulator.DliEmulator`.
    """
    from dli_provider.emulator import DliEmulator

    marker = request.node.get_closest_marker("dli_emulator")
    conn_ids = marker.args if marker and marker.args else request.config.getini(_CONN_IDS)
    with DliEmulator(**(marker.kwargs if marker else {})) as emulator:
        for conn_id in conn_ids:
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(emulator.connection))
        yield emulator
