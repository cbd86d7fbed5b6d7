"""`make demo`: what it shows, and that nothing of it stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
from airflow_api import VERSION
from local_airflow import CHECKOUT


def run_demo(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "example_dags/run/demo.py", home],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_demo_shows_each_status_the_configuration_downstream_the_sick_jobs_and_an_upgrade(
    tmp_path: Path, processes_of: Callable[[Path], list[psutil.Process]]
) -> None:
    home, elsewhere = tmp_path / "airflow", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = run_demo(home, HOME=str(elsewhere), TMPDIR=str(elsewhere))
    assert run.returncode == 0, run.stdout + run.stderr
    told = [
        "Creating Airflow's database",
        "wait_for_job",
        "is job_init",
        "is job_submitting",
        "is job_running",
        "get_job_config",
        "plan_compaction",
        '"parallel_number"',
        "check_fleet",
        "inventory-sync",
        "notify comes next",
        "example_dli_fleet_health.notify",
        "deploy_",
        "stopping with a savepoint",
        "+WHERE amount > 0",
        "is job_cancel_success",
        "updating sql_body",
        "starting from its latest savepoint",
        "upgraded; it is job_running",
        "All 2 Flink jobs are healthy",
        "add_up_writers",
    ]
    places = [run.stdout.index(word) for word in told]
    assert places == sorted(places)
    assert f"a new Airflow {VERSION} beside it" in run.stdout
    assert "All DAG runs succeeded (the failed jobs are part of the demo)" in run.stdout
    assert "make clean" in run.stdout
    assert run.stdout.endswith(f"make ui AIRFLOW={'.'.join(VERSION.split('.')[:2])}\n")
    assert run.stderr == ""
    assert len(run.stdout.splitlines()) < 110
    assert list(elsewhere.iterdir()) == []
    assert processes_of(home) == []


BROKEN_IN_AIRFLOW = """
import sys
from pathlib import Path

if Path(sys.argv[0]).name != "demo.py":
    raise RuntimeError("the example can not be imported")
sys.path.remove(str(Path(__file__).parent))
del sys.modules["pendulum"]
import pendulum
"""
"""A module that the demo itself can use, and Airflow can't."""


def test_a_demo_that_fails_shows_airflows_log_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "pendulum.py").write_text(BROKEN_IN_AIRFLOW)
    run = run_demo(tmp_path / "airflow", PYTHONPATH=str(tmp_path))
    assert run.returncode == 1
    assert "the example can not be imported" in run.stderr
    assert "The demo failed" in run.stderr
