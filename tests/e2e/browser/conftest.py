"""A browser, and a web server of Airflow for it to look at."""

from __future__ import annotations

import importlib.metadata
import shutil
import socket
import subprocess
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests
from local_airflow import AIRFLOW

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")
START_LIMIT = 120
CHROMIUM_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-proxy-server", "--window-size=1100,1700"),
)
SERVER_SETTINGS = {
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__WEBSERVER__ACCESS_LOGFILE": "/dev/null",
}
LOG = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser without a window; the tests that want one are skipped where there is none."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs Selenium: pip install selenium")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for option in (*CHROMIUM_OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(option)
    chrome = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def web_server(chromium: Chrome, local_airflow: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of Airflow's web server; its user ``admin`` has the password ``admin``, if it asks."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    command, health = ["api-server", "--host", "127.0.0.1"], "api/v2/monitor/health"
    if IS_AIRFLOW_2:
        command, health = ["webserver", "--hostname", "127.0.0.1"], "health"
        person = (
            "-u",
            "admin",
            "-p",
            "admin",
            "-r",
            "Admin",
            "-e",
            "admin@example.com",
            "-f",
            "A",
            "-l",
            "B",
        )
        made = local_airflow.run("users", "create", *person)
        assert made.returncode == 0, made.stdout
    log = request.node.stash[LOG] = local_airflow.home / "web-server.log"
    with log.open("w") as output:
        server = psutil.Popen(
            [AIRFLOW, *command, "--port", port, "--workers", "1"],
            env=local_airflow.environment | SERVER_SETTINGS,
            cwd=local_airflow.home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(server, f"http://127.0.0.1:{port}/{health}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(server)


def wait_for(server: psutil.Popen, address: str, log: Path) -> None:
    """Return as soon as a server answers; fail with its log when it ends or says nothing."""
    deadline = time.monotonic() + START_LIMIT
    with requests.Session() as session:
        session.trust_env = False
        while server.poll() is None and time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if session.get(address, timeout=5).ok:
                    return
            time.sleep(0.2)
    raise AssertionError(f"The web server doesn't answer. Its log:\n{log.read_text()}")


def stop(server: psutil.Popen) -> None:
    """Stop a server and all that it started, and wait for their end."""
    family = [server]
    with suppress(psutil.NoSuchProcess):
        family += server.children(recursive=True)
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for process in family:
            with suppress(psutil.NoSuchProcess):
                end(process)
        _, family = psutil.wait_procs(family, timeout=15)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the browser shows and what the web server logged."""
    report = yield
    module = item.getparent(pytest.Module)
    if report.failed and module is not None and (log := module.stash.get(LOG, None)):
        if chrome := getattr(item, "funcargs", {}).get("chromium"):
            report.sections.append(("The browser shows", chrome.find_element("tag name", "body").text))
        report.sections.append(("Log of the web server", log.read_text()[-20_000:]))
    return report
