"""How logs and errors speak of a job and of a span of time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dli_provider.flink.wording import describe_duration, name_job


@pytest.mark.parametrize(
    ("job_id", "name", "said"),
    [
        (207, "sales-eu", "Flink job 207 (sales-eu)"),
        (207, None, "Flink job 207"),
        (None, "sales-us", "Flink job 'sales-us'"),
        (207, "two\nlines", "Flink job 207 (two lines)"),
    ],
)
def test_a_job_is_called_by_its_id_with_its_name_beside_it(job_id, name, said):
    assert name_job(job_id, name) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (90_061, "25 h 1 min"),
    ],
)
def test_a_span_of_time_is_told_in_its_two_largest_units(seconds, said):
    assert describe_duration(timedelta(seconds=seconds)) == said
