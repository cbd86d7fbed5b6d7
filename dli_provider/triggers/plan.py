"""The deferred wait between two steps of an operator that acts on a Flink job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dli_provider.flink.arguments import parse_job_id
from dli_provider.triggers.base import FlinkJobTrigger

if TYPE_CHECKING:
    from dli_provider.flink.plan.waiting import PlanWait


class DliFlinkPlanTrigger(FlinkJobTrigger):
    """Waits in the triggerer until an operator has something to do with a Flink job, and fires one event.

    It never changes the job: that is done on the worker. The event brings the operator's memory back,
    because ``dag.test()`` loses the arguments of a deferral.

    :param step: what is awaited, see :meth:`dli_provider.flink.plan.values.Wait.to_dict`.
    :param memory: what the operator remembers, see :meth:`dli_provider.flink.plan.memory.Memory.to_dict`.
    :param arguments: those of :class:`~dli_provider.triggers.base.FlinkJobTrigger`.
    """

    argument_names = (*FlinkJobTrigger.argument_names, "step", "memory")

    def __init__(self, *, step: dict[str, Any], memory: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.step = step
        self.memory = memory

    @staticmethod
    def _describe(wait: PlanWait) -> dict[str, Any]:
        return {"step": wait.step.to_dict(), "memory": wait.memory.to_dict()}

    def _wait(self) -> PlanWait:
        from dli_provider.flink.plan.memory import Memory
        from dli_provider.flink.plan.values import Wait
        from dli_provider.flink.plan.waiting import PlanWait

        try:
            step, memory = Wait.from_dict(self.step), Memory.from_dict(self.memory)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"step and memory describe no wait of this version: {error!r:.100}") from None
        return PlanWait(parse_job_id(self.job_id), step, memory, self.job_name)

    def _details(self, wait: PlanWait) -> Mapping[str, Any]:
        return {"memory": wait.memory.to_dict()}
