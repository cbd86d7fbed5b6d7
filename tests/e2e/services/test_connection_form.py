"""The connection's form in a real browser: what it shows, tests and stores, and what an edit leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from connection_form import FIELDS, FORM, RELABELED, Form
from rest import IS_AIRFLOW_2

from dli_provider.emulator import DliEmulator

if TYPE_CHECKING:
    from installation import Airflow
    from selenium.webdriver import Chrome

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


@pytest.fixture
def form(chromium: Chrome, airflow: Airflow) -> Form:
    """The form of the Airflow that is installed."""
    return FORM(chromium, airflow.api.address)


@pytest.fixture
def stored(airflow: Airflow, tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """Return a function that reads a connection from Airflow as it is stored, its extra as a mapping."""

    def read(connection_id: str) -> dict[str, Any]:
        file = tmp_path / "connections.json"
        airflow.run("connections", "export", "--file-format", "json", str(file))
        connection: dict[str, Any] = json.loads(file.read_text())[connection_id]
        file.unlink()
        return connection | {"extra": meaning(json.loads(connection["extra"]))}

    return read


def meaning(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an extra says, whether as JSON or as the text of a form; without what was left empty."""

    def of(value: Any) -> Any:
        try:
            return json.loads(value)
        except (TypeError, ValueError):
            return value

    return {name: of(value) for name, value in extra.items() if value is not None}


def test_it_names_the_fields_shows_no_other_and_no_secret(form: Any) -> None:
    form.open_new("only_looked_at")
    expected = RELABELED | {name: field["label"] for name, field in FIELDS.items()}
    assert {name: form.label(name) for name in expected} == expected
    hidden = {name for name in expected if form.field(name).get_attribute("type") == "password"}
    assert hidden == {"password", "security_token"}
    assert not [name for name in ("schema", "extra") if form.shown(f"[name={name}]")]


def test_a_connection_is_tested_and_stored_as_it_was_filled_in(
    form: Any, dli: DliEmulator, stored: Callable[[str], dict[str, Any]]
) -> None:
    extra = {
        "region": dli.region,
        "project_id": dli.project_id,
        "domain_name": "an-account",
        "iam_endpoint": dli.url,
        "verify": "true",
        "proxies": '{"https": "http://127.0.0.1:9"}',
        "connect_timeout": "5",
        "read_timeout": "20",
        "console_url": "https://console.example.com/{job_id}",
    }
    form.open_new("of_the_form")
    form.fill(host=dli.url, port="443", login=dli.access_key, password=dli.secret_key, **extra)
    form.choose("auth", "aksk")
    form.choose("allow_http", "true")
    assert f"Reached {dli.url}: project {dli.project_id} has 0 Flink jobs" in form.save_and_test()
    found = stored("of_the_form")
    assert found["extra"] == meaning(extra) | {"auth": "aksk", "allow_http": True}
    assert (found["conn_type"], found["host"], found["port"]) == ("huaweicloud_dli", dli.url, 443)
    assert (found["login"], found["password"]) == (dli.access_key, dli.secret_key)


def test_the_fewest_fields_are_enough(
    form: Any, dli: DliEmulator, stored: Callable[[str], dict[str, Any]]
) -> None:
    form.open_new("of_the_fewest")
    form.fill(host=dli.url, port="443", login=dli.access_key, password=dli.secret_key)
    form.fill(region=dli.region, project_id=dli.project_id)
    assert "Reached" in form.save_and_test()
    defaults = {} if IS_AIRFLOW_2 else {"auth": "aksk", "allow_http": False}
    assert stored("of_the_fewest")["extra"] == defaults | {"region": dli.region, "project_id": dli.project_id}


def test_a_refused_key_is_explained_without_the_secret(form: Any, dli: DliEmulator) -> None:
    form.open_new("of_a_wrong_key")
    form.fill(host=dli.url, port="443", login=dli.access_key, password="wrong-secret-key")
    form.fill(region=dli.region, project_id=dli.project_id)
    said = form.save_and_test()
    assert "APIG.0301" in said
    assert "wrong-secret-key" not in said


def test_an_edit_leaves_alone_what_it_does_not_touch(
    form: Any, airflow: Airflow, stored: Callable[[str], dict[str, Any]]
) -> None:
    extra = {
        "region": "cn-north-4",
        "security_token": "a-token",
        "proxies": {"https": "http://127.0.0.1:9"},
        "verify": "false",
        "connect_timeout": 2.5,
        "read_timeout": 20,
        "allow_http": "false",
        "not_of_the_form": {"a": 1},
    }
    keys = ("--conn-login", "AK", "--conn-password", "SK", "--conn-extra", json.dumps(extra))
    airflow.run("connections", "add", "edited", "--conn-type", "huaweicloud_dli", *keys)
    form.open("edited")
    form.fill(region="cn-east-3")
    form.save()
    found = stored("edited")
    assert found["extra"] == meaning(extra) | {"region": "cn-east-3"}
    assert (found["login"], found["password"]) == ("AK", "SK")
