"""The event that ends a deferred wait, from the triggerer to the task."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from dli_provider.api.errors import DliConnectionError, DliNotFoundError, DliThrottledError
from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.waiting.event import Outcome, WaitEvent

TIMEOUT = datetime(2026, 1, 2, tzinfo=UTC)


def event(outcome: Outcome, **details) -> WaitEvent:
    return WaitEvent(outcome=outcome, message="how it stands", job_id=104, timeout=TIMEOUT, **details)


def through_the_database(sent: WaitEvent) -> WaitEvent:
    text = json.dumps(sent.to_payload(), ensure_ascii=False)
    assert "\\u0000" not in text
    return WaitEvent.from_payload(json.loads(text.encode()))


@pytest.mark.parametrize(
    "sent",
    [
        event(Outcome.REACHED, job={"job_id": 104, "status": "job_running"}),
        event(Outcome.FAILED),
        event(Outcome.TIMEOUT),
        event(Outcome.EXECUTION_TIMEOUT),
    ],
)
def test_an_event_arrives_as_it_was_sent(sent):
    assert through_the_database(sent) == sent


def test_an_error_arrives_with_its_class_its_text_and_whether_it_may_pass():
    error = DliThrottledError(429, "APIG.0308", "Too many requests", "abc", retry_after=7.5)
    error.context = "ShowFlinkJob of job 104"
    arrived = through_the_database(event(Outcome.ERROR, error=error)).exception()
    assert type(arrived) is DliThrottledError
    assert str(arrived) == str(error)
    assert arrived.transient
    assert arrived.retry_after == 7.5


def test_an_error_that_does_not_pass_arrives_so():
    error = DliConnectionError("The certificate is not trusted", transient=False)
    arrived = through_the_database(event(Outcome.ERROR, error=error)).exception()
    assert isinstance(arrived, DliConnectionError)
    assert not arrived.transient


@pytest.mark.parametrize("text", ["cut \ud83d", "a\0b", "\udfff\0"])
def test_nothing_in_an_event_is_refused_by_a_database(text):
    sent = event(Outcome.REACHED, job={"name": text, text: {"nested": [text]}})
    assert through_the_database(sent).outcome == Outcome.REACHED
    failed = WaitEvent(outcome=Outcome.FAILED, message=text, job_id=104, timeout=TIMEOUT)
    assert through_the_database(failed).message.replace("\ufffd", "") in {"cut ", "ab", ""}
    error = DliNotFoundError(400, "DLI.16001", text)
    through_the_database(event(Outcome.ERROR, error=error))


def good_payload(**changes):
    return {**event(Outcome.REACHED, job={"job_id": 104}).to_payload(), **changes}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "reached",
        {},
        {"status": "success"},
        good_payload(outcome="triumph"),
        good_payload(deadline="soon"),
        good_payload(job=None),
        good_payload(outcome="error"),
        good_payload(outcome="error", error={}),
        good_payload(outcome="error", error={"type": "SystemExit", "message": ""}),
    ],
)
def test_an_event_that_is_not_the_trigger_s_fails_the_task(payload):
    with pytest.raises(DliFlinkJobFailedError, match="no event of its trigger"):
        WaitEvent.from_payload(payload)


def test_an_event_of_a_version_that_did_not_send_the_job_s_id_is_read():
    payload = good_payload()
    del payload["job_id"]
    assert WaitEvent.from_payload(payload).job_id is None
