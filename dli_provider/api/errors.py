"""The errors of the API layer.

None of these is an Airflow exception, so that a sensor's ``soft_fail`` never takes a wrong key or a missing
job for a skipped task.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from dli_provider.api.error_codes import advice_on, is_permanent


class Outcome(StrEnum):
    """What became of a call that changes something and failed."""

    NOT_SENT = "not_sent"
    """It never left this machine, and may be made again."""

    REFUSED = "refused"
    """The service answered that it did not do it."""

    UNKNOWN = "unknown"
    """It may have been carried out: find out before it is made again."""


def sentences(*parts: str | None) -> str:
    """Join the sentences of an error, without those that are empty."""
    return ". ".join(filter(None, parts))


class DliError(Exception):
    """Whatever went wrong between this process and DLI.

    :param message: what happened, as one printable line without credentials.
    :param transient: True when the same call may succeed a little later; the class's own answer by default.
    :param retry_after: seconds that the service asked to wait, when it did.
    :ivar outcome: what became of a call that changes something; None for a read.
    :ivar context: which call failed, and where; set by the conversation.
    :ivar diagnosis: what this process found out about the cause, such as a clock that is off.
    """

    transient: bool = False
    retry_after: float | None = None
    outcome: Outcome | None = None
    context: str = ""
    diagnosis: str = ""

    constructor_fields: ClassVar[tuple[str, ...]] = ("message",)
    """Names of the attributes that the constructor takes by position."""

    def __init__(
        self, message: str, *, transient: bool | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        if transient is not None:
            self.transient = transient
        if retry_after is not None:
            self.retry_after = retry_after

    def __str__(self) -> str:
        text = sentences(self._text(), self.diagnosis)
        return f"{self.context}: {text}" if self.context else text

    def _text(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON data, from which :meth:`from_dict` makes the same error again."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.constructor_fields}
        return {"type": type(self).__name__, **fields, **{name: getattr(self, name) for name in _ATTRIBUTES}}

    @staticmethod
    def from_dict(content: Mapping[str, Any]) -> DliError:
        """Return the error that :meth:`to_dict` described: of the same class, with the same text.

        :param content: what :meth:`to_dict` returned, perhaps in another process.
        :raises ValueError: when that describes no error of this module.
        """
        try:
            kind = _FAMILY[content["type"]]
            error = kind(*(content[name] for name in kind.constructor_fields))
            for name in _ATTRIBUTES:
                setattr(error, name, content[name])
            error.outcome = Outcome(error.outcome) if error.outcome else None
        except (LookupError, TypeError, ValueError):
            raise ValueError("not the description of a DliError") from None
        return error


_ATTRIBUTES = ("transient", "retry_after", "outcome", "context", "diagnosis")


class DliSettingsError(DliError, ValueError):
    """A setting is missing or invalid; no call was made."""


class DliConnectionError(DliError):
    """No whole answer came: name not resolved, refused, timed out, cut off, or TLS failed.

    It is transient unless it is said not to pass by itself, as a certificate that isn't trusted.
    """

    transient = True


class DliProtocolError(DliError):
    """An answer came that DLI does not give: not JSON, no job in it, too large, a redirect.

    It is transient where something else seems to have answered in DLI's place, such as a proxy.
    """


class DliOutcomeUnknownError(DliError):
    """A call that changes something failed, and may have been carried out all the same.

    It is never made again by itself. Read what it should have changed, and decide.
    """

    outcome = Outcome.UNKNOWN


class DliApiError(DliError):
    """DLI, its gateway or IAM refused a call.

    :param status: HTTP status.
    :param code: the service's code, such as ``DLI.16001`` or ``APIG.0308``; the HTTP status as text when it
        sent none. Empty where no call was refused, as for a name that the list of jobs doesn't have: the
        text is then the message alone.
    :param message: the service's text, with credentials masked and its length bounded.
    :param request_id: id to quote to Huawei's support, when the service sent one.
    :param retry_after: seconds the service asked to wait, when it did.
    """

    _default_transient: ClassVar[bool] = False
    constructor_fields = ("status", "code", "message", "request_id")

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        request_id: str | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        transient = self._default_transient and not is_permanent(code)
        super().__init__(message, transient=transient, retry_after=retry_after)
        self.args = (status, code, message, request_id)
        self.status = status
        self.code = code
        self.request_id = request_id

    def _text(self) -> str:
        if not self.code:
            return self.message
        code = "" if self.code == str(self.status) else f" {self.code}"
        request_id = f" (request id {self.request_id})" if self.request_id else ""
        text = f"HTTP {self.status}{code}: {self.message.rstrip('.')}{request_id}"
        return sentences(text, self.advice)

    @property
    def advice(self) -> str | None:
        """What to do about it, where that is known."""
        return advice_on(self.status, self.code, self.message) if self.code else None


class DliAuthError(DliApiError):
    """The credential was refused: wrong, expired, or signed with a clock that is off."""


class DliForbiddenError(DliApiError):
    """The credential is good, but may not do this."""


class DliNotFoundError(DliApiError):
    """There is no such job, or it belongs to somebody else."""


class DliThrottledError(DliApiError):
    """Too many calls, or a key that is locked for minutes after too many refusals: the same call succeeds
    later.
    """

    _default_transient = True


class DliServerError(DliApiError):
    """DLI or the gateway failed; a read may be tried again."""

    _default_transient = True


class DliBadRequestError(DliApiError):
    """The call itself is at fault and would fail again."""


_FAMILY: dict[str, type[DliError]] = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, DliError)
}
