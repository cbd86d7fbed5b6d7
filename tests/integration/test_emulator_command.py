"""`python -m dli_provider.emulator`, as somebody at a terminal uses it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dli_provider.emulator.__main__ import main


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; it is killed when the test fails."""
    command = [sys.executable, "-u", "-m", "dli_provider.emulator", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def test_the_command_prints_the_connection_serves_its_jobs_and_stops_on_ctrl_c(monkeypatch):
    with running("--secret-key", "it's$HOME") as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "sales-eu" in line:
                break
        export = next(line for line in lines if line.startswith("export "))
        shell = ["sh", "-c", f'{export.strip()}; printf %s "$AIRFLOW_CONN_DLI_DEFAULT"']
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", subprocess.check_output(shell, text=True))
        from dli_provider.hooks.dli import DliHook

        assert [job.job_id for job in DliHook().list_flink_jobs()] == [104, *range(201, 208)]
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().strip() == "stopped"
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "allow_remote"),  # noqa: S104
        (["--port", "70000"], "port must be a whole number from 0 to 65535"),
        (["--jobs", "no_such_file.json"], "no_such_file.json"),
    ],
)
def test_what_can_not_be_right_is_said_without_a_traceback(arguments, said, capsys):
    assert main(arguments) == 1
    assert said in capsys.readouterr().err


RUNNING = {"job_id": 1, "status": "job_running"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"job_id": 1}', "must be a JSON array of jobs, and not {'job_id': 1}"),
        ('[{"job_id": 1},\n {"job_id" 2}]', "is not JSON: Expecting ':' delimiter: line 2 column 12"),
        ("\ufeff[]", "is not JSON: "),
        ("[" * 100_000, "is not JSON: "),
        ([{"name": "x"}], "entry 1: a job must be an object with a job_id, and not {'name': 'x'}"),
        ([RUNNING, 7], "entry 2: a job must be an object with a job_id, and not 7"),
        ([{"job_id": -1}], "entry 1: job_id must lie between 1 and"),
        ([{"job_id": 1.5}], "entry 1: job_id must be a whole number"),
        ([RUNNING, {"job_id": "1"}], "entry 2: job 1: another entry has this job_id"),
        ([RUNNING, {"job_id": 2, "lifecycle": ["job_running"]}], "entry 2: job 2: lifecycle, step 1 must be"),
        (
            [{"job_id": 1, "lifecycle": [["job_runing", None]]}],
            "entry 1: job 1: lifecycle, step 1: 'job_runing'",
        ),
        ([{"job_id": 1, "status": "running"}], "entry 1: job 1: 'running' is no status"),
        ([{**RUNNING, "lifecycle": []}], "entry 1: job 1: give status or lifecycle, not both"),
        (
            [{"job_id": 1, "begins": "later"}],
            "entry 1: job 1: begins must be 'now', 'first_read' or 'first_show'",
        ),
        (
            [{"job_id": 1, "nmae": "x"}],
            "job 1: nmae is no field of job_detail; did you mean 'name'?",
        ),
        ([{"job_id": 1, "job_config": []}], "entry 1: job 1: job_config must be a mapping"),
    ],
)
def test_a_wrong_file_of_jobs_is_an_error_that_names_the_place(content, said, capsys, tmp_path):
    file = tmp_path / "jobs.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    assert main(["--jobs", str(file)]) == 1
    told = capsys.readouterr().err
    assert str(file) in told
    assert said in told


def test_a_file_of_jobs_has_all_that_add_job_takes(capsys, tmp_path, monkeypatch):
    jobs = [
        {"job_id": 1, "lifecycle": [["job_submitting", 60], ["job_running", None]], "begins": "first_read"},
        {"job_id": "2", "status": "job_submit_fail", "status_desc": "no CUs left", "extra": {"self": 1}},
        {"job_id": 3},
    ]
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps(jobs))
    monkeypatch.setattr(threading.Event, "wait", lambda _: True)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert main(["--port", "0", "--jobs", str(file)]) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()[-4:-1]]
    assert table == [
        ["1", "job_submitting", "job_1"],
        ["2", "job_submit_fail", "job_2"],
        ["3", "job_submitting", "job_3"],
    ]
