"""What is sent for a write equals what the vendor's own client sends for the same input."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdli import v1 as sdk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.client import DliClient
from dli_provider.api.settings import DliSettings
from dli_provider.flink import definition

PROJECT = "330e068af1334c9782f4226acc00a2e2"
JOB_ID = 2**40 + 104

Sent = tuple[str, str, Any]
"""Method, path with its query, and what the body holds."""


class RecordingServer(ThreadingHTTPServer):
    """Answers every request as if it had been carried out, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[Sent] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def only(self) -> Sent:
        """Return the one request since the last time."""
        (sent,) = self.sent
        self.sent.clear()
        return sent


class _Handler(BaseHTTPRequestHandler):
    server: RecordingServer
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.sent.append((self.command, self.path, json.loads(body) if body else None))
        done: Any = {"is_success": "true", "message": "", "job": {"job_id": 7, "status_name": "job_init"}}
        done |= {"execute_graph": {"jid": "a"}, "metrics": {"jobs": []}}
        content = json.dumps([done] if self.path.endswith(("/run", "/stop")) else done).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def ours(server) -> Iterator[DliClient]:
    own = DliSettings(endpoint=server.url, credential=AkSkCredential("AK", "SK"), project_id=PROJECT)
    with DliClient(own) as client:
        yield client


@pytest.fixture(scope="module")
def theirs(server, tmp_path_factory) -> Iterator[sdk.DliClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))  # where it writes its application id
        credentials = BasicCredentials("AK", "SK", PROJECT)
        yield sdk.DliClient.new_builder().with_credentials(credentials).with_endpoint(server.url).build()


@pytest.fixture(scope="module")
def check(server, ours, theirs) -> Callable[..., None]:
    def check(our_call: Callable[[DliClient], Any], their_call: Callable[[sdk.DliClient], Any]) -> None:
        our_call(ours)
        own = server.only()
        their_call(theirs)
        assert own == server.only()

    return check


# Fields, and what the vendor's client takes for them where that differs from what people write

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
).filter(lambda text: text.strip() not in {"", "None"})
POSITIVE = st.integers(1, 2**31 - 1)
CHECKPOINT_MODE = st.sampled_from([("exactly_once", 1), ("at_least_once", 2), (1, 1), (2, 2)])
OPTIONS = st.dictionaries(TEXT, TEXT, max_size=3)
SPEC = st.fixed_dictionaries({}, optional={"cpu": st.floats(0.5, 64), "memory": st.just("4G")})
RESOURCES = st.fixed_dictionaries(
    {},
    optional={
        "max_slot": POSITIVE,
        "parallel_number": POSITIVE,
        "jobmanager_resource_spec": SPEC,
        "taskmanager_resource_spec": SPEC,
    },
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("cu_number",), st.integers(2, 400)),
    **dict.fromkeys(("parallel_number",), st.integers(1, 2000)),
    **dict.fromkeys(("manager_cu_number", "tm_cus", "tm_slot_num", "template_id"), POSITIVE),
    **dict.fromkeys(("checkpoint_interval", "idle_state_retention"), st.integers(0, 2**31 - 1)),
    "resume_max_num": st.just(-1) | POSITIVE,
    **dict.fromkeys(
        ("checkpoint_enabled", "log_enabled", "restart_when_exception", "resume_checkpoint"), st.booleans()
    ),
    **dict.fromkeys(("edge_group_ids", "dependency_jars", "dependency_files"), st.lists(TEXT, max_size=3)),
    "run_mode": st.sampled_from(["shared_cluster", "exclusive_cluster", "edge_node"]),
    "feature": st.sampled_from(["basic", "custom"]),
    "resource_config_version": st.sampled_from(["v1", "v2"]),
    "checkpoint_mode": CHECKPOINT_MODE.map(lambda pair: pair[0]),
    "runtime_config": OPTIONS,
    "tags": OPTIONS,
    "resource_config": RESOURCES,
    "flink_log_config": st.just({"root_logger_level": "INFO"}),
    "operator_config": st.just({"operator_list": [{"id": "a", "parallelism": 2}]}),
    "static_estimator_config": st.just('{"operator_list": []}'),
}


def fields_of(
    request: Any, *left_out: str, **chosen: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return any choice of a request's fields, each of which may be None."""
    names = sorted(request.__annotations__.keys() - set(left_out))
    return st.fixed_dictionaries(
        {}, optional={name: st.none() | chosen.get(name, VALUES.get(name, TEXT)) for name in names}
    )


def in_their_words(fields: dict[str, Any]) -> dict[str, Any]:
    words = dict(fields)
    if (options := fields.get("runtime_config")) is not None:
        words["runtime_config"] = json.dumps([{"key": key, "value": options[key]} for key in options])
    if isinstance(mode := fields.get("checkpoint_mode"), str):
        words["checkpoint_mode"] = {"exactly_once": 1, "at_least_once": 2}[mode]
    if (tags := fields.get("tags")) is not None:
        words["tags"] = [sdk.Tag(key=key, value=tags[key]) for key in tags]
    if (resources := fields.get("resource_config")) is not None:
        specs = {
            name: sdk.ResourceSpec(**value) if isinstance(value, dict) else value
            for name, value in resources.items()
        }
        words["resource_config"] = sdk.ResourceConfig(**specs)
    for name in ("flink_log_config", "operator_config", "static_estimator_config"):
        if isinstance(config := fields.get(name), dict):
            words[name] = json.dumps(config)
    return words


any_fields = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SQL_TYPES = st.sampled_from(["flink_sql_job", "flink_opensource_sql_job"])


@any_fields
@given(
    name=TEXT,
    sql_body=TEXT,
    run_mode=VALUES["run_mode"],
    job_type=SQL_TYPES,
    fields=fields_of(definition.NewSqlJobFields, "run_mode", "job_type"),
)
def test_create_a_sql_job(check, name, sql_body, run_mode, job_type, fields):
    whole = {**fields, "run_mode": run_mode, "job_type": job_type}
    body = sdk.CreateFlinkSqlJobRequestBody(name=name, sql_body=sql_body, **in_their_words(whole))
    check(
        lambda ours: ours.create_flink_sql_job(name, sql_body=sql_body, **whole),
        lambda theirs: theirs.create_flink_sql_job(sdk.CreateFlinkSqlJobRequest(body=body)),
    )


@any_fields
@given(name=TEXT, entrypoint=TEXT, fields=fields_of(definition.NewJarJobFields))
def test_create_a_jar_job(check, name, entrypoint, fields):
    body = sdk.CreateFlinkJarJobRequestBody(name=name, entrypoint=entrypoint, **in_their_words(fields))
    check(
        lambda ours: ours.create_flink_jar_job(name, entrypoint=entrypoint, **fields),
        lambda theirs: theirs.create_flink_jar_job(sdk.CreateFlinkJarJobRequest(body=body)),
    )


def changes_of(request: Any, **chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return fields_of(request, **chosen).filter(
        lambda fields: any(value is not None for value in fields.values())
    )


@any_fields
@given(fields=changes_of(definition.SqlJobChanges))
def test_update_a_sql_job(check, fields):
    body = sdk.UpdateFlinkSqlJobRequestBody(**in_their_words(fields))
    check(
        lambda ours: ours.update_flink_sql_job(JOB_ID, **fields),
        lambda theirs: theirs.update_flink_sql_job(sdk.UpdateFlinkSqlJobRequest(JOB_ID, body=body)),
    )


@any_fields
@given(fields=changes_of(definition.JarJobChanges, job_type=st.just("flink_jar_job")))
def test_update_a_jar_job(check, fields):
    body = sdk.UpdateFlinkJarJobRequestBody(**in_their_words(fields))
    check(
        lambda ours: ours.update_flink_jar_job(JOB_ID, **fields),
        lambda theirs: theirs.update_flink_jar_job(sdk.UpdateFlinkJarJobRequest(JOB_ID, body=body)),
    )


@pytest.mark.parametrize("resume", [False, True])
def test_run(check, resume):
    body = sdk.BatchRunFlinkJobsRequestBody(job_ids=[JOB_ID], resume_savepoint=resume)
    check(
        lambda ours: ours.run_flink_job(JOB_ID, resume_savepoint=resume),
        lambda theirs: theirs.batch_run_flink_jobs(sdk.BatchRunFlinkJobsRequest(body=body)),
    )


@pytest.mark.parametrize("save", [False, True])
def test_stop(check, save):
    body = sdk.StopFlinkJobsRequestBody(job_ids=[JOB_ID], trigger_savepoint=save)
    check(
        lambda ours: ours.stop_flink_job(JOB_ID, trigger_savepoint=save),
        lambda theirs: theirs.batch_stop_flink_jobs(sdk.BatchStopFlinkJobsRequest(body=body)),
    )


@pytest.mark.parametrize("path", ["bucket/dir/", "obs://bucket/dir/sub/", "bucket/dir"])
def test_savepoint(check, path):
    plain = path.removeprefix("obs://").rstrip("/") + "/"  # which the API asks for
    body = sdk.ExecuteFlinkJobSavepointRequestBody(action="TRIGGER", savepoint_path=plain)
    request = sdk.ExecuteFlinkJobSavepointRequest(job_id=str(JOB_ID), body=body)
    check(
        lambda ours: ours.trigger_flink_savepoint(JOB_ID, path),
        lambda theirs: theirs.execute_flink_job_savepoint(request),
    )


@pytest.mark.parametrize("path", ["obs://bucket/dir/", "bucket/dir/sub/", "obs://bucket/dir"])
def test_import_a_savepoint(check, path):
    full = "obs://" + path.removeprefix("obs://").rstrip("/") + "/"  # which the API asks for
    body = sdk.ImportFlinkJobSavepointRequestBody(job_id=JOB_ID, savepoint_path=full)
    request = sdk.ImportFlinkJobSavepointRequest(job_id=str(JOB_ID), body=body)
    check(
        lambda ours: ours.import_flink_savepoint(JOB_ID, path),
        lambda theirs: theirs.import_flink_job_savepoint(request),
    )


def test_delete(check):
    check(
        lambda ours: ours.delete_flink_job(JOB_ID),
        lambda theirs: theirs.delete_flink_job(sdk.DeleteFlinkJobRequest(job_id=JOB_ID)),
    )


def test_the_execution_graph(check):
    request = sdk.ShowFlinkJobExecutionGraphRequest(job_id=JOB_ID)
    check(
        lambda ours: ours.show_flink_execution_graph(JOB_ID),
        lambda theirs: theirs.show_flink_job_execution_graph(request),
    )


@pytest.mark.filterwarnings("ignore:Method 'show_flink_metric'")
def test_metrics(check):
    body = sdk.ShowFlinkMetricRequestBody(job_ids=[JOB_ID, 7])
    check(
        lambda ours: ours.show_flink_metrics([JOB_ID, 7]),
        lambda theirs: theirs.show_flink_metric(sdk.ShowFlinkMetricRequest(body=body)),
    )


@pytest.mark.parametrize(
    ("request_body", "ours"),
    [
        (sdk.CreateFlinkSqlJobRequestBody, definition.NewSqlJob),
        (sdk.UpdateFlinkSqlJobRequestBody, definition.SqlJobChanges),
        (sdk.CreateFlinkJarJobRequestBody, definition.NewJarJob),
        (sdk.UpdateFlinkJarJobRequestBody, definition.JarJobChanges),
        (sdk.ResourceConfig, definition.ResourceConfig),
        (sdk.ResourceSpec, definition.ResourceSpec),
    ],
)
def test_has_the_fields_that_the_vendors_client_has(request_body, ours):
    assert ours.__annotations__.keys() == request_body.attribute_map.keys()
