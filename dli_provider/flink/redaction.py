"""What of a job may be shown or stored: whole fields that are withheld, credentials masked everywhere.

The service itself masks nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dli_provider.masking import MASK, is_credential, mask

WITHHELD_FIELDS = frozenset(
    {
        *("sql_body", "entrypoint_args", "execution_graph", "stream_graph", "graph_editor_data"),
        *("runtime_config", "flink_log_config", "operator_config", "static_estimator_config"),
    }
)
"""The fields of a job and of its ``job_config`` that are shown only when they are asked for by name."""

_SHOWN_OBJECTS = frozenset({"job_config", "resource_config"})


def redact(content: Mapping[str, Any], include: Collection[str] = ()) -> dict[str, Any]:
    """Return a copy of what a job or a job_config holds, fit to be shown and stored.

    A withheld field that holds something becomes :data:`MASK`; null and empty values stay, so that the reader
    sees whether it is set. So does every text, list or object under a key that ends in ``_config``, known or
    not, and whatever a key names as a credential. Every other text is passed through
    :func:`~dli_provider.masking.mask`.

    :param content: JSON data, nested no deeper than a job of DLI.
    :param include: withheld fields to show all the same; credentials in them are masked even then.
    :raises ValueError: when ``include`` names something that isn't withheld.
    """
    return _redact_object(content, check_include(include))


def check_include(include: Collection[str]) -> frozenset[str]:
    """Return the names of withheld fields to show, checked.

    :param include: names out of :data:`WITHHELD_FIELDS`.
    :raises ValueError: for any other name, listing the possible ones, and for a text instead of a list.
    """
    names = frozenset(() if isinstance(include, str) else include)
    unknown = sorted(map(repr, names - WITHHELD_FIELDS))
    if unknown or isinstance(include, str):
        raise ValueError(
            f"include must be a list of withheld fields, and not {', '.join(unknown) or repr(include):.200}; "
            f"possible are {', '.join(sorted(WITHHELD_FIELDS))}"
        )
    return names


def is_withheld(name: str) -> bool:
    """Tell whether a field's text, list or object is withheld unless it is asked for.

    :param name: key of the field, at any depth.
    """
    return name in WITHHELD_FIELDS or (name.endswith("_config") and name not in _SHOWN_OBJECTS)


def _redact_object(content: Mapping[str, Any], include: frozenset[str]) -> dict[str, Any]:
    label = content.get("key", content.get("name"))
    return {
        name: _redact_value(name, value, include, label if name == "value" else None)
        for name, value in content.items()
    }


def _redact_value(name: str, value: Any, include: frozenset[str], label: object = None) -> Any:
    if not value or isinstance(value, bool):
        return value
    if isinstance(label, str) and is_credential(label, value):
        return MASK
    if is_credential(name, value) or (_is_opaque(name, value) and name not in include):
        return MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return _redact_object(value, include)
    if isinstance(value, list):
        return [_redact_value("", item, include) for item in value]
    return value


def _is_opaque(name: str, value: Any) -> bool:
    if name in _SHOWN_OBJECTS:
        return isinstance(value, str)
    return is_withheld(name) and isinstance(value, str | list | Mapping)
