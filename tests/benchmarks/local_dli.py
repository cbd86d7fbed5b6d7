"""What the benchmarks share: an emulated DLI in a process of its own, so that its work isn't counted, and
tables.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
        if words := line.split():
            dli.job(int(words[0])).set_status(words[1])
        print(len(dli.requests), flush=True)
"""


class LocalDli:
    """The emulator with so many jobs, all of them being submitted; ``dli_default`` leads to it.

    :param jobs: how many; their ids count from 1.
    """

    def __init__(self, jobs: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, str(jobs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        connection: dict[str, Any] = json.loads(self._read())
        os.environ["AIRFLOW_CONN_DLI_DEFAULT"] = json.dumps(connection)
        self.url: str = connection["host"]
        self.access_key: str = connection["login"]
        self.secret_key: str = connection["password"]
        self.project_id: str = connection["extra"]["project_id"]

    def job_url(self, job_id: int) -> str:
        """Return the address of a job's detail."""
        return f"{self.url}/v1.0/{self.project_id}/streaming/jobs/{job_id}"

    def signed(self, job_id: int) -> dict[str, str]:
        """Return the headers of a signed ShowFlinkJob; they are good for 15 minutes."""
        from dli_provider.api.auth.aksk import AkSkCredential
        from dli_provider.api.messages import Request

        request = Request("GET", self.url, self.job_url(job_id).removeprefix(self.url))
        return dict(AkSkCredential(self.access_key, self.secret_key).sign(request))

    def requests(self) -> int:
        """Return how many requests have arrived."""
        return self._tell("")

    def set_status(self, job_id: int, status: str) -> None:
        """Have a job take a status now."""
        self._tell(f"{job_id} {status}")

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


def vendor_client(dli: LocalDli, *, asynchronous: bool = False) -> Any:
    """Return a client of the vendor's SDK for it."""
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkdli.v1 import DliAsyncClient, DliClient

    builder = DliAsyncClient.new_builder() if asynchronous else DliClient.new_builder()
    credentials = BasicCredentials(dli.access_key, dli.secret_key, dli.project_id)
    return builder.with_credentials(credentials).with_endpoint(dli.url).build()


@contextmanager
def own_home() -> Iterator[None]:
    """Give the process a home of its own: Airflow and the vendor's SDK write there."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        yield


def table(heading: list[str], rows: list[list[str]]) -> None:
    """Print rows as an aligned table."""
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(len(heading))]
    for row in [heading, *rows]:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells]), flush=True)
