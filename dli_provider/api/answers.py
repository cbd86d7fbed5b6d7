"""What an HTTP answer means, and what became of a call that changes something: pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dli_provider.api.bodies import describe, excerpt, is_html
from dli_provider.api.error_codes import NOTHING_THERE, Kind, is_lock, is_service_code, kind_of, missing_key
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliBadRequestError,
    DliError,
    DliForbiddenError,
    DliNotFoundError,
    DliProtocolError,
    DliServerError,
    DliThrottledError,
    Outcome,
)
from dli_provider.api.messages import Reply, Response
from dli_provider.masking import printable

_MESSAGE_LENGTH = 1000
_MAX_DEPTH = 8
_LARGEST_BODY = 2**20


def error_of(response: Response) -> DliError | None:
    """Return the error that an answer means; None when it holds the JSON that was asked for.

    A page that isn't DLI's own, whatever its status, is a transient :class:`DliProtocolError`.

    :param response: the answer, of DLI or IAM.
    """
    if response.status >= 400:
        return _failure(response)
    if not 200 <= response.status < 300:
        place = printable(response.headers.get("location", "nowhere"), 200)
        return DliProtocolError(
            f"HTTP {response.status} instead of an answer, pointing to {place!r}. Redirects are not "
            "followed: check the endpoint and the proxy",
            transient=True,
        )
    try:
        content = response.content
    except DliProtocolError as error:
        return error
    if not isinstance(content, dict | list):
        told = f"The answer is no JSON object or array: {excerpt(response.body)}"
        return DliProtocolError(told, transient=True)
    return _failure(response) if _has_failed(content) else None


def _has_failed(content: dict[str, Any] | list[Any]) -> bool:
    """Tell whether an answer with a status of success reports a failure in its body, or in an item of it."""
    for item in content if isinstance(content, list) else [content]:
        if not isinstance(item, dict):
            continue
        has_code = item.get("is_success") is None and (item.get("error_code") or item.get("errorCode"))
        if has_code or _is_unsuccessful(item):
            return True
    return False


def _failure(response: Response) -> DliError:
    """Return the error that an answer of failure means, whichever of the known shapes its body has: JSON
    object, JSON array (batch calls), HTML from a proxy, anything.

    Only an answer with an error code of DLI, IAM or the gateway is a refusal. Any other answer with a status
    of 400 to 499, such as a proxy's page, is a transient :class:`DliProtocolError`; 408, 429 and statuses of
    500 and more mean the same from any sender.
    """
    status, headers = response.status, response.headers
    content = _content(response)
    found = _find(content)
    if found is None and not (status >= 500 or status in {408, 429}):
        advice = f". {NOTHING_THERE}" if status == 404 else ""
        told = f"HTTP {status} without an error code of DLI: {_text_of(response.body)}{advice}"
        return DliProtocolError(told, transient=True)
    code = (found and found.code) or str(status)
    message = found.message if found else _text_of(response.body)
    request_id = headers.get("x-request-id") or headers.get("x-iam-trace-id") or _request_id(content)
    kind = DliThrottledError if is_lock(code, message) else ERROR_CLASSES[kind_of(status, code)]
    error = kind(
        status,
        printable(code, 80),
        printable(message, _MESSAGE_LENGTH),
        request_id and printable(request_id, 120),
        retry_after=_seconds(headers.get("retry-after")),
    )
    if key := missing_key(message):
        error.diagnosis = f"The gateway knows no access key {key}"
    return error


@dataclass(frozen=True, slots=True)
class _Found:
    code: str
    message: str


ERROR_CLASSES: dict[Kind, type[DliApiError]] = {
    Kind.AUTH: DliAuthError,
    Kind.FORBIDDEN: DliForbiddenError,
    Kind.NOT_FOUND: DliNotFoundError,
    Kind.THROTTLED: DliThrottledError,
    Kind.SERVER: DliServerError,
    Kind.BAD_REQUEST: DliBadRequestError,
}

_NO_TEXT = "no error text"
_KEYS = (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message"))


def _text_of(body: bytes) -> str:
    return describe(body) if is_html(body) else excerpt(body) or _NO_TEXT


def _content(response: Response) -> Any:
    try:
        return response.content if len(response.body) <= _LARGEST_BODY else None
    except DliProtocolError:
        return None


def _find(content: Any) -> _Found | None:
    """Return the code and the message of the service's own error; None when the content holds none."""
    unsuccessful: _Found | None = None
    iam_error = content.get("error") if isinstance(content, dict) else None
    for item in _objects(content, _MAX_DEPTH):
        for code_key, message_key in _KEYS:
            code, message = item.get(code_key), item.get(message_key)
            if not (isinstance(code, str | int) and isinstance(message, str | None)):
                continue
            if code_key != "code" or is_service_code(str(code)) or item is iam_error:
                return _Found(str(code), message or _NO_TEXT)
        if unsuccessful is None and _is_unsuccessful(item):
            message = item.get("message")
            text = message if message and isinstance(message, str) else _NO_TEXT
            unsuccessful = _Found("", f"is_success is false: {text}")
    return unsuccessful


def _is_unsuccessful(item: Mapping[str, Any]) -> bool:
    """Tell whether an object says ``is_success`` and not that it is true, as text or as a Boolean."""
    success = item.get("is_success")
    return success is not None and str(success).lower() != "true"


def _objects(content: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth and isinstance(content, dict):
        yield content
        content = list(content.values())
    if depth and isinstance(content, list):
        for item in content:
            yield from _objects(item, depth - 1)


def _request_id(content: Any) -> str | None:
    found = content.get("request_id") if isinstance(content, dict) else None
    return found if isinstance(found, str) else None


def _seconds(retry_after: str | None) -> float | None:
    """Return how long a ``Retry-After`` asks to wait: a number of seconds, or a date."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return _seconds_until(retry_after)
    return seconds if 0 <= seconds < float("inf") else None


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


_MAY_HAVE_BEEN_DONE = frozenset({"DLI.0999", "DLI.0019"})
_BY_STATUS: dict[int, Outcome] = {
    401: Outcome.REFUSED,
    407: Outcome.NOT_SENT,  # the proxy didn't let it pass
    408: Outcome.UNKNOWN,
    429: Outcome.REFUSED,
}


def outcome_of(reply: Reply, error: DliError) -> Outcome:
    """Return what became of a call that changes something and failed.

    :param reply: what came of sending the call itself, for the last time; None when it was never sent.
    :param error: the failure.
    """
    if reply is None:
        return Outcome.NOT_SENT
    if isinstance(reply, DliError):
        return reply.outcome or Outcome.UNKNOWN
    if found := _BY_STATUS.get(reply.status):
        return found
    if 400 <= reply.status < 500 and isinstance(error, DliApiError) and is_service_code(error.code):
        return Outcome.UNKNOWN if error.code in _MAY_HAVE_BEEN_DONE else Outcome.REFUSED
    return Outcome.UNKNOWN
