"""What tests need of Airflow itself, wherever its line has it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def _first(name: str, *modules: str) -> Any:
    for module in modules[:-1]:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    return getattr(import_module(modules[-1]), name)


DAG = _first("DAG", "airflow.sdk", "airflow.models.dag")
task = _first("task", "airflow.sdk", "airflow.decorators")
TaskDeferred = _first("TaskDeferred", "airflow.sdk.exceptions", "airflow.exceptions")
Stats = _first("Stats", "airflow.sdk.observability.stats", "airflow.observability.stats", "airflow.stats")
