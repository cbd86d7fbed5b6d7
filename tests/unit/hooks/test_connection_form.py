"""The form of Airflow before 3.2: made of what the provider info says, and kind to what is stored."""

from __future__ import annotations

import html
import json
import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from dli_provider import get_provider_info
from dli_provider.hooks.connection_form import connection_form_widgets, ui_field_behaviour
from dli_provider.hooks.dli import DliHook

TYPE = get_provider_info()["connection-types"][0]
FIELDS = TYPE["conn-fields"]


def test_the_hook_itself_answers_what_airflow_asks():
    """Airflow 2.11 looks for both methods in the hook's own namespace."""
    assert {"get_connection_form_widgets", "get_ui_field_behaviour"} <= vars(DliHook).keys()
    assert DliHook.get_ui_field_behaviour() == ui_field_behaviour()


def test_labels_placeholders_and_hidden_fields_are_those_of_the_provider_info():
    described = TYPE["ui-field-behaviour"]
    assert ui_field_behaviour() == {key.replace("-", "_"): value for key, value in described.items()}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestOnAirflow2:
    """With the real Flask-AppBuilder, which Airflow 3 has no more."""

    @pytest.fixture
    def form(self):
        """Return a function that makes the form with what is stored, or with what was posted."""
        wtforms = pytest.importorskip("wtforms", reason="of Airflow 2")
        datastructures = pytest.importorskip("werkzeug.datastructures")

        def form(
            posted: dict[str, str] | None = None, form_fields: dict[str, Any] | None = None, **stored: Any
        ) -> Any:
            fields = {**(form_fields or {}), **connection_form_widgets()}
            form_class = type("ConnectionForm", (wtforms.Form,), fields)
            posted = posted and {
                **{name: field.kwargs["default"] for name, field in (form_fields or {}).items()},
                **posted,
            }
            made = form_class(None if posted is None else datastructures.MultiDict(posted))
            for name, value in stored.items():
                made[name].data = value
            return made

        return form

    def test_each_field_is_of_a_class_that_airflow_accepts_and_secrets_are_hidden(self, form):
        classes = {name: type(field).__name__ for name, field in form()._fields.items()}
        assert classes.keys() == FIELDS.keys()
        assert {name for name, kind in classes.items() if kind == "PasswordField"} == {"security_token"}
        assert set(classes.values()) == {"PasswordField", "StringField"}

    def test_each_field_is_explained(self, form):
        shown = {name: (field.label.text, field.description) for name, field in form()._fields.items()}
        assert shown == {name: (field["label"], field["description"]) for name, field in FIELDS.items()}

    @pytest.mark.parametrize(
        ("name", "stored", "shown"),
        [
            ("region", "cn-north-4", "cn-north-4"),
            ("proxies", {"https": "http://proxy.example.com:3128"}, None),
            ("connect_timeout", 2.5, "2.5"),
            ("allow_http", "false", "false"),
            ("allow_http", True, "true"),
            ("verify", None, ""),
        ],
    )
    def test_what_is_stored_is_shown_so_that_it_can_be_saved_again(self, form, name, stored, shown):
        rendered = html.unescape(form(**{name: stored})[name]())
        assert f'value="{json.dumps(stored) if shown is None else shown}"' in rendered

    def test_a_stored_secret_is_not_shown_and_saved_again_as_what_it_was(self, form):
        from airflow.www.views import SENSITIVE_FIELD_PLACEHOLDER

        rendered = form(security_token="a-token")["security_token"]()
        assert "a-token" not in rendered
        assert SENSITIVE_FIELD_PLACEHOLDER in rendered
        assert (
            SENSITIVE_FIELD_PLACEHOLDER
            in form({"security_token": SENSITIVE_FIELD_PLACEHOLDER})["security_token"]()
        )

    def test_a_secret_that_was_typed_into_a_refused_form_is_asked_for_again(self, form):
        for posted in ({"security_token": "a-token"}, {"security_token": ""}):
            assert 'value=""' in form(posted)["security_token"]()
        assert 'value=""' in form()["security_token"]()

    @pytest.mark.parametrize(("name", "value"), [("auth", "kerberos"), ("allow_http", "yes")])
    def test_a_choice_that_does_not_exist_is_refused(self, form, name, value):
        made = form({name: value})
        assert not made.validate()
        assert made.errors.keys() == {name}

    WRONG: ClassVar = {
        "region": "x" * 100,
        "project_id": "../x",
        "project_name": "a\nb",
        "auth": "kerberos",
        "iam_endpoint": "https://iam.example.com/path",
        "verify": "/no/such.pem",
        "proxies": "http://user:hunter2@proxy.example.com",
        "connect_timeout": "soon",
        "read_timeout": "-1",
        "console_url": "javascript:alert(1)",
        "allow_http": "yes",
        "language": "de",
    }

    def test_all_that_is_wrong_is_told_at_once(self, form):
        made = form(self.WRONG)
        assert not made.validate()
        assert made.errors.keys() == self.WRONG.keys()
        assert all(made.errors.values())
        assert "hunter2" not in str(made.errors)

    @pytest.mark.parametrize(("host", "valid"), [("", False), ("https://dli.example.com", True)])
    def test_a_region_must_be_known_where_no_endpoint_is_set(self, form, host, valid):
        import wtforms

        made = form({"region": "cn-noth-4"}, form_fields={"host": wtforms.StringField("host", default=host)})
        assert made.validate() is valid
        assert valid or "did you mean 'cn-north-4'?" in made.errors["region"][0]

    def test_what_is_hidden_since_the_connection_is_of_another_type_is_not_checked(self, form):
        import wtforms

        made = form(
            {"region": "x" * 100},
            form_fields={"conn_type": wtforms.StringField("conn_type", default="http")},
        )
        assert made.validate()

    def test_choices_that_exist_and_empty_fields_are_accepted(self, form):
        assert form({"auth": "agency", "allow_http": "true", "region": ""}).validate()
        assert form(dict.fromkeys(FIELDS, "")).validate()


class TestOnAirflow30And31:
    """Without Flask-AppBuilder: Airflow puts classes of its own in place of the fields."""

    @pytest.fixture
    def fields(self, monkeypatch) -> dict[str, Any]:
        """The fields as the UI is given them."""
        connections = pytest.importorskip(
            "airflow.api_fastapi.core_api.services.ui.connections", reason="of Airflow 3"
        )
        service = connections.HookMetaService
        if "wtforms" in sys.modules:
            pytest.skip("Flask-AppBuilder is installed")
        for name, content in {
            "wtforms": {"StringField": service.MockStringField, "PasswordField": service.MockPasswordField},
            "wtforms.validators": {"Optional": service.MockOptional, "any_of": service.MockEnum},
            "flask_appbuilder": {},
            "flask_appbuilder.fieldwidgets": dict.fromkeys(
                ("BS3TextFieldWidget", "BS3PasswordFieldWidget"), service.MockAnyWidget
            ),
        }.items():
            monkeypatch.setitem(sys.modules, name, SimpleNamespace(**content))
        return {name: field.param.dump() for name, field in connection_form_widgets().items()}

    def test_no_field_is_required_and_secrets_are_hidden(self, fields):
        assert fields.keys() == FIELDS.keys()
        assert all("null" in field["schema"]["type"] for field in fields.values())
        assert {name for name, field in fields.items() if field["schema"].get("format") == "password"} == {
            "security_token"
        }

    def test_choices_are_lists(self, fields):
        choices = {
            name: field["schema"]["enum"] for name, field in fields.items() if "enum" in field["schema"]
        }
        assert choices == {
            "auth": FIELDS["auth"]["schema"]["enum"],
            "allow_http": ["true", "false"],
            "language": ["en-us", "zh-cn"],
        }
