"""Page after page: every job once, none forgotten, and an end."""

from __future__ import annotations

import pytest

from dli_provider.api.endpoints import JobPage
from dli_provider.api.errors import DliProtocolError
from dli_provider.api.paging import Pages
from dli_provider.flink.job import FlinkJob, FlinkJobFormatError


def jobs(*ids: int | None) -> tuple[FlinkJob, ...]:
    return tuple(FlinkJob.from_api({"job_id": id_}) for id_ in ids)


def read_all(pages: Pages, fleet: list[int], limit: int = 100) -> list[int | None]:
    """Read all pages of a fleet as the service pages it."""
    found: list[int | None] = []
    while call := pages.next_call():
        offset = int(dict(call.query)["offset"])
        page = JobPage(len(fleet), jobs(*fleet[offset : offset + limit]))
        found += [job.job_id for job in pages.take(page).jobs]
    return found


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 250])
def test_reads_every_job_once(count):
    fleet = list(range(1, count + 1))
    assert read_all(Pages({}), fleet) == fleet


def test_asks_in_the_order_in_which_new_jobs_come_last():
    call = Pages({}).next_call()
    assert call
    assert dict(call.query) == {"show_detail": "true", "order": "asc", "offset": "0", "limit": "100"}


def test_keeps_the_filters_on_every_page():
    pages = Pages({"order": "desc", "name": "etl", "show_detail": False})
    pages.next_call()
    pages.take(JobPage(250, jobs(*range(1, 101))))
    call = pages.next_call()
    assert call
    assert dict(call.query) == {
        "show_detail": "false",
        "order": "desc",
        "name": "etl",
        "offset": "100",
        "limit": "100",
    }


def test_gives_a_job_that_moved_to_the_next_page_once():
    pages = Pages({})
    pages.take(JobPage(150, jobs(*range(1, 101))))
    assert [job.job_id for job in pages.take(JobPage(151, jobs(*range(100, 151)))).jobs] == [*range(101, 151)]
    assert pages.next_call() is None


def test_keeps_jobs_without_an_id():
    assert len(Pages({}).take(JobPage(3, jobs(None, None, 1))).jobs) == 3


def test_counts_unreadable_items_as_the_service_does():
    pages = Pages({})
    broken = tuple(FlinkJobFormatError("broken") for _ in range(100))
    assert pages.take(JobPage(150, (), broken)).unreadable == broken
    call = pages.next_call()
    assert call
    assert dict(call.query)["offset"] == "100"


def test_begins_earlier_when_jobs_vanished_meanwhile_and_the_others_moved_up():
    fleet = list(range(1, 251))
    pages, found = Pages({}), []
    while call := pages.next_call():
        offset = int(dict(call.query)["offset"])
        found += [
            job.job_id for job in pages.take(JobPage(len(fleet), jobs(*fleet[offset : offset + 100]))).jobs
        ]
        if offset == 0:
            del fleet[10:13]
    assert sorted(found) == list(range(1, 251))
    assert pages.is_complete


def test_ends_when_all_that_were_not_read_yet_vanish():
    pages = Pages({})
    pages.take(JobPage(200, jobs(*range(1, 101))))
    pages.take(JobPage(100, ()))
    assert pages.take(JobPage(100, jobs(*range(1, 101)))).jobs == ()
    assert pages.is_complete


def test_gives_a_job_that_stands_twice_in_a_page_once():
    assert [job.job_id for job in Pages({}).take(JobPage(3, jobs(1, 2, 1))).jobs] == [1, 2]


def test_is_complete_after_the_last_page_and_not_before():
    pages = Pages({})
    pages.take(JobPage(101, jobs(*range(1, 101))))
    assert not pages.is_complete
    pages.take(JobPage(101, jobs(101)))
    assert pages.is_complete


FIRST = jobs(*range(1, 101))
CONTRADICTIONS: dict[str, JobPage] = {
    "empty before the end": JobPage(450, ()),
    "a repeat of the first page": JobPage(450, FIRST),
    "a part of the first page": JobPage(450, FIRST[:7]),
    "a total of nothing": JobPage(0, ()),
    "a total of nothing beside jobs": JobPage(0, jobs(*range(101, 201))),
    "jobs without an id alone": JobPage(450, jobs(*[None] * 100)),
    "no page at all": JobPage(10**9, ()),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_page_that_contradicts_the_list_is_a_failure_that_may_pass(name):
    pages = Pages({})
    pages.take(JobPage(450, FIRST))
    call = pages.next_call()
    with pytest.raises(
        DliProtocolError, match="The list of jobs contradicts itself: its page from 100"
    ) as caught:
        pages.take(CONTRADICTIONS[name])
    assert caught.value.transient
    assert not pages.is_complete
    assert pages.next_call().query == call.query


def test_such_a_page_fails_its_call_so_that_it_is_made_again():
    pages = Pages({})
    pages.take(JobPage(450, FIRST))
    with pytest.raises(DliProtocolError, match="is empty, though there are 450 jobs"):
        pages.next_call().read({"job_list": {"total_count": 450, "jobs": None}})


def test_a_first_page_may_be_empty():
    pages = Pages({})
    pages.take(JobPage(0, ()))
    assert pages.is_complete


@pytest.mark.parametrize("total", [0, 10**9], ids=["no total", "a huge total"])
def test_a_list_of_ever_new_jobs_ends(total, monkeypatch):
    monkeypatch.setattr("dli_provider.api.paging.MAX_PAGES", 5)
    pages = Pages({})
    for number in range(5):
        assert pages.next_call()
        pages.take(JobPage(total, jobs(*range(100 * number, 100 * number + 100))))
    with pytest.raises(DliProtocolError, match="has no end: 5 pages were read"):
        pages.next_call()


def test_refuses_an_unknown_filter_at_the_first_call():
    with pytest.raises(ValueError, match="no filter"):
        Pages({"state": "job_running"}).next_call()


@pytest.mark.parametrize("name", ["limit", "offset"])
def test_paging_is_no_filter(name):
    with pytest.raises(ValueError, match=f"^{name} is no filter: all pages are read, 100 jobs at a time"):
        Pages({"name": "etl", name: 5}).next_call()


def test_a_list_that_does_not_say_how_long_it_is_ends_with_a_short_page():
    pages = Pages({})
    pages.take(JobPage(0, tuple(FlinkJob.from_api({"job_id": n}) for n in range(1, 101))))
    assert pages.next_call() is not None
    pages.take(JobPage(0, (FlinkJob.from_api({"job_id": 101}),)))
    assert pages.next_call() is None


def test_pages_shorter_than_asked_for_are_followed_while_the_list_says_there_is_more():
    pages = Pages({})
    pages.take(JobPage(60, tuple(FlinkJob.from_api({"job_id": n}) for n in range(1, 51))))
    assert dict(pages.next_call().query)["offset"] == "50"
