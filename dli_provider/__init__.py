"""Airflow provider for Flink jobs on Huawei Cloud Data Lake Insight (DLI)."""

from __future__ import annotations

__version__ = "0.1.0"


def get_provider_info() -> dict[str, object]:
    """Return what Airflow has to know of this provider."""
    return {
        "package-name": "airflow-provider-huaweicloud-dli",
        "name": "Huawei Cloud DLI",
        "description": "Flink jobs on Huawei Cloud Data Lake Insight (DLI).",
        "versions": [__version__],
        "extra-links": ["dli_provider.links.flink.DliFlinkConsoleLink"],
        "connection-types": [
            {"connection-type": "huaweicloud_dli", "hook-class-name": "dli_provider.hooks.dli.DliHook"}
        ],
    }
