"""Operators that act, while workers and triggerers are killed and people interfere in Airflow.

What counts are the writes that DLI has accepted.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psutil
import pytest
from acting_tasks import LIMIT, ActingTasks
from aiohttp import web
from installation import Airflow
from killing import KillWorker, kill
from rest import IS_AIRFLOW_2

from dli_provider.emulator import DliEmulator
from dli_provider.emulator.faults import Fault
from dli_provider.emulator.faults.base import error

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

RUNNING = [("job_running", None)]
TO_ITS_END = [("job_running", 1.0), ("job_finish", None)]
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
DEPLOYED = "acting_deployed"
CANARIES = {place: f"{place}{secrets.token_hex(8)}" for place in ("sql", "option", "argument", "before")}
SHOWN = f"shown{secrets.token_hex(8)}"
"""What comes by the same way as the canaries and is no secret: it is to be found."""


class Case(NamedTuple):
    """A task that runs a job, and what is to become of it.

    :ivar event: what happens in the middle of it.
    :ivar task: which task.
    :ivar ends: how it may end.
    :ivar tries: with which try, at the least.
    :ivar action: what its XCom says; on Airflow 2, where a retry knows nothing of the try before, it says
        "adopted" of its own run, too.
    """

    event: str
    task: str
    ends: tuple[str, ...] = ("success",)
    tries: int = 2
    action: str = "started"

    @property
    def dag(self) -> str:
        return f"acting_{self.event}"

    @property
    def target(self) -> str:
        return "job_running" if self.task.startswith("streaming") else "job_finish"


ALL = ("bounded_blocking", "streaming_blocking", "bounded_deferrable", "streaming_deferrable")
BLOCKING, DEFERRABLE = ALL[:2], ALL[2:]
CASES = [
    *(Case("triggerer_killed", task, tries=1) for task in DEFERRABLE),
    *(Case("marked_failed", task, ("failed",), tries=1) for task in (*ALL, "stopped_on_kill")),
    Case("task_cleared", "streaming_blocking", action="started or adopted"),
    Case("task_cleared", "streaming_deferrable", action="adopted"),
    # Airflow 3.3 may lose the new max_tries of a running task that is cleared: then it is a retry.
    Case("task_cleared", "bounded_blocking", ("success",) if IS_AIRFLOW_2 else ("success", "failed")),
    Case("task_cleared", "bounded_deferrable", ("failed",)),
    *(Case("worker_drained", task) for task in BLOCKING),
    *(Case("neighbour_cleared", task) for task in reversed(ALL)),
    *(Case("worker_killed", task) for task in reversed(ALL)),
]
if IS_AIRFLOW_2:
    CASES = [case for case in CASES if case.target == "job_finish"]
KILLED = [case for case in CASES if case.event in {"worker_killed", "neighbour_cleared"}]
DEPLOYMENTS = {
    "upgrade_sql": ["stop", "update_sql", "run"],
    "upgrade_jar": ["stop", "update_jar", "run"],
    "create_sql": ["create_sql", "run"],
    "create_jar": ["create_jar", "run"],
}


class EchoRequest(Fault):
    """A refusal that repeats all that was asked for."""

    async def answer(self, request: web.Request) -> web.Response:
        return error(400, "DLI.0001", f"Cannot parse {await request.text()}")


def add_jobs(dli: DliEmulator) -> None:
    """Add the jobs of all tasks but those that create theirs."""
    for job_id, case in enumerate(CASES, 2001):
        rest = "job_finish" if case.target == "job_finish" else "job_cancel_success"
        job = dli.add_job(job_id, status=rest, name=f"{case.dag}-{case.task}", start_time=YESTERDAY)
        if case in KILLED and case.task == "bounded_blocking":
            job.set_run([("job_submitting", 1.0), *TO_ITS_END])
        elif case not in KILLED:
            job.set_run([("job_submitting", None)])
    before = CANARIES["before"]
    old: dict[str, Any] = {
        "sql_body": f"CREATE TABLE {SHOWN} (id INT) WITH ('password' = '{before}')",
        "entrypoint_args": f"--password {before}",
        "job_config": {
            "obs_bucket": "bucket",
            "runtime_config": json.dumps([{"key": "flink.sink.secret", "value": before}]),
        },
    }
    for job_id, task in enumerate(("upgrade_sql", "plan", "drift", "upgrade_jar"), 2101):
        kind = "flink_jar_job" if task.endswith("jar") else "flink_opensource_sql_job"
        job = dli.add_job(
            job_id,
            status="job_running",
            name=f"{DEPLOYED}-{task}",
            job_type=kind,
            start_time=YESTERDAY,
            queue_name="flink",
            **old,
        )
        job.set_run([("job_submitting", None)])


@pytest.fixture(scope="module")
def acting(airflow: Airflow) -> Iterator[ActingTasks]:
    """All the DAGs, run at once, and everything that happens to them."""
    with ExitStack() as stack:
        dli = stack.enter_context(DliEmulator())
        echoing = stack.enter_context(DliEmulator())
        dli.behaviour.run_delay = 0.0
        add_jobs(dli)
        for operation in ("create_sql", "create_jar"):
            echoing.inject(EchoRequest(), only=operation, times=None)
        environment = {
            "AIRFLOW_CONN_DLI_ACTING": json.dumps(dli.connection),
            "AIRFLOW_CONN_DLI_ECHOING": json.dumps(echoing.connection),
            "AIRFLOW_VAR_DEPLOYED": json.dumps({**CANARIES, "shown": SHOWN}),
            "AIRFLOW__CORE__PARALLELISM": "32",
            "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "30",  # Airflow 2
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
            "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "15",  # Airflow 2; more often, it tells twice
        }
        airflow.stop(airflow.scheduler)
        airflow.start_scheduler(**environment)
        stack.callback(airflow.start_scheduler)
        stack.callback(lambda: airflow.stop(airflow.scheduler))
        acting = ActingTasks(airflow, dli)
        kill_workers(acting)
        with airflow.triggerer(**environment) as first:
            for dag_id in (DEPLOYED, *dict.fromkeys(case.dag for case in reversed(CASES))):
                acting.begin(dag_id)
            interfere(acting)
            airflow.kill(first)
        stack.enter_context(airflow.triggerer(**environment))
        yield acting


def kill_workers(acting: ActingTasks) -> None:
    """Have workers killed as soon as DLI has accepted their writes."""
    runs = [acting.job(case.dag, case.task).job_id for case in KILLED]
    sql, jar = (acting.job(DEPLOYED, task).job_id for task in ("upgrade_sql", "upgrade_jar"))
    written_by: dict[str, list[int | str]] = {
        "run": [*runs, sql, jar],
        "stop": [sql],
        "update_sql": [sql],
        "update_jar": [jar],
        "create_sql": [f"{DEPLOYED}-create_sql"],
        "create_jar": [f"{DEPLOYED}-create_jar"],
    }
    for operation, jobs in written_by.items():
        acting.kills[operation] = KillWorker(acting.airflow, *jobs)
        acting.kills[operation].inject(acting.dli, operation)


def interfere(acting: ActingTasks) -> None:
    """Do to the tasks what their DAGs are called after, but for the killing of workers."""
    airflow = acting.airflow
    neighbour_cleared = [case for case in KILLED if case.event == "neighbour_cleared"]
    airflow.until(
        lambda: all(acting.operations(case.dag, case.task) for case in neighbour_cleared),
        "the workers were killed",
        limit=LIMIT,
    )
    airflow.api.clear("acting_neighbour_cleared", acting.run_ids["acting_neighbour_cleared"], "neighbour")
    for case in CASES:
        if case not in KILLED:
            acting.until_waiting(case.dag, case.task)
    if IS_AIRFLOW_2:  # whose REST API does not clear tasks that run
        airflow.run("tasks", "clear", "--yes", "--task-regex", "^(bounded|streaming)_", "acting_task_cleared")
    for case in CASES:
        if case.event == "task_cleared" and not IS_AIRFLOW_2:
            airflow.api.clear(case.dag, acting.run_ids[case.dag], case.task)
        elif case.event == "marked_failed":
            airflow.api.mark_failed(case.dag, acting.run_ids[case.dag], case.task)
        elif case.event == "worker_drained":
            drain(acting, case)


def drain(acting: ActingTasks, case: Case) -> None:
    """End a worker as Kubernetes does: it is asked to end, and killed when it hasn't after a while."""
    *above, task = acting.airflow.worker_of(psutil.Process(acting.pid(case.dag, case.task)))
    above[-1].terminate()
    acting.airflow.until_polled(acting.dli, acting.job(case.dag, case.task).job_id)
    if task.is_running():  # Airflow 2 ends it
        kill(*above, task)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.event}-{case.task}")
def test_a_job_is_run_once_whatever_happens(acting: ActingTasks, case: Case) -> None:
    job = acting.job(case.dag, case.task)
    if "success" in case.ends:
        acting.until_waiting(case.dag, case.task, *case.ends, tries=case.tries)
        if job.status != case.target:
            job.set_lifecycle(RUNNING if case.target == "job_running" else TO_ITS_END)
    acting.until_state(case.dag, case.task, *case.ends, tries=case.tries)
    if case.ends == ("failed",):
        acting.until_left_alone(case.dag, case.task)
    stopped = ["stop"] * (case.task == "stopped_on_kill")
    assert acting.operations(case.dag, case.task) == ["run", *stopped]
    if case in KILLED:
        assert acting.kills["run"].arrived[str(job.job_id)] == 1
    state, tries = acting.task(case.dag, case.task)
    if state == "success":
        action = "adopted" if IS_AIRFLOW_2 and tries > 1 else case.action
        xcom = acting.xcom(case.dag, case.task)
        assert xcom["status"] == case.target
        assert xcom["action"] in action
    elif case.ends == ("failed",) and not stopped:
        assert job.status == "job_submitting"


def test_a_bounded_run_is_started_again_by_a_clear_but_not_beside_a_live_one(acting: ActingTasks) -> None:
    dag_id, task_id = "acting_task_cleared", "bounded_deferrable"
    acting.until_state(dag_id, task_id, "failed", tries=2)
    assert "This task did not start that run" in acting.log(dag_id, task_id)
    job = acting.job(dag_id, task_id)
    job.set_status("job_finish")
    job.set_run([("job_submitting", 1.0), *TO_ITS_END])
    acting.airflow.api.clear(dag_id, acting.run_ids[dag_id], task_id)
    acting.until_state(dag_id, task_id, "success", tries=3)
    assert acting.operations(dag_id, task_id) == ["run", "run"]


@pytest.mark.parametrize("task", DEPLOYMENTS)
def test_a_deployment_takes_each_step_once_though_the_worker_is_killed_after_each(
    acting: ActingTasks, task: str
) -> None:
    is_upgrade = task.startswith("upgrade")
    if is_upgrade:
        acting.airflow.until(
            lambda: "run" in acting.operations(DEPLOYED, task), f"{task} runs its job", limit=LIMIT
        )
        acting.until_waiting(DEPLOYED, task, tries=3)
        acting.dumps.append(acting.dump())
        acting.job(DEPLOYED, task).set_status("job_running")
    acting.until_state(DEPLOYED, task, "success", tries=2)
    assert acting.operations(DEPLOYED, task) == DEPLOYMENTS[task]
    if is_upgrade:
        stop, _, run = acting.writes(DEPLOYED, task)
        assert stop.arguments["trigger_savepoint"] is True
        assert run.restored_from
    detail = acting.dli.jobs.detail(acting.job(DEPLOYED, task))
    assert (detail["status"], detail["job_config"]["obs_bucket"]) == ("job_running", "bucket")
    assert CANARIES["option"] in detail["job_config"]["runtime_config"]
    if task.endswith("sql"):
        assert detail["sql_body"].count(CANARIES["sql"]) == 2
    else:
        assert detail["entrypoint_args"] == f"--password {CANARIES['argument']} --verbose"
    assert CANARIES["before"] not in (
        detail["sql_body"] if task.endswith("sql") else detail["entrypoint_args"]
    )


def test_no_password_of_a_deployment_is_kept_or_told_anywhere(acting: ActingTasks) -> None:
    for task, state in {
        "plan": "success",
        "drift": "failed",
        "echo_sql": "failed",
        "echo_jar": "failed",
    }.items():
        acting.until_state(DEPLOYED, task, state)
    assert acting.operations(DEPLOYED, "plan") == acting.operations(DEPLOYED, "drift") == []
    held = {"the database": "\n".join([*acting.dumps, acting.dump()])}
    logs = {str(path): path for path in acting.airflow.home.rglob("*") if path.is_file()}
    told = {name: path.read_text(errors="replace") for name, path in logs.items()}
    assert "while_in" in held["the database"], "no deferral of a deployment was seen"
    assert SHOWN in held["the database"]
    assert any("Cannot parse" in text for text in told.values())
    assert any(SHOWN in text for name, text in told.items() if "upgrade_sql" in name)
    for place, canary in {**CANARIES, "key": acting.dli.secret_key}.items():
        for where, text in (held | told).items():
            assert canary not in text, f"the {place} stands in {where}"
            assert canary.encode().hex() not in text, f"the {place} stands in {where}"
