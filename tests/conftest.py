"""What all tests have in common: how Hypothesis works, on a fresh checkout and on a machine that is busy."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("dli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dli")
