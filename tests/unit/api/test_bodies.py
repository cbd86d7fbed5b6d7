"""An error doesn't repeat the SQL, arguments and options that were sent."""

from __future__ import annotations

import json
import time

import pytest

from dli_provider.api import endpoints
from dli_provider.api.bodies import hide_echo
from dli_provider.api.errors import DliBadRequestError, DliError
from dli_provider.api.messages import Response
from dli_provider.api.retry import ONE_ATTEMPT

SQL = "CREATE TABLE orders (a INT)\n  WITH ('type' = 'x', 'k' = 'canary');\nINSERT INTO lake SELECT a FROM t"


def shown(text: str, **body: object) -> str:
    error = DliError(text)
    hide_echo(error, body)
    assert error.args == (error.message,)
    return error.message


def test_a_part_of_the_sql_is_masked_with_its_lines_folded_as_an_error_folds_them():
    echo = " ".join(SQL.split())
    assert (
        shown(f"Parameter sql_body is invalid: {echo[:60]}", sql_body=SQL)
        == "Parameter sql_body is invalid: ***"
    )
    assert shown(f"At line 2: {echo[30:]} (1)", sql_body=SQL) == "At line 2: *** (1)"


@pytest.mark.parametrize("text", ["Table orders was not found", "Unexpected 'SELECT a' at line 3, column 18"])
def test_the_word_where_it_is_wrong_stays(text):
    assert shown(text, sql_body=SQL) == text


@pytest.mark.parametrize(
    "field",
    ["sql_body", "entrypoint_args", "runtime_config", "flink_log_config", "operator_config", "new_config"],
)
def test_every_field_that_is_withheld_is_looked_for_even_when_it_is_short(field):
    assert shown("no: run canary.", **{field: "run canary"}) == "no: ***."


def test_other_fields_are_not():
    text = "The queue streaming-queue-of-etl does not exist"
    body = {
        "queue_name": "streaming-queue-of-etl",
        "resource_config": {"max_slot": 1},
        "entrypoint_args": "of",
    }
    assert shown(text, **body) == text
    assert shown(text) == text


def test_it_takes_little_time_for_the_longest_sql():
    started = time.process_time()
    shown("x" * 1000, sql_body="SELECT 'x' " * 95_000)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "DLI.0005"), (400, "DLI.0999"), (200, "DLI.0001")],
    ids=["refused", "lost", "200"],
)
def test_an_error_of_a_write_repeats_nothing_and_neither_does_its_cause(begin, status, code):
    call = endpoints.create_flink_sql_job("orders", sql_body=SQL)
    body = json.dumps({"error_code": code, "error_msg": f"Invalid: {SQL}"}).encode()
    error = begin(call, retry=ONE_ATTEMPT).reply(Response(status, {}, body)).error
    texts = [
        repr(one) + str(one) + repr(one.args) for one in (error, error.__cause__, error.__context__) if one
    ]
    assert "canary" not in "".join(texts)
    assert "Invalid: ***" in str(error)


def test_an_api_error_keeps_the_rest():
    error = DliBadRequestError(400, "DLI.0005", "Invalid: run canary", "r-1")
    hide_echo(error, {"entrypoint_args": "run canary"})
    assert error.args == (400, "DLI.0005", "Invalid: ***", "r-1")
    assert str(error) == "HTTP 400 DLI.0005: Invalid: *** (request id r-1)"
