"""What to do next with a job that a task acts on: decisions alone, no I/O, no clock.

Whoever carries a plan out reads the job, asks the planner for the next step, takes it, tells the planner what
came of a write, and begins again. Each pass makes at most one write, and each write follows a fresh reading.

- ``values``: readings, outcomes, and the steps
- ``memory``: what is remembered between two passes
- ``settle``: what became of the write that was sent last; every race is decided there, once for all plans
- ``tables``: which status calls for what
- ``plans``: the plans, each a column of the table
- ``deploy``: the plan that makes a job be as a DAG defines it
- ``desired``, ``difference``, ``difference_report``: that definition, and where a job differs from it
- ``interrupted``: what to tell of an upgrade that ends between its stop and its start
- ``preview``: what a deployment would do, without doing it
- ``planner``: settles the pending write, then asks the plan
- ``waiting``: the wait between two steps
"""
