"""An Airflow for each module of tests: real processes, SQLite, and an emulated DLI that they talk to."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from local_airflow import AIRFLOW, CHECKOUT, settings

from dli_provider.emulator import DliEmulator


@dataclass(frozen=True)
class DagRun:
    """What Airflow's database says of a DAG run.

    :param state: state of the run.
    :param tasks: state of each task.
    :param xcoms: values by task and key.
    """

    state: str
    tasks: dict[str, str]
    xcoms: dict[tuple[str, str], Any]


@dataclass(frozen=True)
class LocalAirflow:
    """An Airflow in a folder.

    :param home: the folder.
    :param environment: the environment of its processes.
    """

    home: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an `airflow` command, and return it with all that it printed in ``stdout``."""
        return subprocess.run(
            [AIRFLOW, *arguments],
            env=self.environment,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=110,
            check=False,
        )

    def state_of_last_run(self, dag_id: str) -> str | None:
        """Read the state of the latest run of a DAG from the database; None when there is no run."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as database:
            found = database.execute(
                "SELECT state FROM dag_run WHERE dag_id = ? ORDER BY id DESC", (dag_id,)
            ).fetchone()
        return found[0] if found else None

    def last_run(self, dag_id: str) -> DagRun:
        """Read the latest run of a DAG from the database."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as database:
            run_id, state = database.execute(
                "SELECT run_id, state FROM dag_run WHERE dag_id = ? ORDER BY id DESC", (dag_id,)
            ).fetchone()
            of_run = (dag_id, run_id)
            tasks = database.execute(
                "SELECT task_id, state FROM task_instance WHERE dag_id = ? AND run_id = ?", of_run
            ).fetchall()
            xcoms = database.execute(
                "SELECT task_id, key, value FROM xcom WHERE dag_id = ? AND run_id = ?", of_run
            ).fetchall()
        return DagRun(state, dict(tasks), {(task, key): _decoded(value) for task, key, value in xcoms})


def _decoded(value: str | bytes | float) -> Any:
    """Read the JSON of an XCom; in Airflow 3's column SQLite turns the text of a number into a number."""
    return json.loads(value) if isinstance(value, str | bytes) else value


@pytest.fixture
def port() -> int:
    """The first of three free ports."""
    for first in range(20000 + os.getpid() % 10000, 60000, 3):
        with suppress(OSError):
            for wanted in range(first, first + 3):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", wanted))
            return first
    raise AssertionError("no free ports")


@pytest.fixture
def processes_of() -> Callable[[Path], list[psutil.Process]]:
    """Return a function that finds the processes which work for the Airflow in a folder."""

    def find(home: Path) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("AIRFLOW_HOME") == str(home):
                    found.append(process)
        return found

    return find


@pytest.fixture(scope="module")
def dli() -> Iterator[DliEmulator]:
    """An emulated DLI without jobs."""
    with DliEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of an Airflow that has done nothing yet: making it takes several seconds."""
    home = tmp_path_factory.mktemp("airflow")
    migration = LocalAirflow(home, settings(home)).run("db", "migrate")
    assert migration.returncode == 0, migration.stdout
    return home / "airflow.db"


@pytest.fixture(scope="module")
def local_airflow(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, dli: DliEmulator
) -> LocalAirflow:
    """An Airflow whose database is ready, with the emulated DLI behind its connection."""
    home = tmp_path_factory.mktemp("airflow")
    shutil.copy(empty_database, home)
    return LocalAirflow(home, settings(home, dli.connection))
