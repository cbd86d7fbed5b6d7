"""Carries the steps of a plan out on the worker; :mod:`dli_provider.flink.plan` decides what they are.

- ``runner``: the loop: read, ask the planner, make a call or wait
- ``job``: the job that is acted on, by its id or its name
- ``writes``: sends a write, and tells what is known of its outcome
- ``failures``: what a task fails with when its plan does
- ``record``: what a retry of the task must know of the tries before it
"""
