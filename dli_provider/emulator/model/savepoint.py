"""The savepoint of an emulated job: at most one, which a run uses up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dli_provider.emulator.model.clock import Clock


@dataclass
class SavepointSlot:
    """Holds the savepoint of a job, which is there from ``_ready_at`` on."""

    clock: Clock
    _path: str | None = None
    _ready_at: float = 0.0
    _ever: bool = False

    @property
    def path(self) -> str | None:
        """The path of the savepoint; None if there is none, or none yet."""
        return self._path if self._ready_at <= self.clock.time() else None

    def put(self, path: str, seconds: float = 0.0) -> None:
        """Make a savepoint, which takes some seconds."""
        self._path, self._ready_at = path, self.clock.time() + seconds
        self._ever = True

    def clear(self) -> None:
        """Forget the savepoint."""
        self._path = None

    def abort(self) -> None:
        """Give up a savepoint that is still being made."""
        self._path = self.path

    def fields(self) -> dict[str, Any]:
        """Return its fields of ``job_detail``; none before the first savepoint."""
        return {"has_savepoint": self.path is not None, "savepoint_path": self.path} if self._ever else {}

    def take_over(self, fields: dict[str, Any]) -> None:
        """Remove its fields from those of ``job_detail``, and make or forget the savepoint accordingly."""
        has_savepoint, path = fields.pop("has_savepoint", None), fields.pop("savepoint_path", None)
        if has_savepoint is False:
            self.clear()
            self._ever = True
        elif has_savepoint or path:
            self.put(str(path or "obs://emulated/savepoint/"))
