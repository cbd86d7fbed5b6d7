"""Checks a wheel that was installed into an environment of its own: `python -I check_wheel.py WHEEL`."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import pkgutil
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

DISTRIBUTION = "airflow-provider-huaweicloud-dli"


def check_contents(wheel: Path) -> str:
    """The wheel holds the package, its types and its licence, and nothing else."""
    names = zipfile.ZipFile(wheel).namelist()
    strangers = [
        name for name in names if not name.startswith(("dli_provider/", "airflow_provider_huaweicloud_dli-"))
    ]
    assert not strangers, f"files that don't belong into the wheel: {strangers}"
    assert "dli_provider/py.typed" in names, "no py.typed: type checkers would ignore the package's types"
    assert any(name.endswith("licenses/LICENSE") for name in names), "no LICENSE"
    return f"{len(names)} files, py.typed and LICENSE among them"


def check_imports(environment: Path) -> str:
    """Every module can be imported from the installed package; the pytest plugin alone needs more, pytest."""
    package = importlib.import_module("dli_provider")
    assert Path(package.__path__[0]).is_relative_to(environment), (
        f"not the installed package: {package.__path__}"
    )
    modules = [module.name for module in pkgutil.walk_packages(package.__path__, "dli_provider.")]
    for name in modules:
        if not name.endswith(("__main__", "pytest_plugin")):
            importlib.import_module(name)
    return f"{len(modules)} modules import"


def check_long_description() -> str:
    """The long description can be shown anywhere: it has no relative link, and no picture from here."""
    text = importlib.metadata.metadata(DISTRIBUTION)["Description"] or ""
    assert text.startswith("# "), f"no long description: {text[:80]!r}"
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    relative = [link for link in links if not link.startswith(("https://", "#"))]
    assert not relative, f"links that lead nowhere elsewhere: {relative}"
    return f"the long description has {len(text.split())} words and {len(links)} links, all of them absolute"


def check_entry_point() -> str:
    """The entry point is there, and what it answers agrees with the distribution."""
    distribution = importlib.metadata.distribution(DISTRIBUTION)
    (entry_point,) = distribution.entry_points.select(group="apache_airflow_provider")
    info = entry_point.load()()
    assert info["package-name"] == DISTRIBUTION, info["package-name"]
    version = importlib.import_module("dli_provider").__version__
    assert distribution.version == version, (distribution.version, version)
    return f"{entry_point.value} answers for version {version}"


def check_airflow(environment: Path) -> str:
    """Airflow's own commands list the provider, its connection type and its link."""
    listed = {row["package_name"]: row for row in _airflow(environment, "list")}
    assert DISTRIBUTION in listed, f"`airflow providers list` knows only {sorted(listed)}"
    version = importlib.metadata.version(DISTRIBUTION)
    assert listed[DISTRIBUTION]["version"] == version, listed[DISTRIBUTION]
    assert _airflow(environment, "get", DISTRIBUTION), "`airflow providers get` answers nothing"
    hooks = {row["connection_type"]: row for row in _airflow(environment, "hooks")}
    assert hooks["huaweicloud_dli"]["package_name"] == DISTRIBUTION, hooks.get("huaweicloud_dli")
    links = [row["extra_link_class_name"] for row in _airflow(environment, "links")]
    assert "dli_provider.links.flink.DliFlinkConsoleLink" in links, links
    return (
        f"Airflow {importlib.metadata.version('apache-airflow')} lists it, its connection type and its link"
    )


def _airflow(environment: Path, *arguments: str) -> list[dict[str, Any]]:
    command = [str(environment / "bin" / "airflow"), "providers", *arguments, "--output", "json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, f"{command} failed:\n{run.stdout}{run.stderr}"
    start = run.stdout.index("[")
    rows: list[dict[str, Any]] = json.loads(run.stdout[start:])
    return rows


def main(wheel: str) -> None:
    """Run all checks; the first that fails raises."""
    environment = Path(sys.prefix).resolve()
    for found in (
        check_contents(Path(wheel)),
        check_imports(environment),
        check_long_description(),
        check_entry_point(),
        check_airflow(environment),
    ):
        sys.stdout.write(f"  {found}\n")
    sys.stdout.write(f"{Path(wheel).name} is good\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
