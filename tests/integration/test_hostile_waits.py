"""A hostile DLI behind the sensor in its three modes: a wait goes on through all that may pass."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import pytest
from fitness import check_data, check_error, check_lines
from hostile_answers import (
    IN_THE_WAY,
    NOT_AN_ANSWER,
    READABLE,
    REFUSALS,
    TEXTS,
    UNKNOWN_STATUSES,
    everywhere,
    job_answer,
    without_rests,
)
from hostile_dli import series
from new_process import forget_all
from sensor_runs import MODES, Ending, run_to_the_end

from dli_provider.api import errors

pytestmark = pytest.mark.usefixtures("quick")


GOES_ON: dict[str, dict[str, bytes]] = {
    "odd jobs": {
        name: answer.replace(b"job_running", b"job_pending")  # of the same length
        for name, answer in READABLE.items()
        if b"job_running" in answer
    },
    "unknown statuses": {name: job_answer(status) for name, status in UNKNOWN_STATUSES.items()},
    "no answers": IN_THE_WAY,
}


@pytest.mark.parametrize("mode", MODES)
class TestAWait:
    @pytest.mark.parametrize("kind", GOES_ON)
    def test_goes_on_through_all_of_it(self, hostile_dli, monkeypatch, caplog, mode, kind):
        hostile_dli.respond, left = series(
            job_answer("job_submitting"), *without_rests(GOES_ON[kind].values()), job_answer()
        )
        ending = self.wait(monkeypatch, mode, caplog)
        assert ending.kind == "success", ending.error
        assert len(left) == 1

    @pytest.mark.parametrize("odd", TEXTS)
    @pytest.mark.parametrize("last", ["job_running", "job_submit_fail"])
    def test_ends_well_or_badly_with_any_text(self, hostile_dli, monkeypatch, caplog, mode, odd, last):
        hostile_dli.respond, _ = series(
            job_answer("job_submitting"), job_answer(TEXTS[odd]), job_answer(last, **everywhere(TEXTS[odd]))
        )
        ending = self.wait(monkeypatch, mode, caplog)
        assert ending.kind == {"job_running": "success"}.get(last, "DliFlinkJobFailedError"), ending.error

    def test_times_out_with_any_text(self, hostile_dli, monkeypatch, caplog, mode):
        answers = itertools.cycle(job_answer(text, **everywhere(text)) for text in _short(TEXTS).values())
        hostile_dli.respond = lambda _: next(answers)
        ending = self.wait(monkeypatch, mode, caplog, timeout=1)
        assert ending.kind == "AirflowSensorTimeout", ending.error

    @pytest.mark.parametrize("kind", REFUSALS)
    def test_ends_with_a_refusal_of_any_shape(self, hostile_dli, monkeypatch, caplog, mode, kind):
        for odd, answer in REFUSALS[kind].items():
            forget_all()
            hostile_dli.respond, _ = series(job_answer("job_submitting"), answer)
            ending = self.wait(monkeypatch, mode, caplog)
            assert ending.kind == kind, (odd, ending.error)

    @pytest.mark.parametrize("odd", NOT_AN_ANSWER)
    def test_ends_or_goes_on_after_what_is_no_answer(self, hostile_dli, monkeypatch, caplog, mode, odd):
        hostile_dli.respond, _ = series(job_answer("job_submitting"), *[NOT_AN_ANSWER[odd]] * 5, job_answer())
        ending = self.wait(monkeypatch, mode, caplog)
        assert ending.kind == "success" or isinstance(ending.error, errors.DliError), ending.error

    def wait(
        self, monkeypatch: pytest.MonkeyPatch, mode: str, caplog: pytest.LogCaptureFixture, **arguments: Any
    ) -> Ending:
        with caplog.at_level(logging.DEBUG):
            ending = run_to_the_end(mode, monkeypatch, **{"poke_interval": 0.01, "timeout": 25, **arguments})
        check_lines(caplog.records)
        for value in (ending.value, ending.xcom, *ending.arguments, *ending.events):
            check_data(value)
        if ending.error:
            check_error(ending.error)
        return ending


def _short(texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if len(text) < 100_000}
