"""The sample jobs, which the example DAGs use: some are healthy, the others have different problems."""

from __future__ import annotations

from typing import Any

from dli_provider.emulator.model.job import EmulatedJob
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
_SALES = """\
-- What is sold in a region, by product. example_dli_deploy.py renders it for each region.
CREATE TABLE orders (product STRING, amount DECIMAL(10, 2))
WITH ('connector' = 'kafka', 'topic' = 'orders-eu', 'format' = 'json',
      'properties.bootstrap.servers' = 'kafka:9092', 'scan.startup.mode' = 'group-offsets');

CREATE TABLE sales (product STRING, total DECIMAL(10, 2), PRIMARY KEY (product) NOT ENFORCED)
WITH ('connector' = 'upsert-kafka', 'topic' = 'sales-eu', 'key.format' = 'json',
      'value.format' = 'json', 'properties.bootstrap.servers' = 'kafka:9092');

INSERT INTO sales
SELECT product, SUM(amount)
FROM orders
GROUP BY product;
"""
"""The SQL that ``example_dli_deploy`` deploys, as it was before its last change."""


def add_sample_jobs(emulator: DliEmulator, *, slowness: float = 1.0) -> None:
    """Add the jobs, or let them begin again. Job 104 runs some seconds after it is first read.

    :param emulator: gets the jobs.
    :param slowness: multiplies the seconds of their statuses, but not those of later runs and stops, which
        the emulator's ``behaviour`` sets.
    """

    def add(job_id: int, name: str, *lifecycle: tuple[str, float | None], **detail: Any) -> EmulatedJob:
        steps = [(status, None if seconds is None else seconds * slowness) for status, seconds in lifecycle]
        config = _CONFIG | detail.pop("job_config", {})
        return emulator.add_job(job_id, steps, name=name, job_config=config, **detail)

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
    batch = add(206, "orders-daily", ("job_finish", None))
    batch.set_run([("job_submitting", 5.0), ("job_running", 10.0), ("job_finish", None)])
    add(
        *(207, "sales-eu", ("job_running", None)),
        job_type="flink_opensource_sql_job",
        queue_name="streaming",
        sql_body=_SALES,
        job_config={"obs_bucket": "sales-state", "parallel_number": 2},
    )
