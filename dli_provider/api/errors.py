"""The errors of the API layer.

None of these is an Airflow exception, so that a sensor's ``soft_fail`` never takes a wrong key or a missing
job for a skipped task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dli_provider.api.error_codes import advice_on, is_permanent


class DliError(Exception):
    """Whatever went wrong between this process and DLI.

    :ivar transient: True when the same call may succeed a little later.
    :ivar context: which call failed, and where; set by the conversation.
    """

    transient: bool = False
    retry_after: float | None = None
    context: str = ""
    diagnosis: str = ""

    _constructor_fields: ClassVar[tuple[str, ...]] = ("message",)

    @property
    def message(self) -> str:
        return self._text()

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON data, from which :meth:`from_dict` makes the same error again."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self._constructor_fields}
        return {"type": type(self).__name__, **fields, **{name: getattr(self, name) for name in _ATTRIBUTES}}

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> DliError:
        """Return the error that :meth:`to_dict` described."""
        try:
            kind = _FAMILY[content["type"]]
            error = kind(*(content[name] for name in kind._constructor_fields))
            for name in _ATTRIBUTES:
                setattr(error, name, content[name])
        except (LookupError, TypeError, ValueError):
            raise ValueError("not the description of a DliError") from None
        return error

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

    message: str = ""
    _constructor_fields = ("status", "code", "message", "request_id")
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
        code = "" if self.code == str(self.status) else f" {self.code}"
        text = f"HTTP {self.status}{code}: {self.message.rstrip('.')}{request_id}"
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


_ATTRIBUTES = ("transient", "retry_after", "context", "diagnosis")
_FAMILY: dict[str, type[DliError]] = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, DliError)
}
