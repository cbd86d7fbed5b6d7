"""An emulator whose clock the tests move on by hand, and a caller that needs no HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dli_provider.emulator import DliEmulator
from dli_provider.emulator.http.messages import RefusalError, Request
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.model.job import EmulatedJob


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is advanced."""
    return Clock(lambda: 1_700_000_000.0)


@pytest.fixture
def dli(clock: Clock) -> DliEmulator:
    """An emulator that doesn't listen."""
    return DliEmulator(clock=clock)


class Dli:
    """Calls the emulator's handlers, without HTTP.

    :param emulator: the emulator.
    """

    def __init__(self, emulator: DliEmulator) -> None:
        self.emulator = emulator
        self.behaviour = emulator.behaviour

    def call(self, operation: str, body: Any = None, job_id: int | str | None = None) -> Any:
        """Return the content of the answer."""
        route = next(
            route for route, _ in self.emulator._application._router._routes if route.operation == operation
        )
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        parameters = {} if job_id is None else {"job_id": str(job_id)}
        return route.handler(Request(route.method, route.path, {}, {}, raw, parameters, "request-id")).content

    def refused(self, operation: str, body: Any = None, job_id: int | str | None = None) -> RefusalError:
        """Return the refusal, and see that nothing was accepted."""
        before = len(self.emulator.history())
        with pytest.raises(RefusalError) as caught:
            self.call(operation, body, job_id)
        assert len(self.emulator.history()) == before
        assert caught.value.status == 400
        return caught.value

    def add(self, status: str = "job_init", **detail: Any) -> EmulatedJob:
        return self.emulator.add_job(104, status=status, **detail)

    def show(self, job_id: int = 104) -> dict[str, Any]:
        return self.call("show", job_id=job_id)["job_detail"]

    def statuses(self, seconds: int, job_id: int = 104) -> list[str]:
        """Return the statuses of the coming seconds, one a second, each once."""
        seen = []
        for _ in range(seconds):
            seen.append(self.show(job_id)["status"].removeprefix("job_"))
            self.emulator.advance(1)
        return list(dict.fromkeys(seen))


@pytest.fixture
def api(dli: DliEmulator) -> Dli:
    """A caller of the emulator."""
    return Dli(dli)
