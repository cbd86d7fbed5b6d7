"""The code in README.md and docs/ can be pasted: its DAGs load, its tests pass, the rest runs."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.documents import Block, blocks
from tests.e2e.test_example_dags import IS_AIRFLOW_2, LOAD

if TYPE_CHECKING:
    from dli_provider.emulator import DliEmulator
    from tests.e2e.conftest import LocalAirflow

PYTHON = blocks("python")
DAGS = [block for block in PYTHON if "@dag(" in block.text]
TESTS = [block for block in PYTHON if "def test_" in block.text]
PLUGIN = (
    "dli_provider.emulator.pytest_plugin"  # pytest finds it by itself where the package is installed anew
)
CONFTEST = [block for block in PYTHON if block.text.startswith("# conftest.py\n")]
SNIPPETS = [block for block in PYTHON if block not in DAGS + TESTS + CONFTEST]

ON_AIRFLOW_2 = {
    "from airflow.sdk import dag, task": "from airflow.decorators import dag, task",
    "from airflow.sdk import dag\n": "from airflow.decorators import dag\n",
    "airflow.providers.standard.operators": "airflow.operators",
}
"""The lines that differ on Airflow 2, as the documents say."""


def as_pasted(block: Block) -> str:
    """Return a block as a user of the Airflow that is installed would write it."""
    text = block.text
    if IS_AIRFLOW_2:
        for new, old in ON_AIRFLOW_2.items():
            text = text.replace(new, old)
    return text


def is_for_this_airflow(block: Block) -> bool:
    """Tell whether what a block imports is installed: not on Airflow 2, or in a provider apart."""
    modules = re.findall(r"^from (airflow[\w.]*) import", as_pasted(block), re.MULTILINE)
    return all(_is_installed(module) for module in modules)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_each_block_is_python(block: Block) -> None:
    assert compile(block.text, block.name, "exec")


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_each_import_of_this_provider_is_of_something_public(block: Block) -> None:
    for module, names in re.findall(r"^\s*from (dli_provider[\w.]*) import (.+)$", block.text, re.MULTILINE):
        found = importlib.import_module(module)
        assert [name for name in names.split(", ") if not hasattr(found, name)] == []


def test_dags_load_without_an_error_or_a_warning(local_airflow: LocalAirflow, tmp_path: Path) -> None:
    names = []
    for number, block in enumerate(filter(is_for_this_airflow, DAGS)):
        (tmp_path / f"block_{number}.py").write_text(as_pasted(block))
        names += re.findall(r"^def (\w+)\(\):", block.text, re.MULTILINE)
    command = [sys.executable, "-W", "always", "-c", LOAD, str(tmp_path)]
    run = subprocess.run(
        command, env=local_airflow.environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == [sorted(names), {}, {}]
    assert len(names) >= 4


def test_what_newcomers_paste_loads_on_every_airflow() -> None:
    only_newer = [block.name for block in DAGS if "Asset" in block.text]
    elsewhere = [block.name for block in DAGS if "cncf.kubernetes" in block.text]
    left_out = [block.name for block in DAGS if not is_for_this_airflow(block)]
    assert set(left_out) <= {*only_newer, *elsewhere}


@pytest.mark.parametrize("block", SNIPPETS, ids=lambda block: block.name)
def test_snippets_run(block: Block, dli: DliEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DLI_DEFAULT", json.dumps(dli.connection))
    dli.add_job(104, status="job_running", name="orders")
    exec(compile(as_pasted(block), block.name, "exec"), {"__name__": "snippet"})  # noqa: S102


def test_tests_pass(local_airflow: LocalAirflow, tmp_path: Path) -> None:
    (readme,) = [block for block in DAGS if block.document.name == "README.md"]
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "orders.py").write_text(as_pasted(readme))
    (conftest,) = CONFTEST
    (tmp_path / "conftest.py").write_text(conftest.text)
    for number, block in enumerate(TESTS):
        (tmp_path / f"test_block_{number}.py").write_text(as_pasted(block))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = dags\n")
    environment = {
        name: value for name, value in local_airflow.environment.items() if "AIRFLOW_CONN" not in name
    }
    del environment["AIRFLOW__CORE__DAGS_FOLDER"]  # conftest.py sets it
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", PLUGIN, str(tmp_path)]
    run = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{sum(block.text.count('def test_') for block in TESTS)} passed" in run.stdout
