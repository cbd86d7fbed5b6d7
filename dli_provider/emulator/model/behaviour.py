"""How the emulated DLI behaves where its documentation says nothing, or where accounts differ."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from dli_provider.emulator.model.timeline import Lifecycle, parse_lifecycle

_ANSWERS = ("each", "one", "object")


@dataclass
class Behaviour:
    """How the emulated service behaves; every field can be set at any time.

    :param boolean_success: True to answer ``is_success`` as a Boolean, not as text.
    :param stop_answer: the answer to a stop of several jobs: an array with an element for ``each``, an array
        with ``one`` element, or a bare ``object``.
    :param shows_savepoints: False to leave ``has_savepoint`` and ``savepoint_path`` out of answers.
    :param update_time_follows_status: True if a change of status changes ``update_time``; otherwise only an
        edit does.
    :param start_time_at_acceptance: True if ``start_time`` changes when a run is accepted, before the status
        does.
    :param run_delay: seconds for which a job keeps its old status after an accepted run.
    :param run: the statuses of a run after that; ``EmulatedJob.set_run`` sets others for one job.
    :param stop_delay: seconds for which a job keeps its old status after an accepted stop.
    :param stop: the statuses of a stop after that.
    :param savepoint_seconds: how long a savepoint takes.
    :param obs_buckets: the buckets that DLI is authorised for; None for all.
    """

    boolean_success: bool = False
    stop_answer: Literal["each", "one", "object"] = "each"
    shows_savepoints: bool = True
    update_time_follows_status: bool = False
    start_time_at_acceptance: bool = False
    run_delay: float = 1.0
    run: Lifecycle = (("job_submitting", 2.0), ("job_running", None))
    stop_delay: float = 0.0
    stop: Lifecycle = (("job_canceling", 1.0), ("job_cancel_success", None))
    savepoint_seconds: float = 1.0
    obs_buckets: Collection[str] | None = None

    def success(self, message: str, **content: Any) -> dict[str, Any]:
        """Return the object with which DLI reports success."""
        return {"is_success": True if self.boolean_success else "true", "message": message, **content}

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__annotations__:
            raise AttributeError(f"{name} is no behaviour: there are {', '.join(self.__annotations__)}")
        if name in ("run", "stop"):
            parse_lifecycle(value)
        if name == "stop_answer" and value not in _ANSWERS:
            raise ValueError(f"stop_answer must be one of {', '.join(_ANSWERS)}, and not {value!r:.80}")
        super().__setattr__(name, value)
