"""What the tasks of this provider fail with, beside the errors of DLI itself
(``dli_provider.api.errors``)."""

from __future__ import annotations

from dli_provider.airflow_compat import AirflowException, AirflowFailException


class DliFlinkJobFailedError(AirflowFailException):
    """The awaited status can't be reached any more: a retry would find the same, so the task isn't
    retried."""


class DliFlinkConfigDriftError(AirflowException):
    """The configuration of a job isn't what was expected of it."""


class DliFlinkUnhealthyError(AirflowException):
    """At least one job of a fleet is unhealthy."""
