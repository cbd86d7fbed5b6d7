"""What a deployment would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dli_provider.flink.job import FlinkJob
from dli_provider.flink.plan.deploy import DeployPlan
from dli_provider.flink.plan.difference_report import describe_differences
from dli_provider.flink.plan.memory import Memory, Pending
from dli_provider.flink.plan.values import Call, Fail, Outcome, Reading, Wait, Write
from dli_provider.flink.status import FlinkJobStatus as S


@dataclass(frozen=True, slots=True)
class Preview:
    """The steps of a deployment, as far as they can be foreseen.

    :param steps: what would be done, in order, such as "stopping with a savepoint".
    :param changes: names of the fields that would be changed.
    :param differences: how they differ, in lines for the log.
    :param failure: why the deployment would fail; None when it wouldn't.
    """

    steps: tuple[str, ...]
    changes: tuple[str, ...]
    differences: str
    failure: Fail | None


def preview(plan: DeployPlan, reading: Reading) -> Preview:
    """Return what a plan would do with a job, if every write is taken and nobody else changes the job.

    :param plan: the plan.
    :param reading: the job as it is.
    """
    memory, steps, differences = Memory(), [], ""
    while True:
        memory.note(reading)
        step = plan.decide(memory, reading)
        if isinstance(step, Call):
            steps.append(step.text)
            differences = differences or step.details
            memory.taken.append(Pending(step.write, reading.status, reading.at, Outcome.ACCEPTED))
        elif isinstance(step, Wait):
            steps.append(f"waiting for {step.text}")
        if not isinstance(step, Call) or _is_last(plan, step, reading):
            failure, job = step if isinstance(step, Fail) else None, reading.job
            if failure and job and not differences:
                differences = describe_differences(plan.desired, job, plan.compare(job).changed)
            return Preview(tuple(steps), memory.changes, differences, failure)
        reading = Reading(_after(plan, step, reading), reading.at)


def _is_last(plan: DeployPlan, call: Call, reading: Reading) -> bool:
    is_in_place = reading.status == S.JOB_RUNNING or not plan.runs
    return call.write == Write.RUN or (call.write == Write.UPDATE and is_in_place)


def _after(plan: DeployPlan, call: Call, reading: Reading) -> FlinkJob | None:
    """Return the job as it is after a write."""
    if call.write == Write.CREATE:
        fields: dict[str, Any] = plan.desired.creation
        return FlinkJob.from_api({**fields, "status": S.JOB_INIT.value, "job_config": fields})
    if call.write == Write.STOP and reading.job:
        saves = call.arguments["trigger_savepoint"]
        stopped = {"status": S.JOB_CANCEL_SUCCESS, "has_savepoint": saves, "savepoint_path": None}
        return reading.job.model_copy(update=stopped)
    return reading.job
