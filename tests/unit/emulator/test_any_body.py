"""Whatever a request holds, it is answered or refused; none breaks the emulator."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dli_provider.emulator.http.messages import RefusalError
from dli_provider.emulator.services import job_bodies

FIELDS = sorted(
    {*job_bodies.CREATE_SQL, *job_bodies.UPDATE_SQL, *job_bodies.CREATE_JAR, *job_bodies.UPDATE_JAR}
    | {"job_ids", "resume_savepoint", "trigger_savepoint", "action", "savepoint_path", "job_id"}
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from([1, 2, 4, 104, "104", "orders", "v1", "v2", "8 GB", "obs://state/x", "TRIGGER"])
    | st.sampled_from(["flink_jar_job", "flink_sql_job", "exclusive_cluster", "shared_cluster", "basic"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["key", "value", "memory"]) | st.text(max_size=3), inner, max_size=3
        )
    ),
    max_leaves=5,
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6) | values
OPERATIONS = [
    *("create_sql", "create_jar", "update_sql", "update_jar", "run", "stop", "delete_batch", "metrics"),
    *("savepoint", "import_savepoint"),
]


@pytest.mark.parametrize("operation", OPERATIONS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, status=st.sampled_from(["job_init", "job_running"]), is_jar=st.booleans())
def test_any_body_is_answered_or_refused(api, operation: str, body: Any, status: str, is_jar: bool):
    api.add(status, job_type="flink_jar_job" if is_jar else "flink_sql_job")
    if operation.startswith("create") and isinstance(body, dict):
        body.setdefault("name", "orders")
    with suppress(RefusalError):
        api.call(operation, body, job_id=104)
    for job in api.emulator.jobs:
        assert api.show(job.job_id)["job_id"] == job.job_id
        if job.job_id != 104:
            api.emulator.remove_job(job.job_id)
