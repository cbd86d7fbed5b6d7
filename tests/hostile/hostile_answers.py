"""Answers that DLI, a proxy, or a network in between might send: legal and odd, and illegal.

Each table maps what is odd about an answer to its bytes; the tables are what the caller should make of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from inspect import signature
from typing import Any

import aiohttp

AIOHTTP_LIMITS_HEADERS = "max_headers" in signature(aiohttp.ClientSession).parameters
"""True for aiohttp 3.13.5 and later: before, it reads an answer of endless headers until the timeout."""

JOB = 104
SECRET = "hunter2-planted"
FORGED = "FORGED: all is well"
HUGE = 5_000_000

TEXTS: dict[str, str] = {
    "half an emoji": "cut \ud83d",
    "the other half of an emoji": "\ude00 cut",
    "halves in the wrong order": "\ude00\ud83d",
    "NUL": "a\x00b",
    "ESC": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "a line break": f"fine\n{FORGED}",
    "a carriage return": f"fine\r{FORGED}",
    "both": f"fine\r\n{FORGED}",
    "a line break of Unicode": f"fine\u2028{FORGED}",
    "the next line of EBCDIC": f"fine\x85{FORGED}",
    "backspaces": "bad\b\b\bgood",
    "right to left": "\u202egnp.exe",
    "no characters": "\ufffe\uffff\U0010ffff",
    "a byte order mark": "\ufeffname",
    "many accents": "e" + "\u0301" * 50_000,
    "5 MB": "x" * HUGE,
    "5 MB of line breaks": "\n" * (HUGE // 2),
    "percent signs": "%s %d %(name)s 100%",
    "braces and templates": "{0} {job_id} {{ var.value.secret }} {% raw %}",
    "markup": "<script>alert(1)</script> [red]bold[/red]",
    "a credential": f"password={SECRET}",
    "a credential behind a line break": f"fine\npassword = '{SECRET}'",
}
"""Texts as any field may hold them."""

TEXT_FIELDS = (
    *("name", "desc", "job_type", "status_desc", "user_id", "user_name", "project_id", "queue_name"),
    *("run_mode", "sql_body", "main_class", "entrypoint_args", "flink_version", "image", "savepoint_path"),
)

ODD_FIELDS: dict[str, dict[str, Any]] = {
    "everything null": dict.fromkeys((*TEXT_FIELDS, "job_config", "create_time", "restart_times")),
    "numbers for texts": dict.fromkeys(TEXT_FIELDS, 7),
    "lists for texts": {name: ["a", None] for name in TEXT_FIELDS},
    "objects for texts": {name: {"a": {"b": None}} for name in TEXT_FIELDS},
    "Booleans for texts": dict.fromkeys(TEXT_FIELDS, True),
    "restarts in words": {"restart_times": "many"},
    "restarts below zero": {"restart_times": -1},
    "restarts beyond a long": {"restart_times": 2**70},
    "restarts not a number": {"restart_times": float("nan")},
    "restarts without end": {"restart_times": float("inf")},
    "times in the far future": {"create_time": 10**30, "update_time": 2**63, "start_time": 253402300800000},
    "times before time": {"create_time": -(10**30), "update_time": -1, "start_time": -(2**63)},
    "times that are none": {"create_time": "2023-13-45T99:99:99Z", "update_time": "soon", "start_time": {}},
    "times without end": {"create_time": float("inf"), "update_time": float("nan")},
    "half a CU": {"job_config": {"cu_number": 1.5, "manager_cu_number": "one"}},
    "options as a list": {"job_config": {"runtime_config": [{"key": "a"}, None, 1]}},
    "options as an object": {"job_config": {"runtime_config": {"a": {"b": "c"}}}},
    "options nested": {"job_config": {"runtime_config": "[" * 5000}},
    "groups of null": {"edge_group_ids": [None], "job_config": {"edge_group_ids": [None, 1, {}]}},
    "a configuration in words": {"job_config": "standard"},
    "a configuration as a list": {"job_config": [1, 2]},
    "an empty configuration": {"job_config": {}},
    "a restart neither on nor off": {"job_config": {"restart_when_exception": "perhaps"}},
    "tags nested": {"tags": [[[[{"a": [[]]}]]]]},
    "no id": {"job_id": None},
    "an id in words": {"job_id": "one hundred and four"},
    "an id as text": {"job_id": str(JOB)},
    "an id with a fraction": {"job_id": 104.5},
    "an id beyond a long": {"job_id": 2**80},
    "unknown keys": {
        "": 1,
        " ": 2,
        "a\nb": 3,
        "\ud83d": 4,
        "\x00": 5,
        f"password={SECRET}": 6,
        "k" * 10**5: 7,
    },
    "ten thousand unknown keys": {f"key {number}": number for number in range(10_000)},
    "names of Python's": {"__class__": 1, "model_extra": 2, "model_config": 3, "self": 4, "cls": 5, "_x": 6},
}
"""Fields of a job whose status can be read all the same."""

UNKNOWN_STATUSES: dict[str, Any] = {
    **{name: text for name, text in TEXTS.items() if name != "5 MB of line breaks"},
    "null": None,
    "blank": "  ",
    "a number": 7,
    "an object": {"a": 1},
    "a known one in capitals": "JOB_RUNNING_SOON",
    "empty": "",
}
"""Statuses that nobody knows: a wait goes on."""


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer of HTTP, after which the connection is closed."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def json_answer(content: Any, status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer with JSON in it, in ASCII: half a surrogate pair is legal there."""
    return http(json.dumps(content).encode(), status, "Content-Type: application/json", *headers)


def job_answer(status: Any = "job_running", *, job_id: int = JOB, **fields: Any) -> bytes:
    """Return the answer of ShowFlinkJob."""
    return json_answer({"is_success": "true", "job_detail": {"job_id": job_id, "status": status, **fields}})


def list_answer(jobs: Any, total: Any) -> bytes:
    """Return the answer of ListFlinkJobs."""
    return json_answer({"is_success": "true", "job_list": {"total_count": total, "jobs": jobs}})


def everywhere(text: str) -> dict[str, Any]:
    """Return the fields of a job that holds a text wherever one may stand, also in keys.

    A text of megabytes stands in a few fields alone: no answer is read that is larger than 16 MiB.
    """
    if len(text) > 1_000_000:
        return {"name": text, "status_desc": text}
    return {
        **dict.fromkeys(TEXT_FIELDS, text),
        "unknown": text,
        text[:1000]: "as a key",
        "tags": [text[:1000], {text[:1000]: [text[:1000]]}],
        "job_config": {"entrypoint": text[:1000], text[:1000]: 1, "restart_times": text[:1000]},
    }


READABLE: dict[str, bytes] = {
    **{f"{name} in every field": job_answer(**everywhere(text)) for name, text in TEXTS.items()},
    **{name: job_answer(**fields) for name, fields in ODD_FIELDS.items()},
    **{
        f"is_success {value!r}": json_answer({"is_success": value, "job_detail": {"status": "job_running"}})
        for value in (True, "true", "True", "TRUE", None)
    },
    "without is_success": json_answer({"job_detail": {"status": "job_running"}}),
    "with an error code of success": json_answer(
        {"is_success": "true", "error_code": "", "message": None, "job_detail": {"status": "job_running"}}
    ),
    "a byte order mark before it": http(b'\xef\xbb\xbf{"job_detail": {"status": "job_running"}}'),
    "the same key twice": http(b'{"job_detail": {"status": "job_init", "status": "job_running"}}'),
    "100 before it": b"HTTP/1.1 100 Continue\r\n\r\n" + job_answer(),
    "102 and 103 before it": (
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + job_answer()
    ),
    "status 201": job_answer().replace(b"200 OK", b"201 Created"),
    "no reason": job_answer().replace(b"200 OK", b"200 "),
    "HTTP 1.0": job_answer().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "in chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b'20;a=b\r\n{"job_detail": {"status": "job_r\r\n8\r\nunning"}\r\n1\r\n}\r\n0\r\nX-Trailer: a\r\n\r\n'
    ),
    "of no stated length": b'HTTP/1.1 200 OK\r\n\r\n{"job_detail": {"status": "job_running"}}',
    "with the wrong type": job_answer().replace(b"application/json", b"text/html"),
    "with bytes in headers": job_answer().replace(b"Connection", b"X-Odd: \xff\xfe\x80\r\nConnection"),
}
"""Answers in which the job can be read, and is running."""

HTML = (
    f"<!DOCTYPE html><html><head><title>Blocked</title></head><body onload='x()'>\n<h1>{FORGED}</h1>"
    f"<p>password={SECRET}</p>\x1b[31m</body></html>"
).encode()
HTML_STATUSES = (
    *("200 OK", "201 Created", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found"),
    *("402 Payment Required", "408 Request Timeout", "409 Conflict", "410 Gone"),
    *("429 Too Many Requests", "451 Unavailable", "500 Oops", "502 Bad Gateway", "503 Down", "504 Timeout"),
    *("511 Network Authentication Required", "520 Unknown", "599 Odd"),
)
_GOOD = job_answer()
_BODY = _GOOD.index(b"\r\n\r\n") + 4

PROXY_LOGIN: dict[str, bytes] = {
    "HTML": http(HTML, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=x"),
    "nothing": http(b"", "407 Proxy Authentication Required"),
}
"""A proxy that refuses its own login: no outage, because to go on could lock the user at the proxy."""

IN_THE_WAY: dict[str, bytes] = {
    **{f"HTML with {status}": http(HTML, status, "Content-Type: text/html") for status in HTML_STATUSES},
    **{f"nothing with {status}": http(b"", status) for status in HTML_STATUSES},
    **{
        f"to elsewhere with {status}": http(b"", status, "Location: https://login.example.com/?a=\x1b")
        for status in ("301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent")
    },
    **{f"cut after {cut} bytes of its head": _GOOD[:cut] for cut in (0, 1, 9, 15, 17, 30, 60, _BODY - 1)},
    **{f"cut {cut} bytes before its end": _GOOD[:-cut] for cut in (1, 2, len(_GOOD) - _BODY)},
    **{
        f"DLI.0999 with {status}": json_answer({"error_code": "DLI.0999", "error_msg": text}, status)
        for status in ("200 OK", "400 Bad", "500 Oops")
        for text in ("queue error",)
    },
    "DLI.0999 beside is_success false": json_answer({"is_success": "false", "error_code": "DLI.0999"}),
    "DLI.0999 in an array": json_answer([{"error_code": "DLI.0999", "error_msg": "x"}], "500 Oops"),
    "a locked key": json_answer(
        {"error_code": "APIG.0301", "error_msg": "AK access failed to reach the limit,forbidden."},
        "401 No",
    ),
    "throttled by the gateway": json_answer({"error_code": "APIG.0308", "error_msg": "x"}, "429 Slow"),
    "to be asked again in a year": http(b"", "429 Slow", "Retry-After: 31536000"),
    "to be asked again in the past": http(b"", "503 No", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"),
    "to be asked again in words": http(b"", "503 No", "Retry-After: soon\x1b"),
    "text": http(b"OK"),
    "half of JSON": http(b'{"job_detail": {"status": "job_run'),
    "a number": http(b"7"),
    "a text in JSON": http(b'"job_running"'),
    "null": http(b"null"),
    "bytes that are not UTF-8": http(b'{"job_detail": {"status": "job_running", "name": "\xff\xfe"}}'),
    "not UTF-16 either": http('{"job_detail": {}}'.encode("utf-16")[:-1]),
    "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n{}",
}
"""Answers that are not DLI's, or say that it can't answer now: an outage for a wait."""

NOT_AN_ANSWER: dict[str, bytes] = {
    **{
        f"is_success {value!r}": json_answer({"is_success": value, "message": f"no\n{FORGED}"})
        for value in (False, "false", "FALSE", "no", 0)
    },
    "an empty object": json_answer({}),
    "an empty array": json_answer([]),
    "no job in it": json_answer({"is_success": "true"}),
    "a job of null": json_answer({"is_success": "true", "job_detail": None}),
    "a job in words": json_answer({"is_success": "true", "job_detail": f"{FORGED} password={SECRET}"}),
    "a job as a list": json_answer({"is_success": "true", "job_detail": [{"status": "job_running"}]}),
    "nested beyond measure": http(b'{"a":' * 100_000),
    "nested arrays": http(b"[" * 1_000_000),
    "packed": http(b"\x1f\x8b\x08\x00", "200 OK", "Content-Encoding: gzip"),
    "switching protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
}
"""Answers of which one can argue whether they pass by themselves: an error of the project, whichever."""


def _refusals(
    named: str, status: str, code: str, text: str = f"no\n{FORGED} \x1b[1m\x00 password={SECRET}"
) -> Iterable[tuple[str, bytes]]:
    shapes = {
        "as ever": {"error_code": code, "error_msg": text, "request_id": f"id\n{FORGED}"},
        "in camel case": {"errorCode": code, "errorMsg": text},
        "in an array": [{"error_code": code, "error_msg": text}],
        "nested": {"error": {"code": code, "message": text}},
        "without a text": {"error_code": code},
        "with a text of 500 KB": {"error_code": code, "error_msg": text + "x" * 500_000},
        "with half an emoji": {"error_code": code, "error_msg": "\ud83d" + text},
    }
    for shape, content in shapes.items():
        yield f"{named} {shape}", json_answer(content, status)


REFUSALS: dict[str, dict[str, bytes]] = {
    "DliAuthError": dict(_refusals("a wrong key", "401 Unauthorized", "APIG.0301")),
    "DliForbiddenError": dict(_refusals("a lack of rights", "403 Forbidden", "APIG.0302")),
    "DliNotFoundError": dict(_refusals("no such job", "400 Bad Request", "DLI.16001")),
    "DliBadRequestError": dict(_refusals("a bad call", "400 Bad Request", "DLI.0005")),
}
"""The service's own refusals, by the name of the error that each is."""


def without_rests(answers: Iterable[bytes]) -> list[bytes]:
    """Leave out the answers after which a caller rests for longer than a test can wait."""
    return [answer for answer in answers if b"31536000" not in answer and b"reach the limit" not in answer]
