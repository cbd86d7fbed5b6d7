"""Where DLI is, and how it is to be reached: validated, and safe to print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from dli_provider.api.errors import DliSettingsError
from dli_provider.flink.arguments import parse_project_id

if TYPE_CHECKING:
    from dli_provider.api.auth.lease import Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class DliSettings:
    """Everything that a client of DLI needs to know.

    :param endpoint: origin of DLI, an answer of :func:`parse_origin`.
    :param credential: what shows who is calling.
    :param region: the region's name, by which IAM finds the project when ``project_id`` is absent.
    :param project_id: the project (resource isolation) whose jobs are read; looked up from IAM when absent.
    :param project_name: name by which it is looked up, such as ``cn-north-4_dev``; the region's when absent.
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
    :param connection: name of the connection that the settings are of, for errors; None for none.
    :raises DliSettingsError: for an invalid setting.
    """

    endpoint: str
    credential: Credential
    region: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    iam_endpoint: str | None = None
    verify: bool | str = True
    proxies: Mapping[str, str] | None = field(default=None, repr=False)
    console_url: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    language: str | None = None
    user_agent: str = ""
    connection: str | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """The endpoint and the connection's name, as errors show them."""
        return f"{self.endpoint} (connection {self.connection!r})" if self.connection else self.endpoint

    def __post_init__(self) -> None:
        try:
            if self.project_id is not None:
                parse_project_id(self.project_id)
            for name in ("connect_timeout", "read_timeout"):
                check_timeout(getattr(self, name), name)
        except ValueError as error:
            raise DliSettingsError(str(error)) from None
        self.console_address(0)

    def console_address(self, job_id: int) -> str | None:
        """Return the console's page for a job; None where none is known.

        :param job_id: the job.
        :raises DliSettingsError: when it is no http or https address.
        """
        if self.console_url is None:
            return None
        values = {"region": self.region, "project_id": self.project_id, "job_id": str(job_id)}
        address = self.console_url
        for name, value in values.items():
            address = address.replace(f"{{{name}}}", quote(value or "", safe=""))
        if not is_web_address(address):
            raise DliSettingsError(f"console_url {_NO_CONSOLE}")
        return address


def check_console_url(template: str) -> str:
    """Return the template of the console's page.

    :param template: an http or https address, in which ``{region}``, ``{project_id}`` and ``{job_id}`` may
        stand.
    :raises ValueError: for anything else, and for one with a login in it.
    """
    if not is_web_address(re.sub(r"\{(region|project_id|job_id)\}", "x", template)):
        raise ValueError(_NO_CONSOLE)
    return template


_NO_CONSOLE = (
    "must be an http or https address without a login, in which {region}, {project_id} and {job_id} may stand"
)


def is_web_address(text: str) -> bool:
    """Tell whether a text is an http or https address that a browser can be sent to: with a host, without a
    login, and of a reasonable length.
    """
    if len(text) > 2000 or not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
        return False
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and "@" not in parts.netloc
            and parts.port != 0
            and bool(parse_host(parts.hostname))
        )
    except ValueError:
        return False


def check_timeout(seconds: float, name: str = "") -> float:
    """Return a timeout.

    :param seconds: more than 0 and at most 3600.
    :param name: what it is called in an error.
    :raises ValueError: for any other number.
    """
    if not 0 < seconds <= 3600:
        raise ValueError(f"{name} must be more than 0 and at most 3600 seconds".strip())
    return seconds


LANGUAGES = ("en-us", "zh-cn")
"""Languages in which DLI writes its messages."""

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


def is_loopback_origin(origin: str) -> bool:
    """Tell whether an origin is on this very machine."""
    return is_loopback(urlsplit(origin).hostname or "")


def _shown(text: str) -> str:
    """Return the text of an endpoint without what may be a password in it."""
    return text.rpartition("@")[2][:120]
