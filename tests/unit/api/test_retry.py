"""The waits between tries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dli_provider.api.retry import ONE_ATTEMPT, RetryPolicy


@given(failures=st.integers(1, 50))
def test_a_backoff_lies_between_a_bound_that_doubles_and_half_of_it(failures):
    bound = min(10.0, 0.5 * 2 ** (failures - 1))
    assert bound / 2 <= RetryPolicy().delay(failures) <= bound


@given(failures=st.integers(1, 50), asked=st.floats(0, 1e9))
def test_what_the_service_asks_for_is_met_up_to_a_minute(failures, asked):
    wait = RetryPolicy().delay(failures, asked)
    assert min(asked, 60) <= wait <= max(10.0, 1.25 * min(asked, 60))


@given(failures=st.integers(1, 50), asked=st.floats(0, 1))
def test_a_service_that_asks_for_no_wait_gets_the_ordinary_one(failures, asked):
    assert RetryPolicy().delay(failures, asked) >= min(10.0, 0.5 * 2 ** (failures - 1)) / 2


def test_backoffs_are_spread():
    assert len({RetryPolicy().delay(3) for _ in range(50)}) > 40
    assert len({RetryPolicy().delay(1, 5.0) for _ in range(50)}) > 40


def test_the_bounds_can_be_chosen():
    assert RetryPolicy(base=0.01, cap=0.02).delay(10) <= 0.02
    assert RetryPolicy(retry_after_cap=1).delay(1, 60) <= 1.25


def test_one_attempt():
    assert ONE_ATTEMPT.attempts == 1
