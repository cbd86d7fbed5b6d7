"""The client of DLI for ordinary, blocking code: it drives conversations over requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from dli_provider.api import endpoints
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.conversation import converse, find_project
from dli_provider.api.deadline import DeadlineAdapter
from dli_provider.api.endpoints import Call, JobPage
from dli_provider.api.errors import DliError
from dli_provider.api.messages import Conversation, Reply, Request, Response, Send, Sleep
from dli_provider.api.paging import Pages
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.api.transport import LINK_LOCAL_TIMEOUT, MAX_BODY, Route, choose_ca_bundle
from dli_provider.flink.job import FlinkJob

T = TypeVar("T")


class DliClient:
    """Reads Flink jobs from DLI; one connection pool for its whole life. Close it, or use it in a ``with``.

    :param settings: where DLI is and who asks.
    :param retry: how often a failure that may pass is tried again.
    """

    def __init__(self, settings: DliSettings, retry: RetryPolicy | None = None) -> None:
        self.settings = settings
        self._retry = retry or RetryPolicy()
        self._credential = share_credential(settings.credential)
        self._ways: dict[tuple[str, bool], tuple[Route, dict[str, Any]]] = {}
        self._adapter = DeadlineAdapter()  # a session would read the whole body of a redirect

    def show_flink_job(self, job_id: int | str) -> FlinkJob:
        """Return one job's detail.

        :param job_id: the job, as an int or digits.
        :raises ValueError: for anything else as ``job_id``, before any call.
        :raises DliNotFoundError: when the project has no such job, or it is somebody else's.
        :raises DliError: for every other failure.
        """
        return self.call(endpoints.show_flink_job(job_id))

    def with_retry(self, retry: RetryPolicy, tell: object = None) -> Self:
        return self

    def find_flink_job(self, name: str) -> FlinkJob | None:
        return next((job for job in self.list_flink_jobs(name=name) if job.name == name), None)

    def list_flink_jobs(self, **filters: object) -> Iterator[FlinkJob]:
        """Yield the project's jobs, page after page.

        :param filters: see :func:`~dli_provider.api.endpoints.list_flink_jobs`; ``show_detail`` is on unless
            said otherwise, and the order is ascending by time, so that jobs created meanwhile come last.
        :raises ValueError: for a filter that the endpoint does not have, and for ``limit`` and ``offset``.
        :raises DliProtocolError: for an item that is no job, after the readable ones of its page.
        :raises DliError: for every other failure.
        """
        for page in self.list_flink_job_pages(**filters):
            yield from page.jobs
            page.raise_unreadable()

    def list_flink_job_pages(self, **filters: object) -> Iterator[JobPage]:
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
        self._adapter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def call(self, call: Call[T]) -> T:
        """Make a call of an endpoint, and return what its answer holds.

        :param call: one of :mod:`dli_provider.api.endpoints`.
        :raises DliError: for every failure.
        """
        return self._drive(converse(call, self.settings, self._credential, self._retry))

    def _drive(self, conversation: Conversation[T]) -> T:
        reply: Reply = None
        try:
            while True:
                step = conversation.send(reply)
                reply = self._send(step) if isinstance(step, Send) else self._wait(step)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            conversation.close()

    @staticmethod
    def _wait(step: Sleep) -> None:
        time.sleep(step.seconds)

    def _send(self, step: Send) -> Response | DliError:
        request = step.request
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = request.url
        prepared.headers = CaseInsensitiveDict(step.headers)
        prepared.headers["Accept-Encoding"] = "identity"
        if request.body:
            prepared.body = request.body
            prepared.headers["Content-Length"] = str(len(request.body))
        try:
            way, arguments = self._way(request)
        except DliError as error:
            return error
        try:
            with self._adapter.send(prepared, **arguments) as answer:
                return _read(answer, way)
        except (requests.RequestException, HTTPError, OSError) as error:
            return way.failure(error)

    def _way(self, request: Request) -> tuple[Route, dict[str, Any]]:
        """Return the way to a request's origin, and how to send on it: the environment is read once."""
        key = (request.origin, request.link_local)
        if key not in self._ways:
            way = Route.of(self.settings, request)
            timeout = (self.settings.connect_timeout, self.settings.read_timeout)
            arguments = {
                "proxies": {"http": way.proxy, "https": way.proxy} if way.proxy else {},
                "verify": choose_ca_bundle(self.settings),
                "cert": None,
                "timeout": (LINK_LOCAL_TIMEOUT,) * 2 if request.link_local else timeout,
                "stream": True,
            }
            self._ways[key] = (way, arguments)
        return self._ways[key]


def _read(answer: requests.Response, way: Route) -> Response | DliError:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body: bytes = answer.raw.read(MAX_BODY + 1, decode_content=False)
    if len(body) <= MAX_BODY:
        answer.raw.read(1)  # raises for a body that was cut off
    status = answer.status_code
    return way.problem(status, headers, len(body)) or Response(status, headers, body)
