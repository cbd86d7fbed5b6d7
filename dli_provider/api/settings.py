"""Where DLI is, and how it is to be reached: validated, and safe to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dli_provider.flink.arguments import parse_project_id

if TYPE_CHECKING:
    from dli_provider.api.auth.credentials import Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class DliSettings:
    """Everything that a client of DLI needs to know.

    :param endpoint: origin of DLI, an answer of :func:`parse_origin`.
    :param credential: what proves who is calling.
    :param region: the region's name, by which IAM finds the project when ``project_id`` is absent.
    :param project_id: the project (resource isolation) whose jobs are read; looked up from IAM when absent.
    :param iam_endpoint: origin of IAM; needed to look the project up, and for tokens.
    :param verify: False to accept any certificate, or the path of a CA bundle.
    :param proxies: proxy URLs by scheme, as ``requests`` takes them; None for those of the environment.
    :param console_url: address of the console's page, in which ``{region}``, ``{project_id}`` and
        ``{job_id}`` may stand.
    :param connect_timeout: seconds within which a connection must stand.
    :param read_timeout: seconds within which the whole answer must have come, so that one which trickles in
        ends too.
    :param language: of DLI's messages, ``en-us`` or ``zh-cn``; None for DLI's own choice.
    :param user_agent: what the client calls itself; this provider and its version when empty.
    :raises ValueError: for a setting that can't be right.
    """

    endpoint: str
    credential: Credential
    region: str | None = None
    project_id: str | None = None
    iam_endpoint: str | None = None
    verify: bool | str = True
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    console_url: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    language: str | None = None
    user_agent: str = ""

    def __post_init__(self) -> None:
        if self.project_id is not None:
            parse_project_id(self.project_id)
        for name in ("connect_timeout", "read_timeout"):
            if not 0 < getattr(self, name) <= 3600:
                raise ValueError(f"{name} must be more than 0 and at most 3600 seconds")
        self.console_address(0)

    def console_address(self, job_id: int) -> str | None:
        """Return the console's page for a job; None where none is known.

        :param job_id: the job.
        """
        if self.console_url is None:
            return None
        try:
            address = self.console_url.format(
                region=self.region or "", project_id=self.project_id or "", job_id=job_id
            )
            valid = urlsplit(address).scheme in {"http", "https"}
        except (ValueError, LookupError, AttributeError):
            valid = False
        if not valid:
            raise ValueError(
                "console_url must be an http or https address, in which {region}, {project_id} and {job_id} "
                "may stand"
            )
        return address


_HOST = re.compile(r"[0-9a-z._:-]+")


def parse_host(name: str | None) -> str:
    """Return a URL's host as it is looked up, names in other scripts encoded.

    :param name: the host as ``urlsplit`` gives it.
    :raises ValueError: when no machine can have that name.
    """
    host = (name or "").encode("idna").decode()  # refuses an empty and a long label
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r:.120} is no host")
    return host


def parse_origin(endpoint: str, *, allow_http: bool = False) -> str:
    """Return scheme, host and port of an endpoint, fit to be put before a path.

    :param endpoint: such as ``https://dli.cn-north-4.myhuaweicloud.com``; ``https://`` may be left out.
    :param allow_http: True to accept plain http to another machine, where anybody on the way can read all of
        it.
    :raises ValueError: for anything that isn't an origin, or for plain http that isn't allowed.
    """
    text = endpoint.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
        host = parse_host(parts.hostname)
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or any(c.isspace() for c in text):
        raise ValueError(
            f"{_shown(text)!r} is no URL such as https://dli.cn-north-4.myhuaweicloud.com"
        ) from None
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{_shown(text)!r} must be a scheme, a host and perhaps a port, and nothing more")
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        raise ValueError(
            f"{_shown(text)!r} is plain http to another machine: use https, or set extra allow_http to true "
            "if the way to it is safe"
        )
    shown_host = f"[{host}]" if ":" in host else host
    own_port = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port not in {None, own_port} else "")


def check_ca_bundle(path: str) -> str:
    """Return the path of a CA bundle, after a look at it.

    :param path: a file, or a folder as OpenSSL takes it.
    :raises ValueError: when there is no such file or folder, it can't be read, or nothing is in it.
    """
    place = Path(path)
    try:
        if place.is_dir():
            filled = any(place.iterdir())
        elif place.is_file():
            with place.open("rb") as file:
                filled = bool(file.read(1))
        else:
            raise ValueError(f"there is no CA bundle {path!r:.200}")
    except OSError as error:
        raise ValueError(f"the CA bundle {path!r:.200} can't be read: {error.strerror}") from None
    if not filled:
        raise ValueError(f"the CA bundle {path!r:.200} is empty")
    return path


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this very machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _shown(text: str) -> str:
    """Return the text of an endpoint without what may be a password in it."""
    return text.rpartition("@")[2][:120]
