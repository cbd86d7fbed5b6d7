"""The HTML of the emulator's console. All texts are escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; background: #f5f7fa; margin: 0; }
main { max-width: 58rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0.3rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 0.4rem; }
table { border-collapse: collapse; width: 100%; background: #fff; border: 1px solid #d9e2ec; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.7rem; border-top: 1px solid #e4e9f0; }
th { font-weight: 500; color: #52606d; width: 15rem; }
thead th { width: auto; background: #e4e9f0; }
td { overflow-wrap: anywhere; white-space: pre-wrap; }
a { color: #0b6bcb; }
button { font: inherit; padding: 0.35rem 1rem; margin-right: 0.5rem; border: 1px solid #9fb3c8;
  border-radius: 4px; background: #fff; cursor: pointer; }
button:hover { background: #e4e9f0; }
form { display: inline; }
.status { display: inline-block; padding: 0.1rem 0.6rem; border-radius: 1rem; background: #d9e2ec; }
.job_running, .job_finish { background: #c6f0d3; }
.job_submit_fail, .job_running_exception, .job_cancel_fail, .job_arrearage_stopped { background: #fbd0d0; }
.job_submitting, .job_canceling, .job_savepointing, .job_init { background: #fdecc0; }
.quiet { color: #52606d; }
"""
_LABELS = {"break": "Break", "stop": "Stop", "start": "Start"}


@dataclass(frozen=True)
class JobPage:
    """What the page of a job shows; ``requests`` are pairs of a time and a write, ``actions`` the buttons."""

    name: str
    status: str
    since: str
    fields: Mapping[str, Any]
    config: Mapping[str, Any]
    requests: Sequence[tuple[str, str]]
    actions: Sequence[str]


def job_page(base: str, job_id: str, token: str, job: JobPage) -> str:
    """Return the page of a job, which reloads itself; each of its forms holds the token."""
    buttons = "".join(
        f'<form method="post" action="{escape(f"{base}/{job_id}/{action}")}">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f"<button>{_LABELS[action]}</button></form>"
        for action in job.actions
    )
    writes = _table(job.requests) if job.requests else '<p class="quiet">None yet.</p>'
    return _page(
        f"{job.name} · {job.status}",
        f'<p><a href="{escape(base)}">All jobs</a></p><h1>{escape(job.name)}</h1>'
        f'<p>{_status(job.status)} <span class="quiet">since {escape(job.since)}</span></p>'
        f"<p>{buttons}</p><h2>Accepted calls</h2>{writes}"
        f"<h2>Job</h2>{_table(_texts(job.fields))}<h2>Configuration</h2>{_table(_texts(job.config))}",
        reload=True,
    )


def jobs_page(base: str, jobs: Iterable[Sequence[str]]) -> str:
    """Return the page of all jobs, which reloads itself: id, name, status of each, and when that began."""
    rows = "".join(
        f'<tr><td>{escape(job_id)}</td><td><a href="{escape(f"{base}/{job_id}")}">{escape(name)}</a></td>'
        f"<td>{_status(status)}</td><td>{escape(since)}</td></tr>"
        for job_id, name, status, since in jobs
    )
    heading = "".join(f'<th scope="col">{name}</th>' for name in ("Job", "Name", "Status", "Since"))
    table = f"<table><thead><tr>{heading}</tr></thead><tbody>{rows}</tbody></table>"
    shown = table if rows else '<p class="quiet">There are no jobs.</p>'
    return _page("Emulated Flink jobs", f"<h1>Emulated Flink jobs</h1>{shown}", reload=True)


def message_page(base: str, text: str) -> str:
    """Return a page with a message."""
    return _page(text, f'<h1>{escape(text)}</h1><p><a href="{escape(base)}">All jobs</a></p>')


def _page(title: str, content: str, *, reload: bool = False) -> str:
    again = '<meta http-equiv="refresh" content="3">' if reload else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{again}'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<p class="quiet">Emulated Huawei Cloud DLI</p>{content}</main></body></html>'
    )


def _status(status: str) -> str:
    return f'<span class="status {escape(status)}">{escape(status)}</span>'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _texts(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the fields that have a value, as texts."""
    return [
        (str(name), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
        for name, value in fields.items()
        if value not in (None, "", [], {})
    ]
