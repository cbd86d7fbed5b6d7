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
    """Return the call that creates a SQL job (CreateFlinkSqlJob), and answers its id.

    Without ``run_mode`` it is ``exclusive_cluster``. Without ``job_type`` it is ``flink_opensource_sql_job``,
    or the type that the given ``run_mode`` runs. The API's own defaults contradict each other.

    :param name: up to 57 characters, unique in the project.
    :param sql_body: the SQL, up to 1,048,576 characters; None only with ``template_id``.
    :param fields: see :class:`~dli_provider.flink.definition.NewSqlJobFields`.
    :raises ValueError: as :func:`~dli_provider.flink.definition.parse_fields` does.
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
    """Return the call that creates a JAR job (CreateFlinkJarJob), and answers its id.

    :param name: up to 57 characters, unique in the project.
    :param entrypoint: package that holds the main class, such as ``obs://bucket/file.jar``.
    :param fields: see :class:`~dli_provider.flink.definition.NewJarJobFields`.
    :raises ValueError: as :func:`~dli_provider.flink.definition.parse_fields` does.
    """
    from dli_provider.flink.definition import NewJarJob, parse_fields

    given = parse_fields(NewJarJob, "CreateFlinkJarJob", {"name": name, "entrypoint": entrypoint, **fields})
    return _create("CreateFlinkJarJob", _JAR_JOBS, given)


def update_flink_sql_job(job_id: int | str, **fields: Unpack[SqlJobChanges]) -> Call[None]:
    """Return the call that changes a SQL job (UpdateFlinkSqlJob).

    :param job_id: the job, as an int or digits.
    :param fields: what to change; see :class:`~dli_provider.flink.definition.SqlJobChanges`.
    :raises ValueError: as :func:`~dli_provider.flink.definition.parse_fields` does, and for no fields.
    """
    from dli_provider.flink.definition import SqlJobChanges, parse_fields

    changes = parse_fields(SqlJobChanges, "UpdateFlinkSqlJob", fields)
    return _update("UpdateFlinkSqlJob", _SQL_JOBS, job_id, changes)


def update_flink_jar_job(job_id: int | str, **fields: Unpack[JarJobChanges]) -> Call[None]:
    """Return the call that changes a JAR job (UpdateFlinkJarJob).

    :param job_id: the job, as an int or digits.
    :param fields: what to change; see :class:`~dli_provider.flink.definition.JarJobChanges`.
    :raises ValueError: as :func:`~dli_provider.flink.definition.parse_fields` does, and for no fields.
    """
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
