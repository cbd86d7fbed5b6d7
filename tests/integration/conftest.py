"""What the integration tests have in common."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from acting_runs import QUICK, RUNS, Task
from hostile_answers import job_answer
from hostile_dli import HostileDli
from new_process import forget_all

from dli_provider.api import aio, client, retry, transport
from dli_provider.api.retry import RetryPolicy
from dli_provider.emulator import DliEmulator
from dli_provider.flink.plan.values import Windows
from dli_provider.operators.acting import FlinkJobActionOperator
from dli_provider.polling import changes, list_reader, rate_limiter, subscriber


@pytest.fixture(autouse=True)
def _short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let deferred waits poll more often than in a triggerer."""
    for module in (changes, subscriber):
        monkeypatch.setattr(module, "SHORTEST_INTERVAL", 0.01)


SSL_CONTEXT = cache(transport.ssl_context)  # to read the system's CAs takes its time


@pytest.fixture
def as_a_new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin as a new process does, and leave nothing to the next test."""
    monkeypatch.setattr(aio, "ssl_context", SSL_CONTEXT)
    forget_all()
    yield
    forget_all()


@pytest.fixture
def quick(as_a_new_process: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all pauses after failures, and begin as a new process does."""
    monkeypatch.setattr(client, "RetryPolicy", lambda: RetryPolicy(base=0.001))
    monkeypatch.setattr(retry, "PATIENT", replace(retry.PATIENT, base=0.001))
    monkeypatch.setattr(rate_limiter, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(rate_limiter, "_SPACING", 0.001)
    monkeypatch.setattr(list_reader, "backoff", lambda _: 0.01)


class TaskInstance:
    """The little that an operator asks of its task instance; keeps its XComs."""

    map_index = -1

    def __init__(self) -> None:
        self.xcom: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.xcom[key] = json.loads(json.dumps(value))


@pytest.fixture
def ti() -> TaskInstance:
    return TaskInstance()


@pytest.fixture
def refusals(dli: DliEmulator, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the gateway of the emulated DLI refused, as it says it."""
    refused: list[str] = []
    verify = dli.gateway.verify

    def watch(*arguments: Any) -> Any:
        try:
            return verify(*arguments)
        except Exception as error:
            refused.append(str(error))
            raise

    monkeypatch.setattr(dli.gateway, "verify", watch)
    return refused


@pytest.fixture
def hostile_dli(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileDli]:
    """A hostile DLI behind ``dli_default``, which shows a job that is running until it is told otherwise."""
    with HostileDli(lambda _: job_answer()) as server:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(server.connection))
        yield server


@pytest.fixture
def dli(monkeypatch):
    """An emulated DLI behind ``dli_default``, and operators that act and don't wait long for it."""
    forget_all()
    monkeypatch.setattr(client, "RetryPolicy", lambda: RetryPolicy(base=0.01))
    monkeypatch.setattr(rate_limiter, "LONGEST_PAUSE", 0.05)
    short = Windows(timedelta(seconds=1), timedelta(seconds=0.5), (timedelta(seconds=0.05),) * 3)
    monkeypatch.setattr(FlinkJobActionOperator, "windows", lambda _: short)
    with DliEmulator() as emulator:
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(emulator.connection))
        emulator.behaviour.run_delay = QUICK
        emulator.behaviour.run = RUNS
        emulator.behaviour.stop = (("job_canceling", QUICK), ("job_cancel_success", None))
        emulator.behaviour.savepoint_seconds = QUICK
        yield emulator


@pytest.fixture(params=["worker", "deferrable"])
def task(request):
    """Make a task, in either mode."""

    def make(kind: type[FlinkJobActionOperator], **arguments: Any) -> Task:
        retries = arguments.get("retries", 0)
        return Task(kind, arguments, request.param == "deferrable", max_tries=retries)

    return make


@pytest.fixture
def said(caplog, capfd):
    """What the log says of the job, without times; Airflow 3 writes it to the standard output."""
    caplog.set_level(logging.INFO)

    def said() -> list[str]:
        lines = capfd.readouterr().out.splitlines() or [record.getMessage() for record in caplog.records]
        found = [m[0].strip() for line in lines if (m := re.search(r"Flink job \d+[^\[\x1b]*", line))]
        return [re.sub(r", after \d+ s", ", after N s", line) for line in found]

    return said
