"""What deferred waits cost a triggerer with our shared poller, beside waits that each poll for themselves.

Every row is measured in a process of its own, against the emulator in another, in one run. Time is scaled:
jobs are polled every --interval seconds instead of every 60, so that a minute's work is done in that time;
requests and CPU are given per interval, that is per minute of an unscaled wait. CPU and memory are what comes
on top of as many triggers that only sleep (the rows "asleep", which show the measurement's own heartbeat and
Airflow's and asyncio's own memory). Lags and memory aren't scaled; lateness is a share of the interval. The
99th percentile of the lag is taken in the waits' stride, the longest lag from the start of the first wait;
beside it the longest garbage collection of that time, which stops the loop and walks all that Airflow loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from local_dli import own_home, table

ASLEEP, SHARED, OWN, VENDOR = "asleep", "shared poller", "own GETs", "vendor's client"
HEADING = [
    *("waits", "requests/min", "GETs/request", "CPU s/min", "of a core", "CPU/ours", "KiB/wait"),
    *("lag p99 ms", "longest", "gc", "late p95"),
]
_CHILD = str(Path(__file__).with_name("deferred_waits.py"))


def costs(kind: str, waits: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return what so many waits of a kind cost, measured in a process of their own."""
    command = [sys.executable, _CHILD, kind, *map(str, (waits, options.interval, options.rounds))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"{waits} waits ({kind}) could not be measured:\n{run.stderr}")
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def lags(found: dict[str, Any]) -> list[str]:
    """Return the cells of the loop's lag."""
    lag, longest, collection = (found[name] * 1000 for name in ("lag", "longest", "collection"))
    return [f"{lag:.1f}", f"{longest:.0f}", f"{collection:.0f}"]


def rows_of(waits: int, options: argparse.Namespace) -> list[list[str]]:
    """Measure each kind of so many waits, and return its row."""
    kinds = [SHARED]
    kinds += [OWN] if waits in options.own else []
    kinds += [VENDOR] if waits in options.vendor else []
    asleep = costs(ASLEEP, waits, options)
    own_memory = f"({asleep['memory'] / 1024:.1f})" if waits >= 100 else ""
    cpu = f"({asleep['cpu'] * 60:.2f})"
    rows = [[f"{waits:>6} {ASLEEP}", "0", "", cpu, "", "", own_memory, *lags(asleep), ""]]
    ours = 0.0
    for kind in kinds:
        found = costs(kind, waits, options)
        requests = found["requests"] * options.interval
        cpu_time = (found["cpu"] - asleep["cpu"]) * options.interval
        ours = ours or cpu_time
        row = [f"{waits:>6} {kind}", f"{requests:.0f}", f"{waits / requests:.1f}", f"{cpu_time:.3f}"]
        row += [f"{cpu_time / 60:.2%}", f"{cpu_time / ours:.1f}"]
        row += [f"{(found['memory'] - asleep['memory']) / 1024:.1f}" if waits >= 100 else ""]
        rows.append([*row, *lags(found), f"{found['late']:.2f}"])
        print(".", end="", file=sys.stderr, flush=True)
    return rows


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    counts: dict[str, Any] = {"type": int, "nargs": "*"}
    parser.add_argument("--waits", default=[1, 100, 1000, 10_000], help="numbers of waits", **counts)
    parser.add_argument(
        "--own", default=[100, 1000], help=f"of these, with {OWN} too; 10000 take 10,000 sockets", **counts
    )
    parser.add_argument("--vendor", default=[100], help=f"of these, with the {VENDOR} too", **counts)
    parser.add_argument("--interval", type=float, default=5.0, help="seconds, for 60 (%(default)s)")
    parser.add_argument("--rounds", type=float, default=2.0, help="intervals measured (%(default)s)")
    options = parser.parse_args()
    load = f"Load of the {os.cpu_count()} cores: {os.getloadavg()[1]:.1f} before the run"
    with own_home():
        rows = [row for waits in options.waits for row in rows_of(waits, options)]
    print(file=sys.stderr)
    print(f"Polled every {options.interval:g} s instead of 60; figures per minute are scaled accordingly.")
    print(f"{load}, {os.getloadavg()[1]:.1f} after it; a busy machine shows in the lags.")
    table(HEADING, rows)


if __name__ == "__main__":
    main()
