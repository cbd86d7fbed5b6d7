"""The pytest plugin, in the test suite of somebody who uses it."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

USERS_TESTS = """
    import os
    import pytest
    from dli_provider.hooks.dli import DliHook

    seen = []

    def test_dli_default_leads_to_it(dli_emulator):
        dli_emulator.add_job(104, status="job_running", name="orders")
        assert DliHook().show_flink_job(104).name == "orders"
        assert [request.operation for request in dli_emulator.requests] == ["show"]
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


@pytest.fixture
def suite(pytester, monkeypatch):
    """The folder of somebody's tests."""
    monkeypatch.delenv("AIRFLOW_CONN_DLI_DEFAULT", raising=False)
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    return pytester


def test_gives_each_test_a_dli_that_the_default_connection_leads_to(suite):
    suite.makeconftest('pytest_plugins = ["dli_provider.emulator.pytest_plugin"]')
    suite.makepyfile(USERS_TESTS)
    suite.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_is_not_there_for_who_did_not_opt_in(suite):
    suite.makepyfile("def test_it(dli_emulator): ...")
    result = suite.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'dli_emulator' not found*"])
