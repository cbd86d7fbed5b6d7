"""The values of a connection's fields: each function reads one kind, and raises ``ValueError`` for others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dli_provider.api.regions import REGIONS
from dli_provider.api.settings import (
    LANGUAGES,
    check_ca_bundle,
    check_console_url,
    check_timeout,
    is_loopback_origin,
    parse_origin,
)
from dli_provider.flink.arguments import nearest, parse_project_id
from dli_provider.masking import printable

AUTH_KINDS = ("aksk", "password", "agency")


def parse_text(value: object) -> str:
    """Return a text without the blanks around it."""
    if isinstance(value, str):
        return value.strip()
    raise ValueError(f"must be text, not {type(value).__name__}")


def parse_flag(value: object) -> bool:
    """Return a flag, given as such or as text."""
    text = str(value).strip().lower() if isinstance(value, bool | str) else ""
    if text not in {"true", "false"}:
        raise ValueError(f"must be true or false, not {shown(value)}")
    return text == "true"


def parse_seconds(value: object) -> float:
    """Return a timeout in seconds, given as a number or as text."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            return check_timeout(float(value))
    raise ValueError(f"must be a number of seconds, more than 0 and at most 3600, not {shown(value)}")


def parse_choice(value: object, choices: tuple[str, ...]) -> str:
    """Return one of some words, in its own spelling; the error names the nearest one."""
    text = parse_text(value).lower()
    if text not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}, not {shown(value)}{nearest(value, choices)}")
    return text


def parse_verify(value: object) -> bool | str:
    """Return how certificates are verified: a flag, or the path of a CA bundle, which must be there."""
    if isinstance(value, bool | str):
        text = str(value).strip()
        if text.lower() in {"true", "false"}:
            return text.lower() == "true"
        try:
            return check_ca_bundle(text)
        except ValueError as error:
            raise ValueError(f"must be true, false or the path of a CA bundle; {error}") from None
    raise ValueError(f"must be true, false or the path of a CA bundle, not {shown(value)}")


def parse_proxies(value: object) -> dict[str, str]:
    """Return proxies by scheme, given as a mapping or as its JSON; the error repeats none: it may hold a
    password.
    """
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict) and all(isinstance(text, str) for pair in content.items() for text in pair):
        return content
    raise ValueError('must be JSON such as {"https": "http://proxy.example.com:3128"}')


def parse_iam_endpoint(value: object) -> str:
    """Return the origin of IAM without the path ``/v3`` that Terraform has; another extra allows http."""
    return parse_origin(re.sub(r"/v3/?$", "", parse_text(value)), allow_http=True)


def parse_metadata_endpoint(value: object) -> str:
    """Return the origin of a metadata service on this machine: keys are taken from no other that is named."""
    origin = parse_origin(parse_text(value), allow_http=True)
    if not is_loopback_origin(origin):
        raise ValueError(
            f"{origin!r:.120} is not on this machine: it is for tests, such as http://127.0.0.1:8790; "
            "leave it out on an ECS server"
        )
    return origin


def parse_id(value: object) -> str:
    """Return the id of a project, which can't change the path of a request."""
    return parse_project_id(parse_text(value))


def parse_name(value: object) -> str:
    """Return the name of a region, or of a project of IAM."""
    text = parse_text(value)
    if len(text) > 64 or not text.isprintable():
        raise ValueError(f"must be a name such as cn-north-4, not {shown(text)}")
    return text


def known_region(region: str) -> str:
    """Return a region of Huawei Cloud; the error names the nearest one."""
    if region in REGIONS:
        return region
    base = region.partition("_")[0]
    if base in REGIONS:
        raise ValueError(
            f"{shown(region)} names a project: set region to {base!r}, and project_name to {shown(region)}"
        )
    hint = nearest(region, REGIONS)
    raise ValueError(f"{shown(region)} is not a known one{hint}: set the endpoint as host for another cloud")


def shown(value: object) -> str:
    """Return what an error shows of a value: the beginning of a text, or the kind of anything else."""
    if isinstance(value, str):
        return repr(printable(value, 40))
    return repr(value) if isinstance(value, bool | int | float) and abs(value) < 1e9 else type(value).__name__


EXTRAS: dict[str, Callable[[Any], object]] = {
    "region": parse_name,
    "project_id": parse_id,
    "project_name": parse_name,
    "auth": lambda value: parse_choice(value, AUTH_KINDS),
    "domain_name": parse_text,
    "security_token": parse_text,
    "iam_endpoint": parse_iam_endpoint,
    "metadata_endpoint": parse_metadata_endpoint,
    "verify": parse_verify,
    "proxies": parse_proxies,
    "connect_timeout": parse_seconds,
    "read_timeout": parse_seconds,
    "console_url": lambda value: check_console_url(parse_text(value)),
    "allow_http": parse_flag,
    "language": lambda value: parse_choice(value, LANGUAGES),
}
"""Every extra of a connection, and how it is read by itself. Each raises :class:`ValueError`."""
