"""The connection's form in a real browser: what it shows, tests and stores, and what an edit leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import Page
from rest import IS_AIRFLOW_2

from dli_provider import get_provider_info
from dli_provider.emulator import DliEmulator

if TYPE_CHECKING:
    from installation import Airflow
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

TYPE = get_provider_info()["connection-types"][0]
FIELDS = TYPE["conn-fields"]
RELABELED = TYPE["ui-field-behaviour"]["relabeling"]


class Form(Page):
    """The form as somebody in front of the browser uses it; fields go by their names in the provider info."""

    def fill(self, **values: str) -> None:
        """Type values into fields."""
        for name, value in values.items():
            field = self.field(name)
            field.clear()
            field.send_keys(value)

    def field(self, name: str) -> WebElement:
        """Return a field's input."""
        raise NotImplementedError


class FormOfAirflow2(Form):
    """A page of its own, with the Test button beside Save."""

    def field(self, name: str) -> WebElement:
        return self.see(f"#extra__huaweicloud_dli__{name}" if name in FIELDS else f"#{name}")

    def label(self, name: str) -> str:
        return self.see(f"label[for='{self.field(name).get_attribute('id')}']").text

    def open_new(self, connection_id: str) -> None:
        self.visit("connection/add")
        self.click("[aria-labelledby=select2-conn_type-container]")
        self.see(".select2-search__field").send_keys("Huawei Cloud DLI\n")
        self.fill(conn_id=connection_id)

    def open(self, connection_id: str) -> None:
        self.visit(f"connection/list/?_flt_3_conn_id={connection_id}")
        self.click("a[href*='/connection/edit/']")
        self.see("#test-connection")

    def choose(self, name: str, value: str) -> None:
        self.fill(**{name: value})

    def save(self) -> None:
        self.click("#model_form button[type=submit]")
        self.until(lambda: not self.shown("#model_form"))

    def test_and_save(self) -> str:
        self.click("#test-connection")
        said = self.see(".alert-success, .alert-error").text
        self.save()
        return said


class FormOfAirflow3(Form):
    """A dialog with its fields in sections, one of them open; the list of connections has the Test button."""

    def field(self, name: str) -> WebElement:
        selector, section = f"[name={name}]", "Standard Fields"
        if name in FIELDS:
            schema = FIELDS[name]["schema"]
            selector = f"#element_{name}" if "enum" in schema else f"[name=element_{name}]"
            section = schema["section"]
        if not self.shown(selector):
            self.click("[role=dialog] button", section)
        return self.see(selector)

    def label(self, name: str) -> str:
        return self.field(name).find_element("xpath", "preceding::label[1]").text

    def open_new(self, connection_id: str) -> None:
        self.connection_id = connection_id
        self.visit("connections")
        self.click("button", "Add Connection")
        self.see("[name=connection_id]").send_keys(connection_id)
        self.see("[role=dialog] input[role=combobox]").send_keys("Huawei Cloud DLI\n")

    def open(self, connection_id: str) -> None:
        self.connection_id = connection_id
        self.visit("connections")
        self.press("Edit Connection")

    def press(self, button: str) -> None:
        """Press a button in the connection's row of the list."""
        path = f"//tr[.//*[text()='{self.connection_id}']]//button[@aria-label='{button}']"
        self.until(lambda: (found := self.chrome.find_elements("xpath", path)) and (found[0].click() or True))

    def choose(self, name: str, value: str) -> None:
        if "enum" in FIELDS[name]["schema"]:
            self.field(name).find_element("css selector", "input[role=combobox]").send_keys(f"{value}\n")
        elif value == "true":
            self.field(name).find_element("xpath", "..").click()

    def save(self) -> None:
        self.click("[role=dialog] button", "Save")
        self.until(lambda: not self.shown("[role=dialog]"))

    def test_and_save(self) -> str:
        self.save()
        self.press("Test Connection")
        return self.see("[data-scope=toast][data-part=root]", "Test Connection").text


@pytest.fixture
def form(chromium: Chrome, airflow: Airflow) -> Any:
    """The form of the Airflow that is installed."""
    return (FormOfAirflow2 if IS_AIRFLOW_2 else FormOfAirflow3)(chromium, airflow.api.address)


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
    assert f"Reached {dli.url}: project {dli.project_id} has 0 Flink jobs" in form.test_and_save()
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
    assert "Reached" in form.test_and_save()
    defaults = {} if IS_AIRFLOW_2 else {"auth": "aksk", "allow_http": False}
    assert stored("of_the_fewest")["extra"] == defaults | {"region": dli.region, "project_id": dli.project_id}


def test_a_refused_key_is_explained_without_the_secret(form: Any, dli: DliEmulator) -> None:
    form.open_new("of_a_wrong_key")
    form.fill(host=dli.url, port="443", login=dli.access_key, password="wrong-secret-key")
    form.fill(region=dli.region, project_id=dli.project_id)
    said = form.test_and_save()
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
