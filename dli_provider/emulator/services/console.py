"""The emulator's console: a page for each job, on which people can break, stop and start it.

It isn't part of DLI: faults don't affect it, and its requests are not recorded. It shows what
``FlinkJob.to_dict()`` shows, never the contents of requests. Another site can't read it, because the Host
header must name this machine, and can't press its buttons, because forms hold a token that is new at each
start.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import wraps
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs

from dli_provider.emulator.http.messages import Reply, Request
from dli_provider.emulator.model.history import AcceptedWrite, History
from dli_provider.emulator.model.job import EmulatedJob
from dli_provider.emulator.model.store import JobStore
from dli_provider.emulator.services import console_page as page
from dli_provider.flink.job import FlinkJob, FlinkJobFormatError

PATH = "/console"

_FLAGS = ("resume_savepoint", "trigger_savepoint")
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _html(text: str, status: int = 200) -> Reply:
    return Reply(text.encode("utf-8", "replace").decode(), status, _HEADERS)


def _local_only(handler: Callable[[Console, Request], Reply]) -> Callable[[Console, Request], Reply]:
    """Refuse a request whose Host header doesn't name this machine."""

    @wraps(handler)
    def check_host(console: Console, request: Request) -> Reply:
        name = re.sub(r":[0-9]+$", "", request.headers.get("Host", "")).strip("[]")
        with suppress(ValueError):
            if name == "localhost" or ip_address(name).is_loopback:
                return handler(console, request)
        return _html(page.message_page(PATH, "Open this page at 127.0.0.1 or localhost."), 403)

    return check_host


class Console:
    """Shows the jobs of a store, and changes them.

    :param jobs: the jobs.
    :param history: the writes that were accepted.
    """

    def __init__(self, jobs: JobStore, history: History) -> None:
        self._jobs = jobs
        self._history = history
        self._token = ""
        self.renew_token()
        self._actions: dict[str, Callable[[EmulatedJob], None]] = {
            "break": lambda job: job.set_status("job_running_exception", "Broken by hand"),
            "stop": lambda job: job.stop(None),
            "start": lambda job: job.run(),
        }

    def renew_token(self) -> None:
        """Make all forms invalid that were made before."""
        self._token = secrets.token_urlsafe(24)

    @_local_only
    def show_jobs(self, request: Request) -> Reply:  # noqa: ARG002
        """Answer with a table of the jobs."""
        rows = [self._row(job) for job in self._jobs]
        return _html(page.jobs_page(PATH, rows))

    @_local_only
    def show_job(self, request: Request) -> Reply:
        """Answer with the page of a job."""
        job = self._find(request)
        if job is None:
            return _html(page.message_page(PATH, "There is no such job."), 404)
        fields = self._fields(job)
        shown = page.JobPage(
            name=str(fields.get("name")),
            status=str(fields.get("status")),
            since=_utc_text(job.since),
            config=fields.pop("job_config", None) or {},
            fields=fields,
            requests=[_told(write) for write in reversed(self._history.of(job.job_id))],
            actions=("start",) if job.is_stopped else ("break", "stop"),
        )
        return _html(page.job_page(PATH, str(job.job_id), self._token, shown))

    @_local_only
    def act(self, request: Request) -> Reply:
        """Do what a button says, and redirect to the page."""
        given = parse_qs(request.body.decode("utf-8", "replace")).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            text = "The emulator was restarted after this page was loaded. Go back, reload it, and try again."
            return _html(page.message_page(PATH, text), 403)
        job, action = self._find(request), self._actions.get(request.path_parameters["action"])
        if job is None or action is None:
            return _html(page.message_page(PATH, "There is no such job, or no such button."), 404)
        action(job)
        return Reply("", 303, {"Location": f"{PATH}/{job.job_id}"})

    def _row(self, job: EmulatedJob) -> tuple[str, ...]:
        fields = self._fields(job)
        return (*(str(fields.get(name)) for name in ("job_id", "name", "status")), _utc_text(job.since))

    def _fields(self, job: EmulatedJob) -> dict[str, Any]:
        try:
            return FlinkJob.from_api(self._jobs.detail(job)).to_dict()
        except FlinkJobFormatError as error:
            return {"job_id": job.job_id, "status": job.status, "status_desc": str(error)}

    def _find(self, request: Request) -> EmulatedJob | None:
        text = request.path_parameters["job_id"]
        return self._jobs.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _told(write: AcceptedWrite) -> tuple[str, str]:
    flags = [name for name in _FLAGS if write.arguments.get(name) is True]
    return _utc_text(write.at), " ".join([write.operation, *flags])


def _utc_text(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
