"""An emulator whose clock the tests move on by hand."""

from __future__ import annotations

import pytest

from dli_provider.emulator import DliEmulator
from dli_provider.emulator.model.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is advanced."""
    return Clock(lambda: 1_700_000_000.0)


@pytest.fixture
def dli(clock: Clock) -> DliEmulator:
    """An emulator that doesn't listen."""
    return DliEmulator(clock=clock)
