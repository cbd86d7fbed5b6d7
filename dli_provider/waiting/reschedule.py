"""What a rescheduled wait keeps from one process to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dli_provider.flink.status import FlinkJobStatus
from dli_provider.masking import printable, storable

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Logger
    from dli_provider.flink.wait import FlinkJobWait

_KEY = "dli_flink_job_wait"


class RescheduleState:
    """The status that was read last, and since when, so that a poke without news logs nothing.

    It ends no wait: where there is no store, or the store fails, every poke logs what it sees, and a job that
    the platform is about to restart is waited for without giving the worker slot up.

    :param store: the task state store, of Airflow 3.3 and later; None where there is none.
    :param is_first_poke: True for the first poke of a try: what an earlier try saved is not loaded.
    :param log: the task's logger.
    """

    def __init__(self, store: Any, log: Logger, *, is_first_poke: bool) -> None:
        self._store = store
        self._is_first_poke = is_first_poke
        self._log = log

    @property
    def is_kept(self) -> bool:
        """True when the next process will know what this one saved."""
        return self._store is not None

    def load(self, wait: FlinkJobWait) -> None:
        """Tell a wait what the process before it saw."""
        if self._store is None or self._is_first_poke:
            return
        with self._tolerating():
            if saved := self._store.get(_KEY):
                since = datetime.fromisoformat(saved["since"])
                wait.status = FlinkJobStatus(saved["status"]) if saved["status"] else None
                wait.since = since
                wait.saw_start = bool(saved.get("saw_start"))

    def save(self, wait: FlinkJobWait) -> None:
        """Keep what a wait saw for the next process."""
        if self._store is None or wait.since is None:
            return
        with self._tolerating():
            status = wait.status.value if wait.status else None
            saved = {"status": status, "since": wait.since.isoformat(), "saw_start": wait.saw_start}
            self._store.set(_KEY, storable(saved))

    @contextmanager
    def _tolerating(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001
            self._store = None
            self._log.warning(
                "The task state store failed, so the next poke may log the same status again: %s",
                printable(error),
            )
