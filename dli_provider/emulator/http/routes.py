"""Finds the operation of a request by method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from dli_provider.emulator.http.messages import Reply, Request


class Access(Enum):
    """What the gateway checks before a request."""

    OPEN = "nothing; the service checks for itself"
    SIGNED = "a credential"
    PROJECT = "a credential, and the project"


@dataclass(frozen=True)
class Route:
    """An operation: its method and path, and its handler.

    :param operation: its name in :attr:`ReceivedRequest.operation`, and in ``inject(only=...)``.
    :param method: HTTP method.
    :param path: path; ``<name>`` is a variable part, which the handler gets by that name.
    :param handler: answers a request.
    :param access: what the gateway checks first.
    """

    operation: str
    method: str
    path: str
    handler: Callable[[Request], Reply]
    access: Access = Access.PROJECT


class Router:
    """Finds the route of a request.

    :param routes: the routes.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, _pattern(route.path)) for route in routes]

    @property
    def operations(self) -> list[str]:
        """The names of the operations."""
        return [route.operation for route, _ in self._routes]

    def match(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        """Return the route of a request, if there is one, and the variable parts of its path."""
        for route, pattern in self._routes:
            if route.method == method and (match := pattern.fullmatch(path)):
                return route, match.groupdict()
        return None, {}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path.replace(".", r"\.")))


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request that arrived, without its credential.

    :param operation: name of the operation, as ``inject(only=...)`` takes it; ``unknown`` for none.
    :param method: HTTP method.
    :param path: path.
    :param query: the query, decoded.
    :param status: HTTP status of the answer; 0 when a fault left it without one.
    :param at: when it arrived, epoch seconds.
    """

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    status: int
    at: float
