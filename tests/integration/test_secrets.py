"""With every log at DEBUG, through success and every failure: no secret is ever to be seen."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from leaks import Watch
from new_process import forget_all

from dli_provider.api import aio, blocking, errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.auth import shared, signing
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.lease import Credential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.client import DliClient
from dli_provider.api.conversation import converse
from dli_provider.api.endpoints import show_flink_job
from dli_provider.api.messages import Response, Send
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings
from dli_provider.emulator import DliEmulator, faults
from dli_provider.emulator.services.gateway import AccessKey

JOB = 104
PROXY_PASSWORD = "pr0xy-hunter2"


class Echo(faults.Fault):
    """A proxy's page that shows what it was sent: headers and body."""

    def __init__(self, status: int, form: str) -> None:
        self.status, self.form = status, form

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers, body = dict(request.headers), (await request.read()).decode()
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        text = {
            "text": f"{lines}\n\n{body}",
            "HTML": f"<html><pre>{lines}\n{body}</pre></html>",
            "JSON": json.dumps({"headers": headers, "body": body}),
            "message": json.dumps({"error_code": "APIG.0201", "error_msg": f"bad request: {lines} {body}"}),
            "repr": json.dumps({"error_code": "APIG.0201", "error_msg": f"{headers!r} {body!r}"}),
            "location": "",
        }[self.form]
        shown = {"Location": f"https://login.example.com/?{request.headers.get('Authorization', '')}"}
        return web.Response(status=self.status, text=text, headers=shown if self.form == "location" else {})


FAULTS: dict[str, faults.Fault] = {
    "throttled": faults.Throttle(0),
    "unavailable": faults.ServerError(),
    "DLI failed": faults.DliFailure(),
    "an array": faults.ArrayError(),
    "HTML": faults.PROXY_HTML,
    "no success": faults.NOT_SUCCESSFUL,
    "empty": faults.EMPTY,
    "no JSON": faults.NOT_JSON,
    "a redirect": faults.REDIRECT,
    "nested": faults.DEEP_JSON,
    "compressed": faults.GZIP_BOMB,
    "dropped": faults.Drop(),
    "truncated": faults.Truncated(),
    "refused": faults.Answer(401, '{"error_code": "APIG.0301", "error_msg": "verify aksk signature fail"}'),
    "stale": faults.Answer(401, '{"error_code": "APIG.0307", "error_msg": "The token must be updated"}'),
    "forbidden": faults.Answer(403, '{"error_code": "APIG.0302", "error_msg": "no"}'),
}
ECHOES = {
    **{
        f"{form} with {status}": Echo(status, form)
        for form in ("text", "HTML", "JSON", "message", "repr")
        for status in (200, 401, 502)
    },
    "location": Echo(302, "location"),
}


@pytest.fixture
def watch(as_a_new_process, monkeypatch, capfd) -> Iterator[Watch]:
    """Watch logs, warnings, what is printed, and the signatures that are made; fail when a secret shows."""
    monkeypatch.setattr(blocking, "LINK_LOCAL_TIMEOUT", 0.3)
    monkeypatch.setattr(aio, "LINK_LOCAL_TIMEOUT", 0.3)
    watch = Watch()
    sign = signing.signature

    def signature(*arguments: str) -> str:
        made = sign(*arguments)
        watch.secrets.add(made)
        return made

    monkeypatch.setattr(signing, "signature", signature)
    with watch.logs():
        yield watch
    watch.seen += capfd.readouterr()
    forget_all()
    assert len(watch.secrets) > 0
    assert watch.leaks() == []


@pytest.fixture
def dli(watch) -> Iterator[DliEmulator]:
    with DliEmulator() as emulator:
        emulator.add_job(JOB, [("job_running", None)])
        yield emulator
        watch.secrets |= {emulator.secret_key, emulator.iam.password}
        watch.secrets |= emulator.gateway.tokens.keys() | emulator.metadata._sessions
        for key in emulator.gateway.keys.values():
            watch.secrets |= {key.secret, *filter(None, [key.security_token])}


KINDS = ("key", "temporary key", "password", "agency")


def credential_of(dli: DliEmulator, kind: str, *, right: bool = True) -> Credential:
    if kind == "key":
        return AkSkCredential(dli.access_key, dli.secret_key if right else "wr0ng-secret")
    if kind == "temporary key":
        dli.gateway.keys["TMP"] = AccessKey("temporary-s3cret", "session-t0ken", time.time() + 900)
        return AkSkCredential("TMP", "temporary-s3cret", "session-t0ken" if right else "wr0ng-secret")
    if kind == "password":
        password = dli.iam.password if right else "wr0ng-secret"
        return PasswordCredential(
            dli.iam.user, password, dli.iam.domain_name, dli.url, project_name=dli.region
        )
    dli.metadata.has_agency = right
    return AgencyCredential(dli.url)


def settings(dli: DliEmulator, credential: Credential, **fields: Any) -> DliSettings:
    own = {
        "endpoint": dli.url,
        "credential": credential,
        "region": dli.region,
        "iam_endpoint": dli.url,
    }
    return DliSettings(**{**own, **fields})


@pytest.fixture(params=["sync", "async"])
def show(request, watch):
    """Read the job twice with a client of its own, and have all of it watched; errors are, too."""

    def read(settings: DliSettings, **_: Any) -> None:
        with DliClient(settings, ONE_ATTEMPT) as client:
            for _time in range(2):
                attempt(client, lambda: client.show_flink_job(JOB))

    def read_async(settings: DliSettings, *, debug: bool = False) -> None:
        with asyncio.Runner(debug=debug) as loop:
            client = AsyncDliClient(settings, ONE_ATTEMPT)
            for _ in range(2):
                attempt(client, lambda: loop.run(client.show_flink_job(JOB)))
            loop.run(client.close())

    def attempt(client: Any, call: Any) -> None:
        watch.see(client)
        try:
            watch.see(call())
        except errors.DliError as error:
            watch.see_error(error)
            logging.getLogger("dli_provider.test").exception("the call failed")
            logging.getLogger("dli_provider.test").debug("%r", client)

    def show(settings: DliSettings, **options: Any) -> None:
        forget_all()
        watch.see(settings, settings.credential)
        (read if request.param == "sync" else read_async)(settings, **options)

    return show


@pytest.mark.parametrize("kind", KINDS)
class TestEveryCredential:
    def test_in_success(self, dli, show, watch, kind):
        show(settings(dli, credential_of(dli, kind)), debug=True)
        show(settings(dli, credential_of(dli, kind), project_id=dli.project_id))
        assert watch.loggers & {"urllib3", "asyncio"}

    @pytest.mark.parametrize("operation", [None, "show"], ids=["of any service", "of DLI"])
    def test_in_every_failure(self, dli, show, kind, operation):
        for fault in FAULTS.values():
            dli.clear_faults()
            dli.inject(fault, times=None, only=operation)
            show(settings(dli, credential_of(dli, kind)))

    @pytest.mark.parametrize("operation", [None, "show"], ids=["of any service", "of DLI"])
    def test_in_every_echo(self, dli, show, kind, operation):
        for fault in ECHOES.values():
            dli.clear_faults()
            dli.inject(fault, times=None, only=operation)
            show(settings(dli, credential_of(dli, kind)))

    @pytest.mark.parametrize("fault", [faults.Slow(0.4), faults.Dribble(0.05)], ids=["slow", "dribbled"])
    def test_in_a_failure_that_takes_its_time(self, dli, show, kind, fault):
        dli.inject(fault, times=1)
        show(settings(dli, credential_of(dli, kind), connect_timeout=0.2, read_timeout=0.2))

    def test_when_it_is_wrong(self, dli, show, watch, kind):
        watch.secrets.add("wr0ng-secret")
        show(settings(dli, credential_of(dli, kind, right=False)), debug=True)

    def test_when_the_clock_is_off(self, dli, show, kind):
        dli.clock_offset = timedelta(hours=1)
        show(settings(dli, credential_of(dli, kind)))

    def test_when_its_project_is_none_or_several(self, dli, show, kind):
        dli.iam.projects.append((dli.region, "p2"))
        show(settings(dli, credential_of(dli, kind)))
        dli.iam.projects.clear()
        show(settings(dli, credential_of(dli, kind)))

    def test_on_its_way_through_a_proxy_that_is_down_or_none(self, dli, show, watch, kind):
        watch.secrets |= {PROXY_PASSWORD, f"user:{PROXY_PASSWORD}"}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"user:{PROXY_PASSWORD}@127.0.0.1"
        for proxy in (f"http://{address}:{port}", f"{address}:{port}", f"socks5://{address}", f"{address}:x"):
            show(settings(dli, credential_of(dli, kind), proxies={"all": proxy}))

    def test_to_an_endpoint_that_speaks_no_tls(self, dli, show, kind):
        https = dli.url.replace("http", "https")
        show(settings(dli, credential_of(dli, kind), endpoint=https, verify=False))
        show(settings(dli, credential_of(dli, kind), endpoint=https))


def test_in_the_steps_of_a_conversation(watch):
    secrets = {"s3cret-key", "session-t0ken", "p4ssw0rd-x", "i4m-token", "m3tadata"}
    watch.secrets |= secrets
    keys = {"access": "AK", "secret": "s3cret-key", "securitytoken": "session-t0ken"}
    talks: dict[Credential, list[Response]] = {
        AkSkCredential("AK", "s3cret-key", "session-t0ken"): [],
        PasswordCredential("u", "p4ssw0rd-x", "d", "https://iam.example.com", project_name="r"): [
            Response(
                201,
                {"x-subject-token": "i4m-token"},
                b'{"token": {"expires_at": "2999-01-01T00:00:00Z", "project": {"id": "p1"}}}',
            )
        ],
        AgencyCredential(): [
            Response(200, {}, b"m3tadata"),
            Response(
                200, {}, json.dumps({"credential": {**keys, "expires_at": "2999-01-01T00:00:00Z"}}).encode()
            ),
        ],
    }
    for credential, replies in talks.items():
        own = DliSettings(endpoint="https://dli.example.com", credential=credential, project_id="p1")
        own_credential = shared.share_credential(credential)
        conversation = converse(show_flink_job(JOB), own, own_credential, ONE_ATTEMPT)
        step = next(conversation)
        for reply in replies:
            watch.see(step, reply, conversation)
            step = conversation.send(reply)
        assert isinstance(step, Send)
        assert any(secret in str(dict(step.headers)) for secret in secrets | watch.secrets)
        watch.see(own, credential, own_credential, own_credential._lease, step, step.request)
        conversation.close()


@pytest.mark.parametrize("thing", ["log", "argument", "warning", "print", "exception", "cause", "thread"])
def test_the_watch_itself_sees(monkeypatch, capfd, thing):
    """What it is there for: a secret in any of these places."""
    watch = Watch()
    watch.secrets = {"hunter2"}
    error = errors.DliError("hunter2")
    if thing in {"exception", "cause"}:
        cause = RuntimeError("outside")
        cause.__cause__ = error
        watch.see_error(error if thing == "exception" else cause)
    if thing == "print":
        print("hunter2")  # noqa: T201
        watch.seen += capfd.readouterr()
    root = logging.getLogger()
    root.addHandler(watch)
    if thing in {"log", "argument", "warning"}:
        text, arguments = ("%s", ("hunter2",)) if thing == "argument" else ("hunter2", ())
        logging.getLogger("urllib3.connectionpool").warning(text, *arguments)
    if thing == "thread":
        thread = threading.Thread(target=logging.getLogger("aiohttp.client").error, args=("hunter2",))
        thread.start()
        thread.join()
    root.removeHandler(watch)
    assert watch.leaks()
