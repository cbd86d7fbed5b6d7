"""The reader that turns every error body DLI sends into the error that it means.

Which code means what is told by section 5 of DLI's API reference and by the gateway's error list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dli_provider.api.error_codes import gateway_number
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliBadRequestError,
    DliForbiddenError,
    DliNotFoundError,
    DliProtocolError,
    DliServerError,
    DliThrottledError,
)
from dli_provider.masking import MOST_READ, printable

EXCERPT_LENGTH = 300
_MESSAGE_LENGTH = 1000
_MAX_DEPTH = 8
_LARGEST_BODY = 2**20


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> DliApiError:
    """Return the error that an HTTP answer means, whichever of the known shapes its body has.

    :param status: HTTP status of the answer, 400 or more.
    :param headers: headers of the answer, with names in lower case.
    :param body: body of the answer: JSON object, JSON array (batch calls), HTML from a proxy, anything.
    """
    content = _content(body)
    code, message = _find(content) or (str(status), excerpt(body) or "no error text")
    code = code or str(status)
    request_id = headers.get("x-request-id") or headers.get("x-iam-trace-id") or _request_id(content)
    return _class_of(status, code)(
        status,
        printable(code, 80),
        printable(message, _MESSAGE_LENGTH),
        request_id and printable(request_id, 120),
        retry_after=_seconds(headers.get("retry-after")),
    )


def excerpt(body: bytes) -> str:
    """Return the beginning of a body as one printable line, with credentials masked."""
    return printable(body[: 8 * MOST_READ].decode("utf-8", "replace"), EXCERPT_LENGTH)


def parse_json(body: bytes) -> Any:
    """Return what a JSON body holds.

    :raises DliProtocolError: when it holds no JSON, or JSON nested too deeply to be an answer of DLI.
    """
    with suppress(ValueError, RecursionError):
        return json.loads(body)
    what = f"not JSON: {excerpt(body)}" if body else "empty"
    raise DliProtocolError(f"The answer's body is {what}")  # out here: json's error holds the whole body


_KEYS = (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message"))


def _content(body: bytes) -> Any:
    try:
        return parse_json(body) if len(body) <= _LARGEST_BODY else None
    except DliProtocolError:
        return None


def _find(content: Any) -> tuple[str, str] | None:
    for item in _objects(content, _MAX_DEPTH):
        for code_key, message_key in _KEYS:
            code, message = item.get(code_key), item.get(message_key)
            if isinstance(code, str | int) and (message is None or isinstance(message, str)):
                return str(code), message or "no error text"
    return None


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


def _class_of(status: int, code: str) -> type[DliApiError]:
    number = gateway_number(code)
    if found := _BY_CODE.get(code) or (number and _BY_GATEWAY_NUMBER.get(number)):
        return found
    if status >= 500:
        return DliServerError
    return _BY_STATUS.get(status, DliBadRequestError)


_BY_STATUS: dict[int, type[DliApiError]] = {
    401: DliAuthError,
    403: DliForbiddenError,
    408: DliServerError,
    429: DliThrottledError,
}

_BY_CODE: dict[str, type[DliApiError]] = {
    "DLI.0002": DliNotFoundError,
    "DLI.0003": DliForbiddenError,
    "DLI.0011": DliForbiddenError,
    "DLI.0012": DliServerError,
    "DLI.0013": DliAuthError,
    "DLI.0014": DliAuthError,
    "DLI.0015": DliAuthError,
    "DLI.0016": DliForbiddenError,
    "DLI.0019": DliServerError,
    "DLI.0023": DliNotFoundError,
    "DLI.0999": DliServerError,
    "DLI.12004": DliNotFoundError,
    "DLI.16001": DliNotFoundError,
}

_BY_GATEWAY_NUMBER: dict[str, type[DliApiError]] = {
    "0101": DliBadRequestError,
    "0103": DliServerError,
    "0301": DliAuthError,
    "0302": DliForbiddenError,
    "0303": DliAuthError,
    "0304": DliForbiddenError,
    "0305": DliAuthError,
    "0306": DliForbiddenError,
    "0307": DliAuthError,
    "0308": DliThrottledError,
    "0310": DliForbiddenError,
    "0311": DliAuthError,
    "0801": DliForbiddenError,
    "0802": DliForbiddenError,
}
