"""A small fleet of jobs to try things on: most are well, a few are sick in different ways."""

from __future__ import annotations

from typing import Any

from dli_provider.emulator.server import DliEmulator

_SOUND = {"checkpoint_enabled": True, "restart_when_exception": True, "parallel_number": 4, "cu_number": 6}


def add_sample_jobs(emulator: DliEmulator) -> None:
    """Add jobs 104 to 111: 104 starts running a few seconds from now, 108 to 111 are sick."""
    running = [("job_running", None)]
    starting = [("job_init", 3.0), ("job_submitting", 4.0), ("job_running", None)]
    _add(emulator, 104, "orders_to_lake", starting)
    _add(emulator, 105, "clicks_enrichment", running)
    _add(emulator, 106, "payments_fraud", running, restart_times=1)
    _add(emulator, 107, "inventory_cdc", [("job_savepointing", 30.0), ("job_running", None)])
    _add(
        emulator,
        108,
        "sessions_rollup",
        [("job_running_exception", None)],
        status_desc="java.lang.OutOfMemoryError: Java heap space",
        restart_times=3,
    )
    _add(
        emulator,
        109,
        "devices_ingest",
        [("job_submit_fail", None)],
        status_desc="Queue etl has not enough CUs: 6 needed, 2 free",
    )
    _add(emulator, 110, "ads_attribution", running, restart_times=42)
    unsafe = {"checkpoint_enabled": False, "parallel_number": 1}
    _add(emulator, 111, "audit_trail", running, job_config=unsafe)


def _add(emulator: DliEmulator, job_id: int, name: str, lifecycle: Any, **detail: Any) -> None:
    config = _SOUND | detail.pop("job_config", {})
    fields: dict[str, Any] = {"queue_name": "etl", "job_type": "flink_opensource_sql_job", "restart_times": 0}
    emulator.add_job(job_id, lifecycle, name=name, job_config=config, **(fields | detail))
