"""Secrets planted in every field and key of a job, and looked for in everything that leaves the provider."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any, cast

import pytest
from hostile_answers import JOB, http, job_answer, json_answer, list_answer
from hostile_dli import SECRET_KEY, HostileDli, series
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leaks import Watch
from new_process import forget_all
from pydantic import BaseModel
from sensor_runs import AIRFLOW_2, MODES, TaskInstance, run_to_the_end, stored

from dli_provider.api import errors
from dli_provider.flink.job import FlinkJob, JobConfig
from dli_provider.flink.redaction import WITHHELD_FIELDS
from dli_provider.hooks.dli import DliHook
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.flink import (
    DliFlinkHealthCheckOperator,
    DliGetFlinkJobConfigOperator,
    DliShowFlinkJobOperator,
)
from dli_provider.triggers.flink import DliFlinkJobStatusChangeTrigger

try:
    from airflow.sdk.bases.xcom import BaseXCom
except ImportError:  # Airflow 2
    from airflow.models.xcom import BaseXCom  # type: ignore[no-redef]

pytestmark = pytest.mark.usefixtures("quick")

DISGUISES = {
    "an assignment": "password={}",
    "an assignment in quotes": "'password' = '{}'",
    "JSON": '{{"password": "{}"}}',
    "JSON in JSON": '{{\\"password\\": \\"{}\\"}}',
    "an argument": "--password {}",
    "a URL": "jdbc:mysql://root:{}@db.example.com/a",
    "a query": "https://db.example.com/a?user=b&password={}",
    "a header": "Authorization: Bearer {}",
    "XML": "<password>{}</password>",
    "a line of many": "first\nsecret_key: {}\nlast",
}
"""How a secret stands in a text where it can be recognised."""

OPAQUE = sorted(WITHHELD_FIELDS)


class Planter:
    """Makes secrets, each of its own, so that one that leaks tells where it was planted.

    :ivar places: where each secret was planted.
    """

    def __init__(self, disguise: str) -> None:
        self.places: dict[str, str] = {}
        self._disguise = disguise

    def bare(self, place: str) -> str:
        """Return a secret as it is."""
        secret = f"Zq7{len(self.places):04d}vX9"
        self.places[secret] = place
        return secret

    def disguised(self, place: str) -> str:
        """Return a text with a secret in it."""
        return self._disguise.format(self.bare(place))

    def fields(self, model: type[BaseModel], where: str) -> dict[str, Any]:
        """Return a value with a secret for every field of a model, also where no text belongs."""
        return {
            name: self.bare(f"{where}{name}") if name in WITHHELD_FIELDS else self.disguised(f"{where}{name}")
            for name in model.model_fields
        }

    def unknown(self, where: str) -> dict[str, Any]:
        """Return keys that no model has, with secrets in them and in their values."""
        return {
            self.disguised(f"{where}a key"): "value",
            "password": self.bare(f"{where}password"),
            "s3.secret-key": [self.bare(f"{where}a list under a name")],
            "accessToken": {"a": {"b": self.bare(f"{where}an object under a name")}},
            "new_config": self.bare(f"{where}new_config"),
            "other_config": {"a": self.bare(f"{where}other_config")},
            "options": [{"key": "db.password", "value": self.bare(f"{where}a pair")}],
            "arguments": ["--password", self.bare(f"{where}an argument"), "x"],
            "couple": ["password", self.bare(f"{where}a couple")],
            "deep": [{"er": [self.disguised(f"{where}deep")]}],
            "deep keys": [{self.disguised(f"{where}a deep key"): 1}],
        }

    def job(self, **fields: Any) -> dict[str, Any]:
        """Return a job with secrets everywhere but in ``fields``."""
        config = {**self.fields(JobConfig, "job_config."), **self.unknown("job_config.")}
        own = {**self.fields(FlinkJob, ""), **self.unknown(""), "job_config": config}
        return {**own, "job_id": JOB, "status": "job_running", **fields}


@pytest.fixture(params=DISGUISES)
def planter(request: pytest.FixtureRequest) -> Planter:
    return Planter(DISGUISES[request.param])


@pytest.fixture
def watch(
    planter: Planter, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[Watch]:
    """Watch logs at DEBUG, and what is printed; fail when a secret of the job shows, and say whose it is."""
    watch = Watch()
    with watch.logs():
        yield watch
    watch.seen += capfd.readouterr()
    check(watch, planter)


def check(watch: Watch, planter: Planter) -> None:
    watch.secrets = {*planter.places, SECRET_KEY}
    leaks = watch.leaks()
    seen = "\0".join(watch.seen)
    assert {place for secret, place in planter.places.items() if secret in seen} == set(), leaks[:5]
    assert leaks == []
    assert watch.seen


class Report(BaseModel):
    """A model that a user's task might return."""

    job: FlinkJob


def escapes(job: FlinkJob) -> dict[str, Callable[[], Any]]:
    """Return every way out of a job that somebody might try."""
    return {
        "str": lambda: str(job),
        "repr": lambda: repr([job, job.job_config]),
        "format": lambda: f"{job!s} {job!r} {job}",
        "to_dict": job.to_dict,
        "summary": job.summary,
        "unreadable": lambda: job.unreadable,
        "restart": lambda: (job.restarts_itself, job.scales_itself),
        "XCom": lambda: BaseXCom.serialize_value(job),
        "XCom of its configuration": lambda: BaseXCom.serialize_value({"config": job.job_config}),
        "XCom of a list": lambda: BaseXCom.serialize_value([job]),
        "XCom of a model": lambda: BaseXCom.serialize_value(Report.model_construct(job=job)),
        "XCom of to_dict": lambda: BaseXCom.serialize_value(job.to_dict()),
        "model_dump": job.model_dump,
        "model_dump_json": job.model_dump_json,
        "a model's dump": lambda: Report.model_construct(job=job).model_dump(),
        "a model's JSON": lambda: Report.model_construct(job=job).model_dump_json(),
        "dict": lambda: dict(job),
        "iteration": lambda: list(job),
        "json": lambda: json.dumps(job),
        "json of its dict": lambda: json.dumps(job, default=dict),
        "pickle": lambda: pickle.dumps(job),
        "pickle of its configuration": lambda: pickle.dumps(job.job_config),
        "a copy": lambda: repr(copy.copy(job)),
        "a deep copy": lambda: repr(copy.deepcopy(job)),
        "a changed copy": lambda: repr(job.model_copy(update={"name": "x"})),
        "deep to_dict": lambda: copy.deepcopy(job.to_dict()),
        "the error of a missing attribute": lambda: job.no_such_field,  # type: ignore[attr-defined]
        "the error of a change": lambda: setattr(job, "name", "x"),
        "the error of a comparison": lambda: job < job,  # type: ignore[operator]
        "the error of a hash": lambda: hash(job),
    }


def test_a_job_that_a_hook_read_lets_none_out(
    hostile_dli: HostileDli, planter: Planter, watch: Watch
) -> None:
    answer = planter.job()
    hostile_dli.respond = lambda _: job_answer(**answer)
    job = DliHook().show_flink_job(JOB)
    for way, escape in escapes(job).items():
        try:
            watch.see(escape())
        except Exception as error:  # noqa: BLE001
            watch.see(way)
            watch.see_error(error)
    shown = job.to_dict(include=[name for name in OPAQUE if name not in ("sql_body",)])
    assert shown["name"] != answer["name"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("last", ["job_running", "job_submit_fail", "job_new", None])
def test_a_wait_lets_none_out(
    hostile_dli: HostileDli,
    planter: Planter,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    last: str | None,
) -> None:
    """However it ends: well, badly, by its timeout, or with an error."""
    waiting = planter.job(status="job_submitting")
    strange = planter.job(status=planter.disguised("status"))
    end = (
        http(json.dumps(planter.job()).encode()[:-5])
        if last is None
        else job_answer(**planter.job(status=last))
    )
    hostile_dli.respond, _ = series(*(job_answer(**job) for job in (waiting, strange)), end)
    ending = run_to_the_end(mode, monkeypatch, poke_interval=0.01, timeout=0.5, outage_tolerance=0.1)
    watch.see(ending.value, ending.xcom, ending.arguments, ending.events, ending.shown)
    watch.see_error(ending.error)


def test_operators_let_none_out(hostile_dli: HostileDli, planter: Planter, watch: Watch) -> None:
    answer = planter.job(restart_times=99)
    hostile_dli.respond = lambda asked: job_answer(**answer) if asked.job_id else list_answer([answer], 1)
    expected = {"entrypoint": "x", "cu_number": {">=": 2}, "runtime_config": {"a": "b"}, "password": "y"}
    operators = [
        DliShowFlinkJobOperator(task_id="show", job_id=JOB),
        DliGetFlinkJobConfigOperator(task_id="config", job_id=JOB),
        DliGetFlinkJobConfigOperator(task_id="drift", job_id=JOB, expected=expected),
        DliFlinkHealthCheckOperator(task_id="check", expected_config=expected, max_restarts=1),
        DliFlinkHealthCheckOperator(task_id="check", job_ids=[JOB], own_rules=lambda job: f"it is {job!r}"),
        DliFlinkHealthCheckOperator(task_id="check", own_rules=_broken, fail_on_unhealthy=False),
    ]
    for operator in operators:
        ti = TaskInstance()
        try:
            watch.see(operator.execute({"ti": ti}))
        except Exception as error:  # noqa: BLE001
            watch.see_error(error)
        watch.see(ti.xcom, operator)


def _broken(job: FlinkJob) -> str | None:
    raise ValueError(f"the rule doesn't like {job.name} and {job.status_desc}")


@pytest.mark.skipif(AIRFLOW_2, reason="Airflow 2 has no asset watchers")
async def test_a_watcher_lets_none_out(hostile_dli: HostileDli, planter: Planter, watch: Watch) -> None:
    jobs = [
        planter.job(status=status)
        for status in ("job_running", planter.disguised("status"), "job_submit_fail")
    ]
    hostile_dli.respond, _ = series(*(list_answer([job], 1) for job in jobs))
    trigger = DliFlinkJobStatusChangeTrigger(poke_interval=0.01)
    watch.see(trigger.serialize(), trigger)
    async with asyncio.timeout(20), aclosing(cast("AsyncGenerator[Any]", trigger.run())) as events:
        for _ in range(2):
            watch.see(stored((await anext(events)).payload))


def test_the_console_link_lets_none_out(hostile_dli: HostileDli, planter: Planter, watch: Watch) -> None:
    ti = TaskInstance()
    settings = DliHook(project_id="p1").get_conn().settings
    DliFlinkConsoleLink.persist({"ti": ti}, settings, JOB)
    watch.see(ti.xcom, settings, settings.console_url)


ANSWERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "no success": lambda job: json_answer({"is_success": "false", "message": json.dumps(job), "job": job}),
    "an error with the job in it": lambda job: json_answer(
        {"error_code": "DLI.0005", "error_msg": f"bad job {json.dumps(job)}", "job_detail": job}, "400 Bad"
    ),
    "an error of the service": lambda job: json_answer({"error_code": "DLI.0999", "job": job}, "500 Oops"),
    "no error code": lambda job: json_answer(job, "403 Forbidden"),
    "a list instead": lambda job: json_answer([{"job_detail": job}]),
    "no job_detail": lambda job: json_answer(job),
    "a job in a list": lambda job: json_answer({"job_detail": [job]}),
    "a job in a text": lambda job: json_answer({"job_detail": json.dumps(job)}),
    "half of it": lambda job: http(json.dumps({"job_detail": job}).encode()[:-40]),
    "HTML": lambda job: http(f"<html><pre>{json.dumps(job)}</pre></html>".encode(), "502 Bad Gateway"),
    "a text": lambda job: http(repr(job).encode()),
    "a redirect": lambda job: http(b"", "302 Found", f"Location: /login?{json.dumps(job)[:2000]}"),
}
"""Answers that end in an error, with a job in them."""


@pytest.mark.parametrize("shape", ANSWERS)
def test_an_error_lets_none_out(hostile_dli: HostileDli, planter: Planter, watch: Watch, shape: str) -> None:
    """Not in its text, its causes, the variables of its frames, what is stored of it, nor its pickle."""
    job = planter.job(**dict.fromkeys(OPAQUE), job_config=None, new_config=None, other_config=None)
    if shape != "no success":  # a bare text out of its place is no more than a word
        planter.places.clear()
        job = {key: planter.disguised(key) for key in ("name", "desc", "sql_body")}
    hostile_dli.respond = lambda _: ANSWERS[shape](job)
    hook = DliHook()
    for call in (
        lambda: hook.get_conn().show_flink_job(JOB),
        lambda: list(hook.get_conn().list_flink_jobs()),
    ):
        forget_all()
        with pytest.raises(errors.DliError) as caught:
            call()
        watch.see_error(caught.value)
        watch.see(caught.value.to_dict(), pickle.dumps(caught.value))


secrets = st.from_regex(r"[A-Za-z][A-Za-z0-9]{7}[0-9][A-Z][a-z][0-9]", fullmatch=True)
fields = st.sampled_from(sorted(FlinkJob.model_fields.keys() - {"job_id", "job_config"}))
config_fields = st.sampled_from(sorted(JobConfig.model_fields))
shapes = st.sampled_from(
    [
        lambda text: text,
        lambda text: [text],
        lambda text: {"a": text},
        lambda text: {text: 1},
        lambda text: [{"a": [text]}, None],
        lambda text: {"a": {text: [text]}},
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    secret=secrets,
    disguise=st.sampled_from(sorted(DISGUISES)),
    field=fields | st.text(min_size=1, max_size=10),
    in_config=st.none() | config_fields,
    shape=shapes,
)
def test_a_secret_in_any_field_and_shape_is_masked(secret, disguise, field, in_config, shape):
    value = shape(DISGUISES[disguise].format(secret))
    job = FlinkJob.from_api(
        {field: {in_config: value} if in_config else value, "job_config": {in_config or "a": value}}
    )
    watch = Watch()
    watch.secrets = {secret}
    for escape in escapes(job).values():
        try:
            watch.see(escape())
        except Exception as error:  # noqa: BLE001
            watch.see_error(error)
    watch.see(job.to_dict(include=WITHHELD_FIELDS))
    assert watch.leaks() == []
