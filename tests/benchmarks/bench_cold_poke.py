"""What a new process pays from before it loads the sensor until it has read its first answer.

CPU time of new processes with bytecode cached, in which Airflow has been loaded and has looked a connection
up, as both cost the same without the provider. The contenders take turns: a poke with an access key,
`requests` and `pydantic` loaded for a bare call with headers that were signed beforehand, and the vendor's
client. Against the emulator in a process of its own; medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

from local_dli import LocalDli, own_home, table

POKE = """
import dli_provider.sensors.flink
from dli_provider.hooks.dli import DliHook
hook = DliHook()
call = lambda: hook.get_conn().show_flink_job(1)
"""

REQUESTS = """
import pydantic, requests
from pydantic import BaseModel
session = requests.Session()
call = lambda: session.get({url!r}, headers={signed!r}).json()
"""

VENDOR = """
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdli.v1 import DliClient, ShowFlinkJobRequest
credentials = BasicCredentials({key!r}, {secret!r}, {project!r})
client = DliClient.new_builder().with_credentials(credentials).with_endpoint({origin!r}).build()
call = lambda: client.show_flink_job(ShowFlinkJobRequest(job_id=1))
"""

AIRFLOW_2 = """
import airflow.models, airflow.sensors.base, airflow.triggers.base
from airflow.hooks.base import BaseHook
BaseHook.get_connection("dli_default")
"""

AIRFLOW_3 = """
import airflow.triggers.base
from airflow.sdk import BaseHook, BaseSensorOperator
BaseHook.get_connection("dli_default")
"""

PROGRAM = """
import json, sys, time
{before}
began, loaded = time.process_time(), len(sys.modules)
{contender}
call()
first, modules = time.process_time(), len(sys.modules)
call()
print(json.dumps([(first - began) * 1000, (time.process_time() - first) * 1000, modules - loaded]))
"""


def contenders(dli: LocalDli) -> dict[str, str]:
    """Return what each contender does, as a program that defines ``call``."""
    keys = {"key": dli.access_key, "secret": dli.secret_key, "project": dli.project_id}
    return {
        "DliHook after the sensor": POKE,
        "requests and pydantic": REQUESTS.format(url=dli.job_url(1), signed=dli.signed(1)),
        "vendor's DliClient": VENDOR.format(**keys, origin=dli.url),
    }


def measure(program: str, cache: str) -> list[float]:
    """Return the CPU milliseconds of the first and of the second call, and how many modules were loaded."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    numbers: list[float] = json.loads(run.stdout.splitlines()[-1])
    return numbers


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="processes of each contender (%(default)s)")
    options = parser.parse_args()
    import airflow

    before = AIRFLOW_2 if airflow.__version__.startswith("2.") else AIRFLOW_3
    with own_home(), LocalDli(1) as dli, tempfile.TemporaryDirectory() as cache:
        programs = {
            name: PROGRAM.format(before=before, contender=contender)
            for name, contender in contenders(dli).items()
        }
        turns: dict[str, list[list[float]]] = {name: [] for name in programs}
        for number in range(-1, options.rounds):
            for name, program in programs.items():
                numbers = measure(program, cache)
                if number >= 0:
                    turns[name].append(numbers)
    rows = []
    for name, runs in turns.items():
        first, second, modules = map(statistics.median, zip(*runs, strict=True))
        rows.append([name, f"{first - second:.1f}", f"{second:.1f}", f"{modules:.0f}"])
    table(["beyond Airflow", "loading, CPU ms", "a call, CPU ms", "modules"], rows)


if __name__ == "__main__":
    main()
