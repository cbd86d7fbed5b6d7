"""A clock that the tests of the emulator's parts move on by hand."""

from __future__ import annotations

import pytest

from dli_provider.emulator import faults, lifecycle


class Clock:
    """Stands in for the module ``time``."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (lifecycle, faults):
        monkeypatch.setattr(module, "time", clock)
    return clock
