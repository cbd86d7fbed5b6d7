"""``python -m dli_provider.emulator``: runs an emulated DLI until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from dli_provider.emulator import validation
from dli_provider.emulator.samples import add_sample_jobs
from dli_provider.emulator.server import DliEmulator
from dli_provider.flink.arguments import parse_job_id

_EPILOG = """\
The file of --jobs holds a list of jobs. A job is an object with

  job_id                its id
  lifecycle or status   pairs of a status and its seconds (null: forever), or one status
  begins                "first_read" to begin the lifecycle when the job is first read
  extra                 fields of any name
  and fields of job_detail, such as name and job_config. Only job_id is required:

  [{"job_id": 104, "name": "orders", "lifecycle": [["job_submitting", 20], ["job_running", null]],
    "job_config": {"parallel_number": 4}}]
"""


def main(arguments: list[str] | None = None) -> int:
    """Run an emulator until it is interrupted, and return the process's exit code.

    :param arguments: the command line; None for that of the process.
    """
    options = _parser().parse_args(arguments)
    try:
        emulator = DliEmulator(
            host=options.host,
            port=options.port,
            region=options.region,
            project_id=options.project_id,
            access_key=options.access_key,
            secret_key=options.secret_key,
            allow_remote=options.allow_remote,
        )
        _add_jobs(emulator, options.jobs)
        emulator.start()
    except (OSError, ValueError) as error:
        print(f"The emulator can't start: {error}", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    _introduce(emulator)
    stopped.wait()
    emulator.stop()
    print("stopped")
    return 0


def _introduce(emulator: DliEmulator) -> None:
    print(f"DLI is emulated at {emulator.url}; Ctrl-C stops it. The Airflow connection:\n")
    print(f"export AIRFLOW_CONN_DLI_DEFAULT={shlex.quote(json.dumps(emulator.connection))}\n")
    if emulator.console_url:
        print(f"Watch, break, stop and start its jobs at {emulator.console_url}\n")
    print(f"{'job':>6}  {'status':24}  name")
    for job in emulator.jobs:
        detail = emulator.jobs.detail(job)
        print(f"{job.job_id:>6}  {detail['status']:24}  {detail['name']}")
    sys.stdout.flush()


def _add_jobs(emulator: DliEmulator, file: Path | None) -> None:
    if file is None:
        add_sample_jobs(emulator)
        return
    try:
        jobs = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    if not isinstance(jobs, list):
        raise validation.invalid(f"The content of {file}", "a JSON array of jobs", jobs)
    for number, job in enumerate(jobs, 1):
        with validation.located(f"{file}, entry {number}"):
            _add_job(emulator, job)


def _add_job(emulator: DliEmulator, job: Any) -> None:
    if not isinstance(job, dict) or "job_id" not in job:
        raise validation.invalid("a job", "an object with a job_id", job)
    job_id = parse_job_id(job.pop("job_id"))
    if emulator.jobs.get(job_id):
        raise ValueError(f"job {job_id}: another entry has this job_id")
    emulator.add_job(job_id, **job)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dli_provider.emulator",
        description="Emulates Huawei Cloud DLI on this machine, for trying and testing Airflow DAGs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=8790, help="port to listen on, 0 for a free one (%(default)s)")
    add("--region", default="cn-north-4", help="name of the region (%(default)s)")
    add("--project-id", default="0123456789abcdef0123456789abcdef", help="id of the project (%(default)s)")
    add("--access-key", default="EMULATEDACCESSKEY000", help="access key that is accepted (%(default)s)")
    add("--secret-key", default="emulated-secret-key", help="its secret key (%(default)s)")
    add("--jobs", type=Path, metavar="FILE", help="JSON file with the jobs, instead of the sample fleet")
    add("--allow-remote", action="store_true", help="allow a --host that other machines can reach")
    return parser


if __name__ == "__main__":
    sys.exit(main())
