"""What deferred waits cost, beside the same number of waits that each poll for themselves.

Time is scaled: waits poll every `--interval` seconds (default 15) in place of 60, and requests and CPU are
given for 60. Latencies and memory need no scaling. The emulator runs in a process of its own; memory is what
a wait adds beyond a task with a trigger that only sleeps, which is Airflow's own part.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local_dli import LocalDli, table

PROBES = 20


@dataclass
class Costs:
    """What was measured of so many waits."""

    requests: float
    cpu: float
    memory: float
    lag: float
    lateness: float


def resident() -> int:
    """Return the bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def quantile(values: list[float], share: float) -> float:
    """Return the value below which such a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Sleeping:
    """A trigger that does nothing: Airflow's own part of a wait."""

    def __init__(self, **arguments: Any) -> None:
        self.__dict__.update(arguments)

    async def run(self) -> AsyncIterator[Any]:
        """Sleep."""
        await asyncio.sleep(3600)
        yield None


def shared(job_id: int, interval: float) -> Any:
    """Return our trigger."""
    from dli_provider.triggers.flink import DliFlinkJobTrigger

    now = datetime.now(UTC)
    return DliFlinkJobTrigger(
        job_id=job_id,
        target_status=["job_running"],
        poke_interval=interval,
        deadline=(now + timedelta(hours=2)).isoformat(),
        outage_tolerance=1800,
        status="job_submitting",
        since=now.isoformat(),
    )


class Naive(Sleeping):
    """A wait that polls for itself, with a session of its own."""

    async def run(self) -> AsyncIterator[Any]:
        """Poll until the job runs."""
        from dli_provider.hooks.dli import DliHook

        async with await DliHook().aget_conn() as client:
            await asyncio.sleep(random.random() * self.interval)
            while (await client.show_flink_job(self.job_id)).status != "job_running":
                await asyncio.sleep(self.interval)
            yield None


def naive(job_id: int, interval: float) -> Any:
    """Return a trigger that polls for itself."""
    return Naive(job_id=job_id, interval=interval)


async def serve(trigger: Any, ended: dict[int, float]) -> None:
    """Run a trigger as the triggerer does."""
    async for _ in trigger.run():
        ended[trigger.job_id] = time.perf_counter()


async def heartbeat(lags: list[float]) -> None:
    """Note how late the loop wakes."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.02)
        lags.append(time.perf_counter() - began - 0.02)


async def measure(
    dli: LocalDli, waits: int, interval: float, make: Callable[[int, float], Any], seconds: float
) -> Costs:
    """Run so many waits, and measure them once they are in their stride."""
    ended: dict[int, float] = {}
    idle = [asyncio.create_task(serve(Sleeping(job_id=n, interval=interval), ended)) for n in range(waits)]
    gc.collect()
    empty = resident()
    await asyncio.sleep(0.5)
    own_part = resident() - empty
    await cancel(idle)
    gc.collect()
    empty = resident()
    tasks = [asyncio.create_task(serve(make(n, interval), ended)) for n in range(1, waits + 1)]
    await asyncio.sleep(1.5 * interval)
    gc.collect()
    memory = (resident() - empty - own_part) / waits
    lags: list[float] = []
    beat = asyncio.create_task(heartbeat(lags))
    requests, cpu, began = dli.requests(), time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - began
    requests, cpu = dli.requests() - requests, time.process_time() - cpu
    lateness = await detect(dli, waits, interval, ended)
    await cancel([*tasks, beat])
    per_minute = 60 / elapsed * interval / 60
    return Costs(requests * per_minute, cpu * per_minute, memory, quantile(lags, 0.99), lateness)


async def detect(dli: LocalDli, waits: int, interval: float, ended: dict[int, float]) -> float:
    """Return how late changes are seen, as a share of the interval, at the 95th percentile."""
    changed: dict[int, float] = {}
    for job_id in random.sample(range(1, waits + 1), min(PROBES, waits)):
        dli.let_run(job_id)
        changed[job_id] = time.perf_counter()
        await asyncio.sleep(interval / PROBES)
    async with asyncio.timeout(3 * interval + 30):
        while not changed.keys() <= ended.keys():
            await asyncio.sleep(0.01)
    return quantile([(ended[job_id] - at) / interval for job_id, at in changed.items()], 0.95)


async def cancel(tasks: list[asyncio.Task[None]]) -> None:
    """End tasks."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waits", type=int, nargs="+", default=[1, 100, 1000, 10_000])
    parser.add_argument("--interval", type=float, default=15.0)
    parser.add_argument("--naive-up-to", type=int, default=1000, help="more take much memory (%(default)s)")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    rows = []
    for waits in options.waits:
        kinds = {"shared poller": shared} | ({"naive": naive} if waits <= options.naive_up_to else {})
        for name, make in kinds.items():
            with LocalDli(waits) as dli:
                os.environ["AIRFLOW_CONN_DLI_DEFAULT"] = json.dumps(dli.connection)
                seconds = max(20.0, options.interval)
                costs = asyncio.run(measure(dli, waits, options.interval, make, seconds))
            rows.append(
                [
                    f"{waits:>6} {name}",
                    f"{costs.requests:.1f}",
                    f"{waits / costs.requests:.1f}" if costs.requests else "-",
                    f"{costs.cpu:.2f}",
                    f"{costs.cpu / 60 * 100:.2f} %",
                    f"{costs.memory / 1024:.1f}",
                    f"{costs.lag * 1000:.1f}",
                    f"{costs.lateness:.2f}",
                ]
            )
            print(".", end="", flush=True)
    print()
    heading = ["waits", "requests/min", "GETs saved", "CPU s/min", "of a core", "KiB/wait", "lag p99 ms"]
    table([*heading, "late p95"], rows)


if __name__ == "__main__":
    main()
