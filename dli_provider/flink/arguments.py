"""What DAG authors write as arguments, and what templates make of it: parsed, and checked before any call.

Ids, statuses, lists and mappings may come as themselves, as their JSON or as their Python text, since a
template renders to one of the three. Names, SQL, paths and arguments of the connection are never parsed: a
job may be called ``104``.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from dli_provider.flink.status import FlinkJobStatus

MAX_JOB_ID = 2**63 - 1
_TEMPLATE_MARKS = ("{{", "{%", "{#")


def is_blank(value: object) -> bool:
    """Tell whether an argument counts as not given.

    :param value: the argument; None, an empty or blank text, and ``"None"``, which is what Jinja makes of
        None, are blank. An empty list is not: it was given, and says that there is nothing.
    """
    return value is None or (isinstance(value, str) and value.strip() in {"", "None"})


def holds_template(value: object) -> bool:
    """Tell whether an argument is known only once Airflow has rendered it.

    :param value: the argument. Texts with ``{{``, ``{%`` or ``{#``, XComArgs and the like, and callables that
        Airflow calls instead of rendering count, at any depth of lists and mappings.
    """
    if isinstance(value, str):
        return any(mark in value for mark in _TEMPLATE_MARKS)
    if isinstance(value, Mapping):
        return any(holds_template(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(holds_template, value))
    return callable(value) or (hasattr(value, "iter_references") and hasattr(value, "resolve"))


def check_boolean(parameter: str, value: object) -> None:
    """Check an argument that is True or False; a text such as ``"false"`` would count as True.

    :param parameter: the parameter's name, for the error.
    :param value: the argument.
    :raises ValueError: when it is anything else.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{parameter} must be True or False, not {_shown(value)}")  # noqa: TRY004


def parse_job_id(value: object, parameter: str = "job_id") -> int:
    """Return the id of a Flink job as a number.

    :param value: a positive int, or text of decimal digits (what a template or an XCom yields); DLI's ids are
        Java longs.
    :param parameter: the parameter's name, for the error.
    :raises ValueError: for anything else, naming what was given.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,19}\s*", value, re.ASCII):
        number = int(value)
    else:
        raise ValueError(f"{parameter} must be a whole number or text of digits, not {_shown(value)}")
    if not 0 < number <= MAX_JOB_ID:
        raise ValueError(f"{parameter} must lie between 1 and {MAX_JOB_ID}, not {_shown(number)}")
    return number


def parse_job_ids(parameter: str, value: object) -> list[int] | None:
    """Return the ids of Flink jobs, each once, in the order given.

    :param parameter: the parameter's name, for the error.
    :param value: see :func:`parse_list`; a single id is a list of one.
    :return: the ids, or None when ``value`` is None: no selection. A caller that was given a template must
        check for itself that it did not render to None.
    :raises ValueError: when an item is no id, and for a blank text: it must not come to mean every job.
    """
    if value is None:
        return None
    if is_blank(value):
        raise ValueError(f"{parameter} is blank; leave it out to select all jobs")
    return list(dict.fromkeys(parse_job_id(item, parameter) for item in parse_list(parameter, value)))


def parse_project_id(value: object) -> str:
    """Return a project id, checked to be one segment of a path.

    :param value: text of 1 to 64 letters, digits, ``-`` and ``_``.
    :raises ValueError: for anything else, naming what was given.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z_-]{1,64}", value):
        return value
    raise ValueError(f"project_id must be 1 to 64 letters and digits, not {_shown(value)}")


def parse_statuses(parameter: str, value: object) -> tuple[FlinkJobStatus, ...]:
    """Return the statuses that a parameter names, each once, in the order given.

    :param parameter: the parameter's name, for the error.
    :param value: a status or several, see :func:`parse_list`; blank means none.
    :raises ValueError: when an item is none of the 14 statuses, naming the nearest one.
    """
    known = [status.value for status in FlinkJobStatus]
    found: dict[FlinkJobStatus, None] = {}
    for item in parse_list(parameter, value):
        text = item.strip() if isinstance(item, str) else item
        if text not in known:
            hint = nearest(text, known) or f"; they are {', '.join(known)}"
            raise ValueError(f"{parameter}: {_shown(item)} is not a status of a Flink job{hint}")
        found[FlinkJobStatus(text)] = None
    return tuple(found)


def parse_targets(value: object) -> tuple[FlinkJobStatus, ...]:
    """Return the statuses of ``target_status``.

    :param value: see :func:`parse_statuses`.
    :raises ValueError: as there, and when there are none.
    """
    if targets := parse_statuses("target_status", value):
        return targets
    raise ValueError("target_status is empty: name one or more statuses to wait for")


def parse_list(parameter: str, value: object) -> list[Any]:
    """Return the items of a list.

    :param parameter: the parameter's name, for the error.
    :param value: a list or another iterable, the text of a JSON or Python list, items separated by commas,
        or a single text or number; blank means no items.
    :raises ValueError: when it is a mapping, bytes, or text that begins like a list and isn't one.
    """
    if isinstance(value, str) and value.lstrip().startswith(("[", "(", "{", '"', "'")):
        value = _literal(parameter, value, "list")
    if is_blank(value):
        return []
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, int):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, Mapping | bytes | bytearray):
        try:
            return list(value)
        except TypeError:  # an XComArg claims to be iterable, and is not
            pass
    raise ValueError(f"{parameter} must be a list, not {_shown(value)}")


def parse_mapping(parameter: str, value: object) -> dict[str, Any]:
    """Return a mapping.

    :param parameter: the parameter's name, for the error.
    :param value: a mapping, or its JSON or Python text; blank means an empty one.
    :raises ValueError: when it is anything else, or a key is not text.
    """
    if isinstance(value, str) and not is_blank(value):
        value = _literal(parameter, value, "mapping")
    if is_blank(value):
        return {}
    if not isinstance(value, Mapping):
        raise ValueError(f"{parameter} must be a mapping, not {_shown(value)}")  # noqa: TRY004
    for key in value:
        if not isinstance(key, str):
            raise ValueError(f"{parameter}: the key {_shown(key)} must be text")  # noqa: TRY004
    return dict(value)


def parse_savepoint_path(parameter: str, value: object) -> str:
    """Return a directory in OBS as ``bucket/dir/``, checked to be nothing else.

    :param parameter: the parameter's name, for the error.
    :param value: ``obs://bucket/dir/`` or ``bucket/dir/``; the slash at the end may be missing.
    :raises ValueError: for another scheme, a login, ``..``, a query, and characters that can't be seen.
    """
    path = re.sub("^obs://", "", value, flags=re.IGNORECASE) if isinstance(value, str) else ""
    bucket, *folders = path.removesuffix("/").split("/")
    rule = "without a login, empty or relative parts, or any of % ? # \\"
    is_safe = path.isprintable() and len(path) <= _MAX_PATH and not set(path) & set("%?#\\")
    if is_safe and all(name.strip(" .") for name in folders):
        if _BUCKET.fullmatch(bucket):
            return "/".join((bucket, *folders, ""))
        if re.fullmatch(r"[\w.-]+", bucket):
            rule = "in a bucket whose name has 3 to 63 characters of a-z, 0-9, '.' and '-'"
    raise ValueError(
        f"{parameter} must be a directory in OBS such as obs://bucket/dir/ or bucket/dir/, {rule}"
    )


_BUCKET = re.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MAX_PATH = 1024


def nearest(word: object, known: Iterable[str]) -> str:
    """Return a hint at what a misspelt word was meant to be, such as ``; did you mean 'job_running'?``.

    :param word: the word that isn't known.
    :param known: the words that are.
    :return: the hint to end an error message with, or "" when no known word is near.
    """
    from difflib import get_close_matches

    if not isinstance(word, str):
        return ""
    by_lower_case = {name.lower(): name for name in known}
    matches = get_close_matches(word.strip().lower()[:100], by_lower_case, n=1)
    return f"; did you mean {by_lower_case[matches[0]]!r}?" if matches else ""


def _literal(parameter: str, text: str, kind: str) -> object:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text.strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    raise ValueError(f"{parameter} must be a {kind}, or its JSON or Python text, not {_shown(text)}")


def _shown(value: object) -> str:
    from dli_provider.masking import printable

    return printable(repr(value), 80)
