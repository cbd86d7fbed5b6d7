"""From an Airflow connection to the settings of a client: every field checked, every complaint naming its
field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dli_provider.api.auth.credentials import AgencyCredential, AkSkCredential, Credential, PasswordCredential
from dli_provider.api.errors import DliSettingsError
from dli_provider.api.regions import console_url, dli_endpoint, iam_endpoint
from dli_provider.api.settings import DliSettings, check_ca_bundle, is_loopback, parse_origin
from dli_provider.flink.arguments import parse_project_id

if TYPE_CHECKING:
    from dli_provider.airflow_compat import Connection

AUTH_KINDS = ("aksk", "password", "agency")


def settings_from_connection(
    connection: Connection,
    extra: Mapping[str, Any],
    *,
    region: str | None = None,
    project_id: str | None = None,
) -> DliSettings:
    """Return the settings that a connection describes.

    :param connection: the connection; of type ``huaweicloud_dli``, or ``huaweicloud`` as the older provider
        has it.
    :param extra: its extra as a mapping; read by the caller, for on an event loop that must be awaited.
    :param region: used instead of the connection's; the connection's project then doesn't count, for a
        project belongs to one region. So does an endpoint: where the connection names both, no other region
        is accepted.
    :param project_id: used instead of the connection's.
    :raises DliSettingsError: naming the connection id, the field at fault and what to do.
    """
    fields = _Fields(connection, extra)
    region, project_id = _region_and_project(fields, region, project_id)
    iam = _iam_endpoint(fields, region)
    with fields.checking():
        return DliSettings(
            endpoint=_endpoint(fields, region),
            credential=_credential(fields, region, project_id, iam),
            region=region,
            project_id=project_id,
            iam_endpoint=iam,
            verify=_verify(fields),
            proxies=_proxies(fields),
            console_url=_console_url(fields, region),
            connect_timeout=fields.seconds("connect_timeout", 10.0),
            read_timeout=fields.seconds("read_timeout", 30.0),
        )


class _Fields:
    """A connection's fields as text, numbers and flags; forms and URIs yield all of them as text."""

    def __init__(self, connection: Connection, extra: Mapping[str, Any]) -> None:
        self.connection = connection
        self.extra = extra
        if not isinstance(extra, Mapping):
            raise self.error("extra", 'must be a JSON object such as {"region": "cn-north-4"}')
        self.host = self.as_text("host", connection.host)

    def error(self, field: str, problem: str) -> DliSettingsError:
        return DliSettingsError(f"Connection {self.connection.conn_id!r}, {field}: {problem}")

    @contextmanager
    def checking(self, field: str | None = None) -> Iterator[None]:
        """Name the connection, and the field if there is one, in a complaint from below."""
        try:
            yield
        except DliSettingsError:
            raise
        except ValueError as error:
            raise self.error(field or "extra", str(error)) from None

    def as_text(self, field: str, value: object) -> str | None:
        """Return a text without the blanks around it; None for one that is empty then."""
        if value is not None and not isinstance(value, str):
            raise self.error(field, f"must be text, not {type(value).__name__}")
        return (value or "").strip() or None

    def text(self, name: str) -> str | None:
        return self.as_text(f"extra {name}", self.extra.get(name))

    def value(self, name: str) -> Any:
        """Return an extra that may be more than text; None when it is absent, or a text of blanks."""
        value = self.extra.get(name)
        return (value.strip() or None) if isinstance(value, str) else value

    def required(self, field: str, value: str | None, why: str) -> str:
        if not value or not value.strip():
            raise self.error(field, f"is missing: {why}")
        return value.strip()

    def flag(self, name: str) -> bool:
        value = self.value(name)
        text = "false" if value is None else str(value).lower()
        if text in {"true", "false"}:
            return text == "true"
        raise self.error(f"extra {name}", f"must be true or false, not {value!r:.40}")

    def seconds(self, name: str, default: float) -> float:
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            with suppress(TypeError, ValueError, OverflowError):
                return float(value)
        raise self.error(f"extra {name}", f"must be a number of seconds, not {value!r:.40}")


def _region_and_project(
    fields: _Fields, region: str | None, project_id: str | None
) -> tuple[str | None, str | None]:
    own_region = fields.text("region")
    region = fields.as_text("region", region) or own_region
    project_id = fields.as_text("project_id", project_id)
    if own_region in {None, region}:
        project_id = project_id or fields.text("project_id")
    elif fields.host:
        raise fields.error(
            "host",
            f"is an endpoint of region {own_region!r:.40}, and region {region!r:.40} was asked for: use a "
            "connection to that region's endpoint, or leave host empty for the region's own",
        )
    with fields.checking("project_id"):
        return region, parse_project_id(project_id) if project_id else None


def _endpoint(fields: _Fields, region: str | None) -> str:
    host, port = fields.host, fields.connection.port
    if host is None:
        if region is None:
            raise fields.error("extra region", "is missing: set the region, or the endpoint as host")
        found = dli_endpoint(region)
        if found is None:
            raise fields.error("extra region", f"{region!r:.40} is not a known one: set the endpoint as host")
        return found
    if host.count(":") > 1 and not {"[", "/"} & set(host):
        host = f"[{host}]"  # an IPv6 address, as Airflow takes it out of a URI
    if "://" not in host:
        schema = (fields.connection.schema or "").strip().lower()
        host = f"{schema if schema in {'http', 'https'} else 'https'}://{host}"
    if port and not re.search(r":[0-9]+/?$", host):
        host = f"{host.rstrip('/')}:{port}"
    with fields.checking("host"):
        return parse_origin(host, allow_http=fields.flag("allow_http"))


def _iam_endpoint(fields: _Fields, region: str | None) -> str | None:
    given = fields.text("iam_endpoint")
    if given is None:
        return iam_endpoint(region) if region else None
    with fields.checking("extra iam_endpoint"):
        return parse_origin(given, allow_http=fields.flag("allow_http"))


def _console_url(fields: _Fields, region: str | None) -> str | None:
    return fields.text("console_url") or (console_url(region) if region and not fields.host else None)


def _credential(fields: _Fields, region: str | None, project_id: str | None, iam: str | None) -> Credential:
    kind = fields.text("auth") or "aksk"
    if kind not in AUTH_KINDS:
        raise fields.error("extra auth", f"must be one of {', '.join(AUTH_KINDS)}, not {kind!r:.40}")
    if not project_id and not (region and iam):
        missing = "iam_endpoint" if region else "region"
        raise fields.error(
            "extra project_id", f"is missing, and can't be looked up without {missing}: set one of the two"
        )
    if kind == "agency":
        return _agency(fields)
    login = fields.connection.login
    secret = fields.connection.password
    if kind == "aksk":
        with fields.checking("login, password and extra security_token"):
            return AkSkCredential(
                fields.required("login", login, "set the access key (AK)"),
                fields.required("password", secret, "set the secret key (SK)"),
                fields.text("security_token"),
            )
    return PasswordCredential(
        user=fields.required("login", login, "set the IAM user's name"),
        password=fields.required("password", secret, "set the IAM user's password"),
        domain_name=fields.required(
            "extra domain_name",
            fields.text("domain_name"),
            "set the account's name, which auth password needs",
        ),
        iam_endpoint=fields.required(
            "extra iam_endpoint",
            iam,
            "set the IAM endpoint, which auth password needs; none is known for the region",
        ),
        project_id=project_id,
        project_name=None if project_id else region,
    )


def _agency(fields: _Fields) -> AgencyCredential:
    given = fields.text("metadata_endpoint")
    if given is None:
        return AgencyCredential()
    with fields.checking("extra metadata_endpoint"):
        origin = parse_origin(given, allow_http=True)
        if not is_loopback(urlsplit(origin).hostname or ""):
            raise ValueError(
                f"{origin!r:.120} is not on this machine: it is for tests, such as http://127.0.0.1:8790; "
                "leave it out on an ECS server"
            )
        return AgencyCredential(origin)


def _verify(fields: _Fields) -> bool | str:
    value = fields.value("verify")
    text = "true" if value is None else str(value)
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return check_ca_bundle(text)
    except ValueError as error:
        problem = f"must be true, false or the path of a CA bundle; {error}"
        raise fields.error("extra verify", problem) from None


def _proxies(fields: _Fields) -> Mapping[str, str] | None:
    value = fields.value("proxies")
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict) or not all(
        isinstance(item, str) for pair in value.items() for item in pair
    ):
        raise fields.error("extra proxies", 'must be JSON such as {"https": "http://proxy.example.com:3128"}')
    return value
