"""The connection's form for Airflow before 3.2, built from what the provider info says for later ones."""

from __future__ import annotations

from typing import Any

from dli_provider import get_provider_info


def connection_form_widgets() -> dict[str, Any]:
    """Return the extra fields as form widgets, by name."""
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
    from wtforms import BooleanField, PasswordField, StringField
    from wtforms.validators import any_of, optional

    widgets: dict[str, Any] = {}
    for name, field in _connection_type()["conn-fields"].items():
        schema = field["schema"]
        label, help_text = field["label"], field["description"]
        if "boolean" in schema["type"]:
            widgets[name] = BooleanField(label, description=help_text, default=schema["default"])
        elif schema.get("format") == "password":
            widgets[name] = PasswordField(label, description=help_text, widget=BS3PasswordFieldWidget())
        else:
            allowed = [any_of(schema["enum"])] if "enum" in schema else []
            widgets[name] = StringField(
                label,
                description=help_text,
                default=schema.get("default"),
                validators=[optional(), *allowed],
                widget=BS3TextFieldWidget(),
            )
    return widgets


def ui_field_behaviour() -> dict[str, Any]:
    """Return the labels, placeholders and hidden fields."""
    behaviour = _connection_type()["ui-field-behaviour"]
    return {
        "hidden_fields": behaviour["hidden-fields"],
        "relabeling": behaviour["relabeling"],
        "placeholders": behaviour["placeholders"],
    }


def _connection_type() -> dict[str, Any]:
    found: dict[str, Any] = get_provider_info()["connection-types"][0]
    return found
