"""Calls that change something: what became of one that failed, and that none is made twice."""

from __future__ import annotations

import json

import pytest

from dli_provider.api import errors
from dli_provider.api.endpoints import Call, object_of
from dli_provider.api.errors import DliProtocolError, Outcome
from dli_provider.api.messages import Response
from dli_provider.api.retry import ONE_ATTEMPT

NOT_SENT, REFUSED, UNKNOWN = Outcome.NOT_SENT, Outcome.REFUSED, Outcome.UNKNOWN


def created(content: object) -> int:
    job_id = object_of(content, key="job").get("job_id")
    if not isinstance(job_id, int):
        raise DliProtocolError("The answer has no job_id")
    return job_id


CREATE = Call(
    title="CreateJob",
    path="/streaming/made-up-jobs",
    read=created,
    method="POST",
    version="v9",
    body={"name": "作业"},
)
DONE = Response(200, {}, b'{"is_success": "true", "job": {"job_id": 7}}')


def unsent(text: str = "refused") -> errors.DliConnectionError:
    error = errors.DliConnectionError(f"No answer from https://dli.example.com: {text}")
    error.outcome = NOT_SENT
    return error


def lost() -> errors.DliConnectionError:
    error = errors.DliConnectionError("No answer from https://dli.example.com: connection reset")
    error.outcome = UNKNOWN
    return error


def response(status: int, content: object) -> Response:
    return Response(status, {}, content if isinstance(content, bytes) else json.dumps(content).encode())


def coded(status: int, code: str) -> Response:
    return response(status, {"error_code": code, "error_msg": "m"})


def test_a_write_is_sent_as_json_and_signed_on_a_connection_of_its_own(begin):
    talk = begin(CREATE)
    request = talk.sent.request
    assert (request.method, request.path.split("/")[1], request.path.split("/")[-1]) == (
        *("POST", "v9", "made-up-jobs"),
    )
    assert json.loads(request.body) == {"name": "作业"}
    assert talk.sent.headers["Content-Type"] == "application/json"
    assert "content-type" in talk.sent.headers["Authorization"]
    assert not request.idempotent
    assert talk.reply(DONE).result == 7


ANSWERS: dict[str, tuple[Response, Outcome]] = {
    "a code of DLI": (coded(400, "DLI.0001"), REFUSED),
    "a code of DLI in an array": (response(400, [{"error_code": "DLI.13024", "error_msg": "m"}]), REFUSED),
    "a code of the gateway": (coded(403, "APIG.0302"), REFUSED),
    "a wrong key": (coded(401, "APIG.0301"), REFUSED),
    "401 of a proxy": (response(401, b"<html>Unauthorized</html>"), REFUSED),
    "throttling": (coded(429, "APIG.0308"), REFUSED),
    "407": (response(407, b"<html>Proxy Authentication Required</html>"), NOT_SENT),
    "403 of a proxy": (response(403, b"<html>Forbidden</html>"), UNKNOWN),
    "404 of nobody": (response(404, b""), UNKNOWN),
    "400 that says no success": (response(400, {"is_success": "false", "message": "m"}), UNKNOWN),
    "408": (response(408, b""), UNKNOWN),
    "408 with a code": (coded(408, "APIG.0201"), UNKNOWN),
    "DLI itself failed": (coded(400, "DLI.0999"), UNKNOWN),
    "a task of DLI that timed out": (coded(400, "DLI.0019"), UNKNOWN),
    "500 with a code": (coded(500, "APIG.0601"), UNKNOWN),
    "502 of a proxy": (response(502, b"<html>Bad Gateway</html>"), UNKNOWN),
    "a redirect": (Response(302, {"location": "https://login.example.com"}, b""), UNKNOWN),
    "200 that is HTML": (response(200, b"<html>welcome</html>"), UNKNOWN),
    "200 that is empty": (response(200, b""), UNKNOWN),
    "200 that says no success": (response(200, {"is_success": "false", "message": "m"}), UNKNOWN),
    "200 with a code": (coded(200, "DLI.0001"), UNKNOWN),
    "200 without a job id": (response(200, {"is_success": "true", "job": {}}), UNKNOWN),
    "an array with an item that failed": (
        *(response(200, [{"is_success": "true"}, {"is_success": "false"}]), UNKNOWN),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_became_of_a_write_is_told_by_its_answer(begin, name):
    reply, outcome = ANSWERS[name]
    error = begin(CREATE, retry=ONE_ATTEMPT).reply(reply).error
    assert error.outcome is outcome
    assert isinstance(error, errors.DliOutcomeUnknownError) is (outcome is UNKNOWN)
    assert str(error).startswith("CreateJob at https://dli.cn-north-4.myhuaweicloud.com: ")


@pytest.mark.parametrize("name", [name for name, (_, outcome) in ANSWERS.items() if outcome is UNKNOWN])
def test_a_write_of_unknown_outcome_is_not_made_again(begin, name):
    talk = begin(CREATE).reply(ANSWERS[name][0])
    assert talk.over
    assert talk.waits == []
    assert not talk.error.transient
    assert "It may have been carried out all the same" in str(talk.error)
    assert isinstance(talk.error.__cause__, errors.DliError)


def test_a_write_whose_answer_was_lost_is_not_made_again(begin):
    talk = begin(CREATE).reply(lost())
    assert type(talk.error) is errors.DliOutcomeUnknownError
    assert len(talk.sends) == 1


def test_a_write_whose_driver_does_not_know_is_not_made_again(begin):
    talk = begin(CREATE).reply(errors.DliConnectionError("No answer"))
    assert type(talk.error) is errors.DliOutcomeUnknownError


@pytest.mark.parametrize("reply", [unsent(), coded(429, "APIG.0308")], ids=["not sent", "throttled"])
def test_a_write_that_was_surely_not_carried_out_is_made_again(begin, reply):
    talk = begin(CREATE).run(reply, reply, DONE)
    assert talk.result == 7
    assert len(talk.sends) == 3


def test_a_write_that_never_gets_through_was_not_sent(begin):
    talk = begin(CREATE).run(*[unsent() for _ in range(4)])
    assert type(talk.error) is errors.DliConnectionError
    assert talk.error.outcome is NOT_SENT
    assert talk.error.transient


def test_a_write_that_waits_for_a_project_that_iam_does_not_tell_was_not_sent(begin, answer):
    talk = begin(CREATE, project_id=None, retry=ONE_ATTEMPT).reply(answer.error(503, "APIG.0613"))
    assert type(talk.error) is errors.DliServerError
    assert talk.error.outcome is NOT_SENT


def test_a_write_without_a_token_was_not_sent(begin, password):
    talk = begin(CREATE, credential=password, retry=ONE_ATTEMPT).reply(lost())
    assert type(talk.error) is errors.DliConnectionError
    assert talk.error.outcome is NOT_SENT


def test_a_write_that_is_tried_again_after_a_stale_token_was_refused_when_there_is_no_other(
    begin, answer, password
):
    talk = begin(CREATE, credential=password, retry=ONE_ATTEMPT)
    talk.run(answer.token("t1"), answer.stale(), lost())
    assert talk.error.outcome is REFUSED


def test_a_write_is_made_again_with_a_new_token(begin, answer, password):
    talk = begin(CREATE, credential=password)
    talk.run(answer.token("t1"), answer.stale(), answer.token("t2"), DONE)
    assert talk.result == 7


def test_a_write_with_a_key_that_was_refused_before_was_not_sent(begin, answer):
    begin().reply(answer.refusal())
    talk = begin(CREATE)
    assert talk.sends == []
    assert talk.error.outcome is NOT_SENT


def test_a_read_has_no_outcome(begin, answer):
    for reply in (unsent(), lost(), answer.error(400, "DLI.0001"), response(502, b"")):
        assert begin(retry=ONE_ATTEMPT).reply(reply).error.outcome is None


def test_a_call_is_not_idempotent_unless_it_says_so():
    assert not Call(title="x", path="/x", read=created).idempotent
