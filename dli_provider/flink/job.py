"""A Flink job as DLI describes it: models in which every field is optional and no unknown key is lost.

The fields are those of tables 3 and 4 of the ShowFlinkJob page, and those that its samples, Huawei's SDK and
the Open Telekom Cloud's pages add. A value in another spelling (``"true"``, digits, a number instead of text)
is understood; one that can't be read leaves its field None and never hides the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator

from dli_provider.flink.fields import AnyJson, JobStatus, StrList, UtcTime
from dli_provider.flink.model import DliModel, FlinkJobFormatError
from dli_provider.masking import printable

__all__ = ["IMAGE_FIELDS", "FlinkJob", "FlinkJobFormatError", "JobConfig"]

IMAGE_FIELDS = ("feature", "flink_version", "image")
"""The fields that DLI shows either in ``job_config`` or beside it."""

_SCALING_OPTION = "flink.dli.job.scale.enable"
_SUMMARY_FIELDS = (
    *("job_id", "name", "status", "status_desc", "job_type", "queue_name", "run_mode", "flink_version"),
    *("create_time", "start_time", "update_time", "restart_times"),
)


class JobConfig(DliModel):
    """A job's configuration, as table 4 of the ShowFlinkJob page names it; every field may be None.

    :ivar checkpoint_enabled: whether checkpoints are taken; DLI's default is false.
    :ivar checkpoint_mode: ``exactly_once`` (default) or ``at_least_once``.
    :ivar checkpoint_interval: seconds between checkpoints; default 10.
    :ivar checkpoint_path: directory of the checkpoints.
    :ivar log_enabled: whether logs are saved to OBS; default false.
    :ivar obs_bucket: OBS bucket of checkpoints and logs.
    :ivar smn_topic: SMN topic that is notified of exceptions.
    :ivar root_id: id of the parent job; -1 for none.
    :ivar edge_group_ids: edge computing groups.
    :ivar graph_editor_enabled: whether the stream graph may be edited.
    :ivar graph_editor_data: the edited graph. Withheld.
    :ivar manager_cu_number: CUs of the JobManager; default 1.
    :ivar cu_number: CUs of the job, 2 (default) to 400.
    :ivar real_cu_number: CUs really in use; 0 means ``cu_number``.
    :ivar parallel_number: parallelism, 1 (default) to 2000.
    :ivar max_parallelism: undocumented.
    :ivar auto_scaling_enable: undocumented.
    :ivar auto_scaling_interval: undocumented; its unit isn't known.
    :ivar tm_cus: CUs of a TaskManager.
    :ivar tm_slot_num: slots of a TaskManager.
    :ivar executor_number: compute nodes in use.
    :ivar executor_cu_number: CUs of a compute node.
    :ivar restart_when_exception: whether the platform restarts a job that fails.
    :ivar resume_checkpoint: whether such a restart resumes from the latest checkpoint; default false.
    :ivar resume_max_num: most such restarts in an hour; -1 for no limit.
    :ivar idle_state_retention: seconds that idle state is kept.
    :ivar config_url: OBS paths of the user's configuration package.
    :ivar udf_jar_url: package of a SQL job's user-defined functions.
    :ivar dirty_data_strategy: ``0`` ignore, ``1`` raise, ``2:<obs directory>`` save.
    :ivar entrypoint: package that holds a JAR job's main class.
    :ivar dependency_jars: a JAR job's further packages.
    :ivar dependency_files: a JAR job's resource files.
    :ivar execution_agency_urn: agency that DLI acts as; Flink 1.15 and later.
    :ivar feature: ``basic`` for DLI's image, ``custom`` for the user's own.
    :ivar flink_version: version of Flink; counts for ``basic``.
    :ivar image: ``organisation/image:version``; counts for ``custom``.
    :ivar resource_config_version: ``v1`` (default) counts in CUs, ``v2`` by ``resource_config``.
    :ivar resource_config: slots, parallelism, CPU and memory of JobManager and TaskManagers.
    :ivar runtime_config: Flink options, a text with a JSON list of ``key`` and ``value`` pairs. Withheld.
    :ivar flink_log_config: log levels, a JSON text. Withheld.
    :ivar operator_config: parallelism of each operator, a JSON text. Withheld.
    :ivar static_estimator_config: rates of each operator, a JSON text. Withheld.
    """

    checkpoint_enabled: bool | None = None
    checkpoint_mode: str | None = None
    checkpoint_interval: int | None = None
    checkpoint_path: str | None = None
    log_enabled: bool | None = None
    obs_bucket: str | None = None
    smn_topic: str | None = None
    root_id: int | None = None
    edge_group_ids: StrList | None = None
    graph_editor_enabled: bool | None = None
    graph_editor_data: str | None = None
    manager_cu_number: int | None = None
    cu_number: int | None = None
    real_cu_number: int | None = None
    parallel_number: int | None = None
    max_parallelism: int | None = None
    auto_scaling_enable: bool | None = None
    auto_scaling_interval: int | None = None
    tm_cus: int | None = None
    tm_slot_num: int | None = None
    executor_number: int | None = None
    executor_cu_number: int | None = None
    restart_when_exception: bool | None = None
    resume_checkpoint: bool | None = None
    resume_max_num: int | None = None
    idle_state_retention: int | None = None
    config_url: str | None = None
    udf_jar_url: str | None = None
    dirty_data_strategy: str | None = None
    entrypoint: str | None = None
    dependency_jars: StrList | None = None
    dependency_files: StrList | None = None
    execution_agency_urn: str | None = None
    feature: str | None = None
    flink_version: str | None = None
    image: str | None = None
    resource_config_version: str | None = None
    resource_config: AnyJson = None
    runtime_config: str | None = None
    flink_log_config: str | None = None
    operator_config: str | None = None
    static_estimator_config: str | None = None

    @property
    def runtime_options(self) -> dict[str, Any]:
        """The Flink options of ``runtime_config`` by key; empty where that is not a JSON list of pairs."""
        try:
            pairs = json.loads(self.runtime_config or "[]")
            return {pair["key"]: pair["value"] for pair in pairs}
        except (ValueError, TypeError, KeyError, RecursionError):
            return {}


def _read_config(value: object) -> object:
    return JobConfig.from_api(value) if isinstance(value, Mapping) else value


class FlinkJob(DliModel):
    """A Flink job of DLI, as ShowFlinkJob's ``job_detail`` and the items of ListFlinkJobs describe it.

    Every field may be None: DLI leaves out what does not apply, and a value that can't be read (see
    :attr:`unreadable`) hides no other. Unknown keys and unreadable values are kept in ``model_extra`` and
    shown by :meth:`to_dict`.

    A job can't be serialized by pydantic or Airflow, nor pickled: return or store :meth:`to_dict` or
    :meth:`summary`.

    :ivar job_id: id of the job, a Java long.
    :ivar name: name, up to 57 characters.
    :ivar desc: description, up to 512 characters.
    :ivar job_type: ``flink_sql_job``, ``flink_opensource_sql_job``, ``flink_sql_edge_job`` or
        ``flink_jar_job``.
    :ivar status: current status; None when DLI doesn't say.
    :ivar status_desc: reason of a failure, in DLI's words.
    :ivar create_time: when the job was created, UTC.
    :ivar start_time: when it was started, UTC; None if never.
    :ivar update_time: when it was last edited, UTC; nothing says that a change of status moves it.
    :ivar duration: run time in milliseconds; in lists without detail only.
    :ivar user_id: id of the owner.
    :ivar user_name: name of the owner, also read from ``username``; in lists without detail only.
    :ivar project_id: project that owns the job.
    :ivar queue_name: queue that the job runs on.
    :ivar run_mode: ``shared_cluster``, ``exclusive_cluster`` or ``edge_node``.
    :ivar job_config: the configuration.
    :ivar sql_body: the SQL; empty for a JAR job. Withheld.
    :ivar main_class: main class of a JAR job.
    :ivar entrypoint_args: arguments of a JAR job, separated by spaces. Withheld.
    :ivar execution_graph: execution plan. Withheld.
    :ivar feature: see :class:`JobConfig`; DLI tells it in either place, and it is read in both.
    :ivar flink_version: as ``feature``.
    :ivar image: as ``feature``.
    :ivar savepoint_path: path of the latest requested savepoint.
    :ivar has_savepoint: whether there is a savepoint.
    :ivar graph_editor_enabled: whether the stream graph may be edited.
    :ivar edge_group_ids: edge computing groups.
    :ivar root_id: id of the parent job; -1 for none.
    :ivar restart_times: how often the platform has restarted the job.
    """

    job_id: int | None = None
    name: str | None = None
    desc: str | None = None
    job_type: str | None = None
    status: JobStatus | None = None
    status_desc: str | None = None
    create_time: UtcTime | None = None
    start_time: UtcTime | None = None
    update_time: UtcTime | None = None
    duration: int | None = None
    user_id: str | None = None
    user_name: str | None = None
    project_id: str | None = None
    queue_name: str | None = None
    run_mode: str | None = None
    job_config: Annotated[JobConfig | None, BeforeValidator(_read_config)] = None
    sql_body: str | None = None
    main_class: str | None = None
    entrypoint_args: str | None = None
    execution_graph: str | None = None
    feature: str | None = None
    flink_version: str | None = None
    image: str | None = None
    savepoint_path: str | None = None
    has_savepoint: bool | None = None
    graph_editor_enabled: bool | None = None
    edge_group_ids: StrList | None = None
    root_id: int | None = None
    restart_times: int | None = None

    _max_lengths: ClassVar[Mapping[str, int]] = {
        "name": 100,
        "status_desc": 2000,
        **dict.fromkeys(("job_type", "queue_name", "run_mode", "flink_version", "user_name"), 200),
    }

    @classmethod
    def from_api(cls, content: Mapping[str, Any]) -> Self:
        """Return the job that an answer of DLI describes.

        :param content: a ``job_detail`` object, an item of a job list, a whole answer of ShowFlinkJob, or
            what ``to_dict(redact=False)`` gave.
        :raises FlinkJobFormatError: as :meth:`DliModel.from_api` does.
        """
        is_answer = isinstance(content, Mapping) and "job_detail" in content
        job = super().from_api(content["job_detail"] if is_answer else content)
        if isinstance(former_name := job.__pydantic_extra__.get("username"), str):
            job = job.with_fallback({"user_name": former_name})
        if (config := job.job_config) is None:
            return job
        lent = config.with_fallback({name: getattr(job, name) for name in IMAGE_FIELDS})
        job = job.with_fallback({name: getattr(config, name) for name in IMAGE_FIELDS})
        return job if lent is config else job.model_copy(update={"job_config": lent})

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The fields whose values can't be read, those of ``job_config`` as ``job_config.cu_number``."""
        config = self.job_config.unreadable if self.job_config else ()
        return (*super().unreadable, *(f"job_config.{name}" for name in config))

    @property
    def restarts_itself(self) -> bool:
        """True when the platform restarts the job after an exception (``restart_when_exception``)."""
        return bool(self.job_config and self.job_config.restart_when_exception)

    @property
    def scales_itself(self) -> bool:
        """True when DLI may stop the job and run it again with other resources (dynamic scaling)."""
        options = self.job_config.runtime_options if self.job_config else {}
        return str(options.get(_SCALING_OPTION)).strip().lower() == "true"

    def summary(self) -> dict[str, Any]:
        """Return the job in a few fields that hold no secret, always the same ones, in JSON types.

        They are ``job_id``, ``name``, ``status``, ``status_desc`` (credentials masked, one line of at most
        2,000 characters), ``job_type``, ``queue_name``, ``run_mode``, ``flink_version``, ``create_time``,
        ``start_time``, ``update_time`` (ISO-8601) and ``restart_times``.
        """
        return {name: self._summary_of(name) for name in _SUMMARY_FIELDS}

    def _summary_of(self, name: str) -> Any:
        value = getattr(self, name)
        if isinstance(value, datetime):
            return value.isoformat()
        return printable(value, self._max_lengths.get(name, 100)) if isinstance(value, str) else value

    def _content(self) -> dict[str, Any]:
        content = super()._content()
        if self.job_config is not None:
            content["job_config"] = self.job_config.to_dict(redact=False)
        return content
