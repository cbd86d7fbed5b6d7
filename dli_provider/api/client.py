"""The client of DLI for ordinary, blocking code: it drives conversations over urllib3."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from copy import copy
from types import TracebackType
from typing import Self, TypeVar, Unpack

import urllib3
from urllib3.exceptions import HTTPError

from dli_provider.api import endpoints
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.connections import open_pool, ssl_context
from dli_provider.api.conversation import converse, find_job, find_project
from dli_provider.api.endpoints import Call, JobFilters, JobPage
from dli_provider.api.errors import DliError, Outcome
from dli_provider.api.messages import Conversation, Reply, Request, Response, Send, Sleep
from dli_provider.api.paging import Pages
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.api.transport import (
    LINK_LOCAL_TIMEOUT,
    MAX_BODY,
    Route,
    SendMark,
    choose_ca_bundle,
    own_headers,
)
from dli_provider.flink.job import FlinkJob

T = TypeVar("T")


class DliClient:
    """Calls DLI; one set of connections for its whole life. Close it, or use it in a ``with``.

    Threads may share a client. It costs nothing until its first call.

    :param settings: where DLI is and who asks.
    :param retry: how often a failure that may pass is tried again.
    :param tell: takes a line for the log, for a wait that somebody will wonder about.
    """

    def __init__(
        self,
        settings: DliSettings,
        retry: RetryPolicy | None = None,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self.settings = settings
        self._retry = retry or RetryPolicy()
        self._tell = tell
        self._credential = share_credential(settings.credential)
        self._transport = _Transport(settings)

    def with_retry(self, retry: RetryPolicy, tell: Callable[[str], object] | None = None) -> Self:
        """Return a client that shares this one's connections, and has another patience.

        :param retry: how often it tries again.
        :param tell: takes a line for the log, for a wait that somebody will wonder about.
        """
        other = copy(self)
        other._retry, other._tell = retry, tell  # noqa: SLF001
        return other

    def show_flink_job(self, job_id: int | str) -> FlinkJob:
        """Return one job's detail.

        :param job_id: the job, as an int or digits.
        :raises ValueError: for anything else as ``job_id``, before any call.
        :raises DliNotFoundError: when the project has no such job, or it is somebody else's.
        :raises DliError: for every other failure.
        """
        return self.call(endpoints.show_flink_job(job_id))

    def find_flink_job(self, name: str) -> FlinkJob | None:
        """Return the detail of the job of a name; None when the project has none.

        :param name: the exact name.
        :raises ValueError: for a blank name, before any call.
        :raises DliError: when several jobs have that name, listing their ids; so for every other failure.
        """
        return self._drive(find_job(name, self.settings, self._credential, self._retry))

    def list_flink_jobs(self, **filters: Unpack[JobFilters]) -> Iterator[FlinkJob]:
        """Yield the project's jobs, page after page.

        :param filters: see :class:`~dli_provider.api.endpoints.JobFilters`; ``show_detail`` is on unless
            said otherwise, and the order is ascending by time, so that jobs created meanwhile come last.
        :raises ValueError: for a filter that the endpoint does not have, and for ``limit`` and ``offset``.
        :raises DliProtocolError: for an item that is no job, after the readable ones of its page, and for a
            list that can't be read whole.
        :raises DliError: for every other failure.
        """
        for page in self.list_flink_job_pages(**filters):
            yield from page.jobs
            page.raise_unreadable()

    def list_flink_job_pages(self, **filters: Unpack[JobFilters]) -> Iterator[JobPage]:
        """Yield the project's jobs as pages of 100, which tell unreadable items from jobs.

        :param filters: as for :meth:`list_flink_jobs`.
        """
        pages = Pages(filters)
        while call := pages.next_call():
            yield pages.take(self.call(call))

    def count_flink_jobs(self) -> int:
        """Return how many Flink jobs the project has, by reading one of them."""
        return self.call(endpoints.list_flink_jobs(limit=1)).total_count

    def find_project(self) -> str:
        """Return the project's id: the one that is set, or the one that IAM finds.

        :raises DliSettingsError: when IAM finds none or several.
        """
        return self._drive(find_project(self.settings, self._credential))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, call: Call[T]) -> T:
        """Make a call of an endpoint, and return what its answer holds.

        :param call: one of :mod:`dli_provider.api.endpoints`.
        :raises DliOutcomeUnknownError: when a call that changes something may have been carried out.
        :raises DliError: for every other failure.
        """
        return self._drive(converse(call, self.settings, self._credential, self._retry))

    def _drive(self, conversation: Conversation[T]) -> T:
        reply: Reply = None
        try:
            while True:
                step = conversation.send(reply)
                reply = self._transport.send(step) if isinstance(step, Send) else self._sleep(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    def _sleep(self, step: Sleep) -> Reply:
        if step.notice and self._tell:
            self._tell(step.notice)
        if step.until:
            wait([step.until], step.seconds)
        else:
            time.sleep(step.seconds)
        return None


class _Transport:
    """Sends requests over kept connections, and those that must not be made twice over new ones."""

    def __init__(self, settings: DliSettings) -> None:
        self._settings = settings
        self._headers = own_headers(settings)
        self._routes: dict[tuple[str, bool], tuple[Route, urllib3.HTTPConnectionPool]] = {}
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def send(self, step: Send) -> Response | DliError:
        request = step.request
        try:
            route, pool = self._route(request)
        except DliError as error:
            error.outcome = Outcome.NOT_SENT
            return error
        if request.idempotent:
            return self._exchange(step, route, pool, None)
        mark = SendMark()
        with open_pool(route.origin, route.proxy, self._tls, mark) as pool:
            return self._exchange(step, route, pool, mark)

    def close(self) -> None:
        for _, pool in self._routes.values():
            pool.close()
        self._routes.clear()

    def _exchange(
        self, step: Send, route: Route, pool: urllib3.HTTPConnectionPool, mark: SendMark | None
    ) -> Response | DliError:
        request = step.request
        is_forwarded = bool(route.proxy) and request.origin.startswith("http://")
        try:
            answer = pool.urlopen(
                request.method,
                request.url if is_forwarded else request.target,
                body=request.body or None,
                headers={**step.headers, **self._headers},
                timeout=self._timeout(request),
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                decode_content=False,
            )
            return _read(answer, route)
        except (HTTPError, OSError, ValueError) as error:
            return route.connection_error(error, mark)

    def _timeout(self, request: Request) -> urllib3.Timeout:
        if request.link_local:
            return urllib3.Timeout(connect=LINK_LOCAL_TIMEOUT, read=LINK_LOCAL_TIMEOUT)
        return urllib3.Timeout(connect=self._settings.connect_timeout, read=self._settings.read_timeout)

    def _route(self, request: Request) -> tuple[Route, urllib3.HTTPConnectionPool]:
        """Return the way to a request's origin, and its connections: the environment is read once."""
        key = (request.origin, request.link_local)
        with self._lock:
            if key not in self._routes:
                route = Route.of(self._settings, request)
                if self._tls is None and "https:" in f"{route.origin} {route.proxy}":
                    self._tls = ssl_context(choose_ca_bundle(self._settings))
                pool = open_pool(route.origin, route.proxy, self._tls, SendMark())
                self._routes[key] = (route, pool)
            return self._routes[key]


def _read(answer: urllib3.BaseHTTPResponse, route: Route) -> Response | DliError:
    try:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = answer.read(MAX_BODY + 1, decode_content=False)
        if len(body) <= MAX_BODY:
            answer.read(1)  # raises for a body that was cut off
        status = answer.status
        return route.response_error(status, headers, len(body)) or Response(status, headers, body)
    finally:
        answer.close()
