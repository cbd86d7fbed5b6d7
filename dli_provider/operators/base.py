"""What every task on DLI has: a connection, and the hook on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dli_provider.hooks.dli import DliHook


class DliConnectionMixin:
    """A task that has ``dli_conn_id``, ``region`` and ``project_id``."""

    dli_conn_id: str
    region: str | None
    project_id: str | None
    ui_color = "#f6d5d5"

    @property
    def hook(self) -> DliHook:
        """A new hook on the task's connection."""
        from dli_provider.hooks.dli import DliHook

        return DliHook(self.dli_conn_id, region=self.region, project_id=self.project_id)
