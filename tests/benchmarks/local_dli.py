"""An emulated DLI in a process of its own, for measurements that must not count its work."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

_SERVER = """
import json, sys
from dli_provider.emulator import DliEmulator

jobs = int(sys.argv[1])
with DliEmulator() as dli:
    for job_id in range(1, jobs + 1):
        dli.add_job(job_id, [("job_submitting", None)], name=f"job_{job_id}")
    print(json.dumps(dli.connection), flush=True)
    for line in sys.stdin:
        if line.strip():
            dli.job(int(line)).set_status("job_running")
        print(len(dli.requests), flush=True)
"""


class LocalDli:
    """The emulator with so many jobs, all of them being submitted.

    :param jobs: how many.
    """

    def __init__(self, jobs: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(jobs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.connection: dict[str, Any] = json.loads(self._read())

    def requests(self) -> int:
        """Return how many requests have arrived."""
        return self._tell("")

    def let_run(self, job_id: int) -> None:
        """Have a job reach `job_running` now."""
        self._tell(str(job_id))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)

    def _tell(self, line: str) -> int:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def table(heading: list[str], rows: list[list[str]]) -> None:
    """Print rows as an aligned table."""
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(len(heading))]
    for row in [heading, *rows]:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells]))
