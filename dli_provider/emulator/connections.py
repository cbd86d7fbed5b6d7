"""The Airflow connections to an emulator, as Airflow reads them in JSON."""

from __future__ import annotations

from typing import Any

from dli_provider.emulator.services.iam import Iam


def by_key(url: str, region: str, project_id: str, access_key: str, secret_key: str) -> dict[str, Any]:
    """Return the connection by an access key."""
    extra = {"region": region, "project_id": project_id, "iam_endpoint": url}
    return {
        "conn_type": "huaweicloud_dli",
        "login": access_key,
        "password": secret_key,
        "host": url,
        "extra": extra,
    }


def by_password(connection: dict[str, Any], iam: Iam) -> dict[str, Any]:
    """Return the connection by an IAM user's name and password."""
    extra = connection["extra"] | {"auth": "password", "domain_name": iam.domain_name}
    return connection | {"login": iam.user, "password": iam.password, "extra": extra}


def by_agency(connection: dict[str, Any]) -> dict[str, Any]:
    """Return the connection by the agency of an ECS server."""
    extra = connection["extra"] | {"auth": "agency", "metadata_endpoint": connection["host"]}
    rest = {name: value for name, value in connection.items() if name not in ("login", "password")}
    return rest | {"extra": extra}
