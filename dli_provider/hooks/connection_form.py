"""The connection's form for Airflow before 3.2, built from what the provider info says for later ones."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from dli_provider import get_provider_info


def connection_form_widgets() -> dict[str, Any]:
    """Return the form's extra fields by name.

    Numbers and flags are text too: Airflow 2.11's field for a flag shows a stored ``"false"`` as ticked and
    sends ``y`` to the Test button, its field for a number refuses a stored fraction.
    """
    from wtforms import PasswordField, StringField

    text_widget, secret_widget = _widgets()
    fields: dict[str, Any] = {}
    for name, field in _connection_type()["conn-fields"].items():
        is_secret = field["schema"].get("format") == "password"
        fields[name] = (PasswordField if is_secret else StringField)(
            field["label"],
            description=field["description"],
            validators=_validators(name, field["schema"]),
            widget=(secret_widget if is_secret else text_widget)(),
        )
    return fields


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


def _validators(name: str, schema: dict[str, Any]) -> list[Any]:
    """Return what a field must satisfy: nothing when it is empty, else to be one of its choices, and to be
    what a connection takes.

    Airflow 3.0 and 3.1 make a list of the choices; they know the first two validators by exactly these names,
    and pass the third over.
    """
    from wtforms.validators import Optional, any_of

    choices = ["true", "false"] if "boolean" in schema["type"] else schema.get("enum")
    return [Optional(), *([any_of(choices)] if choices else []), _Check(name)]


class _Check:
    """Checks a field as a connection does, when the form is saved.

    :param name: the extra's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, form: Any, field: Any) -> None:
        """Check what was typed.

        :raises wtforms.validators.ValidationError: when a connection doesn't take it.
        """
        from wtforms.validators import ValidationError

        from dli_provider.connection.values import EXTRAS, known_region

        if "conn_type" in form and form["conn_type"].data != _connection_type()["connection-type"]:
            return  # a field that is hidden, of another type's form
        try:
            EXTRAS[self._name](field.data)
            if self._name == "region" and "host" in form and not form["host"].data:
                known_region(field.data.strip())
        except ValueError as error:
            raise ValidationError(str(error)) from None


def _widgets() -> tuple[type, type]:
    """Return the widgets for a text and for a secret, which survive that Airflow 2.11 edits a connection."""
    from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget

    class TextWidget(BS3TextFieldWidget):  # type: ignore[misc]
        """Shows what isn't text, such as the mapping of proxies, as JSON; as it is, it would be Python."""

        def __call__(self, field: Any, **attributes: Any) -> Any:
            if field.data is not None and not isinstance(field.data, str):
                attributes["value"] = json.dumps(field.data)
            return super().__call__(field, **attributes)

    class SecretWidget(BS3PasswordFieldWidget):  # type: ignore[misc]
        """Stands Airflow's placeholder in for a stored secret; empty, it would delete the secret."""

        def __call__(self, field: Any, **attributes: Any) -> Any:
            placeholder = import_module("airflow.www.views").SENSITIVE_FIELD_PLACEHOLDER
            is_stored = field.data == placeholder or (field.data and not field.raw_data)
            self.hide_value = False
            attributes["value"] = placeholder if is_stored else ""
            return super().__call__(field, **attributes)

    return TextWidget, SecretWidget
