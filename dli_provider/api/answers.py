"""What an HTTP answer means, and what became of a call that changes something: pure functions."""

from __future__ import annotations

from typing import Any

from dli_provider.api.bodies import excerpt
from dli_provider.api.error_codes import is_service_code
from dli_provider.api.error_reader import is_unsuccessful, read_error
from dli_provider.api.errors import DliApiError, DliError, DliProtocolError, Outcome
from dli_provider.api.messages import Reply, Response
from dli_provider.masking import printable


def error_of(response: Response) -> DliError | None:
    """Return the error that an answer means; None when it holds the JSON that was asked for.

    A page that isn't DLI's own, whatever its status, is a transient :class:`DliProtocolError`.

    :param response: the answer, of DLI or IAM.
    """
    if response.status >= 400:
        return read_error(response.status, response.headers, response.body)
    if not 200 <= response.status < 300:
        return DliProtocolError(
            f"HTTP {response.status} instead of an answer, pointing to "
            f"{printable(response.headers.get('location', 'nowhere'), 200)!r}. "
            "Redirects are not followed: check the endpoint and the proxy",
            transient=True,
        )
    try:
        content = response.content
    except DliProtocolError as error:
        return error
    if not isinstance(content, dict | list):
        return DliProtocolError(
            f"The answer is no JSON object or array: {excerpt(response.body)}", transient=True
        )
    if _has_failed(content):
        return read_error(response.status, response.headers, response.body)
    return None


def _has_failed(content: dict[str, Any] | list[Any]) -> bool:
    """Tell whether an answer with a status of success reports a failure in its body, or in an item of it."""
    for item in content if isinstance(content, list) else [content]:
        if not isinstance(item, dict):
            continue
        has_code = item.get("is_success") is None and (item.get("error_code") or item.get("errorCode"))
        if has_code or is_unsuccessful(item):
            return True
    return False


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
