"""The emulated DLI as an HTTP server in a thread of its own."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections import deque
from datetime import timedelta
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from dli_provider.emulator.dli import DliService, error
from dli_provider.emulator.faults import Fault
from dli_provider.emulator.gateway import AccessKey, Gateway, RefusedError
from dli_provider.emulator.identity import Iam, Metadata
from dli_provider.emulator.jobs import DEFAULT_LIFECYCLE, EmulatedJob, JobStore, Lifecycle
from dli_provider.emulator.routes import ROUTES, ReceivedRequest, route

_REMEMBERED = 100_000
_SHUTDOWN = 0.2
"""Seconds that a slow answer may take to end when the emulator stops."""


class DliEmulator:
    """A DLI on this machine, with IAM and the metadata service of an ECS server: a context manager.

    It verifies signatures and tokens as the real gateway does, moves its jobs through their lives, and shows
    faults on demand. Keys, passwords and ids are made up anew for every emulator unless they are given.

    :param host: address to listen on; a loopback address unless ``allow_remote`` is set.
    :param port: port to listen on; 0 takes a free one.
    :param region: name of the region, and of its main project.
    :param project_id: the project's id.
    :param access_key: the AK that is accepted.
    :param secret_key: its SK.
    :param allow_remote: True to listen on an address that other machines reach.
    :param boolean_success: True to answer ``is_success`` as a Boolean, not as text.
    :raises ValueError: for a host that is no loopback address, without ``allow_remote``; for a port that is
        none.
    :raises OSError: when the port is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        region: str = "cn-north-4",
        project_id: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        allow_remote: bool = False,
        boolean_success: bool = False,
    ) -> None:
        if not allow_remote and host != "localhost" and not ip_address(host).is_loopback:
            raise ValueError(
                f"{host} can be reached from other machines: allow_remote must be set to listen there"
            )
        if not 0 <= port <= 65535:
            raise ValueError(f"port must lie between 0 and 65535, and not be {port}")
        self.region = region
        self.project_id = project_id or secrets.token_hex(16)
        self.access_key = access_key or "EMU" + secrets.token_hex(8).upper()
        self.secret_key = secret_key or secrets.token_urlsafe(30)
        self.clock_offset = timedelta()
        self._requests: deque[ReceivedRequest] = deque(maxlen=_REMEMBERED)
        self.gateway = Gateway(self._now)
        self.gateway.keys[self.access_key] = AccessKey(self.secret_key)
        self.iam = Iam(self.gateway, self._now, [(region, self.project_id)])
        self.metadata = Metadata(self.gateway, self._now)
        self.jobs = JobStore(
            {"user_id": secrets.token_hex(16), "queue_name": "emulated", "project_id": self.project_id}
        )
        self._service = DliService(self.jobs, boolean_success=boolean_success)
        self._faults: list[list[Any]] = []
        self._address = (host, port)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.ServerRunner | None = None
        self._listening: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Scheme, host and port: the endpoint of DLI, of IAM and of the metadata service."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that have arrived so far, the last 100,000 at the most."""
        return list(self._requests)

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection to it, as Airflow reads one in JSON."""
        extra = {"region": self.region, "project_id": self.project_id, "iam_endpoint": self.url}
        return {
            "conn_type": "huaweicloud_dli",
            "login": self.access_key,
            "password": self.secret_key,
            "host": self.url,
            "extra": extra,
        }

    @property
    def password_connection(self) -> dict[str, Any]:
        """The Airflow connection to it by an IAM user's name and password."""
        connection = self.connection
        connection["login"], connection["password"] = self.iam.user, self.iam.password
        connection["extra"] |= {"auth": "password", "domain_name": self.iam.domain_name}
        return connection

    @property
    def locked(self) -> bool:
        """True while a key is locked, for more than five wrong signatures in a row."""
        return self.gateway.locked

    def add_job(self, job_id: int, lifecycle: Lifecycle = DEFAULT_LIFECYCLE, **detail: Any) -> EmulatedJob:
        """Add a job, whose life begins now.

        :param job_id: its id; a job of that id is replaced.
        :param lifecycle: statuses, each with the seconds it lasts; None lasts for ever.
        :param detail: fields of ``job_detail``; ``job_config`` is laid over a complete default one.
        """
        job = EmulatedJob(job_id, lifecycle, detail)
        self.jobs.add(job)
        return job

    def job(self, job_id: int) -> EmulatedJob:
        """Return a job, to change it.

        :raises KeyError: when there is none.
        """
        job = self.jobs.get(job_id)
        if job is None:
            raise KeyError(job_id)
        return job

    def remove_job(self, job_id: int) -> None:
        """Delete a job."""
        self.jobs.remove(job_id)

    def rotate_keys(self) -> None:
        """Replace the access key; the old one is refused from now on."""
        del self.gateway.keys[self.access_key]
        self.access_key = "EMU" + secrets.token_hex(8).upper()
        self.secret_key = secrets.token_urlsafe(30)
        self.gateway.keys[self.access_key] = AccessKey(self.secret_key)

    def inject(self, fault: Fault, *, times: int | None = 1, only: str | None = None) -> None:
        """Have a fault shown instead of answers.

        :param fault: what goes wrong.
        :param times: to how many requests; None until :meth:`clear_faults`.
        :param only: the operation it concerns, see :class:`ReceivedRequest`; None for all.
        :raises ValueError: for an operation that there isn't.
        """
        operations = [name for name, _, _ in ROUTES]
        if only not in {None, *operations}:
            raise ValueError(f"only {only!r} is no operation: there are {', '.join(operations)}")
        self._faults.append([fault, times, only])

    def clear_faults(self) -> None:
        """Answer as usual again."""
        self._faults.clear()

    def start(self) -> Self:
        """Listen, in a thread of its own."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dli-emulator", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop listening, and leave nothing behind."""
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _now(self) -> float:
        return time.time() + self.clock_offset.total_seconds()

    async def _listen(self) -> None:
        server = web.Server(self._handle, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN)
        await self._runner.setup()
        host, port = self._address
        self._listening = await asyncio.get_running_loop().create_server(server, host, port)
        self._address = (host, self._listening.sockets[0].getsockname()[1])

    async def _shut(self) -> None:
        if self._listening:
            self._listening.close()
        if self._runner:
            await self._runner.cleanup()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        operation, parts = route(request)
        status = 0
        at = time.time()
        try:
            response = await self._respond(request, operation, parts)  # type: ignore[arg-type]
            if response.prepared or not _is_gone(request):
                status = response.status
            if not response.prepared:
                response.headers["X-Request-Id"] = secrets.token_hex(16)
                response.headers["Date"] = _http_date(self._now())
            return response
        finally:
            path = request.path
            self._requests.append(
                ReceivedRequest(operation, request.method, path, dict(request.query), status, at)
            )

    async def _respond(
        self, request: web.Request, operation: str, parts: tuple[str, ...]
    ) -> web.StreamResponse:
        if (fault := self._fault(operation)) and (shown := await fault.answer(request)) is not None:
            return shown
        body = await request.read()
        if operation == "token":
            return self.iam.create_token(body)
        if operation == "metadata_session":
            return self.metadata.create_session(request)
        if operation == "metadata_key":
            return self.metadata.security_key(request)
        if operation == "unknown":
            return error(
                404, "APIG.0101", "The API does not exist or has not been published in the environment"
            )
        try:
            self.gateway.verify(request, body)
        except RefusedError as refusal:
            return error(refusal.status, refusal.code, refusal.message)
        if operation == "projects":
            return self.iam.list_projects(request.query.get("name"))
        if parts[0] != self.project_id:
            return error(403, "APIG.0302", "The IAM user is not allowed to access the project")
        if operation == "show":
            return self._service.show(parts[1])
        return self._service.list(dict(request.query))

    def _fault(self, operation: str) -> Fault | None:
        for entry in self._faults:
            fault, times, only = entry
            if only not in {None, operation}:
                continue
            if times is not None:
                entry[1] = times - 1
                if entry[1] == 0:
                    self._faults.remove(entry)
            found: Fault = fault
            return found
        return None


def _is_gone(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


def _http_date(epoch: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(epoch))
