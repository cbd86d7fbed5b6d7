"""What the tasks of this provider fail with, apart from the errors of DLI itself
(:mod:`dli_provider.api.errors`).
"""

from __future__ import annotations

from dli_provider.airflow_compat import AirflowException, AirflowFailException


class DliFlinkJobFailedError(AirflowFailException):
    """No awaited status can be reached any more. The task isn't retried: a retry would find the same."""


class DliFlinkJobRunError(AirflowException):
    """A job that was run, stopped or saved ended elsewhere, or did not get there in time. Another try of the
    task may succeed; it first looks at what became of the job.
    """


class DliFlinkConfigDriftError(AirflowException):
    """The configuration of a job isn't what was expected of it."""


class DliFlinkUnhealthyError(AirflowException):
    """At least one job of a fleet is unhealthy."""
