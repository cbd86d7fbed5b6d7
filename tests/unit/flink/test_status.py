"""The statuses: what each of the 14 means, what can follow it, and how one behaves that nobody knows yet."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from dli_provider.flink.status import FlinkJobStatus

S = FlinkJobStatus

DOCUMENTED = [
    *(
        "job_init",
        "job_submitting",
        "job_submit_fail",
        "job_running",
        "job_running_exception",
        "job_downloading",
    ),
    *("job_idle", "job_canceling", "job_cancel_success", "job_cancel_fail", "job_savepointing"),
    *("job_arrearage_stopped", "job_arrearage_recovering", "job_finish"),
]
RESTING = {
    *("job_init", "job_submit_fail", "job_running_exception", "job_cancel_success", "job_cancel_fail"),
    *("job_arrearage_stopped", "job_finish"),
}
FAILURES = {"job_submit_fail", "job_running_exception", "job_cancel_fail", "job_arrearage_stopped"}
STOPPED = {"job_cancel_success", "job_cancel_fail"}
ENDS_OF_A_RUN = {"job_finish", "job_running_exception", "job_arrearage_stopped", *STOPPED}
ALIVE = {
    *("job_submitting", "job_downloading", "job_running", "job_savepointing", "job_canceling"),
    *("job_submit_fail", "job_idle", *ENDS_OF_A_RUN),
}
CAN_BECOME = {
    "job_init": ALIVE,
    "job_submitting": ALIVE,
    "job_downloading": ALIVE,
    "job_running": {"job_savepointing", "job_canceling", "job_idle", *ENDS_OF_A_RUN},
    "job_savepointing": {"job_running", "job_canceling", "job_idle", *ENDS_OF_A_RUN},
    "job_arrearage_recovering": ALIVE,
    "job_canceling": {"job_idle", *STOPPED},
    "job_idle": set(DOCUMENTED),
    "job_submit_fail": set(),
    "job_running_exception": set(),
    "job_cancel_success": set(),
    "job_cancel_fail": set(),
    "job_arrearage_stopped": set(),
    "job_finish": set(),
}


def test_the_documented_statuses_are_all_there_and_no_others() -> None:
    assert [status.value for status in S] == DOCUMENTED
    assert all(status.is_known for status in S)


@pytest.mark.parametrize("status", S)
def test_a_status_is_its_text(status: FlinkJobStatus) -> None:
    assert status == status.value == str(status) == f"{status}"
    assert S(status.value) is status
    assert json.dumps([status]) == f'["{status.value}"]'
    assert {status.value: 1}[status] == 1


@pytest.mark.parametrize("status", S)
def test_what_a_status_means(status: FlinkJobStatus) -> None:
    assert status.is_resting == (status in RESTING)
    assert status.is_failure == (status in FAILURES)


@pytest.mark.parametrize("status", S)
def test_what_can_follow_a_status_near_or_far(status: FlinkJobStatus) -> None:
    reachable = {target.value for target in S if status.can_become(target)}
    assert reachable == CAN_BECOME[status] | {status.value}
    assert {target for target in DOCUMENTED if status.can_become(target)} == reachable


@pytest.mark.parametrize("status", S)
def test_what_follows_something_that_follows_also_follows_but_for_what_is_unclear(
    status: FlinkJobStatus,
) -> None:
    for near in filter(status.can_become, set(S) - {S.JOB_IDLE}):
        for far in filter(near.can_become, S):
            assert status.can_become(far)


@pytest.mark.parametrize("status", S)
def test_only_a_resting_status_leads_nowhere(status: FlinkJobStatus) -> None:
    leads_nowhere = not any(status.can_become(target) for target in S if target is not status)
    assert leads_nowhere == (status.is_resting and status is not S.JOB_INIT)


def test_no_status_but_an_unclear_one_becomes_what_takes_a_person() -> None:
    for target in ("job_init", "job_arrearage_recovering"):
        assert {s.value for s in S if s.can_become(target)} == {target, "job_idle"}


@pytest.mark.parametrize("text", ["job_dreaming", "JOB_RUNNING", "Running", "läuft", " job_running"])
def test_an_unknown_status_keeps_its_text_and_anything_can_follow_it(text: str) -> None:
    status = S(text)
    assert isinstance(status, S)
    assert (status, status.value, status.name, str(status), repr(status)) == (
        *[text] * 4,
        f"<FlinkJobStatus.{text}: {text!r}>",
    )
    assert (status.is_known, status.is_resting, status.is_failure) == (False, False, False)
    assert all(status.can_become(target) for target in [*S, "job_waking"])
    assert not any(known.can_become(text) for known in S)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "job_running\x00",
            "job_running\n",
            "\x1b[31mjob_running",
            "job_running\ud83d",
            "job_running" + " " * 200,
        ),
        *("x" * 5_000_000, "password=hunter2", "job_running\u202e", "\n" * 200 + "job_running"),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_an_odd_text_becomes_a_short_printable_status_that_is_none_of_the_known(text: str) -> None:
    status = S(text)
    assert not status.is_known
    assert status.isprintable()
    assert len(status) <= 100
    assert "hunter2" not in status
    assert S(str(status)) == status
    assert status not in set(S)


def test_an_unknown_status_equals_itself_and_joins_no_list() -> None:
    assert S("job_dreaming") == S("job_dreaming")
    assert len({S("job_dreaming"), S("job_dreaming"), "job_dreaming"}) == 1
    assert len(S) == 14


def test_the_misspelling_of_the_service_before_is_understood() -> None:
    assert S("job_submiting") is S.JOB_SUBMITTING


@pytest.mark.parametrize("value", ["", None, 3, ["job_running"], b"job_running"])
def test_what_is_no_text_is_no_status(value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid FlinkJobStatus"):
        S(value)


@pytest.mark.parametrize("status", [*S, S("job_dreaming")])
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_status_survives_pickling_and_copying(status: FlinkJobStatus, protocol: int) -> None:
    for again in (pickle.loads(pickle.dumps(status, protocol)), copy.copy(status), copy.deepcopy(status)):  # noqa: S301
        assert again == status
        assert type(again) is S
        assert again.is_known == status.is_known
