"""What a wait tolerates, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dli_provider.api.errors import (
    DliAuthError,
    DliConnectionError,
    DliNotFoundError,
    DliProtocolError,
    DliServerError,
    DliThrottledError,
)
from dli_provider.waiting.outage import OutageTracker, lookup_error

LOST = DliConnectionError("No answer")
MINUTE = 60.0


@pytest.fixture
def outage() -> OutageTracker:
    return OutageTracker(timedelta(minutes=30), had_success=True)


def test_no_answer_at_the_first_reading_ends_the_wait():
    outage = OutageTracker(timedelta(minutes=30))
    with pytest.raises(DliConnectionError):
        outage.fail(LOST, 0)
    assert outage.end(MINUTE) is None
    assert outage.fail(LOST, 2 * MINUTE)


@pytest.mark.parametrize(
    "error", [DliThrottledError(429, "APIG.0308", "no"), DliServerError(503, "503", "no")]
)
def test_what_the_service_itself_answers_is_tolerated_at_the_first_reading(error):
    outage = OutageTracker(timedelta(minutes=30))
    assert outage.fail(error, 0)
    assert outage.fail(LOST, MINUTE) is None


def test_an_outage_is_logged_when_it_begins_and_when_it_ends(outage):
    assert outage.fail(LOST, 0) == "DLI can't be read for now; going on for up to 0:30:00: No answer"
    assert outage.is_ongoing
    assert outage.fail(LOST, 5 * MINUTE) is None
    assert outage.end(6 * MINUTE) == "DLI can be read again, after 360 s"
    assert not outage.is_ongoing
    assert outage.end(7 * MINUTE) is None


def test_an_outage_that_lasts_too_long_ends_the_wait(outage):
    outage.fail(LOST, 0)
    assert outage.fail(LOST, 30 * MINUTE) is None
    with pytest.raises(DliConnectionError):
        outage.fail(LOST, 30.1 * MINUTE)


def test_a_reading_that_succeeds_starts_the_count_again(outage):
    outage.fail(LOST, 0)
    outage.end(29 * MINUTE)
    assert outage.fail(LOST, 31 * MINUTE)
    assert outage.fail(LOST, 60 * MINUTE) is None


@pytest.mark.parametrize(
    "error",
    [
        DliAuthError(401, "APIG.0301", "no"),
        DliNotFoundError(400, "DLI.16001", "no"),
        DliProtocolError("x"),
    ],
)
def test_what_does_not_pass_ends_the_wait(outage, error):
    with pytest.raises(type(error)):
        outage.fail(error, 0)


def test_a_tolerance_of_zero_tolerates_one_reading():
    outage = OutageTracker(timedelta(0), had_success=True)
    assert outage.fail(LOST, 0)
    with pytest.raises(DliConnectionError):
        outage.fail(LOST, 0.1)


def test_the_line_of_an_outage_is_one_printable_line(outage):
    line = outage.fail(DliConnectionError("a\nforged line \x1b[31m"), 0)
    assert line
    assert line.isprintable()


def test_a_failed_look_up_of_the_connection_says_which_and_may_pass():
    error = lookup_error("dli_default", RuntimeError("throttled"))
    assert error.transient
    assert str(error) == "Airflow can't look up the connection 'dli_default': throttled"
