"""Every difference between Airflow lines, and nothing else.

Airflow 3 offers what DAG authors use in ``airflow.sdk``; Airflow 2.11 has it where it always was, and the
releases in between have some of it in either place. The provider imports all of it from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow import __version__ as AIRFLOW_VERSION  # noqa: N812
from airflow.triggers import base as triggers
from airflow.triggers.base import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from airflow.sdk import (
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        Connection,
        Context,
        PokeReturnValue,
        XComArg,
    )
    from airflow.sdk.bases.xcom import BaseXCom
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowRescheduleException,
        AirflowSensorTimeout,
        AirflowSkipException,
        AirflowTaskTimeout,
    )
    from airflow.sdk.types import Logger, TaskInstanceKey
    from airflow.triggers.base import BaseEventTrigger

    HAS_ASSET_WATCHERS: bool

    def gauge(name: str, value: float) -> None:
        """Set a gauge of Airflow's own metrics.

        :param name: its name.
        :param value: its value.
        """

else:
    _EXCEPTIONS = ("airflow.sdk.exceptions", "airflow.exceptions")
    _STATS = ("airflow.sdk.observability.stats", "airflow.observability.stats", "airflow.stats")
    _MODULES = {
        "BaseHook": ("airflow.sdk", "airflow.hooks.base"),
        "BaseOperator": ("airflow.sdk", "airflow.models.baseoperator"),
        "BaseOperatorLink": ("airflow.sdk", "airflow.models.baseoperatorlink"),
        "BaseSensorOperator": ("airflow.sdk", "airflow.sensors.base"),
        "Connection": ("airflow.sdk", "airflow.models.connection"),
        "PokeReturnValue": ("airflow.sdk", "airflow.sensors.base"),
        "BaseXCom": ("airflow.sdk.bases.xcom", "airflow.models.xcom"),
        "conf": ("airflow.sdk.configuration", "airflow.configuration"),
        "AirflowException": _EXCEPTIONS,
        "AirflowFailException": _EXCEPTIONS,
        "AirflowNotFoundException": _EXCEPTIONS,
        "AirflowRescheduleException": _EXCEPTIONS,
        "AirflowSensorTimeout": _EXCEPTIONS,
        "AirflowSkipException": _EXCEPTIONS,
        "AirflowTaskTimeout": _EXCEPTIONS,
    }
    """Where each name may be, the newest Airflow's module first."""

    def _first(name, modules):
        """Return a name from the first module that has it."""
        for module in modules:
            try:
                return getattr(import_module(module), name)
            except (ImportError, AttributeError):
                continue
        raise ImportError(f"this Airflow has no {name} in any of {modules}")

    globals().update({name: _first(name, modules) for name, modules in _MODULES.items()})

    def gauge(name, value):
        """Set a gauge of Airflow's own metrics."""
        _first("Stats", _STATS).gauge(name, value)

    HAS_ASSET_WATCHERS = hasattr(triggers, "BaseEventTrigger")
    BaseEventTrigger = getattr(triggers, "BaseEventTrigger", BaseTrigger)

TRIGGER_TIMEOUT_TEXTS = frozenset({"Trigger timeout", "Trigger/execution timeout"})
"""What Airflow 3 and Airflow 2 tell a task whose trigger did not fire within the deferral's timeout."""


async def get_connection_async(hook: BaseHook, conn_id: str) -> tuple[Connection, dict[str, Any]]:
    """Return a connection and its extra without blocking the event loop.

    Airflow 3.3.2 and later look both up on the loop. Before, ``aget_connection`` doesn't exist, or masks
    secrets with a blocking call that fails while another one is under way (``DeadlockImminentError``): there
    a thread does it.

    :param hook: the hook whose ``get_connection`` or ``aget_connection`` is used.
    :param conn_id: the connection.
    """
    if hasattr(Connection, "aextra_dejson"):
        connection = await hook.aget_connection(conn_id)
        return connection, await connection.aextra_dejson()

    def look_up() -> tuple[Connection, dict[str, Any]]:
        connection = hook.get_connection(conn_id)
        return connection, connection.extra_dejson

    return await asyncio.to_thread(look_up)


def first_poke_at(sensor: BaseSensorOperator, context: Context) -> datetime | None:
    """Return when a rescheduled sensor poked first in this try; None when this is its first poke.

    Airflow 3 asks its API server, Airflow 2 the database.

    :param sensor: the sensor.
    :param context: the task's context; an empty one, as in a unit test, knows of no earlier poke.
    """
    ti: Any = context.get("ti")
    if ti is None:
        return None
    found: datetime | None
    if hasattr(ti, "get_first_reschedule_date"):
        found = ti.get_first_reschedule_date(context)
        return found
    from airflow.sensors.base import _orig_start_date  # type: ignore[import-not-found]

    first_try = (ti.max_tries or 0) - (sensor.retries or 0) + 1
    found = _orig_start_date(
        dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id, map_index=ti.map_index, try_number=first_try
    )
    return found


def reschedule(seconds: float) -> AirflowRescheduleException:
    """Return the exception that gives a worker slot up and runs the task again later.

    :param seconds: how much later.
    """
    date = datetime.now(UTC) + timedelta(seconds=seconds)
    return AirflowRescheduleException(date)  # type: ignore[no-untyped-call]


def task_state_store(context: Context) -> Any:
    """Return what keeps data of a task from one of its processes to the next; None before Airflow 3.3.

    :param context: the task's context.
    """
    return context.get("task_state_store")


def mapped_arguments(operator: BaseOperator) -> Collection[str]:
    """Return the names of the arguments that a mapped task was given, also of those that are None there.

    Their values come from upstream tasks, so that a None isn't the DAG author's own. Empty for other tasks.

    :param operator: the operator that runs the task.
    """
    if not getattr(operator, "_BaseOperator__from_mapped", False):
        return ()
    arguments: Mapping[str, Any] = getattr(operator, "_BaseOperator__init_kwargs", {})
    return arguments.keys()


class RenderedFieldsMixin:
    """Tells an operator when its templates are rendered, before Airflow stores the attributes for its UI.

    Airflow has no public hook for this: of a mapped task, it never calls ``render_template_fields``.
    """

    def after_rendering(self, context: Context) -> None:
        """Replace attributes that must not be stored as they are.

        :param context: the task's context.
        """

    def _do_render_template_fields(
        self, parent: Any, template_fields: Any, context: Context, *args: Any, **kwargs: Any
    ) -> None:
        base: Any = super()
        base._do_render_template_fields(  # noqa: SLF001
            parent, template_fields, context, *args, **kwargs
        )
        if parent is self:
            self.after_rendering(context)
