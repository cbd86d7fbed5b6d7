"""An Airflow that acts on jobs while its processes are killed, and what is known of it afterwards."""

from __future__ import annotations

import io
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from installation import QUIET, Airflow
from killing import KillWorker

from dli_provider.emulator import AcceptedWrite, DliEmulator, EmulatedJob

WAITING = {"running", "deferred"}
ENDED = {"success", "failed"}
LIMIT = 400.0
"""Seconds that a condition is waited for: thirty tasks start at once, and some wait for minutes."""


@dataclass
class ActingTasks:
    """Tasks that each act on a job that is called as their DAG and they are.

    :param airflow: the Airflow.
    :param dli: the emulated DLI.
    :ivar run_ids: the run of each DAG.
    :ivar kills: what kills the workers after each operation.
    :ivar dumps: what Airflow's database held now and then.
    """

    airflow: Airflow
    dli: DliEmulator
    run_ids: dict[str, str] = field(default_factory=dict)
    kills: dict[str, KillWorker] = field(default_factory=dict)
    dumps: list[str] = field(default_factory=list)

    def begin(self, dag_id: str) -> None:
        """Start a run of a DAG."""
        self.run_ids[dag_id] = self.airflow.begin(dag_id)

    def job(self, dag_id: str, task_id: str) -> EmulatedJob:
        """Return the job of a task."""
        [found] = [job for job in self.dli.jobs if job.name == f"{dag_id}-{task_id}"]
        return found

    def writes(self, dag_id: str, task_id: str) -> list[AcceptedWrite]:
        """Return the writes to the job of a task that DLI has accepted."""
        return self.dli.history(self.job(dag_id, task_id).job_id)

    def operations(self, dag_id: str, task_id: str) -> list[str]:
        """Return what these writes are."""
        return [write.operation for write in self.writes(dag_id, task_id)]

    def task(self, dag_id: str, task_id: str) -> tuple[str | None, int]:
        """Return the state of a task, and the number of its last try."""
        sql = "SELECT state, try_number FROM task_instance WHERE run_id = %s AND task_id = %s"
        [(state, tries)] = self.airflow.query(sql, self.run_ids[dag_id], task_id)
        return state, tries

    def pid(self, dag_id: str, task_id: str) -> int:
        """Return the process of a task."""
        sql = "SELECT pid FROM task_instance WHERE run_id = %s AND task_id = %s"
        [(pid,)] = self.airflow.query(sql, self.run_ids[dag_id], task_id)
        return int(pid)

    def xcom(self, dag_id: str, task_id: str) -> Any:
        """Return what a task returned."""
        return self.airflow.api.xcom(dag_id, self.run_ids[dag_id], task_id)

    def log(self, dag_id: str, task_id: str) -> str:
        """Return what a task logged at its last try."""
        _, tries = self.task(dag_id, task_id)
        return self.airflow.api.log(dag_id, self.run_ids[dag_id], task_id, try_number=tries)

    def until_state(self, dag_id: str, task_id: str, *states: str, tries: int = 1) -> None:
        """Wait until a task is in one of these states, in this try or a later one."""

        def is_there() -> bool:
            state, number = self.task(dag_id, task_id)
            assert state in states or state not in ENDED or number < tries, f"{dag_id}.{task_id} is {state}"
            return state in states and number >= tries

        self.airflow.until(
            is_there, f"{dag_id}.{task_id} is {' or '.join(states)} in try {tries}", limit=LIMIT
        )

    def until_waiting(self, dag_id: str, task_id: str, *or_in: str, tries: int = 1) -> None:
        """Wait until a task waits for its job, on a worker that has read it or with its worker given back; or
        until it is in one of these states.
        """
        self.until_state(dag_id, task_id, *WAITING, *or_in, tries=tries)
        since, job_id = time.time(), self.job(dag_id, task_id).job_id

        def is_waiting() -> bool:
            state, number = self.task(dag_id, task_id)
            if state == "running":
                return self.read_at(job_id) > since
            run_id = self.run_ids[dag_id]
            return state in or_in or (
                state == "deferred" and self.airflow.handed_back(run_id, task_id, number) > 0
            )

        self.airflow.until(is_waiting, f"{dag_id}.{task_id} waits for its job", limit=LIMIT)

    def until_left_alone(self, dag_id: str, task_id: str) -> None:
        """Wait until a job is read no more."""
        job_id = self.job(dag_id, task_id).job_id
        self.airflow.until(
            lambda: time.time() - self.read_at(job_id) > QUIET, f"job {job_id} isn't read", limit=LIMIT
        )

    def read_at(self, job_id: int) -> float:
        """Return when a job's detail was read last."""
        return max((r.at for r in self.dli.requests if r.path.endswith(f"/jobs/{job_id}")), default=0.0)

    def dump(self) -> str:
        """Return all that Airflow's database holds, as text."""
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        names: Collection[str] = [name for (name,) in self.airflow.query(tables)]
        content = io.StringIO()
        with closing(psycopg2.connect(self.airflow.database)) as connection, connection.cursor() as cursor:
            for name in names:
                cursor.copy_expert(f'COPY "{name}" TO STDOUT', content)
        return content.getvalue()
