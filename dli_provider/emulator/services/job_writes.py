"""The endpoints that create, change, run, stop and delete jobs.

Two codes are chosen from DLI's list, because no source documents them for these cases: ``DLI.0006`` (the name
is taken) and ``DLI.0007`` (not in this status).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from dli_provider.emulator.http.messages import RefusalError, Reply, Request
from dli_provider.emulator.model.behaviour import Behaviour
from dli_provider.emulator.model.clock import Clock
from dli_provider.emulator.model.history import History
from dli_provider.emulator.model.job import EmulatedJob
from dli_provider.emulator.model.store import JobStore
from dli_provider.emulator.services import job_bodies
from dli_provider.emulator.services.job_bodies import Fields, flag, ids, parse_body, text
from dli_provider.emulator.services.job_content import HOT_FIELDS, NEW_JAR_JOB, NEW_SQL_JOB, content_of
from dli_provider.emulator.services.parameters import find_job, invalid, job_of
from dli_provider.flink.status import FlinkJobStatus

_SAVEPOINT: Fields = {
    "action": lambda value: value == "TRIGGER",
    "savepoint_path": lambda value: text(minimum=1)(value) and "://" not in value,
}
_IMPORT: Fields = {
    "job_id": lambda value: isinstance(value, int | str) and not isinstance(value, bool),
    "savepoint_path": lambda value: isinstance(value, str) and value.startswith("obs://"),
}
_SAVES = frozenset({FlinkJobStatus.JOB_RUNNING, FlinkJobStatus.JOB_SAVEPOINTING})


class JobWrites:
    """The endpoints, on a store of jobs.

    :param jobs: the project's jobs.
    :param history: where accepted writes are noted.
    :param behaviour: how the service behaves where its documentation says nothing.
    :param clock: the emulated time.
    """

    def __init__(self, jobs: JobStore, history: History, behaviour: Behaviour, clock: Clock) -> None:
        self._jobs = jobs
        self._history = history
        self._behaviour = behaviour
        self._clock = clock

    def create_sql(self, request: Request) -> Reply:
        """Answer CreateFlinkSqlJob."""
        body = parse_body(request, job_bodies.CREATE_SQL, required=("name",))
        own = {**NEW_SQL_JOB, "run_mode": "shared_cluster", "job_type": "flink_sql_job", **body}
        if {"run_mode", "job_type"} <= body.keys():
            job_bodies.check_run_mode(own["run_mode"], own["job_type"])
        return self._create("create_sql", body, own)

    def create_jar(self, request: Request) -> Reply:
        """Answer CreateFlinkJarJob."""
        body = parse_body(request, job_bodies.CREATE_JAR, required=("name",))
        return self._create("create_jar", body, {**NEW_JAR_JOB, **body, "job_type": "flink_jar_job"})

    def update_sql(self, request: Request) -> Reply:
        """Answer UpdateFlinkSqlJob."""
        return self._update("update_sql", request, job_bodies.UPDATE_SQL)

    def update_jar(self, request: Request) -> Reply:
        """Answer UpdateFlinkJarJob."""
        return self._update("update_jar", request, job_bodies.UPDATE_JAR)

    def run(self, request: Request) -> Reply:
        """Answer BatchRunFlinkJobs, whose errors are arrays."""
        body = parse_body(request, {"job_ids": ids, "resume_savepoint": flag}, required=("job_ids",))
        try:
            jobs = [find_job(self._jobs, job_id) for job_id in body.pop("job_ids")]
            for job in jobs:
                self._check_run(job)
        except RefusalError as refusal:
            raise RefusalError(400, refusal.code, refusal.message, as_array=True) from None
        for job in jobs:
            restored_from = job.savepoint if body.get("resume_savepoint") else None
            job.run()
            self._history.add("run", job.job_id, body, restored_from)
        return Reply([self._behaviour.success("The job is submitted.") for _ in jobs])

    def stop(self, request: Request) -> Reply:
        """Answer BatchStopFlinkJobs."""
        body = parse_body(request, {"job_ids": ids, "trigger_savepoint": flag}, required=("job_ids",))
        jobs = [find_job(self._jobs, job_id) for job_id in body.pop("job_ids")]
        for job in jobs:
            if job.is_stopped or job.status == FlinkJobStatus.JOB_CANCELING:
                raise _not_in_this_status(job, "stopped")
        for job in jobs:
            saves = body.get("trigger_savepoint") and job.status in _SAVES
            job.stop(self._savepoint_path(job) if saves else None)
            self._history.add("stop", job.job_id, body)
        done = self._behaviour.success("The job is being stopped.")
        answers = {"each": [done for _ in jobs], "one": [done], "object": done}
        return Reply(answers[self._behaviour.stop_answer])

    def delete(self, request: Request) -> Reply:
        """Answer DeleteFlinkJob."""
        self._delete(job_of(self._jobs, request))
        return Reply(self._behaviour.success("The job is deleted."))

    def delete_batch(self, request: Request) -> Reply:
        """Answer BatchDeleteFlinkJobs."""
        body = parse_body(request, {"job_ids": ids}, required=("job_ids",))
        jobs = [find_job(self._jobs, job_id) for job_id in dict.fromkeys(body["job_ids"])]
        for job in jobs:
            self._delete(job)
        return Reply([self._behaviour.success("The job is deleted.") for _ in jobs])

    def savepoint(self, request: Request) -> Reply:
        """Answer ExecuteFlinkJobSavepoint, whose message is JSON."""
        job = job_of(self._jobs, request)
        body = parse_body(request, _SAVEPOINT, required=("action", "savepoint_path"))
        if job.status != FlinkJobStatus.JOB_RUNNING:
            raise _not_in_this_status(job, "saved")
        job.trigger_savepoint(f"obs://{body['savepoint_path']}")
        self._history.add("savepoint", job.job_id, body)
        said = {"is_success": "true", "message": "api.msg.deal_savepoint_success"}
        return Reply(self._behaviour.success(json.dumps(said)))

    def import_savepoint(self, request: Request) -> Reply:
        """Answer ImportFlinkJobSavepoint."""
        job = job_of(self._jobs, request)
        body = parse_body(request, _IMPORT, required=("job_id", "savepoint_path"))
        if str(body["job_id"]) != str(job.job_id):
            raise invalid("job_id", body["job_id"])
        if not job.is_stopped:
            raise _not_in_this_status(job, "given a savepoint")
        job.import_savepoint(body["savepoint_path"])
        self._history.add("import_savepoint", job.job_id, body)
        return Reply(self._behaviour.success("The savepoint is imported."))

    def _create(self, operation: str, body: dict[str, Any], own: dict[str, Any]) -> Reply:
        self._check_name(body["name"])
        self._check_bucket(body)
        detail = content_of(own, present={})
        job_id = self._jobs.new_id()
        job = EmulatedJob(
            job_id, None, detail, status="job_init", clock=self._clock, behaviour=self._behaviour
        )
        self._jobs.add(job)
        self._history.add(operation, job_id, body)
        created = {"job_id": job_id, "status_name": "job_init", "status_desc": ""}
        return Reply(self._behaviour.success("The job is created.", job=created))

    def _update(self, operation: str, request: Request, fields: Fields) -> Reply:
        job = job_of(self._jobs, request)
        body = parse_body(request, fields)
        is_jar = self._jobs.value(job, "job_type") == "flink_jar_job"
        if is_jar != (operation == "update_jar"):
            raise RefusalError(400, "DLI.0001", f"The job {job.job_id} is not of this type.")
        if "name" in body and body["name"] != job.name:
            self._check_name(body["name"])
        self._check_bucket(body)
        if not job.is_stopped:
            self._check_hot(job, body, is_jar=is_jar)
        present = {name: self._jobs.value(job, name) for name in ("obs_bucket", "checkpoint_enabled")}
        job.update(**content_of(body, present))
        self._history.add(operation, job.job_id, body)
        updated = {"update_time": self._jobs.value(job, "update_time")}
        return Reply(self._behaviour.success("The job is updated.", job=updated))

    def _check_name(self, name: str) -> None:
        if self._jobs.named(name):
            raise RefusalError(400, "DLI.0006", f"The job name {name} already exists.")

    def _check_bucket(self, body: dict[str, Any]) -> None:
        bucket, authorised = body.get("obs_bucket"), self._behaviour.obs_buckets
        if bucket and authorised is not None and bucket not in authorised:
            raise RefusalError(400, "DLI.11016", f"The OBS bucket {bucket} is not authorized to DLI.")

    def _check_hot(self, job: EmulatedJob, body: dict[str, Any], *, is_jar: bool) -> None:
        hot = HOT_FIELDS | {"checkpoint_path"} if is_jar else HOT_FIELDS
        cold = sorted(body.keys() - hot)
        if cold:
            raise _not_in_this_status(job, f"changed in {', '.join(cold)}")
        if "obs_bucket" in body and body["obs_bucket"] == self._jobs.value(job, "obs_bucket"):
            raise _not_in_this_status(job, "given the obs_bucket that it has")

    def _check_run(self, job: EmulatedJob) -> None:
        if not job.is_stopped or job.status == FlinkJobStatus.JOB_ARREARAGE_STOPPED:
            raise _not_in_this_status(job, "run")
        if not self._jobs.value(job, "queue_name"):
            message = "No job-running queue selected. Please select a queue for your job."
            raise RefusalError(400, "DLI.13024", message)

    def _savepoint_path(self, job: EmulatedJob) -> str | None:
        """Return where a stop saves; None for a job without a bucket, which stops without a savepoint."""
        bucket = self._jobs.value(job, "obs_bucket")
        date = datetime.fromtimestamp(self._clock.time(), UTC).strftime("%Y-%m-%d_%H-%M-%S")
        return f"obs://{bucket}/jobs/savepoint/{job.job_id}/{date}/" if bucket else None

    def _delete(self, job: EmulatedJob) -> None:
        self._jobs.remove(job.job_id)
        self._history.add("delete", job.job_id, {})


def _not_in_this_status(job: EmulatedJob, what: str) -> RefusalError:
    return RefusalError(
        400, "DLI.0007", f"The job {job.job_id} can not be {what}, because it is {job.status}."
    )
