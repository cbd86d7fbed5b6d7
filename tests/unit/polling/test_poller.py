"""The shared poller in virtual time, against a DLI that is a dictionary."""

from __future__ import annotations

import asyncio
import itertools
import statistics
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.airflow_compat import AirflowNotFoundException
from dli_provider.api import errors
from dli_provider.api.endpoints import JobPage
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import FlinkJobWait
from dli_provider.polling import client, rate_limiter, registry
from dli_provider.polling.changes import ChangeSubscriber, KnownStatuses
from dli_provider.polling.subscriber import WaitSubscriber

REFUSED = errors.DliAuthError(401, "APIG.0301", "wrong signature")
THROTTLED = errors.DliThrottledError(429, "APIG.0308", "slower")
BROKEN = errors.DliServerError(500, "APIG.0601", "broken")


def loop_time() -> float:
    return asyncio.get_running_loop().time()


class Dli:
    """What the poller's clients talk to: jobs by id, and a record of the calls made."""

    def __init__(self, jobs: int = 0) -> None:
        self.status = dict.fromkeys(range(1, jobs + 1), "job_running")
        self.unlisted: set[int] = set()
        self.calls: list[tuple[float, str]] = []
        self.failure: Callable[[str], BaseException | None] = lambda _call: None
        self.filters: dict[str, str] = {}
        self.credential = "first"
        self.connection = "first"
        self.closed = 0
        self.latency = 0.0
        self.page = lambda page: page
        self.under_way = self.most_under_way = 0
        self.remembers_refusals = False
        self.refusal: errors.DliAuthError | None = None

    def count(self, kind: str | None = None) -> int:
        return sum(1 for _, call in self.calls if kind in {None, call.split()[0]})

    async def answer(self, call: str) -> None:
        if self.refusal:  # as what a process shares of a credential has it: no call starts after a refusal
            raise self.refusal
        self.calls.append((asyncio.get_running_loop().time(), call))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.latency)
        finally:
            self.under_way -= 1
        if error := self.failure(call):
            self.refusal = (
                error if isinstance(error, errors.DliAuthError) and self.remembers_refusals else None
            )
            raise error


@dataclass(frozen=True)
class Credential:
    key_id: str | None
    fingerprint: str = "of a token"


@dataclass(frozen=True)
class Settings:
    dli: Dli
    connection: str

    @property
    def credential(self) -> Credential:
        return Credential(self.connection)


class Client:
    def __init__(self, settings, retry) -> None:
        self.settings = settings
        self.dli = settings.dli

    async def call(self, call):
        if "/jobs/" in call.path:
            job_id = int(call.path.rpartition("/")[2])
            await self.dli.answer(f"show {job_id} {self.settings.connection}")
            return FlinkJob.from_api({"job_id": job_id, "status": self.dli.status[job_id]})
        query = dict(call.query)
        self.dli.filters = {name: query[name] for name in query if name not in {"offset", "limit", "order"}}
        await self.dli.answer(f"list {query['offset']} {self.settings.connection}")
        listed = [job_id for job_id in sorted(self.dli.status) if job_id not in self.dli.unlisted]
        first = int(query["offset"])
        page = listed[first : first + int(query["limit"])]
        jobs = [FlinkJob.from_api({"job_id": job_id, "status": self.dli.status[job_id]}) for job_id in page]
        return self.dli.page(JobPage(len(listed), tuple(jobs)))

    async def close(self) -> None:
        self.dli.closed += 1


class Hook:
    """Leads to the dictionary."""

    def __init__(self, dli: Dli, project_id: str | None = None) -> None:
        self.dli = dli
        self.dli_conn_id, self.region, self.project_id = "dli_default", None, project_id

    async def aget_settings(self):
        return Settings(self.dli, self.dli.connection)


class Recorder:
    """Notes when it was served, and wants the detail of what isn't running."""

    def __init__(self, job_id: int | None, interval: float = 60.0) -> None:
        self.job_id, self.interval = job_id, interval
        self.readings: list[tuple[float, str]] = []
        self.failures: list[errors.DliError] = []
        self.lists_read = 0
        self.ended: BaseException | None = None

    def on_reading(self, job, now, *, detailed):
        if not detailed and job.status != "job_running":
            return False
        self.readings.append((asyncio.get_running_loop().time(), str(job.status)))
        return True

    def on_list_read(self):
        self.lists_read += 1

    def on_error(self, error, now):
        self.failures.append(error)
        if not error.transient:
            self.ended = error

    def close(self, error):
        self.ended = error

    def gaps(self) -> list[float]:
        times = [0.0, *(time for time, _ in self.readings)]
        return [after - before for before, after in itertools.pairwise(times)]


@pytest.fixture(autouse=True)
def _client_of_the_dictionary(monkeypatch):
    monkeypatch.setattr(client, "AsyncDliClient", Client)


@pytest.fixture
def poll(run):
    """Serve subscribers for some virtual time; ``meanwhile`` maps moments to what happens then."""

    def poll(dli, watches, seconds, meanwhile=None):
        async def main():
            async with asyncio.TaskGroup() as group:
                for watch in watches:
                    group.create_task(serve(watch))
                begun = asyncio.get_running_loop().time()
                for moment, event in sorted((meanwhile or {}).items()):
                    await asyncio.sleep(begun + moment - asyncio.get_running_loop().time())
                    event()

        async def serve(watch):
            async with registry.subscribe(watch, Hook(dli)):
                await asyncio.sleep(seconds)

        run(main())
        assert not registry._pollers
        return watches

    return poll


def test_one_wait_costs_one_call_per_interval(poll):
    dli = Dli(1)
    (watch,) = poll(dli, [Recorder(1, 60)], 3600)
    assert dli.count("list") == 0
    assert 58 <= dli.count("show") <= 63
    assert max(watch.gaps()) <= 66


def test_waits_of_the_same_job_share_a_read(poll):
    dli = Dli(1)
    watches = poll(dli, [Recorder(1, 60) for _ in range(50)], 3600)
    assert dli.count() <= 65
    assert all(max(watch.gaps()) <= 66 for watch in watches)


def test_ten_thousand_waits_are_served_by_pages_of_the_list_and_each_sees_its_interval(poll):
    dli = Dli(10_000)
    watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 300)
    assert dli.count() <= 5 * 100 * 1.15 + 100
    gaps = [gap for watch in watches for gap in watch.gaps()]
    assert statistics.quantiles(gaps, n=20)[-1] <= 66


def test_reads_are_spread_over_the_interval(poll):
    dli = Dli(2_000)
    poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 300)
    per_ten_seconds = Counter(int(time) // 10 for time, _ in dli.calls if time > 60)
    assert max(per_ten_seconds.values()) <= 5


def test_few_watched_jobs_among_many_are_read_by_themselves(poll):
    dli = Dli(5_000)
    poll(dli, [Recorder(job_id, 60) for job_id in range(1, 11)], 3600)
    assert dli.count("list") <= 3
    assert dli.count("show") <= 10 * 63


def test_short_intervals_are_read_by_themselves_beside_scans_for_the_long_ones(poll):
    dli = Dli(1_000)
    slow = [Recorder(job_id, 300) for job_id in range(1, 501)]
    fast = Recorder(1_000, 10)
    poll(dli, [*slow, fast], 3600)
    assert dli.count("show") <= 380
    assert dli.count("list") <= 12 * 10 + 30
    assert statistics.quantiles(fast.gaps(), n=20)[-1] <= 11
    assert statistics.quantiles([gap for watch in slow for gap in watch.gaps()], n=20)[-1] <= 330


def test_jobs_that_the_list_does_not_show_are_read_by_themselves(poll):
    dli = Dli(300)
    dli.unlisted = {7}
    watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 1800)
    assert {call for _, call in dli.calls if call.startswith("show")} == {"show 7 first"}
    assert len(watches[6].readings) >= 25


def test_what_may_end_a_wait_is_read_in_detail_at_once(poll):
    dli = Dli(300)
    watches = poll(
        dli,
        [Recorder(job_id, 60) for job_id in dli.status],
        300,
        {130: lambda: dli.status.update({9: "job_finish"})},
    )
    finished = next(time for time, status in watches[8].readings if status == "job_finish")
    assert 130 <= finished <= 130 + 66


def test_a_wait_that_comes_later_is_served_within_its_interval(run):
    dli = Dli(2)

    async def main():
        first, late = Recorder(1, 600), Recorder(2, 10)
        async with registry.subscribe(first, Hook(dli)):
            await asyncio.sleep(3)
            async with registry.subscribe(late, Hook(dli)):
                await asyncio.sleep(60)
        return late

    late = run(main())
    assert max(late.gaps()[1:]) <= 11
    assert late.readings[0][0] <= 3 + 11


def test_a_job_is_read_as_often_as_the_most_eager_of_its_waits_wants_while_that_lasts(run):
    dli = Dli(1)

    async def main():
        patient, eager = Recorder(1, 600), Recorder(1, 10)
        async with registry.subscribe(patient, Hook(dli)):
            await asyncio.sleep(700)
            async with registry.subscribe(eager, Hook(dli)):
                await asyncio.sleep(100)
            served = len(patient.readings)
            await asyncio.sleep(6000)
        return eager, served, len(patient.readings)

    eager, served, at_the_end = run(main())
    assert eager.readings[0][0] <= 700 + 11
    assert len(eager.readings) >= 9
    assert at_the_end - served <= 12


def test_a_job_is_read_once_at_a_time_however_many_waits_come_while_dli_answers_slowly(run):
    dli = Dli(1)
    dli.latency = 60.0

    async def main():
        async with AsyncExitStack() as stack:
            for _ in range(10):
                await stack.enter_async_context(registry.subscribe(Recorder(1, 10), Hook(dli)))
                await asyncio.sleep(15)

    run(main())
    assert dli.most_under_way == 1


def test_a_job_that_nobody_waits_for_any_more_is_not_read(run):
    dli = Dli(300)  # so many pages that jobs are read by themselves
    dli.latency = 5.0

    async def main():
        async with registry.subscribe(Recorder(1, 600), Hook(dli)):
            await asyncio.sleep(60)
            async with registry.subscribe(Recorder(2, 10), Hook(dli)):
                while not any(call.startswith("show 2 ") for _, call in dli.calls):  # noqa: ASYNC110
                    await asyncio.sleep(1)
            async with registry.subscribe(Recorder(3, 10), Hook(dli)):
                pass
            await asyncio.sleep(300)

    run(main())
    assert sum(1 for _, call in dli.calls if call.startswith("show 2 ")) == 1
    assert sum(1 for _, call in dli.calls if call.startswith("show 3 ")) == 0


@pytest.mark.parametrize("failure", [None, BROKEN], ids=["a reading", "an outage"])
def test_other_coroutines_get_their_turn_while_thousands_of_waits_are_told_of(poll, failure):
    turns: list[bool] = []
    others: list[bool] = []

    class Witness(Recorder):
        def on_reading(self, job, now, *, detailed):
            turns.append(bool(others))
            asyncio.get_running_loop().call_soon(others.append, True)
            return True

        def on_error(self, error, now):
            self.on_reading(None, None, detailed=True)

    dli = Dli(1)
    dli.failure = lambda _: failure
    poll(dli, [Witness(1) for _ in range(2_000)], 120)
    assert not turns[0]
    assert turns[1_999]


def test_a_wait_that_comes_later_for_an_unlisted_job_is_served_within_its_interval(run):
    dli = Dli(50)
    dli.unlisted = {50}

    async def main():
        async with AsyncExitStack() as stack:
            for job_id in range(1, 50):
                await stack.enter_async_context(registry.subscribe(Recorder(job_id, 60), Hook(dli)))
            await asyncio.sleep(200)
            late = Recorder(50, 60)
            await stack.enter_async_context(registry.subscribe(late, Hook(dli)))
            await asyncio.sleep(1800)
        return late

    late = run(main())
    assert late.readings[0][0] <= 200 + 61
    assert max(late.gaps()[1:]) <= 66


def test_an_interval_of_nothing_is_a_second(run):
    wait = FlinkJobWait(1, [FlinkJobStatus.JOB_RUNNING])
    assert WaitSubscriber(wait, 0, timedelta()).interval == 1
    assert ChangeSubscriber(None, 0, (), KnownStatuses(datetime.now(UTC), {})).interval == 1


def test_a_wait_that_comes_while_the_others_leave_a_dead_poller_has_one_of_its_own(run):
    dli = Dli(3)
    dli.failure = lambda _: REFUSED

    async def main():
        ended = Recorder(1, 10)
        async with registry.subscribe(ended, Hook(dli)):
            await asyncio.sleep(20)
            assert ended.ended is REFUSED
            dli.failure = lambda _: None
            async with registry.subscribe(late := Recorder(2, 10), Hook(dli)):
                await asyncio.sleep(30)
        return late, len(registry._pollers)

    late, left = run(main())
    assert late.readings
    assert left == 0


class TestThrottling:
    def test_throttling_slows_the_whole_poller_down_until_it_ends(self, poll):
        dli = Dli(50)
        dli.unlisted = set(dli.status)
        dli.failure = lambda _: THROTTLED if 300 <= loop_time() < 600 else None
        watches = poll(dli, [Recorder(job_id, 10) for job_id in dli.status], 1800)
        calls = Counter(int(time // 300) for time, _ in dli.calls)
        assert calls[1] < calls[0] / 10
        assert calls[5] > calls[0] * 0.9
        assert all(watch.ended is None for watch in watches)

    def test_retry_after_is_honoured(self, poll):
        dli = Dli(5)
        asked = errors.DliThrottledError(429, "APIG.0308", "slower", retry_after=45.0)
        throttled_at: list[float] = []

        def failure(_call):
            if not throttled_at and loop_time() > 100:
                throttled_at.append(loop_time())
                return asked
            return None

        dli.failure = failure
        poll(dli, [Recorder(job_id, 10) for job_id in dli.status], 400)
        after = min(time for time, _ in dli.calls if time > throttled_at[0])
        assert after - throttled_at[0] >= 45

    def test_a_quota_of_a_call_a_second_is_used_and_hardly_overdrawn(self, poll):
        dli = Dli(12)
        dli.status = dict.fromkeys(dli.status, "job_submitting")
        answered = [-1.0]

        def quota(_call):
            if loop_time() < answered[-1] + 1.0:
                return THROTTLED
            answered.append(loop_time())
            return None

        dli.failure = quota
        watches = poll(dli, [Recorder(job_id, 1) for job_id in dli.status], 30)
        assert all(watch.readings for watch in watches)
        assert len(answered) > 15
        assert dli.count() - len(answered) < 15

    def test_retry_after_silences_the_poller_for_a_minute_at_the_most(self, poll):
        dli = Dli(3)
        answers = iter([None] * 10)
        asked = errors.DliServerError(503, "APIG.0202", "later", retry_after=86_400.0)
        dli.failure = lambda _: next(answers, asked) if dli.count() < 12 else None
        watches = poll(dli, [Recorder(job_id, 10) for job_id in dli.status], 600)
        assert all(max(watch.gaps()) < 90 for watch in watches)


def test_calls_that_fail_together_count_as_one_failure():
    alone, together = rate_limiter.RateLimiter(), rate_limiter.RateLimiter()
    alone.record_failure(BROKEN, 10.0)
    for _ in range(10):
        together.record_failure(BROKEN, 10.0)
    assert together.delay(10.0) <= 1.2 * alone.delay(10.0)


class TestTheListAloneFails:
    def test_all_jobs_are_read_by_themselves_until_the_list_works_again(self, poll):
        dli = Dli(50)
        dli.failure = lambda call: BROKEN if call.startswith("list") and 100 <= loop_time() < 1000 else None
        watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 2000)
        assert all(max(watch.gaps()) < 150 for watch in watches)
        assert not any(watch.failures for watch in watches)
        assert sum(1 for time, call in dli.calls if time > 1200 and call.startswith("show")) == 0
        failed = sum(1 for time, call in dli.calls if 100 <= time < 1000 and call.startswith("list"))
        assert failed <= 3 + 900 / 60

    def test_one_failing_page_counts_as_a_failing_list(self, poll):
        dli = Dli(250)
        dli.failure = lambda call: BROKEN if call.startswith("list 100 ") else None
        watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 1200)
        assert all(max(watch.gaps()) < 200 for watch in watches)
        assert not any(watch.failures for watch in watches)


class TestOutage:
    def test_a_blip_is_nobodys_news(self, poll):
        dli = Dli(1)
        failures = iter([BROKEN, BROKEN])
        dli.failure = lambda _: next(failures, None)
        (watch,) = poll(dli, [Recorder(1, 60)], 300)
        assert watch.failures == []
        assert len(watch.readings) >= 3

    def test_an_outage_is_told_to_every_wait_and_probed_with_few_calls(self, poll):
        dli = Dli(1_000)
        dli.failure = lambda _: BROKEN if 120 <= loop_time() < 1320 else None
        watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 2400)
        assert all(watch.failures for watch in watches)
        assert sum(1 for time, _ in dli.calls if 120 <= time < 1320) <= 40
        assert all(watch.readings[-1][0] > 2300 for watch in watches)

    def test_an_outage_is_over_for_all_with_the_first_scan(self, poll):
        dli = Dli(60)
        dli.failure = lambda _: BROKEN if 100 <= loop_time() < 400 else None
        seldom = Recorder(60, 7200)
        poll(dli, [*(Recorder(job_id, 60) for job_id in range(1, 60)), seldom], 900)
        assert seldom.failures
        assert any(400 < time <= 400 + 120 for time, _ in seldom.readings)

    def test_jobs_that_are_read_by_themselves_fail_without_calls_while_nothing_is_answered(self, poll):
        dli = Dli(100)
        dli.unlisted = set(dli.status)
        dli.failure = lambda _: BROKEN if 120 <= loop_time() < 1320 else None
        watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 2400)
        assert all(watch.failures for watch in watches)
        assert sum(1 for time, _ in dli.calls if 120 <= time < 1320) <= 60
        assert all(watch.readings[-1][0] > 2300 for watch in watches)

    def test_an_outage_is_not_made_up_for_by_a_burst_of_pages(self, poll):
        dli = Dli(1_000)
        dli.failure = lambda _: BROKEN if 120 <= loop_time() < 1320 else None
        poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 2400)
        pages = [time for time, call in dli.calls if time > 1320 and call.startswith("list")]
        assert max(sum(1 for time in pages if begun <= time < begun + 10) for begun in pages) <= 4

    def test_jobs_that_alone_fail_are_no_news_to_the_others(self, poll):
        dli = Dli(200)
        dli.unlisted = set(dli.status)
        sick = {f"show {job_id} first" for job_id in range(1, 11)}
        dli.failure = lambda call: BROKEN if call in sick and loop_time() > 300 else None
        watches = poll(dli, [Recorder(job_id, 60) for job_id in dli.status], 1800)
        assert all(watch.failures for watch in watches[:10])
        assert sum(len(watch.failures) for watch in watches[10:]) == 0

    def test_a_job_that_alone_fails_is_told_to_its_waits_alone(self, poll):
        dli = Dli(2)
        dli.unlisted = {1, 2}
        dli.failure = lambda call: BROKEN if call.startswith("show 1 ") else None
        sick, well = poll(dli, [Recorder(1, 60), Recorder(2, 7)], 1200)
        assert sick.failures
        assert well.failures == []

    def test_a_job_whose_detail_alone_fails_is_told_to_its_wait_though_the_list_shows_it(self, poll):
        dli = Dli(50)
        dli.status[7] = "job_finish"
        dli.failure = lambda call: BROKEN if call.startswith("show 7 ") else None
        watches = poll(dli, [Recorder(job_id, 5) for job_id in dli.status], 120)
        assert len(watches[6].failures) > 3
        assert not any(watch.failures for watch in watches if watch.job_id != 7)
        assert dli.count("show") <= 30

    def test_a_job_whose_detail_fails_is_tried_again_also_when_the_list_is_read_from_then_on(self, run):
        dli = Dli(50)
        dli.status[7] = "job_finish"
        dli.failure = lambda call: BROKEN if call.startswith("show 7 ") and loop_time() < 300 else None

        async def main():
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(registry.subscribe(watch := Recorder(7), Hook(dli)))
                await asyncio.sleep(100)
                assert dli.count("list") == 0
                for job_id in range(10, 30):
                    await stack.enter_async_context(registry.subscribe(Recorder(job_id), Hook(dli)))
                await asyncio.sleep(500)
            return watch

        assert run(main()).readings
        assert dli.count("list") > 5

    def test_a_job_that_alone_fails_is_no_news_to_one_that_is_seldom_read(self, poll):
        dli = Dli(4)
        dli.unlisted = set(dli.status)
        dli.failure = lambda call: BROKEN if call.startswith("show 1 ") else None
        sick, well = poll(dli, [Recorder(1, 60), Recorder(4, 600)], 6000)
        assert sick.failures
        assert well.failures == []
        assert max(well.gaps()) <= 600 + 120

    def test_an_outage_may_last_for_days(self, poll):
        dli = Dli(1)
        days = 2 * 86_400
        dli.failure = lambda _: BROKEN if loop_time() < days else None
        waits = poll(dli, [Recorder(job_id) for job_id in dli.status], days + 600)
        assert all(wait.ended is None and wait.readings for wait in waits)


class TestPermanentErrors:
    def test_a_job_that_is_gone_ends_its_waits_alone(self, poll):
        gone = errors.DliNotFoundError(400, "DLI.16001", "no such job")
        dli = Dli(2)
        dli.unlisted = {1}
        dli.failure = lambda call: gone if call.startswith("show 1 ") else None
        lost, well = poll(dli, [Recorder(1), Recorder(2)], 600)
        assert lost.ended is gone
        assert well.ended is None

    def test_a_list_that_may_not_be_read_is_done_without(self, poll):
        forbidden = errors.DliForbiddenError(403, "APIG.0302", "no dli:jobs:list_all")
        dli = Dli(40)
        dli.failure = lambda call: forbidden if call.startswith("list") else None
        watches = poll(dli, [Recorder(job_id) for job_id in dli.status], 900)
        assert dli.count("list") <= 2
        assert all(len(watch.readings) >= 13 and watch.ended is None for watch in watches)

    def test_a_refused_credential_ends_all_waits_with_one_call(self, poll):
        dli = Dli(500)
        dli.latency = 0.5
        dli.failure = lambda _: REFUSED
        watches = poll(dli, [Recorder(job_id) for job_id in dli.status], 300)
        assert all(watch.ended is REFUSED for watch in watches)
        assert dli.count() == 1

    def test_a_rotated_credential_is_taken_up(self, poll):
        dli = Dli(500)
        dli.failure = lambda call: REFUSED if call.endswith("first") and dli.credential != "first" else None

        def rotate():
            dli.credential = dli.connection = "second"

        watches = poll(dli, [Recorder(job_id) for job_id in dli.status], 600, {200: rotate})
        refused = [call for time, call in dli.calls if time > 200 and call.endswith("first")]
        assert len(refused) == 1
        assert all(watch.ended is None and watch.readings[-1][0] > 500 for watch in watches)

    def test_calls_that_are_refused_together_take_one_new_connection_up(self, poll):
        dli = Dli(100)
        dli.unlisted = set(dli.status)
        dli.latency = 2.0
        dli.failure = lambda call: REFUSED if call.endswith("first") and loop_time() > 100 else None

        watches = poll(
            dli,
            [Recorder(job_id, 10) for job_id in dli.status],
            300,
            {100: lambda: setattr(dli, "connection", "second")},
        )
        assert sum(1 for time, call in dli.calls if time > 97 and call.endswith("first")) >= 4
        assert dli.closed == 2
        assert not any(watch.ended for watch in watches)

    def test_a_connection_that_can_not_be_looked_up_for_a_while_is_an_outage(self, poll, monkeypatch):
        looked_up = Hook.aget_settings

        async def fail_at_first(self):
            if loop_time() < 100:
                raise TimeoutError("the secrets backend did not answer")
            return await looked_up(self)

        monkeypatch.setattr(Hook, "aget_settings", fail_at_first)
        (watch,) = poll(Dli(1), [Recorder(1)], 400)
        assert "can't look up the connection 'dli_default': the secrets backend" in str(watch.failures[0])
        assert watch.ended is None
        assert watch.readings

    def test_a_secrets_backend_that_finds_no_connection_for_a_while_is_an_outage(self, poll, monkeypatch):
        looked_up = Hook.aget_settings

        async def fail_later(self):
            if 100 <= loop_time() < 400:
                raise AirflowNotFoundException("The conn_id `dli_default` isn't defined")
            return await looked_up(self)

        monkeypatch.setattr(Hook, "aget_settings", fail_later)
        dli = Dli(3)
        dli.failure = lambda call: REFUSED if call.endswith("first") and loop_time() >= 100 else None
        waits = [Recorder(job_id) for job_id in dli.status]
        poll(dli, waits, 700, {400: lambda: setattr(dli, "connection", "second")})
        assert all(wait.ended is None and wait.readings[-1][0] > 600 for wait in waits)

    def test_a_connection_that_can_not_be_right_ends_all_waits_together(self, poll, monkeypatch):
        problem = errors.DliSettingsError("Connection 'dli_default', login: is missing")
        looked_up = []

        async def fail(_self):
            looked_up.append(loop_time())
            raise problem

        monkeypatch.setattr(Hook, "aget_settings", fail)
        waits = poll(Dli(3), [Recorder(1), Recorder(2, 7200), Recorder(3, 7200)], 70)
        assert all(wait.ended is problem for wait in waits)
        assert len(looked_up) == 1

    def test_a_key_that_is_locked_for_a_while_ends_no_wait(self, poll):
        locked = errors.DliAuthError(401, "APIG.0301", "AK access failed to reach the limit,forbidden.")
        locked.transient = True
        dli = Dli(3)
        dli.failure = lambda _: locked if 100 <= loop_time() < 400 else None
        waits = poll(dli, [Recorder(job_id) for job_id in dli.status], 700)
        assert all(wait.ended is None and wait.failures and wait.readings[-1][0] > 600 for wait in waits)


class TestPollersOfOneKey:
    """Eight pollers, because each has a filter of its own."""

    def serve(self, run, dli, seconds):
        class Lister(Recorder):
            def on_reading(self, job, now, *, detailed):
                return True

        async def main():
            async with AsyncExitStack() as stack:
                watches = [Lister(None, 5) for _ in range(8)]
                for number, watch in enumerate(watches):
                    await stack.enter_async_context(
                        registry.subscribe(watch, Hook(dli), {"queue_name": f"queue_{number}"})
                    )
                await asyncio.sleep(seconds)
            return watches

        return run(main())

    def test_pollers_of_one_key_share_four_calls_under_way(self, run):
        dli = Dli(2_000)
        dli.latency = 3.0
        self.serve(run, dli, 300)
        assert dli.most_under_way == 4

    def test_pollers_of_one_key_are_refused_four_times_at_most_when_it_stops_being_good(self, run):
        dli = Dli(2_000)
        dli.latency = 3.0
        refused = []

        def refuse(call):
            if loop_time() < 100:
                return None
            refused.append(call)
            return REFUSED

        dli.failure = refuse
        dli.remembers_refusals = True
        watches = self.serve(run, dli, 300)
        assert all(watch.ended is REFUSED for watch in watches)
        assert len(refused) <= 4

    def test_pollers_of_one_key_keep_all_four_calls_busy(self, run):
        dli = Dli(100)
        dli.latency = 3.0
        self.serve(run, dli, 300)
        assert dli.count() >= 300 / 3.0 * 4 * 0.9


class TestASubscriberToTheWholeList:
    class Lister(Recorder):
        def on_reading(self, job, now, *, detailed):
            self.readings.append((asyncio.get_running_loop().time(), job.job_id))
            return True

    def test_a_subscriber_to_the_list_gets_every_job_once_an_interval(self, run):
        dli = Dli(250)

        async def main():
            watch = self.Lister(None, 60)
            async with registry.subscribe(watch, Hook(dli), {"queue_name": "etl"}):
                await asyncio.sleep(595)
            return watch

        watch = run(main())
        rounds = Counter(job_id for _, job_id in watch.readings)
        assert len(rounds) == 250
        assert {9, 10, 11} >= set(rounds.values())
        assert dli.filters == {"show_detail": "false", "queue_name": "etl"}
        assert dli.count("show") == 0

    def test_a_subscriber_to_the_list_is_told_when_it_was_read_to_its_end(self, poll):
        dli = Dli(250)
        dli.failure = lambda call: BROKEN if call.startswith("list 200 ") else None
        (watch,) = poll(dli, [self.Lister(None, 60)], 595)
        assert watch.lists_read == 0
        dli.failure = lambda _: None
        (watch,) = poll(dli, [self.Lister(None, 60)], 595)
        assert 9 <= watch.lists_read <= 11

    def test_a_list_that_claims_to_be_huge_is_read_page_by_page_without_haste(self, poll):
        dli = Dli(3)
        fresh = itertools.count(1)

        def page(page):
            jobs = [FlinkJob.from_api({"job_id": next(fresh), "status": "job_running"}) for _ in range(100)]
            return JobPage(10**15, tuple(jobs))

        dli.page = page
        poll(dli, [self.Lister(None, 60)], 10)
        assert dli.count() <= 10 / 0.05 + 2

    def test_a_list_of_jobs_without_an_id_is_passed_over(self, poll):
        dli = Dli(3)
        nameless = FlinkJob.from_api({"job_id": None, "status": "job_running"})
        dli.page = lambda _: JobPage(3, (nameless, nameless, nameless))
        watch, wait = poll(dli, [self.Lister(None, 60), Recorder(1)], 300)
        assert watch.readings == []
        assert len(wait.readings) >= 3

    def test_a_subscriber_to_the_list_is_told_when_it_is_refused(self, poll):
        forbidden = errors.DliForbiddenError(403, "APIG.0302", "no dli:jobs:list_all")
        dli = Dli(3)
        dli.failure = lambda _: forbidden
        (watch,) = poll(dli, [self.Lister(None, 60)], 300)
        assert watch.ended is forbidden
        assert dli.count() == 1


def test_no_more_than_a_few_calls_are_under_way_at_once(poll):
    dli = Dli(2_000)
    dli.unlisted = set(dli.status)
    dli.latency = 2.0
    poll(dli, [Recorder(job_id, 10) for job_id in dli.status], 300)
    assert dli.most_under_way == 4


def test_the_last_wait_closes_the_connections(poll):
    dli = Dli(1)
    poll(dli, [Recorder(1), Recorder(1)], 200)
    assert dli.closed == 1


def test_a_bug_of_the_poller_ends_the_waits_instead_of_hanging_them(poll):
    dli = Dli(1)
    dli.failure = lambda _: ZeroDivisionError("a bug")
    (watch,) = poll(dli, [Recorder(1, 10)], 60)
    assert isinstance(watch.ended, ZeroDivisionError)


def test_an_error_that_is_no_exception_ends_the_waits_too(poll):
    class DeadlockImminentError(BaseException):
        """Airflow has one such."""

    dli = Dli(1)
    dli.failure = lambda _: DeadlockImminentError()
    (watch,) = poll(dli, [Recorder(1)], 120)
    assert isinstance(watch.ended, DeadlockImminentError)


def test_waits_of_other_projects_have_pollers_of_their_own(run):
    async def main():
        hooks = [Hook(Dli(1)), Hook(Dli(1), "other"), Hook(Dli(1), "other")]
        watches = [registry.subscribe(Recorder(1), hook) for hook in hooks]
        async with watches[0], watches[1], watches[2]:
            return len(registry._pollers)

    assert run(main()) == 2


def test_the_poller_does_not_inherit_the_context_of_the_first_wait(run):
    import contextvars

    marker = contextvars.ContextVar("marker", default="none")
    seen = []

    class Nosy(Hook):
        async def aget_settings(self):
            seen.append(marker.get())
            return await super().aget_settings()

    async def main():
        marker.set("a trigger's log")
        async with registry.subscribe(Recorder(1), Nosy(Dli(1))):
            await asyncio.sleep(70)

    run(main())
    assert seen == ["none"]
