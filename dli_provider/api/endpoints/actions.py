"""The endpoints that act on jobs: run, stop, savepoints, delete.

Those for several jobs are always asked for one: their answers name no job, and vary in length.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from dli_provider.api.answers import error_of
from dli_provider.api.bodies import parse_json
from dli_provider.api.endpoints.call import Call, done
from dli_provider.api.errors import DliProtocolError
from dli_provider.api.messages import Response
from dli_provider.flink.arguments import parse_job_id, parse_savepoint_path


def run_flink_job(job_id: int | str, *, resume_savepoint: bool = False) -> Call[None]:
    """Return the call that starts a job (BatchRunFlinkJobs).

    :param job_id: the job, as an int or digits.
    :param resume_savepoint: whether it starts from its latest savepoint, or without state.
    :raises ValueError: for anything else.
    """
    number = parse_job_id(job_id)
    return _post(
        f"BatchRunFlinkJobs of job {number}",
        "/streaming/jobs/run",
        {"job_ids": [number], "resume_savepoint": _flag("resume_savepoint", resume_savepoint)},
        action="dli:jobs:start, and leave to submit jobs on the queue",
        if_unknown="read the job for two minutes; it was started if its status or its start_time changes",
    )


def stop_flink_job(job_id: int | str, *, trigger_savepoint: bool = False) -> Call[None]:
    """Return the call that stops a job (BatchStopFlinkJobs).

    :param job_id: the job, as an int or digits.
    :param trigger_savepoint: whether its state is saved first, in ``obs_bucket``.
    :raises ValueError: for anything else.
    """
    number = parse_job_id(job_id)
    return _post(
        f"BatchStopFlinkJobs of job {number}",
        "/streaming/jobs/stop",
        {"job_ids": [number], "trigger_savepoint": _flag("trigger_savepoint", trigger_savepoint)},
        action="dli:jobs:stop, and leave to cancel jobs on the queue",
        if_unknown="read the job; stop it again if it still runs after two minutes",
    )


def trigger_flink_savepoint(job_id: int | str, savepoint_path: str) -> Call[None]:
    """Return the call that saves the state of a running job (ExecuteFlinkJobSavepoint).

    :param job_id: the job, as an int or digits.
    :param savepoint_path: where to; see :func:`~dli_provider.flink.arguments.parse_savepoint_path`.
    :raises ValueError: for anything else.
    """
    number = parse_job_id(job_id)
    return _post(
        f"ExecuteFlinkJobSavepoint of job {number}",
        f"/streaming/jobs/{number}/savepoint",
        {"action": "TRIGGER", "savepoint_path": parse_savepoint_path("savepoint_path", savepoint_path)},
        action="dli:jobs:update",
        if_unknown="read the job; job_savepointing or another savepoint_path means that it was done",
        read=_read_savepoint,
    )


def import_flink_savepoint(job_id: int | str, savepoint_path: str) -> Call[None]:
    """Return the call that gives a job the state to start from (ImportFlinkJobSavepoint).

    :param job_id: the job, which must not run, as an int or digits.
    :param savepoint_path: the directory that holds ``_metadata``; see
        :func:`~dli_provider.flink.arguments.parse_savepoint_path`.
    :raises ValueError: for anything else.
    """
    number = parse_job_id(job_id)
    path = parse_savepoint_path("savepoint_path", savepoint_path).removesuffix("_metadata/")
    return _post(
        f"ImportFlinkJobSavepoint into job {number}",
        f"/streaming/jobs/{number}/import-savepoint",
        {"job_id": number, "savepoint_path": f"obs://{path}"},
        action="dli:jobs:update",
        if_unknown="the same savepoint may be imported again",
    )


def delete_flink_job(job_id: int | str) -> Call[None]:
    """Return the call that deletes a job, whatever its status (DeleteFlinkJob).

    :param job_id: the job, as an int or digits.
    :raises ValueError: for anything else.
    """
    number = parse_job_id(job_id)
    return Call(
        title=f"DeleteFlinkJob of job {number}",
        path=f"/streaming/jobs/{number}",
        method="DELETE",
        read=done,
        action="dli:jobs:delete",
        if_unknown="delete it again; DliNotFoundError means that it is gone",
    )


def _post(
    title: str,
    path: str,
    body: Mapping[str, Any],
    *,
    action: str,
    if_unknown: str,
    read: Callable[[Any], None] = done,
) -> Call[None]:
    return Call(
        title=title, path=path, method="POST", body=body, read=read, action=action, if_unknown=if_unknown
    )


def _flag(parameter: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{parameter} must be True or False, not {type(value).__name__}")


def _read_savepoint(content: Any) -> None:
    """Read an answer whose ``message`` may be a JSON object: an answer of its own, with its own success."""
    done(content)
    said = content.get("message") if isinstance(content, dict) else None
    if isinstance(said, str):
        with suppress(DliProtocolError):
            said = parse_json(said.encode("utf-8", "replace"))
    if isinstance(said, dict) and (error := error_of(Response(200, {}, json.dumps(said).encode()))):
        raise error
