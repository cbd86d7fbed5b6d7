"""An Airflow as it is run in production: its processes, each on its own, on PostgreSQL."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from local_airflow import AIRFLOW, CHECKOUT, settings

from dli_provider.emulator import DliEmulator

IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")
DAGS = Path(__file__).with_name("dags")
LIMIT = 180.0
"""Seconds that a condition is waited for, unless a test says otherwise."""

WAIT = "dli_provider.triggers.flink.DliFlinkJobTrigger"
MARK_FAILED = """
import sys
from airflow.models.dagbag import DagBag
from airflow.utils.state import TaskInstanceState
dag_id, run_id, map_index = sys.argv[1:]
dag = DagBag(read_dags_from_db=True).get_dag(dag_id)
dag.set_task_instance_state(
    task_id="wait", run_id=run_id, map_indexes=[int(map_index)], state=TaskInstanceState.FAILED, commit=True)
"""
"""What the web server of Airflow 2 does for a person who marks a task as failed."""


@dataclass
class Airflow:
    """The processes of an Airflow.

    :param home: the folder of their logs and configuration.
    :param environment: their environment.
    :param port: PostgreSQL's port.
    :param api_port: the API server's port.
    :param lasting: the processes that were started to last.
    """

    home: Path
    environment: dict[str, str]
    port: int
    api_port: int
    lasting: list[psutil.Popen] = field(default_factory=list)

    def start(self, *arguments: str) -> psutil.Popen:
        """Start a process that lasts, with a log of its own."""
        with (self.home / f"{len(self.lasting):02d}-{arguments[0]}.log").open("w") as log:
            process = psutil.Popen(
                [AIRFLOW, *arguments],
                env=self.environment,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.lasting.append(process)
        return process

    @contextmanager
    def triggerer(self, *options: str) -> Iterator[psutil.Popen]:
        """Run a triggerer for as long as the context lasts, unless it is killed in it."""
        process = self.start("triggerer", "--skip-serve-logs", *options)
        try:
            yield process
        finally:
            self.stop(process)

    def kill(self, process: psutil.Popen) -> None:
        """End a process and its children as the kernel or a lost node does: without a word."""
        os.killpg(process.pid, signal.SIGKILL)
        psutil.wait_procs(self.family(process), timeout=10)

    def stop(self, *processes: psutil.Popen) -> None:
        """Ask processes to end with all that they started, and kill what doesn't."""
        for end in (psutil.Process.terminate, psutil.Process.kill):
            family = self.family(*processes)
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    end(process)
            psutil.wait_procs([*processes, *family], timeout=15)

    @staticmethod
    def family(*processes: psutil.Popen) -> list[psutil.Process]:
        """Return what lives of these processes and all that they started, in a session each."""
        sessions, found = {process.pid for process in processes}, []
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def run(self, *command: str | Path) -> str:
        """Run a command of Airflow, and return what it printed."""
        done = subprocess.run(
            command if isinstance(command[0], Path) else [AIRFLOW, *command],
            env=self.environment,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what PostgreSQL answers."""
        import psycopg2

        with closing(
            psycopg2.connect(host="127.0.0.1", port=self.port, user="airflow", dbname="postgres")
        ) as c:
            c.autocommit = True
            with c.cursor() as cursor:
                cursor.execute(sql, values)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                return found

    def begin(self, dag_id: str) -> str:
        """Start a run of a DAG, and return its id."""
        self.until(
            lambda: bool(self.query("SELECT 1 FROM serialized_dag WHERE dag_id = %s", dag_id)), "a DAG"
        )
        self.run("dags", "trigger", dag_id, "--run-id", f"{dag_id}_run")
        return f"{dag_id}_run"

    def states(self, run_id: str) -> list[str | None]:
        """Return the states of a run's tasks, in the order of their map index."""
        sql = "SELECT state FROM task_instance WHERE run_id = %s ORDER BY map_index"
        return [state for (state,) in self.query(sql, run_id)]

    def xcoms(self, run_id: str) -> dict[int, Any]:
        """Return what the tasks of a run returned, by their map index."""
        found = self.query(
            "SELECT map_index, value FROM xcom WHERE run_id = %s AND key = 'return_value'", run_id
        )
        return {index: json.loads(bytes(v)) if isinstance(v, memoryview) else v for index, v in found}

    def log(self, run_id: str, map_index: int) -> str:
        """Return the log of a task."""
        folder = next(self.home.glob(f"logs/dag_id=*/run_id={run_id}/task_id=wait/map_index={map_index}"))
        return "".join(path.read_text() for path in sorted(folder.iterdir()) if path.is_file())

    def waiting(self) -> dict[int, int | None]:
        """Return the triggerer of each deferred wait, by the id of its trigger."""
        return dict(self.query("SELECT id, triggerer_id FROM trigger WHERE classpath = %s", WAIT))

    def mark_failed(self, run_id: str, dag_id: str, map_index: int) -> None:
        """Mark a task as failed, as a person does in the UI."""
        if IS_AIRFLOW_2:
            self.run(Path(sys.executable), "-c", MARK_FAILED, dag_id, run_id, str(map_index))
            return
        with requests.Session() as session:
            session.trust_env = False
            base = f"http://127.0.0.1:{self.api_port}"
            token = session.get(f"{base}/auth/token", timeout=30).json()["access_token"]
            answer = session.patch(
                f"{base}/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/wait/{map_index}",
                json={"new_state": "failed"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=30,
            )
            assert answer.ok, answer.text

    @staticmethod
    def until(condition: Callable[[], bool], what: str, *, limit: float = LIMIT) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < deadline, f"it took too long: {what}"
            time.sleep(0.3)

    def defer(self, dli: DliEmulator, dag_id: str, *job_ids: int) -> str:
        """Begin a DAG whose jobs are being submitted, and return its run when all its waits are deferred."""
        for job_id in job_ids:
            dli.add_job(job_id, [("job_submitting", None)])
        run_id = self.begin(dag_id)
        self.until_states(run_id, ["deferred"] * len(job_ids))
        return run_id

    def until_states(self, run_id: str, states: list[str | None], *, limit: float = LIMIT) -> None:
        """Wait until the tasks of a run have these states."""
        self.until(lambda: self.states(run_id) == states, f"{run_id} got to {states}", limit=limit)

    def until_polled(self, dli: DliEmulator, *job_ids: int) -> None:
        """Wait until the list, or every one of these jobs singly, was read from now on."""
        since = time.time()

        def polled() -> bool:
            good = [r for r in dli.requests.copy() if r.at > since and r.status == 200]
            shown = {int(r.path.rpartition("/")[2]) for r in good if r.operation == "show"}
            return any(r.operation == "list" for r in good) or (bool(job_ids) and shown.issuperset(job_ids))

        self.until(polled, "all jobs were read")

    def until_quiet(self, dli: DliEmulator, triggerer: psutil.Popen) -> None:
        """Wait until a triggerer holds no wait, asks DLI nothing more, and has no connection to it."""
        self.until(lambda: not self.waiting(), "the triggers were deleted")
        self.until(lambda: time.time() - dli.requests[-1].at > 4, "DLI wasn't asked for several intervals")
        port = int(dli.url.rpartition(":")[2])
        family = self.family(triggerer)
        self.until(
            lambda: (
                not [c for p in family for c in p.net_connections("tcp") if c.raddr and c.raddr.port == port]
            ),
            "the connections to DLI were closed",
        )
        assert {request.method for request in dli.requests} == {"GET"}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[int]:
    """The port of a PostgreSQL without anything in it yet; it never runs as root."""
    pytest.importorskip("psycopg2", reason="needs psycopg2: pip install psycopg2-binary")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (found[-1] if found else None)
    if initdb is None:
        pytest.skip("needs PostgreSQL's server: apt-get install postgresql")
    port, programs, user = free_port(), Path(initdb).resolve().parent, None
    with tempfile.TemporaryDirectory(prefix="dli-postgresql-") as folder:
        if os.geteuid() == 0:
            user = "postgres" if "postgres" in {entry.pw_name for entry in pwd.getpwall()} else "nobody"
            shutil.chown(folder, user)
        data = f"{folder}/data"
        common: dict[str, Any] = {"user": user, "cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([initdb, "-D", data, "-U", "airflow", "-A", "trust", "-N", "-E", "UTF8"], **common)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        log = ["-l", f"{folder}/log", "-o", options]
        subprocess.run([programs / "pg_ctl", "-D", data, "-w", *log, "start"], **common)
        try:
            yield port
        finally:
            subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **common)


@pytest.fixture(scope="session")
def dli() -> Iterator[DliEmulator]:
    """The emulated DLI behind ``dli_default``."""
    with DliEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def watched_dli() -> Iterator[DliEmulator]:
    """The emulated DLI behind ``dli_watched``, which a triggerer of Airflow 3 watches all the time."""
    with DliEmulator() as emulator:
        for job_id, status in ((1, "job_running"), (2, "job_running_exception"), (3, "job_running")):
            emulator.add_job(job_id, [(status, None)])
        yield emulator


@pytest.fixture(scope="session")
def airflow(
    postgresql: int, dli: DliEmulator, watched_dli: DliEmulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Airflow]:
    """An Airflow with all its processes but the triggerer."""
    home, api_port = tmp_path_factory.mktemp("airflow"), free_port()
    own = {
        "AIRFLOW_CONN_DLI_WATCHED": json.dumps(watched_dli.connection),
        "AIRFLOW__API__PORT": str(api_port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api_port}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://airflow@127.0.0.1:{postgresql}/postgres",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
    }
    cluster = Airflow(home, settings(home, dli.connection) | own, postgresql, api_port)
    on_terminate = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        cluster.run("db", "migrate")
        cluster.start("scheduler", "--skip-serve-logs")
        if not IS_AIRFLOW_2:
            cluster.start("dag-processor")
            cluster.start("api-server", "--host", "127.0.0.1", "--port", str(api_port))
        yield cluster
    finally:
        cluster.stop(*cluster.lasting)
        signal.signal(signal.SIGTERM, on_terminate)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what Airflow's processes and tasks logged."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("airflow")
    if report.failed and isinstance(cluster, Airflow):
        for log in sorted([*cluster.home.glob("*.log"), *cluster.home.glob("logs/dag_id=*/**/*.log*")])[:40]:
            report.sections.append((str(log.relative_to(cluster.home)), log.read_text()[-8_000:]))
    return report
