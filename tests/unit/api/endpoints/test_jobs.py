"""The two endpoints: what is asked, what is refused before any call, and how an answer is read."""

from __future__ import annotations

import pytest

from dli_provider.api.endpoints import JobPage, list_flink_jobs, show_flink_job
from dli_provider.api.errors import DliProtocolError
from dli_provider.api.messages import Request


class TestShow:
    @pytest.mark.parametrize("job_id", [104, "104", " 104\n", "00104"])
    def test_takes_a_number_or_digits(self, job_id):
        call = show_flink_job(job_id)
        assert (call.path, call.query, call.title) == (
            *("/streaming/jobs/104", (), "ShowFlinkJob of job 104"),
        )

    @pytest.mark.parametrize(
        "job_id",
        [
            *(None, True, 1.0, "", "x", "1/../2", "1?a=b", "%31", "-1", "+1", "1_0", "1e3", "0x1", "\uff11"),
            *(0, -1, 2**63, "9" * 19, "9" * 5000, [1], b"1", {"id": 1}),
        ],
    )
    def test_refuses_everything_else_before_any_call(self, job_id):
        with pytest.raises(ValueError, match=r"^job_id must") as caught:
            show_flink_job(job_id)
        assert len(str(caught.value)) < 200

    def test_reads_the_job(self):
        job = show_flink_job(1).read({"job_detail": {"job_id": "104", "status": "job_new"}})
        assert (job.job_id, job.status) == (104, "job_new")

    def test_reads_a_job_with_fields_that_can_not_be_read_and_shows_no_secret_of_it(self):
        detail = {"sql_body": {"password": "hunter2"}, "entrypoint_args": ["--password", "hunter2"]}
        job = show_flink_job(1).read({"job_detail": detail | {"status": "job_running"}})
        assert job.status == "job_running"
        assert job.unreadable == ("sql_body", "entrypoint_args")
        assert "hunter2" not in repr(job) + str(job.to_dict())


class TestList:
    def test_asks_for_a_hundred_from_the_first_on(self):
        call = list_flink_jobs()
        assert (call.path, dict(call.query)) == ("/streaming/jobs", {"offset": "0", "limit": "100"})

    def test_takes_all_filters_of_the_endpoint(self):
        call = list_flink_jobs(
            offset=200,
            limit=50,
            job_type="flink_jar_job",
            status="job_running",
            queue_name="etl",
            order="desc",
            name="a&b=c",
            root_job_id=7,
            show_detail=False,
            user_name="etl",
            tags={"team": "etl", "tier": "1"},
            sys_enterprise_project_name=None,
        )
        assert dict(call.query) == {
            "offset": "200",
            "limit": "50",
            "job_type": "flink_jar_job",
            "status": "job_running",
            "queue_name": "etl",
            "order": "desc",
            "name": "a&b=c",
            "root_job_id": "7",
            "show_detail": "false",
            "user_name": "etl",
            "tags": "team=etl,tier=1",
        }

    def test_a_filter_can_not_add_a_parameter(self):
        call = list_flink_jobs(name="x&limit=1#?/../")
        request = Request("GET", "https://dli.example.com", "/v1.0/p" + call.path, call.query)
        assert request.url == (
            "https://dli.example.com/v1.0/p/streaming/jobs?limit=100"
            "&name=x%26limit%3D1%23%3F%2F..%2F&offset=0"
        )

    @pytest.mark.parametrize("bounds", [{"limit": 0}, {"limit": 101}, {"limit": -1}, {"offset": -1}])
    def test_refuses_bounds_that_the_service_refuses(self, bounds):
        with pytest.raises(ValueError, match="limit must lie between 1 and 100 and offset not be negative"):
            list_flink_jobs(**bounds)

    def test_refuses_a_filter_that_does_not_exist_and_lists_those_that_do(self):
        with pytest.raises(ValueError, match=r"no filter \['state'\]; it has \['job_type', .*'user_name'\]"):
            list_flink_jobs(state="job_running")  # type: ignore[call-arg]

    @pytest.mark.parametrize(
        ("given", "complaint"),
        [
            ({"name": ["orders"]}, r"the filter name must be text, not \['orders'\]"),
            ({"status": float("nan")}, "the filter status must be text, not nan"),
            ({"tags": {"team": None}}, "the filter tags must be text, not None"),
            ({"tags": {"team": ""}}, "the filter tags is blank"),
            ({"order": "up"}, "the filter order must be 'asc' or 'desc', not 'up'"),
            ({"root_job_id": "x"}, "root_job_id must be a whole number or text of digits"),
            ({"show_detail": "false"}, "show_detail must be True or False"),
        ],
    )
    def test_refuses_a_filter_that_can_not_be_right(self, given, complaint):
        with pytest.raises(ValueError, match=complaint):
            list_flink_jobs(**given)

    def test_reads_a_page(self):
        page = list_flink_jobs().read(
            {"job_list": {"total_count": "250", "jobs": [{"job_id": 1}, {"job_id": 2}]}}
        )
        assert (page.total_count, [job.job_id for job in page.jobs], page.length) == (250, [1, 2], 2)
        page.raise_unreadable()

    def test_tells_what_can_not_be_read_from_what_can(self):
        items = [{"job_id": 1}, {"job_id": "x"}, None, "job", [], {"job_id": 2}]
        page = list_flink_jobs().read({"job_list": {"total_count": 6, "jobs": items}})
        assert [job.job_id for job in page.jobs] == [1, None, 2]
        assert (len(page.unreadable), page.length) == (3, 6)
        with pytest.raises(DliProtocolError, match="A job of the list can't be read: A FlinkJob should be"):
            page.raise_unreadable()

    @pytest.mark.parametrize("jobs", [None, []])
    def test_may_be_empty(self, jobs):
        assert list_flink_jobs().read({"job_list": {"total_count": 0, "jobs": jobs}}) == JobPage(0, ())
        assert list_flink_jobs().read({"job_list": {"jobs": jobs}}) == JobPage(0, ())

    @pytest.mark.parametrize(
        "answer",
        [
            *({}, {"job_list": None}, {"job_list": []}, {"job_list": "x"}, {"job_list": {"jobs": {}}}),
            *({"job_list": {"jobs": "x"}}, {"job_list": {"jobs": 7}}),
            *({"job_list": {"jobs": [], "total_count": value}} for value in ("x", [1], {"a": 1}, 1e999)),
            {"job_list": {"jobs": [], "total_count": "9" * 5000}},
        ],
    )
    def test_that_is_none_is_an_error(self, answer):
        with pytest.raises(DliProtocolError):
            list_flink_jobs().read(answer)
