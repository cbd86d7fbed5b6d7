"""Ends the process of a task in the middle of a write: DLI has accepted it, and nobody hears of that."""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import suppress

import psutil
from aiohttp import web
from installation import Airflow

from dli_provider.emulator import DliEmulator
from dli_provider.emulator.faults import Fault


def kill(*processes: psutil.Process) -> None:
    """Kill processes as a lost node does; those that would tell of it first."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


class KillWorker(Fault):
    """An answer that is held until the worker that waits for it is killed, once for each job.

    :param airflow: the Airflow whose workers these are.
    :param jobs: the jobs, by their ids or their names; answers to others are sent.
    :ivar arrived: how often each of the jobs was written to.
    """

    def __init__(self, airflow: Airflow, *jobs: int | str) -> None:
        self.arrived: Counter[str] = Counter({str(job): 0 for job in jobs})
        self._airflow = airflow

    def inject(self, dli: DliEmulator, operation: str) -> None:
        """Kill the workers that have made these calls, once they are carried out."""
        dli.inject(self, only=operation, when="after", times=None)

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Kill the worker, or let the real answer follow."""
        body = await request.json()
        named = {request.path.rpartition("/")[2], str(body.get("name")), *map(str, body.get("job_ids", ()))}
        for job in named.intersection(self.arrived):
            self.arrived[job] += 1
            if self.arrived[job] == 1:
                kill(*self._worker_of(request))
                return web.Response()
        return None

    def _worker_of(self, request: web.Request) -> list[psutil.Process]:
        assert request.transport is not None
        _, port = request.transport.get_extra_info("peername")
        for process in self._airflow.family(self._airflow.scheduler):
            with suppress(psutil.Error):
                if any(c.laddr and c.laddr.port == port for c in process.net_connections("tcp")):
                    return self._airflow.worker_of(process)
        raise AssertionError(
            f"no worker waits on port {port} for an answer to {request.method} {request.path}"
        )
