"""A local Airflow in this checkout: its settings, and the jobs of its emulated DLI."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dli_provider.emulator.samples import add_sample_jobs

add_jobs = add_sample_jobs

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "example_dags"
AIRFLOW = Path(sys.executable).with_name("airflow")


def settings(home: Path, connection: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the environment of an Airflow that has the examples, and writes only to its home.

    The caller's own ``AIRFLOW_`` variables are left out, because they could name a database that others use.

    :param home: the folder for its database, logs and configuration.
    :param connection: the connection ``dli_default``; None if it is in the database.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    no_proxy = ",".join(filter(None, ("127.0.0.1,localhost", own.get("no_proxy") or own.get("NO_PROXY"))))
    if connection is not None:
        own["AIRFLOW_CONN_DLI_DEFAULT"] = json.dumps(connection)
    return own | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PATH": f"{AIRFLOW.parent}{os.pathsep}{own.get('PATH', os.defpath)}",
        "TMPDIR": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "no_proxy": no_proxy,
        "NO_PROXY": no_proxy,
    }
