"""The operations that the emulator knows by method and path, and the record of a request for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

ROUTES = (
    ("show", "GET", re.compile(r"/v1\.0/([^/]+)/streaming/jobs/([^/]+)")),
    ("list", "GET", re.compile(r"/v1\.0/([^/]+)/streaming/jobs")),
    ("projects", "GET", re.compile(r"/v3/projects")),
    ("token", "POST", re.compile(r"/v3/auth/tokens")),
    ("metadata_session", "PUT", re.compile(r"/meta-data/latest/api/token")),
    ("metadata_key", "GET", re.compile(r"/openstack/latest/securitykey")),
)


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request that arrived, without its credential.

    :param operation: ``show``, ``list``, ``projects``, ``token``, ``metadata_session``, ``metadata_key`` or
        ``unknown``.
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


def route(request: web.BaseRequest) -> tuple[str, tuple[str, ...]]:
    """Return the operation that a request is for, and the parts of its path."""
    for operation, method, pattern in ROUTES:
        if request.method == method and (match := pattern.fullmatch(request.path)):
            return operation, match.groups()
    return "unknown", ()
