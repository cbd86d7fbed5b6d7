"""`make ui`: Airflow's UI comes up with the examples, says how to get in, and stops without a trace."""

from __future__ import annotations

import importlib.metadata
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from local_airflow import CHECKOUT

MAIN = "example_dli_wait_and_use_config"
IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")
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


def until(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Read what a process prints until a pattern matches in it."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if found := re.search(pattern, told, re.DOTALL):
            return found
    raise AssertionError(f"it ended before it said {pattern!r}:\n{told}")


def main_example(address: str, user: str, password: str) -> dict[str, Any]:
    """Log in, and look the main example up as soon as Airflow has read it."""
    with requests.Session() as session:
        session.trust_env = False
        if IS_AIRFLOW_2:
            page = session.get(f"{address}/login/", timeout=30).text
            token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page)
            assert token is not None
            form = {"username": user, "password": password, "csrf_token": token[1]}
            session.post(f"{address}/login/", data=form, timeout=30).raise_for_status()
        else:
            login = {"username": user, "password": password}
            token = session.post(f"{address}/auth/token", json=login, timeout=30).json()["access_token"]
            session.headers["Authorization"] = f"Bearer {token}"
        dag_address = f"{address}/api/{'v1' if IS_AIRFLOW_2 else 'v2'}/dags/{MAIN}"
        deadline = time.monotonic() + 60
        while (
            dag := session.get(dag_address, timeout=30)
        ).status_code == 404 and time.monotonic() < deadline:
            time.sleep(0.5)
        dag.raise_for_status()
        found: dict[str, Any] = dag.json()
        return found


@pytest.mark.timeout(300)
def test_the_ui_comes_up_with_the_examples_and_ctrl_c_stops_all_of_it(
    start: Callable[[], subprocess.Popen[str]], tmp_path: Path, processes_of: Processes
) -> None:
    ui = start()
    found = until(ui, r"(http://\S+)\s+log in as\s+(\S+)\s+password\s+(\S+).*Ctrl-C")
    assert main_example(*found.groups())["is_paused"] is False
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
    assert f"Port {port} of 127.0.0.1 can't be had" in told
    assert "make ui AIRFLOW_PORT=" in told
