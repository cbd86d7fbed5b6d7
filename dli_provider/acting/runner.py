"""A plan as a worker carries it out: read the job, ask the planner, make a call or wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dli_provider.acting.failures import failure_error
from dli_provider.acting.writes import Answer, attempt
from dli_provider.api.errors import DliError, DliThrottledError
from dli_provider.exceptions import DliFlinkJobRunError
from dli_provider.flink.plan.values import Call, Done, Fail, Failure, Outcome, Reading, Wait, Write
from dli_provider.flink.plan.waiting import PlanWait, note
from dli_provider.waiting.clock import steady_clock

if TYPE_CHECKING:
    from dli_provider.acting.job import ActedJob
    from dli_provider.airflow_compat import Logger
    from dli_provider.api.client import DliClient
    from dli_provider.flink.job import FlinkJob
    from dli_provider.flink.plan.memory import Memory
    from dli_provider.flink.plan.planner import Planner
    from dli_provider.waiting.client import WaitClient

Rest = Callable[[PlanWait | None, float], None]
"""Pauses for some seconds, or gives the worker up; given what is awaited, if it is the job."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A plan that succeeded.

    :param done: how.
    :param job: the job as it was read last; None when there is none.
    :param job_id: its id, also when it is gone; None when there never was such a job.
    """

    done: Done
    job: FlinkJob | None
    job_id: int | None


class PlanRunner:
    """Carries a plan out.

    :param planner: says what to do next.
    :param client: reads and writes DLI.
    :param job: the job.
    :param deadline: when to give up.
    :param interval: seconds between two readings.
    :param log: the task's logger, which is told of each step and each status.
    :param keep: stores the plan's memory before and after each write, for a retry after a crash.
    :param clock: the time of day.
    :ivar failure: why the plan failed; None when it has not, or the time or the connection has ended it.
    """

    def __init__(
        self,
        planner: Planner,
        client: WaitClient,
        job: ActedJob,
        deadline: datetime,
        interval: float,
        log: Logger,
        *,
        keep: Callable[[Memory], None] = lambda _: None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._planner = planner
        self._client = client
        self._job = job
        self._deadline = deadline
        self._interval = interval
        self._log = log
        self._keep = keep
        self._clock = clock or steady_clock()
        self.failure: Failure | None = None
        self._awaited = Wait("an answer of DLI")
        self._said = ""
        self._retry_after = 0.0

    @property
    def memory(self) -> Memory:
        """What the plan remembers."""
        return self._planner.memory

    def run(self, rest: Rest) -> Ended:
        """Carry the plan out to its end.

        :param rest: pauses between two readings.
        :raises DliFlinkJobRunError: when the job ended elsewhere, or the deadline is over.
        :raises DliFlinkJobFailedError: when the plan can't succeed until a person acts.
        :raises DliError: when DLI refuses a write, or can't be read, or nobody knows what became of a write.
        """
        while True:
            reading = self._read()
            step = None if reading is None else self._planner.next(reading)
            if reading is None or step is None:
                self._rest(None, rest)
            elif isinstance(step, Done):
                return self._end(step, reading)
            elif isinstance(step, Fail):
                self.failure = step.failure
                raise failure_error(step, self._job, reading.job)
            elif isinstance(step, Wait):
                self._rest(step, rest)
            elif not self._send(step, reading):
                self._rest(None, rest)

    def stop_own_run(self) -> bool:
        """Try once to stop the run that this plan has started; return True when DLI has accepted it.

        It is for a task that is killed and has no time left, so an error is logged and not raised.
        """
        memory, job_id = self.memory, self._job.job_id
        pending = memory.pending
        is_started = memory.has_done(Write.RUN) or (
            pending is not None and pending.write == Write.RUN and pending.outcome == Outcome.ACCEPTED
        )
        if job_id is None or self.failure or not is_started:
            return False
        self._log.info("%s: the task was killed, stopping the run that it has started", self._job.label)
        try:
            self._client.read(lambda client: client.stop_flink_job(job_id, trigger_savepoint=False))
        except Exception as error:  # noqa: BLE001
            self._log.error("%s: it may run on, for it could not be stopped: %s", self._job.label, error)
            return False
        return True

    def _read(self) -> Reading | None:
        """Return the job as it is; None in an outage that is tolerated."""

        def read(client: DliClient) -> Reading:
            return Reading(self._job.read(client), self._clock())

        reading = self._client.read(read)
        if reading and self._job.job_id and (line := note(self.memory, self._job.job_id, reading)):
            self._log.info("%s", line)
        return reading

    def _send(self, call: Call, before: Reading) -> bool:
        """Send a write; False when it could not be sent for now."""
        self._check_time()
        self._say(call)
        self._planner.begin(call, before, self._clock())
        self._keep(self.memory)
        try:
            answer = self._client.read(lambda client: self._attempt(client, call))
        except (DliError, ValueError):
            self._note_answer(Answer(Outcome.NOT_SENT))
            raise
        self._note_answer(answer or Answer(Outcome.NOT_SENT))
        return answer is not None

    def _attempt(self, client: DliClient, call: Call) -> Answer:
        try:
            return attempt(client, self._job, call)
        except DliThrottledError as error:
            self._retry_after = error.retry_after or 0.0
            raise

    def _note_answer(self, answer: Answer) -> None:
        self._planner.end(answer.outcome, self._clock(), answer.refusal)
        self._keep(self.memory)
        if answer.outcome == Outcome.UNKNOWN:
            self._log.warning("Reading the job to find out what became of the call: %s", answer.error)
        if answer.outcome != Outcome.NOT_SENT:
            self._said = ""

    def _say(self, call: Call) -> None:
        """Tell of a write, once for all the times that it can't be sent."""
        if self._said != (line := f"{self._job.label}: {call.text}"):
            self._said = line
            if call.warning:
                self._log.warning("%s: %s", self._job.label, call.warning)
            self._log.info("%s", f"{line}\n{call.details}" if call.details else line)

    def _end(self, done: Done, reading: Reading) -> Ended:
        self._log.info("%s: %s", self._job.label, done.text)
        if done.warning:
            self._log.warning("%s: %s", self._job.label, done.warning)
        return Ended(done, reading.job, self._job.job_id)

    def _rest(self, step: Wait | None, rest: Rest) -> None:
        """Wait for what a step awaits, or for DLI to answer again."""
        self._awaited = step or self._awaited
        now = self._check_time()
        seconds = max(self._interval, self._retry_after)
        self._retry_after = 0.0
        if step and step.pause:
            seconds = step.pause.total_seconds()
        elif step and step.until and now < step.until:
            seconds = min(seconds, (step.until - now).total_seconds())
        wait = None
        if step and not step.pause and self._job.job_id:
            wait = PlanWait(self._job.job_id, step, self.memory, self._job.name)
        rest(wait, min(seconds, (self._deadline - now).total_seconds()))

    def _check_time(self) -> datetime:
        """Return the time.

        :raises DliFlinkJobRunError: when the deadline is over.
        """
        now = self._clock()
        if now < self._deadline:
            return now
        job_id = self._job.job_id
        if job_id is None or self.memory.since is None:
            raise DliFlinkJobRunError(f"{self._job.label} was not read in time")
        raise DliFlinkJobRunError(PlanWait(job_id, self._awaited, self.memory, self._job.name).describe(now))
