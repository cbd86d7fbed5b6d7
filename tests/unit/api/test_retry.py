"""The waits between attempts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dli_provider.api.errors import DliConnectionError, DliError, DliServerError, DliThrottledError
from dli_provider.api.retry import ONE_ATTEMPT, PATIENT, Backoff, RetryPolicy


def failure(retry_after: float | None = None) -> DliError:
    return DliServerError(503, "503", "busy", retry_after=retry_after)


def throttled(retry_after: float | None = None) -> DliError:
    return DliThrottledError(429, "429", "slower", retry_after=retry_after)


def delay(policy: RetryPolicy, failures: int = 1, retry_after: float | None = None) -> float | None:
    """Return the wait after the last of so many failures in a row."""
    backoff = Backoff(policy)
    for _ in range(failures - 1):
        backoff.delay_after(failure())
    return backoff.delay_after(failure(retry_after))


ENDLESS = RetryPolicy(attempts=100)


@given(failures=st.integers(1, 50))
def test_a_backoff_lies_between_a_bound_that_doubles_and_half_of_it(failures):
    bound = min(10.0, 0.5 * 2 ** (failures - 1))
    assert bound / 2 <= delay(ENDLESS, failures) <= bound


@given(failures=st.integers(1, 50), asked=st.floats(0, 15))
def test_a_call_never_comes_back_earlier_than_it_is_asked_to(failures, asked):
    bound = min(10.0, 0.5 * 2 ** (failures - 1))
    assert max(asked, bound / 2) <= delay(ENDLESS, failures, asked) <= max(bound, 1.25 * asked)


def test_a_call_that_is_asked_to_wait_for_long_fails_at_once():
    assert delay(RetryPolicy(), retry_after=15.1) is None
    assert delay(RetryPolicy(retry_after_cap=60), retry_after=60) >= 60


def test_waits_are_spread():
    assert len({delay(ENDLESS, 3) for _ in range(50)}) > 40
    assert len({delay(ENDLESS, 1, 5.0) for _ in range(50)}) > 40


def test_one_attempt_is_one_attempt():
    assert delay(ONE_ATTEMPT) is None


def test_four_attempts_have_three_waits():
    assert [delay(RetryPolicy(), n) is None for n in (1, 2, 3, 4)] == [False, False, False, True]


@given(asked=st.lists(st.none() | st.floats(0, 400), min_size=1, max_size=200))
def test_patience_ends_after_five_minutes_of_throttling(asked):
    backoff = Backoff(PATIENT)
    waits = [backoff.delay_after(throttled(seconds)) for seconds in asked]
    assert sum(wait or 0 for wait in waits) <= 300.001


def test_patience_ends_however_little_is_asked_for():
    backoff = Backoff(PATIENT)
    assert None in [backoff.delay_after(throttled(0)) for _ in range(30)]


def test_patience_is_for_throttling_alone():
    backoff = Backoff(PATIENT)
    waits = [backoff.delay_after(DliConnectionError("No answer")) for _ in range(4)]
    assert [wait is None for wait in waits] == [False, False, False, True]
    assert PATIENT.waits_out(throttled())
    assert not PATIENT.waits_out(failure())
    assert not RetryPolicy().waits_out(throttled())
