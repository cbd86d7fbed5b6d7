"""One triggerer on PostgreSQL serves an unrelated wait through all that a hostile DLI sends to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fitness import check_data
from hostile_answers import (
    IN_THE_WAY,
    REFUSALS,
    SECRET,
    TEXTS,
    everywhere,
    job_answer,
    list_answer,
)
from rest import IS_AIRFLOW_2

if TYPE_CHECKING:
    from hostile_dli import Asked, HostileDli
    from installation import Airflow

    from dli_provider.emulator import DliEmulator

BYSTANDER = 711
WATCHED = {number: name for number, name in enumerate(TEXTS, 1) if len(TEXTS[name]) < 100_000}
ALL_AT_ONCE = "".join(text for text in TEXTS.values() if len(text) < 1000)
TEXT_OF = {
    701: TEXTS["half an emoji"],
    702: TEXTS["NUL"],
    703: TEXTS["5 MB"],
    704: ALL_AT_ONCE,
    705: TEXTS["a line break"],
    706: TEXTS["ESC"],
}
"""What each job holds wherever a text may stand; while it is waited for, in its status too."""
LAST = {704: "job_submit_fail"}
REFUSED = 706
THROUGH_OUTAGES = 705
OUTAGES = [
    IN_THE_WAY[name]
    for name in (
        *("HTML with 200 OK", "HTML with 401 Unauthorized", "nothing with 403 Forbidden", "half of JSON"),
        *("cut after 60 bytes of its head", "cut 1 bytes before its end", "DLI.0999 with 200 OK"),
    )
]


class Hostile:
    """Answers for the jobs that are waited for, and for those that are watched.

    :ivar has_ended: the jobs that were waited for are where they stay.
    :ivar status: that of the watched jobs; None for a text of each job's own.
    :ivar outages: what is sent for one job, every other time.
    """

    def __init__(self) -> None:
        self.has_ended = False
        self.status: str | None = "job_running"
        self.outages = list(OUTAGES)
        self._is_good = False

    def __call__(self, asked: Asked) -> bytes:
        if asked.query.get("queue_name") == "watched":
            watched = [
                {**everywhere(TEXTS[name]), "job_id": number, "status": self.status or TEXTS[name]}
                for number, name in WATCHED.items()
            ]
            return list_answer(watched, len(watched))
        if asked.job_id is None:
            return list_answer([], 0)
        return self._show(asked.job_id)

    def _show(self, job_id: int) -> bytes:
        text = TEXT_OF[job_id]
        if not self.has_ended:
            return job_answer(text, job_id=job_id, **everywhere(text))
        if job_id == REFUSED:
            return REFUSALS["DliForbiddenError"]["a lack of rights as ever"]
        self._is_good = not self._is_good
        if job_id == THROUGH_OUTAGES and self.outages:
            return job_answer(text, job_id=job_id) if self._is_good else self.outages.pop()
        return job_answer(LAST.get(job_id, "job_running"), job_id=job_id, **everywhere(text))


def told(airflow: Airflow) -> list[dict[str, Any]]:
    """Return the changes that the watcher fired, as the database has them."""
    events = (
        "SELECT extra FROM asset_event WHERE asset_id IN (SELECT id FROM asset WHERE name = %s) ORDER BY id"
    )
    return [extra["payload"] for (extra,) in airflow.query(events, "hostile_changes")]


def until_listed(airflow: Airflow, dli: HostileDli) -> None:
    """Wait until the watched jobs were listed twice from now on, so that the first list was taken."""
    if IS_AIRFLOW_2:
        return
    enough = _listed(dli) + 2
    airflow.until(lambda: _listed(dli) >= enough, "the watched jobs were listed")


def _listed(dli: HostileDli) -> int:
    return sum(asked.query.get("queue_name") == "watched" for asked in dli.asked)


@pytest.mark.services
@pytest.mark.timeout(600)
def test_a_triggerer_serves_an_unrelated_wait_through_all_that_a_hostile_dli_sends(
    airflow: Airflow, dli: DliEmulator, hostile_dli: HostileDli
) -> None:
    hostile_dli.respond = hostile = Hostile()
    if not IS_AIRFLOW_2:
        airflow.until_parsed("hostile_watched")
        airflow.api.unpause("hostile_watched")
    with airflow.triggerer() as triggerer:
        bystander = airflow.defer(dli, "hostile_bystander", BYSTANDER)
        run_id = airflow.begin("hostile_jobs")
        airflow.until_states(run_id, ["deferred"] * len(TEXT_OF))
        airflow.until(lambda: all(airflow.waiting().values()), "the triggerer has all waits")
        until_listed(airflow, hostile_dli)
        hostile.status = None
        until_listed(airflow, hostile_dli)
        hostile.has_ended, hostile.status = True, "job_running_exception"
        airflow.until_states(run_id, ["success", "success", "success", "failed", "success", "failed"])
        if not IS_AIRFLOW_2:
            airflow.until(lambda: len(told(airflow)) >= 2 * len(WATCHED), "all changes were fired")

        assert airflow.states(bystander) == ["deferred"]
        airflow.until_polled(dli, BYSTANDER)
        dli.job(BYSTANDER).set_status("job_running")
        airflow.until_states(bystander, ["success"])
        assert triggerer.poll() is None

    assert hostile.outages == []
    for index, job_id in enumerate(TEXT_OF):
        if job_id not in (REFUSED, *LAST):
            summary = airflow.api.xcom("hostile_jobs", run_id, "wait", index)
            assert (summary["job_id"], summary["status"]) == (job_id, "job_running")
            check_data(summary)
    assert "DliForbiddenError" in airflow.api.log("hostile_jobs", run_id, "wait", 5)
    if not IS_AIRFLOW_2:
        changes = told(airflow)
        assert sorted(change["job_id"] for change in changes) == sorted([*WATCHED] * 2)
        check_data(changes, limit=None)
    for log in (path for path in airflow.home.rglob("*.log*") if path.is_file()):
        assert SECRET not in log.read_text(errors="replace"), log
