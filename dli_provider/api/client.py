"""The client of DLI for ordinary, blocking code: it drives conversations over kept HTTP connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from copy import copy
from inspect import Parameter, Signature, signature
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar, Unpack

from dli_provider.api import endpoints
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.blocking import BlockingTransport
from dli_provider.api.conversation import converse, find_job, find_project
from dli_provider.api.endpoints import Call, JobFilters, JobPage
from dli_provider.api.errors import DliNotFoundError
from dli_provider.api.messages import Conversation, Reply, Send, Sleep
from dli_provider.api.paging import Pages
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.flink.job import FlinkJob
from dli_provider.masking import printable

P = ParamSpec("P")
T = TypeVar("T")


def _method(endpoint: Callable[P, Call[T]]) -> Callable[Concatenate[DliClient, P], T]:
    """Return the method of the client that calls an endpoint, with its arguments and its docstring."""

    def method(self: DliClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.call(endpoint(*args, **kwargs))

    parameters = [Parameter("self", Parameter.POSITIONAL_ONLY), *signature(endpoint).parameters.values()]
    method.__name__, method.__doc__ = endpoint.__name__, endpoint.__doc__
    method.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return method


class DliClient:
    """Calls DLI; one set of connections for its whole life. Close it, or use it in a ``with``.

    Threads may share a client. It costs nothing until its first call. A method for each endpoint makes one
    call; arguments and errors are those of :class:`~dli_provider.hooks.dli.DliHook`, whose methods of the
    same names describe them.

    :param settings: where DLI is and who asks.
    :param retry: how often a failure that may pass is tried again.
    :param tell: called with a line for the log before a wait that people would wonder about.
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
        self._transport = BlockingTransport(settings)

    def with_retry(self, retry: RetryPolicy, tell: Callable[[str], object] | None = None) -> Self:
        """Return a client that shares this one's connections, and has another patience.

        :param retry: how often it tries again.
        :param tell: called with a line for the log before a wait that people would wonder about.
        """
        other = copy(self)
        other._retry, other._tell = retry, tell  # noqa: SLF001
        return other

    show_flink_job = _method(endpoints.show_flink_job)
    show_flink_execution_graph = _method(endpoints.show_flink_execution_graph)
    show_flink_metrics = _method(endpoints.show_flink_metrics)
    create_flink_sql_job = _method(endpoints.create_flink_sql_job)
    create_flink_jar_job = _method(endpoints.create_flink_jar_job)
    update_flink_sql_job = _method(endpoints.update_flink_sql_job)
    update_flink_jar_job = _method(endpoints.update_flink_jar_job)
    run_flink_job = _method(endpoints.run_flink_job)
    stop_flink_job = _method(endpoints.stop_flink_job)
    trigger_flink_savepoint = _method(endpoints.trigger_flink_savepoint)
    import_flink_savepoint = _method(endpoints.import_flink_savepoint)
    delete_flink_job = _method(endpoints.delete_flink_job)

    def find_flink_job(self, name: str) -> FlinkJob | None:
        """Return the detail of the job of a name; None when the project has none.

        :param name: the exact name.
        :raises ValueError: for a name that is missing or blank, before any call.
        :raises DliError: when several jobs have that name, listing their ids; so for every other failure.
        """
        return self._drive(find_job(name, self.settings, self._credential, self._retry))

    def no_job_named(self, name: str) -> DliNotFoundError:
        """Return the error for a name that :meth:`find_flink_job` doesn't find.

        :param name: the exact name.
        """
        place = f"Project {self.find_project()} at {self.settings.place}"
        return DliNotFoundError(
            404,
            "",
            f"{place} has no Flink job named {printable(name, 200)!r}. "
            "Names are exact, and jobs of other users are seen only with dli:jobs:list_all",
        )

    def list_flink_jobs(self, **filters: Unpack[JobFilters]) -> Iterator[FlinkJob]:
        """Yield the project's jobs, page after page.

        :param filters: see :class:`~dli_provider.api.endpoints.JobFilters`; ``show_detail`` is on unless
            said otherwise, and the order is ascending by time, so that jobs created meanwhile come last.
        :raises ValueError: for an unknown or invalid filter, and for ``limit`` and ``offset``.
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
        if step.until is None:
            time.sleep(step.seconds)
        else:
            woken = threading.Event()
            step.until.on_set(woken.set)
            woken.wait(step.seconds)
        return None
