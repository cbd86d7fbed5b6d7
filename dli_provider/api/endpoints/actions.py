"""The endpoints that act on jobs: run, stop, savepoints, delete.

Those for several jobs are always asked for one: their answers name no job, and vary in length.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from dli_provider.api.answers import error_of
from dli_provider.api.bodies import parse_json
from dli_provider.api.endpoints.call import Call, done
from dli_provider.api.errors import DliProtocolError
from dli_provider.api.messages import Response
from dli_provider.flink.arguments import parse_job_id, parse_savepoint_path


def run_flink_job(job_id: int | str, *, resume_savepoint: bool = False) -> Call[None]:
    """Start a job (BatchRunFlinkJobs)."""
    number = parse_job_id(job_id)
    return Call(
        title=f"BatchRunFlinkJobs of job {number}",
        method="POST",
        path="/streaming/jobs/run",
        body={"job_ids": [number], "resume_savepoint": _flag("resume_savepoint", resume_savepoint)},
        read=done,
        action="dli:jobs:start, and leave to submit jobs on the queue",
        if_unknown="read the job for two minutes; it was started if its status or its start_time changes",
    )


def stop_flink_job(job_id: int | str, *, trigger_savepoint: bool = False) -> Call[None]:
    """Stop a job (BatchStopFlinkJobs)."""
    number = parse_job_id(job_id)
    return Call(
        title=f"BatchStopFlinkJobs of job {number}",
        method="POST",
        path="/streaming/jobs/stop",
        body={"job_ids": [number], "trigger_savepoint": _flag("trigger_savepoint", trigger_savepoint)},
        read=done,
        action="dli:jobs:stop, and leave to cancel jobs on the queue",
        if_unknown="read the job; stop it again if it still runs after two minutes",
    )


def trigger_flink_savepoint(job_id: int | str, savepoint_path: str) -> Call[None]:
    """Save the state of a running job (ExecuteFlinkJobSavepoint)."""
    number = parse_job_id(job_id)
    path = parse_savepoint_path("savepoint_path", savepoint_path)
    return Call(
        title=f"ExecuteFlinkJobSavepoint of job {number}",
        method="POST",
        path=f"/streaming/jobs/{number}/savepoint",
        body={"action": "TRIGGER", "savepoint_path": path},
        read=_read_savepoint,
        action="dli:jobs:update",
        if_unknown="read the job; job_savepointing or another savepoint_path means that it was done",
    )


def import_flink_savepoint(job_id: int | str, savepoint_path: str) -> Call[None]:
    """Give a job that doesn't run the state to start from (ImportFlinkJobSavepoint)."""
    number = parse_job_id(job_id)
    path = parse_savepoint_path("savepoint_path", savepoint_path).removesuffix("_metadata/")
    return Call(
        title=f"ImportFlinkJobSavepoint into job {number}",
        method="POST",
        path=f"/streaming/jobs/{number}/import-savepoint",
        body={"job_id": number, "savepoint_path": f"obs://{path}"},
        read=done,
        action="dli:jobs:update",
        if_unknown="the same savepoint may be imported again",
    )


def delete_flink_job(job_id: int | str) -> Call[None]:
    """Delete a job, whatever its status (DeleteFlinkJob)."""
    number = parse_job_id(job_id)
    return Call(
        title=f"DeleteFlinkJob of job {number}",
        method="DELETE",
        path=f"/streaming/jobs/{number}",
        read=done,
        action="dli:jobs:delete",
        if_unknown="delete it again; DliNotFoundError means that it is gone",
    )


def _flag(parameter: str, value: object) -> bool:
    """Return a flag of a write, checked; like all that a write is given, the value isn't shown."""
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
