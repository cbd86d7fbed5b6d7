"""The README's own code: it can be pasted, and its DAGs load."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from local_airflow import CHECKOUT

from tests.e2e.test_example_dags import IS_AIRFLOW_2, LOAD

if TYPE_CHECKING:
    from conftest import LocalAirflow

BLOCKS = re.findall(r"```python\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
DAGS = [block for block in BLOCKS if "@dag(" in block]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0])
def test_each_block_is_python(block: str) -> None:
    assert compile(block, "README.md", "exec")


def test_its_dags_load_without_an_error_or_a_warning(local_airflow: LocalAirflow, tmp_path: Path) -> None:
    names = []
    for number, block in enumerate(DAGS):
        if not (IS_AIRFLOW_2 and "airflow.sdk" in block.replace("compat.sdk", "")):
            (tmp_path / f"block_{number}.py").write_text(block)
            names += re.findall(r"^def (\w+)\(\):", block, re.MULTILINE)
    command = [sys.executable, "-W", "always", "-c", LOAD, str(tmp_path)]
    run = subprocess.run(
        command, env=local_airflow.environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == [sorted(names), {}, {}]
