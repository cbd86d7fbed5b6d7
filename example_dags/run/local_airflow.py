"""An Airflow that lives in this checkout: its settings, and the jobs of the DLI that it talks to."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "example_dags"
AIRFLOW = Path(sys.executable).with_name("airflow")


def settings(home: Path, connection: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of an Airflow that knows the examples, and writes nowhere but in its home.

    What the caller's own environment says of Airflow is left out: it could name a database that others use.

    :param home: the folder for its database, logs and configuration.
    :param connection: the connection ``dli_default``.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    no_proxy = ",".join(filter(None, ("127.0.0.1,localhost", own.get("no_proxy") or own.get("NO_PROXY"))))
    return own | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_DLI_DEFAULT": json.dumps(connection),
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PATH": f"{AIRFLOW.parent}{os.pathsep}{own.get('PATH', os.defpath)}",
        "TMPDIR": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "no_proxy": no_proxy,
        "NO_PROXY": no_proxy,
    }


def add_jobs(dli: DliEmulator, *, slowness: float = 1.0) -> None:
    """Give the emulated DLI the jobs that the examples ask for, some of them sick; their lives begin anew.

    :param dli: the emulator.
    :param slowness: multiplies the time that a passing status lasts.
    """

    def add(job_id: int, name: str, *lifecycle: tuple[str, float | None], **detail: Any) -> None:
        lives = [(status, None if seconds is None else seconds * slowness) for status, seconds in lifecycle]
        config = _CONFIG | detail.pop("job_config", {})
        dli.add_job(job_id, lifecycle=lives, name=name, job_config=config, **detail)

    add(104, "orders-enrichment", ("job_init", 2.0), ("job_submitting", 3.5), ("job_running", None))
    add(201, "payments-fraud", ("job_running", None))
    add(
        *(202, "clicks-sessions", ("job_running", 5.0), ("job_running_exception", None)),
        status_desc="Checkpoint expired before completing",
        restart_times=7,
    )
    add(203, "inventory-sync", ("job_submit_fail", None), status_desc="The queue has no CUs left")
    add(
        *(204, "audit-archive", ("job_running", None)),
        job_config={"checkpoint_enabled": False, "parallel_number": 1},
    )
    an_hour_ago = int((time.time() - 3600) * 1000)
    add(205, "search-index", ("job_submitting", None), start_time=an_hour_ago)


_CONFIG = {
    "checkpoint_enabled": True,
    "checkpoint_interval": 60,
    "cu_number": 5,
    "flink_version": "1.15",
    "obs_bucket": "orders-checkpoints",
    "parallel_number": 4,
    "restart_when_exception": True,
}
