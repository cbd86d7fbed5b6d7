"""What becomes of the task when its wait fails or times out."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from dli_provider.airflow_compat import AirflowSensorTimeout, AirflowSkipException
from dli_provider.api.errors import DliAuthError
from dli_provider.exceptions import DliFlinkJobFailedError
from dli_provider.waiting.ending import EndingPolicy

ERROR = DliAuthError(401, "APIG.0301", "no")
FAILED = DliFlinkJobFailedError("Flink job 104 is job_submit_fail")
SKIPPED = AirflowSkipException("a subclass skips")
GOES_ON = None

# what the sensor is told, what happened, and what the task ends with
TABLE = [
    ({}, ERROR, DliAuthError),
    ({}, FAILED, DliFlinkJobFailedError),
    ({}, SKIPPED, AirflowSkipException),
    ({"soft_fail": True}, ERROR, DliAuthError),
    ({"soft_fail": True}, FAILED, AirflowSkipException),
    ({"never_fail": True}, ERROR, AirflowSkipException),
    ({"never_fail": True}, FAILED, AirflowSkipException),
    ({"silent_fail": True}, ERROR, GOES_ON),
    ({"silent_fail": True}, FAILED, DliFlinkJobFailedError),
    ({"silent_fail": True}, SKIPPED, AirflowSkipException),
    ({"silent_fail": True, "soft_fail": True}, FAILED, AirflowSkipException),
]


@pytest.mark.parametrize(("flags", "error", "ending"), TABLE)
def test_what_a_task_ends_with_after_an_error(flags, error, ending):
    log = Mock()
    if ending is GOES_ON:
        EndingPolicy(**flags).handle(error, log)
        assert "APIG.0301" in str(log.error.mock_calls)
        return
    with pytest.raises(ending) as caught:
        EndingPolicy(**flags).handle(error, log)
    assert str(caught.value) == str(error)


@pytest.mark.parametrize(
    ("flags", "ending"),
    [
        ({}, AirflowSensorTimeout),
        ({"soft_fail": True}, AirflowSkipException),
        ({"never_fail": True}, AirflowSensorTimeout),
        ({"silent_fail": True}, AirflowSensorTimeout),
    ],
)
def test_what_a_task_ends_with_at_its_timeout(flags, ending):
    with pytest.raises(ending, match="how it stands"):
        EndingPolicy(**flags).time_out("how it stands")


def test_an_error_that_is_passed_over_is_logged_as_one_line():
    log = Mock()
    EndingPolicy(silent_fail=True).handle(RuntimeError("a\nforged line \x1b[31m"), log)
    template, *arguments = log.error.mock_calls[0].args
    assert (template % tuple(arguments)).isprintable()
