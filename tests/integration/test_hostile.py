"""Servers that mean harm: an answer without measure or end costs a bounded amount of memory and time."""

from __future__ import annotations

import asyncio
import gzip
import socketserver
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hostile_answers import AIOHTTP_LIMITS_HEADERS
from new_process import forget_all

from dli_provider.api import errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.client import DliClient
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.api.transport import MAX_BODY

pytestmark = pytest.mark.usefixtures("as_a_new_process")

MIB = 2**20
JOB = 104
SILENCE = threading.Event()
"""Never set: what a server waits for that says nothing more."""


class Server(socketserver.ThreadingTCPServer):
    """Answers the first request of every connection as it is told, and then closes the connection.

    Each connection's request is kept, up to the end of its headers.
    """

    daemon_threads = allow_reuse_address = True

    def __init__(self, respond: Callable[[Any], None]) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.respond = respond
        self.requests: list[bytes] = []
        self.arrived = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        head = b""
        with suppress(OSError):
            while b"\r\n\r\n" not in head and not head.startswith(b"\x16"):  # what TLS begins with
                data = request.recv(65536)
                if not data:
                    return
                head += data
            self.requests.append(head)
            self.arrived.set()
            self.respond(request)


@contextmanager
def serving(respond: Callable[[Any], None]) -> Iterator[Server]:
    with Server(respond) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def says(*parts: bytes, pause: float = 0.0) -> Callable[[Any], None]:
    def respond(connection: Any) -> None:
        for part in parts:
            connection.sendall(part)
            SILENCE.wait(pause)

    return respond


def goes_on(head: bytes, part: bytes, pause: float = 0.0) -> Callable[[Any], None]:
    """Say the same for ever, or until the other side has had enough."""

    def respond(connection: Any) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(part)
            SILENCE.wait(pause)

    return respond


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture(params=["sync", "async"])
def fail(request) -> Callable[..., errors.DliError]:
    """Read a job from a server, and return the error that this ends in."""

    def fail(url: str, **fields: Any) -> errors.DliError:
        own = {"endpoint": url, "credential": AkSkCredential("AK", "SK"), "project_id": "p1"}
        settings = DliSettings(**{**own, **fields})

        async def read_async() -> None:
            async with AsyncDliClient(settings, ONE_ATTEMPT) as client:
                await client.show_flink_job(JOB)

        def read() -> None:
            with DliClient(settings, ONE_ATTEMPT) as client:
                client.show_flink_job(JOB)

        with pytest.raises(errors.DliError) as caught:
            read() if request.param == "sync" else asyncio.run(read_async())
        return caught.value

    return fail


@pytest.fixture
def most_memory() -> Iterator[Callable[[], float]]:
    """Say how many MiB were in use at the most since the test began."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    yield lambda: (tracemalloc.get_traced_memory()[1] - before) / MIB
    tracemalloc.stop()


CHUNK = b"100000\r\n" + b" " * MIB + b"\r\n"
STATUSES = ["200 OK", "302 Found", "503 Service Unavailable"]
IMPATIENT = {"connect_timeout": 0.2, "read_timeout": 0.2}


class TestAnAnswerWithoutMeasure:
    """A gigabyte and more: it is read up to the limit of 16 MiB, and not beyond."""

    @pytest.mark.parametrize("status", STATUSES)
    def test_in_chunks(self, fail, most_memory, status):
        head = f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\nLocation: http://127.0.0.1:9/\r\n\r\n"
        with serving(goes_on(head.encode(), CHUNK)) as server:
            error = fail(server.url, read_timeout=60)
        assert type(error) is errors.DliProtocolError
        assert "The answer is larger than 16 MiB" in str(error)
        assert most_memory() < 4 * MAX_BODY / MIB

    @pytest.mark.parametrize("length", ["", "Content-Length: 1000000000000\r\n"], ids=["unknown", "known"])
    def test_of_a_length(self, fail, most_memory, length):
        head = f"HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n".encode()
        with serving(goes_on(head, b" " * MIB)) as server:
            error = fail(server.url, read_timeout=60)
        assert "The answer is larger than 16 MiB" in str(error)
        assert most_memory() < 4 * MAX_BODY / MIB

    def test_in_one_header(self, fail, most_memory):
        with serving(goes_on(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 65536)) as server:
            assert type(fail(server.url, read_timeout=60)) is errors.DliConnectionError
        assert most_memory() < 8

    def test_in_many_headers(self, request, fail, most_memory):
        if request.node.callspec.params["fail"] == "async" and not AIOHTTP_LIMITS_HEADERS:
            pytest.skip("this aiohttp sets no limit to the number of headers")
        with serving(goes_on(b"HTTP/1.1 200 OK\r\n", b"X-Many: x\r\n" * 100)) as server:
            assert type(fail(server.url)) is errors.DliConnectionError
        assert most_memory() < 24

    def test_in_many_answers_before_the_answer(self, fail, most_memory):
        with serving(goes_on(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)) as server:
            assert type(fail(server.url, **IMPATIENT)) is errors.DliConnectionError
        assert most_memory() < 24


class TestABomb:
    """A gigabyte of blanks in a megabyte: it is not unpacked."""

    PACKED = gzip.compress(b" " * (16 * MIB)) * 64

    @pytest.mark.parametrize(
        ("status", "encoding"),
        [*((status, "gzip") for status in STATUSES), ("200 OK", "deflate"), ("200 OK", "gzip, gzip")],
    )
    def test_is_not_unpacked(self, fail, most_memory, status, encoding):
        packed = answer(self.PACKED, status, f"Content-Encoding: {encoding}", "Location: /x")
        with serving(says(packed)) as server:
            error = fail(server.url, read_timeout=60)
        assert type(error) is errors.DliProtocolError
        assert f"The answer is compressed ({encoding!r})" in str(error)
        assert most_memory() < 8

    def test_is_not_asked_for(self, fail):
        with serving(says(answer(b""))) as server:
            fail(server.url)
        assert b"accept-encoding: identity" in server.requests[0].lower()


class TestNesting:
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"error_code":"X","error_msg":'])
    def test_without_end_is_no_answer(self, fail, most_memory, status, opening):
        with serving(says(answer(opening * 300_000, status))) as server:
            assert isinstance(fail(server.url, read_timeout=60), errors.DliError)
        assert most_memory() < 64

    def test_of_a_field_hides_no_other_field(self):
        body = b'{"job_detail": {"status": "job_running", "tags": ' + b"[" * 900 + b"]" * 900 + b"}}"
        own = {"credential": AkSkCredential("AK", "SK"), "project_id": "p1"}
        with (
            serving(says(answer(body))) as server,
            DliClient(DliSettings(endpoint=server.url, **own), ONE_ATTEMPT) as client,
        ):
            job = client.show_flink_job(JOB)
        assert job.to_dict() == {"status": "job_running", "tags": "(list nested more than 32 levels deep)"}


class TestAnAnswerWithoutEnd:
    """A byte, a pause, a byte: each pause is shorter than the time that the whole answer has."""

    @pytest.mark.parametrize(
        ("head", "part"),
        [
            (b"", b"H"),
            (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
            (b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
            (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" "),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
            (b"HTTP/1.1 503 No\r\nContent-Length: 100000\r\n\r\n", b" "),
            (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 100000\r\n\r\n", b" "),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ],
        ids=[
            *(
                "status line",
                "header",
                "headers",
                "body of a length",
                "body without a length",
                "chunk length",
            ),
            *("chunks", "error", "redirect", "continuations"),
        ],
    )
    def test_ends(self, fail, head, part):
        with serving(goes_on(head, part, pause=0.05)) as server:
            error = fail(server.url, **IMPATIENT)
        assert type(error) is errors.DliConnectionError
        assert error.transient

    def test_that_never_begins_ends(self, fail):
        with serving(says(b"", pause=30)) as server:
            assert type(fail(server.url, **IMPATIENT)) is errors.DliConnectionError

    def test_of_tls_ends(self, fail):
        with serving(says(b"", pause=30)) as server:
            error = fail(server.url.replace("http", "https"), **IMPATIENT)
        assert type(error) is errors.DliConnectionError

    def test_of_a_proxy_ends(self, fail):
        with serving(goes_on(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", pause=0.05)) as proxy:
            error = fail("https://dli.example.com", proxies={"https": proxy.url}, **IMPATIENT)
        assert type(error) is errors.DliConnectionError

    @pytest.mark.parametrize("auth", ["password", "agency"])
    def test_of_iam_and_the_metadata_service_ends(self, fail, auth, monkeypatch):
        monkeypatch.setattr("dli_provider.api.blocking.LINK_LOCAL_TIMEOUT", 0.2)
        monkeypatch.setattr("dli_provider.api.aio.LINK_LOCAL_TIMEOUT", 0.2)
        with serving(goes_on(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ", pause=0.05)) as server:
            credential: Any = AgencyCredential(server.url)
            if auth == "password":
                credential = PasswordCredential("u", "p", "d", server.url, project_id="p1")
            error = fail(server.url, credential=credential, **IMPATIENT)
        assert type(error) is errors.DliConnectionError


class TestAnAnswerThatIsCutOff:
    JSON = b'{"is_success": "true", "job_detail": {"job_id": 104, "status": "job_running"}}'

    @pytest.mark.parametrize(
        "sent",
        [
            *(b"", b"HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Length: 10"),
            *(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", answer(JSON)[:-1]),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e\r\n" + JSON,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e\r\n" + JSON[:20],
            b"HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\nbusy",
        ],
    )
    def test_is_no_answer_and_may_be_asked_for_again(self, fail, sent):
        with serving(says(sent)) as server:
            error = fail(server.url)
        assert type(error) is errors.DliConnectionError
        assert error.transient


class TestNotHttp:
    @pytest.mark.parametrize(
        "sent",
        [
            *(b"SSH-2.0-OpenSSH_9.6\r\n", b"\x16\x03\x01\x02\x00\x01" * 10, b"\0" * 1000, b"\r\n" * 1000),
            *(b"HTTP/9.9 200 OK\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 99999 OK\r\n\r\n"),
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\n: no name\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 \xff\xfe\r\nX: \xff\x00\xfe\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n\r\n",
        ],
    )
    def test_is_told_as_an_error_of_the_project(self, fail, sent):
        with serving(says(sent)) as server:
            assert isinstance(fail(server.url), errors.DliError)

    def test_in_tls_either(self, fail):
        with serving(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
            error = fail(server.url.replace("http", "https"))
        assert type(error) is errors.DliConnectionError


def elsewhere(status: str, url: str) -> bytes:
    return answer(b"", f"{status} Elsewhere", f"Location: {url}/v1.0/p1/streaming/jobs/104")


class TestARedirect:
    """To another server, which must not hear of it."""

    @pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
    def test_takes_no_signature_along(self, fail, status):
        with serving(says(answer(b""))) as other, serving(says(elsewhere(status, other.url))) as server:
            assert type(fail(server.url)) is errors.DliProtocolError
        assert (len(server.requests), other.requests) == (1, [])

    @pytest.mark.parametrize("status", ["302", "307"])
    def test_takes_no_password_along(self, fail, status):
        with serving(says(answer(b""))) as other, serving(says(elsewhere(status, other.url))) as server:
            user = PasswordCredential("user", "p4ssw0rd", "account", server.url, project_id="p1")
            assert type(fail(server.url, credential=user)) is errors.DliProtocolError
        assert (len(server.requests), other.requests) == (1, [])

    @pytest.mark.parametrize("status", ["302", "307"])
    def test_takes_no_token_along(self, fail, status):
        token = b'{"token": {"expires_at": "2999-01-01T00:00:00Z"}}'
        issued = answer(token, "201 Created", "X-Subject-Token: t0ken", "Connection: close")
        with (
            serving(says(answer(b""))) as other,
            serving(says(issued)) as iam,
            serving(says(elsewhere(status, other.url))) as server,
        ):
            user = PasswordCredential("user", "p4ssw0rd", "account", iam.url, project_id="p1")
            assert type(fail(server.url, credential=user)) is errors.DliProtocolError
        assert b"x-auth-token: t0ken" in server.requests[0].lower()
        assert other.requests == []


def test_what_a_redirect_leaves_behind_is_not_sent_again(fail):
    """A cookie of one answer is not in the next request."""
    with serving(says(answer(b"{}", "200 OK", "Set-Cookie: a=b; Path=/", "Connection: close"))) as server:
        for _ in range(2):
            fail(server.url)
            forget_all()
    assert not any(b"cookie" in head.lower() for head in server.requests)


def test_one_slow_server_keeps_nobody_from_another(fail):
    """A conversation that is cut short by its driver lets others try the same key."""
    with serving(says(b"", pause=30)) as slow, serving(says(answer(b"{}"))) as quick:
        assert type(fail(slow.url, **IMPATIENT)) is errors.DliConnectionError
        assert type(fail(quick.url)) is errors.DliProtocolError


async def test_an_event_loop_runs_on_while_a_server_holds_a_call():
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    with serving(goes_on(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b" ", pause=0.1)) as server:
        settings = DliSettings(
            endpoint=server.url,
            credential=AkSkCredential("AK", "SK"),
            project_id="p1",
            **IMPATIENT,
        )
        ticking = asyncio.create_task(tick())
        async with AsyncDliClient(settings, ONE_ATTEMPT) as client:
            with pytest.raises(errors.DliConnectionError):
                await client.show_flink_job(JOB)
        ticking.cancel()
    assert ticks > 5


async def test_a_call_that_is_given_up_lets_the_next_one_go():
    """A task that is cancelled while the key is being tried must not hold it for ever."""
    with serving(says(b"", pause=30)) as slow, serving(says(answer(b"{}"))) as quick:
        own = {"credential": AkSkCredential("AK", "SK"), "project_id": "p1"}
        async with (
            AsyncDliClient(DliSettings(endpoint=slow.url, **own), ONE_ATTEMPT) as first,
            AsyncDliClient(DliSettings(endpoint=quick.url, **own), ONE_ATTEMPT) as second,
        ):
            call = asyncio.create_task(first.show_flink_job(JOB))
            assert await asyncio.to_thread(slow.arrived.wait, 30)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            with pytest.raises(errors.DliProtocolError):
                await second.show_flink_job(JOB)
