"""The Airflow connections to an emulator, as Airflow reads them in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dli_provider.emulator.server import DliEmulator


def by_key(dli: DliEmulator) -> dict[str, Any]:
    """Return the connection by the access key."""
    return {**_connection(dli), "login": dli.access_key, "password": dli.secret_key}


def by_password(dli: DliEmulator) -> dict[str, Any]:
    """Return the connection by the IAM user's name and password."""
    extra = {"auth": "password", "domain_name": dli.iam.domain_name}
    return {**_connection(dli, **extra), "login": dli.iam.user, "password": dli.iam.password}


def by_agency(dli: DliEmulator) -> dict[str, Any]:
    """Return the connection by the agency of an ECS server."""
    return _connection(dli, auth="agency", metadata_endpoint=dli.url)


def _connection(dli: DliEmulator, **extra: str) -> dict[str, Any]:
    extra = {"region": dli.region, "project_id": dli.project_id, "iam_endpoint": dli.url, **extra}
    if dli.console_url:
        extra["console_url"] = f"{dli.console_url}/{{job_id}}"
    return {"conn_type": "huaweicloud_dli", "host": dli.url, "extra": extra}
