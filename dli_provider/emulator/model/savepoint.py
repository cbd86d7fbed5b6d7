"""The savepoint of an emulated job: one at most, which a run uses up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dli_provider.emulator.model.clock import Clock


@dataclass(frozen=True)
class _Savepoint:
    path: str
    ready_at: float


class SavepointSlot:
    """Holds the savepoint of a job.

    :param clock: the emulated time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._savepoint: _Savepoint | None = None
        self._ever = False

    @property
    def path(self) -> str | None:
        """The path of the savepoint; None while there is none, or none yet."""
        made = self._savepoint
        return made.path if made and made.ready_at <= self._clock.time() else None

    def put(self, path: str, seconds: float = 0.0) -> None:
        """Have a savepoint.

        :param path: where it lies.
        :param seconds: how long it takes to be made.
        """
        self._savepoint = _Savepoint(path, self._clock.time() + seconds)
        self._ever = True

    def clear(self) -> None:
        """Have no savepoint any more."""
        self._savepoint = None

    def abort(self) -> None:
        """Give up a savepoint that is still being made."""
        if self.path is None:
            self.clear()

    def fields(self) -> dict[str, Any]:
        """Return the fields of ``job_detail`` that tell of it; none before the first savepoint."""
        return {"has_savepoint": self.path is not None, "savepoint_path": self.path} if self._ever else {}

    def take_over(self, fields: dict[str, Any]) -> None:
        """Have, or don't have, the savepoint that fields of ``job_detail`` tell of, and remove the fields."""
        has_savepoint, path = fields.pop("has_savepoint", None), fields.pop("savepoint_path", None)
        if has_savepoint is False:
            self.clear()
            self._ever = True
        elif has_savepoint or path:
            self.put(str(path or "obs://emulated/savepoint/"))
