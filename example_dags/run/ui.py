"""`make ui`: Airflow's own UI with the examples and the connection loaded, and an emulated DLI behind."""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import requests
from local_airflow import AIRFLOW, CHECKOUT, add_jobs, settings

from dli_provider.emulator import DliEmulator

HOST = "127.0.0.1"
IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")
RESUBMIT_AFTER = 180.0
"""Seconds after which the jobs start anew, so that there is something to wait for."""
START_LIMIT = 180.0
"""Seconds that Airflow may take to start."""
STOP_LIMIT = 60.0
"""Seconds that Airflow may take to stop by itself."""

signals: list[int] = []
"""The signals that came, each of which ends all."""


def port_wanted() -> int:
    """Return the port that ``AIRFLOW_PORT`` names, 8080 by default; end when it can't be had."""
    text = os.environ.get("AIRFLOW_PORT", "8080")
    if not (text.isdecimal() and 0 < int(text) < 65534):
        sys.exit(f"AIRFLOW_PORT is {text!r}; it takes a port such as 8080")
    for port in range(int(text), int(text) + 3):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                sys.exit(
                    f"Port {port} of {HOST} can't be had: {error.strerror}. Airflow takes {text} and the two "
                    "after it; name others: make ui AIRFLOW_PORT=8090"
                )
    return int(text)


def ui_settings(port: int) -> dict[str, str]:
    """Return the settings by which Airflow serves its UI to this machine alone, with the examples unpaused.

    :param port: the UI's port; the two after it are for the servers of the tasks' logs.
    """
    section = "WEBSERVER" if IS_AIRFLOW_2 else "API"
    prefix = "WEB_SERVER_" if IS_AIRFLOW_2 else ""
    return {
        f"AIRFLOW__{section}__{prefix}HOST": HOST,
        f"AIRFLOW__{section}__{prefix}PORT": str(port),
        f"AIRFLOW__{section}__BASE_URL": f"http://{HOST}:{port}",
        f"AIRFLOW__{section}__WORKERS": "1",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port + 1),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 2),
    }


def is_ready(port: int) -> bool:
    """Tell whether all parts of Airflow are up.

    :param port: the UI's port.
    """
    path = "health" if IS_AIRFLOW_2 else "api/v2/monitor/health"
    try:
        with requests.Session() as session:
            session.trust_env = False
            parts = session.get(f"http://{HOST}:{port}/{path}", timeout=5).json()
    except requests.RequestException:
        return False
    return all(part["status"] in ("healthy", None) for part in parts.values()) and bool(
        parts["scheduler"]["status"] and parts["triggerer"]["status"]
    )


def password(home: Path) -> str:
    """Return the password that Airflow made for its user ``admin``.

    :param home: Airflow's home.
    """
    if IS_AIRFLOW_2:
        return (home / "standalone_admin_password.txt").read_text().strip()
    passwords = json.loads((home / "simple_auth_manager_passwords.json.generated").read_text())
    return str(passwords["admin"])


def serve(airflow: subprocess.Popen[bytes], home: Path, port: int, dli: DliEmulator) -> None:
    """Tell how to get in as soon as Airflow is up; return when it ended or a signal came.

    :param airflow: the process of ``airflow standalone``.
    :param home: Airflow's home.
    :param port: the UI's port.
    :param dli: the emulator behind it.
    """
    deadline = time.monotonic() + START_LIMIT
    while not is_ready(port):
        if airflow.poll() is not None or signals or time.monotonic() > deadline:
            return
        time.sleep(0.5)
    print(
        f"""
  Airflow      http://{HOST}:{port}
  log in as    admin
  password     {password(home)}

  The examples are loaded and unpaused; trigger example_dli_wait_and_use_config, for one. Every
  {RESUBMIT_AFTER / 60:.0f} minutes the jobs start anew, so that there is something to wait for.
  The connection dli_default leads to the emulated DLI, {dli.url}
  Ctrl-C stops everything.
""",
        flush=True,
    )
    due = 0.0
    while airflow.poll() is None and not signals:
        if time.monotonic() > due:
            add_jobs(dli, slowness=10)
            due = time.monotonic() + RESUBMIT_AFTER
        time.sleep(0.5)


def stop(airflow: subprocess.Popen[bytes]) -> None:
    """Stop Airflow and all that it started, which is in a session of its own.

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


def main(home: Path = CHECKOUT / ".airflow" / "ui") -> int:
    """Run Airflow until it ends or a signal comes; return the exit code.

    :param home: where Airflow shall live; a database that is there is used.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: signals.append(number))
    log = home / "ui.log"
    port = port_wanted()
    home.mkdir(parents=True, exist_ok=True)
    print(f"Starting Airflow; that takes half a minute. Its log: {log}", flush=True)
    with DliEmulator() as dli, log.open("w") as output:
        airflow = subprocess.Popen(
            [AIRFLOW, "standalone"],
            env=settings(home, dli.connection) | ui_settings(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            serve(airflow, home, port, dli)
        finally:
            print("\nStopping Airflow ...", flush=True)
            stop(airflow)
    if signals:
        print("All stopped.")
        return 0
    print(f"{log.read_text()}\nAirflow ended, or didn't start. Above is its log, {log}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
