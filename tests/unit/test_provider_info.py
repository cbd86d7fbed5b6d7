"""What Airflow is told of the provider, judged by Airflow's own schemas, and the form it makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import airflow
import jsonschema
import pytest

from dli_provider import get_provider_info
from dli_provider.connection import AUTH_KINDS, ConnectionFields, settings_from_fields
from dli_provider.hooks.dli import DliHook

AIRFLOW = Path(airflow.__file__).parent
INFO = get_provider_info()
TYPE = INFO["connection-types"][0]


def schema(name: str) -> dict:
    return json.loads((AIRFLOW / name).read_text())


def test_is_valid_by_the_schema_that_airflow_checks_it_with():
    jsonschema.validate(INFO, schema("provider_info.schema.json"))


def test_the_form_is_valid_by_the_stricter_schema_of_airflow_s_own_providers():
    jsonschema.validate([TYPE], schema("provider.yaml.schema.json")["properties"]["connection-types"])


def test_the_form_is_described_in_full_so_that_airflow_does_not_import_the_hook_for_it():
    """With one of the two keys alone, Airflow 3.2 and later leave out what the other would say."""
    assert TYPE["conn-fields"]
    assert TYPE["ui-field-behaviour"].keys() == {"hidden-fields", "relabeling", "placeholders"}


def test_labels_and_placeholders_are_of_fields_that_are_shown():
    behaviour = TYPE["ui-field-behaviour"]
    standard = {"description", "host", "schema", "login", "password", "port", "extra"}
    shown = (standard | TYPE["conn-fields"].keys()) - set(behaviour["hidden-fields"])
    assert behaviour["relabeling"].keys() | behaviour["placeholders"].keys() <= shown


def test_the_hook_and_the_form_agree_on_type_and_name():
    assert (TYPE["connection-type"], TYPE["hook-name"]) == (DliHook.conn_type, DliHook.hook_name)


def test_secrets_are_password_fields_and_choices_are_those_that_are_understood():
    fields = TYPE["conn-fields"]
    assert {name for name, field in fields.items() if field["schema"].get("format") == "password"} == {
        "security_token"
    }
    assert tuple(fields["auth"]["schema"]["enum"]) == AUTH_KINDS
    assert all(field["label"] and field["description"] for field in fields.values())


def test_airflow_shows_the_form_with_all_its_fields():
    try:
        from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
    except ImportError:  # Airflow 2
        from airflow.providers_manager import ProvidersManager

        widgets = ProvidersManager().connection_form_widgets
        prefix = "extra__huaweicloud_dli__"
        shown = {key.removeprefix(prefix) for key in widgets if key.startswith(prefix)}
        label = ProvidersManager().field_behaviours["huaweicloud_dli"]["relabeling"]["host"]
    else:
        forms = {form.connection_type: form for form in HookMetaService.hook_meta_data()}
        form = forms["huaweicloud_dli"]
        if form.extra_fields is None and airflow.__version__.startswith(("3.0.", "3.1.")):
            pytest.skip("Airflow 3.0 and 3.1.0 show no provider's fields without the FAB provider")
        shown, label = set(form.extra_fields), form.standard_fields.host.title
    assert shown == set(TYPE["conn-fields"])
    assert label == "Endpoint"


@pytest.mark.parametrize(
    "unset",
    [
        {},
        dict.fromkeys(TYPE["conn-fields"]),
        dict.fromkeys(TYPE["conn-fields"], ""),
        {**dict.fromkeys(TYPE["conn-fields"]), "allow_http": False, "auth": "aksk"},
    ],
    ids=["left out as by Airflow 2.11", "null", "empty text", "null or default as by Airflow 3.3"],
)
def test_fields_that_were_left_empty_in_a_form_are_not_set(unset):
    from airflow.models import Connection

    connection = Connection(
        conn_id="dli", conn_type="huaweicloud_dli", login="AK-example", password="SK-example"
    )
    settings = settings_from_fields(
        ConnectionFields(connection, {**unset, "region": "cn-north-4", "project_id": "p1"})
    )
    assert settings.endpoint == "https://dli.cn-north-4.myhuaweicloud.com"
    assert (settings.verify, settings.proxies, settings.read_timeout) == (True, None, 30.0)
