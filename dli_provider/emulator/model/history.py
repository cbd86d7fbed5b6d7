"""The writes that the emulated DLI has accepted."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dli_provider.emulator.model.clock import Clock

_WRITES_KEPT = 100_000


@dataclass(frozen=True)
class AcceptedWrite:
    """A write that DLI has accepted, whether or not its answer arrived.

    :param operation: ``create_sql``, ``update_sql``, ``create_jar``, ``update_jar``, ``run``, ``stop``,
        ``delete``, ``savepoint`` or ``import_savepoint``.
    :param job_id: the job.
    :param arguments: the body of the request; of a batch, without the ids.
    :param restored_from: of a run: the savepoint that it starts from, None for none.
    :param at: when it was accepted, epoch seconds.
    """

    operation: str
    job_id: int
    arguments: Mapping[str, Any] = field(repr=False)
    restored_from: str | None
    at: float


class History:
    """The writes, the oldest first.

    :param clock: the emulated time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writes: deque[AcceptedWrite] = deque(maxlen=_WRITES_KEPT)

    def add(
        self, operation: str, job_id: int, arguments: Mapping[str, Any], restored_from: str | None = None
    ) -> None:
        """Add a write that is accepted now."""
        write = AcceptedWrite(operation, job_id, arguments, restored_from, self._clock.time())
        self._writes.append(write)

    def of(self, job_id: int | None) -> list[AcceptedWrite]:
        """Return the writes to a job; None for those to all jobs."""
        return [write for write in list(self._writes) if job_id in (None, write.job_id)]
