"""The emulated DLI as its user handles it."""

from __future__ import annotations

import secrets
import time
from collections import deque
from datetime import timedelta
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from dli_provider.emulator import checks
from dli_provider.emulator.dli import DliService, error
from dli_provider.emulator.faults import Fault
from dli_provider.emulator.gateway import AccessKey, Gateway, RefusedError
from dli_provider.emulator.identity import Iam, Metadata
from dli_provider.emulator.injection import Injections
from dli_provider.emulator.jobs import Begins, EmulatedJob
from dli_provider.emulator.lifecycle import Lifecycle
from dli_provider.emulator.listener import Listener
from dli_provider.emulator.routes import ReceivedRequest, route
from dli_provider.emulator.store import JobStore
from dli_provider.flink.arguments import parse_job_id, parse_project_id

_REMEMBERED = 100_000


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
    :raises ValueError: for a host that is no loopback address, without ``allow_remote``; for a port, a
        project's id or a key that is none.
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
        self._listener = Listener(self._handle, host, checks.whole_number("port", port, 0, 65535))
        self.region = region
        self.project_id = parse_project_id(project_id or secrets.token_hex(16))
        self.access_key = checks.key("access_key", access_key or _new_access_key())
        self.secret_key = checks.key("secret_key", secret_key or secrets.token_urlsafe(30))
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
        self._injections = Injections()

    @property
    def url(self) -> str:
        """Scheme, host and port: the endpoint of DLI, of IAM and of the metadata service."""
        return self._listener.url

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
    def agency_connection(self) -> dict[str, Any]:
        """The Airflow connection to it by the agency of an ECS server, whose metadata service it is too."""
        connection = self.connection
        del connection["login"], connection["password"]
        connection["extra"] |= {"auth": "agency", "metadata_endpoint": self.url}
        return connection

    @property
    def locked(self) -> bool:
        """True while a key is locked, for more than five wrong signatures in a row."""
        return self.gateway.locked

    def add_job(
        self,
        /,
        job_id: int | str,
        lifecycle: Lifecycle | None = None,
        *,
        status: str | None = None,
        begins: Begins = "now",
        **detail: Any,
    ) -> EmulatedJob:
        """Add a job, and return it.

        :param job_id: its id; a job of that id is replaced.
        :param lifecycle: statuses, each with the seconds (or the timedelta) it lasts; None lasts for ever.
            Without one it is ``job_submitting`` for two seconds, and then ``job_running``.
        :param status: a status that lasts for ever, instead of a lifecycle. It is one of DLI's 14, or another
            that resembles none of them, to see what a DAG makes of it.
        :param begins: ``now``, or ``first_read`` to hold the first status until ShowFlinkJob reads the job,
            or any list is read.
        :param detail: fields of ``job_detail``; ``job_config`` is laid over a complete default one. Datetimes
            are answered as epoch milliseconds.
        :raises ValueError: for a job that can't be, naming what is wrong with it.
        """
        job = EmulatedJob(job_id, lifecycle, detail, status=status, begins=begins)
        self.jobs.add(job)
        return job

    def job(self, job_id: int | str) -> EmulatedJob:
        """Return a job, to change it.

        :param job_id: its id.
        :raises KeyError: when there is none.
        """
        job = self.jobs.get(parse_job_id(job_id))
        if job is None:
            raise KeyError(f"There is no job {job_id}; there are {[job.job_id for job in self.jobs]!s:.80}")
        return job

    def remove_job(self, job_id: int | str) -> None:
        """Delete a job.

        :param job_id: its id.
        :raises KeyError: when there is none.
        """
        self.jobs.remove(self.job(job_id).job_id)

    def rotate_keys(self) -> None:
        """Replace the access key; the old one is refused from now on."""
        del self.gateway.keys[self.access_key]
        self.access_key = _new_access_key()
        self.secret_key = secrets.token_urlsafe(30)
        self.gateway.keys[self.access_key] = AccessKey(self.secret_key)

    def inject(self, fault: Fault, *, times: int | None = 1, only: str | None = None, after: int = 0) -> None:
        """Have a fault shown instead of answers; several are shown one after another.

        :param fault: what goes wrong.
        :param times: to how many requests; None until :meth:`clear_faults`.
        :param only: the operation it concerns: ``show``, ``list``, ``projects``, ``token``,
            ``metadata_session`` or ``metadata_key``; None for all requests.
        :param after: how many of these requests are answered as usual before it begins.
        :raises ValueError: for what can't be, naming what is wrong.
        """
        self._injections.add(fault, times=times, only=only, after=after)

    def clear_faults(self) -> None:
        """Answer as usual again."""
        self._injections.clear()

    def start(self) -> Self:
        """Listen, in a thread of its own; nothing happens when it listens already.

        After :meth:`stop` it listens on the same port again, with the same jobs.

        :raises OSError: when the port is taken.
        """
        self._listener.start()
        return self

    def stop(self) -> None:
        """Stop listening, and leave nothing behind."""
        self._listener.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _now(self) -> float:
        return time.time() + self.clock_offset.total_seconds()

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
        if (fault := self._injections.meet(operation)) and (shown := await fault.answer(request)) is not None:
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
            self.gateway.verify(request, body, parts[0] if parts else None)
        except RefusedError as refusal:
            return error(refusal.status, refusal.code, refusal.message)
        if operation == "projects":
            return self.iam.list_projects(request.query.get("name"))
        if parts[0] != self.project_id:
            return error(403, "APIG.0302", "The IAM user is not allowed to access the project")
        if operation == "show":
            return self._service.show(parts[1])
        return self._service.list(dict(request.query))


def _new_access_key() -> str:
    return "EMU" + secrets.token_hex(8).upper()


def _is_gone(request: web.BaseRequest) -> bool:
    return request.transport is None or request.transport.is_closing()


def _http_date(epoch: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(epoch))
