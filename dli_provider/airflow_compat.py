"""Every difference between Airflow lines, and nothing else.

Airflow 3 offers what DAG authors use in ``airflow.sdk``; Airflow 2.11 has it where it always was, and the
releases in between have some of it in either place. The provider imports all of it from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
    )
    from airflow.sdk.execution_time.xcom import XCom
    from airflow.sdk.types import TaskInstanceKey
    from airflow.triggers.base import BaseEventTrigger

    HAS_ASSET_WATCHERS: bool

    def gauge(name: str, value: float) -> None:
        """Set a gauge of Airflow's own metrics.

        :param name: its name.
        :param value: its value.
        """

else:

    def _first(name, *modules):
        """Return a name from the first of some modules that has it; the newest Airflow's comes first."""
        for module in modules[:-1]:
            try:
                return getattr(import_module(module), name)
            except (ImportError, AttributeError):
                continue
        return getattr(import_module(modules[-1]), name)

    BaseHook = _first("BaseHook", "airflow.sdk", "airflow.hooks.base")
    BaseOperator = _first("BaseOperator", "airflow.sdk", "airflow.models.baseoperator")
    BaseOperatorLink = _first("BaseOperatorLink", "airflow.sdk", "airflow.models.baseoperatorlink")
    BaseSensorOperator = _first("BaseSensorOperator", "airflow.sdk", "airflow.sensors.base")
    Connection = _first("Connection", "airflow.sdk", "airflow.models.connection")
    PokeReturnValue = _first("PokeReturnValue", "airflow.sdk", "airflow.sensors.base")
    XCom = _first("XCom", "airflow.sdk.execution_time.xcom", "airflow.models.xcom")
    conf = _first("conf", "airflow.sdk.configuration", "airflow.configuration")

    _EXCEPTIONS = ("airflow.sdk.exceptions", "airflow.exceptions")
    AirflowException = _first("AirflowException", *_EXCEPTIONS)
    AirflowFailException = _first("AirflowFailException", *_EXCEPTIONS)
    AirflowNotFoundException = _first("AirflowNotFoundException", *_EXCEPTIONS)
    AirflowSensorTimeout = _first("AirflowSensorTimeout", *_EXCEPTIONS)
    AirflowSkipException = _first("AirflowSkipException", *_EXCEPTIONS)

    def gauge(name, value):
        metrics = ("airflow.sdk.observability.stats", "airflow.observability.stats", "airflow.stats")
        _first("Stats", *metrics).gauge(name, value)

    try:
        from airflow.triggers.base import BaseEventTrigger

        HAS_ASSET_WATCHERS = True
    except ImportError:
        BaseEventTrigger = BaseTrigger
        HAS_ASSET_WATCHERS = False

__all__ = [
    "HAS_ASSET_WATCHERS",
    "AirflowException",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "BaseEventTrigger",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "BaseTrigger",
    "Connection",
    "Context",
    "PokeReturnValue",
    "TaskInstanceKey",
    "TriggerEvent",
    "XCom",
    "XComArg",
    "conf",
    "gauge",
    "get_connection_async",
    "mapped_arguments",
]


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


def mapped_arguments(operator: BaseOperator) -> Collection[str]:
    """Return the names of the arguments that a mapped task was given, also of those that are None there.

    Their values come from upstream tasks, so that a None isn't the DAG author's own. Empty for other tasks.

    :param operator: the operator that runs the task.
    """
    if not getattr(operator, "_BaseOperator__from_mapped", False):
        return ()
    arguments: Mapping[str, Any] = getattr(operator, "_BaseOperator__init_kwargs", {})
    return arguments.keys()
