"""The trigger that starts DAGs when a Flink job changes its status."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from dli_provider.airflow_compat import HAS_ASSET_WATCHERS, BaseEventTrigger, TriggerEvent
from dli_provider.flink.arguments import is_blank, parse_job_id, parse_statuses

if TYPE_CHECKING:
    from dli_provider.polling.changes import ChangeStore, ChangeSubscriber

ERROR_COOLDOWN = 600.0
"""Seconds for which the trigger rests after an error that does not pass by itself."""

_FILTERS = ("name", "queue_name", "job_type", "tags", "user_name")


class DliFlinkJobStatusChangeTrigger(BaseEventTrigger):
    """Starts DAGs when a Flink job changes its status: for the asset watchers of Airflow 3.

    One event per change, with ``job_id``, ``name``, ``old_status``, ``status``, ``status_desc`` and
    ``changed_at``. The status that a job has when the watch begins is no change, unless ``initial`` says so.
    A job that is created later is one, with an ``old_status`` of None. Outages are waited out. After an error
    that does not pass by itself, such as a wrong key, the trigger logs it and rests for ten minutes: if it
    ended, Airflow would restart it at once.

    With Airflow 3.3 and later the statuses are kept in the asset's state store. Changes that happen while the
    triggerer is down are then reported late, and none is reported again after a restart, except after a crash
    or when the store fails. Before 3.3, or for a trigger that serves several assets, nothing is kept: changes
    during a restart are not reported, and ``initial`` reports the status of every job at each restart.

    Arguments are checked when the DAG is serialized, which makes a mistake an import error of the DAG file,
    and again when the trigger runs. The constructor accepts anything: the triggerer calls it with what
    another version may have stored, and would call it again every second if it raised.

    :param job_id: the job to watch; None for all jobs that the filters leave.
    :param statuses: the statuses into which a change starts the DAG; empty for every change.
    :param name: filter: the job's name, as ListFlinkJobs takes it.
    :param queue_name: filter: the queue.
    :param job_type: filter: ``flink_jar_job``, ``flink_opensource_sql_job`` and so on.
    :param tags: filter: ``k1=v1,k2=v2``.
    :param user_name: filter: the owner.
    :param poke_interval: seconds between two readings; less than 1 counts as 1.
    :param initial: True to report the status of every job when the watch begins.
    :param dli_conn_id: the Airflow connection.
    :param region: used instead of the connection's region.
    :param project_id: used instead of the connection's project.
    :raises TypeError: on Airflow 2, which has no asset watchers.
    """

    __module__ = (
        "dli_provider.triggers.flink"  # where it is imported from; the class path that Airflow stores
    )

    def __init__(
        self,
        *,
        job_id: int | str | None = None,
        statuses: list[str] | None = None,
        name: str | None = None,
        queue_name: str | None = None,
        job_type: str | None = None,
        tags: str | None = None,
        user_name: str | None = None,
        poke_interval: float = 60.0,
        initial: bool = False,
        dli_conn_id: str = "dli_default",
        region: str | None = None,
        project_id: str | None = None,
    ) -> None:
        if not HAS_ASSET_WATCHERS:
            raise TypeError(
                "DliFlinkJobStatusChangeTrigger needs Airflow 3, because Airflow 2 has no asset watchers. "
                "Have a scheduled DAG wait with DliFlinkJobSensor(deferrable=True) instead"
            )
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_id = job_id
        self.statuses = statuses
        self.name = name
        self.queue_name = queue_name
        self.job_type = job_type
        self.tags = tags
        self.user_name = user_name
        self.poke_interval = poke_interval
        self.initial = initial
        self.dli_conn_id = dli_conn_id
        self.region = region
        self.project_id = project_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the trigger's class path and arguments.

        :raises ValueError: for an invalid job id, status, filter or interval.
        """
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        names = ("initial", "dli_conn_id", "region", "project_id")
        return path, {
            "job_id": self._checked_job_id(),
            "statuses": self._checked_statuses(),
            **dict.fromkeys(_FILTERS),
            **self._checked_filters(),
            "poke_interval": self._checked_interval(),
            **{name: getattr(self, name) for name in names},
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire an event per change, for as long as the trigger is wanted."""
        from dli_provider.hooks.dli import DliHook
        from dli_provider.masking import printable
        from dli_provider.polling.changes import ChangeStore
        from dli_provider.polling.registry import subscribe

        store = ChangeStore(getattr(self, "asset_state_store", None), self.log)
        watch: ChangeSubscriber | None = None
        while True:
            try:
                watch = watch or await self._watch(store)
                hook = DliHook(self.dli_conn_id, region=self.region, project_id=self.project_id)
                async with subscribe(watch, hook, self._checked_filters()):
                    while True:
                        news = await watch.news()
                        for level, line in news.lines:
                            self.log.log(level, line)
                        for change in news.changes:
                            yield TriggerEvent(change.to_dict())  # type: ignore[no-untyped-call]
                        await store.save(news.known)
            except (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # noqa: BLE001 - Airflow raises some that are no Exception
                reason = printable(f"{type(error).__name__}: {error}", 1000)
                self.log.error("Reading again in %.0f s, because of %s", ERROR_COOLDOWN, reason)
            await asyncio.sleep(ERROR_COOLDOWN)

    async def _watch(self, store: ChangeStore) -> ChangeSubscriber:
        from dli_provider.polling.changes import ChangeSubscriber

        job_id, statuses = self._checked_job_id(), self._checked_statuses()
        known = await store.load()
        return ChangeSubscriber(job_id, self._checked_interval(), statuses, known, initial=self.initial)

    def _checked_job_id(self) -> int | None:
        if self.job_id is None:
            return None
        if self._checked_filters():
            raise ValueError("job_id names one job: filters can't be given beside it")
        return parse_job_id(self.job_id)

    def _checked_statuses(self) -> list[str]:
        return [status.value for status in parse_statuses("statuses", self.statuses)]

    def _checked_filters(self) -> dict[str, str]:
        filters = {name: getattr(self, name) for name in _FILTERS if getattr(self, name) is not None}
        for name, value in filters.items():
            if not isinstance(value, str) or is_blank(value):
                raise ValueError(
                    f"{name} must be a text that isn't blank, and not {value!r:.80}; leave it out for any"
                )
        return filters

    def _checked_interval(self) -> float:
        if not isinstance(self.poke_interval, int | float) or not 0 < self.poke_interval < math.inf:
            raise ValueError(f"poke_interval must be a number of seconds, and not {self.poke_interval!r:.80}")
        return self.poke_interval
