"""The conversation with DLI: the one place that finds the project, sends, reads the answer and backs off.

A conversation is a generator without I/O. It yields what it wants done, :class:`~.messages.Send` or
:class:`~.messages.Sleep`, and is sent the outcome. A driver does it: :mod:`~.client` blocks, :mod:`~.aio`
runs on an event loop. :mod:`~.auth` decides whose credential a request carries, and when.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from dli_provider.api.answers import outcome_of
from dli_provider.api.auth.shared import SharedCredential
from dli_provider.api.bodies import hide_echo
from dli_provider.api.endpoints import Call, object_of, show_flink_job
from dli_provider.api.errors import (
    DliError,
    DliForbiddenError,
    DliOutcomeUnknownError,
    DliProtocolError,
    DliSettingsError,
    DliThrottledError,
    Outcome,
    sentences,
)
from dli_provider.api.messages import Conversation, Reply, Request, Send, Sleep
from dli_provider.api.paging import Pages
from dli_provider.api.retry import Backoff, RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.flink.arguments import parse_project_id
from dli_provider.flink.job import FlinkJob
from dli_provider.masking import printable

T = TypeVar("T")


def converse(
    call: Call[T], settings: DliSettings, credential: SharedCredential, retry: RetryPolicy
) -> Conversation[T]:
    """Make a call of DLI and return what was read.

    A call that isn't idempotent is made again only when it surely wasn't carried out.

    :param call: what to ask.
    :param settings: where.
    :param credential: who asks.
    :param retry: how often a failure that may pass is tried again.
    :raises DliOutcomeUnknownError: when a call that isn't idempotent may have been carried out.
    :raises DliError: of the kind that section 5 of the API reference gives the failure; its text says which
        call failed at which endpoint.
    """
    backoff = Backoff(retry)
    while True:
        replies: list[Reply] = []
        try:
            return (yield from _attempt(call, settings, credential, replies))
        except DliError as error:
            error.context = error.context or f"{call.title} at {settings.place}"
            hide_echo(error, call.body)
            error.outcome = None if call.idempotent else outcome_of(replies[-1] if replies else None, error)
            if error.outcome is Outcome.UNKNOWN:
                raise _unknown(error, call.if_unknown) from error
            delay = backoff.delay_after(error) if _may_repeat(error) else None
            if delay is None:
                raise error.with_traceback(None) from error.__cause__  # the frames hold the answer
            notice = f"{error}. Trying again in {delay:.0f} s" if retry.waits_out(error) else ""
        yield Sleep(delay, notice)


def _may_repeat(error: DliError) -> bool:
    """Tell whether the call may be made again: it may succeed then, and was not carried out."""
    was_refused = error.outcome is Outcome.REFUSED and not isinstance(error, DliThrottledError)
    return error.transient and not was_refused


def _unknown(error: DliError, advice: str) -> DliOutcomeUnknownError:
    text = str(error).removeprefix(f"{error.context}: ")
    unknown = DliOutcomeUnknownError(
        f"{text.rstrip('.')}. It may have been carried out all the same: {advice}",
        retry_after=error.retry_after,
    )
    unknown.context = error.context
    return unknown


def _attempt(
    call: Call[T], settings: DliSettings, credential: SharedCredential, replies: list[Reply]
) -> Conversation[T]:
    """Make a call once.

    :param replies: where the replies to the call itself are put, unless it may be repeated anyway.
    """
    project_id = settings.project_id or (yield from find_project(settings, credential))
    request = _request(call, settings, project_id)
    exchange = credential.send(request)
    try:
        response = yield from (exchange if call.idempotent else _watch(request, exchange, replies))
        return call.read(response.content)
    except DliForbiddenError as error:
        if error.context:  # not of this call, but of asking for a token
            raise
        needed = call.action and f"The call needs {call.action}"
        asked = f"Project {project_id} was asked for: it may be the wrong one"
        error.diagnosis = sentences(needed, asked, error.diagnosis)
        raise


def _watch(request: Request, conversation: Conversation[T], replies: list[Reply]) -> Conversation[T]:
    """Carry a conversation on, and keep the replies to one request of it, but not to those before, such as
    one for a token.

    :param request: the request.
    :param conversation: the conversation that sends it.
    :param replies: where to put the replies.
    """
    reply: Reply = None
    try:
        while True:
            step = conversation.send(reply)
            reply = yield step
            if isinstance(step, Send) and step.request is request:
                replies.append(reply)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        conversation.close()


def _request(call: Call[T], settings: DliSettings, project_id: str) -> Request:
    headers = {"X-Project-Id": project_id}
    body = b""
    if call.body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(call.body).encode()
    return Request(
        call.method,
        settings.endpoint,
        f"/{call.version}/{project_id}{call.path}",
        query=call.query,
        headers=headers,
        body=body,
        idempotent=call.idempotent,
    )


def find_job(
    name: str, settings: DliSettings, credential: SharedCredential, retry: RetryPolicy
) -> Conversation[FlinkJob | None]:
    """Return the detail of the job of a name; None when the project has none.

    :param name: the exact name.
    :param settings: where.
    :param credential: who asks.
    :param retry: how often a failure that may pass is tried again.
    :raises ValueError: for a name that is missing or blank.
    :raises DliError: when several jobs have that name; it lists their ids. So for every other failure.
    """
    if name is None:  # all jobs would be listed
        raise ValueError("name is None: give the job's name")
    pages = Pages({"name": name, "show_detail": False})
    job_ids: list[int] = []
    while call := pages.next_call():
        page = pages.take((yield from converse(call, settings, credential, retry)))
        page.raise_unreadable()
        job_ids += [job.job_id for job in page.jobs if job.name == name and job.job_id is not None]
    if len(job_ids) > 1:
        shown = ", ".join(map(str, job_ids))
        raise DliError(
            f"Several jobs are called {printable(name, 100)!r}: {printable(shown, 300)}. "
            "Give job_id, or rename or delete all but one"
        )
    if not job_ids:
        return None
    return (yield from converse(show_flink_job(job_ids[0]), settings, credential, retry))


def find_project(settings: DliSettings, credential: SharedCredential) -> Conversation[str]:
    """Return the project's id: the one that is set, that of the token, or the one that IAM knows by the
    project's name, which for a region's main project is the region's.

    :raises DliSettingsError: when IAM knows none or several of the name; several are listed.
    """
    if settings.project_id:
        return settings.project_id
    lease = yield from credential.lease()
    if lease.project_id:
        return lease.project_id
    name = settings.project_name or settings.region
    if not name or not settings.iam_endpoint:
        raise DliSettingsError(
            "project_id is not set, and without region and iam_endpoint it can't be looked up"
        )
    iam = settings.iam_endpoint
    request = Request("GET", iam, "/v3/projects", query=(("name", name),))

    def look_up() -> Conversation[str]:
        response = yield from credential.send(request)
        return _only_project(object_of(response.content), name)

    try:
        return (yield from credential.project(iam, name, look_up()))
    except DliError as error:
        what = settings.project_name or f"of region {settings.region}"
        error.context = error.context or f"Looking up the project {what} at {iam}"
        if isinstance(error, DliForbiddenError) and not error.diagnosis:
            error.diagnosis = "With project_id set in the connection's extra, no look-up is needed"
        raise


def _only_project(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get("projects")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise DliProtocolError("IAM's answer has no list of projects", transient=True)
    ids = [item.get("id") for item in found]
    if len(ids) != 1:
        what = f"{len(ids)} projects: {printable(', '.join(map(str, ids)), 300)}" if ids else "no project"
        raise DliSettingsError(
            f"IAM knows {what} of the name {name!r}. Set project_id in the connection's extra"
        )
    try:
        return parse_project_id(ids[0])
    except ValueError as error:
        raise DliProtocolError(f"IAM's answer is odd: {error}") from None
