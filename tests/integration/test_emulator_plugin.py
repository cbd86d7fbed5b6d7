"""The pytest plugin, in the test suite of somebody who uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CHECKOUT = Path(__file__).parents[2]
OPT_IN = 'pytest_plugins = ["dli_provider.emulator.pytest_plugin"]'
USERS_TESTS = """
    import os
    import pytest
    from dli_provider.hooks.dli import DliHook

    seen = []

    def test_dli_default_leads_to_it(dli_emulator):
        dli_emulator.add_job(104, status="job_running", name="orders")
        assert DliHook().show_flink_job(104).name == "orders"
        assert [request.operation for request in dli_emulator.requests] == ["show"]
        assert [request.status for request in dli_emulator.requests_of("show")] == [200]
        assert dli_emulator.requests_of("list") == []
        seen.append(dli_emulator.url)

    def test_every_test_has_one_of_its_own(dli_emulator):
        assert len(dli_emulator.jobs) == 0
        assert [*DliHook().list_flink_jobs()] == []
        seen.append(dli_emulator.url)

    def test_nothing_of_it_is_left_behind():
        import urllib.error, urllib.request
        assert "AIRFLOW_CONN_DLI_DEFAULT" not in os.environ
        assert len(seen) == 2
        for url in seen:
            with pytest.raises(urllib.error.URLError):
                urllib.request.urlopen(url, timeout=5)
"""
CONNECTIONS = """
    import os
    import pytest
    from dli_provider.hooks.dli import DliHook

    def connections():
        return sorted(name for name in os.environ if name.startswith("AIRFLOW_CONN_DLI"))

    def test_the_suite_names_its_connections(dli_emulator):
        assert connections() == ["AIRFLOW_CONN_DLI_OLD", "AIRFLOW_CONN_DLI_PROD"]
        assert [*DliHook("dli_prod").list_flink_jobs()] == []

    @pytest.mark.dli_emulator("dli_test", region="cn-east-3")
    def test_a_test_names_its_own_and_more(dli_emulator):
        assert connections() == ["AIRFLOW_CONN_DLI_TEST"]
        assert dli_emulator.region == "cn-east-3"

    @pytest.mark.dli_emulator(project_id="p1")
    def test_a_marker_need_not_name_connections(dli_emulator):
        assert connections() == ["AIRFLOW_CONN_DLI_OLD", "AIRFLOW_CONN_DLI_PROD"]
        assert dli_emulator.project_id == "p1"
"""
LATE_IMPORT = """
    import sys

    def test_the_emulator_is_not_imported_before_it_is_used(request):
        loaded = [name for name in sys.modules if name.startswith(("aiohttp", "dli_provider", "airflow"))]
        package = "dli_provider.emulator"
        assert sorted(loaded) == ["dli_provider", package, f"{package}.pytest_plugin"]
        request.getfixturevalue("dli_emulator")
        assert "aiohttp" in sys.modules
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """The folder of somebody's tests."""
    monkeypatch.delenv("AIRFLOW_CONN_DLI_DEFAULT", raising=False)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    return pytester


def test_each_test_gets_a_dli_that_the_default_connection_leads_to(suite):
    suite.makeconftest(OPT_IN)
    suite.makepyfile(USERS_TESTS)
    suite.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_the_connections_and_the_emulator_s_arguments_can_be_named(suite):
    suite.makeini(
        "[pytest]\naddopts = --strict-markers --strict-config\n"
        "asyncio_default_fixture_loop_scope = function\n"
        "dli_emulator_conn_ids = dli_prod dli_old"
    )
    suite.makeconftest(OPT_IN)
    suite.makepyfile(CONNECTIONS)
    suite.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


@pytest.mark.parametrize("asks_too", [False, True], ids=["installed", "installed and asked for"])
def test_where_the_package_is_installed_pytest_finds_the_fixture_by_itself(suite, asks_too):
    installed = suite.mkdir("installed") / "dli_provider-1.0.dist-info"
    installed.mkdir()
    points = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: dli-provider\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "\n".join(["[pytest11]", *(f"{name} = {module}" for name, module in points.items())])
    )
    suite.makeconftest(OPT_IN if asks_too else "")
    suite.makepyfile(LATE_IMPORT)
    path = os.pathsep.join([str(CHECKOUT), str(installed.parent)])
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:anyio", "-q"],
        env={**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""},
        cwd=suite.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
