"""`make demo`: runs three example DAGs in a real Airflow, against an emulated DLI, and shows what happens."""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from airflow_api import LINE, VERSION
from local_airflow import AIRFLOW, CHECKOUT, EXAMPLES, add_jobs, settings

from dli_provider.emulator import DliEmulator

DAGS = ("example_dli_wait_and_use_config", "example_dli_fleet_health", "example_dli_deploy")

BRISK_START = 0.5, (("job_submitting", 1.0), ("job_running", None))
"""How fast a job starts, so that nobody has to wait in a demo."""


class Screen:
    """The terminal, while Airflow's own output goes into a file.

    :param log: the file.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self._began = time.monotonic()
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def __enter__(self) -> Self:
        self._saved = os.dup(1), os.dup(2)
        self._terminal = os.fdopen(os.dup(1), "w", encoding="utf-8")
        with self.log.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, saved in enumerate(self._saved, 1):
            os.dup2(saved, number)
            os.close(saved)

    def heading(self, text: str) -> None:
        """Show what comes next."""
        self._write(f"\n\033[1m{text}\033[0m" if self._colour else f"\n{text}")

    def line(self, text: str) -> None:
        """Show what happened, and when."""
        first, *more = text.splitlines()
        self._write(f"  {time.monotonic() - self._began:5.1f} s  {first}")
        for rest in more:
            self._write(f"           {rest}")

    def _write(self, text: str) -> None:
        self._terminal.write(f"{text}\n")
        self._terminal.flush()


class Lines(logging.Handler):
    """Shows what the provider and the DAG log in their tasks. Airflow 3 logs that with structlog."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(logging.INFO)
        self._screen = screen

    def listen(self) -> None:
        """Handle all log records from now on."""
        for logger in (logging.getLogger(), logging.getLogger("airflow.task")):
            if logger is logging.root or not logger.propagate:
                logger.addHandler(self)
        if structlog := sys.modules.get("structlog"):
            structlog.get_config()["processors"].insert(0, self._process)

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record of the provider or a DAG."""
        self._show(record.name, record.getMessage())

    def _process(self, logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        self._show(getattr(logger, "name", None) or "", str(event["event"]))
        return event

    def _show(self, name: str, message: str) -> None:
        if "dli_" in name:
            self._screen.line(message)


def run_dags(screen: Screen, dli: DliEmulator) -> bool:
    """Run the DAGs in this process, as `airflow dags test` does; return True if all succeed.

    :param screen: shows what happens.
    :param dli: gets its jobs when the first task begins, so that all their statuses can be seen.
    """
    screen.line("Creating Airflow's database; this takes up to half a minute")
    with subprocess.Popen([AIRFLOW, "db", "migrate"]) as migration:
        sys.path.insert(0, str(EXAMPLES))
        dags = [importlib.import_module(name).example_dag for name in DAGS]
    if migration.returncode != 0:
        raise RuntimeError("airflow db migrate failed")
    screen.line("Airflow's database is ready")
    tell_of_tasks(screen, first=lambda: add_jobs(dli, slowness=0.7))
    Lines(screen).listen()
    return all(str(dag.test().state) == "success" for dag in dags)


def tell_of_tasks(screen: Screen, *, first: Callable[[], None]) -> None:
    """Show when each task begins, and why one fails.

    :param screen: shows it.
    :param first: is called when the first task begins.
    """
    from airflow.listeners import hookimpl

    try:
        from airflow.sdk.listener import get_listener_manager
    except ImportError:  # Airflow 2.11
        from airflow.listeners.listener import get_listener_manager  # type: ignore[assignment]

    begun: list[tuple[str, str]] = []

    class Tasks:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            if not begun:
                first()
            task = task_instance.dag_id, task_instance.task_id
            if task not in begun:
                begun.append(task)
                screen.heading(f"{'.'.join(task)}  ({task_instance.task.operator_name})")

        @hookimpl
        def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
            screen.line(f"{task_instance.task_id} failed: {error!r}")

    manager: Any = get_listener_manager()
    manager.add_listener(Tasks())


def main(home: Path = CHECKOUT / ".airflow" / "demo") -> int:
    """Run the demo; return the exit code.

    :param home: Airflow's home; a database in it is replaced.
    """
    home.mkdir(parents=True, exist_ok=True)
    (home / "airflow.db").unlink(missing_ok=True)
    log = home / "demo.log"
    succeeded = False
    with DliEmulator() as dli, Screen(log) as screen:
        dli.behaviour.run_delay, dli.behaviour.run = BRISK_START
        environment = settings(home, dli.connection)
        os.environ.clear()
        os.environ.update(environment)
        screen.heading(f"A DLI on this machine, {dli.url}, and a new Airflow {VERSION} beside it")
        try:
            succeeded = run_dags(screen, dli)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
    if not succeeded:
        print(f"{log.read_text()}\nThe demo failed. Above is Airflow's log, {log}", file=sys.stderr)
        return 1
    print("\nAll DAG runs succeeded (the failed jobs are part of the demo).")
    print(f"Airflow's own log: {log}")
    print("Remove everything that was created here: make clean")
    print(f"See the same in Airflow's UI: make ui AIRFLOW={LINE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
