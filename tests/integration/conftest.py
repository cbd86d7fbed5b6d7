"""What the integration tests have in common."""

from __future__ import annotations

import pytest

from dli_provider.polling import changes, subscriber


@pytest.fixture(autouse=True)
def _short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let deferred waits poll more often than in a triggerer."""
    for module in (changes, subscriber):
        monkeypatch.setattr(module, "SHORTEST_INTERVAL", 0.01)
