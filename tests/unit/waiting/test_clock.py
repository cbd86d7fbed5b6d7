"""Somebody sets the machine's clock in the middle of a wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.waiting import clock

START = datetime(2026, 1, 2, tzinfo=UTC)


class Machine:
    """A machine's two clocks, of which people can set one."""

    def __init__(self) -> None:
        self.wall = START
        self.seconds = 0.0

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)

    def now(self, _zone: object) -> datetime:
        return self.wall


@pytest.fixture
def machine(monkeypatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(clock, "datetime", machine)
    monkeypatch.setattr(clock, "monotonic", lambda: machine.seconds)
    return machine


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_is_set_moves_no_moment(machine, jump):
    now = clock.steady_clock()
    machine.pass_time(5)
    machine.wall += jump
    machine.pass_time(5)
    assert now() == START + timedelta(seconds=10)
