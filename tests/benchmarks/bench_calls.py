"""What a call costs beside `requests.Session.get` and the vendor's SDK, and what loading the sensor costs.

All are measured in turn in one run, against the emulator in a process of its own; CPU time of this process,
medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from local_dli import LocalDli, table

ROUNDS = 15
CALLS = 60
LOAD = """
import sys, time
{before}
began = time.perf_counter()
import dli_provider.sensors.flink
print((time.perf_counter() - began) * 1000)
"""


def cpu_of_calls(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the median CPU microseconds of each call, measured in turn."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        for _ in range(CALLS):
            call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            began = time.process_time()
            for _ in range(CALLS):
                call()
            found[name].append((time.process_time() - began) / CALLS * 1e6)
    return {name: statistics.median(values) for name, values in found.items()}


def bench_calls() -> None:
    """Measure `show_flink_job` on a warm session."""
    import requests
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkdli.v1 import DliClient as VendorClient
    from huaweicloudsdkdli.v1 import ShowFlinkJobRequest

    from dli_provider.api.client import DliClient
    from dli_provider.api.credentials import AkSkCredential
    from dli_provider.api.messages import Request
    from dli_provider.api.settings import DliSettings

    with LocalDli(1) as dli:
        connection = dli.connection
        key, secret, host = connection["login"], connection["password"], connection["host"]
        project = connection["extra"]["project_id"]
        credential = AkSkCredential(key, secret)
        settings = DliSettings(endpoint=host, credential=credential, project_id=project)
        client = DliClient(settings)
        session = requests.Session()
        path = f"/v1.0/{project}/streaming/jobs/1"
        url = f"{host}{path}"
        signed = credential.headers(Request("GET", host, path))
        vendor = (
            VendorClient.new_builder()
            .with_credentials(BasicCredentials(key, secret, project))
            .with_endpoint(host)
            .build()
        )
        costs = cpu_of_calls(
            {
                "show_flink_job": lambda: client.show_flink_job(1),
                "Session.get, signed beforehand": lambda: session.get(url, headers=signed),
                "the vendor's SDK": lambda: vendor.show_flink_job(ShowFlinkJobRequest(job_id=1)),
            }
        )
    ours = costs["show_flink_job"]
    rows = [[name, f"{cost:.0f}", f"{ours / cost:.2f}"] for name, cost in costs.items()]
    table(["CPU of a blocking call", "µs", "ours / this"], rows)


def bench_loading() -> None:
    """Measure what loading the sensor adds to what Airflow has loaded."""
    import airflow

    before = (
        "import airflow.models, airflow.sensors.base"
        if airflow.__version__.startswith("2.")
        else "import airflow.sdk"
    )
    program = LOAD.format(before=before)
    times = []
    for _ in range(6):
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        times.append(float(run.stdout.splitlines()[-1]))
    rows = [[f"beyond `{before}`", f"{statistics.median(times[1:]):.1f}"]]
    table(["Loading dli_provider.sensors.flink", "ms"], rows)


if __name__ == "__main__":
    os.environ["HOME"] = tempfile.mkdtemp()  # where the vendor's SDK writes a file
    bench_calls()
    print()
    bench_loading()
