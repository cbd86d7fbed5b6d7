"""Every parse of a DAG file pays for what operators, sensors and triggers import: Airflow's SDK, no more."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
try:
    from airflow.sdk import BaseOperator, BaseSensorOperator
    import airflow.sdk.configuration, airflow.sdk.exceptions
except ImportError:
    import airflow.models.baseoperator, airflow.models.connection, airflow.models.xcom, airflow.sensors.base
import airflow.configuration
from airflow.triggers.base import BaseTrigger
before = set(sys.modules)
__import__(sys.argv[1])
print(json.dumps(sorted(name.partition(".")[0] for name in set(sys.modules) - before)))
print(json.dumps(sorted(name for name in set(sys.modules) - before if name.startswith("dli_provider."))))
"""


@pytest.mark.parametrize(
    "module",
    [
        "dli_provider.sensors.flink",
        "dli_provider.operators.flink",
        "dli_provider.triggers.flink",
        "dli_provider.hooks.dli",
    ],
)
def test_loading_what_a_dag_file_imports_loads_no_client_model_or_http_library(module):
    run = subprocess.run([sys.executable, "-c", PROGRAM, module], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    families, ours = (json.loads(line) for line in run.stdout.splitlines()[-2:])
    assert not {"aiohttp", "requests", "pydantic", "pendulum"} & set(families)
    assert not [name for name in ours if name.startswith("dli_provider.api") or name.endswith(".job")]


def test_a_client_loads_the_fields_of_writes_only_when_it_writes():
    program = "import sys, dli_provider.api.client; print('dli_provider.flink.definition' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.stdout == "False\n", run.stderr


def test_a_connection_with_an_access_key_loads_no_other_kind_of_credential():
    program = """
import os, sys
os.environ["AIRFLOW_CONN_DLI_DEFAULT"] = (
    '{"conn_type": "huaweicloud_dli", "login": "AK", "password": "SK", "extra": {"region": "cn-north-4"}}'
)
from dli_provider.hooks.dli import DliHook
DliHook().get_conn()
print([kind for kind in ("aksk", "token", "agency") if f"dli_provider.api.auth.{kind}" in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.stdout.splitlines()[-1:] == ["['aksk']"], run.stderr
