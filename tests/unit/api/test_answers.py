"""What an answer means, without a conversation."""

from __future__ import annotations

import json

import pytest

from dli_provider.api import errors
from dli_provider.api.answers import error_of
from dli_provider.api.messages import Response


def response(content: object, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        *({}, [], {"job_detail": {}}, {"is_success": "true"}, {"is_success": True}, {"is_success": None}),
        *([{"is_success": "true"}], [{"job_id": 1}], ["text"], {"error_code": None}, {"error_code": ""}),
        {"is_success": "true", "error_code": "0"},
    ],
)
def test_json_that_reports_no_failure_is_an_answer(content):
    assert error_of(response(content)) is None


def test_a_failure_that_is_sent_as_success_keeps_its_code():
    error = error_of(response({"error_code": "DLI.0999", "error_msg": "server error", "request_id": "r-1"}))
    assert type(error) is errors.DliServerError
    assert (error.status, error.code, error.message, error.request_id) == (
        *(200, "DLI.0999", "server error", "r-1"),
    )
    assert error.transient


def test_a_failure_of_one_of_a_batch_is_a_failure():
    content = [
        {"is_success": "true"},
        {"is_success": "false", "error_code": "DLI.16001", "error_msg": "gone"},
    ]
    assert type(error_of(response(content))) is errors.DliNotFoundError


@pytest.mark.parametrize("success", ["false", False, "FALSE"])
def test_no_success_without_a_code_may_pass(success):
    error = error_of(response({"is_success": success, "message": "The query failed."}))
    assert type(error) is errors.DliServerError
    assert error.transient
    assert str(error) == "HTTP 200: is_success is false: The query failed"


@pytest.mark.parametrize("status", [101, 301, 302, 304])
def test_a_redirect_may_pass(status):
    error = error_of(Response(status, {"location": "https://login.example.com/"}, b""))
    assert type(error) is errors.DliProtocolError
    assert error.transient


@pytest.mark.parametrize("body", [b"", b"<html>hotel</html>", b"OK", b'{"is_success": "tr', b"null", b"7"])
def test_what_is_not_dlis_may_pass(body):
    error = error_of(Response(200, {}, body))
    assert type(error) is errors.DliProtocolError
    assert error.transient


def test_a_body_is_parsed_once():
    answer = response({"a": 1})
    assert error_of(answer) is None
    assert answer.content is answer.content
