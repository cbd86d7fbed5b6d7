"""What the conversations of a process share: an access key is never locked, a token never fetched twice."""

from __future__ import annotations

import pytest

from dli_provider.api import errors, sharing
from dli_provider.api.credentials import AgencyCredential, AkSkCredential
from dli_provider.api.messages import Response, Send, Wait

HUNDRED = 100


class TestAKeyNobodyHasSeenAccepted:
    @pytest.mark.parametrize("project_id", ["p1", None], ids=["project set", "project looked up"])
    def test_a_wrong_one_is_tried_once_by_a_hundred_conversations(
        self, begin, answer, all_at_once, project_id
    ):
        talks = [begin(project_id=project_id) for _ in range(HUNDRED)]
        all_at_once(talks, lambda _: answer.refusal())
        assert sum(len(talk.sends) for talk in talks) == 1
        assert {type(talk.error) for talk in talks} == {errors.DliAuthError}
        assert sum("No call was made" in str(talk.error) for talk in talks) == HUNDRED - 1

    def test_a_right_one_goes_alone_once_and_then_together(self, begin, answer, all_at_once):
        talks = [begin() for _ in range(HUNDRED)]
        assert sum(isinstance(talk.step, Send) for talk in talks) == 1
        assert all_at_once(talks, lambda _: answer.job()) == HUNDRED - 1
        assert all(talk.result.job_id == 104 for talk in talks)

    def test_as_long_as_no_answer_tells_one_goes_at_a_time(self, begin, answer, all_at_once):
        outcomes = iter([answer.error(503, "APIG.0202")] * 30)
        talks = [begin() for _ in range(10)]
        most = all_at_once(talks, lambda _: next(outcomes, answer.refusal()))
        assert most == 1
        assert sum(len(talk.sends) for talk in talks) == 31

    @pytest.mark.parametrize(
        "telling", [(400, "DLI.16001"), (400, "DLI.0001"), (403, "APIG.0302"), (404, "DLI.0023")]
    )
    def test_an_error_of_dli_itself_shows_that_it_is_accepted(self, begin, answer, telling):
        first, *others = [begin() for _ in range(5)]
        first.reply(answer.error(*telling))
        for one in others:
            one.reply()
        assert all(isinstance(one.step, Send) for one in others)

    @pytest.mark.parametrize("silent", [(502, "APIG.0201"), (429, "APIG.0308")])
    def test_an_error_of_the_gateway_shows_nothing(self, begin, answer, silent):
        first, second, third = (begin() for _ in range(3))
        first.reply(answer.error(*silent))
        assert isinstance(second.reply().step, Send)
        assert isinstance(third.reply().step, Wait)

    def test_a_conversation_that_is_given_up_lets_the_next_one_go(self, begin, answer):
        first, second = begin(), begin()
        assert isinstance(second.step, Wait)
        first.close()
        assert second.run(answer.job()).result.job_id == 104

    def test_a_conversation_that_is_given_up_while_it_waits_leaves_the_others_in_peace(self, begin, answer):
        first, second, third = begin(), begin(), begin()
        second.close()
        assert isinstance(third.reply().step, Wait)
        assert first.reply(answer.job()).result
        assert third.run(answer.job()).result

    def test_an_error_of_the_driver_lets_the_next_one_go(self, begin, answer):
        first, second = begin(), begin()
        with pytest.raises(TypeError):
            first.reply(None)
        assert second.run(answer.job()).result


class TestARefusal:
    def test_is_remembered_for_five_minutes(self, begin, answer, clock):
        first = begin().reply(answer.refusal())
        for age in (0, 100, 299):
            clock.now = 1_700_000_000.0 + age
            talk = begin()
            assert talk.sends == []
            assert (type(talk.error), talk.error.code) == (errors.DliAuthError, "APIG.0301")
            assert f"refused {age} s ago, and isn't tried again for {300 - age} s" in str(talk.error)
            assert not talk.error.transient
        clock.now = 1_700_000_000.0 + 300
        assert begin().run(answer.job()).result
        assert "No call was made" not in str(first.error)

    def test_keeps_what_was_found_of_its_cause(self, begin, answer):
        begin().reply(answer.refusal(date="Tue, 14 Nov 2023 21:13:20 GMT"))
        assert "clock is 3600 s ahead of the server's" in str(begin().error)

    def test_is_tried_by_one_alone_when_it_is_old(self, begin, answer, clock, all_at_once):
        begin().reply(answer.refusal())
        clock.advance(301)
        talks = [begin() for _ in range(HUNDRED)]
        all_at_once(talks, lambda _: answer.refusal())
        assert sum(len(talk.sends) for talk in talks) == 1

    def test_takes_back_the_trust_of_a_key_that_was_accepted(self, begin, answer, clock):
        begin().reply(answer.job())
        begin().reply(answer.refusal())
        assert begin().sends == []
        clock.advance(301)
        first, second = begin(), begin()
        assert isinstance(first.step, Send)
        assert isinstance(second.step, Wait)

    @pytest.mark.parametrize(
        "code",
        ["APIG.0301", "APIG.0303", "APIG.0305", "APIG.0307", "APIGW.0301", "DLI.0013", "DLI.0014", "401"],
    )
    def test_has_many_codes(self, begin, answer, code):
        begin().reply(answer.error(401, code))
        assert begin().sends == []

    def test_concerns_one_credential_and_no_other(self, begin, answer):
        begin().reply(answer.refusal())
        for other in (
            AkSkCredential("AK", "another"),
            AkSkCredential("another", "SK"),
            AkSkCredential("AK", "SK", "token"),
            AgencyCredential(),
        ):
            assert isinstance(begin(credential=other).step, Send)

    def test_concerns_every_region_and_project(self, begin, answer):
        begin().reply(answer.refusal())
        assert begin(endpoint="https://dli.eu-de.example.com", project_id="other").sends == []

    def test_of_a_password_is_remembered_too(self, begin, answer, password):
        wrong = answer.json({"error": {"code": 401, "message": "The username or password is wrong."}}, 401)
        assert isinstance(begin(credential=password).reply(wrong).error, errors.DliAuthError)
        talk = begin(credential=password)
        assert talk.sends == []
        assert "No call was made" in str(talk.error)


class TestAToken:
    """The token of these tests is valid for a day, and renewed half an hour before it ends."""

    DAY = 24 * 3600

    @pytest.fixture
    def server(self, answer):
        """An IAM and a DLI that count what they are asked for, and know which tokens are good."""

        class Server:
            def __init__(self) -> None:
                self.issued: list[str] = []
                self.good: set[str] = set()
                self.iam: Response | None = None

            def __call__(self, step: Send) -> Response:
                if step.request.path == "/v3/auth/tokens":
                    if self.iam:
                        return self.iam
                    self.issued.append(f"t{len(self.issued) + 1}")
                    self.good = {self.issued[-1]}
                    return answer.token(self.issued[-1])
                return answer.job() if step.headers["X-Auth-Token"] in self.good else answer.stale()

        return Server()

    def test_is_fetched_once_for_a_hundred_conversations(self, begin, password, server, all_at_once):
        talks = [begin(credential=password) for _ in range(HUNDRED)]
        assert all_at_once(talks, server) == HUNDRED
        assert server.issued == ["t1"]
        assert all(talk.result for talk in talks)

    def test_that_is_stale_is_renewed_once_for_a_hundred_conversations(
        self, begin, password, server, all_at_once
    ):
        all_at_once([begin(credential=password)], server)
        server.good = set()
        talks = [begin(credential=password) for _ in range(HUNDRED)]
        assert all_at_once(talks, server) == HUNDRED
        assert server.issued == ["t1", "t2"]
        assert all(talk.result for talk in talks)

    def test_that_is_refused_anew_is_not_renewed_again(self, begin, answer, password, server, all_at_once):
        talk = begin(credential=password)
        talk.run(answer.token("t1"), answer.stale(), answer.token("t2"), answer.stale())
        assert isinstance(talk.error, errors.DliAuthError)
        assert begin(credential=password).sends == []

    def test_is_renewed_half_an_hour_ahead_of_its_end(self, begin, password, server, all_at_once, clock):
        all_at_once([begin(credential=password)], server)
        clock.advance(self.DAY - 1801)
        all_at_once([begin(credential=password)], server)
        assert server.issued == ["t1"]
        clock.advance(2)
        talks = [begin(credential=password) for _ in range(HUNDRED)]
        all_at_once(talks, server)
        assert server.issued == ["t1", "t2"]
        assert all(talk.result for talk in talks)

    def test_still_serves_when_its_renewal_fails_for_a_passing_reason(
        self, begin, answer, password, server, all_at_once, clock
    ):
        all_at_once([begin(credential=password)], server)
        server.iam = answer.error(503, "APIG.0613")
        clock.advance(self.DAY - 1799)
        talk, soon = begin(credential=password), []
        all_at_once([talk], server)
        assert talk.result
        assert talk.sends[0].request.path == "/v3/auth/tokens"
        for _ in range(3):
            soon.append(begin(credential=password))
            all_at_once(soon, server)
            clock.advance(9)
        assert all(len(talk.sends) == 1 for talk in soon)
        clock.advance(9)
        later = begin(credential=password)
        all_at_once([later], server)
        assert len(later.sends) == 2
        assert later.result

    def test_does_not_serve_beyond_its_end(self, begin, answer, password, server, all_at_once, clock):
        all_at_once([begin(credential=password)], server)
        server.iam = answer.error(503, "APIG.0613")
        clock.advance(self.DAY + 1)
        talk = begin(credential=password)
        all_at_once([talk], server)
        assert isinstance(talk.error, errors.DliServerError)
        assert {step.request.path for step in talk.sends} == {"/v3/auth/tokens"}
        assert len(talk.waits) == 3

    def test_whose_renewal_is_refused_serves_no_more(
        self, begin, answer, password, server, all_at_once, clock
    ):
        all_at_once([begin(credential=password)], server)
        server.iam = answer.error(401, "IAM.0001")
        clock.advance(self.DAY - 1799)
        talk = begin(credential=password)
        all_at_once([talk], server)
        assert isinstance(talk.error, errors.DliAuthError)
        assert begin(credential=password).sends == []

    def test_is_fetched_by_the_next_one_when_the_first_is_given_up(self, begin, answer, password):
        first, second = begin(credential=password), begin(credential=password)
        assert isinstance(second.step, Wait)
        first.close()
        assert second.run(answer.token("t1"), answer.job()).result

    def test_that_is_short_lived_is_renewed_late_enough_to_be_used(self, begin, answer, password, clock):
        quick = answer.token("t1", expires_at="2023-11-14T22:23:20Z")
        assert begin(credential=password).run(quick, answer.job()).result
        clock.advance(500)
        assert len(begin(credential=password).run(answer.job()).sends) == 1


class TestTheRegister:
    def test_knows_equal_credentials_as_one(self):
        assert sharing.shared(AkSkCredential("AK", "SK")) is sharing.shared(AkSkCredential("AK", "SK"))

    def test_forgets_the_oldest_of_many(self):
        first = sharing.shared(AkSkCredential("AK", "0"))
        for number in range(1, 256):
            sharing.shared(AkSkCredential("AK", str(number)))
        assert sharing.shared(AkSkCredential("AK", "0")) is first
        sharing.shared(AkSkCredential("AK", "256"))
        assert sharing.shared(AkSkCredential("AK", "0")) is not first

    def test_forgets_all_like_a_new_process(self, begin, answer):
        begin().reply(answer.refusal())
        sharing.forget_all()
        assert begin().run(answer.job()).result
