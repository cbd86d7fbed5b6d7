"""`make ui`: runs Airflow's own UI with the examples, the connection, and an emulated DLI."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests
from airflow_api import IS_AIRFLOW_2, VERSION, AirflowApi
from local_airflow import AIRFLOW, CHECKOUT, EXAMPLES, add_jobs, settings

from dli_provider.emulator import DliEmulator

HOST = "127.0.0.1"
START_LIMIT = 240.0
"""Seconds that Airflow may take to start."""
STOP_LIMIT = 60.0
"""Seconds that Airflow may take to stop by itself."""
AWAITED_JOB = 104
AWAITED_LIFE = [("job_init", 10.0), ("job_submitting", 20.0), ("job_running", None)]
"""The job that ``example_dli_wait_and_use_config`` waits for, and its statuses from the first reading on."""
RESUBMIT_AFTER = 60.0
"""Seconds that this job runs before it is submitted again, so that there is something to wait for."""

signals: list[int] = []
"""The signals that were received; each of them stops everything."""


@dataclass(frozen=True)
class LocalUi:
    """A running Airflow with its UI, and the emulated DLI.

    :param api: its REST API.
    :param password: the password of its user ``admin``.
    :param dli: the emulated DLI.
    :param process: the process of ``airflow standalone``.
    """

    api: AirflowApi
    password: str
    dli: DliEmulator
    process: subprocess.Popen[bytes]

    def wait(self) -> None:
        """Wait for a moment.

        :raises KeyboardInterrupt: after a signal.
        :raises ChildProcessError: if Airflow has ended.
        """
        wait(self.process)

    def submit_again(self) -> None:
        """Submit the awaited job again when it has run for a while."""
        job = self.dli.jobs.get(AWAITED_JOB)
        if job and job.status == "job_running" and self.dli.clock.time() - job.since > RESUBMIT_AFTER:
            job.set_lifecycle(AWAITED_LIFE, begins="first_show")


def port_wanted() -> int:
    """Return the port that ``AIRFLOW_PORT`` names, 8080 by default; exit if it isn't free."""
    text = os.environ.get("AIRFLOW_PORT", "8080")
    if not (text.isdecimal() and 0 < int(text) < 65534):
        sys.exit(f"AIRFLOW_PORT is {text!r}; set it to a port such as 8080")
    for port in range(int(text), int(text) + 3):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                sys.exit(
                    f"Port {port} of {HOST} isn't free: {error.strerror}. Airflow needs {text} and the two "
                    "ports after it. Choose others: make ui AIRFLOW_PORT=8090"
                )
    return int(text)


def ui_settings(port: int) -> dict[str, str]:
    """Return the settings of an Airflow that serves its UI to this machine only, even on a busy machine.

    Tasks are retried, because a slow scheduler fails a task that resumes before it has noticed the deferral.

    :param port: the UI's port; the servers of the tasks' logs use the two after it.
    """
    section = "WEBSERVER" if IS_AIRFLOW_2 else "API"
    prefix = "WEB_SERVER_" if IS_AIRFLOW_2 else ""
    backends = "airflow.providers.fab.auth_manager.api.auth.backend"
    return {
        f"AIRFLOW__{section}__{prefix}HOST": HOST,
        f"AIRFLOW__{section}__{prefix}PORT": str(port),
        f"AIRFLOW__{section}__BASE_URL": f"http://{HOST}:{port}",
        f"AIRFLOW__{section}__INSTANCE_NAME": f"Airflow {VERSION} and an emulated DLI",
        f"AIRFLOW__{section}__WORKERS": "1",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRIES": "2",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "5",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port + 1),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 2),
    } | ({"AIRFLOW__API__AUTH_BACKENDS": f"{backends}.basic_auth,{backends}.session"} if IS_AIRFLOW_2 else {})


@contextmanager
def local_ui(home: Path, port: int) -> Iterator[LocalUi]:
    """Run a new Airflow with the examples unpaused, until the context ends.

    The DAGs stay paused until all components are up, because `airflow standalone` schedules tasks before they
    can reach the API server.

    :param home: Airflow's home; a database in it is replaced.
    :param port: the UI's port.
    :raises KeyboardInterrupt: after a signal.
    :raises ChildProcessError: if Airflow has ended.
    :raises TimeoutError: if it takes too long to start.
    :raises requests.RequestException: if a call of its API fails.
    """
    home.mkdir(parents=True, exist_ok=True)
    for file in home.glob("airflow.db*"):
        file.unlink()
    with DliEmulator() as dli, (home / "ui.log").open("w") as output:
        airflow = subprocess.Popen(
            [AIRFLOW, "standalone"],
            env=settings(home) | ui_settings(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            api = AirflowApi(f"http://{HOST}:{port}")
            until(api.is_healthy, airflow, "its parts were healthy")
            api.log_in("admin", password := password_in(home))
            api.add_connection("dli_default", dli.connection)
            examples = {path.stem for path in EXAMPLES.glob("*.py") if has_dag(path)}
            until(lambda: examples <= api.dag_ids(), airflow, f"it had read {', '.join(sorted(examples))}")
            add_jobs(dli, slowness=20)
            dli.job(AWAITED_JOB).set_lifecycle(AWAITED_LIFE, begins="first_show")
            for dag_id in sorted(examples):
                api.unpause(dag_id)
            yield LocalUi(api, password, dli, airflow)
        finally:
            stop(airflow)


def has_dag(example: Path) -> bool:
    """Return True if an example has a DAG for this Airflow: Airflow 2 has no asset watchers.

    :param example: the file.
    """
    return not (IS_AIRFLOW_2 and "AssetWatcher" in example.read_text())


def password_in(home: Path) -> str:
    """Return the password that Airflow created for its user ``admin``.

    :param home: Airflow's home.
    """
    if IS_AIRFLOW_2:
        return (home / "standalone_admin_password.txt").read_text().strip()
    passwords = json.loads((home / "simple_auth_manager_passwords.json.generated").read_text())
    return str(passwords["admin"])


def until(condition: Callable[[], bool], airflow: subprocess.Popen[bytes], what: str) -> None:
    """Wait until a condition holds.

    :param condition: the condition.
    :param airflow: the process of ``airflow standalone``.
    :param what: what it waits for, as the error names it.
    :raises TimeoutError: if it takes too long; see also :func:`wait`.
    """
    deadline = time.monotonic() + START_LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Airflow took more than {START_LIMIT:.0f} seconds until {what}")
        wait(airflow)


def wait(airflow: subprocess.Popen[bytes]) -> None:
    """Wait for a moment.

    :param airflow: the process of ``airflow standalone``.
    :raises KeyboardInterrupt: after a signal.
    :raises ChildProcessError: if Airflow has ended.
    """
    if signals:
        raise KeyboardInterrupt
    if airflow.poll() is not None:
        raise ChildProcessError("Airflow ended by itself")
    time.sleep(0.5)


def stop(airflow: subprocess.Popen[bytes]) -> None:
    """Stop Airflow and all processes that it started, which are in a session of their own.

    :param airflow: the process of ``airflow standalone``.
    """
    left = []
    with suppress(psutil.NoSuchProcess):
        left = psutil.Process(airflow.pid).children(recursive=True)
    airflow.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        airflow.wait(STOP_LIMIT)
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) == airflow.pid:
                left.append(process)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for process in left:
            with suppress(psutil.NoSuchProcess):
                end(process)
        _, left = psutil.wait_procs(left, timeout=5)
    airflow.wait()


def introduce(ui: LocalUi) -> None:
    """Show how to log in, and what to try.

    :param ui: what runs.
    """
    failure = "" if IS_AIRFLOW_2 else "; a job that fails starts example_dli_react_to_failure"
    print(
        f"""
  Airflow {VERSION:8}  {ui.api.address}
  log in as         admin
  password          {ui.password}
  the emulated DLI  {ui.dli.console_url}

  Trigger example_dli_wait_and_use_config: job {AWAITED_JOB} is submitted as soon as its task reads it.
  Trigger example_dli_deploy: the running job sales-eu is upgraded and keeps its state.
  Break, stop and start jobs on the emulated DLI's pages; tasks link to them{failure}.
  example_dli_config_drift fails on purpose: the job audit-archive has drifted.
  The connection dli_default leads to the emulated DLI. Ctrl-C stops everything.
""",
        flush=True,
    )


def main(home: Path = CHECKOUT / ".airflow" / "ui") -> int:
    """Run Airflow until it ends or a signal arrives; return the exit code.

    :param home: Airflow's home.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: signals.append(number))
    port, log = port_wanted(), home / "ui.log"
    print(f"Starting Airflow {VERSION}; this takes half a minute. Its log: {log}", flush=True)
    try:
        with local_ui(home, port) as ui:
            introduce(ui)
            try:
                while True:
                    ui.submit_again()
                    ui.wait()
            finally:
                print("\nStopping Airflow ...", flush=True)
    except KeyboardInterrupt:
        print("All stopped.")
        return 0
    except (ChildProcessError, TimeoutError, requests.RequestException) as error:
        print(f"{log.read_text()}\n{error}. Above is its log, {log}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
