"""Faults that are answers: refusals, failures, pages of proxies, unexpected contents."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from dli_provider.emulator import validation
from dli_provider.emulator.faults.base import Fault, error
from dli_provider.emulator.http.messages import error_body


@dataclass(frozen=True)
class Throttle(Fault):
    """429 of the gateway.

    :param retry_after: seconds, or an HTTP date, for the header ``Retry-After``; None leaves it out.
    """

    retry_after: float | str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.retry_after, str):
            validation.header("retry_after", self.retry_after)
        elif self.retry_after is not None:
            validation.seconds("retry_after", self.retry_after)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that the threshold has been reached."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        text = "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute"
        return error(429, "APIG.0308", text, headers)


@dataclass
class RateLimit(Fault):
    """A gateway that limits the rate of requests. Inject it with ``times=None``.

    It uses this machine's clock, which ``DliEmulator.advance`` doesn't change.

    :param calls: how many requests it answers in the given time; it throttles the others.
    :param seconds: the time.
    :param retry_after: as for :class:`Throttle`.
    """

    calls: int
    seconds: float = 1.0
    retry_after: float | str | None = None
    _answered: deque[float] = field(default_factory=deque, init=False, repr=False)

    def __post_init__(self) -> None:
        validation.whole_number("calls", self.calls, 1)
        validation.seconds("seconds", self.seconds, minimum=0.001)
        self._refusal = Throttle(self.retry_after)

    async def answer(self, request: web.Request) -> web.StreamResponse | None:
        """Throttle, or let the real answer follow."""
        now = time.monotonic()
        while self._answered and self._answered[0] <= now - self.seconds:
            self._answered.popleft()
        if len(self._answered) >= self.calls:
            return await self._refusal.answer(request)
        self._answered.append(now)
        return None


@dataclass(frozen=True)
class ServerError(Fault):
    """A failure of the gateway or of its backend.

    :param status: HTTP status, from 400 to 599.
    :param code: the gateway's code.
    """

    status: int = 503
    code: str = "APIG.0202"

    def __post_init__(self) -> None:
        validation.whole_number("status", self.status, 400, 599)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that the backend isn't available."""
        return error(self.status, self.code, "Backend unavailable")


@dataclass(frozen=True)
class DliFailure(Fault):
    """DLI's own failure, which comes with HTTP 400."""

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that the server failed."""
        return error(400, "DLI.0999", "Server error.")


@dataclass(frozen=True)
class ArrayError(Fault):
    """An error body that is an array of objects."""

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Say that a queue is missing."""
        text = "No job-running queue selected. Please select a queue for your job."
        return web.json_response([error_body("DLI.13024", text)], status=400)


@dataclass(frozen=True)
class Answer(Fault):
    """Any answer, such as HTML from a proxy, an empty body or a redirect.

    :param status: HTTP status, from 200 to 599.
    :param body: the body.
    :param headers: pairs of a name and a value.
    """

    status: int = 200
    body: bytes | str = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)

    def __post_init__(self) -> None:
        validation.whole_number("status", self.status, 200, 599)
        if not isinstance(self.body, bytes | str):
            raise validation.invalid("body", "bytes or text", self.body)
        for name, value in dict(self.headers).items():
            validation.header(f"header {validation.header('the name of a header', name)}", value)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Send it."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return web.Response(status=self.status, body=body, headers=dict(self.headers))


@dataclass(frozen=True)
class ListPage(Fault):
    """A given page of ListFlinkJobs, whatever the request; ``ListPage(450)`` is an empty page of many jobs.

    :param total_count: how many jobs there are, according to the page; None leaves it out.
    :param jobs: the jobs of the page, as the list shows them; None for null.
    """

    total_count: int | None
    jobs: Sequence[Any] | None = ()

    def __post_init__(self) -> None:
        if self.total_count is not None:
            validation.whole_number("total_count", self.total_count, 0)

    async def answer(self, request: web.Request) -> web.StreamResponse:  # noqa: ARG002
        """Answer with the page."""
        page: dict[str, Any] = {} if self.total_count is None else {"total_count": self.total_count}
        page["jobs"] = None if self.jobs is None else list(self.jobs)
        return web.json_response({"is_success": "true", "message": "", "job_list": page})


@dataclass(frozen=True)
class Rewritten(Fault):
    """The real answer with another content.

    :param rewrite: takes the JSON of the answer, and returns what to send instead.
    """

    rewrite: Callable[[Any], Any]

    def __post_init__(self) -> None:
        if not callable(self.rewrite):
            raise validation.invalid("rewrite", "a function", self.rewrite)

    async def answer(self, request: web.Request) -> None:
        """Let the real answer follow."""

    def change(self, response: web.Response) -> web.Response:
        """Replace its content."""
        content = json.loads(response.body) if isinstance(response.body, bytes) else None
        return web.json_response(self.rewrite(content), status=response.status)


_HTML = (("Content-Type", "text/html"),)

PROXY_HTML = Answer(502, "<html><body><h1>502 Bad Gateway</h1><p>proxy.example.com</p></body></html>", _HTML)
PROXY_REFUSAL = Answer(
    401, "<html><body><h1>401 Unauthorized</h1><p>proxy.example.com</p></body></html>", _HTML
)
CAPTIVE_PORTAL = Answer(200, "<html><body><form>Please log in to this network</form></body></html>", _HTML)
NOT_SUCCESSFUL = Answer(200, json.dumps({"is_success": "false", "message": "The query failed."}))
EMPTY = Answer(200)
NOT_JSON = Answer(200, "OK", (("Content-Type", "text/plain"),))
_LOCKED = "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden."
KEY_LOCKED = Answer(401, json.dumps(error_body("APIG.0301", _LOCKED)))
REDIRECT = Answer(302, b"", (("Location", "http://127.0.0.1:9/elsewhere"),))
DEEP_JSON = Answer(200, b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
