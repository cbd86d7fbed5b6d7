"""What a check finds about one job, and which jobs fail the task."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dli_provider.flink.health import HealthRules
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.job_health import FailOn, JobHealth

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CREATED, EDITED, STARTED = 1_578_466_221_525, 1_578_467_395_713, 1_578_468_000_000


def health_of(status: str = "job_finish", **detail: Any) -> JobHealth:
    return JobHealth.of(FlinkJob.from_api({"job_id": 104, "status": status, **detail}), HealthRules(), NOW)


@pytest.mark.parametrize(
    ("times", "since_is"),
    [
        ({"create_time": CREATED, "update_time": EDITED, "start_time": STARTED}, "start_time"),
        ({"create_time": CREATED, "update_time": EDITED, "start_time": 0}, "update_time"),
        ({"create_time": CREATED, "start_time": None}, "create_time"),
        ({}, None),
    ],
)
def test_since_says_which_time_it_is(times, since_is):
    health = health_of(**times).to_dict()
    assert health["since_is"] == since_is
    expected = datetime.fromtimestamp(times[since_is] / 1000, UTC).isoformat() if since_is else None
    assert health["since"] == expected


@pytest.mark.parametrize(
    ("sent", "tags"),
    [
        (
            [{"key": "critical", "value": "yes"}, {"key": "team", "value": None}],
            {"critical": "yes", "team": ""},
        ),
        ("critical=yes, team=", {"critical": "yes", "team": ""}),
        ({"critical": "yes", "team": ""}, {"critical": "yes", "team": ""}),
        ([{"key": "a\n\x1b", "value": "b\r\nc"}], {"a": "b c"}),
        ([{"key": "password", "value": "hunter2"}], {"password": "***"}),
        (None, {}),
        ("", {}),
        (["odd", {"value": "x"}], {}),
        (7, {}),
    ],
)
def test_tags_are_read_in_every_spelling_and_shown_without_secrets(sent, tags):
    assert health_of(tags=sent).to_dict()["tags"] == tags


def test_texts_of_a_job_are_one_printable_bounded_line():
    health = health_of("job_new\n\x1b[31m" + "x" * 500, name="a\nb password=hunter2 " + "y" * 5_000_000)
    assert health.name is not None
    assert health.status is not None
    assert health.name.startswith("a b")
    assert "hunter2" not in health.name
    for text in (health.name, health.status, health.problems[0].reason):
        assert text.isprintable()
        assert len(text) <= 301


MISSING = JobHealth("missing", 1)


class TestFailOn:
    @pytest.mark.parametrize(
        ("condition", "fails"),
        [
            ("unhealthy", [True, False]),
            (["missing"], [False, True]),
            (("unhealthy", "missing", "unreadable"), [True, True]),
            (lambda job: job.verdict == "missing", [False, True]),
            (lambda job: "critical" in job.tags, [True, False]),
        ],
    )
    def test_verdicts_or_a_callable_say_which_jobs_fail_the_task(self, condition, fails):
        judge = FailOn(condition)
        sick = health_of(tags="critical=1")
        assert [judge(health).fails_task for health in (sick, MISSING)] == fails

    def test_a_healthy_job_is_not_asked_about(self):
        def refuse(job: JobHealth) -> bool:
            raise AssertionError

        healthy = health_of("job_running")
        assert FailOn(refuse)(healthy) is healthy

    def test_a_callable_that_raises_fails_the_task_and_says_so(self):
        health = FailOn(lambda job: job.tags["critical"] == "yes")(MISSING)
        assert health.fails_task
        assert health.problems[-1].to_dict() == {
            "rule": "fail_on",
            "reason": "fail_on itself failed: KeyError: 'critical'",
        }

    @pytest.mark.parametrize(
        ("condition", "said"),
        [
            ((), "one or more"),
            ("", "none of"),
            ("unhealty", "did you mean 'unhealthy'"),
            (["healthy"], "none of"),
            (7, "one or more"),
            (["missing", None], "None is none of"),
        ],
    )
    def test_anything_else_is_refused(self, condition, said):
        with pytest.raises(ValueError, match=f"fail_on.*{said}"):
            FailOn(condition)
