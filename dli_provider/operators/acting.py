"""What the operators share that act on a Flink job."""

from __future__ import annotations

import time
from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from dli_provider.airflow_compat import mapped_arguments, task_state_store
from dli_provider.exceptions import DliFlinkJobRunError
from dli_provider.flink.arguments import check_boolean, holds_template, is_blank
from dli_provider.links.flink import DliFlinkConsoleLink
from dli_provider.operators.base import CONNECTION_ARGUMENTS
from dli_provider.operators.context import push_xcom
from dli_provider.operators.wait import FlinkJobWaitOperator
from dli_provider.waiting.limits import parse_span

if TYPE_CHECKING:
    from dli_provider.acting.record import PlanRecord
    from dli_provider.acting.runner import Ended, PlanRunner, Rest
    from dli_provider.airflow_compat import Context
    from dli_provider.api.client import DliClient
    from dli_provider.flink.plan.memory import Memory
    from dli_provider.flink.plan.planner import Plan, Planner
    from dli_provider.flink.plan.values import Windows
    from dli_provider.flink.plan.waiting import PlanWait
    from dli_provider.triggers.base import FlinkJobTrigger
    from dli_provider.waiting.limits import Deadline

_SLICE = 1.0
"""Seconds that a pause lasts at the most before the task looks whether it was killed."""


class FlinkJobActionOperator(FlinkJobWaitOperator):
    """A task that acts on a Flink job, and by default waits until that has had its effect.

    It reads the job, makes the call that its status needs, and reads again, so that a retry after whatever
    crash takes up what it finds. No write is sent twice unless reading the job shows that the first had no
    effect. The job's id is pushed as XCom ``job_id`` as soon as it is known.

    :param wait_for_completion: False to end as soon as DLI has accepted the last write.
    :param poke_interval: seconds between two readings, or a timedelta; 30 seconds by default.
    :param timeout: seconds, or a timedelta, after which the task fails, counted from its start and over its
        deferrals; the job is left as it is. An hour by default.
    :param kwargs: those of :class:`~dli_provider.operators.wait.FlinkJobWaitOperator`; writes are sent by the
        worker also when the task is deferrable.
    :raises DliFlinkJobRunError: when the job ended elsewhere, or did not get there within ``timeout``.
    :raises DliFlinkJobFailedError: when nothing can be done until a person acts; not retried.
    :raises DliError: when DLI refuses a write or can't be read, and ``DliOutcomeUnknownError`` when nobody
        knows whether a write took effect.
    """

    def __init__(
        self,
        *,
        wait_for_completion: bool = True,
        poke_interval: timedelta | float = 30,
        timeout: timedelta | float = 3600,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval
        self.timeout = timeout
        check_boolean("wait_for_completion", wait_for_completion)
        parse_span("poke_interval", poke_interval)
        parse_span("timeout", timeout)
        self._record: PlanRecord
        self._recalled: Memory | None = None
        self._templated = [name for name in CONNECTION_ARGUMENTS if holds_template(getattr(self, name))]

    @abstractmethod
    def make_plan(self, context: Context) -> Plan:
        """Return what is to become of the job.

        :param context: the task's context.
        :raises ValueError: for an invalid argument.
        """

    def result(self, ended: Ended) -> Any:
        """Return the XCom of a plan that succeeded: by default the job's summary, with what was done.

        :param ended: how it ended.
        """
        assert ended.job is not None
        return {**ended.job.summary(), "action": ended.done.action}

    def windows(self) -> Windows:
        """Return how long what is read may be out of date."""
        from dli_provider.flink.plan.values import Windows

        return Windows()

    def is_first_try(self, context: Context) -> bool:
        """Tell whether this is the first try of the task, at all or since it was cleared.

        A clear sets ``max_tries`` to the number of the last try and the retries; a retry leaves it as it is.

        :param context: the task's context.
        """
        ti: Any = context.get("ti")
        try_number, max_tries = getattr(ti, "try_number", None), getattr(ti, "max_tries", None)
        if try_number is None or max_tries is None:
            return True
        return bool(try_number <= max_tries - (self.retries or 0) + 1)

    def assume(self, plan: Plan) -> Memory | None:
        """Return what a retry assumes where nobody knows what the tries before it have done; by default that
        one has sent the plan's last write.

        :param plan: the plan.
        """
        from dli_provider.flink.plan.memory import Memory

        return Memory.of_retry(plan.last, datetime.now(UTC))

    def execute(self, context: Context) -> Any:
        """Act on the job, and return the XCom.

        :param context: the task's context.
        """
        return self.begin(context)

    def begin(self, context: Context) -> Any:
        """Do what :meth:`execute` says. Subclasses extend this one: Airflow 2 warns of an ``execute`` that
        calls its base class's.

        :param context: the task's context.
        """
        timeout = datetime.now(UTC) + parse_span("timeout", self.timeout)
        return self._carry_out(context, self._deadline(context, timeout))

    def execute_complete(self, context: Context, event: Any = None) -> Any:
        """Go on after the trigger's event.

        :param context: the task's context.
        :param event: the event; anything that isn't one of the trigger's fails the task.
        """
        from dli_provider.acting.failures import tell_interruption, wait_error
        from dli_provider.flink.plan.memory import Memory
        from dli_provider.waiting.event import WaitEvent

        ended = WaitEvent.from_payload(event)
        try:
            memory = Memory.from_dict(ended.memory or {})
        except (LookupError, TypeError, ValueError):
            memory = None
        if error := wait_error(ended):
            tell_interruption(error, memory or Memory())
            raise error
        if memory is None:
            raise DliFlinkJobRunError("The wait began in another version of this provider: try again")
        return self._carry_out(context, self._deadline(context, ended.timeout), ended.job_id, memory)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the trigger's event, or fail as on the worker when no triggerer ended the wait."""
        self._check_trigger(context, next_method, next_kwargs)
        return super().resume_execution(next_method, next_kwargs, context)

    def pause(self, seconds: float) -> None:
        """Wait between two readings, on the worker.

        :param seconds: for how long.
        """
        time.sleep(seconds)

    def act(self, runner: PlanRunner, rest: Rest) -> Ended:
        """Carry the plan out. A plan that failed is forgotten, so that a retry begins with what it reads.

        :param runner: carries it out.
        :param rest: pauses between two readings.
        """
        from dli_provider.acting.failures import tell_interruption
        from dli_provider.flink.plan.values import Failure

        try:
            return runner.run(rest)
        except BaseException as error:
            tell_interruption(error, runner.memory)
            if runner.failure == Failure.UNKNOWN:
                self._record.lose()
            elif runner.failure:
                self._record.begin()
            raise

    def _carry_out(
        self,
        context: Context,
        deadline: Deadline,
        job_id: int | None = None,
        memory: Memory | None = None,
    ) -> Any:
        from dli_provider.acting.job import ActedJob
        from dli_provider.acting.runner import PlanRunner

        def on_known(client: DliClient, known: int) -> None:
            DliFlinkConsoleLink.persist(context, client.settings, known)
            if self.do_xcom_push:
                push_xcom(context, "job_id", known)

        def rest(wait: PlanWait | None, seconds: float) -> None:
            if self.deferrable and wait is not None:
                self._defer(wait, deadline)
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                self.pause(min(left, _SLICE))

        self._check_scope()
        client = self._wait_client(had_success=job_id is not None)
        job = ActedJob(job_id, None) if job_id else ActedJob(*self._check_job(), on_known)
        interval = parse_span("poke_interval", self.poke_interval).total_seconds()
        planner = self._make_planner(context, memory)
        keep = self._record.save
        runner = PlanRunner(planner, client, job, deadline.timeout, interval, self.log, keep=keep)
        try:
            return self.result(self.act(runner, rest))
        finally:
            client.close()

    def _make_planner(self, context: Context, memory: Memory | None) -> Planner:
        """Return the planner of the task's plan.

        :param context: the task's context.
        :param memory: what this try remembers, after a deferral; else a retry goes on where the try before it
            has ended, as far as Airflow keeps that.
        """
        from dli_provider.acting.record import PlanRecord
        from dli_provider.flink.plan.planner import Planner

        max_tries = getattr(context.get("ti"), "max_tries", 0)
        self._record = PlanRecord(task_state_store(context), max_tries, self.log)
        is_first = self.is_first_try(context)
        self._recalled = None if is_first else self._record.load()
        plan = self.make_plan(context)
        if memory is None and is_first:
            self._record.begin()
        elif memory is None:
            memory = self._recalled or self.assume(plan)
        return Planner(plan, memory, self.windows())

    def _check_scope(self) -> None:
        """Check that a template did not lose where to act.

        :raises ValueError: when the connection, the region or the project renders to nothing.
        """
        for name in {*self._templated, *mapped_arguments(self)}.intersection(CONNECTION_ARGUMENTS):
            if is_blank(value := getattr(self, name)):
                raise ValueError(f"{name} was given and is empty ({value!r:.40}): nothing is done by default")

    def _trigger_class(self) -> type[FlinkJobTrigger]:
        from dli_provider.triggers.plan import DliFlinkPlanTrigger

        return DliFlinkPlanTrigger

    def _time_out(self, message: str) -> NoReturn:
        raise DliFlinkJobRunError(message)
