"""The exceptions: their family, their text, and that they survive the way to another process."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from airflow.exceptions import AirflowException  # type: ignore[attr-defined]

from dli_provider.api import errors
from dli_provider.api.errors import DliError, Outcome

API_ERRORS = [
    kind(429, "APIG.0308", "slower", "r-1", retry_after=7.0)
    for kind in (
        *(errors.DliApiError, errors.DliAuthError, errors.DliForbiddenError, errors.DliNotFoundError),
        *(errors.DliThrottledError, errors.DliServerError, errors.DliBadRequestError),
    )
]
ERRORS = [
    DliError("what happened"),
    errors.DliSettingsError("project_id is not set"),
    errors.DliConnectionError("No answer", transient=False),
    errors.DliConnectionError("No answer"),
    errors.DliProtocolError("not JSON", retry_after=3.0),
    errors.DliOutcomeUnknownError("No answer"),
    *API_ERRORS,
]

JOURNEYS = {
    "copy": copy.copy,
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),  # noqa: S301
    "JSON": lambda error: DliError.from_dict(json.loads(json.dumps(error.to_dict()))),
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
class TestEveryError:
    def test_is_of_the_family_and_none_of_airflows(self, error):
        assert isinstance(error, DliError)
        assert not isinstance(error, AirflowException)

    @pytest.mark.parametrize("journey", JOURNEYS)
    def test_survives_the_way_to_another_process(self, error, journey):
        error = copy.copy(error)
        error.context, error.diagnosis = "ShowFlinkJob of job 1", "The clock is off"
        error.outcome = Outcome.NOT_SENT
        arrived = JOURNEYS[journey](error)
        assert type(arrived) is type(error)
        assert str(arrived) == str(error)
        assert vars(arrived).items() >= vars(error).items()
        assert arrived.args == error.args
        assert arrived.outcome is Outcome.NOT_SENT

    def test_says_in_which_call_it_happened(self, error):
        error.context = "ShowFlinkJob of job 1"
        assert str(error).startswith("ShowFlinkJob of job 1: ")


def test_every_class_of_the_module_is_tried():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DliError)}
    assert {type(error) for error in ERRORS} == kinds


@pytest.mark.parametrize(
    "content",
    [
        *({}, {"type": "DliError"}, {"type": "ValueError", "message": "x"}, [], None, "DliError", 7),
        {**DliError("x").to_dict(), "type": ["DliError"]},
        {**DliError("x").to_dict(), "outcome": "perhaps"},
    ],
)
def test_what_describes_no_error_is_refused(content):
    with pytest.raises(ValueError, match="not the description of a DliError"):
        DliError.from_dict(content)


def test_what_passes():
    passing = {type(error).__name__ for error in ERRORS if error.transient}
    assert passing == {"DliConnectionError", "DliThrottledError", "DliServerError"}


def test_only_an_error_that_was_told_so_says_when_to_come_back():
    assert DliError("x").retry_after is None
    assert all(error.retry_after == 7 for error in API_ERRORS)


def test_the_text_has_all_that_is_known():
    error = errors.DliAuthError(401, "APIG.0307", "The token must be updated.", "r-1")
    error.diagnosis = "This machine's clock is 1200 s ahead of the server's"
    assert str(error) == (
        "HTTP 401 APIG.0307: The token must be updated (request id r-1). The token has expired or belongs to "
        "another region. This machine's clock is 1200 s ahead of the server's"
    )


def test_the_text_of_a_404_asks_for_the_endpoint():
    assert str(errors.DliBadRequestError(404, "404", "Not Found")) == (
        "HTTP 404: Not Found. There is nothing at that path: check the endpoint and the region, or "
        "iam_endpoint"
    )


def test_the_text_leaves_out_what_is_not_known():
    assert str(errors.DliBadRequestError(400, "X", "no")) == "HTTP 400 X: no"
