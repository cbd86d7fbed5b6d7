"""The bodies of the requests that create and update jobs: their fields, and what each may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from dli_provider.emulator.http.messages import RefusalError, Request
from dli_provider.emulator.model.fields import JOB_TYPES
from dli_provider.emulator.services.parameters import invalid
from dli_provider.flink.arguments import MAX_JOB_ID

Check: TypeAlias = Callable[[Any], bool]
Fields: TypeAlias = Mapping[str, Check]

CHECKPOINT_MODES = {1: "exactly_once", 2: "at_least_once"}
"""Requests have numbers, answers have texts."""

MAX_SQL_LENGTH = 1024 * 1024

_RUN_MODES = {
    "shared_cluster": {"flink_sql_job"},
    "exclusive_cluster": {"flink_sql_job", "flink_opensource_sql_job"},
    "edge_node": {"flink_sql_edge_job"},
}
"""The types of SQL jobs that each mode runs."""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def text(maximum: int | None = None, minimum: int = 0) -> Check:
    """Check a text by its length."""
    return lambda value: isinstance(value, str) and minimum <= len(value) <= (maximum or len(value))


def whole(minimum: int, maximum: int = 2**31 - 1) -> Check:
    """Check a whole number by its limits."""
    return lambda value: _is_whole(value) and minimum <= value <= maximum


def flag(value: Any) -> bool:
    """Check a Boolean."""
    return isinstance(value, bool)


def texts(value: Any) -> bool:
    """Check a list of texts."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def ids(value: Any) -> bool:
    """Check a list of different job ids."""
    if not (isinstance(value, list) and value and all(whole(1, MAX_JOB_ID)(item) for item in value)):
        return False
    return len(set(value)) == len(value)


def tags(value: Any) -> bool:
    """Check a list of tags."""
    return isinstance(value, list) and all(
        isinstance(tag, dict) and set(tag) == {"key", "value"} and texts([*tag.values()]) for tag in value
    )


def _name(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z_-]{1,57}", value) is not None


_COMMON: Fields = {
    "name": _name,
    "desc": text(2048),
    "queue_name": text(128),
    "cu_number": whole(2, 400),
    "manager_cu_number": whole(1),
    "parallel_number": whole(1, 2000),
    "tm_cus": whole(1),
    "tm_slot_num": whole(1),
    "checkpoint_enabled": flag,
    "checkpoint_mode": whole(1, 2),
    "checkpoint_interval": whole(0),
    "log_enabled": flag,
    "obs_bucket": text(),
    "smn_topic": text(),
    "restart_when_exception": flag,
    "resume_checkpoint": flag,
    "resume_max_num": lambda value: value == -1 or whole(1)(value),
    "runtime_config": text(),
    "flink_log_config": text(),
    "flink_version": text(),
    "execution_agency_urn": text(),
    "resource_config_version": lambda value: value in ("v1", "v2"),
    "resource_config": lambda value: isinstance(value, dict),
}
_SQL: Fields = {
    **_COMMON,
    "sql_body": text(MAX_SQL_LENGTH),
    "run_mode": lambda value: isinstance(value, str) and value in _RUN_MODES,
    "idle_state_retention": whole(0),
    "edge_group_ids": texts,
    "dirty_data_strategy": text(),
    "udf_jar_url": text(),
}
_JAR: Fields = {
    **_COMMON,
    "main_class": text(),
    "entrypoint_args": text(),
    "entrypoint": text(),
    "dependency_jars": texts,
    "dependency_files": texts,
    "feature": lambda value: value in ("basic", "custom"),
    "image": text(),
    "checkpoint_path": text(),
}
CREATE_SQL: Fields = {
    **_SQL,
    "tags": tags,
    "template_id": whole(1),
    "job_type": lambda value: isinstance(value, str) and value in JOB_TYPES - {"flink_jar_job"},
}
UPDATE_SQL: Fields = {**_SQL, "operator_config": text(), "static_estimator_config": text()}
CREATE_JAR: Fields = {**_JAR, "desc": text(512), "tags": tags}
UPDATE_JAR: Fields = {**_JAR, "job_type": lambda value: value == "flink_jar_job"}


def parse_body(request: Request, fields: Fields, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the body of a request, without its nulls.

    :param request: the request.
    :param fields: the fields that it may have, each with its check.
    :param required: the fields that it must have.
    :raises RefusalError: for anything but a JSON object, and for an unknown, missing or wrong field.
    """
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusalError(400, "DLI.0001", "The request body is not a JSON object.")
    given = {name: value for name, value in body.items() if value is not None}
    for name, value in given.items():
        if name not in fields or not fields[name](value):
            raise invalid(name, value)
    for name in required:
        if name not in given:
            raise RefusalError(400, "DLI.0001", f"Parameter {name} is missing.")
    return given


def check_run_mode(run_mode: str, job_type: str) -> None:
    """Refuse a type of SQL job that a mode doesn't run."""
    if job_type not in _RUN_MODES[run_mode]:
        raise invalid("job_type", f"{job_type} with run_mode {run_mode}")
