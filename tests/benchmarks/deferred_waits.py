"""So many deferred waits of one kind in this process, and what they cost: a row of `bench_waits.py`.

Prints a line of JSON: requests and CPU seconds per second, bytes of memory per wait, lags of the event loop
and the longest garbage collection in seconds, and how late changes were seen as a share of the interval.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from local_dli import LocalDli, vendor_client

BEAT = 0.02
PROBES = 40
WARM_UP = 0.2
KEEPALIVE = 15.0
"""Seconds for which aiohttp keeps an idle connection, of an interval of 60."""


class OwnTrigger(BaseTrigger):
    """A trigger with the least that Airflow wants of one."""

    def __init__(self, dli: LocalDli, job_id: int, interval: float) -> None:
        super().__init__()
        self.dli = dli
        self.job_id = job_id
        self.interval = interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return nothing that could be kept."""
        return "", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the job runs."""
        await asyncio.sleep(self.interval * random.random())
        while await self.status() != "job_running":
            await asyncio.sleep(self.interval)
        yield TriggerEvent({})

    async def status(self) -> str:
        """Return the job's status."""
        raise NotImplementedError


class Asleep(OwnTrigger):
    """What Airflow and asyncio cost by themselves: nothing is asked."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep."""
        await asyncio.get_running_loop().create_future()
        yield TriggerEvent({})


class OwnGet(OwnTrigger):
    """An aiohttp session of its own, and signed GETs."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Poll until the job runs."""
        import aiohttp

        keepalive = KEEPALIVE / 60 * self.interval
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=keepalive)
        ) as self.session:
            async for event in super().run():
                yield event

    async def status(self) -> str:
        """Return the job's status."""
        url, signed = self.dli.job_url(self.job_id), self.dli.signed(self.job_id)
        async with self.session.get(url, headers=signed) as answer:
            body = await answer.json()
        return str(body["job_detail"]["status"])


class Vendors(OwnTrigger):
    """A call of the vendor's asynchronous client, one for all; its answers are awaited in threads."""

    async def status(self) -> str:
        """Return the job's status."""
        from huaweicloudsdkdli.v1 import ShowFlinkJobRequest

        client = _vendors_client(self.dli)
        answer = client.show_flink_job_async(ShowFlinkJobRequest(job_id=self.job_id))
        return str((await asyncio.to_thread(answer.result)).job_detail.status)


@cache
def _vendors_client(dli: LocalDli) -> Any:
    return vendor_client(dli, asynchronous=True)


def shared(_: LocalDli, job_id: int, interval: float) -> BaseTrigger:
    """Return our trigger, its arguments read from JSON as the triggerer reads them."""
    from dli_provider.triggers.flink import DliFlinkJobTrigger

    now = datetime.now(UTC)
    arguments = {
        "job_id": job_id,
        "target_status": ["job_running"],
        "failure_status": [],
        "poke_interval": interval,
        "deadline": (now + timedelta(hours=2)).isoformat(),
        "outage_tolerance": 1800.0,
        "dli_conn_id": "dli_default",
        "region": None,
        "project_id": None,
        "status": "job_submitting",
        "since": now.isoformat(),
    }
    return DliFlinkJobTrigger(**json.loads(json.dumps(arguments)))


KINDS: dict[str, Callable[[LocalDli, int, float], BaseTrigger]] = {
    "asleep": Asleep,
    "shared poller": shared,
    "own GETs": OwnGet,
    "vendor's client": Vendors,
}


class Waits:
    """The waits of this process.

    :param dli: whose jobs are awaited.
    :param kind: one of :data:`KINDS`.
    :param interval: seconds between two readings of a job.
    """

    def __init__(self, dli: LocalDli, kind: str, interval: float) -> None:
        self.dli = dli
        self.interval = interval
        self.asleep = kind == "asleep"
        self.ended: dict[int, float] = {}
        self._make = KINDS[kind]
        self._tasks: list[asyncio.Task[None]] = []

    async def warm_up(self, job_id: int = 1) -> None:
        """Have one wait end, so that what is loaded once is loaded."""
        if not self.asleep:
            self.dli.set_status(job_id, "job_running")
            await self._serve(self._make(self.dli, job_id, WARM_UP), job_id)
            self.dli.set_status(job_id, "job_submitting")
            self.ended.clear()

    async def start(self, count: int) -> None:
        """Start the waits, each in a turn of the loop's own, as the triggerer does."""
        for job_id in range(1, count + 1):
            trigger = self._make(self.dli, job_id, self.interval)
            self._tasks.append(asyncio.create_task(self._serve(trigger, job_id)))
            await asyncio.sleep(0)

    async def lateness(self, count: int) -> list[float]:
        """Change some jobs, and return how late each change is seen, as shares of the interval."""
        changed: dict[int, float] = {}
        for job_id in random.sample(range(1, count + 1), min(PROBES, count)):
            await asyncio.sleep(self.interval * random.random() * 2 / PROBES)
            await asyncio.to_thread(self.dli.set_status, job_id, "job_running")
            changed[job_id] = time.perf_counter()
        async with asyncio.timeout(5 * self.interval + 30):
            while not changed.keys() <= self.ended.keys():
                await asyncio.sleep(BEAT)
        return [(self.ended[job_id] - at) / self.interval for job_id, at in changed.items()]

    async def stop(self) -> None:
        """End them, and raise what one of them ran into."""
        for task in self._tasks:
            task.cancel()
        outcomes = await asyncio.gather(*self._tasks, return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    async def _serve(self, trigger: BaseTrigger, job_id: int) -> None:
        async for event in trigger.run():
            if event.payload.get("outcome", "reached") != "reached":
                raise RuntimeError(f"The wait for job {job_id} ended badly: {event.payload}")
            self.ended[job_id] = time.perf_counter()


def quantile(values: list[float], share: float) -> float:
    """Return the value below which such a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Pulse:
    """How the event loop fared: how late it woke, and how long garbage collections held it, in seconds."""

    lags: list[float] = field(default_factory=list)
    collections: list[float] = field(default_factory=list)
    _began: float = 0.0

    def collect(self, phase: str, _: dict[str, int]) -> None:
        """Note a garbage collection."""
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.collections.append(time.perf_counter() - self._began)

    async def beat(self) -> None:
        """Note how late the loop wakes."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(BEAT)
            self.lags.append(time.perf_counter() - began - BEAT)


@asynccontextmanager
async def pulse() -> AsyncIterator[Pulse]:
    """Take the event loop's pulse for as long as the context lasts."""
    taken = Pulse()
    beating = asyncio.create_task(taken.beat())
    gc.callbacks.append(taken.collect)
    yield taken
    gc.callbacks.remove(taken.collect)
    beating.cancel()


async def measure(waits: Waits, count: int, rounds: float) -> dict[str, Any]:
    """Start the waits, and measure them once they are in their stride.

    :param rounds: for how many intervals.
    """
    await waits.warm_up()
    empty = resident()
    async with pulse() as starting:
        await waits.start(count)
        await asyncio.sleep(1.0 if waits.asleep else 1.5 * waits.interval)
    memory = (resident() - empty) / count
    requests, cpu, began = waits.dli.requests(), time.process_time(), time.perf_counter()
    async with pulse() as steady:
        await asyncio.sleep(3.0 if waits.asleep else rounds * waits.interval)
    cpu, elapsed = time.process_time() - cpu, time.perf_counter() - began
    requests = waits.dli.requests() - requests
    late = [] if waits.asleep else await waits.lateness(count)
    await waits.stop()
    return {
        "requests": requests / elapsed,
        "cpu": cpu / elapsed,
        "memory": memory,
        "lag": quantile(steady.lags, 0.99),
        "longest": max(starting.lags + steady.lags),
        "collection": max(starting.collections + steady.collections, default=0.0),
        "late": quantile(late, 0.95) if late else None,
    }


def main(kind: str, count: str, interval: str, rounds: str) -> None:
    """Measure, and print what was found."""
    logging.disable(logging.WARNING)
    with LocalDli(int(count)) as dli:
        waits = Waits(dli, kind, float(interval))
        print(json.dumps(asyncio.run(measure(waits, int(count), float(rounds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
