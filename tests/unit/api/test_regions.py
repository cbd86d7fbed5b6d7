"""The regions' endpoints, by the vendor's own tables."""

from __future__ import annotations

import pytest
from huaweicloudsdkcore.auth.internal import IamHelper
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkdli.v1.region.dli_region import DliRegion

from dli_provider.api import regions
from dli_provider.api.settings import parse_origin

VENDORS: dict[str, Region] = {
    region.id: region for region in vars(DliRegion).values() if isinstance(region, Region)
}
ELSEWHERE = "eu-west-101"


def test_are_those_of_the_vendor():
    assert set(VENDORS) == regions.REGIONS
    assert len(VENDORS) == 28


@pytest.mark.parametrize("region", sorted(VENDORS))
def test_dli_is_where_the_vendor_has_it(region):
    assert [regions.dli_endpoint(region)] == VENDORS[region].endpoints


@pytest.mark.parametrize("region", sorted(VENDORS.keys() - {ELSEWHERE}))
def test_iam_is_where_the_vendor_has_it(region):
    assert regions.iam_endpoint(region) == IamHelper.get_iam_endpoint(region)


@pytest.mark.parametrize("region", sorted(VENDORS))
def test_every_endpoint_is_an_origin(region):
    for endpoint in (regions.dli_endpoint(region), regions.iam_endpoint(region)):
        assert endpoint is None or parse_origin(endpoint) == endpoint


@pytest.mark.parametrize("region", [ELSEWHERE, "eu-de", "", "CN-NORTH-4", "cn-north-4.evil.example"])
def test_nothing_is_made_up_where_no_source_confirms_it(region):
    assert regions.console_url(region) is None
    if region != ELSEWHERE:
        assert regions.iam_endpoint(region) is None
        assert regions.dli_endpoint(region) is None


def test_iam_of_the_european_cloud_is_its_own():
    """The vendor's SDK has the global one for it; Terraform's users reach this one."""
    assert regions.iam_endpoint(ELSEWHERE) == "https://iam.eu-west-101.myhuaweicloud.eu"


@pytest.mark.parametrize(
    ("endpoint", "same"),
    [
        *(("https://dli.cn-north-4.myhuaweicloud.com", True), ("https://a.b.myhuaweicloud.com:8443", True)),
        *(("https://myhuaweicloud.com", False), ("https://evilmyhuaweicloud.com", False)),
        *(("https://dli.myhuaweicloud.com.example.com", False), ("https://dli.myhuaweicloud.eu", False)),
        *(("https://dli.eu-west-0.prod-cloud-ocb.orange-business.com", False), ("http://10.0.0.1", False)),
    ],
)
def test_a_cloud_is_told_by_the_whole_suffix_of_its_hosts(endpoint, same):
    assert regions.is_same_cloud(endpoint, "https://iam.cn-north-4.myhuaweicloud.com") is same


def test_the_console_lists_the_regions_jobs():
    assert regions.console_url("cn-north-4") == (
        "https://console.huaweicloud.com/dli/?region=cn-north-4#/main/jobs/flink"
    )
