"""The ids that become part of a URL: checked before any call, so that none of them can change its path."""

from __future__ import annotations

import re

MAX_JOB_ID = 2**63 - 1


def parse_job_id(value: object) -> int:
    """Return the id of a Flink job as a number.

    :param value: a positive int, or text of decimal digits (what a template or an XCom yields); DLI's ids are
        Java longs.
    :raises ValueError: for anything else, naming what was given.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,19}\s*", value, re.ASCII):
        number = int(value)
    else:
        raise ValueError(f"job_id must be a whole number, or text of digits alone, and not {value!r:.80}")
    if not 0 < number <= MAX_JOB_ID:
        raise ValueError(f"job_id must lie between 1 and {MAX_JOB_ID}, and not be {number}")
    return number


def parse_project_id(value: object) -> str:
    """Return a project id as it may stand in a path.

    :param value: text of 1 to 64 letters, digits, ``-`` and ``_``.
    :raises ValueError: for anything else, naming what was given.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z_-]{1,64}", value):
        return value
    raise ValueError(f"project_id must be 1 to 64 letters and digits, and not {value!r:.80}")
