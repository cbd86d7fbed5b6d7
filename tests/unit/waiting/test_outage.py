"""What a wait bears, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.api.errors import DliAuthError, DliConnectionError, DliNotFoundError, DliProtocolError
from dli_provider.waiting.outage import OutageTracker

LOST = DliConnectionError("No answer")
START = datetime(2024, 1, 2, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def outage() -> OutageTracker:
    return OutageTracker(timedelta(minutes=30), had_success=True)


def test_is_not_borne_before_a_first_good_reading():
    outage = OutageTracker(timedelta(minutes=30))
    with pytest.raises(DliConnectionError):
        outage.fail(LOST, at(0))
    assert outage.end(at(1)) is None
    assert outage.fail(LOST, at(2))


def test_is_told_once_when_it_begins_and_once_when_it_ends(outage):
    assert outage.fail(LOST, at(0)) == "DLI can't be read for now; going on for up to 0:30:00: No answer"
    assert outage.fail(LOST, at(5)) is None
    assert outage.end(at(6)) == "DLI can be read again, after 360 s"
    assert outage.end(at(7)) is None


def test_ends_the_wait_when_it_lasts_too_long(outage):
    outage.fail(LOST, at(0))
    assert outage.fail(LOST, at(30)) is None
    with pytest.raises(DliConnectionError):
        outage.fail(LOST, at(30.1))


def test_is_counted_anew_after_a_good_reading(outage):
    outage.fail(LOST, at(0))
    outage.end(at(29))
    assert outage.fail(LOST, at(31))
    assert outage.fail(LOST, at(60)) is None


@pytest.mark.parametrize(
    "error",
    [
        DliAuthError(401, "APIG.0301", "no"),
        DliNotFoundError(400, "DLI.16001", "no"),
        DliProtocolError("x"),
    ],
)
def test_is_not_what_does_not_pass(outage, error):
    with pytest.raises(type(error)):
        outage.fail(error, at(0))


def test_of_no_tolerance_bears_one_reading():
    outage = OutageTracker(timedelta(0), had_success=True)
    assert outage.fail(LOST, at(0))
    with pytest.raises(DliConnectionError):
        outage.fail(LOST, at(0.1))
