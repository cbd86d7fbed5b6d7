"""From an Airflow connection to the settings of a client."""

from __future__ import annotations

from dli_provider.connection.fields import ConnectionFields
from dli_provider.connection.reading import settings_from_fields
from dli_provider.connection.values import AUTH_KINDS

__all__ = ["AUTH_KINDS", "ConnectionFields", "settings_from_fields"]
