"""What the author of a job may write: the fields of the requests that create and change jobs.

Each request is a typed dict, the one place that says which fields it has, of what type and within what
limits; :func:`parse_fields` checks against it. Fields are named as in the API, and None leaves one out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypedDict, get_type_hints  # pydantic doesn't take typing's before Python 3.12

from dli_provider.flink.arguments import is_blank, nearest
from dli_provider.flink.definition_values import check_given, checkpoint_mode, json_text, options, tags
from dli_provider.masking import printable

MAX_SQL_LENGTH = 1024 * 1024
"""Characters of a job's SQL."""

_Text: TypeAlias = str | None
_Flag: TypeAlias = bool | None
_Texts: TypeAlias = list[str] | None
_Positive: TypeAlias = Annotated[int, Field(ge=1)] | None
_NotNegative: TypeAlias = Annotated[int, Field(ge=0)] | None
_Name: TypeAlias = Annotated[str, Field(max_length=57), AfterValidator(check_given)]
_Sql: TypeAlias = Annotated[str, Field(max_length=MAX_SQL_LENGTH)]
_JsonText: TypeAlias = Annotated[Mapping[str, Any] | str | None, PlainValidator(json_text)]


class ResourceSpec(TypedDict, total=False):
    """What a JobManager or a TaskManager gets."""

    cpu: Annotated[float, Field(ge=0.5, allow_inf_nan=False)] | None
    """CPU cores, 0.5 or more; default 1."""
    memory: _Text
    """Such as ``4G``; 2 GB or more, default 4 GB."""


class ResourceConfig(TypedDict, total=False):
    """Resources in the way of ``resource_config_version`` ``v2``."""

    max_slot: _Positive
    """Slots of a TaskManager; default 1."""
    parallel_number: _Positive
    """Parallelism; default 1."""
    jobmanager_resource_spec: ResourceSpec | None
    taskmanager_resource_spec: ResourceSpec | None


class JobFields(TypedDict, total=False):
    """The fields that every one of these requests has."""

    desc: Annotated[str, Field(max_length=2048)] | None
    """Description, up to 2,048 characters; up to 512 where a JAR job is created."""
    queue_name: Annotated[str, Field(max_length=128)] | None
    """The queue that the job runs on; a job without one can't be run."""
    cu_number: Annotated[int, Field(ge=2, le=400)] | None
    """CUs of the job, 2 (default) to 400."""
    manager_cu_number: _Positive
    """CUs of the JobManager; default 1."""
    parallel_number: Annotated[int, Field(ge=1, le=2000)] | None
    """Parallelism, 1 (default) to 2,000."""
    tm_cus: _Positive
    """CUs of a TaskManager; default 1."""
    tm_slot_num: _Positive
    """Slots of a TaskManager."""
    checkpoint_enabled: _Flag
    """Whether checkpoints are taken; default False."""
    checkpoint_mode: Annotated[
        Literal["exactly_once", "at_least_once", 1, 2] | None, PlainValidator(checkpoint_mode)
    ]
    """``exactly_once`` (default) or ``at_least_once``, or the API's number for it, 1 or 2."""
    checkpoint_interval: _NotNegative
    """Seconds between checkpoints; default 10."""
    log_enabled: _Flag
    """Whether logs are saved to ``obs_bucket``; default False."""
    obs_bucket: _Text
    """OBS bucket of checkpoints, savepoints and logs; DLI must be authorised to use it."""
    smn_topic: _Text
    """SMN topic that is told of the job's exceptions."""
    restart_when_exception: _Flag
    """Whether the platform restarts the job after an exception; default False."""
    resume_checkpoint: _Flag
    """Whether such a restart resumes from the latest checkpoint."""
    resume_max_num: Annotated[int, Field(ge=-1)] | None
    """Such restarts in an hour at the most; -1 (default) for no limit."""
    runtime_config: Annotated[Mapping[str, Any] | str | None, PlainValidator(options)]
    """Flink options, as a mapping or the API's text: a JSON list of ``key`` and ``value``."""
    flink_log_config: _JsonText
    """Log levels, as a mapping or its JSON text."""
    flink_version: _Text
    """Version of Flink, such as ``"1.15"``."""
    execution_agency_urn: _Text
    """Agency that DLI acts as; Flink 1.15 and later."""
    resource_config_version: Literal["v1", "v2"] | None
    """``v1`` (default) counts in CUs, ``v2`` by ``resource_config``."""
    resource_config: ResourceConfig | None


class SqlJobFields(JobFields, total=False):
    """The fields that creating a SQL job and changing one have in common."""

    run_mode: Literal["shared_cluster", "exclusive_cluster", "edge_node"] | None
    idle_state_retention: _NotNegative
    """Seconds that idle state is kept; default 3,600."""
    edge_group_ids: _Texts
    """Edge computing groups."""
    dirty_data_strategy: _Text
    """``0`` (default) ignore, ``1`` raise, ``2:<obs directory>`` save."""
    udf_jar_url: _Text
    """Package of the user-defined functions."""


class JarJobFields(JobFields, total=False):
    """The fields that creating a JAR job and changing one have in common."""

    main_class: _Text
    entrypoint_args: _Text
    """Arguments of the main class, parted by spaces."""
    dependency_jars: _Texts
    """Further packages."""
    dependency_files: _Texts
    """Resource files."""
    feature: Literal["basic", "custom"] | None
    """``basic`` for DLI's image (with ``flink_version``), ``custom`` for one's own (with ``image``)."""
    image: _Text
    """``organisation/image:version``."""
    checkpoint_path: _Text
    """Directory of the checkpoints, unique to the job."""


Tags: TypeAlias = Annotated[Mapping[str, str] | list[Mapping[str, str]] | None, PlainValidator(tags)]
"""Tags, as a mapping or as the API's list of ``key`` and ``value``."""


class NewSqlJobFields(SqlJobFields, total=False):
    """The optional fields of CreateFlinkSqlJob."""

    job_type: Literal["flink_opensource_sql_job", "flink_sql_job", "flink_sql_edge_job"] | None
    template_id: _Positive
    """Template whose SQL the job gets where ``sql_body`` is empty."""
    tags: Tags


class NewSqlJob(NewSqlJobFields, total=False):
    """All fields of CreateFlinkSqlJob."""

    name: _Name
    sql_body: _Sql | None


class SqlJobChanges(SqlJobFields, total=False):
    """All fields of UpdateFlinkSqlJob."""

    name: _Name | None
    sql_body: _Sql | None
    operator_config: _JsonText
    """Parallelism of each operator, as a mapping or its JSON text."""
    static_estimator_config: _JsonText
    """Rates of each operator, as a mapping or its JSON text."""


class NewJarJobFields(JarJobFields, total=False):
    """The optional fields of CreateFlinkJarJob."""

    tags: Tags


class NewJarJob(NewJarJobFields, total=False):
    """All fields of CreateFlinkJarJob."""

    name: _Name
    desc: Annotated[str, Field(max_length=512)] | None
    entrypoint: Annotated[str, AfterValidator(check_given)]


class JarJobChanges(JarJobFields, total=False):
    """All fields of UpdateFlinkJarJob."""

    name: _Name | None
    entrypoint: _Text
    """Package that holds the main class."""
    job_type: Literal["flink_jar_job"] | None


def parse_fields(request: Any, title: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request in the API's own form, without those that are None.

    :param request: the typed dict that describes it, such as :class:`SqlJobChanges`.
    :param title: the request's name, for the error.
    :param fields: fields by name.
    :raises ValueError: for a field that the request doesn't have, naming the nearest one, and for a value of
        the wrong type or beyond its limits. The text shows numbers and Booleans, and no other value: SQL and
        arguments may hold credentials.
    """
    try:
        content: dict[str, Any] = _without_none(_validator(request).validate_python(dict(fields)))
        return content
    except ValidationError as error:
        faults = error.errors(include_url=False)
    # raised out here, because the error of pydantic holds the values
    told = ". ".join(_text_of(fault, request) for fault in faults).replace("?. ", "? ")
    raise ValueError(printable(f"{title}: {told}", 1000))


def read_rendered(fields: Mapping[str, Any], described: Any = None) -> dict[str, Any]:
    """Return fields with the values that templates were made of, where Airflow has rendered them as text.

    ``"None"`` is None. A text in the place of a number or a Boolean is read as JSON or Python spell it, and a
    blank one is None there. What can't be read so stays, to be refused by :func:`parse_fields`.

    :param fields: fields by name.
    :param described: the typed dict that describes them; None for all requests.
    """
    types = _plain_types(described)
    return {name: _read_rendered(value, types.get(name, ())) for name, value in fields.items()}


def _read_rendered(value: Any, types: tuple[Any, ...]) -> Any:
    if isinstance(value, Mapping):
        nested = next((kind for kind in types if kind in _NESTED), None)
        return read_rendered(value, nested) if nested else value
    if not isinstance(value, str):
        return value
    is_text = not types or not {bool, int, float}.issuperset(types)
    if value.strip() == "None" or (is_blank(value) and not is_text):
        return None
    if not is_text:
        with suppress(ValueError):
            read = json.loads(value.lower())
            return read if isinstance(read, int | float) else value
    return value


@cache
def _plain_types(described: Any) -> Mapping[str, tuple[Any, ...]]:
    """Return the types that each field may have, beside None."""
    requests = (described,) if described else (SqlJobChanges, JarJobChanges, NewSqlJob, NewJarJob)
    hints = {name: hint for request in requests for name, hint in get_type_hints(request).items()}
    return {name: tuple(k for k in get_args(hint) if k is not NoneType) for name, hint in hints.items()}


@cache
def _validator(request: Any) -> TypeAdapter[Any]:
    for described in (request, *_NESTED):
        described.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(request)


_NESTED: tuple[Any, ...] = (ResourceConfig, ResourceSpec)


def _text_of(fault: ErrorDetails, request: Any) -> str:
    """Return what is wrong with a field, without a value that may hold a credential."""
    *outer, name = map(str, fault["loc"])
    place = ".".join((*outer, name))
    if fault["type"] != "extra_forbidden":
        return f"{place}: {fault['msg']}{_not_what(fault)}"
    known = [field for kind in (_NESTED if outer else (request,)) for field in kind.__annotations__]
    return f"no such field: {place!r}{nearest(name, known)}"


def _not_what(fault: ErrorDetails) -> str:
    """Return what was given, to end an error with: a number or a Boolean as it is, else at most its type."""
    given = fault["input"]
    if isinstance(given, int | float):
        return f", not {given!r}"
    return f", not {type(given).__name__}" if fault["type"].endswith("_type") else ""


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return value
