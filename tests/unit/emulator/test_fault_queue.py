"""Which requests a fault affects, and which faults are refused."""

from __future__ import annotations

import pytest

from dli_provider.emulator import DliEmulator, faults
from dli_provider.emulator.http.fault_queue import FaultQueue, Injected


@pytest.fixture
def queue() -> FaultQueue:
    return FaultQueue(["show", "list"])


A, B = faults.Throttle(), faults.ServerError()


def met(queue: FaultQueue, operations: str) -> str:
    """Tell which fault a row of requests meets, ``s`` for show and ``l`` for list; ``.`` for none."""
    names = {A: "A", B: "B", None: "."}
    found = [queue.next_for({"s": "show", "l": "list"}[letter]) for letter in operations]
    return "".join(names[injected.fault if injected else None] for injected in found)


def add(queue, fault, *, times=1, only=None, after=0) -> None:
    queue.add(Injected(fault, times, only, after, "before"))


def test_one_request_unless_more_are_named(queue):
    add(queue, A)
    assert met(queue, "ss") == "A."
    add(queue, A, times=2)
    assert met(queue, "sls") == "AA."


def test_all_requests_until_they_are_cleared(queue):
    add(queue, A, times=None)
    assert met(queue, "slslsl") == "AAAAAA"
    queue.clear()
    assert met(queue, "ss") == ".."


def test_the_requests_of_one_operation(queue):
    add(queue, A, only="list", times=2)
    assert met(queue, "slsll") == ".A.A."


def test_one_fault_after_another(queue):
    add(queue, A, times=2)
    add(queue, B)
    assert met(queue, "ssss") == "AAB."


def test_requests_after_some_that_are_answered(queue):
    add(queue, A, after=2, times=2)
    assert met(queue, "sssss") == "..AA."


def test_only_requests_of_the_operation_count_before_it_begins(queue):
    add(queue, A, only="show", after=2)
    assert met(queue, "llslssl") == ".....A."


def test_requests_that_another_fault_affects_count_too(queue):
    add(queue, A, times=2)
    add(queue, B, after=3, times=None)
    assert met(queue, "ssssss") == "AA.BBB"


@pytest.mark.parametrize(
    ("fault", "arguments", "message"),
    [
        (faults.Throttle, {}, r"fault must be an instance, Throttle\(...\) with brackets, and not"),
        (None, {}, "fault must be one of dli_provider.emulator.faults, and not None"),
        ("Throttle", {}, "fault must be one of dli_provider.emulator.faults, and not 'Throttle'"),
        (A, {"times": 0}, "times must be a whole number of 1 or more, and not 0"),
        (A, {"times": -1}, "times must be .* not -1"),
        (A, {"times": 1.5}, "times must be .* not 1.5"),
        (A, {"times": "2"}, "times must be .* not '2'"),
        (A, {"times": True}, "times must be .* not True"),
        (A, {"after": -1}, "after must be a whole number of 0 or more, and not -1"),
        (A, {"after": None}, "after must be .* not None"),
        (A, {"when": "during"}, "when must be 'before' or 'after', and not 'during'"),
        (A, {"only": "unknown"}, "only 'unknown' is no operation: there are show, list, execution_graph"),
        (A, {"only": ["show"]}, r"only \['show'\] is no operation"),
        (faults.RateLimit(1), {}, "RateLimit counts the requests itself: inject it with times=None"),
    ],
)
def test_wrong_arguments_are_refused_at_once(fault, arguments, message):
    dli = DliEmulator()
    with pytest.raises(ValueError, match=message):
        dli.inject(fault, **arguments)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: faults.ServerError(status=99999),
            "status must be a whole number from 400 to 599, and not 99999",
        ),
        (lambda: faults.ServerError("503"), "status must be .* not '503'"),
        (lambda: faults.Answer(100), "status must be a whole number from 200 to 599"),
        (lambda: faults.Answer(200, {"a": 1}), r"body must be bytes or text, and not \{'a': 1\}"),
        (lambda: faults.Answer(headers=(("X-A", "a\r\nb"),)), "header X-A must be text on one line"),
        (
            lambda: faults.Answer(headers=((5, "a"),)),
            "the name of a header must be text on one line, and not 5",
        ),
        (lambda: faults.Throttle(-1), "retry_after must be a number of seconds from 0"),
        (lambda: faults.Throttle("1\n2"), "retry_after must be text on one line"),
        (lambda: faults.RateLimit(0), "calls must be a whole number of 1 or more, and not 0"),
        (lambda: faults.RateLimit(1, 0), "seconds must be a number of seconds from 0.001"),
        (lambda: faults.RateLimit(1, 1, []), r"retry_after must be .* not \[\]"),
        (lambda: faults.Slow(-1), "seconds must be a number of seconds from 0 to"),
        (lambda: faults.Dribble("1"), "interval must be a number of seconds"),
        (lambda: faults.Huge(0), "size must be a whole number of 1 or more"),
        (lambda: faults.GzipBomb(-5), "megabytes must be a whole number of 1 or more"),
    ],
)
def test_a_fault_with_wrong_values_is_refused_when_it_is_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()
