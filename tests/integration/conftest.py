"""What the integration tests have in common."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hostile_answers import job_answer
from hostile_dli import HostileDli
from new_process import forget_all

from dli_provider.api import aio, client, retry
from dli_provider.api.retry import RetryPolicy
from dli_provider.polling import changes, list_reader, rate_limiter, subscriber


@pytest.fixture(autouse=True)
def _short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let deferred waits poll more often than in a triggerer."""
    for module in (changes, subscriber):
        monkeypatch.setattr(module, "SHORTEST_INTERVAL", 0.01)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Shorten all pauses after failures, and begin as a new process does."""
    forget_all()
    monkeypatch.setattr(aio, "ssl_context", lambda _: False)  # to read the system's CAs takes its time
    monkeypatch.setattr(client, "RetryPolicy", lambda: RetryPolicy(base=0.001))
    monkeypatch.setattr(retry, "PATIENT", replace(retry.PATIENT, base=0.001))
    monkeypatch.setattr(rate_limiter, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(rate_limiter, "_SPACING", 0.001)
    monkeypatch.setattr(list_reader, "backoff", lambda _: 0.01)
    yield
    forget_all()


@pytest.fixture
def hostile_dli(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileDli]:
    """A hostile DLI behind ``dli_default``, which shows a job that is running until it is told otherwise."""
    with HostileDli(lambda _: job_answer()) as server:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(server.connection))
        yield server
