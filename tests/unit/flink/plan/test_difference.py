"""Where a job differs from its definition, and how people are told."""

from __future__ import annotations

from typing import Any

import pytest

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.desired import JobKind, parse_desired
from dli_provider.flink.plan.difference import compare
from dli_provider.flink.plan.difference_report import describe_differences

SQL = "INSERT INTO sink SELECT * FROM source"


def job(config: dict[str, Any] | None = None, **detail: Any) -> FlinkJob:
    return FlinkJob.from_api({"job_id": 1, "sql_body": SQL, "job_config": config or {}, **detail})


def compared(definition: dict[str, Any], shown: dict[str, Any], *ignored: str) -> Any:
    desired = parse_desired("etl", sql=SQL, definition=definition)
    return compare(desired, job(shown), ignored)


EQUAL = [
    # given by the author                              shown by DLI
    ({"checkpoint_mode": "exactly_once"},              {"checkpoint_mode": "exactly_once"}),
    ({"checkpoint_mode": 2},                           {"checkpoint_mode": "at_least_once"}),
    ({"checkpoint_mode": 1},                           {"checkpoint_mode": 1}),
    ({"smn_topic": ""},                                {"smn_topic": None}),
    ({"edge_group_ids": []},                           {"edge_group_ids": None}),
    ({"edge_group_ids": ["a", "b"]},                   {"edge_group_ids": "a, b"}),
    ({"cu_number": 4},                                 {"cu_number": "4"}),
    ({"log_enabled": False},                           {"log_enabled": "false"}),
    ({"runtime_config": {"a": 1, "b": True}},
     {"runtime_config": '[{"key": "b", "value": "true"}, {"key": "a", "value": "1"}]'}),
    ({"runtime_config": {}},                           {"runtime_config": ""}),
    ({"flink_log_config": {"a": 1, "b": 2}},           {"flink_log_config": '{"b":2,"a":1}'}),
    ({"dirty_data_strategy": "0", "tm_cus": 1},        {"dirty_data_strategy": None, "tm_cus": None}),
    ({"resume_max_num": -1, "log_enabled": False},     {"resume_max_num": None, "log_enabled": None}),
    ({"resource_config": {"max_slot": 1}},
     {"resource_config": {"max_slot": 1, "parallel_number": 9}}),
    ({"resource_config": {"taskmanager_resource_spec": {"cpu": 1.0, "memory": "4 GB"}}},
     {"resource_config": {"taskmanager_resource_spec": {"cpu": 1, "memory": "4G"}}}),
    ({"resource_config": {"taskmanager_resource_spec": {"memory": "4096MB"}}},
     {"resource_config": '{"taskmanager_resource_spec": {"memory": "4"}}'}),
]  # fmt: skip
DIFFERENT = [
    ({"checkpoint_mode": "exactly_once"},              {"checkpoint_mode": "at_least_once"}),
    ({"smn_topic": "urn"},                             {"smn_topic": None}),
    ({"smn_topic": ""},                                {"smn_topic": "urn"}),
    ({"tm_cus": 2},                                    {"tm_cus": None}),
    ({"resume_max_num": 3},                            {"resume_max_num": None}),
    ({"log_enabled": True},                            {"log_enabled": False}),
    ({"edge_group_ids": ["b", "a"]},                   {"edge_group_ids": ["a", "b"]}),
    ({"runtime_config": {"a": 1}},                     {"runtime_config": None}),
    ({"runtime_config": {"a": 1}},
     {"runtime_config": '[{"key": "a", "value": "1"}, {"key": "b", "value": ""}]'}),
    ({"runtime_config": {"a": 1}},                     {"runtime_config": "a=1"}),
    ({"resource_config": {"max_slot": 1}},             {"resource_config": {"max_slot": 2}}),
    ({"resource_config": {"max_slot": 1}},             {"resource_config": None}),
]  # fmt: skip
HIDDEN = [
    ({"tm_cus": 2},                                    {},                                       "tm_cus"),
    ({"cu_number": 2},                                 {"cu_number": "many"},                    "cu_number"),
    ({"tags": {"a": "b"}},                             {},                                       "tags"),
    ({"resource_config": {"max_slot": 1}},             {"resource_config": {"parallel_number": 1}},
     "resource_config.max_slot"),
    ({"operator_config": {"a": 1}},                    {},                              "operator_config"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "shown"), EQUAL)
def test_equal_in_whatever_spelling(given, shown):
    assert compared(given, shown) == compare(parse_desired("etl", sql=SQL), job())


@pytest.mark.parametrize(("given", "shown"), DIFFERENT)
def test_different(given, shown):
    assert compared(given, shown).changed == tuple(given)
    assert compared(given, shown, *given).changed == ()


@pytest.mark.parametrize(("given", "shown", "name"), HIDDEN)
def test_what_dli_does_not_show_is_no_difference(given, shown, name):
    comparison = compared(given, shown)
    assert comparison.changed == ()
    assert comparison.not_compared == (name,)


def test_tags_are_equal_in_whatever_order():
    desired = parse_desired("etl", sql=SQL, definition={"tags": {"a": "1", "b": "2"}})
    shown = [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]
    assert compare(desired, job(tags=shown)).changed == ()
    assert compare(desired, job(tags=shown[:1])).changed == ("tags",)


@pytest.mark.parametrize("shown", [SQL, f"{SQL}\n", f"\n{SQL}  "])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_sql_make_no_difference(shown, ending):
    desired = parse_desired("etl", sql=f"SELECT 1;\n{SQL}\n")
    assert compare(desired, job(sql_body=f"SELECT 1;{ending}{shown.strip()}")).changed == ()
    assert compare(desired, job(sql_body=f"SELECT 2;{ending}{shown}")).changed == ("sql_body",)


@pytest.mark.parametrize("place", ["job_config", "beside it"])
@pytest.mark.parametrize(("version", "changed"), [("1.15", ()), ("1.12", ("flink_version",))])
def test_the_flink_version_is_read_wherever_it_stands(place, version, changed):
    fields = {"flink_version": version}
    found = job(fields) if place == "job_config" else job({"flink_version": None}, **fields)
    desired = parse_desired("etl", sql=SQL, definition={"flink_version": "1.15"})
    assert compare(desired, found).changed == changed


@pytest.mark.parametrize("path", ["obs://b/dir/", "b/dir", "dir/", "/dir"])
def test_a_checkpoint_path_is_shown_with_its_bucket(path):
    desired = parse_desired("etl", entrypoint="a.jar", definition={"checkpoint_path": path})
    shown = job({"checkpoint_path": "b/dir", "obs_bucket": "b", "entrypoint": "a.jar"})
    assert compare(desired, shown).changed == ()


class TestTheDefinition:
    def test_sql_and_package_may_stand_in_it(self):
        assert parse_desired("etl", definition={"sql_body": SQL, "name": "etl"}).kind == JobKind.SQL
        assert parse_desired("etl", definition={"entrypoint": "a.jar"}).kind == JobKind.JAR

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "sql and entrypoint are both empty"),
            ({"sql": "  "}, "sql and entrypoint are both empty"),
            ({"sql": SQL, "entrypoint": "a.jar"}, "sql and entrypoint are both given"),
            (
                {"sql": SQL, "definition": {"sql_body": "SELECT 1"}},
                "sql and definition.sql_body are both given",
            ),
            ({"sql": SQL, "definition": {"name": "other"}}, "definition.name is another name than job_name"),
            ({"sql": SQL, "definition": {"cu_numbr": 2}}, "did you mean 'cu_number'"),
            ({"sql": SQL, "definition": {"cu_number": 1}}, "cu_number: Input should be greater than"),
            (
                {"sql": SQL, "definition": {"operator_config": 1}},
                "operator_config: Input should be a mapping",
            ),
        ],
    )
    def test_mistakes_are_told(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            parse_desired("etl", **arguments)

    @pytest.mark.parametrize(
        ("rendered", "meant"),
        [
            ({"cu_number": " 4 "}, {"cu_number": 4}),
            ({"resume_max_num": "-1"}, {"resume_max_num": -1}),
            ({"log_enabled": "True"}, {"log_enabled": True}),
            ({"log_enabled": "false"}, {"log_enabled": False}),
            ({"smn_topic": "None", "cu_number": "None", "tm_cus": ""}, {}),
            ({"smn_topic": "", "desc": "4"}, {"smn_topic": "", "desc": "4"}),
            (
                {"resource_config": {"max_slot": "2", "jobmanager_resource_spec": {"cpu": "1.5"}}},
                {"resource_config": {"max_slot": 2, "jobmanager_resource_spec": {"cpu": 1.5}}},
            ),
        ],
    )
    def test_what_templates_render_as_text_is_read_as_what_they_were_made_of(self, rendered, meant):
        assert parse_desired("etl", sql=SQL, definition=rendered).fields == {"sql_body": SQL, **meant}

    @pytest.mark.parametrize("value", ["many", "[4]", "4.5", "NaN", "{}", '"4"'])
    def test_a_text_that_is_no_number_stays_a_mistake(self, value):
        with pytest.raises(ValueError, match="cu_number: Input should be a valid integer"):
            parse_desired("etl", sql=SQL, definition={"cu_number": value})

    def test_its_repr_holds_no_sql(self):
        assert SQL not in repr(parse_desired("etl", sql=SQL))

    def test_a_jar_job_may_name_its_type(self):
        desired = parse_desired("etl", entrypoint="a.jar", definition={"job_type": "flink_jar_job"})
        assert "job_type" not in desired.creation


class TestTheReport:
    def report(self, sql: str, definition: dict[str, Any], shown: dict[str, Any], **detail: Any) -> str:
        desired, found = parse_desired("etl", sql=sql, definition=definition), job(shown, **detail)
        return describe_differences(desired, found, compare(desired, found).changed)

    def test_is_a_table(self):
        lines = self.report(SQL, {"cu_number": 4, "smn_topic": "urn"}, {"cu_number": 2, "smn_topic": None})
        assert lines.splitlines() == [
            "key        expected  actual",
            "cu_number  4         2",
            "smn_topic  urn       empty",
        ]

    def test_shows_sql_as_a_unified_diff(self):
        before = "\n".join(f"SELECT {number};" for number in range(50))
        after = before.replace("SELECT 25;", "SELECT 26 -- twice;")
        assert self.report(after, {}, {}, sql_body=before).splitlines() == [
            "--- sql_body on DLI",
            "+++ sql_body in the DAG",
            "@@ -25,3 +25,3 @@",
            " SELECT 24;",
            "-SELECT 25;",
            "+SELECT 26 -- twice;",
            " SELECT 26;",
        ]

    def test_is_short(self):
        before, after = ("\n".join(f"SELECT {n} {word};" for n in range(4000)) for word in ("a", "b" * 240))
        lines = self.report(after, {}, {}, sql_body=before).splitlines()
        assert len(lines) == 41
        assert max(map(len, lines)) <= 201
        long = self.report("x\n" * 9000, {}, {}, sql_body="y")
        assert long == "sql_body differs: 1 lines on DLI, 9000 in the DAG, too many to compare"

    def test_masks_credentials_before_it_compares(self):
        sql = "CREATE TABLE t (a INT) WITH (\n  'connector' = 'jdbc',\n  'password' = '{}'\n);"
        report = self.report(sql.format("hunter2"), {}, {}, sql_body=sql.format("swordfish1"))
        assert report == "sql_body differs only in masked text"
        changed = sql.replace("jdbc", "kafka").format("hunter2")
        report = self.report(changed, {}, {}, sql_body=sql.format("swordfish1"))
        assert "+  'connector' = 'kafka'," in report
        assert "hunter2" not in report
        assert "swordfish1" not in report

    def test_names_options_and_withholds_their_values(self):
        shown = {"runtime_config": '[{"key": "a", "value": "1"}, {"key": "old", "value": "secret-1"}]'}
        report = self.report(SQL, {"runtime_config": {"a": 1, "new": "secret-2"}}, shown)
        assert "runtime_config.new  ***       empty" in report
        assert "runtime_config.old  empty     ***" in report
        assert "secret" not in report

    def test_no_text_of_a_job_can_forge_a_line(self):
        report = self.report(
            "SELECT 1", {"desc": "a"}, {}, desc="b\nERROR forged\x1b[0m", sql_body="SELECT \x1b[2J\u2028"
        )
        assert "\x1b" not in report
        assert "ERROR forged" not in [line.strip() for line in report.splitlines()]
