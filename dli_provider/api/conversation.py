"""The conversation with DLI: the one place that authenticates, sends, reads the answer, renews and backs off.

A conversation is a generator without I/O. It yields what it wants done, :class:`~.messages.Send` or
:class:`~.messages.Wait`, and is sent the outcome. A driver does it: ``client`` with requests, ``aio`` with
    aiohttp.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, TypeVar

from dli_provider.api.endpoints import Call
from dli_provider.api.error_reader import excerpt, parse_json, printable, read_error
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliError,
    DliForbiddenError,
    DliProtocolError,
    DliSettingsError,
)
from dli_provider.api.messages import Conversation, Request, Response, Send, Wait
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.api.sharing import SharedCredential
from dli_provider.flink.identifiers import project_id_of

T = TypeVar("T")

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
        yield Wait(delay)
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
    response = yield from _authenticated(request, credential)
    return call.read(_content(response))


def _authenticated(request: Request, credential: SharedCredential) -> Conversation[Response]:
    """Send a request with the credential's proof; a lease that is refused is renewed once."""
    for renewed in (False, True):
        lease, trial = yield from credential.lease()
        accepted = False
        try:
            reply = yield Send(request, lease.proof.headers(request))
            if isinstance(reply, DliError):
                raise reply
            if not isinstance(reply, Response):
                raise TypeError(f"a driver answers a Send with a Response or an error, not with {reply!r}")
            if reply.status < 300:
                accepted = True
                return reply
            error = _error_of(reply)
            accepted = isinstance(error, DliApiError) and shows_acceptance(error)
            if not isinstance(error, DliAuthError):
                raise error
            if not credential.discard(lease) or renewed:
                error.finding = _skew(reply)
                credential.refuse(error)
                raise error
        finally:
            if trial:
                credential.settle(accepted=accepted)
    raise AssertionError("unreachable")


def shows_acceptance(error: DliApiError) -> bool:
    """Tell whether an error proves that the credential was accepted: DLI's own does, or a want of permission.

    One of a proxy, or of a gateway that had not come to verify the signature, does not.
    """
    if isinstance(error, DliAuthError):
        return False
    return error.code.startswith("DLI.") or isinstance(error, DliForbiddenError)


def _error_of(response: Response) -> DliError:
    if response.status >= 400:
        return read_error(response.status, response.headers, response.body)
    return DliProtocolError(
        f"HTTP {response.status} instead of an answer, pointing to "
        f"{printable(response.headers.get('location', 'nowhere'), 200)!r}. "
        "Redirects are not followed: check the endpoint and the proxy"
    )


def _content(response: Response) -> Mapping[str, Any]:
    content = parse_json(response.body)
    if not isinstance(content, dict):
        raise DliProtocolError(f"The answer is no JSON object: {excerpt(response.body)}")
    success = content.get("is_success", True)
    if str(success).lower() != "true":
        raise DliProtocolError(f"The answer says is_success {success!r:.20}: {excerpt(response.body)}")
    return content


def find_project(settings: DliSettings, credential: SharedCredential) -> Conversation[str]:
    """Return the project's id: the one that is set, that of the token, or the region's main one as IAM names
    it.

    :raises DliSettingsError: when IAM knows none or several of the region's name; several are listed.
    """
    if settings.project_id:
        return settings.project_id
    if credential.credential.renewable:
        lease, _ = yield from credential.lease()
        if lease.project_id:
            return lease.project_id
    if not settings.region or not settings.iam_endpoint:
        raise DliSettingsError(
            "project_id is not set, and without region and iam_endpoint it can't be looked up"
        )
    key = (settings.iam_endpoint, settings.region)
    if key not in credential.projects:
        request = Request("GET", settings.iam_endpoint, "/v3/projects", query=(("name", settings.region),))
        try:
            response = yield from _authenticated(request, credential)
            credential.projects[key] = _only_project(parse_json(response.body), settings.region)
        except DliError as error:
            error.context = f"Looking up the project of region {settings.region} at {settings.iam_endpoint}"
            raise
    return credential.projects[key]


def _only_project(content: Any, region: str) -> str:
    found = content.get("projects") if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise DliProtocolError("IAM's answer has no list of projects")
    ids = [item.get("id") for item in found]
    if len(ids) != 1:
        what = f"{len(ids)} projects: {', '.join(map(str, ids))[:300]}" if ids else "no project"
        raise DliSettingsError(
            f"IAM knows {what} of the name {region!r}. Set project_id in the connection's extra"
        )
    try:
        return project_id_of(ids[0])
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
