"""An event loop whose clock jumps to the next timer, so that hours of polling pass in an instant."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Coroutine
from typing import Any

import pytest


class _JumpingSelector(selectors.DefaultSelector):
    """Where another selector would sleep, this one moves the loop's clock on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "the loop would wait for ever"
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _JumpingSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


@pytest.fixture
def run():
    """Run a coroutine to its end in virtual time, with the same jitter every time."""

    def runner(main: Coroutine[Any, Any, Any]) -> Any:
        random.seed(104)
        with asyncio.Runner(loop_factory=VirtualLoop) as loop:
            return loop.run(main)

    return runner
