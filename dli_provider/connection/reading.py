"""From an Airflow connection to the settings of a client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dli_provider.airflow_compat import AIRFLOW_VERSION
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.regions import console_url, dli_endpoint, iam_endpoint, is_same_cloud
from dli_provider.api.settings import DliSettings
from dli_provider.api.transport import USER_AGENT
from dli_provider.connection.fields import ConnectionFields
from dli_provider.connection.values import known_region, parse_id, parse_name
from dli_provider.flink.arguments import is_blank

if TYPE_CHECKING:
    from dli_provider.api.auth.lease import Credential


def settings_from_fields(
    fields: ConnectionFields, *, region: str | None = None, project_id: str | None = None
) -> DliSettings:
    """Return the settings that a connection's fields describe.

    :param fields: the fields; of a connection of type ``huaweicloud_dli``, or ``huaweicloud`` as the older
        provider has it.
    :param region: used instead of the connection's; the connection's project then doesn't count, because a
        project belongs to one region. So does an endpoint: where the connection names both, no other region
        is accepted.
    :param project_id: used instead of the connection's.
    :raises DliSettingsError: naming the connection, all fields at fault and what to do.
    """
    if fields.faults:  # there is no extra to read
        raise fields.error()
    fields.check()
    region, project_id, project_name = _project(fields, region, project_id)
    endpoint = _endpoint(fields, region)
    iam = fields.origin("extra iam_endpoint", fields.option("iam_endpoint")) or _own_iam(
        fields, region, endpoint
    )
    credential = _credential(fields, project_id, project_name or region, iam)
    if endpoint is None or credential is None or fields.faults:
        raise fields.error()
    return DliSettings(
        endpoint=endpoint,
        credential=credential,
        region=region,
        project_id=project_id,
        project_name=project_name,
        iam_endpoint=iam,
        verify=fields.option("verify", True),
        proxies=fields.option("proxies"),
        console_url=fields.option("console_url") or _own_console(fields, region),
        connect_timeout=fields.option("connect_timeout", 10.0),
        read_timeout=fields.option("read_timeout", 30.0),
        language=fields.option("language"),
        user_agent=f"{USER_AGENT} Airflow/{AIRFLOW_VERSION}",
        connection=fields.conn_id,
    )


def _project(
    fields: ConnectionFields, region: str | None, project_id: str | None
) -> tuple[str | None, str | None, str | None]:
    """Return the region, the project's id and its name; the last two as far as they are set."""
    own_region = fields.option("region")
    region = own_region if is_blank(region) else fields.read("region", region, parse_name)
    project_id = None if is_blank(project_id) else fields.read("project_id", project_id, parse_id)
    if region is None or own_region in {None, region}:
        return region, project_id or fields.option("project_id"), fields.option("project_name")
    if fields.standard("host"):
        fields.fault(
            "host",
            f"is an endpoint of region {own_region!r:.40}, and region {region!r:.40} was asked for: use a "
            "connection to that region's endpoint, or leave host empty for the region's own",
        )
    return region, project_id, None


def _endpoint(fields: ConnectionFields, region: str | None) -> str | None:
    host, port = fields.standard("host"), fields.port
    if host is None:
        if region is None:
            fields.fault_unless_told("extra region", "is missing: set the region, or the endpoint as host")
        known = fields.read("extra region", region, known_region)
        return dli_endpoint(known) if known else None
    if host.count(":") > 1 and not {"[", "/"} & set(host):
        host = f"[{host}]"  # an IPv6 address, as Airflow takes it out of a URI
    if "://" not in host:
        schema = (fields.standard("schema") or "").lower()
        host = f"{schema if schema in {'http', 'https'} else 'https'}://{host}"
    if port and not re.search(r":[0-9]+/?$", host):
        host = f"{host.rstrip('/')}:{port}"
    return fields.origin("host", host)


def _own_iam(fields: ConnectionFields, region: str | None, endpoint: str | None) -> str | None:
    """Return the IAM of the region; None where the endpoint is another cloud's, which may have a region of
    the same name. A password or a signature is sent to no IAM that the connection doesn't mean.
    """
    own = iam_endpoint(region) if region else None
    if own and endpoint and (fields.standard("host") is None or is_same_cloud(endpoint, own)):
        return own
    return None


def _own_console(fields: ConnectionFields, region: str | None) -> str | None:
    """Return the console of the region; None where the endpoint may be another cloud's."""
    return console_url(region) if region and fields.standard("host") is None else None


def _credential(
    fields: ConnectionFields, project_id: str | None, project_name: str | None, iam: str | None
) -> Credential | None:
    if project_id is None:
        _check_look_up(fields, project_name, iam)
    kind = fields.option("auth", "aksk")
    if "extra auth" in fields.faults:
        return None
    if kind == "agency":
        from dli_provider.api.auth.agency import METADATA_ENDPOINT, AgencyCredential

        return AgencyCredential(fields.option("metadata_endpoint", METADATA_ENDPOINT))
    return _access_key(fields) if kind == "aksk" else _password(fields, project_id, project_name, iam)


def _check_look_up(fields: ConnectionFields, project_name: str | None, iam: str | None) -> None:
    """Note a fault where the project is not set and can't be looked up."""
    problem = "is missing, and can't be looked up without"
    if project_name is None:
        fields.fault_unless_told("extra project_id", f"{problem} region: set one of the two")
    elif iam is None:
        told = f"{problem} iam_endpoint: set one of the two. {_NOT_GUESSED}"
        fields.fault_unless_told("extra project_id", told)


_NOT_GUESSED = "Where host is not Huawei Cloud's own, nothing is sent to an IAM that isn't named"


def _access_key(fields: ConnectionFields) -> AkSkCredential | None:
    access_key = fields.require("login", fields.standard("login"), "set the access key (AK)")
    secret_key = fields.require("password", fields.standard("password"), "set the secret key (SK)")
    token = fields.option("security_token")
    if access_key is None or secret_key is None:
        return None
    try:
        return AkSkCredential(access_key, secret_key, token)
    except ValueError as error:
        fields.fault("login, password and extra security_token", str(error))
        return None


def _password(
    fields: ConnectionFields, project_id: str | None, project_name: str | None, iam: str | None
) -> Credential | None:
    user = fields.require("login", fields.standard("login"), "set the IAM user's name")
    password = fields.require("password", fields.standard("password"), "set the IAM user's password")
    domain = fields.require(
        "extra domain_name", fields.option("domain_name"), "set the account's name, which auth password needs"
    )
    if iam is None:
        told = f"is missing: set the IAM endpoint, which auth password needs. {_NOT_GUESSED}"
        fields.fault_unless_told("extra iam_endpoint", told)
    if user is None or password is None or domain is None or iam is None:
        return None
    from dli_provider.api.auth.token import PasswordCredential

    return PasswordCredential(user, password, domain, iam, project_id, None if project_id else project_name)
