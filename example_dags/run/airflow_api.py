"""The REST API of an Airflow on this machine: v1 of Airflow 2.11, v2 of Airflow 3."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

VERSION = importlib.metadata.version("apache-airflow")
LINE = ".".join(VERSION.split(".")[:2])
"""The Airflow line, as the Makefile's ``AIRFLOW`` names it."""
CALL_LIMIT = 120.0
"""Seconds that Airflow may take to answer, on a busy machine."""
IS_AIRFLOW_2 = VERSION.startswith("2.")


class AirflowApi:
    """The calls that `make ui` and its tests make.

    :param address: the web server's.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = requests.Session()
        self._session.trust_env = False

    def is_healthy(self) -> bool:
        """Return True if every component of Airflow is up."""
        path = "health" if IS_AIRFLOW_2 else "api/v2/monitor/health"
        wanted = {"metadatabase", "scheduler", "triggerer", *(() if IS_AIRFLOW_2 else ("dag_processor",))}
        try:
            parts = self._session.get(f"{self.address}/{path}", timeout=5).json()
        except requests.RequestException:
            return False
        return wanted <= {name for name, part in parts.items() if part["status"] == "healthy"}

    def log_in(self, user: str, password: str) -> None:
        """Make the next calls as this user.

        :param user: the user.
        :param password: the user's password.
        """
        if IS_AIRFLOW_2:
            self._session.auth = (user, password)
            return
        token = self._call("POST", "auth/token", {"username": user, "password": password})["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def add_connection(self, connection_id: str, connection: Mapping[str, Any]) -> None:
        """Store a connection.

        :param connection_id: its id.
        :param connection: the connection, as Airflow reads one in JSON.
        """
        extra = json.dumps(connection["extra"])
        port = urlsplit(connection["host"]).port  # Airflow 3.3 needs it to test a stored connection
        body = {**connection, "connection_id": connection_id, "extra": extra, "port": port}
        self._call("POST", self._path("connections"), body)

    def connection_ids(self) -> set[str]:
        """Return the connections that are stored."""
        return {
            found["connection_id"] for found in self._call("GET", self._path("connections"))["connections"]
        }

    def dag_ids(self) -> set[str]:
        """Return the DAGs that Airflow has read so far."""
        return {dag["dag_id"] for dag in self._call("GET", self._path("dags"))["dags"]}

    def unpause(self, dag_id: str) -> None:
        """Unpause a DAG.

        :param dag_id: the DAG.
        """
        self._call("PATCH", self._path(f"dags/{dag_id}"), {"is_paused": False})

    def trigger(self, dag_id: str) -> str:
        """Start a run of a DAG, and return the run's id.

        :param dag_id: the DAG.
        """
        body: dict[str, Any] = {} if IS_AIRFLOW_2 else {"logical_date": None}
        run_id: str = self._call("POST", self._path(f"dags/{dag_id}/dagRuns"), body)["dag_run_id"]
        return run_id

    def states(self, dag_id: str, run_id: str) -> dict[str, str]:
        """Return the state of each task of a run.

        :param dag_id: the DAG.
        :param run_id: the run.
        """
        found = self._call("GET", self._path(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances"))
        return {task["task_id"]: str(task["state"]) for task in found["task_instances"]}

    def run_states(self, dag_id: str) -> list[str]:
        """Return the state of each run of a DAG.

        :param dag_id: the DAG.
        """
        return [run["state"] for run in self._call("GET", self._path(f"dags/{dag_id}/dagRuns"))["dag_runs"]]

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str]:
        """Return the addresses that a task links to.

        :param dag_id: the DAG.
        :param run_id: the run.
        :param task_id: the task.
        """
        path = self._path(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/links")
        found = self._call("GET", path)
        links: dict[str, str] = found if IS_AIRFLOW_2 else found["extra_links"]
        return links

    @staticmethod
    def _path(path: str) -> str:
        return f"api/{'v1' if IS_AIRFLOW_2 else 'v2'}/{path}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._session.request(method, f"{self.address}/{path}", json=body, timeout=CALL_LIMIT)
        answer.raise_for_status()
        return answer.json()
