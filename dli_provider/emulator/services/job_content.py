"""Turns the fields of a request into those of a job: where they belong, and how answers spell them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dli_provider.emulator.http.messages import RefusalError
from dli_provider.emulator.services.job_bodies import CHECKPOINT_MODES

HOT_FIELDS = frozenset(
    {"smn_topic", "restart_when_exception", "resume_checkpoint", "resume_max_num", "obs_bucket"}
)
"""The fields that can be changed while a job runs; of JAR jobs ``checkpoint_path`` too."""

_IN_DETAIL = frozenset(
    {
        *("name", "desc", "queue_name", "sql_body", "run_mode", "job_type", "main_class", "entrypoint_args"),
        "tags",
    }
)
_SPEC = {"cpu": 1, "memory": "4G"}
NEW_SQL_JOB: dict[str, Any] = {"queue_name": "", "entrypoint": ""}
NEW_JAR_JOB: dict[str, Any] = {
    **NEW_SQL_JOB,
    "checkpoint_interval": 30,
    "resume_max_num": -1,
    "resource_config_version": "v1",
    "resource_config": {
        "max_slot": 1,
        "parallel_number": 1,
        "jobmanager_resource_spec": _SPEC,
        "taskmanager_resource_spec": _SPEC,
    },
}
"""The fields that the service sets in a new job."""


def content_of(body: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``job_detail``, ``job_config`` among them, that a request sets.

    :param body: the request's fields.
    :param present: ``obs_bucket`` and ``checkpoint_enabled`` of the job as it is.
    :raises RefusalError: for fields that contradict each other.
    """
    detail = {name: value for name, value in body.items() if name in _IN_DETAIL}
    config = {name: value for name, value in body.items() if name not in _IN_DETAIL | {"template_id"}}
    if "checkpoint_mode" in config:
        config["checkpoint_mode"] = CHECKPOINT_MODES[config["checkpoint_mode"]]
    if "resource_config" in config:
        config["resource_config"] = _with_short_units(config["resource_config"])
    if config.get("checkpoint_path"):
        if config.get("checkpoint_enabled", present.get("checkpoint_enabled")):
            message = "checkpoint_path can not be given when checkpoint_enabled is true."
            raise RefusalError(400, "DLI.0001", message)
        config["checkpoint_path"] = _in_bucket(
            config["checkpoint_path"], config.get("obs_bucket", present.get("obs_bucket"))
        )
    return detail | {"job_config": config}


def _in_bucket(path: str, bucket: str | None) -> str:
    path = path.removeprefix("obs://")
    return path if not bucket or path.startswith(f"{bucket}/") else f"{bucket}/{path.lstrip('/')}"


def _with_short_units(value: Any) -> Any:
    """Return a resource configuration as answers spell it: ``8G`` for ``8 GB``."""
    if isinstance(value, dict):
        return {
            name: re.sub(r"\s*([GM])B?$", r"\1", item)
            if name == "memory" and isinstance(item, str)
            else _with_short_units(item)
            for name, item in value.items()
        }
    return value
