"""The endpoints of the regions of Huawei Cloud, as the vendor's SDK lists them.

Other clouds with the same API (Open Telekom Cloud, Flexible Engine) are reached by naming their endpoints.
"""

from __future__ import annotations

from urllib.parse import urlsplit

REGIONS = frozenset(
    {
        *("cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-east-2", "cn-east-3", "cn-east-4"),
        *("cn-east-5", "cn-south-1", "cn-southwest-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
        *("ap-southeast-4", "my-kualalumpur-1", "af-south-1", "af-north-1", "ae-ad-1", "me-east-1"),
        *("tr-west-1", "la-south-2", "la-north-2", "na-mexico-1", "sa-brazil-1", "eu-west-0", "eu-west-101"),
        *("ru-moscow-1", "ru-northwest-2"),
    }
)

GLOBAL_IAM = "https://iam.myhuaweicloud.com"

_WITHOUT_REGIONAL_IAM = frozenset({"ru-northwest-2", "af-north-1"})


def dli_endpoint(region: str) -> str | None:
    """Return the region's DLI endpoint; None for a region that isn't known to have one."""
    if region not in REGIONS:
        return None
    return _endpoint("dli", region)


def iam_endpoint(region: str) -> str | None:
    """Return the IAM endpoint for a region; None for a region that isn't Huawei Cloud's."""
    if region not in REGIONS:
        return None
    if region in _WITHOUT_REGIONAL_IAM:
        return GLOBAL_IAM
    return _endpoint("iam", region)


def _endpoint(service: str, region: str) -> str:
    return f"https://{service}.{region}.myhuaweicloud.{'eu' if region == 'eu-west-101' else 'com'}"


def is_same_cloud(endpoint: str, other: str) -> bool:
    """Tell whether two endpoints surely belong to one cloud, which is to say to one company.

    A region's name doesn't tell the cloud: SberCloud and Orange have regions that are called as Huawei's.
    """
    return _cloud_of(endpoint) is not None and _cloud_of(endpoint) == _cloud_of(other)


_CLOUDS = (".myhuaweicloud.com", ".myhuaweicloud.eu")


def _cloud_of(endpoint: str) -> str | None:
    host = urlsplit(endpoint).hostname or ""
    return next((cloud for cloud in _CLOUDS if host.endswith(cloud)), None)


def console_url(region: str) -> str | None:
    """Return the page of the console that lists a region's Flink jobs; None for ``eu-west-101`` and other
    clouds.

    No document names a page of a single job.
    """
    if region not in REGIONS or region == "eu-west-101":
        return None
    return f"https://console.huaweicloud.com/dli/?region={region}#/main/jobs/flink"
