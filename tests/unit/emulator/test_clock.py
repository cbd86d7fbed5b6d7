"""The emulated time, which tests of DAGs can advance."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dli_provider.emulator.model.clock import Clock


def test_time_that_is_advanced_moves_jobs_and_leaves_the_stated_time_alone(dli, clock):
    job = dli.add_job(104, [("job_submitting", 60), ("job_running", 3600), ("job_finish", None)])
    seen = [job.status]
    for span in (60, timedelta(hours=1)):
        dli.advance(span)
        seen.append(job.status)
    assert seen == ["job_submitting", "job_running", "job_finish"]
    assert clock.time() - clock.server_time() == 3660


@pytest.mark.parametrize("span", [-1, timedelta(seconds=-1), None, "1", float("nan"), True])
def test_time_never_goes_back(dli, span):
    with pytest.raises(ValueError, match="seconds must be a number of seconds from 0"):
        dli.advance(span)


def test_a_clock_that_is_wrong_concerns_the_gateway_alone():
    clock = Clock(lambda: 1000.0)
    clock.offset = timedelta(seconds=30)
    assert (clock.time(), clock.server_time()) == (1000.0, 1030.0)
