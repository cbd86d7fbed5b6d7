"""What the distribution says of itself agrees with what is there."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

import dli_provider
from dli_provider.airflow_compat import BaseHook

CHECKOUT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
NAME = PYPROJECT["project"]["name"]
INFO = dli_provider.get_provider_info()


def modules_named(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield every module and class path in the provider info, with the key it stands under."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from modules_named(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from modules_named(item, key)
    elif isinstance(value, str) and value.startswith("dli_provider."):
        yield key, value


def test_importing_the_package_imports_nothing_else() -> None:
    program = """
import json, sys
sys.path.insert(0, sys.argv[1])
before = {"__future__", *sys.modules}
import dli_provider
dli_provider.get_provider_info()
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    command = [sys.executable, "-I", "-c", program, str(CHECKOUT)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(run.stdout) == ["dli_provider"]


def test_the_installed_distribution_has_the_version_of_the_package() -> None:
    assert importlib.metadata.version(NAME) == dli_provider.__version__


def test_the_changelog_begins_with_this_version() -> None:
    headings = [
        line for line in (CHECKOUT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")
    ]
    assert dli_provider.__version__ in headings[0]


def test_the_entry_point_leads_to_the_provider_info() -> None:
    points = importlib.metadata.distribution(NAME).entry_points.select(group="apache_airflow_provider")
    assert [point.load()() for point in points] == [INFO]


def test_the_provider_info_names_the_distribution_as_airflow_demands() -> None:
    assert INFO["package-name"] == NAME


@pytest.mark.parametrize(("key", "path"), sorted(set(modules_named(INFO))))
def test_every_path_in_the_provider_info_can_be_imported(key: str, path: str) -> None:
    if key == "python-modules":
        importlib.import_module(path)
    else:
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name)


@pytest.fixture
def build_hook() -> ModuleType:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", CHECKOUT / "hatch_build.py")
    assert spec
    assert spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    return hook


def test_the_long_description_has_no_relative_links(build_hook: ModuleType) -> None:
    readme = "[page](docs/a.md), [elsewhere](https://example.com), [below](#below)\n\n![form](a.png)\n\nEnd"
    kept = "[elsewhere](https://example.com), [below](#below)\n\n"
    source = "https://example.org/dli"
    assert build_hook.long_description(readme, "") == f"page, {kept}End"
    assert build_hook.long_description(readme, source) == (
        f"[page]({source}/blob/HEAD/docs/a.md), {kept}![form]({source}/raw/HEAD/a.png)\n\nEnd"
    )


def test_the_project_urls_are_all_made_of_the_repository_s_address(build_hook: ModuleType) -> None:
    assert build_hook.project_urls("") == {}
    urls = build_hook.project_urls("https://example.org/dli")
    assert set(urls) == {"Documentation", "Changelog", "Issues", "Source"}
    pages = [url.partition("/blob/HEAD/")[2] for url in urls.values()]
    assert all((CHECKOUT / page).is_file() for page in pages if page)


def test_the_connection_type_is_one_that_airflow_can_carry_in_a_uri() -> None:
    (connection_type,) = INFO["connection-types"]
    kind = connection_type["connection-type"]
    assert kind == "huaweicloud_dli"
    module, _, name = connection_type["hook-class-name"].rpartition(".")
    hook = getattr(importlib.import_module(module), name)
    assert issubclass(hook, BaseHook)
    assert (hook.conn_type, hook.default_conn_name) == (kind, "dli_default")


@pytest.mark.parametrize("line", ["3.3", "2.11"])
def test_the_constraints_pin_everything_and_nothing_of_this_machine(line: str) -> None:
    lines = (CHECKOUT / "constraints" / f"airflow-{line}.txt").read_text().splitlines()
    pins = [text for text in lines if not text.startswith("#")]
    strangers = [pin for pin in pins if pin.count("==") != 1 or any(mark in pin for mark in "/@ ;")]
    assert strangers == []
    pinned = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    groups = {name: group for name, group in PYPROJECT["dependency-groups"].items() if name != "docs"}
    wanted = chain(PYPROJECT["project"]["dependencies"], *groups.values())
    assert {Requirement(requirement).name for requirement in wanted} - pinned == set()
    assert any(pin.startswith(f"apache-airflow=={line}.") for pin in pins)
