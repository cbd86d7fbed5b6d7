"""The connection's form as somebody in front of the browser uses it, on both lines of Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser import Page
from rest import IS_AIRFLOW_2

from dli_provider import get_provider_info

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

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

    def save_and_test(self) -> str:
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
        self.until(lambda: self.chrome.find_elements("xpath", path))[0].click()

    def choose(self, name: str, value: str) -> None:
        if "enum" in FIELDS[name]["schema"]:
            self.field(name).find_element("css selector", "input[role=combobox]").send_keys(f"{value}\n")
        elif value == "true":
            self.field(name).find_element("xpath", "..").click()

    def save(self) -> None:
        self.click("[role=dialog] button", "Save")
        self.until(lambda: not self.shown("[role=dialog]"))

    def save_and_test(self) -> str:
        self.save()
        self.press("Test Connection")
        return self.see("[data-scope=toast][data-part=root]", "Test Connection").text


FORM = FormOfAirflow2 if IS_AIRFLOW_2 else FormOfAirflow3
