"""The fields of a job in answers: their names, places and defaults."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from dli_provider.emulator import validation
from dli_provider.flink.arguments import nearest
from dli_provider.flink.job import FlinkJob, JobConfig

JOB_TYPES = frozenset({"flink_sql_job", "flink_opensource_sql_job", "flink_sql_edge_job", "flink_jar_job"})

DEFAULT_DETAIL: dict[str, Any] = {
    "desc": "",
    "sql_body": "",
    "run_mode": "exclusive_cluster",
    "job_type": "flink_jar_job",
    "main_class": None,
    "entrypoint_args": None,
    "execution_graph": None,
    "status_desc": "",
}
DEFAULT_CONFIG: dict[str, Any] = {
    "checkpoint_enabled": False,
    "checkpoint_interval": 10,
    "checkpoint_mode": "exactly_once",
    "log_enabled": False,
    "obs_bucket": None,
    "root_id": -1,
    "edge_group_ids": None,
    "graph_editor_enabled": False,
    "graph_editor_data": "",
    "manager_cu_number": 1,
    "executor_number": None,
    "executor_cu_number": None,
    "cu_number": 2,
    "parallel_number": 1,
    "smn_topic": None,
    "restart_when_exception": False,
    "idle_state_retention": 3600,
    "config_url": None,
    "udf_jar_url": None,
    "dirty_data_strategy": None,
    "entrypoint": "job.jar",
    "dependency_jars": [],
    "dependency_files": [],
}
"""The keys, nulls and defaults of the first sample answer of the ShowFlinkJob page."""

ONLY_IN_BRIEF = frozenset({"user_name", "duration", "root_id"})
"""Fields that only a list without detail shows."""

ONLY_IN_DETAIL = frozenset(
    {
        *("user_id", "project_id", "sql_body", "run_mode", "job_config", "main_class", "entrypoint_args"),
        *("execution_graph", "update_time"),
    }
)
"""Fields that a list without detail does not show."""

_DETAIL_NAMES = frozenset({*FlinkJob.model_fields, "tags"})
_CONFIG_NAMES = frozenset(JobConfig.model_fields)
_NO_FIELDS = {
    "job_id": "a job keeps its id; add_job adds another",
    "status": "set_status changes it",
    "lifecycle": "set_lifecycle changes it",
    "begins": "it is said when the job is added",
}


def parse_fields(detail: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return fields of ``job_detail`` and of ``job_config`` as JSON values.

    :param detail: fields of ``job_detail``, ``job_config`` among them.
    :raises ValueError: for an unknown field or ``job_type``, and for a value that JSON can't hold.
    """
    for name in _NO_FIELDS.keys() & detail.keys():
        raise ValueError(f"{name} is no field to be given: {_NO_FIELDS[name]}")
    for name in detail.keys() - _DETAIL_NAMES:
        raise _unknown(name, "job_detail", _DETAIL_NAMES)
    fields, config = parse_extra(detail)
    for name in config.keys() - _CONFIG_NAMES:
        raise _unknown(name, "job_config", _CONFIG_NAMES)
    if fields.get("job_type", "flink_jar_job") not in JOB_TYPES:
        known = ", ".join(sorted(JOB_TYPES))
        hint = nearest(fields["job_type"], JOB_TYPES)
        raise ValueError(
            f"job_type {fields['job_type']!r:.80} is unknown: DLI has {known}{hint or '.'} {_HOW_TO_BE_ODD}"
        )
    if "root_id" in fields:
        config["root_id"] = fields.pop("root_id")
    return fields, config


def parse_extra(detail: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return fields of any name as JSON values.

    :param detail: fields of ``job_detail``, ``job_config`` among them.
    :raises ValueError: for a value that JSON can't hold.
    """
    fields = {name: _as_json(name, value) for name, value in detail.items()}
    config = fields.pop("job_config", {})
    if not isinstance(config, dict):
        raise validation.invalid("job_config", "a mapping", config)
    return fields, config


def fill_in_checkpoint_path(config: dict[str, Any], job_id: int) -> None:
    """Set the ``checkpoint_path`` of a JAR job that starts, as the service does if it has a bucket."""
    bucket = config["obs_bucket"]
    if config["checkpoint_enabled"] and bucket and not config.get("checkpoint_path"):
        config["checkpoint_path"] = f"{bucket}/jobs/checkpoint/{job_id}"


_HOW_TO_BE_ODD = "To emulate what DLI may introduce some day, put it into extra={...}"


def _unknown(name: str, where: str, known: Collection[str]) -> ValueError:
    if where == "job_detail" and name in _CONFIG_NAMES:
        return ValueError(f"{name} is a field of job_config: give job_config={{{name!r}: ...}}")
    return ValueError(f"{name} is no field of {where}{nearest(name, known) or '.'} {_HOW_TO_BE_ODD}")


def _as_json(name: str, value: object) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} {value} has no time zone: give it one, or epoch milliseconds")
        return round(value.timestamp() * 1000)
    try:
        text = json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} can't be part of an answer in JSON: {error}") from None
    return json.loads(text)
