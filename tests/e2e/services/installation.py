"""An Airflow as it is run in production: its processes, each on its own, on PostgreSQL."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from local_airflow import AIRFLOW, CHECKOUT
from rest import RestApi

from dli_provider.emulator import DliEmulator

LIMIT = 180.0
"""Seconds that a condition is waited for, unless a test says otherwise."""
QUIET = 7.0
"""Seconds without a request that show the end of polling: more than two of the DAGs' intervals."""

WAIT = "dli_provider.triggers.flink.DliFlinkJobTrigger"
SCHEDULER = ("scheduler", "--skip-serve-logs")


@dataclass
class Processes:
    """The processes of an Airflow.

    :param home: the folder of their logs and configuration.
    :param environment: their environment.
    :param lasting: the processes that were started to last.
    """

    home: Path
    environment: dict[str, str]
    lasting: list[psutil.Popen] = field(default_factory=list)

    def start(self, *arguments: str, **environment: str) -> psutil.Popen:
        """Start a process that lasts, with a log of its own."""
        with (self.home / f"{len(self.lasting):02d}-{arguments[0]}.log").open("w") as log:
            process = psutil.Popen(
                [AIRFLOW, *arguments],
                env=self.environment | environment,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.lasting.append(process)
        return process

    @contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[psutil.Popen]:
        """Run a process for as long as the context lasts, unless it is killed in it."""
        process = self.start(*arguments, **environment)
        try:
            yield process
        finally:
            self.stop(process)

    def kill(self, process: psutil.Popen) -> None:
        """End a process and its children as the kernel or a lost node does: without a word."""
        os.killpg(process.pid, signal.SIGKILL)
        psutil.wait_procs([process, *self.family(process)], timeout=10)

    def stop(self, *processes: psutil.Popen) -> None:
        """Ask processes to end with all that they started, and kill what doesn't."""
        for end in (psutil.Process.terminate, psutil.Process.kill):
            for process in (family := self.family(*processes)):
                with suppress(psutil.NoSuchProcess):
                    end(process)
            psutil.wait_procs([*processes, *family], timeout=15)

    @staticmethod
    def family(*processes: psutil.Popen) -> list[psutil.Process]:
        """Return what lives of these processes and all that they started, in a session each."""
        sessions, found = {process.pid for process in processes}, []
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def run(self, *arguments: str, ok_to_fail: bool = False) -> str:
        """Run a command of Airflow, and return what it printed."""
        done = subprocess.run(
            [AIRFLOW, *arguments],
            env=self.environment,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=110,
            check=False,
        )
        assert ok_to_fail or done.returncode == 0, done.stdout
        return done.stdout


@dataclass
class Airflow(Processes):
    """An Airflow, its database, and its REST API.

    Conditions are read from the database: the API knows no triggers, and some conditions are asked for often.

    :param database: address of the database, as psycopg2 takes it.
    :param api: the REST API.
    :param scheduler: the scheduler.
    """

    database: str = field(kw_only=True)
    api: RestApi = field(kw_only=True)
    scheduler: psutil.Popen = field(init=False)

    def start_scheduler(self, **environment: str) -> None:
        """Start a scheduler."""
        self.scheduler = self.start(*SCHEDULER, **environment)

    def worker_of(self, process: psutil.Process) -> list[psutil.Process]:
        """Return what runs a task, from the executor's worker down to a process of the task."""
        above = [
            parent for parent in process.parents() if self.scheduler.pid in (p.pid for p in parent.parents())
        ]
        return [*reversed(above), process]

    @contextmanager
    def triggerer(self, *options: str, **environment: str) -> Iterator[psutil.Popen]:
        """Run a triggerer for as long as the context lasts, unless it is killed in it."""
        with self.started("triggerer", "--skip-serve-logs", *options, **environment) as process:
            yield process

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what the database answers."""
        import psycopg2

        with closing(psycopg2.connect(self.database)) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def until_parsed(self, dag_id: str) -> None:
        """Wait until Airflow knows a DAG."""
        sql = "SELECT 1 FROM serialized_dag WHERE dag_id = %s"
        self.until(lambda: bool(self.query(sql, dag_id)), f"{dag_id} was parsed")

    def begin(self, dag_id: str, **conf: Any) -> str:
        """Start a run of a DAG, and return its id."""
        self.until_parsed(dag_id)
        return self.api.begin(dag_id, **conf)

    def states(self, run_id: str) -> list[str | None]:
        """Return the states of a run's tasks, in the order of their map index."""
        sql = "SELECT state FROM task_instance WHERE run_id = %s ORDER BY map_index, task_id"
        return [state for (state,) in self.query(sql, run_id)]

    def waiting(self) -> dict[int, int | None]:
        """Return the triggerer of each deferred wait, by the id of its trigger."""
        return dict(self.query("SELECT id, triggerer_id FROM trigger WHERE classpath = %s", WAIT))

    @staticmethod
    def until(condition: Callable[[], bool], what: str, *, limit: float = LIMIT) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < deadline, f"it took too long: {what}"
            time.sleep(0.3)

    def until_states(self, run_id: str, states: list[str | None], *, limit: float = LIMIT) -> None:
        """Wait until the tasks of a run have these states."""
        self.until(lambda: self.states(run_id) == states, f"{run_id} got to {states}", limit=limit)

    def defer(self, dli: DliEmulator, dag_id: str, *job_ids: int) -> str:
        """Begin a DAG whose jobs are being submitted, and return its run when all its waits are deferred."""
        for job_id in job_ids:
            dli.add_job(job_id, [("job_submitting", None)])
        self.until_states(run_id := self.begin(dag_id), ["deferred"] * len(job_ids))
        self.until(lambda: self.handed_back(run_id) >= len(job_ids), "the scheduler saw all waits deferred")
        return run_id

    def handed_back(self, run_id: str, task_id: str = "[^']*", try_number: int | str = r"\d+") -> int:
        """Return how many tasks of a run the executor has reported to the scheduler as done with.

        Airflow fails a task that is queued again before the scheduler has read that report.
        """
        key = rf"task_id='{task_id}', run_id='{re.escape(run_id)}', try_number={try_number},"
        reports = re.compile(f"Received executor event with state success .*{key}")
        logs = self.home.glob("*-scheduler.log")
        return sum(len(reports.findall(log.read_text(errors="replace"))) for log in logs)

    def until_polled(self, dli: DliEmulator, *job_ids: int) -> None:
        """Wait until the list, or every one of these jobs singly, was read from now on."""
        since = time.time()

        def polled() -> bool:
            good = [r for r in dli.requests if r.at > since and r.status == 200]
            shown = {int(r.path.rpartition("/")[2]) for r in good if r.operation == "show"}
            return any(r.operation == "list" for r in good) or (bool(job_ids) and shown.issuperset(job_ids))

        self.until(polled, "all jobs were read")

    def until_quiet(self, dli: DliEmulator, triggerer: psutil.Popen) -> None:
        """Wait until a triggerer holds no wait, asks DLI nothing more, and has no connection to it."""
        self.until(lambda: not self.waiting(), "the triggers were deleted")
        self.until(lambda: time.time() - dli.requests[-1].at > QUIET, "DLI wasn't asked any more")
        address = ("127.0.0.1", int(dli.url.rpartition(":")[2]))
        connections = (c for p in self.family(triggerer) for c in p.net_connections("tcp"))
        assert not [c for c in connections if c.raddr == address]
