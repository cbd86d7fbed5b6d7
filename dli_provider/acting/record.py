"""What a retry of a task must know of the tries before it: which writes they have sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dli_provider.flink.plan.memory import Memory
from dli_provider.masking import printable, storable

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Logger


class PlanRecord:
    """The memory of a plan, kept from one try of a task to the next.

    A clear of the task begins a new record: it raises ``max_tries``, which a retry leaves as it is.

    :param store: the task state store, of Airflow 3.3 and later; None where there is none.
    :param max_tries: the task instance's.
    :param log: the task's logger.
    """

    def __init__(self, store: Any, max_tries: int, log: Logger) -> None:
        self._store = store
        self._key = f"dli_flink_plan_{max_tries}"
        self._log = log

    def begin(self) -> None:
        """Keep that nothing is sent yet, so that a retry can tell that from a store that failed."""
        self.save(Memory())

    def load(self) -> Memory | None:
        """Return the memory of the try before; None when nobody knows what that has done."""
        if self._store is None:
            return None
        with self._tolerating():
            if saved := self._store.get(self._key):
                return Memory.from_dict(saved)
        return None

    def save(self, memory: Memory) -> None:
        """Keep a plan's memory."""
        self._set(storable(memory.to_dict()))

    def lose(self) -> None:
        """Keep that nobody knows what was done."""
        self._set({})

    def _set(self, value: dict[str, Any]) -> None:
        if self._store is not None:
            with self._tolerating():
                self._store.set(self._key, value)

    @contextmanager
    def _tolerating(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001
            self._store = None
            self._log.warning(
                "The task state store failed, so a retry tells its own run by start_time alone: %s",
                printable(error),
            )
