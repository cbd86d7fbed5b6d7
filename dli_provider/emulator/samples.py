"""The jobs to try things on, which the example DAGs ask for: two are well, the others are sick in their own
ways."""

from __future__ import annotations

from typing import Any

from dli_provider.emulator.server import DliEmulator

_CONFIG = {
    "checkpoint_enabled": True,
    "checkpoint_interval": 60,
    "cu_number": 5,
    "flink_version": "1.15",
    "obs_bucket": "orders-checkpoints",
    "parallel_number": 4,
    "restart_when_exception": True,
}


def add_sample_jobs(emulator: DliEmulator, *, slowness: float = 1.0) -> None:
    """Add the jobs, or let their lives begin again. Job 104 runs some seconds after it is first read.

    :param emulator: where they are added.
    :param slowness: multiplies the seconds that a passing status lasts.
    """

    def add(job_id: int, name: str, *lifecycle: tuple[str, float | None], **detail: Any) -> None:
        steps = [(status, None if seconds is None else seconds * slowness) for status, seconds in lifecycle]
        config = _CONFIG | detail.pop("job_config", {})
        emulator.add_job(job_id, steps, name=name, job_config=config, **detail)

    add(
        *(104, "orders-enrichment", ("job_init", 2.0), ("job_submitting", 3.5), ("job_running", None)),
        begins="first_read",
    )
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
    an_hour_ago = int((emulator.clock.time() - 3600) * 1000)
    add(205, "search-index", ("job_submitting", None), start_time=an_hour_ago)
