"""Both drivers against a server that answers with raw bytes: what one makes of an answer, the other does too.

For reads and for writes: a write that failed was not sent, refused, or nobody knows.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hostile_answers import AIOHTTP_LIMITS_HEADERS
from new_process import forget_all

from dli_provider.api import errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.client import DliClient
from dli_provider.api.endpoints import Call
from dli_provider.api.errors import Outcome
from dli_provider.api.retry import ONE_ATTEMPT, RetryPolicy
from dli_provider.api.settings import DliSettings

pytestmark = pytest.mark.usefixtures("as_a_new_process")

READ: Call[Any] = Call(title="Read", path="/read", read=lambda content: content, idempotent=True)
WRITE: Call[Any] = Call(
    title="Write", path="/write", read=lambda content: content, method="POST", body={"name": "orders"}
)
CALLS = pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
NOT_SENT, REFUSED, UNKNOWN = Outcome.NOT_SENT, Outcome.REFUSED, Outcome.UNKNOWN
QUICK = RetryPolicy(base=0.001)

BODY = json.dumps({"is_success": "true", "job_detail": {"job_id": 104, "status": "job_running"}}).encode()
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: r-1\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n"
) % len(BODY)
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (
    BODY[:16],
    len(BODY) - 16,
    BODY[16:],
)


@dataclass(frozen=True)
class Answer:
    """What the server says on a connection, and how it ends it.

    :param content: the bytes.
    :param ending: ``close`` properly, ``reset``, or ``wait`` until the other side has had enough.
    """

    content: bytes
    ending: str = "close"


NOTHING = Answer(b"")


class RawServer:
    """Answers the first request of every connection with the bytes that it is told, once it is complete."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.answers: Iterator[Answer] = iter(())
        self.requests: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        if not (request := read_request(connection)):
            return
        self.requests.append(request)
        answer = next(self.answers, NOTHING)
        connection.sendall(answer.content)
        if answer.ending == "wait":
            connection.settimeout(5)
            connection.recv(1)
        if answer.ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_request(connection: socket.socket) -> bytes:
    """Return a request with its body; empty when the other side closed before it was complete."""
    request = b""
    while True:
        head, end, body = request.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if end and len(body) >= sum(int(line.partition(b":")[2]) for line in lengths):
            return request
        data = connection.recv(65536)
        if not data:
            return b""
        request += data


@pytest.fixture
def server() -> Iterator[RawServer]:
    server = RawServer()
    yield server
    server.close()


def settings(url: str, **fields: Any) -> DliSettings:
    own = {
        "endpoint": url,
        "credential": AkSkCredential("AK", "SK"),
        "project_id": "p1",
        "connect_timeout": 0.5,
        "read_timeout": 0.5,
    }
    return DliSettings(**{**own, **fields})


def blocking(call: Call[Any], settings: DliSettings, retry: RetryPolicy = ONE_ATTEMPT) -> Any:
    with DliClient(settings, retry) as client:
        return client.call(call)


def asynchronous(call: Call[Any], settings: DliSettings, retry: RetryPolicy = ONE_ATTEMPT) -> Any:
    async def make() -> Any:
        async with AsyncDliClient(settings, retry) as client:
            return await client.call(call)

    return asyncio.run(make())


Driver = Callable[..., Any]
DRIVERS: tuple[Driver, ...] = (blocking, asynchronous)
EACH_DRIVER = pytest.mark.parametrize("driver", DRIVERS, ids=["sync", "async"])


def class_of_outcome(driver: Driver, call: Call[Any], settings: DliSettings) -> str:
    """Return ``ok``, or whether the failure may pass and what became of the call."""
    forget_all()
    try:
        driver(call, settings)
    except errors.DliOutcomeUnknownError:
        return "unknown"
    except errors.DliError as error:
        return f"{'passes' if error.transient else 'lasts'}, {error.outcome}"
    return "ok"


def differences(server: RawServer, call: Call[Any], answers: Mapping[Any, Answer]) -> dict[Any, list[str]]:
    """Return what the drivers make of answers, where they don't agree."""
    found = {name: outcomes(server, call, answer) for name, answer in answers.items()}
    return {name: both for name, both in found.items() if len(set(both)) > 1}


def outcomes(server: RawServer, call: Call[Any], answer: Answer) -> list[str]:
    server.answers = itertools.repeat(answer)  # aiohttp itself makes some reads twice
    timeouts = {} if answer.ending == "wait" else {"connect_timeout": 30.0, "read_timeout": 30.0}
    return [class_of_outcome(driver, call, settings(server.url, **timeouts)) for driver in DRIVERS]


def cuts(answer: bytes, ending: str = "close", step: int = 1) -> Iterable[tuple[int, Answer]]:
    return [(length, Answer(answer[:length], ending)) for length in range(0, len(answer), step)]


@CALLS
@pytest.mark.parametrize(
    ("whole", "ending", "step"),
    [(HEAD + BODY, "close", 1), (IN_CHUNKS, "close", 1), (HEAD + BODY, "reset", 7), (IN_CHUNKS, "reset", 7)],
    ids=["closed", "closed in chunks", "reset", "reset in chunks"],
)
def test_an_answer_that_is_cut_anywhere_is_none(server, call, whole, ending, step):
    expected = "passes, None" if call is READ else "unknown"
    for length, answer in cuts(whole, ending, step):
        assert outcomes(server, call, answer) == [expected] * 2, f"cut after {whole[:length]!r}"
    if ending == "close":
        assert outcomes(server, call, Answer(whole)) == ["ok"] * 2


@CALLS
@pytest.mark.parametrize("status", [100, 102, 103, 150, 199])
def test_answers_before_the_answer_are_skipped(server, call, status):
    early = b"HTTP/1.1 %d Early\r\nLink: </x>\r\n\r\n" % status
    for times in (1, 3):
        assert outcomes(server, call, Answer(early * times + HEAD + BODY)) == ["ok"] * 2
    failed = "passes, None" if call is READ else "unknown"
    for length in range(1, len(early) + 1):
        assert outcomes(server, call, Answer(early[:length])) == [failed] * 2


def headers(*lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", b""])


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = IN_CHUNKS.partition(b"\r\n\r\n")[2]
ODD: dict[str, bytes] = {
    "101": headers(b"Upgrade: x", b"Connection: upgrade", status=b"101 Switching Protocols"),
    "204": headers(status=b"204 No Content"),
    "205": headers(b"Content-Length: 0", status=b"205 Reset Content"),
    "304": headers(status=b"304 Not Modified"),
    "600": headers(LENGTH, status=b"600 X") + BODY,
    "999": headers(LENGTH, status=b"999 X") + BODY,
    "1000": headers(LENGTH, status=b"1000 X") + BODY,
    "no reason": headers(LENGTH, status=b"200") + BODY,
    "HTTP/0.9": BODY,
    "HTTP/1.0 without a length": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "HTTP/2": (HEAD + BODY).replace(b"HTTP/1.1", b"HTTP/2"),
    "without a length": headers() + BODY,
    "line feeds alone": (HEAD + BODY).replace(b"\r\n", b"\n"),
    "a header without a colon": headers(b"no colon", LENGTH) + BODY,
    "a header without a name": headers(b": no name", LENGTH) + BODY,
    "a header with a blank before its colon": headers(b"X : a", LENGTH) + BODY,
    "a header with NUL": headers(b"X: a\0b", LENGTH) + BODY,
    "a header that isn't ASCII": headers(b"X: \xff\xfe", LENGTH, status=b"200 \xff\xfe") + BODY,
    "a header in two lines": headers(b"X: a", b" b", LENGTH) + BODY,
    "a header of 60,000 bytes": headers(b"X: " + b"y" * 60_000, LENGTH) + BODY,
    "a header of 70,000 bytes": headers(b"X: " + b"y" * 70_000, LENGTH) + BODY,
    "300 headers": headers(*[b"X: y"] * 300, LENGTH) + BODY,
    "a length of letters": headers(b"Content-Length: ten") + BODY,
    "a negative length": headers(b"Content-Length: -5") + BODY,
    "a length with a sign": headers(b"Content-Length: +5") + BODY,
    "the same length twice": headers(LENGTH, LENGTH) + BODY,
    "two lengths": headers(b"Content-Length: 5", LENGTH) + BODY,
    "a length that is too short": headers(b"Content-Length: 5") + BODY,
    "a length beside chunks": headers(b"Content-Length: 5", CHUNKED) + CHUNKS,
    "a length beside a transfer encoding": headers(b"Transfer-Encoding: identity", LENGTH) + BODY,
    "chunks, in capitals": headers(b"Transfer-Encoding: CHUNKED") + CHUNKS,
    "compressed chunks": headers(b"Transfer-Encoding: gzip, chunked") + CHUNKS,
    "a compressed body": headers(b"Content-Encoding: gzip", LENGTH) + BODY,
    "a chunk with an extension": headers(CHUNKED) + CHUNKS.replace(b"10\r\n", b"10;a=b\r\n", 1),
    "a trailer": headers(CHUNKED) + CHUNKS[:-2] + b"X: y\r\n\r\n",
    **{
        f"a chunk of size {size.decode()!r}": headers(CHUNKED) + CHUNKS.replace(b"10\r\n", size + b"\r\n", 1)
        for size in (b"zz", b"-1", b"9", b"11", b"0x10", b"1_0", b" 10", b"+10", b"", b"FFFFFFFFFFFFFFFFFFFF")
    },
    "TLS": b"\x16\x03\x01\x02\x00\x01" * 10,
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
}


if not AIOHTTP_LIMITS_HEADERS:  # such an aiohttp takes both of these
    del ODD["300 headers"], ODD["a header with NUL"]


@CALLS
def test_odd_answers_are_taken_alike(server, call):
    assert differences(server, call, {name: Answer(content) for name, content in ODD.items()}) == {}


def plain(status: int, content: bytes, *more: bytes) -> Answer:
    length = b"Content-Length: %d" % len(content)
    return Answer(headers(length, b"Location: /x", *more, status=b"%d X" % status) + content)


def closing(content: bytes) -> Answer:
    """Return an answer after which no client uses the connection again, as the server closes it."""
    return plain(200, content, b"Connection: close")


@CALLS
@pytest.mark.parametrize(
    "content",
    [
        b"<html><body>no way</body></html>",
        b'{"error_code": "DLI.0001", "error_msg": "m"}',
        b'{"error_code": "APIG.0301", "error_msg": "m"}',
        b'{"is_success": "false", "message": "m"}',
    ],
    ids=["HTML", "DLI", "gateway", "no success"],
)
def test_errors_of_every_status_are_taken_alike(server, call, content):
    statuses = (200, 201, 202, 300, 302, 307, 400, 401, 403, 404, 407, 408, 409, 429, 500, 502, 503, 504)
    assert differences(server, call, {status: plain(status, content) for status in statuses}) == {}


@CALLS
@pytest.mark.parametrize("content", [b"", HEAD, HEAD + BODY[:20], b"HTTP/1.1 2"])
def test_a_server_that_falls_silent_is_taken_alike(server, call, content):
    expected = "passes, None" if call is READ else "unknown"
    assert outcomes(server, call, Answer(content, "wait")) == [expected] * 2


@EACH_DRIVER
class TestAWriteThatWasNotSent:
    @pytest.fixture
    def fails_unsent(self, driver) -> Callable[..., errors.DliError]:
        def fails(settings: DliSettings) -> errors.DliError:
            with pytest.raises(errors.DliError) as caught:
                driver(WRITE, settings)
            assert caught.value.outcome is NOT_SENT
            return caught.value

        return fails

    def test_because_nobody_listens(self, fails_unsent):
        assert "connection refused" in str(fails_unsent(settings("http://127.0.0.1:9")))

    def test_because_the_host_is_unknown(self, fails_unsent):
        assert "can't be resolved" in str(fails_unsent(settings("https://dli.nowhere.invalid")))

    def test_because_the_server_speaks_no_tls(self, fails_unsent, server):
        server.answers = iter([Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")])
        fails_unsent(settings(server.url.replace("http:", "https:")))

    def test_because_the_server_does_not_finish_the_handshake(self, fails_unsent):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            fails_unsent(settings(f"https://127.0.0.1:{silent.getsockname()[1]}"))

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_because_the_proxy_is_down(self, fails_unsent, scheme):
        own = settings(f"{scheme}://dli.example.com", proxies={"all": "http://127.0.0.1:9"})
        assert "through the proxy 127.0.0.1:9: connection refused" in str(fails_unsent(own))

    @pytest.mark.parametrize("status", [403, 407, 502])
    def test_because_the_proxy_makes_no_tunnel(self, fails_unsent, server, status):
        server.answers = iter([plain(status, b"no")])
        fails_unsent(settings("https://dli.example.com", proxies={"all": server.url}))

    def test_because_the_proxy_wants_a_login(self, fails_unsent, server):
        server.answers = iter([plain(407, b"no")])
        error = fails_unsent(settings("http://dli.example.com", proxies={"all": server.url}))
        assert "the proxy refused the login" in str(error)

    def test_because_the_proxy_is_no_url(self, fails_unsent):
        own = settings("https://dli.example.com", proxies={"all": "socks5://x"})
        assert isinstance(fails_unsent(own), errors.DliSettingsError)

    def test_because_iam_gave_no_token(self, fails_unsent, server):
        user = PasswordCredential("u", "p", "d", server.url, project_id="p1")
        fails_unsent(settings("http://127.0.0.1:9", credential=user))

    def test_because_iam_did_not_tell_the_project(self, fails_unsent, server):
        server.answers = iter([Answer(HEAD + BODY[:20])])
        fails_unsent(settings("http://127.0.0.1:9", project_id=None, region="r", iam_endpoint=server.url))


@EACH_DRIVER
class TestAWrite:
    def test_is_sent_as_it_was_signed(self, driver, server):
        server.answers = iter([Answer(HEAD + BODY)])
        assert driver(WRITE, settings(server.url, language="en-us"))["is_success"] == "true"
        (request,) = server.requests
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /v1.0/p1/write HTTP/1.1\r\n")
        assert json.loads(body) == {"name": "orders"}
        lines = {line.lower() for line in head.split(b"\r\n")}
        assert {b"content-type: application/json", b"x-language: en-us", b"x-project-id: p1"} <= lines
        assert any(line.startswith(b"user-agent: airflow-provider-huaweicloud-dli/") for line in lines)

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
    @pytest.mark.parametrize("ending", ["close", "reset"])
    def test_is_not_made_again_when_its_answer_is_lost(self, driver, server, method, ending):
        server.answers = iter([Answer(b"", ending), Answer(HEAD + BODY)])
        with pytest.raises(errors.DliOutcomeUnknownError):
            driver(replace(WRITE, method=method), settings(server.url), QUICK)
        assert len(server.requests) == 1

    def test_is_made_again_when_it_was_throttled(self, driver, server):
        throttled = plain(429, b'{"error_code": "APIG.0308", "error_msg": "m"}')
        server.answers = iter([throttled, throttled, Answer(HEAD + BODY)])
        assert driver(WRITE, settings(server.url), QUICK)
        assert len(server.requests) == 3

    def test_is_refused_by_an_answer_with_a_code(self, driver, server):
        server.answers = iter([plain(400, b'[{"error_code": "DLI.13024", "error_msg": "m"}]')])
        with pytest.raises(errors.DliBadRequestError) as caught:
            driver(WRITE, settings(server.url), QUICK)
        assert caught.value.outcome is REFUSED
        assert len(server.requests) == 1


def test_a_write_gets_a_connection_of_its_own_though_one_is_kept(server):
    """A connection that the server closes at the same moment would make the outcome unknown for nothing."""
    server.answers = iter([Answer(HEAD + BODY, "close")] * 6)
    with DliClient(settings(server.url), ONE_ATTEMPT) as client:
        for call in (READ, WRITE, WRITE):
            client.call(call)

    async def make() -> None:
        async with AsyncDliClient(settings(server.url), ONE_ATTEMPT) as client:
            for call in (READ, WRITE, WRITE):
                await client.call(call)

    asyncio.run(make())
    assert server.connections == 6


def page(total: int, *job_ids: int) -> Answer:
    jobs = [{"job_id": job_id, "status": "job_running"} for job_id in job_ids]
    return closing(json.dumps({"job_list": {"total_count": total, "jobs": jobs}}).encode())


FIRST, SECOND = page(150, *range(100)), page(150, *range(100, 150))
ODD_PAGES = {
    "empty": page(150),
    "null": closing(b'{"job_list": {"total_count": 150, "jobs": null}}'),
    "the first again": FIRST,
    "a total of nothing": page(0),
    "no list": closing(b'{"is_success": "true"}'),
    "a total of letters": closing(b'{"job_list": {"total_count": "many", "jobs": []}}'),
    "a negative total": closing(b'{"job_list": {"total_count": -1, "jobs": []}}'),
}


@EACH_DRIVER
@pytest.mark.parametrize("name", ODD_PAGES)
class TestASecondPageThatContradictsTheList:
    @staticmethod
    def read(driver: Driver, settings: DliSettings) -> list[int | None]:
        if driver is blocking:
            with DliClient(settings, QUICK) as client:
                return [job.job_id for job in client.list_flink_jobs()]

        async def read() -> list[int | None]:
            async with AsyncDliClient(settings, QUICK) as client:
                return [job.job_id async for job in client.list_flink_jobs()]

        return asyncio.run(read())

    def test_is_read_again(self, driver, server, name):
        server.answers = iter([FIRST, ODD_PAGES[name], SECOND])
        assert self.read(driver, settings(server.url)) == [*range(150)]

    def test_that_stays_so_is_an_error(self, driver, server, name):
        server.answers = itertools.chain([FIRST], itertools.repeat(ODD_PAGES[name]))
        with pytest.raises(errors.DliProtocolError) as caught:
            self.read(driver, settings(server.url))
        assert caught.value.transient
