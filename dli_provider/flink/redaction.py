"""What of a job may be shown or stored: whole fields that are withheld, credentials masked everywhere.

The service itself masks nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dli_provider.masking import MASK, is_credential, mask, storable

WITHHELD_FIELDS = frozenset(
    {
        *("sql_body", "entrypoint_args", "execution_graph", "stream_graph", "graph_editor_data"),
        *("runtime_config", "flink_log_config", "operator_config", "static_estimator_config"),
    }
)
"""The fields of a job and of its ``job_config`` that are shown only when they are asked for by name."""

_SHOWN_OBJECTS = frozenset({"job_config", "resource_config"})
_LABELS = frozenset({"key", "k", "name"})
_VALUES = frozenset({"value", "v"})


def redact(content: Mapping[str, Any], include: Collection[str] = ()) -> dict[str, Any]:
    """Return a copy of a job or of its ``job_config`` that is fit to show and store.

    - A withheld field that holds something becomes :data:`MASK`; so does every text, list or object under a
      key that ends in ``_config``. Null and empty values stay, so that one sees whether a field is set.
    - So does every value that its key calls a credential, also in pairs:
      ``{"key": "password", "value": "x"}``, ``["password", "x"]``, ``["--password", "x"]``.
    - All other texts, those of keys included, are passed through :func:`~dli_provider.masking.mask` and
      :func:`~dli_provider.masking.storable`.

    :param content: JSON data, nested no deeper than a job of DLI.
    :param include: withheld fields to show all the same; credentials in them are masked even then.
    :raises ValueError: when ``include`` names something that isn't withheld.
    """
    return _object(content, check_include(include))


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


def _object(content: Mapping[str, Any], include: frozenset[str]) -> dict[str, Any]:
    labels = [str(value) for key, value in content.items() if str(key).lower() in _LABELS]
    shown = {}
    for key, value in content.items():
        name = str(key)
        in_pair = name.lower() in _VALUES and any(is_credential(label, value) for label in labels)
        shown[storable(mask(name))] = _value(name, value, include, secret=in_pair)
    return shown


def _list(items: list[Any], include: frozenset[str]) -> list[Any]:
    """Return the items of a list; one may be announced by an argument before it, or by the other of two."""
    names = ["", *(item if isinstance(item, str) else "" for item in items)]
    return [
        _value("", item, include, secret=(len(items) == 2 or name[:1] == "-") and is_credential(name, item))
        for name, item in zip(names, items, strict=False)
    ]


def _value(name: str, value: Any, include: frozenset[str], *, secret: bool) -> Any:
    """Return a value that is fit to show.

    :param name: its key; empty in a list.
    :param secret: something else than its key calls it a credential.
    """
    if not value or isinstance(value, bool):
        return value
    if secret or is_credential(name, value) or (_is_opaque(name, value) and name not in include):
        return MASK
    if isinstance(value, str):
        return storable(mask(value))
    if isinstance(value, Mapping):
        return _object(value, include)
    return _list(value, include) if isinstance(value, list) else value


def _is_opaque(name: str, value: Any) -> bool:
    if name in _SHOWN_OBJECTS:
        return isinstance(value, str)
    return is_withheld(name) and isinstance(value, str | list | Mapping)
