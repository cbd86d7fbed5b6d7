"""Airflow's REST API, as somebody outside uses it: v1 of Airflow 2.11, v2 of Airflow 3."""

from __future__ import annotations

import importlib.metadata
import re
import time
from collections.abc import Mapping
from typing import Any

import requests

IS_AIRFLOW_2 = importlib.metadata.version("apache-airflow").startswith("2.")
ONE_FOR_ALL = -1
"""The map index of a task that isn't mapped."""


class RestApi:
    """Runs DAGs, and reads back what became of them.

    :param address: the web server's.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = requests.Session()
        self._session.trust_env = False

    def is_up(self) -> bool:
        """Tell whether the web server answers."""
        path = "health" if IS_AIRFLOW_2 else "api/v2/monitor/health"
        try:
            return self._session.get(f"{self.address}/{path}", timeout=5).ok
        except requests.RequestException:
            return False

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self._call("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def begin(self, dag_id: str, **conf: Any) -> str:
        """Start a run of a DAG, and return its id."""
        run_id = f"{dag_id}_{time.time_ns()}"
        self.unpause(dag_id)
        moment = {} if IS_AIRFLOW_2 else {"logical_date": None}
        self._call("POST", f"dags/{dag_id}/dagRuns", json={"dag_run_id": run_id, "conf": conf, **moment})
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run."""
        state: str = self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def tasks(self, dag_id: str, run_id: str) -> dict[tuple[str, int], Mapping[str, Any]]:
        """Return what the API tells of each task, by its id and map index."""
        found = self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {(task["task_id"], task["map_index"]): task for task in found}

    def xcom(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        map_index: int = ONE_FOR_ALL,
        *,
        key: str = "return_value",
    ) -> Any:
        """Return what a task pushed."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self._call("GET", path, params={"map_index": map_index, "stringify": "false"})["value"]

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str | None]:
        """Return the extra links of a task."""
        found = self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/links")
        links: dict[str, str | None] = found if IS_AIRFLOW_2 else found["extra_links"]
        return links

    def log(
        self, dag_id: str, run_id: str, task_id: str, map_index: int = ONE_FOR_ALL, *, try_number: int = 1
    ) -> str:
        """Return what a task logged at a try."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        content = self._call("GET", path, params={"map_index": map_index, "full_content": "true"})["content"]
        return content if isinstance(content, str) else "\n".join(map(_line, content))

    def mark_failed(self, dag_id: str, run_id: str, task_id: str, map_index: int = ONE_FOR_ALL) -> None:
        """Mark a task as failed, as a person does it in the UI."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        if map_index != ONE_FOR_ALL:
            path += f"/{map_index}"
        self._call("PATCH", path, json={"new_state": "failed"} | ({"dry_run": False} if IS_AIRFLOW_2 else {}))

    def clear(self, dag_id: str, run_id: str, *task_ids: str) -> None:
        """Clear tasks of a run, as a person does it in the UI."""
        what = {"dag_run_id": run_id, "task_ids": task_ids, "only_failed": False, "reset_dag_runs": True}
        self._call("POST", f"dags/{dag_id}/clearTaskInstances", json={**what, "dry_run": False})

    def _call(self, method: str, path: str, **options: Any) -> Any:
        if not IS_AIRFLOW_2 and "Authorization" not in self._session.headers:
            token = self._session.get(f"{self.address}/auth/token", timeout=30).json()["access_token"]
            self._session.headers["Authorization"] = f"Bearer {token}"
        url = f"{self.address}/api/{'v1' if IS_AIRFLOW_2 else 'v2'}/{path}"
        answer = self._session.request(
            method, url, headers={"Accept": "application/json"}, timeout=60, **options
        )
        assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json()


def times_told(log: str, line: str) -> int:
    """Return how often a line stands in a log, but for where Airflow quotes it from the trigger's event."""
    return len(re.findall(re.escape(line) + r"(?!\\*['\"])", log))


def _line(entry: str | Mapping[str, Any]) -> str:
    """Return an entry of a structured log as it stands in a file, with the errors in it."""
    if isinstance(entry, str):
        return entry
    details = entry.get("error_detail") or ()
    return "\n".join(
        [str(entry.get("event")), *(f"{error['exc_type']}: {error['exc_value']}" for error in details)]
    )
