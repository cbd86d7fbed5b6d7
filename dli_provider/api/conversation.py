"""The conversation with DLI: the one place that finds the project, sends, reads the answer and backs off.

A conversation is a generator without I/O. It yields what it wants done, :class:`~.messages.Send` or
:class:`~.messages.Wait`, and is sent the outcome. A driver does it: ``client`` with requests, ``aio`` with
aiohttp. Whose credential proves who is calling, and when, is the affair of :mod:`~.sharing`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, TypeAlias, TypeVar

from dli_provider.api.auth.credentials import Lease
from dli_provider.api.auth.shared import SharedCredential
from dli_provider.api.endpoints import Call
from dli_provider.api.error_reader import excerpt, parse_json, read_error
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliError,
    DliProtocolError,
    DliSettingsError,
)
from dli_provider.api.messages import Conversation, Request, Response, Sleep, send
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.flink.arguments import parse_project_id
from dli_provider.masking import printable

T = TypeVar("T")
_Answer: TypeAlias = tuple[dict[str, Any], Response]

_NOTABLE_SKEW = 60.0


def converse(
    call: Call[T], settings: DliSettings, credential: SharedCredential, retry: RetryPolicy
) -> Conversation[T]:
    """Make a call of DLI and return what was read.

    :param call: what to ask.
    :param settings: where.
    :param credential: who asks.
    :param retry: how often a failure that may pass is tried again.
    :raises DliError: of the kind that section 5 of the API reference gives the failure; its text says which
        call failed at which endpoint.
    """
    for attempt in itertools.count(1):
        try:
            return (yield from _attempt(call, settings, credential))
        except DliError as error:
            error.context = error.context or f"{call.title} at {settings.endpoint}"
            if not error.transient or attempt >= retry.attempts:
                raise
            delay = retry.delay(attempt, error.retry_after if isinstance(error, DliApiError) else None)
        yield Sleep(delay)
    raise AssertionError("unreachable")


def _attempt(call: Call[T], settings: DliSettings, credential: SharedCredential) -> Conversation[T]:
    project_id = yield from find_project(settings, credential)
    request = Request(
        "GET",
        settings.endpoint,
        f"/v1.0/{project_id}{call.path}",
        query=call.query,
        headers={"X-Project-Id": project_id},
    )
    answer, response = yield from _exchange(request, credential)
    success = answer.get("is_success", True)
    if str(success).lower() != "true":
        raise DliProtocolError(f"The answer says is_success {success!r:.20}: {excerpt(response.body)}")
    return call.read(answer)


def _exchange(request: Request, credential: SharedCredential) -> Conversation[_Answer]:
    """Send a request with the credential's proof, and return the JSON object that it is answered with."""

    def exchange(lease: Lease) -> Conversation[_Answer]:
        response = yield from send(request, lease.proof.headers(request))
        try:
            return _object_of(response), response
        except DliAuthError as error:
            error.diagnosis = _skew(response)
            raise

    return (yield from credential.prove(request.origin, exchange))


def _object_of(response: Response) -> dict[str, Any]:
    if response.status >= 400:
        raise read_error(response.status, response.headers, response.body)
    if response.status >= 300:
        raise DliProtocolError(
            f"HTTP {response.status} instead of an answer, pointing to "
            f"{printable(response.headers.get('location', 'nowhere'), 200)!r}. "
            "Redirects are not followed: check the endpoint and the proxy"
        )
    content = parse_json(response.body)
    if not isinstance(content, dict):
        raise DliProtocolError(f"The answer is no JSON object: {excerpt(response.body)}")
    return content


def find_project(settings: DliSettings, credential: SharedCredential) -> Conversation[str]:
    """Return the project's id: the one that is set, that of the token, or the region's main one as IAM names
    it.

    :raises DliSettingsError: when IAM knows none or several of the region's name; several are listed.
    """
    if settings.project_id:
        return settings.project_id
    if credential.credential.renewable:
        lease = yield from credential.lease()
        if lease.project_id:
            return lease.project_id
    if not settings.region or not settings.iam_endpoint:
        raise DliSettingsError(
            "project_id is not set, and without region and iam_endpoint it can't be looked up"
        )
    iam, region = settings.iam_endpoint, settings.region
    request = Request("GET", iam, "/v3/projects", query=(("name", region),))

    def look_up() -> Conversation[str]:
        answer, _ = yield from _exchange(request, credential)
        return _only_project(answer, region)

    try:
        return (yield from credential.project(iam, region, look_up()))
    except DliError as error:
        error.context = error.context or f"Looking up the project of region {region} at {iam}"
        raise


def _only_project(answer: Mapping[str, Any], region: str) -> str:
    found = answer.get("projects")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise DliProtocolError("IAM's answer has no list of projects")
    ids = [item.get("id") for item in found]
    if len(ids) != 1:
        what = f"{len(ids)} projects: {', '.join(map(str, ids))[:300]}" if ids else "no project"
        raise DliSettingsError(
            f"IAM knows {what} of the name {region!r}. Set project_id in the connection's extra"
        )
    try:
        return parse_project_id(ids[0])
    except ValueError as error:
        raise DliProtocolError(f"IAM's answer is odd: {error}") from None


def _skew(response: Response) -> str:
    """Say how far this machine's clock is off, when the answer's Date shows that it is."""
    try:
        server = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError, OverflowError):
        return ""
    if server.tzinfo is None:
        server = server.replace(tzinfo=UTC)
    ahead = (datetime.fromtimestamp(time(), UTC) - server).total_seconds()
    if abs(ahead) < _NOTABLE_SKEW:
        return ""
    return f"This machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
