"""Airflow provider for Flink jobs on Huawei Cloud Data Lake Insight (DLI).

Every Airflow process loads this module, and by it the provider's description; so it imports nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"


def get_provider_info() -> dict:  # type: ignore[type-arg]
    """Return what Airflow has to know of this provider: its parts, its connection type and its form."""
    integration = "Huawei Cloud Data Lake Insight (DLI)"
    return {
        "package-name": "airflow-provider-huaweicloud-dli",
        "name": "Huawei Cloud DLI",
        "description": "Flink jobs on Huawei Cloud Data Lake Insight (DLI).",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": integration,
                "external-doc-url": "https://support.huaweicloud.com/dli/index.html",
                "tags": ["service"],
            }
        ],
        "hooks": [{"integration-name": integration, "python-modules": ["dli_provider.hooks.dli"]}],
        "sensors": [{"integration-name": integration, "python-modules": ["dli_provider.sensors.flink"]}],
        "operators": [{"integration-name": integration, "python-modules": ["dli_provider.operators.flink"]}],
        "triggers": [{"integration-name": integration, "python-modules": ["dli_provider.triggers.flink"]}],
        "extra-links": ["dli_provider.links.flink.DliFlinkConsoleLink"],
        "connection-types": [
            {
                "connection-type": "huaweicloud_dli",
                "hook-class-name": "dli_provider.hooks.dli.DliHook",
                "hook-name": "Huawei Cloud DLI",
                "conn-fields": _CONNECTION_FIELDS,
                "ui-field-behaviour": _STANDARD_FIELDS,
            }
        ],
    }


_STANDARD_FIELDS = {
    "hidden-fields": ["schema", "extra"],
    "relabeling": {
        "host": "Endpoint",
        "login": "Access key (AK) or IAM user",
        "password": "Secret key (SK) or password",
    },
    "placeholders": {
        "host": "https://dli.eu-de.example.com; empty for the region's own",
        "port": "443; Airflow 3.3 needs it to test a saved connection",
        "region": "cn-north-4",
        "project_id": "looked up by region or project name when empty",
        "project_name": "cn-north-4_dev",
        "auth": "aksk",
        "domain_name": "only with authentication password",
        "security_token": "only with a temporary access key",
        "iam_endpoint": "https://iam.eu-de.example.com; empty for the region's own",
        "verify": "true",
        "proxies": '{"https": "http://proxy.example.com:3128"}',
        "connect_timeout": "10",
        "read_timeout": "30",
        "console_url": "https://console.example.com/dli/?region={region}#/jobs/{job_id}",
        "allow_http": "false",
        "language": "en-us",
    },
}


def _field(label: str, description: str, *types: str, **schema: object) -> dict[str, object]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": [*(types or ["string"]), "null"], **schema},
    }


_ACCESS = "Region and Authentication"
_NETWORK = "Network and Console"

_CONNECTION_FIELDS = {
    "region": _field("Region", "Such as cn-north-4. Gives the endpoints that aren't set.", section=_ACCESS),
    "project_id": _field(
        "Project ID", "Project whose jobs are read. Empty: looked up in IAM by its name.", section=_ACCESS
    ),
    "project_name": _field(
        "Project name",
        "Name of a sub-project, such as cn-north-4_dev, to look up. Empty: the region's main project.",
        section=_ACCESS,
    ),
    "auth": _field(
        "Authentication",
        "aksk: access key and secret key. password: name and password of an IAM user. "
        "agency: the agency of the ECS server that Airflow runs on.",
        enum=["aksk", "password", "agency"],
        default="aksk",
        section=_ACCESS,
    ),
    "domain_name": _field(
        "Account name", "Account of the IAM user; only with authentication password.", section=_ACCESS
    ),
    "security_token": _field(
        "Security token", "Only with a temporary access key.", format="password", section=_ACCESS
    ),
    "iam_endpoint": _field(
        "IAM endpoint",
        "Such as https://iam.eu-de.example.com. Empty: the region's own at Huawei Cloud.",
        section=_NETWORK,
    ),
    "verify": _field(
        "Verify certificates", "true, false or the path of a CA bundle. Empty: true.", section=_NETWORK
    ),
    "proxies": _field(
        "Proxies",
        'JSON such as {"https": "http://proxy.example.com:3128"}. Empty: those of the environment.',
        *("string", "object"),
        section=_NETWORK,
    ),
    "connect_timeout": _field(
        "Connect timeout",
        "Seconds within which a connection must stand. Empty: 10.",
        "number",
        minimum=1,
        maximum=3600,
        section=_NETWORK,
    ),
    "read_timeout": _field(
        "Read timeout",
        "Seconds within which the whole answer must have come. Empty: 30.",
        "number",
        minimum=1,
        maximum=3600,
        section=_NETWORK,
    ),
    "console_url": _field(
        "Console URL",
        "Page that a task links to; {region}, {project_id} and {job_id} may stand in it. "
        "Empty: the region's own.",
        section=_NETWORK,
    ),
    "allow_http": _field(
        "Allow plain http",
        "Accept http:// endpoints on other machines, which anybody on the way can read.",
        "boolean",
        default=False,
        section=_NETWORK,
    ),
    "language": _field(
        "Language",
        "Language of DLI's messages. Empty: DLI's own choice.",
        enum=["en-us", "zh-cn"],
        section=_NETWORK,
    ),
}
