"""Runs the unit and integration tests beside every Airflow that people have, as it was on its release day.

Each cell of the matrix is an environment of its own: the provider's wheel and one Airflow, resolved with the
packages that existed on the day of its release, then the test tools on top, which must not move any of those.
One more cell has the oldest version of every dependency that the provider declares.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
SHOWN = ("aiohttp", "pendulum", "pydantic", "requests", "urllib3", "sqlalchemy")


@dataclass(frozen=True)
class Release:
    """An Airflow release.

    :param version: its version.
    :param day: the last day whose packages count: that of the release.
    :param pythons: the Python versions that it supports, of those that the provider does.
    :param lowest: True to take the oldest declared version of each of the provider's own dependencies.
    """

    version: str
    day: str
    pythons: tuple[str, ...]
    lowest: bool = False

    @property
    def label(self) -> str:
        """The release as the table names it."""
        return f"{self.version} (lowest)" if self.lowest else self.version


RELEASES = (
    Release("2.11.0", "2025-05-21", ("3.11",), lowest=True),
    Release("2.11.0", "2025-05-21", ("3.11", "3.12")),
    Release("2.11.2", "2026-03-16", ("3.11", "3.12")),
    Release("3.0.6", "2025-08-30", ("3.11", "3.12")),
    Release("3.1.0", "2025-09-26", ("3.11", "3.12", "3.13")),
    Release("3.1.8", "2026-03-16", ("3.11", "3.12", "3.13")),
    Release("3.2.2", "2026-05-31", ("3.11", "3.12", "3.13", "3.14")),
    Release("3.3.0", "2026-07-10", ("3.11", "3.12", "3.13", "3.14")),
    Release("3.3.2", "2026-09-18", ("3.11", "3.12", "3.13", "3.14")),
)


@dataclass
class Cell:
    """One release on one Python, and what became of it."""

    release: Release
    python: str
    outcome: str = "skipped: no interpreter"
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    output: str = ""

    @property
    def folder(self) -> Path:
        """Where its environment is."""
        lowest = "-lowest" if self.release.lowest else ""
        return ROOT / ".venv" / "matrix" / f"airflow-{self.release.version}{lowest}-python-{self.python}"

    @property
    def has_failed(self) -> bool:
        """True when it was tried and did not pass."""
        return not self.outcome.startswith(("passed", "skipped"))


class CommandError(Exception):
    """A command failed; the text is what it printed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen cells, two at a time, print their table, and return the process's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--airflow", action="append", metavar="VERSION", help="only this release; repeatable")
    parser.add_argument("--python", action="append", metavar="X.Y", help="only this Python (repeatable)")
    parser.add_argument(
        "--newest", action="store_true", help="only each release's newest Python that is here"
    )
    parser.add_argument("tests", nargs="*", default=["tests/unit", "tests/integration"], help="what to run")
    options = parser.parse_args(arguments)
    cells = [
        Cell(release, python)
        for release in RELEASES
        if not options.airflow or release.version in options.airflow
        for python in release.pythons
        if not options.python or python in options.python
    ]
    interpreters = {python: find_interpreter(python) for python in {cell.python for cell in cells}}
    if options.newest:
        newest = {cell.release: cell for cell in cells if interpreters[cell.python]}
        cells = list(newest.values())
    wheel = build_wheel()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for cell in cells:
            if interpreter := interpreters[cell.python]:
                pool.submit(run_cell, cell, interpreter, wheel, options.tests)
    print_table(cells)
    failed = [cell for cell in cells if cell.has_failed]
    for cell in failed:
        print(f"\n---- Airflow {cell.release.label}, Python {cell.python}\n{cell.output[-6000:]}")
    return 1 if failed or not any(cell.outcome.startswith("passed") for cell in cells) else 0


def find_interpreter(python: str) -> str | None:
    """Return the path of an interpreter that runs: one on the PATH, else one that pyenv has installed."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{python}"), *map(str, pyenv.glob(f"versions/{python}.*/bin/python"))]
    for candidate in filter(None, candidates):
        probe = "import sys; print('%d.%d' % sys.version_info[:2])"
        run = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
        if run.returncode == 0 and run.stdout.strip() == python:
            return candidate
    return None


def build_wheel() -> Path:
    """Build the provider's wheel, and return its path."""
    target = ROOT / ".venv" / "matrix" / "wheel"
    shutil.rmtree(target, ignore_errors=True)
    _run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(target), str(ROOT)])
    (wheel,) = target.glob("*.whl")
    return wheel


def run_cell(cell: Cell, interpreter: str, wheel: Path, tests: Sequence[str]) -> None:
    """Install a cell's environment, run the tests in it, and note the outcome."""
    began = monotonic()
    try:
        install(cell, interpreter, wheel)
        cell.outcome = "failed"
        cell.output = run_tests(cell, tests)
        cell.outcome = cell.output.strip().rpartition("\n")[2].strip("= ")
        if match := re.search(r"(\d+) passed", cell.outcome):
            cell.outcome = f"passed {match[1]}"
    except CommandError as error:
        cell.output = str(error)
        if cell.outcome != "failed":
            cell.outcome = "can't be installed"
    except Exception as error:  # noqa: BLE001
        cell.outcome, cell.output = "failed", repr(error)
    cell.seconds = monotonic() - began
    print(f"Airflow {cell.release.label}, Python {cell.python}: {cell.outcome}", flush=True)


def install(cell: Cell, interpreter: str, wheel: Path) -> None:
    """Resolve the provider as on the release's day, freeze that, and add the test tools to it."""
    release, folder = cell.release, cell.folder
    _run(["uv", "venv", "--quiet", "--clear", "--python", interpreter, str(folder)])
    pip = ["uv", "pip", "install", "--quiet", "--python", str(folder)]
    day = ["--exclude-newer", release.day]
    airflow = f"apache-airflow=={release.version}"
    if release.lowest:
        floors = folder / "floors.txt"
        floors.write_text("\n".join(declared_floors()) + "\n")
        day += ["--constraint", str(floors)]
    _run([*pip, *day, airflow, str(wheel)])
    frozen = _run(["uv", "pip", "freeze", "--python", str(folder)])
    released = folder / "as-released.txt"
    released.write_text("".join(f"{line}\n" for line in frozen.splitlines() if "==" in line))
    cell.versions = dict(line.split("==") for line in released.read_text().splitlines())
    _run([*pip, "--constraint", str(released), "--group", f"{ROOT / 'pyproject.toml'}:test"])


def declared_floors() -> Iterable[str]:
    """Yield the oldest declared version of each of the provider's own dependencies, Airflow's excepted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for requirement in project["dependencies"]:
        name, _, floor = requirement.partition(">=")
        if name != "apache-airflow":
            yield f"{name}=={floor}"


def run_tests(cell: Cell, tests: Sequence[str]) -> str:
    """Run the tests in a cell's environment, and return what they print."""
    home = cell.folder / "airflow-home"
    home.mkdir(exist_ok=True)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PATH": f"{cell.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    command = [str(cell.folder / "bin" / "pytest"), "-q", "-p", "no:cacheprovider", *tests]
    return _run([*command, f"--basetemp={home / 'tmp'}"], environment)


def print_table(cells: Iterable[Cell]) -> None:
    """Print the outcome of every cell, and the versions that it was tested with."""
    rows: list[tuple[str, ...]] = [("Airflow", "Python", "tests", "time", *SHOWN)]
    rows += [
        (
            cell.release.label,
            cell.python,
            cell.outcome,
            f"{cell.seconds:.0f} s",
            *(cell.versions.get(name, "") for name in SHOWN),
        )
        for cell in cells
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print()
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    run = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if run.returncode:
        raise CommandError(f"$ {' '.join(command)}\n{run.stdout}")
    return run.stdout


if __name__ == "__main__":
    sys.exit(main())
