"""Answers and requests that nobody has thought of end in the project's own errors, and in nothing else."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from traceback import format_exception
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from new_process import forget_all

from dli_provider.api import aio, endpoints, errors
from dli_provider.api.answers import error_of
from dli_provider.api.auth import shared
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.lease import Credential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.client import DliClient
from dli_provider.api.conversation import converse
from dli_provider.api.messages import Response, Send
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.emulator import DliEmulator
from dli_provider.emulator.services.gateway import IssuedToken
from dli_provider.flink.job import FlinkJob, FlinkJobFormatError, JobConfig

pytestmark = pytest.mark.usefixtures("as_a_new_process")

JOB = 104
FEW, MANY = 50, 150

texts = st.text(max_size=40) | st.sampled_from(
    ["true", "false", "", "0", "104", "DLI.0999", "APIG.0301", "job_running", "2023-11-15T22:13:20Z", "1e999"]
)
scalars = st.none() | st.booleans() | texts | st.floats() | st.integers() | st.integers(-(2**70), 2**70)
names = st.sampled_from(
    [
        *(
            "is_success",
            "message",
            "job_detail",
            "job_list",
            "jobs",
            "total_count",
            "error_code",
            "error_msg",
        ),
        *("errorCode", "errorMsg", "code", "error", "request_id", "token", "expires_at", "project", "id"),
        *("projects", "credential", "access", "secret", "securitytoken"),
    ]
)
fields = st.sampled_from([*FlinkJob.model_fields, *JobConfig.model_fields])


def objects(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return JSON of any shape, in which the keys of real answers are met often."""
    keys = keys | texts
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=8,
    )


anything = objects(names | fields)
details = st.dictionaries(fields | texts, objects(fields), max_size=6)
answers = st.one_of(
    anything,
    details.map(lambda detail: {"is_success": "true", "job_detail": detail}),
    st.lists(details | anything, max_size=4).map(lambda jobs: {"job_list": {"total_count": 7, "jobs": jobs}}),
    st.dictionaries(names, anything, max_size=6),
)
bodies = st.binary(max_size=200) | answers.map(lambda content: json.dumps(content).encode("utf-8", "replace"))
headers = st.dictionaries(
    st.sampled_from(
        [
            *("retry-after", "date", "location", "x-request-id", "x-iam-trace-id", "x-subject-token"),
            "content-type",
        ]
    ),
    texts | st.text(st.characters(max_codepoint=255), max_size=60),
)
statuses = st.integers(200, 599) | st.sampled_from([200, 201, 400, 401, 403, 404, 429, 500])
replies = st.builds(Response, statuses, headers, bodies)


def fuzzed(examples: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )


@fuzzed(MANY)
@given(status=st.integers(300, 999), headers=headers, body=bodies)
def test_any_error_body_is_read(status, headers, body):
    error = error_of(Response(status, headers, body))
    assert isinstance(error, errors.DliApiError | errors.DliProtocolError)
    assert len(str(error)) < 2500
    str(error).encode()


@fuzzed(MANY)
@given(content=details)
def test_any_object_is_a_job_or_is_refused(content):
    with suppress(FlinkJobFormatError):
        job = FlinkJob.from_api(content)
        shown = [job.to_dict(), job.to_dict(redact=False), job.summary(), repr(job)]
        assert json.loads(json.dumps(shown))


@fuzzed(FEW)
@given(content=anything)
def test_anything_is_a_job_or_is_refused(content):
    with suppress(FlinkJobFormatError):
        FlinkJob.from_api(content)


CALLS = {"show": endpoints.show_flink_job(JOB), "list": endpoints.list_flink_jobs()}
CREDENTIALS: dict[str, Credential] = {
    "key": AkSkCredential("AK", "SK"),
    "password": PasswordCredential("u", "p", "d", "https://iam.example.com", project_name="r"),
    "agency": AgencyCredential(),
}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("call", CALLS)
@fuzzed(FEW)
@given(data=st.data(), known=st.booleans())
def test_a_conversation_ends_in_a_result_or_an_error_of_the_project(call, credential, data, known):
    forget_all()
    own = DliSettings(
        endpoint="https://dli.example.com",
        credential=CREDENTIALS[credential],
        project_id="p1" if known else None,
        region="r",
        iam_endpoint="https://iam.example.com",
    )
    conversation: Any = converse(CALLS[call], own, shared.share_credential(own.credential), ONE_ATTEMPT)
    with suppress(StopIteration, errors.DliError):
        step = next(conversation)
        for _ in range(8):
            step = conversation.send(data.draw(replies) if isinstance(step, Send) else None)
        pytest.fail("the conversation has no end")


http_versions = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"ICY", b""])
raw_names = st.sampled_from(
    [
        *(b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b"Connection", b"Location", b"Date"),
        *(b"Set-Cookie", b"Content-Type", b"X-Request-Id", b"Retry-After", b"Trailer", b"Upgrade", b""),
    ]
)
raw_values = st.binary(max_size=20) | st.sampled_from(
    [
        b"0",
        b"2",
        b"5",
        b"-1",
        b"99999999999999999999",
        b"chunked",
        b"gzip",
        b"close",
        b"keep-alive",
        b"websocket",
    ]
)
raw_bodies = st.binary(max_size=60) | st.sampled_from(
    [
        b"{}",
        b"0\r\n\r\n",
        b"2\r\n{}\r\n0\r\n\r\n",
        b"-1\r\n{}\r\n",
        b"ffffffffffffffff\r\n{}",
        b"2;x=y\r\n{}\r\n",
    ]
)
line_ends = st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n "])


@st.composite
def raw_answers(draw: Any) -> bytes:
    end = draw(line_ends)
    status = draw(
        st.sampled_from([b"200", b"204", b"302", b"400", b"503", b"100", b"101", b"1000", b"x", b"-1"])
    )
    lines = [draw(http_versions) + b" " + status + b" " + draw(st.binary(max_size=10))]
    lines += [
        draw(raw_names) + draw(st.sampled_from([b": ", b":", b" : ", b""])) + draw(raw_values)
        for _ in range(draw(st.integers(0, 4)))
    ]
    return end.join(lines) + end + end + draw(raw_bodies)


class Speaker(socketserver.ThreadingTCPServer):
    """Says to everyone who calls what it was told to say, and closes the connection."""

    daemon_threads = allow_reuse_address = True
    said = b""

    def finish_request(self, request: Any, client_address: Any) -> None:
        with suppress(OSError):
            request.recv(65536)
            request.sendall(self.said)
            request.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with Speaker(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings_for(speaker: Speaker) -> DliSettings:
    return DliSettings(
        endpoint=f"http://127.0.0.1:{speaker.server_address[1]}",
        credential=CREDENTIALS["key"],
        project_id="p1",
        connect_timeout=5,
        read_timeout=0.3,
    )


@fuzzed(FEW)
@given(said=raw_answers() | st.binary(max_size=100))
def test_the_blocking_client_bears_any_bytes(speaker, said):
    forget_all()
    speaker.said = said
    with DliClient(settings_for(speaker), ONE_ATTEMPT) as client, suppress(errors.DliError):
        client.show_flink_job(JOB)


@fuzzed(FEW)
@given(said=raw_answers() | st.binary(max_size=100))
def test_the_client_for_event_loops_bears_any_bytes(speaker, said):
    forget_all()
    speaker.said = said

    async def show() -> None:
        async with aio.AsyncDliClient(settings_for(speaker), ONE_ATTEMPT) as client:
            with suppress(errors.DliError):
                await client.show_flink_job(JOB)

    asyncio.run(show())


@pytest.fixture(scope="module")
def emulator() -> Iterator[DliEmulator]:
    with DliEmulator(access_key="EMU", project_id="p") as emulator:
        emulator.add_job(JOB)
        emulator.gateway.tokens["good"] = IssuedToken(time.time() + 3600, "p")
        yield emulator


def say(emulator: DliEmulator, said: bytes, *, listening: bool = False) -> bytes:
    """Return what the emulator answers to some bytes.

    :param listening: True to wait for an answer, which must be the end of the conversation; False to let the
        emulator know that nothing follows, which it may take for a caller who is gone.
    """
    host, _, port = emulator.url.removeprefix("http://").rpartition(":")
    heard = b""
    with socket.create_connection((host, int(port)), timeout=30) as connection, suppress(ConnectionError):
        connection.sendall(said)
        if not listening:
            connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            heard += data
    return heard


paths = st.sampled_from(
    [
        *("/v1.0/p/streaming/jobs/104", "/v1.0/p/streaming/jobs", "/v3/projects", "/v3/auth/tokens"),
        *("/meta-data/latest/api/token", "/openstack/latest/securitykey", "/", "*", "//", "/%00", "/\xff"),
        *("/v1.0/p/streaming/jobs/run", "/v1.0/p/streaming/sql-jobs", "/v1.0/p/streaming/flink-jobs/104"),
        *("/v1.0/p/streaming/jobs/%2e%2e", "/v1.0/p/streaming/jobs/9%2f9", "http://[::1/", "http://x:y/"),
    ]
)
queries = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n "), max_size=30
) | st.sampled_from(
    ["", "?", "?limit=1&offset=%ff", "?limit=9999999999999999", "?order=asc&order=desc", "?name=%u0000&&==&"]
)
own_headers = st.sampled_from(
    [
        *("Authorization", "X-Sdk-Date", "X-Auth-Token", "X-Security-Token", "Host", "Content-Type"),
        *("X-Metadata-Token-Ttl-Seconds", "X-Metadata-Token", "Content-Length", "Transfer-Encoding"),
        *("X-Sdk-Content-Sha256", "Expect", "Upgrade"),
    ]
)
own_values = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40
) | st.sampled_from(
    [
        f"SDK-HMAC-SHA256 Access=EMU, SignedHeaders=host;x-sdk-date, Signature={'0' * 64}",
        f"SDK-HMAC-SHA256 Access=EMU, SignedHeaders=x-sdk-date, Signature={'f' * 64}",
        f"SDK-HMAC-SHA256 Access=EMU, SignedHeaders=;, Signature={'f' * 64}",
        *("20240102T030405Z", "chunked", "7", "application/json", "100-continue", "websocket", "-1", "²"),
    ]
)


@fuzzed(MANY)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "get", "\x00"]),
    path=paths,
    query=queries,
    headers=st.lists(st.tuples(own_headers, own_values), max_size=5),
    body=bodies,
    whole=st.booleans(),
)
def test_the_emulator_bears_any_request(emulator, caplog, method, path, query, headers, body, whole):
    lines = [f"{method} {path}{query} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if whole:
        lines.append(f"Content-Length: {len(body)}")
    check_answer(emulator, caplog, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


@fuzzed(MANY)
@given(said=st.binary(max_size=200))
def test_the_emulator_bears_any_bytes(emulator, caplog, said):
    check_answer(emulator, caplog, said)


@fuzzed(MANY)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=paths.filter(lambda path: path.startswith("/") and path.isascii()),
    query=st.lists(st.tuples(st.sampled_from(["limit", "offset", "root_job_id", "tags", "name"]), texts)),
    headers=st.dictionaries(
        own_headers.filter(lambda name: name.startswith(("X-", "A"))),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40) | st.just("good"),
    ),
    body=bodies,
)
def test_the_emulator_answers_any_request_that_is_well_formed(
    emulator, caplog, method, path, query, headers, body
):
    target = f"{path}?{urlencode(query, errors='replace')}"
    check_answered(emulator, caplog, f"{method} {target} HTTP/1.1", body, headers)


@fuzzed(FEW)
@given(content=answers | st.fixed_dictionaries({"auth": anything}))
def test_the_emulated_iam_answers_any_json(emulator, caplog, content):
    check_answered(emulator, caplog, "POST /v3/auth/tokens HTTP/1.1", json.dumps(content).encode())


@fuzzed(FEW)
@given(
    user=anything,
    scope=anything | st.dictionaries(st.sampled_from(["id", "name"]), anything, min_size=1),
    methods=anything,
)
def test_the_emulated_iam_answers_any_identity(emulator, caplog, user, scope, methods):
    password = {"user": {"name": "emulated-user", "password": emulator.iam.password, "domain": user}}
    identity = {"methods": methods, "password": password}
    body = json.dumps({"auth": {"identity": identity, "scope": {"project": scope}}}).encode()
    check_answered(emulator, caplog, "POST /v3/auth/tokens HTTP/1.1", body)


def check_answered(
    emulator: DliEmulator,
    caplog: pytest.LogCaptureFixture,
    request_line: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Let the emulator answer what is HTTP with a status that a caller can be to blame for."""
    own = {**(headers or {}), "Host": "x", "Connection": "close", "Content-Length": len(body)}
    head = "".join(f"{line}\r\n" for line in [request_line, *(f"{name}: {own[name]}" for name in own)])
    heard = check_answer(emulator, caplog, head.encode() + b"\r\n" + body, listening=True)
    assert re.match(rb"HTTP/1\.1 (20[01]|40[01345]) ", heard), heard


def check_answer(
    emulator: DliEmulator, caplog: pytest.LogCaptureFixture, said: bytes, *, listening: bool = False
) -> bytes:
    """Let the emulator refuse what is no HTTP, which aiohttp does and logs, fail at nothing, and live on."""
    caplog.clear()
    heard = say(emulator, said, listening=listening)
    emulator.add_job(JOB)  # which the request may have deleted
    assert not heard.startswith(b"HTTP/1.1 5")
    failures = [format_exception(*record.exc_info) for record in caplog.records if record.exc_info]
    assert [lines for lines in failures if "dli_provider/emulator" in "".join(lines)] == []
    after = say(emulator, GOOD_REQUEST, listening=True)
    assert after.startswith(b"HTTP/1.1 200 ")
    assert json.loads(after.partition(b"\r\n\r\n")[2])["job_detail"]["job_id"] == JOB
    return heard


GOOD_REQUEST = (
    f"GET /v1.0/p/streaming/jobs/{JOB} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: good\r\nConnection: close\r\n\r\n"
).encode()
