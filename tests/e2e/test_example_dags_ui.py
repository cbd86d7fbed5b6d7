"""`make ui`: Airflow's UI comes up with the examples alive, says how to get in, and stops without a trace."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from airflow_api import VERSION, AirflowApi
from local_airflow import CHECKOUT

WAIT = "example_dli_wait_and_use_config"
FLEET = "example_dli_fleet_health"
DRIFT = "example_dli_config_drift"
BATCH = "example_dli_run_batch_job"
MAINTENANCE = "example_dli_maintenance"
DEPLOY = "example_dli_deploy"
Processes = Callable[[Path], list[psutil.Process]]


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return a function that starts the UI; what it leaves running is killed at the end."""
    started = []
    home_of_the_user = tmp_path / "home"
    home_of_the_user.mkdir()

    def _start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "example_dags/run/ui.py", tmp_path / "airflow"],
            cwd=CHECKOUT,
            env={**os.environ, "AIRFLOW_PORT": str(port), "HOME": str(home_of_the_user)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield _start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=100)


def watch(condition: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, f"it took too long until {what}"
        time.sleep(0.5)


def until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what a process prints until a pattern matches in it."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if found := re.search(pattern, told, re.DOTALL):
            return found
    raise AssertionError(f"it ended before it said {pattern!r}:\n{told}")


@pytest.mark.timeout(900)
def test_the_ui_comes_up_green_and_ctrl_c_stops_all_of_it(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path, processes_of: Processes
) -> None:
    ui = start()
    assert until(ui, r"Starting Airflow (\S+);")[1] == VERSION
    found = until(
        ui, r"(http://\S+)\s+log in as\s+(\S+)\s+password\s+(\S+)\s+the emulated DLI\s+(\S+).*Ctrl-C"
    )
    address, user, password, console = found.groups()
    api = AirflowApi(address)
    api.log_in(user, password)

    assert api.connection_ids() == {"dli_default"}
    run_id = api.trigger(WAIT)
    watch(lambda: set(api.states(WAIT, run_id).values()) == {"success"}, "the wait ended")
    assert api.links(WAIT, run_id, "wait_for_job") == {"DLI console": f"{console}/104"}
    deployment = api.trigger(DEPLOY)
    watch(lambda: set(api.states(DEPLOY, deployment).values()) == {"success"}, "the jobs were deployed")
    watch(lambda: api.run_states(FLEET) == ["success"], "the fleet was checked")
    watch(lambda: api.run_states(DRIFT) == ["failed"], "the drift was found")
    watch(lambda: api.run_states(BATCH) == ["success"], "the batch job had run")
    watch(lambda: api.run_states(MAINTENANCE) == ["success"], "the maintenance was done")

    family = psutil.Process(ui.pid).children(recursive=True)
    assert len(family) > 3
    ui.send_signal(signal.SIGINT)
    assert "All stopped." in ui.communicate(timeout=100)[0]
    assert ui.returncode == 0
    assert [process for process in family if process.is_running()] == []
    assert list((tmp_path / "home").iterdir()) == []
    assert processes_of(tmp_path / "airflow") == []


def test_a_termination_while_airflow_starts_stops_all_of_it(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path, processes_of: Processes
) -> None:
    ui = start()
    until(ui, "Starting Airflow")
    ui.terminate()
    assert "All stopped." in ui.communicate(timeout=100)[0]
    assert ui.returncode == 0
    assert processes_of(tmp_path / "airflow") == []


def test_a_port_that_is_taken_is_a_clear_error(start: Callable[[], subprocess.Popen[str]], port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        ui = start()
        told, _ = ui.communicate(timeout=100)
    assert ui.returncode == 1
    assert f"Port {port} of 127.0.0.1 isn't free" in told
    assert "make ui AIRFLOW_PORT=" in told
