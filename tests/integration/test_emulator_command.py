"""`python -m dli_provider.emulator`, as somebody at a terminal uses it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest

from dli_provider.emulator.__main__ import main


def test_prints_the_connection_serves_its_jobs_and_stops_on_ctrl_c(monkeypatch):
    command = [sys.executable, "-u", "-m", "dli_provider.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "audit_trail" in line:
                break
        printed = re.search(r"export AIRFLOW_CONN_DLI_DEFAULT='(.*)'", "".join(lines)).group(1)
        monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", printed)
        from dli_provider.hooks.dli import DliHook

        assert [job.job_id for job in DliHook().list_flink_jobs()] == [*range(104, 112)]
        process.send_signal(signal.SIGINT)
        assert process.stdout.read().strip() == "stopped"
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "allow_remote"),  # noqa: S104
        (["--port", "70000"], "port must lie between"),
        (["--jobs", "no_such_file.json"], "no_such_file.json"),
    ],
)
def test_what_can_not_be_right_is_said_without_a_traceback(arguments, said, capsys):
    assert main(arguments) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"job_id": 1}, "JSON array"),
        ([{"name": "x"}], "job 1: must be an object with a whole number as job_id"),
        ([{"job_id": 1}, {"job_id": 2, "lifecycle": ["job_running"]}], "job 2: lifecycle"),
    ],
)
def test_a_file_of_jobs_that_is_none_is_named_with_the_place(content, said, capsys, tmp_path):
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps(content))
    assert main(["--jobs", str(file)]) == 1
    assert said in capsys.readouterr().err
