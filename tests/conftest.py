"""What all tests have in common: Hypothesis on a busy machine, and no secrets of other tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from new_process import forget_masked_secrets

settings.register_profile("dli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dli")


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    yield
    forget_masked_secrets()
