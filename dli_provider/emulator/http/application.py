"""Answers a request: route, fault, gateway, service, record."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from dli_provider.emulator.http.fault_queue import FaultQueue
from dli_provider.emulator.http.messages import RefusalError, Reply, Request
from dli_provider.emulator.http.routes import Access, ReceivedRequest, Route, Router
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.services.gateway import Gateway

_REQUESTS_KEPT = 100_000


class Application:
    """Answers requests.

    :param router: the operations.
    :param faults: the faults that are injected.
    :param gateway: verifies who is calling.
    :param project_id: the only project.
    :param clock: the emulated time.
    :param console: the pages for people, whose requests are not recorded and never fail.
    """

    def __init__(
        self,
        router: Router,
        faults: FaultQueue,
        gateway: Gateway,
        project_id: str,
        clock: Clock,
        console: Router,
    ) -> None:
        self._router = router
        self._faults = faults
        self._gateway = gateway
        self._project_id = project_id
        self._clock = clock
        self._console = console
        self.requests: deque[ReceivedRequest] = deque(maxlen=_REQUESTS_KEPT)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, and keep a record of it."""
        page, parameters = self._console.match(request.method, request.path)
        if page is not None:
            return await self._answer(request, page, parameters, "")
        route, parameters = self._router.match(request.method, request.path)
        operation = route.operation if route else "unknown"
        request_id = secrets.token_hex(16)
        status, at = 0, time.time()
        try:
            answer = partial(self._answer, request, route, parameters, request_id)
            response = await self._respond(request, operation, answer)
            if response.prepared or not _is_gone(request):
                status = response.status
            if not response.prepared:
                response.headers["X-Request-Id"] = request_id
                response.headers["Date"] = _http_date(self._clock.server_time())
            return response
        finally:
            self.requests.append(
                ReceivedRequest(operation, request.method, request.path, dict(request.query), status, at)
            )

    async def _respond(
        self, request: web.BaseRequest, operation: str, answer: Callable[[], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        """Answer as usual, or as the fault that affects this request has it."""
        met = self._faults.next_for(operation)
        if met is None:
            return await answer()
        done = await answer() if met.when == "after" else None
        if (shown := await met.fault.answer(request)) is not None:  # type: ignore[arg-type]
            return shown
        return met.fault.change(await answer() if done is None else done)

    async def _answer(
        self, request: web.BaseRequest, route: Route | None, parameters: dict[str, str], request_id: str
    ) -> web.Response:
        try:
            seen = Request(
                request.method,
                request.raw_path,
                dict(request.query),
                request.headers,
                await _body(request),
                parameters,
                request_id,
            )
            return _response(self._reply(route, seen))
        except RefusalError as refusal:
            return _response(refusal.reply(request_id))

    def _reply(self, route: Route | None, request: Request) -> Reply:
        if route is None:
            message = "The API does not exist or has not been published in the environment"
            raise RefusalError(404, "APIG.0101", message)
        if route.access is not Access.OPEN:
            project_id = request.path_parameters.get("project_id")
            self._gateway.verify(request, project_id)
            if route.access is Access.PROJECT and project_id != self._project_id:
                message = "The IAM user is not allowed to access the project"
                raise RefusalError(403, "APIG.0302", message)
        return route.handler(request)


async def _body(request: web.BaseRequest) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(413, "APIG.0201", "The request body is too large.") from None


def _response(reply: Reply) -> web.Response:
    if isinstance(reply.content, str):
        return web.Response(text=reply.content, status=reply.status, headers=reply.headers)
    return web.json_response(reply.content, status=reply.status, headers=reply.headers)


def _is_gone(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


def _http_date(epoch: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(epoch))
