"""The job model: what DLI says is read whole, however it is spelt, and comes out without loss and secrets."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from dli_provider.flink.job import FlinkJob, FlinkJobFormatError, JobConfig
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import MASK

try:
    from airflow.sdk.serde import serialize as airflow_serialize
except ImportError:  # Airflow 2
    from airflow.serialization.serde import serialize as airflow_serialize  # type: ignore[import-not-found,no-redef]

SAMPLES = [
    json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "samples").glob("*.json"))
]

JOB_FIELDS = [
    *("job_id", "name", "desc", "job_type", "status", "status_desc", "create_time", "start_time"),
    *("user_id", "queue_name", "project_id", "sql_body", "run_mode", "job_config", "main_class"),
    *("entrypoint_args", "execution_graph", "update_time", "feature", "flink_version", "image"),
    *("savepoint_path", "user_name", "duration", "root_id", "graph_editor_enabled", "has_savepoint"),
    *("edge_group_ids", "restart_times"),
]
CONFIG_FIELDS = [
    *("checkpoint_enabled", "checkpoint_mode", "checkpoint_interval", "log_enabled", "obs_bucket"),
    *("smn_topic", "root_id", "edge_group_ids", "manager_cu_number", "cu_number", "parallel_number"),
    *("restart_when_exception", "idle_state_retention", "udf_jar_url", "dirty_data_strategy"),
    *("entrypoint", "dependency_jars", "dependency_files", "executor_number", "executor_cu_number"),
    *("resume_checkpoint", "runtime_config", "graph_editor_enabled", "graph_editor_data"),
    *("config_url", "auto_scaling_enable", "auto_scaling_interval", "max_parallelism"),
    *("real_cu_number", "resume_max_num", "checkpoint_path", "tm_cus", "tm_slot_num", "feature"),
    *("flink_version", "image", "execution_agency_urn", "operator_config", "static_estimator_config"),
    *("flink_log_config", "resource_config_version", "resource_config"),
]
SECRET = "hunter2"
SECRETIVE = {
    "job_id": 104,
    "name": "orders",
    "status": "job_submit_fail",
    "status_desc": f"'password' = '{SECRET}' is wrong",
    "sql_body": SECRET,
    "entrypoint_args": SECRET,
    "execution_graph": SECRET,
    "stream_graph": SECRET,
    "unknown": {"db.password": SECRET},
    "job_config": {
        "runtime_config": SECRET,
        "graph_editor_data": SECRET,
        "new_config": [SECRET],
        "cu_number": 2,
    },
}


def test_every_documented_field_has_its_place_and_may_be_missing() -> None:
    assert sorted(FlinkJob.model_fields) == sorted(JOB_FIELDS)
    assert sorted(JobConfig.model_fields) == sorted(CONFIG_FIELDS)
    assert {getattr(FlinkJob.from_api({}), name) for name in JOB_FIELDS} == {None}
    assert {getattr(JobConfig.from_api({}), name) for name in CONFIG_FIELDS} == {None}
    assert FlinkJob.from_api({}).to_dict() == {}


@pytest.mark.parametrize("answer", SAMPLES, ids=["JAR job", "SQL job"])
def test_a_sample_answer_comes_out_as_it_came_in_but_for_the_spelling_of_its_times(
    answer: dict[str, Any],
) -> None:
    expected = copy.deepcopy(answer["job_detail"])
    for name in ("create_time", "update_time"):
        if name in expected:
            expected[name] = pendulum.from_timestamp(expected[name] / 1000).isoformat()
    job = FlinkJob.from_api(answer)
    assert job.to_dict(redact=False) == expected
    assert json.loads(json.dumps(job.to_dict())) == expected


@pytest.mark.parametrize(
    "answer", [*SAMPLES, {"job_detail": SECRETIVE}], ids=["JAR job", "SQL job", "unknown keys"]
)
def test_what_a_job_was_written_to_reads_as_the_same_job(answer: dict[str, Any]) -> None:
    job = FlinkJob.from_api(answer)
    again = FlinkJob.from_api(job.to_dict(redact=False))
    assert again == job
    assert again.to_dict(redact=False) == job.to_dict(redact=False)


def test_a_sample_is_read_into_python_types() -> None:
    job = FlinkJob.from_api(SAMPLES[0])
    assert job.job_id == 104
    assert job.status is FlinkJobStatus.JOB_INIT
    assert job.create_time == pendulum.datetime(2020, 1, 8, 6, 50, 21, 525000)
    assert job.start_time is None
    assert job.job_config is not None
    assert job.job_config.dependency_jars == ["FemaleInfoCollection.jar", "ObsBatchTest.jar"]
    assert job.job_config.edge_group_ids is None
    assert job.job_config.restart_when_exception is False


def test_a_job_detail_and_the_answer_around_it_read_as_the_same_job() -> None:
    assert FlinkJob.from_api(SAMPLES[0]) == FlinkJob.from_api(SAMPLES[0]["job_detail"])
    assert FlinkJob.from_api(MappingProxyType(SAMPLES[0])) == FlinkJob.from_api(OrderedDict(SAMPLES[0]))


def test_other_spellings_of_a_value_are_understood() -> None:
    job = FlinkJob.from_api(
        {
            "job_id": "104",
            "name": 5,
            "restart_times": 2.0,
            "has_savepoint": "true",
            "edge_group_ids": "a, b,",
            "job_config": {
                "checkpoint_enabled": "false",
                "checkpoint_mode": 1,
                "log_enabled": True,
                "cu_number": "2",
                "flink_version": 1.17,
                "dependency_jars": "",
                "dirty_data_strategy": 0,
            },
        }
    )
    assert (job.job_id, job.name, job.restart_times, job.has_savepoint) == (104, "5", 2, True)
    assert job.edge_group_ids == ["a", "b"]
    config = job.job_config
    assert config is not None
    assert (config.checkpoint_enabled, config.checkpoint_mode, config.log_enabled) == (False, "1", True)
    assert (config.cu_number, config.flink_version, config.dependency_jars) == (2, "1.17", [])
    assert config.dirty_data_strategy == "0"


NUMBERS_AND_FLAGS = [
    *("job_id", "duration", "has_savepoint", "graph_editor_enabled", "root_id", "restart_times"),
    *("job_config.checkpoint_enabled", "job_config.checkpoint_interval", "job_config.log_enabled"),
    *("job_config.root_id", "job_config.graph_editor_enabled", "job_config.manager_cu_number"),
    *("job_config.cu_number", "job_config.real_cu_number", "job_config.parallel_number"),
    *("job_config.max_parallelism", "job_config.auto_scaling_enable", "job_config.auto_scaling_interval"),
    *("job_config.tm_cus", "job_config.tm_slot_num", "job_config.executor_number"),
    *("job_config.executor_cu_number", "job_config.restart_when_exception", "job_config.resume_checkpoint"),
    *("job_config.resume_max_num", "job_config.idle_state_retention"),
]


@pytest.mark.parametrize("spelling", ["", " "])
@pytest.mark.parametrize("field", [*NUMBERS_AND_FLAGS, "job_config"])
def test_an_empty_text_for_a_number_a_flag_or_the_configuration_means_none(field: str, spelling: str) -> None:
    place, _, name = field.rpartition(".")
    job = FlinkJob.from_api({place: {name: spelling}} if place else {name: spelling})
    assert getattr(job.job_config if place else job, name) is None
    assert job.to_dict() == ({place: {name: None}} if place else {name: None})


@pytest.mark.parametrize("value", ["many", 1.5, [], {}])
@pytest.mark.parametrize("field", NUMBERS_AND_FLAGS)
def test_a_number_or_flag_that_can_not_be_read_is_none_and_hides_no_other_field(
    field: str, value: object
) -> None:
    place, _, name = field.rpartition(".")
    content = {place: {name: value, "other": 1}} if place else {name: value}
    job = FlinkJob.from_api(content | {"status": "job_running", "queue_name": "etl"})
    assert getattr(job.job_config if place else job, name) is None
    assert job.unreadable == (field,)
    assert job.to_dict() == content | {"status": "job_running", "queue_name": "etl"}
    assert (job.status, job.queue_name) == (FlinkJobStatus.JOB_RUNNING, "etl")


@pytest.mark.parametrize(
    "spelling",
    [
        *(1578466221525, "1578466221525", " 1578466221525 ", 1578466221525.0),
        *("2020-01-08T06:50:21.525Z", "2020-01-08T06:50:21.525000+00:00", "2020-01-08T14:50:21.525+08:00"),
        *("2020-01-08T06:50:21.525", pendulum.datetime(2020, 1, 8, 14, 50, 21, 525000, tz="Asia/Shanghai")),
    ],
)
@pytest.mark.parametrize("field", ["create_time", "start_time", "update_time"])
def test_a_time_is_read_as_utc_to_the_millisecond(field: str, spelling: object) -> None:
    moment = getattr(FlinkJob.from_api({field: spelling}), field)
    assert type(moment) is pendulum.DateTime
    assert moment.isoformat() == "2020-01-08T06:50:21.525000+00:00"
    assert moment.timezone_name == "UTC"


@pytest.mark.parametrize("spelling", [None, 0, "0", 0.0, ""])
def test_no_time_means_not_yet(spelling: object) -> None:
    job = FlinkJob.from_api({"start_time": spelling})
    assert job.start_time is None
    assert job.to_dict() == {"start_time": None}


@pytest.mark.parametrize(
    "value", [[1], {}, True, "yesterday", "12:30", float("inf"), 10**30, "9" * 5000, -(10**18)]
)
def test_a_time_that_can_not_be_read_is_none_and_shown_as_it_came(value: object) -> None:
    job = FlinkJob.from_api({"job_id": 104, "update_time": value})
    assert (job.job_id, job.update_time, job.unreadable) == (104, None, ("update_time",))
    assert job.to_dict() == {"job_id": 104, "update_time": value}


def test_a_status_that_nobody_knows_yet_survives_as_its_text() -> None:
    job = FlinkJob.from_api({"status": "job_dreaming"})
    assert isinstance(job.status, FlinkJobStatus)
    assert job.status == "job_dreaming"
    assert type(job.to_dict()["status"]) is str


@pytest.mark.parametrize("spelling", [None, ""])
def test_no_status_is_none(spelling: object) -> None:
    assert FlinkJob.from_api({"status": spelling}).status is None


@pytest.mark.parametrize("name", ["feature", "flink_version", "image"])
@pytest.mark.parametrize("in_config", [False, True], ids=["in job_detail", "in job_config"])
@pytest.mark.parametrize("other_is_null", [False, True])
def test_the_image_is_read_in_both_places_and_written_in_its_own(
    name: str, in_config: bool, other_is_null: bool
) -> None:
    here, there = {name: "x"}, ({name: None} if other_is_null else {})
    content = {**there, "job_config": here} if in_config else {**here, "job_config": there}
    job = FlinkJob.from_api(content)
    assert job.job_config is not None
    assert getattr(job, name) == getattr(job.job_config, name) == "x"
    assert job.to_dict() == content
    assert FlinkJob.from_api(job.to_dict()) == job


def test_where_both_places_name_an_image_each_keeps_its_own() -> None:
    job = FlinkJob.from_api({"image": "a", "job_config": {"image": "b"}})
    assert job.job_config is not None
    assert (job.image, job.job_config.image) == ("a", "b")


def test_an_image_that_is_told_elsewhere_is_not_written_by_the_configuration_either() -> None:
    job = FlinkJob.from_api({"image": "a", "job_config": {"cu_number": 2, "feature": "custom"}})
    assert job.job_config is not None
    assert job.job_config.to_dict() == {"cu_number": 2, "feature": "custom"}
    assert "image" not in repr(job.job_config)


def test_a_changed_copy_of_a_job_is_written_with_the_change() -> None:
    job = FlinkJob.from_api({"image": "a", "job_config": {"feature": "custom"}})
    assert job.model_copy(update={"name": "n"}).to_dict() == {**job.to_dict(), "name": "n"}


def test_resource_config_is_kept_whatever_it_is() -> None:
    for value in (
        {"max_slot": "1", "taskmanager_resource_spec": {"cpu": 1.5, "memory": "4 GB"}},
        "{}",
        None,
        [1],
    ):
        assert JobConfig.from_api({"resource_config": value}).to_dict(redact=False) == {
            "resource_config": value
        }


@pytest.mark.parametrize(
    "name", ["to_dict", "summary", "model_dump", "model_fields", "__class__", "copy", "", "é"]
)
def test_an_unknown_key_is_kept_whatever_its_name_and_harms_nothing(name: str) -> None:
    job = FlinkJob.from_api({"job_id": 1, name: {"a": [None, 1]}, "job_config": {name: "b"}})
    assert job.to_dict() == {"job_id": 1, name: {"a": [None, 1]}, "job_config": {name: "b"}}
    assert job.summary()["job_id"] == 1


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"job_id": [1, 2]}, "job_id"),
        ({"name": {"a": 1}}, "name"),
        ({"status": 3}, "status"),
        ({"edge_group_ids": [None]}, "edge_group_ids"),
        ({"job_config": [1]}, "job_config"),
        ({"job_config": "{}"}, "job_config"),
        ({"job_config": {"dependency_jars": [["x"]]}}, "job_config.dependency_jars"),
        ({"job_config": {"runtime_config": ["x"]}}, "job_config.runtime_config"),
    ],
)
def test_a_field_of_another_type_is_none_and_read_back_as_it_came(content: Any, field: str) -> None:
    job = FlinkJob.from_api(content)
    assert job.unreadable == (field,)
    assert job.to_dict(redact=False) == content
    assert FlinkJob.from_api(job.to_dict(redact=False)) == job


def test_several_fields_that_can_not_be_read_are_all_listed_and_the_others_are_read() -> None:
    job = FlinkJob.from_api(
        {
            "job_id": "104",
            "status": "job_running",
            "restart_times": "many",
            "edge_group_ids": [None],
            "job_config": {"cu_number": 1.5, "runtime_config": [], "parallel_number": 3},
            "half \ud83d": "\ud83d",
        }
    )
    assert job.job_config is not None
    assert (job.job_id, job.status, job.job_config.parallel_number) == (104, "job_running", 3)
    assert sorted(job.unreadable) == [
        *("edge_group_ids", "job_config.cu_number", "job_config.runtime_config", "restart_times")
    ]
    assert job.to_dict()["half \ufffd"] == "\ufffd"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"job_detail": None}, "A FlinkJob should be an object, and not NoneType"),
        ([1], "A FlinkJob should be an object, and not list"),
        ("job", "A FlinkJob should be an object, and not str"),
        (None, "A FlinkJob should be an object, and not NoneType"),
        ({1: SECRET}, "The keys of a FlinkJob should be text"),
    ],
)
def test_what_is_no_object_is_refused(content: Any, message: str) -> None:
    with pytest.raises(FlinkJobFormatError) as caught:
        FlinkJob.from_api(content)
    assert str(caught.value) == message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "content",
    [
        {"sql_body": [SECRET]},
        {"job_config": {"runtime_config": [{"a": SECRET}], "operator_config": {"a": SECRET}}},
        {"job_config": [{"runtime_config": SECRET}]},
        {"job_id": f"password={SECRET}"},
        {"job_id": {"password": SECRET}},
        {"name": [f"--sk {SECRET}"]},
        {"restart_times": "x" * 310 + f" password='{SECRET}'"},
    ],
)
def test_a_field_that_can_not_be_read_shows_no_secret(content: dict[str, Any]) -> None:
    job = FlinkJob.from_api(content)
    assert job.unreadable
    assert SECRET not in json.dumps([job.to_dict(), job.summary(), repr(job), job.unreadable])


def test_not_even_the_error_of_the_constructor_shows_the_input() -> None:
    with pytest.raises(ValidationError) as caught:
        FlinkJob(sql_body=[SECRET])
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("place", ["unknown", "name", "job_config", "resource_config"])
def test_a_value_that_is_nested_too_deeply_is_replaced_by_a_text_that_says_so(place: str) -> None:
    deep: Any = None
    for _ in range(900):
        deep = [deep]
    content = {"job_config": {"resource_config": deep}} if place == "resource_config" else {place: deep}
    job = FlinkJob.from_api(content | {"status": "job_running"})
    assert job.status is FlinkJobStatus.JOB_RUNNING
    assert "(list nested more than 32 levels deep)" in json.dumps(job.to_dict(redact=False))
    assert copy.deepcopy(job) == job


@pytest.mark.parametrize(
    "show", [repr, str, "{!r}".format, lambda job: "".join(map(repr, job.__rich_repr__()))]
)
def test_no_way_to_print_a_job_shows_a_secret(show: Any) -> None:
    job = FlinkJob.from_api(SECRETIVE)
    for shown in (show(job), show(job.job_config)):
        assert SECRET not in shown
        assert MASK in shown
    assert "orders" in show(job)


def test_a_redacted_dict_shows_no_secret_but_what_was_asked_for() -> None:
    job = FlinkJob.from_api(SECRETIVE)
    assert SECRET not in json.dumps(job.to_dict())
    shown = job.to_dict(include=("sql_body", "runtime_config"))
    assert shown["sql_body"] == shown["job_config"]["runtime_config"] == SECRET
    assert shown["entrypoint_args"] == shown["job_config"]["new_config"] == MASK
    assert job.to_dict(redact=False) == SECRETIVE
    assert job.job_config is not None
    assert job.job_config.to_dict() == shown["job_config"] | {"runtime_config": MASK}
    with pytest.raises(ValueError, match="possible are"):
        job.to_dict(include=("sql",))


def test_the_summary_has_always_the_same_keys_and_no_secret() -> None:
    empty = FlinkJob.from_api({}).summary()
    assert set(empty.values()) == {None}
    summary = FlinkJob.from_api(SECRETIVE | {"flink_version": 1.15, "start_time": 1578466221525}).summary()
    assert list(summary) == list(empty)
    assert summary == empty | {
        "job_id": 104,
        "name": "orders",
        "status": "job_submit_fail",
        "status_desc": "'password' = '***' is wrong",
        "flink_version": "1.15",
        "start_time": "2020-01-08T06:50:21.525000+00:00",
    }
    assert type(summary["status"]) is str


def test_a_long_status_desc_is_cut_in_the_summary_before_it_can_show_half_a_secret() -> None:
    text = "x" * 1980 + f" password='{SECRET * 20}'"
    assert FlinkJob(status_desc=text).summary()["status_desc"] == "x" * 1980 + f" password='{MASK}'"
    url = "x" * 1965 + " url jdbc:mysql://root:hunter2secretpw@db:3306/x failed"
    assert f"jdbc:mysql://root:{MASK}@db:3306"[:30] in FlinkJob(status_desc=url).summary()["status_desc"]
    assert len(FlinkJob(status_desc="é" * 5000).summary()["status_desc"]) <= 2001


HOSTILE = "\x1b[31m line 1\nline 2\r\x00 cut \ud83d password=hunter2 "


@pytest.mark.parametrize(
    "field", ["name", "status", "status_desc", "queue_name", "run_mode", "flink_version"]
)
def test_a_hostile_text_leaves_as_one_printable_masked_and_bounded_line(field: str) -> None:
    job = FlinkJob.from_api({"job_id": 104, field: HOSTILE * 100_000, "job_config": {}})
    for shown in (job.summary()[field], job.to_dict()[field], repr(job), str(job)):
        assert shown.isprintable()
        assert SECRET not in shown
        assert len(shown) < (2500 if field == "status_desc" else 500)
        assert "line 1" in shown


def test_texts_and_keys_that_no_database_stores_are_made_storable() -> None:
    job = FlinkJob.from_api(
        {
            "desc": "a\x00\ud83d",
            "new": {"k\ud83d": ["\x00"]},
            "job_config": {"image": "\udc80", "x\x00": "\x00"},
        }
    )
    stored = json.dumps(job.to_dict(), ensure_ascii=False)
    stored.encode()
    assert "\\u0000" not in stored


def test_a_repr_stays_short_however_many_keys_a_job_has() -> None:
    shown = repr(FlinkJob.from_api({f"{i:06}" + "k" * 10_000: "v" * 10_000 for i in range(300)}))
    assert len(shown) < 50_000
    assert shown.endswith("more_fields=200)")


def test_a_job_is_a_snapshot() -> None:
    job = FlinkJob.from_api(SAMPLES[0])
    with pytest.raises(ValidationError):
        job.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_job_can_be_copied(copied: Any) -> None:
    job = FlinkJob.from_api(
        SECRETIVE | {"image": "a", "create_time": 1578466221525, "status": "job_dreaming", "job_id": [1]}
    )
    assert copied(job) == job
    assert copied(job).to_dict(redact=False) == job.to_dict(redact=False)
    assert copied(job).unreadable == ("job_id",)


class Holder(BaseModel):
    """A model of a user's own, with a job in it."""

    job: FlinkJob | None = None
    anything: Any = None


@dataclasses.dataclass
class DataHolder:
    """The same as a dataclass."""

    job: FlinkJob


JOB = FlinkJob.from_api(SECRETIVE)
CONFIG = JOB.job_config

WAYS_OUT: dict[str, Callable[[], Any]] = {
    "model_dump": JOB.model_dump,
    "model_dump of one field": lambda: JOB.model_dump(include={"name"}),
    "model_dump in JSON types": lambda: JOB.model_dump(mode="json", exclude_none=True),
    "model_dump_json": JOB.model_dump_json,
    "dict": lambda: dict(JOB),
    "iteration": lambda: list(JOB),
    "pickle": lambda: pickle.dumps(JOB),
    "the oldest pickle": lambda: pickle.dumps(JOB, protocol=0),
    "pickle within a list": lambda: pickle.dumps([JOB]),
    "json": lambda: json.dumps(JOB),
    "job_config alone": lambda: CONFIG and CONFIG.model_dump(),
    "job_config as JSON": lambda: CONFIG and CONFIG.model_dump_json(),
    "job_config pickled": lambda: pickle.dumps(CONFIG),
}
NESTED_WAYS_OUT: dict[str, Callable[[], Any]] = {
    "within a model": Holder(job=JOB).model_dump,
    "within a model, one field": lambda: Holder(job=JOB).model_dump(include={"job": {"name"}}),
    "within a model in JSON types": lambda: Holder(job=JOB).model_dump(mode="json"),
    "within a model as JSON": Holder(job=JOB).model_dump_json,
    "within anything of a model": Holder(anything=[{"x": JOB}]).model_dump,
    "job_config within a model": Holder(anything=CONFIG).model_dump_json,
    "within a dataclass": lambda: TypeAdapter(DataHolder).dump_python(DataHolder(JOB)),
    "TypeAdapter": lambda: TypeAdapter(FlinkJob).dump_python(JOB),
    "TypeAdapter as JSON": lambda: TypeAdapter(list[FlinkJob]).dump_json([JOB]),
    "to_jsonable_python": lambda: to_jsonable_python(JOB),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_out_but_to_dict_gives_a_job_away(way: str) -> None:
    with pytest.raises(TypeError) as caught:
        WAYS_OUT[way]()
    assert SECRET not in str(caught.value)
    if way != "json":
        assert "return job.to_dict() instead" in str(caught.value)


@pytest.mark.parametrize("way", NESTED_WAYS_OUT)
def test_pydantic_passes_the_refusal_on_from_within_other_types(way: str) -> None:
    with pytest.raises(
        PydanticSerializationError, match=r"TypeError: .*return job.to_dict\(\) instead"
    ) as caught:
        NESTED_WAYS_OUT[way]()
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [JOB, CONFIG, [JOB], {"job": JOB}, Holder(job=JOB), DataHolder(JOB)],
    ids=lambda v: type(v).__name__,
)
def test_a_task_that_returns_a_job_fails_before_airflow_stores_it(value: object) -> None:
    refusals = (
        r"return job.to_dict\(\) instead|cannot serialize object of type"  # the latter is Airflow 3.0's own
    )
    with pytest.raises((TypeError, PydanticSerializationError), match=refusals):
        airflow_serialize(value)


def test_a_job_can_be_part_of_a_users_model() -> None:
    holder = Holder(job=JOB)
    assert holder.job is JOB
    assert Holder.model_json_schema(mode="serialization")
    assert SECRET not in repr(holder)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"user_name": "li"}, "li"),
        ({"username": "li"}, "li"),
        ({"user_name": None, "username": "li"}, "li"),
        ({"user_name": "li", "username": "wang"}, "li"),
        ({"username": 5}, None),
    ],
)
def test_the_owner_is_read_by_its_former_name_too_and_written_as_it_came(
    content: dict[str, Any], name: str | None
) -> None:
    job = FlinkJob.from_api(content | {"image": "a", "job_config": {"feature": "custom"}})
    assert (job.user_name, job.feature) == (name, "custom")
    assert job.to_dict() == content | {"image": "a", "job_config": {"feature": "custom"}}
    assert FlinkJob.from_api(job.to_dict(redact=False)) == job


SCALING = "flink.dli.job.scale.enable"


@pytest.mark.parametrize(
    ("runtime_config", "scales"),
    [
        (json.dumps([{"key": "a", "value": "b"}, {"key": SCALING, "value": "true"}]), True),
        (json.dumps([{"key": SCALING, "value": True}]), True),
        (json.dumps([{"key": SCALING, "value": " TRUE "}]), True),
        (json.dumps([{"key": SCALING, "value": "false"}]), False),
        (json.dumps([{"key": "a", "value": SCALING}]), False),
        *((odd, False) for odd in (None, "", "[]", "{}", "[1]", "7", "null", "[[]]", "[" * 100_000, "a=b")),
        (json.dumps([{"key": ["a"], "value": 1}]), False),
        ([{"key": SCALING, "value": "true"}], False),
    ],
)
def test_a_job_scales_itself_when_its_runtime_options_say_so(runtime_config: Any, scales: bool) -> None:
    assert FlinkJob.from_api({"job_config": {"runtime_config": runtime_config}}).scales_itself == scales


@pytest.mark.parametrize(
    ("config", "restarts"),
    [
        (None, False),
        ({}, False),
        ({"restart_when_exception": "true"}, True),
        ({"restart_when_exception": 0}, False),
    ],
)
def test_a_job_restarts_itself_when_its_configuration_says_so(config: Any, restarts: bool) -> None:
    assert FlinkJob.from_api({"job_config": config}).restarts_itself == restarts


_NAMES = st.sampled_from([*JOB_FIELDS, *CONFIG_FIELDS]) | st.text(max_size=5)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(_NAMES, _JSON) | st.fixed_dictionaries({"job_config": _JSON, "status": st.text()})


@settings(max_examples=800)
@given(_JSON | _OBJECTS | st.fixed_dictionaries({"job_detail": _JSON | _OBJECTS}))
def test_any_json_is_a_job_that_reads_back_or_is_refused_with_the_one_error(content: Any) -> None:
    try:
        job = FlinkJob.from_api(content)
    except FlinkJobFormatError as error:
        assert str(error)  # noqa: PT017
    else:
        assert FlinkJob.from_api(json.loads(json.dumps(job.to_dict(redact=False)))) == job
        json.dumps([job.to_dict(), job.summary(), repr(job)])
