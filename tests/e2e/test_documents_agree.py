"""What the documents say agrees with the code: tables, names, pictures, links, commands."""

from __future__ import annotations

import configparser
import importlib.util
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dli_provider.airflow_compat import Connection
from dli_provider.api import error_codes, errors
from dli_provider.connection import ConnectionFields, settings_from_fields
from dli_provider.connection.values import EXTRAS
from dli_provider.emulator import DliEmulator, faults
from dli_provider.flink.drift import _COMPARISONS, drift
from dli_provider.flink.health_report import HealthReport
from dli_provider.flink.job import FlinkJob
from dli_provider.flink.job_health import JobHealth
from dli_provider.flink.plan.deploy import DeployPlan
from dli_provider.flink.plan.desired import JobKind, parse_desired
from dli_provider.flink.plan.preview import preview
from dli_provider.flink.plan.tables import TABLE, Move
from dli_provider.flink.plan.values import Reading
from dli_provider.flink.status import FlinkJobStatus
from dli_provider.flink.wait import FlinkJobWait, WaitState
from dli_provider.operators.fleet_selection import SELECTION
from dli_provider.polling.changes import Change
from tests.e2e.documents import CHECKOUT, DOCUMENTS, Block, blocks, first_column, section, tables

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REFERENCE = "docs/reference.md"


@pytest.mark.parametrize("row", tables(section(REFERENCE, "Statuses"))[0][:-1], ids=lambda row: row[0])
def test_the_table_of_statuses_says_what_a_wait_does(row: list[str]) -> None:
    status, _, outcome = row
    words = {WaitState.WAITING: "goes on", WaitState.REACHED: "succeeds", WaitState.FAILED: "fails"}

    def observed(**config: Any) -> str:
        job = FlinkJob.from_api({"job_id": 104, "status": status.strip("`"), "job_config": config})
        return words[FlinkJobWait(104, [FlinkJobStatus.JOB_RUNNING]).observe(job, NOW).state]

    assert outcome.split(";")[0] == observed()
    scaling = '[{"key": "flink.dli.job.scale.enable", "value": "true"}]'
    goes_on = {
        "restart_when_exception": observed(restart_when_exception=True),
        "scales by itself": observed(runtime_config=scaling),
    }
    for words_of_it, found in goes_on.items():
        assert (words_of_it in outcome) == (found != observed())


def test_the_table_of_statuses_is_complete() -> None:
    assert first_column(section(REFERENCE, "Statuses")) == [status.value for status in FlinkJobStatus]


@pytest.mark.parametrize(
    "row", tables(section(REFERENCE, "What operators do with each status"))[0], ids=lambda row: row[0][:40]
)
def test_the_table_of_operators_says_what_they_do(row: list[str]) -> None:
    words = {
        Move.CALL: ("runs it", "stops it", "saves", "deletes it"),
        Move.WAIT: ("waits",),
        Move.ADOPT: ("adopts it",),
        Move.DONE: ("success",),
        Move.FAIL: ("fails", "refuses"),
    }
    for status in re.findall(r"`(job_\w+)`", row[0]):
        for move, cell in zip(TABLE[FlinkJobStatus(status)], row[1:], strict=True):
            assert cell.startswith(words[move]), (status, cell)


def test_the_table_of_operators_is_complete() -> None:
    documented = first_column(section(REFERENCE, "What operators do with each status"))
    assert set(documented) == {status.value for status in FlinkJobStatus}


DEPLOYMENT = "What a deployment does with each status"
DEPLOYED: dict[str, Any] = {"obs_bucket": "state", "smn_topic": "alerts", "parallel_number": 2}


def deployment_of(job: FlinkJob | None) -> str:
    """Return what a deployment would do with a job, in the words of the table."""
    plan = DeployPlan(parse_desired("orders", sql="SELECT 1", definition=DEPLOYED))
    planned = preview(plan, Reading(job, NOW))
    words = {
        "creating": "creates it",
        "waiting": "waits",
        "stopping": "stops it with a savepoint",
        "updating": "updates it",
        "starting": "runs it",
        "starting from": "runs it from the savepoint",
        "starting without": "runs it without state",
    }
    steps = [words.get(" ".join(step.split()[:2]), words[step.split()[0]]) for step in planned.steps]
    if planned.failure:
        steps.append("fails")
    return ", ".join(steps) or "success"


def deployment_rows() -> list[list[str]]:
    """Return the rows of the table, each with the statuses that it is about."""
    rows, statuses = [], ""
    for first, *cells in tables(section(REFERENCE, DEPLOYMENT))[0]:
        statuses = statuses if first.startswith("the same") else first
        rows.append([f"{statuses}: {first}", *cells])
    return rows


@pytest.mark.parametrize("row", deployment_rows(), ids=lambda row: row[0][-40:])
def test_the_table_of_a_deployment_says_what_it_does(row: list[str]) -> None:
    about, *cells = row
    state: dict[str, Any] = {"start_time": 1767000000000} if "once started" in about else {}
    state |= {"has_savepoint": True} if "shows a savepoint" in about else {}
    changes: list[dict[str, Any]] = [{}, {"smn_topic": "other"}, {"parallel_number": 4}]
    for cell, changed in zip(cells, changes, strict=True):
        config = {**DEPLOYED, **changed, "restart_when_exception": "restarted" in about}
        fields = {"job_id": 1, "sql_body": "SELECT 1", "job_config": config, **state}
        if about.startswith("no such job"):
            assert deployment_of(None) == cell
        for status in re.findall(r"`(job_\w+)`", about) or ["job_running_exception"][: "restarted" in about]:
            found = deployment_of(FlinkJob.from_api({**fields, "status": status}))
            assert cell in {found, f"{found.split(', ')[0]}, then as at rest"}, status


@pytest.mark.parametrize("row", tables(section("README.md", "It acts"))[0], ids=lambda row: row[0])
def test_the_table_of_the_readme_says_what_operators_do(row: list[str]) -> None:
    about, run, stop, deploy = row
    statuses = {
        "runs": "job_running",
        "is at rest": "job_cancel_success",
        "is being stopped": "job_canceling",
    }
    status = statuses.get(about.partition(" (")[0])
    words = {Move.CALL: ("runs it", "stops it"), Move.WAIT: ("waits",), Move.ADOPT: ("adopts it",)}
    words |= {Move.DONE: ("success",), Move.FAIL: ("fails",)}
    moves = TABLE[FlinkJobStatus(status)] if status else (Move.FAIL, Move.FAIL)
    assert run.startswith(words[moves[0]])
    assert stop.startswith(words[moves[1]])
    first = {"stops it": "leaves it, or upgrades it"}
    config = {**DEPLOYED, "parallel_number": 4}
    job = {"status": status, "sql_body": "SELECT 1", "has_savepoint": True, "job_config": config}
    does = deployment_of(FlinkJob.from_api(job) if status else None)
    assert deploy.startswith(first.get(does[:8], does.split(",")[0]))


def test_the_table_of_a_deployment_is_complete() -> None:
    documented = first_column(section(REFERENCE, DEPLOYMENT))
    assert set(documented) == {status.value for status in FlinkJobStatus}


def test_the_fields_that_change_in_place_are_complete() -> None:
    listed = re.findall(r"`(\w+)`", section(REFERENCE, DEPLOYMENT).partition("|")[0])
    assert set(listed) == JobKind.JAR.hot_fields | {"DliDeployFlinkJobOperator"}


def test_the_picture_of_an_upgrade_has_the_steps_of_one() -> None:
    job = FlinkJob.from_api({"status": "job_running", "sql_body": "SELECT 2", "job_config": DEPLOYED})
    plan = DeployPlan(parse_desired("orders", sql="SELECT 1", definition=DEPLOYED))
    steps = preview(plan, Reading(job, NOW)).steps
    picture = section("ARCHITECTURE.md", "A running job is upgraded")
    assert re.findall(r"^ +task->>dli: (\w+ing .*)$", picture, re.MULTILINE) == list(steps)


def test_the_picture_of_the_statuses_is_that_of_the_code() -> None:
    folder = CHECKOUT / "docs" / "images"
    script = _load(folder / "draw_job_states.py")
    assert set(script.PLACES) == {status.value for status in FlinkJobStatus} - {"job_idle"}
    assert (folder / "job-states.svg").read_text() == script.draw()


def test_the_schema_of_the_summary_is_complete() -> None:
    assert first_column(section(REFERENCE, "Summary of a job")) == list(FlinkJob().summary())


def test_the_schema_of_the_report_is_complete() -> None:
    report = section(REFERENCE, "Report of a health check")
    assert first_column(report) == list(HealthReport(NOW, {}, 1).to_dict())
    assert first_column(report, 1) == list(JobHealth("missing", 1).to_dict())


def test_the_schema_of_the_event_is_complete() -> None:
    event = Change(1, "orders", None, "job_running", None, NOW).to_dict()
    assert first_column(section(REFERENCE, "Event of a change")) == list(event)


def test_the_filters_are_complete() -> None:
    assert first_column(section(REFERENCE, "Filters")) == [name for name in SELECTION if name != "job_ids"]


def test_the_comparisons_are_complete_and_their_examples_valid() -> None:
    rows = tables(section(REFERENCE, "Comparisons"))[0]
    assert [row[0].strip("`") for row in rows] == list(_COMPARISONS)
    for row in rows:
        drift(json.loads(row[-1].strip("`")), {})


def test_the_fields_of_a_connection_are_complete() -> None:
    documented = first_column(section("docs/connect.md", "All fields"))
    rows = tables(section("docs/connect.md", "All fields"))[0]
    assert {name for name in documented if name in EXTRAS} == set(EXTRAS)
    assert [row[0] for row in rows][:4] == ["login", "password", "host", "port"]


def test_the_classes_of_errors_are_complete() -> None:
    family = set(errors._FAMILY) - {"DliError", "DliApiError"}
    assert set(first_column(section("docs/errors.md", "By class"))) == family


def test_every_code_for_which_there_is_advice_is_explained() -> None:
    codes = {code for code, known in error_codes._CODES.items() if known.advice}
    explained = first_column(section("docs/errors.md", "By code of DLI"))
    explained += first_column(section("docs/errors.md", "By code of the gateway"))
    assert set(explained) >= codes
    assert set(explained) <= set(error_codes._CODES)


def test_the_table_of_faults_is_complete() -> None:
    documented = {name.split("(")[0] for name in first_column(section("docs/testing.md", "Faults"))}
    assert documented == set(faults.__all__) - {"Fault", "GZIP_BOMB"}


def test_the_operations_of_the_emulator_are_complete() -> None:
    text = section("docs/testing.md", "Faults")
    listed = re.findall(r"`(\w+)`", text[text.index("The operations are") : text.index("`requests_of")])
    assert listed == DliEmulator()._faults.operations


def test_every_file_that_the_architecture_names_is_there() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", (CHECKOUT / "ARCHITECTURE.md").read_text()))
    here = [CHECKOUT / "dli_provider", *(CHECKOUT / "dli_provider").iterdir(), CHECKOUT]
    assert [name for name in sorted(named) if not any((folder / name).exists() for folder in here)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_that_is_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    local = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in local if link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_exists(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\$ |, and )make ([a-z][\w-]*)", document.read_text(), re.MULTILINE))
    assert named - targets == set()


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: block.name)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("ini"), ids=lambda block: block.name)
def test_ini_is_ini(block: Block) -> None:
    configparser.ConfigParser().read_string(block.text)


@pytest.mark.parametrize("block", blocks("bash"), ids=lambda block: block.name)
def test_every_connection_is_one_that_the_provider_accepts(block: Block) -> None:
    (value,) = re.findall(r"^export AIRFLOW_CONN_DLI_DEFAULT='(.*)'$", block.text, re.DOTALL | re.MULTILINE)
    if value.startswith("{"):
        connection = Connection.from_json(value, conn_id="dli_default")
    else:
        connection = Connection(conn_id="dli_default", uri=value)  # type: ignore[call-arg]
    assert settings_from_fields(ConnectionFields(connection, connection.extra_dejson)).endpoint.startswith(
        "https://dli."
    )


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
