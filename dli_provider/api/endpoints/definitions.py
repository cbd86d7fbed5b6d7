"""The endpoints that create jobs and change their definitions.

The fields that these take are loaded when they are needed: most tasks only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from dli_provider.api.endpoints.call import Call, done, object_of
from dli_provider.api.errors import DliProtocolError
from dli_provider.flink.arguments import is_blank, parse_job_id
from dli_provider.masking import printable

if TYPE_CHECKING:
    from dli_provider.flink.definition import JarJobChanges, NewJarJobFields, NewSqlJobFields, SqlJobChanges

_SQL_JOBS, _JAR_JOBS = "/streaming/sql-jobs", "/streaming/flink-jobs"

_JOB_TYPES = {"shared_cluster": "flink_sql_job", "edge_node": "flink_sql_edge_job"}
"""The only type of SQL job that a mode runs, for the modes that run one only."""


def create_flink_sql_job(name: str, *, sql_body: str | None, **fields: Unpack[NewSqlJobFields]) -> Call[int]:
    """Create a SQL job (CreateFlinkSqlJob), and return its id.

    ``run_mode`` and ``job_type`` get defaults here: the API's own contradict each other.
    """
    from dli_provider.flink.definition import NewSqlJob, parse_fields

    given = parse_fields(NewSqlJob, "CreateFlinkSqlJob", {"name": name, "sql_body": sql_body, **fields})
    if is_blank(sql_body) and "template_id" not in given:
        raise ValueError("CreateFlinkSqlJob: sql_body is blank")
    is_edge = given.get("job_type") == _JOB_TYPES["edge_node"]
    run_mode = given.setdefault("run_mode", "edge_node" if is_edge else "exclusive_cluster")
    given.setdefault("job_type", _JOB_TYPES.get(run_mode, "flink_opensource_sql_job"))
    return _create("CreateFlinkSqlJob", _SQL_JOBS, given)


def create_flink_jar_job(name: str, *, entrypoint: str, **fields: Unpack[NewJarJobFields]) -> Call[int]:
    """Create a JAR job (CreateFlinkJarJob), and return its id."""
    from dli_provider.flink.definition import NewJarJob, parse_fields

    given = parse_fields(NewJarJob, "CreateFlinkJarJob", {"name": name, "entrypoint": entrypoint, **fields})
    return _create("CreateFlinkJarJob", _JAR_JOBS, given)


def update_flink_sql_job(job_id: int | str, **fields: Unpack[SqlJobChanges]) -> Call[None]:
    """Change a SQL job (UpdateFlinkSqlJob)."""
    from dli_provider.flink.definition import SqlJobChanges, parse_fields

    changes = parse_fields(SqlJobChanges, "UpdateFlinkSqlJob", fields)
    return _update("UpdateFlinkSqlJob", _SQL_JOBS, job_id, changes)


def update_flink_jar_job(job_id: int | str, **fields: Unpack[JarJobChanges]) -> Call[None]:
    """Change a JAR job (UpdateFlinkJarJob)."""
    from dli_provider.flink.definition import JarJobChanges, parse_fields

    changes = parse_fields(JarJobChanges, "UpdateFlinkJarJob", fields)
    return _update("UpdateFlinkJarJob", _JAR_JOBS, job_id, changes)


def _create(operation: str, path: str, fields: Mapping[str, Any]) -> Call[int]:
    return Call(
        title=f"{operation} of {printable(fields['name'], 60)!r}",
        path=path,
        method="POST",
        body=fields,
        read=_read_job_id,
        action="dli:jobs:create",
        if_unknown="look for a job of that name (find_flink_job) before it is created again",
    )


def _update(operation: str, path: str, job_id: object, fields: Mapping[str, Any]) -> Call[None]:
    number = parse_job_id(job_id)
    if not fields:
        raise ValueError(f"{operation} of job {number}: nothing to change")
    return Call(
        title=f"{operation} of job {number}",
        path=f"{path}/{number}",
        method="PUT",
        body=fields,
        read=done,
        action="dli:jobs:update",
        if_unknown="the same change may be made again",
    )


def _read_job_id(content: Any) -> int:
    created = object_of(object_of(content), key="job")
    try:
        return parse_job_id(created.get("job_id"))
    except ValueError as error:
        raise DliProtocolError(f"The answer doesn't say which job was created: {error}") from None
