"""What a call costs beside bare `requests` and `aiohttp` and the vendor's SDK, and what an import does.

CPU time of this process. The contenders take turns in one run, against the emulator in a process of its own;
medians, of the ratios too, each between two neighbours of the same turn. The bare ones send headers that were
signed beforehand, and don't read what they get. The provider lets four calls of a key be under way at a time,
so that aiohttp is measured so, too: once bare, and once with what no client can leave out, as it signs each
request and makes a job of the answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Any

from local_dli import LocalDli, own_home, table, vendor_client

AT_ONCE = 20
LOAD = """
import sys, time
{before}
loaded, began = len(sys.modules), time.perf_counter()
import dli_provider.sensors.flink
print((time.perf_counter() - began) * 1000, len(sys.modules) - loaded)
"""

Turns = dict[str, list[float]]


def bench_blocking(dli: LocalDli, rounds: int, calls: int) -> Turns:
    """Return the CPU microseconds of each blocking call of a job's detail on a warm session, turn by turn."""
    import requests
    from huaweicloudsdkdli.v1 import ShowFlinkJobRequest

    from dli_provider.hooks.dli import DliHook

    hook, session, vendor = DliHook(), requests.Session(), vendor_client(dli)
    url, signed = dli.job_url(1), dli.signed(1)
    contenders: dict[str, Callable[[], Any]] = {
        "DliHook.show_flink_job": lambda: hook.show_flink_job(1),
        "requests.Session.get": lambda: session.get(url, headers=signed),
        "vendor's DliClient": lambda: vendor.show_flink_job(ShowFlinkJobRequest(job_id=1)),
    }
    turns: Turns = {name: [] for name in contenders}
    for number in range(-1, rounds):
        for name, call in contenders.items():
            began = time.process_time()
            for _ in range(calls):
                call()
            if number >= 0:
                turns[name].append((time.process_time() - began) / calls * 1e6)
    hook.get_conn().close()
    return turns


async def bench_async(dli: LocalDli, rounds: int, calls: int) -> Turns:
    """Return the CPU microseconds of each asynchronous call, saturated, turn by turn."""
    import aiohttp
    from huaweicloudsdkdli.v1 import ShowFlinkJobRequest

    from dli_provider.api.auth.aksk import AkSkCredential
    from dli_provider.api.auth.guard import MAX_REFUSALS
    from dli_provider.api.messages import Request
    from dli_provider.flink.job import FlinkJob
    from dli_provider.hooks.dli import DliHook

    room = asyncio.Semaphore(MAX_REFUSALS)
    vendor, url, signed = vendor_client(dli, asynchronous=True), dli.job_url(1), dli.signed(1)
    key = AkSkCredential(dli.access_key, dli.secret_key)
    request = Request("GET", dli.url, url.removeprefix(dli.url))
    async with aiohttp.ClientSession() as session, await DliHook().aget_conn() as client:

        async def bare() -> None:
            async with session.get(url, headers=signed) as answer:
                await answer.read()

        async def bare_with_bound() -> None:
            async with room:
                await bare()

        async def signed_and_read() -> None:
            async with room, session.get(url, headers=key.sign(request)) as answer:
                FlinkJob.from_api(json.loads(await answer.read()))

        async def vendors() -> None:
            await asyncio.to_thread(vendor.show_flink_job_async(ShowFlinkJobRequest(job_id=1)).result)

        contenders: dict[str, Callable[[], Awaitable[object]]] = {
            "AsyncDliClient.show_flink_job": lambda: client.show_flink_job(1),
            "aiohttp.ClientSession.get": bare,
            f"aiohttp, {MAX_REFUSALS} at a time": bare_with_bound,
            f"aiohttp, {MAX_REFUSALS} at a time, signed and read": signed_and_read,
            "vendor's DliAsyncClient": vendors,
        }
        turns: Turns = {name: [] for name in contenders}
        for number in range(-1, rounds):
            for name, call in contenders.items():
                began = time.process_time()
                await asyncio.gather(*(_repeat(call, calls // AT_ONCE) for _ in range(AT_ONCE)))
                if number >= 0:
                    turns[name].append((time.process_time() - began) / calls * 1e6)
    return turns


async def _repeat(call: Callable[[], Awaitable[object]], times: int) -> None:
    for _ in range(times):
        await call()


def show(heading: str, turns: Turns) -> None:
    """Print the costs, and ours as a share of the others'."""
    ours = next(iter(turns.values()))
    rows = []
    for name, costs in turns.items():
        ratio = statistics.median(mine / other for mine, other in zip(ours, costs, strict=True))
        rows.append([name, f"{statistics.median(costs):.0f}", f"{ratio:.2f}"])
    table([heading, "CPU µs", "ours / this"], rows)
    print()


def bench_loading(runs: int) -> None:
    """Measure what loading the sensor adds to what Airflow has loaded."""
    before = _airflow_itself()
    numbers = _in_new_processes(LOAD.format(before=before), runs)
    row = [
        f"beyond `{before}`",
        f"{statistics.median(took for took, _ in numbers):.1f}",
        f"{numbers[0][1]:.0f}",
    ]
    table(["loading dli_provider.sensors.flink", "ms", "modules"], [row])
    print()


def _airflow_itself() -> str:
    import airflow

    airflow_2 = airflow.__version__.startswith("2.")
    return "import airflow.models, airflow.sensors.base" if airflow_2 else "import airflow.sdk"


def _in_new_processes(script: str, runs: int) -> list[list[float]]:
    """Return the numbers on the last line that a script prints, run by run, with bytecode cached."""
    numbers = []
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(runs + 1):
            command = [sys.executable, "-c", script]
            run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            numbers.append([float(word) for word in run.stdout.splitlines()[-1].split()])
    return numbers[1:]


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20, help="turns of each contender (%(default)s)")
    parser.add_argument("--calls", type=int, default=60, help="calls in a turn (%(default)s)")
    parser.add_argument("--loads", type=int, default=7, help="processes that load the sensor (%(default)s)")
    options = parser.parse_args()
    with own_home(), LocalDli(1) as dli:
        show("a blocking call", bench_blocking(dli, options.rounds, options.calls))
        turns = asyncio.run(bench_async(dli, options.rounds, options.calls))
        show(f"an asynchronous call, {AT_ONCE} at once", turns)
        bench_loading(options.loads)


if __name__ == "__main__":
    main()
