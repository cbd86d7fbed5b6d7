"""What the emulator tells a person who tests with it."""

from __future__ import annotations

import pytest

from dli_provider.emulator import DliEmulator


def test_the_repr_of_the_emulator_says_where_it_is_and_what_it_has(dli):
    assert repr(dli) == "<DliEmulator not listening, 0 jobs, 0 faults, 0 requests>"
    with DliEmulator() as running:
        running.add_job(104)
        assert repr(running) == f"<DliEmulator at {running.url}, 1 jobs, 0 faults, 0 requests>"


def test_the_repr_of_a_job_says_its_id_name_and_status(dli):
    job = dli.add_job(104, status="job_finish", name="orders")
    assert repr(job) == "<EmulatedJob 104 'orders' job_finish>"
    assert repr(dli.jobs) == f"<JobStore [{job!r}]>"


@pytest.mark.parametrize("operation", ["shwo", "", None, "SHOW"])
def test_requests_of_an_operation_that_is_none_are_refused(dli, operation):
    with pytest.raises(ValueError, match=r"is no operation: there are show, list, .*, unknown"):
        dli.requests_of(operation)
