"""The client of DLI for ordinary, blocking code: it drives conversations over urllib3."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from dli_provider.api import endpoints
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.blocking import BlockingTransport
from dli_provider.api.conversation import converse, find_job, find_project
from dli_provider.api.endpoints import Call, JobFilters, JobPage
from dli_provider.api.messages import Conversation, Reply, Send, Sleep
from dli_provider.api.paging import Pages
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.flink.job import FlinkJob

if TYPE_CHECKING:
    from dli_provider.flink.definition import JarJobChanges, NewJarJobFields, NewSqlJobFields, SqlJobChanges

T = TypeVar("T")


class DliClient:
    """Calls DLI; one set of connections for its whole life. Close it, or use it in a ``with``.

    Threads may share a client. It costs nothing until its first call.

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

    def show_flink_execution_graph(self, job_id: int | str) -> dict[str, Any]:
        """Return a job's execution graph, with credentials masked."""
        return self.call(endpoints.show_flink_execution_graph(job_id))

    def show_flink_metrics(self, job_ids: Iterable[int | str]) -> dict[int, dict[str, Any]]:
        """Return what jobs read and write, by job."""
        return self.call(endpoints.show_flink_metrics(job_ids))

    def create_flink_sql_job(
        self, name: str, *, sql_body: str | None, **fields: Unpack[NewSqlJobFields]
    ) -> int:
        """Create a SQL job, and return its id."""
        return self.call(endpoints.create_flink_sql_job(name, sql_body=sql_body, **fields))

    def create_flink_jar_job(self, name: str, *, entrypoint: str, **fields: Unpack[NewJarJobFields]) -> int:
        """Create a JAR job, and return its id."""
        return self.call(endpoints.create_flink_jar_job(name, entrypoint=entrypoint, **fields))

    def update_flink_sql_job(self, job_id: int | str, **fields: Unpack[SqlJobChanges]) -> None:
        """Change a SQL job."""
        self.call(endpoints.update_flink_sql_job(job_id, **fields))

    def update_flink_jar_job(self, job_id: int | str, **fields: Unpack[JarJobChanges]) -> None:
        """Change a JAR job."""
        self.call(endpoints.update_flink_jar_job(job_id, **fields))

    def run_flink_job(self, job_id: int | str, *, resume_savepoint: bool = False) -> None:
        """Start a job."""
        self.call(endpoints.run_flink_job(job_id, resume_savepoint=resume_savepoint))

    def stop_flink_job(self, job_id: int | str, *, trigger_savepoint: bool = False) -> None:
        """Stop a job."""
        self.call(endpoints.stop_flink_job(job_id, trigger_savepoint=trigger_savepoint))

    def trigger_flink_savepoint(self, job_id: int | str, savepoint_path: str) -> None:
        """Save the state of a running job."""
        self.call(endpoints.trigger_flink_savepoint(job_id, savepoint_path))

    def import_flink_savepoint(self, job_id: int | str, savepoint_path: str) -> None:
        """Give a job that doesn't run the state to start from."""
        self.call(endpoints.import_flink_savepoint(job_id, savepoint_path))

    def delete_flink_job(self, job_id: int | str) -> None:
        """Delete a job."""
        self.call(endpoints.delete_flink_job(job_id))

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
