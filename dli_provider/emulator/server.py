"""The emulated DLI, as its users control it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from dli_provider.emulator import connections, validation
from dli_provider.emulator.faults import Fault
from dli_provider.emulator.http.application import Application
from dli_provider.emulator.http.fault_queue import FaultQueue, Injected, When
from dli_provider.emulator.http.listener import Listener
from dli_provider.emulator.http.routes import ReceivedRequest, Router
from dli_provider.emulator.model.behaviour import Behaviour
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.model.history import AcceptedWrite, History
from dli_provider.emulator.model.job import EmulatedJob
from dli_provider.emulator.model.store import JobStore
from dli_provider.emulator.model.timeline import Begins, Lifecycle
from dli_provider.emulator.routes import console_routes, route_table
from dli_provider.emulator.services.console import PATH, Console
from dli_provider.emulator.services.gateway import LOCK_SECONDS, AccessKey, Gateway
from dli_provider.emulator.services.iam import Iam
from dli_provider.emulator.services.job_writes import JobWrites
from dli_provider.emulator.services.jobs import JobReads
from dli_provider.emulator.services.metadata import Metadata
from dli_provider.flink.arguments import parse_job_id, parse_project_id


class DliEmulator:
    """An emulated DLI on this machine, with IAM and the metadata service of an ECS server: a context manager.

    It verifies signatures and tokens as the real gateway does, moves its jobs through their statuses, and
    fails on demand. Every emulator makes up its own keys, passwords and ids unless you give them.

    :param host: address to listen on; a loopback address unless ``allow_remote`` is set.
    :param port: port to listen on; 0 takes a free one.
    :param region: name of the region, and of its main project.
    :param project_id: the project's id.
    :param access_key: the AK that is accepted.
    :param secret_key: its SK.
    :param allow_remote: True to listen on an address that other machines can reach.
    :param boolean_success: True to answer ``is_success`` as a Boolean, not as text.
    :param clock: the emulated time; None for this machine's.
    :raises ValueError: for a host that isn't a loopback address, without ``allow_remote``; for a wrong port,
        project id or key.
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
        clock: Clock | None = None,
    ) -> None:
        self._has_console = validation.host(host, allow_remote=allow_remote)
        self.region = region
        self.project_id = parse_project_id(project_id or secrets.token_hex(16))
        self.access_key = validation.key("access_key", access_key or _new_access_key())
        self.secret_key = validation.key("secret_key", secret_key or secrets.token_urlsafe(30))
        self.clock = clock or Clock()
        self.gateway = Gateway(self.clock)
        self.gateway.keys[self.access_key] = AccessKey(self.secret_key)
        self.iam = Iam(self.gateway, self.clock, [(region, self.project_id)])
        self.metadata = Metadata(self.gateway, self.clock)
        self.jobs = JobStore(
            {"user_id": secrets.token_hex(16), "queue_name": "emulated", "project_id": self.project_id}
        )
        self.behaviour = Behaviour(boolean_success=boolean_success)
        self._history = History(self.clock)
        reads = JobReads(self.jobs, self.behaviour)
        writes = JobWrites(self.jobs, self._history, self.behaviour, self.clock)
        router = Router(route_table(reads, writes, self.iam, self.metadata))
        self._faults = FaultQueue(router.operations)
        self._console = Console(self.jobs, self._history)
        pages = Router(console_routes(self._console) if self._has_console else [])
        self._application = Application(
            router, self._faults, self.gateway, self.project_id, self.clock, pages
        )
        self._listener = Listener(
            self._application.handle, host, validation.whole_number("port", port, 0, 65535)
        )

    @property
    def url(self) -> str:
        """Scheme, host and port: the endpoint of DLI, of IAM and of the metadata service."""
        return self._listener.url

    @property
    def clock_offset(self) -> timedelta:
        """By how much the gateway's clock is wrong, so that signatures look old or early to it."""
        return self.clock.offset

    @clock_offset.setter
    def clock_offset(self, offset: timedelta) -> None:
        self.clock.offset = offset

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests that have arrived, at most the last 100,000."""
        return list(self._application.requests)

    @property
    def console_url(self) -> str | None:
        """The address of the page that shows the jobs; None if other machines could reach it."""
        return f"{self.url}{PATH}" if self._has_console else None

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection to it by an access key, as Airflow reads one in JSON."""
        return connections.by_key(self)

    @property
    def password_connection(self) -> dict[str, Any]:
        """The Airflow connection to it by an IAM user's name and password."""
        return connections.by_password(self)

    @property
    def agency_connection(self) -> dict[str, Any]:
        """The Airflow connection to it by the agency of an ECS server."""
        return connections.by_agency(self)

    @property
    def locked(self) -> bool:
        """True while a key is locked, as it is after more than five wrong signatures in a row."""
        return self.gateway.locked

    def requests_of(self, operation: str) -> list[ReceivedRequest]:
        """Return the requests for one operation.

        :param operation: its name, as :meth:`inject` takes it, or ``unknown``.
        :raises ValueError: for an unknown operation.
        """
        if operation not in (known := [*self._faults.operations, "unknown"]):
            raise ValueError(f"{operation!r:.80} is no operation: there are {', '.join(known)}")
        return [request for request in self.requests if request.operation == operation]

    def history(self, job_id: int | str | None = None) -> list[AcceptedWrite]:
        """Return the writes that were accepted, the oldest first, whether or not their answers arrived.

        :param job_id: the job, even if it was deleted since; None for all jobs.
        """
        return self._history.of(None if job_id is None else parse_job_id(job_id))

    def add_job(
        self,
        /,
        job_id: int | str,
        lifecycle: Lifecycle | None = None,
        *,
        status: str | None = None,
        begins: Begins = "now",
        extra: Mapping[str, Any] | None = None,
        **detail: Any,
    ) -> EmulatedJob:
        """Add a job, and return it.

        :param job_id: its id; a job of that id is replaced.
        :param lifecycle: statuses, each with its seconds (or a timedelta); None lasts forever. The
            default is ``job_submitting`` for two seconds, then ``job_running``.
        :param status: a status that lasts forever, instead of a lifecycle: one of DLI's 14, or an unknown one
            that resembles none of them.
        :param begins: ``now``; ``first_show`` to hold the first status until ShowFlinkJob reads the job;
            ``first_read`` to hold it until that or until any list is read.
        :param extra: fields of any name and value, which replace those of the answers, also in
            ``job_config``: what DLI may introduce some day.
        :param detail: fields of ``job_detail``; ``job_config`` is merged into a complete default. Datetimes
            are answered as epoch milliseconds. Unknown names are refused.
        :raises ValueError: for wrong arguments, naming what is wrong.
        """
        job = EmulatedJob(
            job_id,
            lifecycle,
            detail,
            status=status,
            begins=begins,
            extra=extra,
            clock=self.clock,
            behaviour=self.behaviour,
        )
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

    def lock_key(self, seconds: float = LOCK_SECONDS) -> None:
        """Lock the access key, as if another system had sent too many wrong signatures.

        :param seconds: for how long.
        """
        self.gateway.lock(self.access_key, validation.seconds("seconds", seconds))

    def inject(
        self,
        fault: Fault,
        *,
        times: int | None = 1,
        only: str | None = None,
        after: int = 0,
        when: When = "before",
    ) -> None:
        """Let requests fail; several faults happen one after another.

        :param fault: what goes wrong.
        :param times: how many requests it affects; None for all until :meth:`clear_faults`.
        :param only: the operation that it affects, such as ``show`` or ``run``, by the names of
            :func:`~dli_provider.emulator.routes.route_table`; None for all requests.
        :param after: how many of these requests are answered as usual first.
        :param when: ``before`` the request is carried out, or ``after`` it, so that only its answer is lost,
            late, cut or changed.
        :raises ValueError: for wrong arguments, naming what is wrong.
        """
        self._faults.add(Injected(fault, times, only, after, when))

    def clear_faults(self) -> None:
        """Answer as usual again."""
        self._faults.clear()

    def advance(self, seconds: float | timedelta) -> None:
        """Let time pass at once: jobs move on, tokens and temporary keys expire, a locked key is unlocked.

        Signatures are still checked by this machine's clock; the times in answers are ahead of it.

        :param seconds: how much time.
        :raises ValueError: for anything but a number of seconds from 0 on.
        """
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        self.clock.advance(validation.seconds("seconds", seconds))

    def start(self) -> Self:
        """Listen, in a thread of its own; nothing happens when it listens already.

        After :meth:`stop` it listens on the same port again, with the same jobs.

        :raises OSError: when the port is taken.
        """
        if not self._listener.is_running:
            self._console.renew_token()
        self._listener.start()
        return self

    def stop(self) -> None:
        """Stop listening, and leave nothing behind."""
        self._listener.stop()

    def __repr__(self) -> str:
        state = f"at {self.url}" if self._listener.is_running else "not listening"
        counts = (len(self.jobs), "jobs"), (len(self._faults), "faults"), (len(self.requests), "requests")
        return f"<DliEmulator {state}, {', '.join(f'{count} {what}' for count, what in counts)}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _new_access_key() -> str:
    return "EMU" + secrets.token_hex(8).upper()
