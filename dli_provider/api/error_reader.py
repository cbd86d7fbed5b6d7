"""The reader that turns every error body DLI sends into the error that it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dli_provider.api.bodies import describe, excerpt, is_html, parse_json
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
)
from dli_provider.masking import printable

_MESSAGE_LENGTH = 1000
_MAX_DEPTH = 8
_LARGEST_BODY = 2**20


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> DliError:
    """Return the error that an HTTP answer means, whichever of the known shapes its body has.

    Only an answer with an error code of DLI, IAM or the gateway is a refusal. Any other answer with a status
    of 400 to 499, such as a proxy's page, is a transient :class:`DliProtocolError`; 408, 429 and statuses of
    500 and more mean the same from any sender.

    :param status: HTTP status of the answer.
    :param headers: headers of the answer, with names in lower case.
    :param body: body of the answer: JSON object, JSON array (batch calls), HTML from a proxy, anything.
    """
    content = _content(body)
    found = _find(content)
    if found is None and not (status >= 500 or status in {408, 429}):
        return _not_the_services(status, body)
    code = (found and found.code) or str(status)
    message = found.message if found else _text_of(body)
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


def _not_the_services(status: int, body: bytes) -> DliProtocolError:
    advice = f". {NOTHING_THERE}" if status == 404 else ""
    return DliProtocolError(
        f"HTTP {status} without an error code of DLI: {_text_of(body)}{advice}",
        transient=True,
    )


def _text_of(body: bytes) -> str:
    return describe(body) if is_html(body) else excerpt(body) or _NO_TEXT


def _content(body: bytes) -> Any:
    try:
        return parse_json(body) if len(body) <= _LARGEST_BODY else None
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
        if unsuccessful is None and is_unsuccessful(item):
            message = item.get("message")
            text = message if message and isinstance(message, str) else _NO_TEXT
            unsuccessful = _Found("", f"is_success is false: {text}")
    return unsuccessful


def is_unsuccessful(item: Mapping[str, Any]) -> bool:
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
