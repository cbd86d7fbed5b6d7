"""Where a job differs from its definition in a DAG. Only fields that the author gave are compared.

A field that DLI's answer lacks, or that can't be read, is *not compared*: if it counted as a difference,
every run of the DAG would restart the job.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.plan.desired import DesiredJob

_JSON_TEXTS = frozenset({"flink_log_config", "operator_config", "static_estimator_config"})
_CHECKPOINT_MODES = {"1": "exactly_once", "2": "at_least_once"}
_DEFAULTS = {
    "checkpoint_enabled": False,
    "checkpoint_mode": "exactly_once",
    "cu_number": 2,
    "dirty_data_strategy": "0",
    "log_enabled": False,
    "manager_cu_number": 1,
    "parallel_number": 1,
    "resource_config_version": "v1",
    "restart_when_exception": False,
    "resume_checkpoint": False,
    "resume_max_num": -1,
    "tm_cus": 1,
}
"""What DLI means by null. Fields whose default its pages contradict each other on are left out."""
_MEMORY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([MG]?)B?\s*", re.IGNORECASE)
_LACKING = object()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a job compares with its definition.

    :param changed: names of the fields that differ.
    :param not_compared: names of the given fields that DLI doesn't show, with dots where they are nested.
    """

    changed: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field as it is to be and as it is, in a form in which equal things are equal.

    :param path: its name, with dots where it is nested.
    :param wanted: its value in the DAG.
    :param found: its value on DLI.
    :param is_shown: False when DLI doesn't show it.
    """

    path: str
    wanted: Any
    found: Any
    is_shown: bool

    @property
    def name(self) -> str:
        """The name of the field that it is, or that it is nested in."""
        return self.path.split(".", 1)[0]

    @property
    def differs(self) -> bool:
        """True when DLI shows another value."""
        return self.is_shown and self.wanted != self.found


def compare(desired: DesiredJob, job: FlinkJob, ignored: Collection[str] = ()) -> Comparison:
    """Return where a job differs from its definition.

    :param desired: the definition.
    :param job: the job, with its detail.
    :param ignored: names of fields that may differ.
    """
    fields = [field for field in compared_fields(desired, job) if field.name not in ignored]
    return Comparison(
        tuple(dict.fromkeys(field.name for field in fields if field.differs)),
        tuple(field.path for field in fields if not field.is_shown),
    )


def compared_fields(desired: DesiredJob, job: FlinkJob) -> Iterator[ComparedField]:
    """Yield each given field as it is to be and as it is. The values are in the clear: don't log them.

    :param desired: the definition.
    :param job: the job, with its detail.
    """
    shown = _shown_fields(job)
    bucket = desired.fields.get("obs_bucket") or shown.get("obs_bucket")
    for name, given in sorted(desired.fields.items()):
        wanted = _comparable(name, given, bucket)
        found = _comparable(name, shown[name], bucket) if name in shown else _LACKING
        yield from (
            _nested(name, wanted, found) if name == "resource_config" else [_field(name, wanted, found)]
        )


def _nested(path: str, wanted: Any, found: Any) -> Iterator[ComparedField]:
    """Yield the fields of an object that the author gave; where there is no object, it is compared whole."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            yield from _nested(f"{path}.{key}", value, found.get(key, _LACKING))
    else:
        yield _field(path, wanted, found)


def _field(path: str, wanted: Any, found: Any) -> ComparedField:
    return ComparedField(path, wanted, found, found is not _LACKING)


def _shown_fields(job: FlinkJob) -> dict[str, Any]:
    """Return the fields that DLI shows, wherever they stand in its answer."""
    content = job.to_dict(redact=False)
    config = content.pop("job_config", None)
    shown = dict(config) if isinstance(config, Mapping) else {}
    shown |= {name: value for name, value in content.items() if shown.get(name) is None}
    for name in job.unreadable:
        shown.pop(name.removeprefix("job_config."), None)
    return shown


def _comparable(name: str, value: Any, bucket: str | None) -> Any:
    """Return a value in a form in which equal things are equal; for an empty one the default, or None."""
    if value is None or value in ("", [], {}):
        return _DEFAULTS.get(name)
    if name == "checkpoint_mode":
        return _CHECKPOINT_MODES.get(str(value), value)
    if name == "resource_config":
        return _resources(_parsed(value))
    if name in {"runtime_config", "tags"}:
        return _pairs(value)
    if name in _JSON_TEXTS:
        return _parsed(value) or None
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if name == "sql_body":
        return text.strip() or None
    return _path_in(bucket, text) if name == "checkpoint_path" else text


def _parsed(value: Any) -> Any:
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _pairs(value: Any) -> Any:
    """Return a list of keys and values as a mapping, whatever their order; None for none."""
    pairs = _parsed(value)
    try:
        return {pair["key"]: _option(pair["value"]) for pair in pairs} or None
    except (TypeError, KeyError):
        return value


def _option(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _resources(value: Any) -> Any:
    """Return resources with their memory in MB, whatever its unit, and with numbers that come as text."""
    if not isinstance(value, Mapping):
        return value
    plain = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            plain[key] = _resources(item)
        elif key == "memory" and (match := _MEMORY.fullmatch(str(item))):
            plain[key] = float(match[1]) * (1 if match[2] in ("m", "M") else 1024)
        else:
            plain[key] = item
            with suppress(TypeError, ValueError):
                plain[key] = float(item)
    return plain


def _path_in(bucket: str | None, path: str) -> str:
    """Return a path as DLI shows it, which begins with the bucket."""
    path = path.removeprefix("obs://").strip("/")
    return path if not bucket or path.startswith(f"{bucket}/") else f"{bucket}/{path}"
