"""The Airflow connections that the emulator gives away lead to it, each by its own kind of credential."""

from __future__ import annotations

import json

import pytest
from new_process import forget_all

from dli_provider.emulator import DliEmulator
from dli_provider.hooks.dli import DliHook


@pytest.mark.parametrize(
    ("connection", "operations"),
    [
        ("connection", ["show"]),
        ("password_connection", ["token", "show"]),
        ("agency_connection", ["metadata_session", "metadata_key", "show"]),
    ],
)
def test_each_connection_reads_a_job_by_its_own_credential(connection, operations, monkeypatch):
    forget_all()
    with DliEmulator() as dli:
        dli.add_job(104, status="job_running")
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(getattr(dli, connection)))
        assert DliHook().show_flink_job(104).status == "job_running"
        assert [request.operation for request in dli.requests] == operations
