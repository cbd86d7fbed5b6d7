"""The job that is acted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dli_provider.api.errors import DliNotFoundError
from dli_provider.flink.wording import name_job

if TYPE_CHECKING:
    from dli_provider.api.client import DliClient
    from dli_provider.flink.job import FlinkJob


class ActedJob:
    """A job, by its id or its name, which is looked up until there is a job of it.

    :param job_id: the job's id; None when it is named.
    :param name: its exact name; None when its id is given.
    :param on_known: told the id once, as soon as it is known; None when everybody knows it already.
    :ivar name: its name, as far as it is known.
    :ivar missing: DLI's own error when there is no such job.
    """

    def __init__(
        self,
        job_id: int | None,
        name: str | None,
        on_known: Callable[[DliClient, int], None] | None = None,
    ) -> None:
        self.job_id = job_id
        self.missing: DliNotFoundError | None = None
        self.name = name
        self._on_known = on_known

    @property
    def label(self) -> str:
        """The job as a log names it."""
        return name_job(self.job_id, self.name)

    def read(self, client: DliClient) -> FlinkJob | None:
        """Return the job's detail; None when there is no such job.

        :param client: reads DLI.
        :raises DliError: when it can't be read, or several jobs have the name.
        """
        if self.job_id is None:
            assert self.name is not None
            job = client.find_flink_job(self.name)
            if job is None or job.job_id is None:
                self.missing = self.missing or client.no_job_named(self.name)
                return None
            self.learn(client, job.job_id)
            return job
        self.learn(client, self.job_id)
        try:
            job = client.show_flink_job(self.job_id)
        except DliNotFoundError as error:
            self.missing = error
            return None
        self.name = job.name
        return job

    def learn(self, client: DliClient, job_id: int) -> None:
        """Take note of the job's id.

        :param client: the client that knows it.
        :param job_id: the id.
        """
        self.job_id = job_id
        if self._on_known is not None:
            tell, self._on_known = self._on_known, None
            tell(client, job_id)
