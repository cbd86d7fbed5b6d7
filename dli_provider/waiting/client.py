"""DLI as a wait on a worker reads it: outages are tolerated, and a replaced credential is picked up."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from dli_provider.api.errors import DliAuthError, DliError
from dli_provider.waiting.outage import OutageTracker, lookup_error

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Logger
    from dli_provider.api.client import DliClient
    from dli_provider.hooks.dli import DliHook

T = TypeVar("T")


class WaitClient:
    """Reads DLI for one wait.

    :param make_hook: returns a new hook, which looks the connection up again.
    :param outage: the outage that is under way, if any.
    :param log: the task's logger.
    :param clock: seconds of a monotonic clock.
    """

    def __init__(
        self,
        make_hook: Callable[[], DliHook],
        outage: OutageTracker,
        log: Logger,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._make_hook = make_hook
        self._outage = outage
        self._log = log
        self._clock = clock
        self._client: DliClient | None = None

    @property
    def is_out(self) -> bool:
        """True while DLI can't be read."""
        return self._outage.is_ongoing

    def read(self, action: Callable[[DliClient], T]) -> T | None:
        """Return what an action reads; None when it fails and that is tolerated.

        :param action: reads something with the client that it is given, and may be called twice.
        :raises DliError: when the reading fails and won't be tolerated.
        """
        try:
            found = self._read(action)
        except DliError as error:
            if line := self._outage.fail(error, self._clock()):
                self._log.warning("%s", line)
            return None
        if line := self._outage.end(self._clock()):
            self._log.info("%s", line)
        return found

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _read(self, action: Callable[[DliClient], T]) -> T:
        client = self._client = self._client or self._connect()
        try:
            return action(client)
        except DliAuthError:
            refused = client.settings
            self.close()
            self._client = self._connect()
            if self._client.settings == refused:
                raise
        return action(self._client)

    def _connect(self) -> DliClient:
        hook = self._make_hook()
        try:
            return hook.get_conn()
        except DliError:
            raise
        except Exception as error:
            if not self._outage.is_proven:
                raise
            raise lookup_error(hook.dli_conn_id, error) from error
