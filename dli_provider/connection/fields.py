"""The fields of an Airflow connection, and all that is wrong with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from dli_provider.api.errors import DliSettingsError
from dli_provider.api.settings import parse_origin
from dli_provider.connection.values import EXTRAS, parse_text, shown
from dli_provider.flink.arguments import nearest
from dli_provider.masking import printable

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Connection

T = TypeVar("T")

CONNECTION_TYPE = "huaweicloud_dli"
OTHER_TYPE = "huaweicloud"
"""Type of the older provider, whose connections are understood too."""

_log = logging.getLogger(__name__)


class ConnectionFields:
    """A connection's fields, and the faults found in them.

    It shows no field as text: reports of errors show local variables, and Airflow's own connection shows its
    password.

    :param connection: the connection.
    :param extra: its extra; read by the caller, because on an event loop that must be awaited.
    :ivar faults: what is wrong with a field, by its name; the first problem of each counts.
    """

    def __init__(self, connection: Connection, extra: Mapping[str, Any]) -> None:
        self.faults: dict[str, str] = {}
        self.port = connection.port
        self._connection = connection
        self._extra: Mapping[str, Any] = extra if isinstance(extra, Mapping) else {}
        if not isinstance(extra, Mapping):
            self.fault("extra", 'must be a JSON object such as {"region": "cn-north-4"}')

    def standard(self, name: str) -> str | None:
        """Return a field that every connection has: ``host``, ``schema``, ``login`` or ``password``."""
        return self.read(name, getattr(self._connection, name), parse_text)

    def option(self, name: str, default: object = None) -> Any:
        """Return an extra, as :data:`EXTRAS` reads it."""
        found = self.read(f"extra {name}", self._extra.get(name), EXTRAS[name])
        return default if found is None else found

    def read(self, field: str, value: object, parse: Callable[[Any], T]) -> T | None:
        """Return what a value means; None when it is blank, or when it is at fault, which is noted."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.fault(field, str(error))
            return None

    def origin(self, field: str, value: str | None) -> str | None:
        """Return an endpoint; plain http to another machine is accepted where the connection allows it."""
        allow_http = self.option("allow_http") or "extra allow_http" in self.faults
        return self.read(field, value, lambda given: parse_origin(given, allow_http=allow_http))

    def require(self, field: str, value: T | None, what: str) -> T | None:
        """Return a value, and note a fault where there is none.

        :param what: what to do about it.
        """
        if value is None:
            self.fault(field, f"is missing: {what}")
        return value

    def fault(self, field: str, problem: str) -> None:
        """Note what is wrong with a field."""
        self.faults.setdefault(field, problem)

    def fault_unless_told(self, field: str, problem: str) -> None:
        """Note what is wrong with a field, unless it may follow from what was noted of a place: which region,
        project or endpoint is meant.
        """
        if not self.faults.keys() & _PLACES:
            self.fault(field, problem)

    def error(self) -> DliSettingsError:
        """Return the error that names the connection and all that is wrong with it."""
        told = [f"{field}: {problem}" for field, problem in self.faults.items()]
        if len(told) == 1:
            return DliSettingsError(f"{self._name}, {told[0]}")
        listed = "; ".join(f"({number}) {text}" for number, text in enumerate(told, 1))
        return DliSettingsError(f"{self._name} has {len(told)} faults: {listed}")

    def check(self) -> None:
        """Note what is wrong with the type and with each extra by itself, and warn of unknown extras; those
        of the other provider's connections are passed over, unless they look like a slip.
        """
        conn_type = self._connection.conn_type
        if conn_type not in {None, "", CONNECTION_TYPE, OTHER_TYPE}:
            self.fault("type", f"is {shown(conn_type)}, and must be {CONNECTION_TYPE} (or {OTHER_TYPE})")
        for name in (name for name in self._extra if name not in EXTRAS):
            hint = nearest(name, EXTRAS)
            if hint or conn_type != OTHER_TYPE:
                _warn_once(f"{self._name} has an extra {shown(name)}, which means nothing{hint}")
        for name in EXTRAS:
            self.option(name)

    @property
    def conn_id(self) -> str:
        """The connection's name, fit to be shown."""
        return printable(self._connection.conn_id, 100)

    @property
    def _name(self) -> str:
        return f"Connection {self.conn_id!r}"


_PLACES = frozenset(
    {
        *("region", "project_id", "host", "extra region", "extra project_id", "extra project_name"),
        "extra iam_endpoint",
    }
)
_warned: set[str] = set()


def _warn_once(text: str) -> None:
    if text not in _warned and len(_warned) < 1000:
        _warned.add(text)
        _log.warning("%s", text)
