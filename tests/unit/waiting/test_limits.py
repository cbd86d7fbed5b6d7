"""How long a wait may take, and how long it tolerates an outage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.waiting.limits import Deadline, parse_span

START = datetime(2026, 1, 2, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("execution_timeout", "moment", "is_execution_timeout"),
    [
        (None, 10, False),
        (5 * MINUTES, 5, True),
        (20 * MINUTES, 10, False),
        (10 * MINUTES, 10, False),
    ],
)
def test_what_comes_first_ends_the_wait(execution_timeout, moment, is_execution_timeout):
    deadline = Deadline.of_task(START + 10 * MINUTES, execution_timeout, START)
    assert deadline.moment == START + moment * MINUTES
    assert deadline.is_execution_timeout is is_execution_timeout
    assert deadline.remaining(START) == moment * MINUTES
    assert deadline.remaining(START + 60 * MINUTES) == timedelta()


@pytest.mark.parametrize("value", [timedelta(minutes=10), 600, 600.0])
def test_a_span_of_time_is_given_as_a_timedelta_or_in_seconds(value):
    assert parse_span("outage_tolerance", value) == timedelta(minutes=10)


@pytest.mark.parametrize("value", ["600", True, None, -1, timedelta(-1), timedelta.max, 1e999])
def test_a_span_that_cannot_be_right_is_refused_by_name(value):
    with pytest.raises(ValueError, match="outage_tolerance must be"):
        parse_span("outage_tolerance", value)
