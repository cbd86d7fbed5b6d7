"""What makes a job healthy, and what the report says of those that aren't."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from dli_provider.flink.health import HealthRules
from dli_provider.flink.health_report import MESSAGE_LENGTH, HealthReport
from dli_provider.flink.job import FlinkJob, FlinkJobFormatError
from dli_provider.flink.job_health import FailOn, JobHealth
from dli_provider.flink.status import FlinkJobStatus as S
from dli_provider.masking import printable

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def job(
    status: str | None = "job_running", *, age: timedelta = timedelta(hours=1), **detail: Any
) -> FlinkJob:
    updated = int((NOW - age).timestamp() * 1000)
    return FlinkJob.from_api(
        {"job_id": 104, "name": "orders", "status": status, "update_time": updated, **detail}
    )


def problems(job: FlinkJob, **rules: Any) -> dict[str, str]:
    return {problem.rule: problem.reason for problem in HealthRules(**rules).check(job, NOW)}


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("job_running", None),
        ("job_savepointing", None),
        ("job_submitting", None),
        ("job_downloading", None),
        ("job_arrearage_recovering", None),
        ("job_brand_new", None),
        ("job_init", None),
        ("job_submit_fail", "status"),
        ("job_running_exception", "status"),
        ("job_canceling", "status"),
        ("job_cancel_success", "status"),
        ("job_cancel_fail", "status"),
        ("job_arrearage_stopped", "status"),
        ("job_finish", "status"),
        (None, "status"),
    ],
)
def test_a_job_in_a_status_for_a_moment(status, rule):
    assert list(problems(job(status, age=timedelta(seconds=30)))) == ([rule] if rule else [])


def ago(**age: float) -> int:
    return int((NOW - timedelta(**age)).timestamp() * 1000)


@pytest.mark.parametrize("status", ["job_submitting", "job_downloading"])
@pytest.mark.parametrize("edited", [{"days": 2000}, {"minutes": 41}, {"seconds": 5}], ids=str)
def test_a_job_that_is_being_started_counts_from_its_start_whenever_it_was_edited(status, edited):
    started = job(status, age=timedelta(**edited), start_time=ago(seconds=5), create_time=ago(days=2001))
    assert problems(started) == {}
    stuck = job(status, age=timedelta(**edited), start_time=ago(minutes=40), create_time=ago(days=2001))
    assert problems(stuck) == {"stuck": f"is still {status} 40 min after its start"}
    assert problems(stuck, starting_limit=timedelta(hours=1)) == {}


def test_a_first_start_without_a_start_time_is_given_the_limit_but_no_false_age():
    made_and_edited = {"create_time": ago(days=2001), "update_time": ago(days=2000), "start_time": 0}
    starting = FlinkJob.from_api({"job_id": 104, "status": "job_submitting", **made_and_edited})
    assert problems(starting) == {"stuck": "is job_submitting, and DLI doesn't say since when"}
    edited = FlinkJob.from_api({"job_id": 104, "status": "job_submitting", "update_time": ago(minutes=1)})
    assert problems(edited) == {}


@pytest.mark.parametrize("status", ["job_idle", "job_arrearage_recovering", "job_brand_new"])
def test_a_status_that_no_time_tells_of_counts_from_the_latest_time_that_is_known(status):
    long_ago = {"create_time": ago(days=9), "start_time": ago(days=8)}
    assert problems(job(status, age=timedelta(minutes=1), **long_ago)) == {}
    assert problems(job(status, age=timedelta(days=7), **long_ago)) == {
        "stuck": f"is {status}, and DLI doesn't say since when"
    }


def test_a_job_that_starts_since_nobody_knows_when_is_not_taken_for_healthy():
    starting = FlinkJob.from_api({"job_id": 104, "status": "job_submitting"})
    assert problems(starting) == {"stuck": "is job_submitting, and DLI doesn't say since when"}
    made = {"job_id": 104, "status": "job_submitting", "create_time": int(NOW.timestamp() - 3600) * 1000}
    assert problems(FlinkJob.from_api(made)) == problems(starting)
    assert problems(FlinkJob.from_api(made), starting_limit=timedelta(hours=2)) == {}
    assert problems(FlinkJob.from_api({"job_id": 104, "status": "job_running"})) == {}


@pytest.mark.parametrize("dated_by", ["update_time", "create_time"])
def test_a_job_that_was_only_just_made_may_still_start(dated_by):
    def drafted(age: timedelta) -> FlinkJob:
        moment = int((NOW - age).timestamp() * 1000)
        return FlinkJob.from_api({"job_id": 104, "status": "job_init", dated_by: moment})

    assert problems(drafted(timedelta(minutes=15))) == {}
    assert problems(drafted(timedelta(minutes=16))) == {"status": "is job_init"}
    assert problems(drafted(timedelta(minutes=16)), starting_limit=timedelta(hours=1)) == {}
    assert problems(drafted(timedelta()), healthy_status=(S.JOB_ARREARAGE_RECOVERING,)) == {
        "status": "is job_init"
    }


def test_a_draft_counts_from_its_last_change():
    old, new = (int((NOW - timedelta(minutes=age)).timestamp() * 1000) for age in (60, 1))
    assert problems(job("job_init", age=timedelta(hours=1), create_time=old)) == {"status": "is job_init"}
    assert problems(job("job_init", age=timedelta(minutes=1), create_time=old)) == {}
    assert problems(job("job_init", age=timedelta(hours=1), create_time=new)) == {}


def test_a_draft_of_no_known_age_is_not_taken_for_healthy():
    assert problems(FlinkJob.from_api({"status": "job_init"})) == {"status": "is job_init"}


@pytest.mark.parametrize("restarts", [False, True])
def test_a_job_that_ran_into_an_exception_is_unhealthy_at_once(restarts):
    stopped = job("job_running_exception", age=timedelta(), job_config={"restart_when_exception": restarts})
    assert problems(stopped) == {"status": "is job_running_exception"}


def test_a_failed_job_says_why_without_its_passwords():
    found = problems(job("job_submit_fail", status_desc="no route, 'password' = 'hunter2'"))
    assert "no route" in found["status"]
    assert "hunter2" not in found["status"]


def test_a_finished_job_is_healthy_where_jobs_end():
    assert problems(job("job_finish"), healthy_status=(S.JOB_RUNNING, S.JOB_FINISH)) == {}


def test_a_job_that_dli_scales_is_healthy_while_it_is_stopped_for_that():
    options = json.dumps([{"key": "flink.dli.job.scale.enable", "value": "true"}])
    scaling = {"job_config": {"runtime_config": options}}
    assert problems(job("job_canceling", **scaling)) == {}
    assert problems(job("job_cancel_success", **scaling)) == {"status": "is job_cancel_success"}
    assert problems(job("job_canceling", job_config={})) == {"status": "is job_canceling"}


UNREADABLE = [
    # rule                   what DLI sends                                     what can't be read
    ({"max_restarts": 3},    {"restart_times": "many"},                         "restart_times"),
    ({"checkpointing": True},
     {"job_config": {"checkpoint_enabled": "maybe"}},           "job_config.checkpoint_enabled"),
    ({"auto_restart": True},
     {"job_config": {"restart_when_exception": [1]}},           "job_config.restart_when_exception"),
    ({"expected_config": {"cu_number": {"!=": 2}}},
     {"job_config": {"cu_number": "many"}},                     "job_config.cu_number"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "sent", "name"), UNREADABLE)
def test_a_field_that_is_judged_and_cannot_be_read_is_a_problem(rule, sent, name):
    assert problems(job(**sent), **rule) == {"unreadable": f"{name} can't be read"}
    assert problems(job(**sent)) == {}


def test_restarts_are_counted_when_they_are_limited():
    assert problems(job(restart_times=7)) == {}
    assert problems(job(restart_times=7), max_restarts=7) == {}
    assert problems(job(restart_times=8), max_restarts=7) == {
        "restarts": "was restarted 8 times, more than 7"
    }


@pytest.mark.parametrize(
    ("rule", "key"), [("checkpointing", "checkpoint_enabled"), ("auto_restart", "restart_when_exception")]
)
def test_a_required_setting_must_be_on(rule, key):
    assert problems(job(job_config={key: True}), **{rule: True}) == {}
    assert list(problems(job(job_config={key: False}), **{rule: True})) == [rule]
    assert list(problems(job(), **{rule: True})) == [rule]


def test_drift_of_the_configuration_is_a_problem():
    found = problems(job(job_config={"parallel_number": 1}), expected_config={"parallel_number": {">=": 2}})
    assert found == {"config": "parallel_number is 1, expected >= 2"}


def test_own_rules_say_what_is_wrong_or_nothing():
    def named_well(job: FlinkJob) -> str | None:
        return None if (job.name or "").startswith("etl_") else "isn't named etl_…"

    assert problems(job(), own_rules=(named_well,)) == {"named_well": "isn't named etl_…"}
    assert problems(job(name="etl_orders"), own_rules=(named_well,)) == {}


def test_an_own_rule_that_fails_is_a_problem_of_its_own_and_hides_no_other():
    def broken(job: FlinkJob) -> str | None:
        raise KeyError("tags")

    found = problems(job("job_finish"), own_rules=(broken,))
    assert set(found) == {"status", "broken"}
    assert found["broken"] == "the rule itself failed: KeyError: 'tags'"


def test_an_own_rule_that_fails_without_words_is_reported_all_the_same():
    class Speechless:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    def wordless(job: FlinkJob) -> Any:
        raise ValueError(Speechless())

    def odd(job: FlinkJob) -> Any:
        return Speechless()

    found = problems(job(), own_rules=(wordless, odd))
    assert found["wordless"].startswith("the rule itself failed: ValueError")
    assert found["odd"] == "the rule itself failed: RuntimeError: no words"


def test_a_reason_stands_on_one_line_without_secrets_and_without_end():
    def talkative(job: FlinkJob) -> str:
        return "password=hunter2\x00\x1b[31m\nand more" + " more" * 10_000

    reason = problems(job(), own_rules=(talkative,))["talkative"]
    assert "hunter2" not in reason
    assert reason.isprintable()
    assert reason[-1] == "…"
    assert len(reason) <= 301


class TestReport:
    def report(self, *verdicts: JobHealth, most: int = 100) -> HealthReport:
        report = HealthReport(NOW, {"queue_name": "etl"}, most)
        for verdict in verdicts:
            report.add(verdict)
        return report

    def verdict(self, status: str, job_id: int, **detail: Any) -> JobHealth:
        return JobHealth.of(job(status, job_id=job_id, **detail), HealthRules(), NOW)

    def test_counts_and_lists_the_worst_first(self):
        report = self.report(
            self.verdict("job_running", 1),
            self.verdict("job_finish", 2),
            JobHealth("missing", 3),
            self.verdict("job_submit_fail", 4),
        )
        content = report.to_dict()
        assert content["by_verdict"] == {"healthy": 1, "unhealthy": 2, "missing": 1, "unreadable": 0}
        assert content["by_status"] == {"job_running": 1, "job_finish": 1, "none": 1, "job_submit_fail": 1}
        assert [entry["job_id"] for entry in content["jobs"]] == [4, 3, 2]
        assert content["summary"] == "3 of 4 Flink jobs are not healthy (2 unhealthy, 1 missing)"
        assert json.loads(json.dumps(content)) == content

    def test_is_bounded_however_many_jobs_are_sick(self):
        verdicts = [self.verdict("job_finish", number) for number in range(1, 5001)]
        report = self.report(*verdicts, self.verdict("job_submit_fail", 9999), most=10)
        content = report.to_dict()
        assert (len(content["jobs"]), content["omitted"]) == (10, 4991)
        assert content["jobs"][0]["job_id"] == 9999
        assert len(json.dumps(content)) < 20_000
        assert report.table().endswith("… and 4991 more")

    def test_is_bounded_however_much_is_wrong_with_each_job(self):
        def rule(job: FlinkJob) -> str:
            return "too long a story " * 20

        rules = HealthRules(own_rules=(rule,) * 12)
        verdict = JobHealth.of(job(), rules, NOW)
        content = self.report(*[verdict] * 1000, most=1000).to_dict()
        assert len(content["jobs"]) == 1000
        assert len(json.dumps(content)) < 1_000_000
        assert [reason["rule"] for reason in content["jobs"][0]["reasons"]] == ["rule", "more"]

    @pytest.mark.parametrize(
        ("length", "rules", "listed", "more"),
        [(50, 4, 4, None), (50, 12, 10, "and 2 more"), (140, 5, 4, "and 1 more"), (500, 2, 1, "and 1 more")],
    )
    def test_lists_a_job_s_first_reasons_and_counts_the_rest(self, length, rules, listed, more):
        def rule(job: FlinkJob) -> str:
            return "x" * length

        verdict = JobHealth.of(job(), HealthRules(own_rules=(rule,) * rules), NOW)
        report = self.report(verdict)
        shown = [printable("x" * length, 300)] * listed + [more] * bool(more)
        assert [reason["reason"] for reason in report.to_dict()["jobs"][0]["reasons"]] == shown
        assert report.table().splitlines()[1].endswith("; ".join(shown))

    def test_the_table_is_aligned_whatever_script_the_names_are_in(self):
        lines = (
            self.report(
                self.verdict("job_finish", 1, name="订单"), self.verdict("job_finish", 22, name="o" * 90)
            )
            .table()
            .splitlines()
        )
        assert lines[0].split() == ["job", "name", "status", "since", "what", "is", "wrong"]
        assert lines[1].startswith("1    订单")
        assert lines[2].index("job_finish") == lines[0].index("status")
        assert lines[1].index("job_finish") == lines[0].index("status") - len("订单")

    def test_a_table_may_show_fewer_than_the_report_lists(self):
        report = self.report(*(self.verdict("job_finish", number) for number in range(1, 31)), most=20)
        assert len(report.table(5).splitlines()) == 1 + 5 + 1
        assert report.table(5).endswith("… and 25 more")
        assert report.table().endswith("… and 10 more")

    def test_a_message_says_in_text_and_markdown_what_is_wrong(self):
        content = self.report(
            self.verdict("job_running", 1), self.verdict("job_submit_fail", 4, status_desc="no CUs")
        ).to_dict()
        assert content["text"].splitlines() == [
            "1 of 2 Flink jobs are not healthy (1 unhealthy):",
            "job  name    status           since                    what is wrong",
            "4    orders  job_submit_fail  edited 2026-01-02 02:04  is job_submit_fail: no CUs",
        ]
        assert content["markdown"].splitlines() == [
            "**1 of 2 Flink jobs are not healthy (1 unhealthy)**",
            "",
            "| job | name | status | since | what is wrong |",
            "|---|---|---|---|---|",
            "| 4 | orders | job_submit_fail | edited 2026-01-02 02:04 | is job_submit_fail: no CUs |",
        ]

    def test_a_message_over_a_healthy_fleet_is_its_summary(self):
        content = self.report(self.verdict("job_running", 1)).to_dict()
        assert content["text"] == content["summary"] == "The Flink job is healthy"
        assert content["markdown"] == "**The Flink job is healthy**"

    @pytest.mark.parametrize("length", [1, 60, 600])
    def test_a_message_is_bounded_and_counts_the_jobs_that_do_not_fit(self, length):
        sick = [self.verdict("job_submit_fail", n, status_desc="x" * length) for n in range(1, 501)]
        report = self.report(*sick, most=100)
        for message in (report.text(), report.markdown()):
            assert len(message) <= MESSAGE_LENGTH
            listed = message.count("is job_submit_fail")
            assert 1 <= listed <= 20
            assert message.endswith(f"… and {500 - listed} more")

    def test_no_text_of_a_job_is_markdown_or_html(self):
        sly = self.verdict(
            "job_finish", 1, name="a|b<!here>_x_ [l](http://h) `c` *d* a_b", status_desc="~e~ & <b>"
        )
        row = self.report(sly).markdown().splitlines()[-1]
        assert row.startswith(r"| 1 | a\|b&lt;!here&gt;\_x\_ \[l\](http://h) \`c\` \*d\* a_b | job_finish |")
        assert row.endswith(r"is job_finish: \~e\~ &amp; &lt;b&gt; |")

    def test_jobs_that_fail_the_task_are_listed_before_worse_ones(self):
        judge = FailOn(lambda health: health.name == "critical")
        report = self.report(
            judge(self.verdict("job_submit_fail", 1, name="other")),
            judge(self.verdict("job_finish", 2, name="critical")),
            most=1,
        )
        assert report.failing == 1
        assert [(entry["job_id"], entry["fails_task"]) for entry in report.to_dict()["jobs"]] == [(2, True)]

    def test_the_filters_of_the_report_are_bounded_and_printable(self):
        report = HealthReport(NOW, {"name": "a\n\x1bb" * 1000, "tags": {"k\n": "v\udc80"}}, 1)
        filters = report.to_dict()["filters"]
        assert len(filters["name"]) <= 201
        assert filters["name"].isprintable()
        assert filters["tags"].keys() == {"k"}
        json.dumps(filters, ensure_ascii=False).encode()

    def test_nothing_found_is_said(self):
        assert self.report().summary == "No Flink job was found for queue_name=etl"
        assert HealthReport(NOW, {}, 100).summary == "No Flink job was found"


TEXTS = st.text(max_size=40) | st.none()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CONFIGS = st.dictionaries(
    st.sampled_from(["parallel_number", "cu_number", "checkpoint_enabled", "runtime_config", "token", "x"]),
    ANYTHING,
    max_size=6,
)
RULES = HealthRules(
    max_restarts=3,
    checkpointing=True,
    auto_restart=True,
    expected_config={"parallel_number": {">=": 2}, "runtime_config": "", "token": "a", "x": {"y": 1}},
    own_rules=(lambda job: job.name[0] * 10_000,),
)


@st.composite
def jobs(draw: st.DrawFn) -> FlinkJob:
    detail = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "job_id": st.integers(0, 10**30) | st.none(),
                "status": st.sampled_from([*S]) | st.text(max_size=5) | st.just("new" * 500),
                "name": TEXTS | st.just("订" * 5_000),
                "status_desc": TEXTS | st.just("password=a " * 5_000),
                "restart_times": st.integers(0, 10**400) | st.none(),
                "update_time": st.integers(0, 2**42) | st.none(),
                "flink_version": TEXTS,
                "job_config": CONFIGS | st.none(),
            },
        )
    )
    try:
        return FlinkJob.from_api(detail)
    except FlinkJobFormatError:
        reject()


@given(fleet=st.lists(jobs(), max_size=12), most=st.integers(0, 4))
def test_no_fleet_of_any_content_breaks_the_check_or_the_bounds_of_its_report(fleet, most):
    report = HealthReport(NOW, {}, most)
    for one in fleet:
        report.add(JobHealth.of(one, RULES, NOW))
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert content["total"] == len(fleet)
    assert len(content["jobs"]) + content["omitted"] == report.unhealthy
    assert len(json.dumps(content, ensure_ascii=False)) < 4_000 * (most + 1) + 2 * MESSAGE_LENGTH
    assert max(len(content["text"]), len(content["markdown"])) <= MESSAGE_LENGTH
    assert len(report.table().splitlines()) <= most + 2
