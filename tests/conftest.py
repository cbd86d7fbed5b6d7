"""What all tests have in common: examples that are the same in each run, and no secrets of other tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from new_process import forget_masked_secrets

explore = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", explore)
settings.register_profile("repeatable", explore, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    yield
    forget_masked_secrets()
