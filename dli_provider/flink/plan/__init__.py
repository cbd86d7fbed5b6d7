"""What to do next with a job that is to be run, stopped, saved or deleted: decisions alone, no I/O, no clock.

Who carries a plan out reads the job, asks :meth:`~dli_provider.flink.plan.planner.Planner.next` for a step,
takes it, tells :meth:`~dli_provider.flink.plan.planner.Planner.record` what came of a write, and begins again. Each
pass makes at most one write, and each write follows a fresh reading.

- ``values``: readings, steps, outcomes and what is remembered between two passes
- ``settle``: what became of the write that was sent last; every race is decided there, once for all plans
- ``tables``: which status calls for which step, a table for each kind of plan
- ``planner``: the two of them, one after the other
"""
