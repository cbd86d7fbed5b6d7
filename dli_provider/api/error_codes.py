"""What is known of the codes in error bodies: advice on them, and which faults never pass by themselves."""

from __future__ import annotations


def advice_on(status: int, code: str) -> str | None:
    """Return what to do about an error; None for one of which nothing is known.

    :param status: its HTTP status.
    :param code: its code.
    """
    if known := _ADVICE.get(code) or _GATEWAY_ADVICE.get(gateway_number(code) or ""):
        return known
    return _NOTHING_THERE if status == 404 and not code.startswith("DLI.") else None


def is_permanent(code: str) -> bool:
    """Tell whether a code means a fault of the gateway's set-up, which waiting doesn't cure."""
    return gateway_number(code) in _PERMANENT_GATEWAY


def follows_authentication(code: str) -> bool:
    """Tell whether only a caller whose credential was accepted gets a code; authentication errors aside.

    An HTTP status alone never tells: a proxy sends them, too, and the gateway refuses some callers unseen.
    """
    return code.startswith(("DLI.", "IAM.")) or gateway_number(code) in _AFTER_AUTHENTICATION


def gateway_number(code: str) -> str | None:
    """Return ``0308`` of ``APIG.0308`` and of ``APIGW.0308``: one gateway, two spellings."""
    prefix, _, number = code.partition(".")
    return number if prefix in {"APIG", "APIGW"} else None


_PERMANENT_GATEWAY = frozenset({"0103", "0104", "0105", "0611", "0612", "0705"})

_AFTER_AUTHENTICATION = frozenset({"0302", "0304", "0306", "0310", "0801", "0802"})

_NOTHING_THERE = "There is nothing at that path: check the endpoint and the region, or iam_endpoint"

_ADVICE: dict[str, str] = {
    "DLI.0001": "A parameter is not valid: check the job id, the project id and the filters",
    "DLI.0002": "The object doesn't exist in this project",
    "DLI.0003": "The user lacks a permission: ask for dli:jobs:get and dli:jobs:list_all",
    "DLI.0012": "A resource was not available for the moment",
    "DLI.0013": "Check the access key and the secret key",
    "DLI.0016": "The identity has no role for this: ask for dli:jobs:get and dli:jobs:list_all",
    "DLI.0023": "The resource doesn't exist in this project",
    "DLI.0999": "DLI itself failed; such a read usually succeeds when it is made again",
    "DLI.12004": "The job doesn't exist in this project, or isn't yours",
    "DLI.16001": (
        "The job doesn't exist in this project, or isn't yours: check job_id, and the connection's "
        "project_id and region"
    ),
    "IAM.0012": "IAM throttled the call",
}

_GATEWAY_ADVICE: dict[str, str] = {
    "0101": "The gateway knows no such API there: check the endpoint and the region",
    "0103": "The gateway has no backend for this API in this region",
    "0201": "The gateway could not take the request, or its backend did not answer",
    "0202": "The gateway's backend is not available",
    "0203": "The gateway's backend did not answer in time",
    "0301": (
        "The credential was refused: check the access key and the secret key, that the key is active, this "
        "machine's clock (at most 15 minutes off) and the region; more than five refusals lock the key for "
        "five minutes"
    ),
    "0302": "The IAM user may not call this API: ask for dli:jobs:get and dli:jobs:list_all",
    "0303": "The signature was refused: check the secret key and this clock (15 minutes off at most)",
    "0304": "The application may not call this API",
    "0305": "The authentication was refused: check the connection's auth, login and password",
    "0307": "The token has expired or belongs to another region",
    "0308": "The call was throttled: poll less often, or share the quota with fewer clients",
    "0310": "The project is not available: check project_id and the account",
    "0401": "This machine's address may not call the API",
    "0601": "The gateway failed",
    "0613": "IAM is not available",
    "0801": "The service isn't offered in this region",
    "0802": "The IAM user is not allowed in this region",
}
