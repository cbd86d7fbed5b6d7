"""The project's id: set, of the token, or looked up from IAM by the region's name."""

from __future__ import annotations

import pytest

from dli_provider.api import errors
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.shared import share_credential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.conversation import find_project
from dli_provider.api.messages import Response
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings

IAM = "https://iam.cn-north-4.myhuaweicloud.com"
BY_REGION = PasswordCredential("user", "p4ssw0rd", "account", IAM, project_name="cn-north-4")


def test_the_one_of_the_region_is_looked_up_and_used(begin, answer):
    talk = begin(project_id=None)
    assert talk.sent.request.url == f"{IAM}/v3/projects?name=cn-north-4"
    assert "X-Project-Id" not in talk.sent.headers
    assert "Authorization" in talk.sent.headers
    talk.reply(answer.projects("p1"))
    assert talk.sent.request.path == "/v1.0/p1/streaming/jobs/104"
    assert talk.sent.headers["X-Project-Id"] == "p1"
    assert talk.reply(answer.job()).result


def test_it_is_looked_up_once_per_region_and_iam(begin, answer):
    begin(project_id=None).run(answer.projects("p1"), answer.job())
    assert begin(project_id=None).sent.request.path.startswith("/v1.0/p1/")
    assert begin(project_id=None, region="eu-de").sent.request.query == (("name", "eu-de"),)
    assert begin(project_id=None, iam_endpoint="https://iam.example.com").sent.request.host == (
        "iam.example.com"
    )
    other_key = begin(project_id=None, credential=AkSkCredential("other", "SK"))
    assert other_key.sent.request.path == "/v3/projects"


def test_one_that_is_set_is_not_looked_up(begin):
    assert begin(project_id="own").sent.request.path.startswith("/v1.0/own/")


def test_none_of_the_region_is_an_error(begin, answer):
    talk = begin(project_id=None).reply(answer.projects())
    assert isinstance(talk.error, errors.DliSettingsError)
    assert str(talk.error) == (
        f"Looking up the project of region cn-north-4 at {IAM}: IAM knows no project of the name "
        "'cn-north-4'. Set project_id in the connection's extra"
    )


def test_several_of_the_region_are_an_error_that_lists_them(begin, answer):
    talk = begin(project_id=None).reply(answer.projects("p1", "p2"))
    assert isinstance(talk.error, errors.DliSettingsError)
    assert "IAM knows 2 projects: p1, p2 of the name 'cn-north-4'" in str(talk.error)


@pytest.mark.parametrize("missing", ["region", "iam_endpoint"])
def test_without_a_region_or_iam_no_call_is_made(begin, missing):
    talk = begin(project_id=None, **{missing: None})
    assert isinstance(talk.error, errors.DliSettingsError)
    assert talk.sends == []


ODD = {
    "no list": {"projects": {"id": "p1"}},
    "nothing": {},
    "a list of texts": {"projects": ["p1"]},
    "a list of nothing": {"projects": [None]},
    "a path as id": {"projects": [{"id": "../../v3"}]},
    "no id": {"projects": [{"name": "cn-north-4"}]},
    "an empty id": {"projects": [{"id": ""}]},
    "an object as id": {"projects": [{"id": {"a": 1}}]},
    "a list": [],
    "a text": "p1",
}


@pytest.mark.parametrize("content", ODD)
def test_an_odd_answer_of_iam_is_an_error(begin, answer, content):
    talk = begin(project_id=None, retry=ONE_ATTEMPT).reply(answer.json(ODD[content]))
    assert type(talk.error) is errors.DliProtocolError
    assert "Looking up the project" in str(talk.error)


def test_iam_that_fails_for_a_while_is_asked_again(begin, answer):
    talk = begin(project_id=None)
    talk.run(answer.error(503, "APIG.0613"), answer.projects("p1"), answer.job())
    assert [step.request.path for step in talk.sends] == [
        "/v3/projects",
        "/v3/projects",
        "/v1.0/p1/streaming/jobs/104",
    ]
    assert talk.result


@pytest.mark.parametrize("seen", [False, True], ids=["key not yet accepted", "key accepted"])
def test_it_is_looked_up_once_for_a_hundred_conversations(begin, answer, all_at_once, seen):
    if seen:
        begin().reply(answer.job())
    talks = [begin(project_id=None) for _ in range(100)]
    all_at_once(
        talks, lambda step: answer.projects("p1") if step.request.path == "/v3/projects" else answer.job()
    )
    assert all(talk.result for talk in talks)
    assert sum(step.request.path == "/v3/projects" for talk in talks for step in talk.sends) == 1


@pytest.mark.parametrize("seen", [False, True], ids=["key not yet accepted", "key accepted"])
def test_iam_out_of_reach_is_tried_by_one_for_all(begin, answer, all_at_once, seen):
    if seen:
        begin().reply(answer.job())
    talks = [begin(project_id=None, retry=ONE_ATTEMPT) for _ in range(100)]
    all_at_once(talks, lambda _: answer.error(503, "APIG.0613"))
    assert sum(len(talk.sends) for talk in talks) == 1
    assert all("Looking up the project of region cn-north-4" in str(talk.error) for talk in talks)


def test_an_iam_that_is_not_there_is_no_missing_job(begin):
    talk = begin(project_id=None, retry=ONE_ATTEMPT).reply(Response(404, {}, b"<html>404 Not Found</html>"))
    assert type(talk.error) is errors.DliProtocolError
    assert str(talk.error).startswith(f"Looking up the project of region cn-north-4 at {IAM}: HTTP 404 ")
    assert "iam_endpoint" in str(talk.error)


def test_a_look_up_that_is_forbidden_says_how_to_do_without(begin, answer):
    talk = begin(project_id=None).reply(answer.error(403, "IAM.0003"))
    assert isinstance(talk.error, errors.DliForbiddenError)
    assert str(talk.error).endswith("With project_id set in the connection's extra, no look-up is needed")


def test_iam_that_refuses_the_key_is_not_asked_again(begin, answer):
    assert isinstance(begin(project_id=None).reply(answer.refusal()).error, errors.DliAuthError)
    assert begin(project_id=None).sends == []


def test_a_token_brings_its_project(begin, answer):
    talk = begin(project_id=None, credential=BY_REGION).run(answer.token("t1"))
    assert talk.sent.request.path == "/v1.0/330e068af1334c9782f4226acc00a2e2/streaming/jobs/104"


def test_a_token_without_a_project_looks_it_up(begin, answer):
    talk = begin(project_id=None, credential=BY_REGION)
    talk.run(answer.token("t1", project=None), answer.projects("p2"), answer.job())
    assert talk.sends[1].headers["X-Auth-Token"] == "t1"
    assert talk.sends[2].request.path == "/v1.0/p2/streaming/jobs/104"
    assert talk.result


def test_a_token_that_ends_meanwhile_and_can_not_be_renewed_is_told_as_that(begin, answer):
    talk = begin(project_id=None, credential=BY_REGION)
    talk.run(answer.token("t1", project=None), answer.stale(), answer.error(401, "IAM.0001"))
    assert str(talk.error).startswith(f"Asking {IAM} for a token: ")


@pytest.mark.parametrize("id_", ["../..", "a/b", "", 7, ["p1"], "x" * 65])
def test_a_token_with_an_odd_project_is_an_error(begin, answer, id_):
    talk = begin(project_id=None, credential=BY_REGION).run(answer.token("t1", project={"id": id_}))
    assert type(talk.error) is errors.DliProtocolError


def test_it_can_be_looked_up_for_its_own_sake(by_hand, answer):
    credential = AkSkCredential("AK", "SK")
    settings = DliSettings(
        endpoint="https://dli.example.com", credential=credential, region="eu-de", iam_endpoint=IAM
    )
    talk = by_hand(find_project(settings, share_credential(credential)))
    assert talk.reply(answer.projects("p1")).result == "p1"
