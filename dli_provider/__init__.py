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
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "extra"],
                    "relabeling": {
                        "host": "Endpoint",
                        "login": "Access key (AK)",
                        "password": "Secret key (SK)",
                    },
                    "placeholders": {
                        "host": "https://dli.eu-de.example.com; leave empty for the region's own",
                        "port": "443; for the Test button of Airflow 3.3.2, which wants a port",
                        "login": "Access key; with auth password the IAM user's name",
                        "password": "Secret key; with auth password the IAM user's password",
                        "region": "cn-north-4",
                        "project_id": "looked up from IAM by region when empty",
                        "domain_name": "with auth password",
                        "iam_endpoint": "https://iam.example.com; leave empty for the region's own",
                        "verify": "true, false, or the path of a CA bundle",
                        "proxies": '{"https": "http://proxy.example.com:3128"}',
                        "connect_timeout": "10",
                        "read_timeout": "30",
                        "console_url": "https://console.example.com/dli/?region={region}#/jobs/{job_id}",
                    },
                },
            }
        ],
    }


def _text(label: str, description: str, **schema: object) -> dict[str, object]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"], **schema}}


_CONNECTION_FIELDS = {
    "region": _text("Region", "Region of Huawei Cloud; gives the endpoints, unless they are set."),
    "project_id": _text(
        "Project id", "Project whose jobs are read; looked up from IAM by region when empty."
    ),
    "auth": _text(
        "Authentication",
        "aksk: access key and secret key; password: an IAM user and password; agency: that of an ECS server.",
        enum=["aksk", "password", "agency"],
        default="aksk",
    ),
    "domain_name": _text("Account name", "Name of the account; needed by authentication password."),
    "security_token": _text("Security token", "Token of a temporary access key.", format="password"),
    "iam_endpoint": _text("IAM endpoint", "Endpoint of IAM, when it isn't the region's."),
    "verify": _text("Verify certificates", "true, false, or the path of a CA bundle."),
    "proxies": _text("Proxies", "Proxies by scheme, as JSON; those of the environment when empty."),
    "connect_timeout": _text(
        "Connect timeout", "Seconds within which a connection must stand; 10 when empty."
    ),
    "read_timeout": _text(
        "Read timeout", "Seconds within which the whole answer must have come; 30 when empty."
    ),
    "console_url": _text(
        "Console URL", "Page the tasks link to; {region}, {project_id} and {job_id} may stand in it."
    ),
    "allow_http": {
        "label": "Allow plain http",
        "description": "Accept an endpoint on another machine without TLS.",
        "schema": {"type": ["boolean", "null"], "default": False},
    },
}
