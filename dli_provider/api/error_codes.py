"""What is known of the codes in error bodies, one row for each.

Section 5 of the API reference and the gateway's error list say what a code means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a code or an HTTP status means for the caller."""

    AUTH = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    THROTTLED = auto()
    SERVER = auto()
    BAD_REQUEST = auto()


@dataclass(frozen=True, slots=True)
class _Code:
    """What is known of a code.

    :param kind: what it means; None where the HTTP status tells.
    :param advice: what to do about it.
    :param permanent: True for a fault of the gateway's set-up, which waiting doesn't cure.
    :param authenticated: True when only a caller whose credential was accepted gets it.
    """

    kind: Kind | None = None
    advice: str | None = None
    permanent: bool = False
    authenticated: bool = False


def kind_of(status: int, code: str) -> Kind:
    """Return what an error means.

    :param status: its HTTP status.
    :param code: its code.
    """
    if known := _row(code).kind:
        return known
    if status >= 500 or (status < 400 and code == str(status)):  # a failure that is called none
        return Kind.SERVER
    return _BY_STATUS.get(status, Kind.BAD_REQUEST)


def advice_on(status: int, code: str, message: str = "") -> str | None:
    """Return what to do about an error; None for one of which nothing is known.

    :param status: its HTTP status.
    :param code: its code.
    :param message: the service's text, which tells a locked key from a wrong one.
    """
    if is_lock(code, message):
        return _LOCKED
    if known := _row(code).advice:
        return known
    return NOTHING_THERE if status == 404 and not code.startswith("DLI.") else None


def is_permanent(code: str) -> bool:
    """Tell whether a code means a fault of the gateway's set-up, which waiting doesn't cure."""
    return _row(code).permanent


def is_service_code(code: str) -> bool:
    """Tell whether a code is one that DLI, its gateway or IAM gives, and no proxy in between."""
    return code.startswith(("DLI.", "IAM.", "APIG.", "APIGW."))


def follows_authentication(code: str) -> bool:
    """Tell whether only a caller whose credential was accepted gets a code; authentication errors aside.

    An HTTP status alone never tells: a proxy sends them, too, and the gateway refuses some callers unseen.
    """
    return code.startswith(("DLI.", "IAM.")) or _row(code).authenticated


def is_lock(code: str, message: str) -> bool:
    """Tell whether an error says that the access key is locked after too many refusals, perhaps those of
    another system; that passes after five minutes.

    :param code: the error's code.
    :param message: the service's text.
    """
    return _normal(code).startswith("APIG.03") and "reach the limit" in message


def missing_key(message: str) -> str | None:
    """Return the access key that the gateway says it doesn't know; None for any other text.

    A secret key that stands in its place by mistake does not look like one, and is not returned.

    :param message: the service's text.
    """
    found = _MISSING_KEY.search(message)
    return found[1] if found else None


_MISSING_KEY = re.compile(r"\bak:([A-Z0-9]{8,32})\b.{0,20}\bak not exist")


def _row(code: str) -> _Code:
    return _CODES.get(_normal(code), _UNKNOWN)


def _normal(code: str) -> str:
    """Return ``APIG.0308`` for ``APIGW.0308``, too: one gateway, two spellings."""
    return f"APIG.{code[6:]}" if code.startswith("APIGW.") else code


NOTHING_THERE = "There is nothing at that path: check the endpoint and the region, or iam_endpoint"

_LOCKED = (
    "The access key is locked for five minutes after more than five refusals, perhaps those of another system"
)

_UNKNOWN = _Code()
_NOT_YOURS = "The job doesn't exist in this project, or isn't yours"

_BY_STATUS: dict[int, Kind] = {
    401: Kind.AUTH,
    403: Kind.FORBIDDEN,
    408: Kind.SERVER,
    429: Kind.THROTTLED,
}

_CODES: dict[str, _Code] = {
    "DLI.0001": _Code(None, "A parameter is not valid: check the ids, and the filters or fields"),
    "DLI.0002": _Code(Kind.NOT_FOUND, "The object doesn't exist in this project"),
    "DLI.0003": _Code(Kind.FORBIDDEN, "The user lacks a permission"),
    "DLI.0011": _Code(Kind.FORBIDDEN),
    "DLI.0012": _Code(Kind.SERVER, "A resource was not available for the moment"),
    "DLI.0013": _Code(Kind.AUTH, "Check the access key and the secret key"),
    "DLI.0014": _Code(Kind.AUTH),
    "DLI.0015": _Code(Kind.AUTH),
    "DLI.0016": _Code(Kind.FORBIDDEN, "The identity has no role for this"),
    "DLI.0019": _Code(Kind.SERVER),
    "DLI.0023": _Code(Kind.NOT_FOUND, "The resource doesn't exist in this project"),
    "DLI.0999": _Code(Kind.SERVER, "DLI itself failed; a read usually succeeds when it is made again"),
    "DLI.11016": _Code(None, "DLI may not use that OBS bucket: authorise it in DLI's console"),
    "DLI.12004": _Code(Kind.NOT_FOUND, _NOT_YOURS),
    "DLI.13024": _Code(None, "The job has no queue: set queue_name"),
    "DLI.16001": _Code(
        Kind.NOT_FOUND, f"{_NOT_YOURS}: check job_id, and the connection's project_id and region"
    ),
    "IAM.0012": _Code(None, "IAM throttled the call"),
    "APIG.0101": _Code(
        Kind.BAD_REQUEST, "The gateway knows no such API there: check the endpoint and the region"
    ),
    "APIG.0103": _Code(Kind.SERVER, "The gateway has no backend for this API in this region", permanent=True),
    "APIG.0104": _Code(permanent=True),
    "APIG.0105": _Code(permanent=True),
    "APIG.0201": _Code(None, "The gateway could not take the request, or its backend did not answer"),
    "APIG.0202": _Code(None, "The gateway's backend is not available"),
    "APIG.0203": _Code(None, "The gateway's backend did not answer in time"),
    "APIG.0301": _Code(
        Kind.AUTH,
        "The credential was refused: check the access key and the secret key, that the key is active, this "
        "machine's clock (at most 15 minutes off) and the region; more than five refusals lock the key for "
        "five minutes",
    ),
    "APIG.0302": _Code(Kind.FORBIDDEN, "The IAM user may not call this API", authenticated=True),
    "APIG.0303": _Code(
        Kind.AUTH, "The signature was refused: check the secret key and this clock (15 minutes off at most)"
    ),
    "APIG.0304": _Code(Kind.FORBIDDEN, "The application may not call this API", authenticated=True),
    "APIG.0305": _Code(
        Kind.AUTH, "The authentication was refused: check the connection's auth, login and password"
    ),
    "APIG.0306": _Code(Kind.FORBIDDEN, authenticated=True),
    "APIG.0307": _Code(Kind.AUTH, "The token has expired or belongs to another region"),
    "APIG.0308": _Code(
        Kind.THROTTLED, "The call was throttled: poll less often, or share the quota with fewer clients"
    ),
    "APIG.0310": _Code(
        Kind.FORBIDDEN,
        "The project is not available: check project_id and the account",
        authenticated=True,
    ),
    "APIG.0311": _Code(Kind.AUTH),
    "APIG.0401": _Code(None, "This machine's address may not call the API"),
    "APIG.0601": _Code(None, "The gateway failed"),
    "APIG.0611": _Code(permanent=True),
    "APIG.0612": _Code(permanent=True),
    "APIG.0613": _Code(None, "IAM is not available"),
    "APIG.0705": _Code(permanent=True),
    "APIG.0801": _Code(Kind.FORBIDDEN, "The service isn't offered in this region", authenticated=True),
    "APIG.0802": _Code(Kind.FORBIDDEN, "The IAM user is not allowed in this region", authenticated=True),
}
