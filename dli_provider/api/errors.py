"""The errors of the API layer.

None of these is an Airflow exception, so that a sensor's ``soft_fail`` never takes a wrong key or a missing
job for a skipped task.
"""

from __future__ import annotations

from typing import ClassVar

from dli_provider.api.error_codes import advice_on, is_permanent


class DliError(Exception):
    """Whatever went wrong between this process and DLI.

    :ivar transient: True when the same call may succeed a little later.
    :ivar context: which call failed, and where; set by the conversation.
    """

    transient: bool = False
    context: str = ""

    def __str__(self) -> str:
        return f"{self.context}: {self._text()}" if self.context else self._text()

    def _text(self) -> str:
        return super().__str__()


class DliSettingsError(DliError, ValueError):
    """A setting is missing or can't be right; no call was made."""


class DliConnectionError(DliError):
    """No whole answer came: name not resolved, refused, timed out, cut off, or TLS failed.

    :param message: what happened, and with which endpoint.
    :param transient: False for what does not pass by itself, such as a certificate that isn't trusted.
    """

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient


class DliProtocolError(DliError):
    """An answer came that DLI does not give: not JSON, no job in it, too large, a redirect, ``is_success``
    false."""


class DliApiError(DliError):
    """DLI, its gateway or IAM refused a call.

    :param status: HTTP status.
    :param code: the service's code, such as ``DLI.16001`` or ``APIG.0308``; the HTTP status as text when it
        sent none.
    :param message: the service's text, with credentials masked and its length bounded.
    :param request_id: id to quote to Huawei's support, when the service sent one.
    :param retry_after: seconds the service asked to wait, when it did.
    :ivar diagnosis: what this process found out about the cause, such as a clock that is off.
    """

    diagnosis: str = ""

    _default_transient: ClassVar[bool] = False

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        request_id: str | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.retry_after = retry_after
        self.transient = self._default_transient and not is_permanent(code)
        super().__init__(status, code, message, request_id)

    def _text(self) -> str:
        request_id = f" (request id {self.request_id})" if self.request_id else ""
        text = f"HTTP {self.status} {self.code}: {self.message.rstrip('.')}{request_id}"
        return ". ".join(filter(None, (text, self.advice, self.diagnosis)))

    @property
    def advice(self) -> str | None:
        """What to do about it, where that is known."""
        return advice_on(self.status, self.code)


class DliAuthError(DliApiError):
    """The credential was refused: wrong, locked, expired, or signed with a clock that is off."""


class DliForbiddenError(DliApiError):
    """The credential is good, but may not do this."""


class DliNotFoundError(DliApiError):
    """There is no such job, or it belongs to somebody else."""


class DliThrottledError(DliApiError):
    """Too many calls: the same call succeeds later."""

    _default_transient = True


class DliServerError(DliApiError):
    """DLI or the gateway failed; a read may be tried again."""

    _default_transient = True


class DliBadRequestError(DliApiError):
    """The call itself is at fault and would fail again."""
