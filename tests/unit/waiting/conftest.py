"""What the tests of waits have in common."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from dli_provider.flink.job import FlinkJob


class FakeDli:
    """A hook, a connection and a client in one: what the connection says, and how each reading turns out.

    :ivar settings: what the connection says now.
    :ivar readings: a job, or an exception to raise, for each reading to come.
    :ivar lookups: None, or an exception to raise, for each look-up of the connection to come.
    """

    dli_conn_id = "dli_default"

    def __init__(self) -> None:
        self.settings = "first key"
        self.readings: list[Any] = []
        self.lookups: list[Exception | None] = []
        self.used: list[str] = []

    def get_conn(self) -> Any:
        if self.lookups and (error := self.lookups.pop(0)):
            raise error
        settings = self.settings
        return SimpleNamespace(settings=settings, show_flink_job=lambda _: self._show(settings), close=Mock())

    def _show(self, settings: str) -> FlinkJob:
        self.used.append(settings)
        reading = self.readings.pop(0)
        if isinstance(reading, Exception):
            raise reading
        return reading


@pytest.fixture
def dli() -> FakeDli:
    return FakeDli()
