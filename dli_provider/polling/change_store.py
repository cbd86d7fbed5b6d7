"""What a watch for changes of status keeps across restarts of the triggerer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dli_provider.masking import printable
from dli_provider.polling.changes import KnownStatuses

_STATUSES = "dli_flink_job_status"
_SINCE = "dli_flink_job_status_since"


class ChangeStore:
    """The statuses that were reported, kept in the asset's state store where Airflow has one.

    :param store: what the triggerer gave the trigger: on Airflow 3.3 and later the asset's state store, else
        None.
    :param log: the trigger's log.
    """

    def __init__(self, store: Any, log: Any) -> None:
        self._store = store
        self._log = log
        self._since: datetime | None = None

    async def load(self) -> KnownStatuses:
        """Return what was kept; nothing known until now when nothing was kept, or it can't be had."""
        nothing = KnownStatuses(datetime.now(UTC), {})
        if self._store is None:
            return nothing
        try:
            statuses, since = await self._call("get", _STATUSES), await self._call("get", _SINCE)
        except ValueError as error:  # of a trigger that serves several assets
            self._log.warning("Changes during a restart of the triggerer won't be reported: %s", _line(error))
            self._store = None
            return nothing
        except Exception as error:  # noqa: BLE001
            self._log.warning(
                "The statuses that were kept can't be read; those found now are the first: %s", _line(error)
            )
            return nothing
        try:
            self._since = datetime.fromisoformat(since).astimezone(UTC) if since else None
            statuses = {int(job_id): str(status) for job_id, status in (statuses or {}).items()}
        except (TypeError, ValueError, AttributeError) as error:
            self._log.warning(
                "What was kept are no statuses of jobs; those found now are the first: %s", _line(error)
            )
            return nothing
        return KnownStatuses(self._since or nothing.since, statuses)

    async def save(self, known: KnownStatuses) -> None:
        """Keep what is known; when the store fails, the next call tries again."""
        if self._store is None:
            return
        statuses: Mapping[str, str] = {str(job_id): status for job_id, status in known.statuses.items()}
        try:
            await self._call("set", _STATUSES, statuses)
            if known.since != self._since:
                await self._call("set", _SINCE, known.since.isoformat())
                self._since = known.since
        except Exception as error:  # noqa: BLE001
            self._log.warning(
                "The statuses can't be kept; a restart may report changes again: %s", _line(error)
            )

    async def _call(self, method: str, *arguments: Any) -> Any:
        """Call the store's asynchronous method; Airflow 3.3.0 and 3.3.1 only have the blocking one."""
        if call := getattr(self._store, f"a{method}", None):
            return await call(*arguments)
        return await asyncio.to_thread(getattr(self._store, method), *arguments)


def _line(error: Exception) -> str:
    return printable(str(error) or type(error).__name__, 300)
