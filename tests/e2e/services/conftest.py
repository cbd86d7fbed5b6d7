"""What the tests in this folder need beside Python: PostgreSQL, Redis, a browser, and an Airflow on top.

The machine's zone is another than UTC for all of Airflow's processes, and so is Airflow's default one.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from browser import open_chromium
from hostile_answers import list_answer
from hostile_dli import HostileDli
from installation import Airflow
from local_airflow import EXAMPLES, settings
from rest import IS_AIRFLOW_2, RestApi

from dli_provider.emulator import DliEmulator

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

DAGS = Path(__file__).with_name("dags")
CONSOLE = "https://console.example.com/dli"
LOGS = ("*.log", "logs/dag_id=*/**/*.log*")


def with_console(connection: dict[str, Any]) -> dict[str, Any]:
    """Return a connection that names a console by the address that a user would write."""
    return connection | {"extra": connection["extra"] | {"console_url": CONSOLE + "/{project_id}/{job_id}"}}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL without anything in it yet; it never runs as root."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (found[-1] if found else None)
    if initdb is None:
        pytest.fail("PostgreSQL's server is missing: apt-get install postgresql")
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
            yield f"postgresql://airflow@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **common)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis that keeps nothing."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.fail("Redis is missing: apt-get install redis-server")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
    with (folder / "redis.log").open("w") as log:
        process = psutil.Popen([server, *options], stdout=log, stderr=subprocess.STDOUT)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="session")
def dli() -> Iterator[DliEmulator]:
    """The emulated DLI behind ``dli_waits``, the connection of the DAGs in this folder."""
    with DliEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def example_dli() -> Iterator[DliEmulator]:
    """The emulated DLI behind ``dli_default``, the connection of the examples."""
    with DliEmulator() as emulator:
        yield emulator


@pytest.fixture(scope="session")
def watched_dli() -> Iterator[DliEmulator]:
    """The emulated DLI behind ``dli_watched``, which a triggerer of Airflow 3 watches all the time."""
    with DliEmulator() as emulator:
        for job_id, status in enumerate(("job_running", "job_running_exception", "job_running"), 1):
            emulator.add_job(job_id, [(status, None)])
        yield emulator


@pytest.fixture(scope="session")
def hostile_dli() -> Iterator[HostileDli]:
    """What pretends to be the DLI behind ``dli_hostile``: it lists no jobs, until a test says otherwise."""
    with HostileDli(lambda _: list_answer([], 0)) as server:
        yield server


@pytest.fixture(scope="session")
def airflow(
    postgresql: str,
    dli: DliEmulator,
    example_dli: DliEmulator,
    watched_dli: DliEmulator,
    hostile_dli: HostileDli,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Airflow]:
    """An Airflow with all its processes but the triggerer."""
    home, port = tmp_path_factory.mktemp("airflow"), str(free_port())
    (home / "dags").mkdir()
    for folder in (DAGS, EXAMPLES):
        (home / "dags" / folder.name).symlink_to(folder)
    (home / "webserver_config.py").write_text('AUTH_ROLE_PUBLIC = "Admin"\n')  # of Airflow 2
    address = f"http://127.0.0.1:{port}"
    own = {
        "AIRFLOW_CONN_DLI_HOSTILE": json.dumps(hostile_dli.connection),
        "AIRFLOW_CONN_DLI_WAITS": json.dumps(dli.connection),
        "AIRFLOW_CONN_DLI_WATCHED": json.dumps(watched_dli.connection),
        "AIRFLOW_CONN_OF_ANOTHER_PROVIDER": json.dumps(dli.connection | {"conn_type": "huaweicloud"}),
        "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "system",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": "",  # so that a test can read what the database holds
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "1000",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgresql.replace("postgresql:", "postgresql+psycopg2:"),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "10",
        "AIRFLOW__WEBSERVER__ACCESS_LOGFILE": "/dev/null",
        "TZ": "America/St_Johns",
    }
    environment = settings(home, with_console(example_dli.connection)) | own
    installation = Airflow(home, environment, database=postgresql, api=RestApi(address))
    on_terminate = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        installation.run("db", "migrate")
        installation.start_scheduler()
        if IS_AIRFLOW_2:
            installation.start("webserver", "--hostname", "127.0.0.1", "--port", port, "--workers", "1")
        else:
            installation.start("dag-processor")
            installation.start("api-server", "--host", "127.0.0.1", "--port", port, "--workers", "1")
        installation.until(installation.api.is_up, "the web server answers")
        yield installation
    finally:
        installation.stop(*installation.lasting)
        signal.signal(signal.SIGTERM, on_terminate)


@pytest.fixture(scope="module")
def triggerer(airflow: Airflow) -> Iterator[psutil.Popen]:
    """A triggerer for all tests of a module."""
    with airflow.triggerer() as process:
        yield process


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser without a window."""
    chrome = open_chromium(tmp_path_factory.mktemp("chromium"), width=1100, height=1700)
    yield chrome
    chrome.quit()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the browser shows, and what Airflow's processes and tasks logged."""
    report = yield
    fixtures = getattr(item, "funcargs", {})
    if report.failed and (chrome := fixtures.get("chromium")):
        report.sections.append(("The browser shows", chrome.find_element("tag name", "body").text))
    if report.failed and (installation := fixtures.get("airflow")):
        logs = sorted(path for pattern in LOGS for path in installation.home.glob(pattern))
        newest = sorted(logs, key=lambda path: path.stat().st_mtime)[-20:]
        for log in newest:
            report.sections.append((str(log.relative_to(installation.home)), log.read_text()[-8_000:]))
    return report
