"""What the conversations of a process share: an access key is never locked, a token never fetched twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import ClassVar

import pytest
from new_process import forget_all

from dli_provider.api import errors
from dli_provider.api.auth import shared
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.lease import Lease
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.endpoints import show_flink_job
from dli_provider.api.messages import Response, Send, Sleep
from dli_provider.api.retry import ONE_ATTEMPT

HUNDRED = 100
IAM = "https://iam.cn-north-4.myhuaweicloud.com"


def out_of_reach() -> errors.DliConnectionError:
    return errors.DliConnectionError("No answer: timed out")


def json_response(status, content) -> Response:
    return Response(status, {}, json.dumps(content).encode())


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

    def test_a_right_one_goes_alone_once_and_then_by_four(self, begin, answer, all_at_once):
        talks = [begin() for _ in range(HUNDRED)]
        assert sum(isinstance(talk.step, Send) for talk in talks) == 1
        assert all_at_once(talks, lambda _: answer.job()) == 4
        assert all(talk.result.job_id == 104 for talk in talks)

    @pytest.mark.parametrize(
        "telling",
        [
            *((400, "DLI.16001"), (400, "DLI.0001"), (400, "DLI.0999"), (403, "DLI.0016"), (404, "DLI.0023")),
            *((403, "IAM.0002"), (400, "IAM.1105"), (403, "APIG.0302"), (403, "APIG.0304")),
            *((403, "APIG.0306"), (403, "APIGW.0310"), (403, "APIG.0801"), (403, "APIGW.0802")),
        ],
    )
    def test_an_error_that_follows_authentication_shows_that_it_is_accepted(self, begin, answer, telling):
        first, *others = [begin() for _ in range(4)]
        first.reply(answer.error(*telling))
        for one in others:
            one.reply()
        assert all(isinstance(one.step, Send) for one in others)

    def test_an_answer_that_says_no_success_shows_it_too(self, begin, answer):
        first, *others = [begin() for _ in range(4)]
        first.reply(answer.json({"is_success": "false", "message": "The query failed."}))
        for one in others:
            one.reply()
        assert all(isinstance(one.step, Send) for one in others)

    OF_OTHERS: ClassVar = {
        "a proxy's 403": Response(403, {}, b"<html><h1>Forbidden by policy</h1></html>"),
        "a proxy's 407": Response(407, {}, b"<html>Proxy Authentication Required</html>"),
        "nginx's 404": Response(404, {}, b"<html><h1>404 Not Found</h1></html>"),
        "a captive portal": Response(200, {}, b"<html>welcome to our hotel</html>"),
        "a portal's list": Response(200, {}, b"[]"),
        "a redirect": Response(302, {"location": "https://login.example.com/"}, b"{}"),
        "a refused address": json_response(403, {"error_code": "APIG.0401", "error_msg": "m"}),
        "an unknown API": json_response(404, {"error_code": "APIG.0101", "error_msg": "m"}),
        "a blocked backend": json_response(403, {"error_code": "APIGW.0404", "error_msg": "m"}),
        "a request too large": json_response(413, {"error_code": "APIG.0201", "error_msg": "m"}),
        "a 403 without a service's code": json_response(403, {"error": {"code": 403, "message": "m"}}),
    }

    @pytest.mark.parametrize("other", OF_OTHERS)
    def test_an_answer_that_is_not_known_to_follow_authentication_shows_nothing(
        self, begin, answer, all_at_once, other
    ):
        assert begin(retry=ONE_ATTEMPT).reply(self.OF_OTHERS[other]).error
        talks = [begin() for _ in range(20)]
        all_at_once(talks, lambda _: answer.refusal())
        assert sum(len(talk.sends) for talk in talks) == 1

    @pytest.mark.parametrize("silent", [(502, "APIG.0201"), (429, "APIG.0308"), (503, "APIG.0613")])
    def test_a_failure_of_the_gateway_shows_nothing(self, begin, answer, all_at_once, silent):
        assert begin(retry=ONE_ATTEMPT).reply(answer.error(*silent)).error
        talks = [begin() for _ in range(20)]
        all_at_once(talks, lambda _: answer.refusal())
        assert sum(len(talk.sends) for talk in talks) == 1

    def test_a_conversation_that_is_given_up_lets_the_next_one_go(self, begin, answer):
        first, second = begin(), begin()
        assert isinstance(second.step, Sleep)
        first.close()
        assert second.run(answer.job()).result.job_id == 104

    def test_a_conversation_that_is_given_up_while_it_waits_leaves_the_others_in_peace(self, begin, answer):
        first, second, third = begin(), begin(), begin()
        second.close()
        assert isinstance(third.reply().step, Sleep)
        assert first.reply(answer.job()).result
        assert third.run(answer.job()).result

    def test_an_error_of_the_driver_lets_the_next_one_go(self, begin, answer):
        first, second = begin(), begin()
        with pytest.raises(TypeError):
            first.reply(None)
        assert second.run(answer.job()).result


class TestAnOutageBeforeAKeyWasAccepted:
    """A call of these tests takes two seconds until it fails."""

    @pytest.fixture
    def outage(self):
        """Let conversations run, each at its own time; the answer is when the last of them ended."""

        def run(talks) -> float:
            now, turns = 0.0, [(0.0, number) for number in range(len(talks))]
            while turns:
                now, number = heappop(turns)
                talk = talks[number]
                talk.reply(out_of_reach() if isinstance(talk.step, Send) else None)
                if talk.step:
                    lasts = talk.step.seconds if isinstance(talk.step, Sleep) else 2.0
                    heappush(turns, (now + lasts, number))
            return now

        return run

    def test_fails_all_that_waited_with_the_one_that_went(self, begin):
        first, *others = [begin(show_flink_job(number), retry=ONE_ATTEMPT) for number in range(1, HUNDRED)]
        first.reply(out_of_reach())
        for number, one in enumerate(others, 2):
            one.reply()
            assert (type(one.error), one.sends) == (errors.DliConnectionError, [])
            assert str(one.error).startswith(f"ShowFlinkJob of job {number} at ")
            assert str(one.error).endswith(": No answer: timed out")

    def test_is_over_for_a_hundred_as_soon_as_for_one(self, begin, outage):
        alone = outage([begin(credential=AkSkCredential("other", "SK"))])
        talks = [begin() for _ in range(HUNDRED)]
        assert outage(talks) < alone + 8
        assert all(talk.error.transient for talk in talks)

    def test_is_borne_by_those_that_try_again(self, begin, answer):
        first, second = begin(), begin()
        first.reply(answer.error(429, "APIG.0308", retry_after="7"))
        second.reply()
        assert second.sends == []
        assert second.waits[-1] >= 7
        assert second.reply().reply(answer.job()).result
        assert first.reply().reply(answer.job()).result

    def test_is_not_shared_by_calls_of_another_endpoint(self, begin, answer):
        first = begin(endpoint="https://dli.eu-de.example.com", retry=ONE_ATTEMPT)
        other = begin(retry=ONE_ATTEMPT)
        first.reply(out_of_reach())
        assert other.run(answer.job()).result

    def test_is_not_shared_when_the_key_was_accepted_meanwhile(self, begin, answer):
        first, late = begin(retry=ONE_ATTEMPT), begin()
        first.reply(out_of_reach())
        begin().reply(answer.job())
        assert late.run(answer.job()).result

    def test_that_does_not_pass_concerns_the_one_that_went(self, begin, answer):
        first, second = begin(), begin()
        first.reply(errors.DliConnectionError("The certificate is not trusted", transient=False))
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

    def test_is_told_to_each_call_as_its_own(self, begin, answer):
        begin(show_flink_job(1)).reply(answer.refusal())
        assert str(begin(show_flink_job(2)).error).startswith("ShowFlinkJob of job 2 at ")

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
        assert isinstance(second.step, Sleep)

    def test_is_not_made_up_for_by_an_answer_that_was_on_its_way(self, begin, answer, clock):
        begin().reply(answer.job())
        late, refused = begin(), begin()
        refused.reply(answer.refusal())
        assert late.reply(answer.job()).result
        clock.advance(301)
        first, second = begin(), begin()
        assert isinstance(first.step, Send)
        assert isinstance(second.step, Sleep)

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
            AkSkCredential("third", "SK"),
            AkSkCredential("another", "SK"),
            AgencyCredential(),
        ):
            assert isinstance(begin(credential=other).step, Send)

    def test_concerns_every_region_and_project(self, begin, answer):
        begin().reply(answer.refusal())
        talk = begin(endpoint="https://dli.eu-de.example.com", project_id="other")
        assert talk.sends == []
        assert "refused at https://dli.cn-north-4.myhuaweicloud.com 0 s ago" in str(talk.error)

    def test_does_not_concern_another_endpoint_that_accepted_the_key(self, begin, answer):
        elsewhere = "https://dli.eu-de.example.com"
        begin(endpoint=elsewhere).run(answer.job())
        begin().reply(answer.refusal())
        assert begin(endpoint=elsewhere).run(answer.job()).result
        assert begin().sends == []

    def test_of_a_password_is_remembered_too(self, begin, answer, password):
        wrong = answer.login_refusal()
        assert isinstance(begin(credential=password).reply(wrong).error, errors.DliAuthError)
        talk = begin(credential=password)
        assert talk.sends == []
        assert "No call was made" in str(talk.error)

    OF_A_LOGIN: ClassVar = {
        "wrong": (401, errors.DliAuthError),
        "locked or forbidden": (403, errors.DliForbiddenError),
        "not understood": (400, errors.DliBadRequestError),
        "nowhere": (404, errors.DliBadRequestError),
    }

    @pytest.mark.parametrize("what", OF_A_LOGIN)
    def test_of_a_login_has_many_shapes(self, begin, password, all_at_once, clock, what):
        status, kind = self.OF_A_LOGIN[what]
        no = json_response(status, {"error": {"code": status, "message": "no", "title": "No"}})
        talks = [begin(credential=password) for _ in range(20)]
        all_at_once(talks, lambda _: no)
        talks.append(begin(credential=password))
        assert sum(len(talk.sends) for talk in talks) == 1
        assert {type(talk.error) for talk in talks} == {kind}
        assert sum("No call was made" in str(talk.error) for talk in talks) == 20
        clock.advance(300)
        assert len(begin(credential=password).sends) == 1

    def test_of_a_login_says_who_refused_it(self, begin, answer, password):
        said = "Asking https://iam.cn-north-4.myhuaweicloud.com for a token: HTTP 403: no"
        no = json_response(403, {"error": {"code": 403, "message": "no", "title": "Forbidden"}})
        first = begin(credential=password).reply(no)
        assert str(first.error) == said
        assert str(begin(credential=password).error).startswith(f"{said}. No call was made")

    def test_of_a_login_is_not_a_failure_that_passes(self, begin, answer, password):
        first, second = (begin(credential=password, retry=ONE_ATTEMPT) for _ in range(2))
        first.reply(answer.error(503, "APIG.0613"))
        second.reply()
        assert (type(second.error), second.sends) == (errors.DliServerError, [])
        assert begin(credential=password).run(answer.token("t1"), answer.job()).result


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
            clock.advance(19)
        assert all(len(talk.sends) == 1 for talk in soon)
        clock.advance(19)
        later = begin(credential=password)
        all_at_once([later], server)
        assert len(later.sends) == 2
        assert later.result

    def test_that_is_refused_while_its_renewal_fails_is_not_used_again(
        self, begin, answer, password, server, all_at_once, clock
    ):
        all_at_once([begin(credential=password)], server)
        used = begin(credential=password)
        clock.advance(self.DAY - 1799)
        renewing = begin(credential=password)
        used.reply(answer.stale())
        renewing.reply(answer.error(503, "APIG.0613"))
        used.run(answer.token("t2"), answer.job())
        assert used.sends[-1].headers["X-Auth-Token"] == "t2"
        assert used.result

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
        clock.advance(300)
        later = begin(credential=password, retry=ONE_ATTEMPT).reply(answer.error(503, "APIG.0613"))
        assert [step.request.path for step in later.sends] == ["/v3/auth/tokens"]

    def test_is_fetched_by_the_next_one_when_the_first_is_given_up(self, begin, answer, password):
        first, second = begin(credential=password), begin(credential=password)
        assert isinstance(second.step, Sleep)
        first.close()
        assert second.run(answer.token("t1"), answer.job()).result

    def test_that_is_short_lived_is_renewed_late_enough_to_be_used(self, begin, answer, password, clock):
        quick = answer.token("t1", expires_at="2023-11-14T22:23:20Z")
        assert begin(credential=password).run(quick, answer.job()).result
        clock.advance(500)
        assert len(begin(credential=password).run(answer.job()).sends) == 1


@dataclass(frozen=True)
class Ticket(Lease):
    """A lease of another kind, of which too many refusals lock something.

    :param number: which ticket it is.
    """

    number: int

    @property
    def key_id(self) -> str:
        return f"ticket {self.number}"

    @property
    def fingerprint(self) -> str:
        return self.key_id

    def sign(self, request):
        return {**request.headers, "X-Ticket": self.fingerprint}


class TicketOffice:
    """A credential of another kind, which is renewed like a token.

    :param numbers: of the tickets that it issues, one after the other.
    """

    issuer = "https://tickets.example.com"
    key_id = None
    fingerprint = "office"

    def __init__(self, numbers=(1, 2, 3)) -> None:
        self.tickets = [Ticket(number) for number in numbers]

    def obtain(self):
        return self.tickets.pop(0)
        yield


class TestAKindThatIsRenewedAndLocks:
    def test_goes_alone_once_and_then_by_four(self, begin, answer, all_at_once):
        office = TicketOffice()
        talks = [begin(credential=office) for _ in range(HUNDRED)]
        assert sum(isinstance(talk.step, Send) for talk in talks) == 1
        assert all_at_once(talks, lambda _: answer.job()) == 4
        assert len(office.tickets) == 2

    @pytest.mark.parametrize("project_id", ["p1", None], ids=["project set", "project looked up"])
    def test_is_renewed_once_and_refused_once(self, begin, answer, all_at_once, project_id):
        office = TicketOffice()
        talks = [begin(credential=office, project_id=project_id) for _ in range(HUNDRED)]
        most = all_at_once(talks, lambda _: answer.refusal())
        assert (most, sum(len(talk.sends) for talk in talks)) == (1, 2)
        assert {type(talk.error) for talk in talks} == {errors.DliAuthError}

    def test_is_not_tried_again_when_it_is_renewed_to_the_same(self, begin, answer):
        talk = begin(credential=TicketOffice([1, 1])).reply(answer.refusal())
        assert (type(talk.error), len(talk.sends)) == (errors.DliAuthError, 1)

    def test_looks_its_project_up(self, begin, answer):
        talk = begin(credential=TicketOffice(), project_id=None).run(answer.projects("p1"), answer.job())
        assert talk.result


class TestALockedKey:
    """Another system got it locked: that passes within five minutes."""

    def test_is_an_outage_during_which_no_call_is_made(self, begin, answer, clock):
        begin().reply(answer.job())
        first = begin(retry=ONE_ATTEMPT).reply(answer.locked())
        assert first.error.transient
        clock.advance(100)
        for credential in (AkSkCredential("AK", "SK"), AkSkCredential("AK", "another")):
            talk = begin(credential=credential, retry=ONE_ATTEMPT)
            assert talk.sends == []
            assert talk.error.transient
            assert talk.error.retry_after == 200
            told = "No call is made with it for 200 s: it was found locked 100 s ago"
            assert str(talk.error).endswith(told)
        clock.advance(200)
        assert begin().run(answer.job()).result

    def test_concerns_no_other_key(self, begin, answer):
        begin(retry=ONE_ATTEMPT).reply(answer.locked())
        assert begin(credential=AkSkCredential("another", "SK")).run(answer.job()).result


class TestOneKeyWithManySecrets:
    def test_is_refused_four_times_within_five_minutes_whatever_the_secret(self, begin, answer, clock):
        talks = []
        for number in range(7):
            talks.append(begin(credential=AkSkCredential("AK", f"wrong-{number}")))
            if talks[-1].step:
                talks[-1].reply(answer.refusal())
            clock.advance(10)
        assert [len(talk.sends) for talk in talks] == [1, 1, 1, 1, 0, 0, 0]
        assert {type(talk.error) for talk in talks} == {errors.DliAuthError}
        assert "this key was refused 4 times within 5 minutes" in str(talks[-1].error)
        assert begin().sends == []
        clock.advance(300 - 70)
        assert begin().run(answer.job()).result

    def test_has_one_call_under_way_until_one_is_accepted(self, begin, answer):
        talks = [begin(credential=AkSkCredential("AK", f"secret-{number}")) for number in range(7)]
        assert sum(isinstance(talk.step, Send) for talk in talks) == 1

    @pytest.mark.parametrize("rotated", [False, True])
    def test_is_never_refused_more_than_five_times(self, begin, answer, all_at_once, clock, rotated):
        """Right and wrong secrets, at two endpoints, and a right one that stops being good."""
        good, refused = {"right"}, []

        def server(step: Send) -> Response:
            if secrets_of[step.request.path] in good:
                return answer.job()
            refused.append(clock.now)
            return answer.refusal()

        secrets_of: dict[str, str] = {}
        for turn in range(60):
            talks = []
            for number, secret in enumerate(("right", f"wrong-{turn}", f"wrong-{turn % 7}")):
                for endpoint in ("https://dli.eu-de.example.com", "https://dli.example.com"):
                    project = f"p{turn}x{number}x{endpoint[-7]}"
                    secrets_of[f"/v1.0/{project}/streaming/jobs/104"] = secret
                    talks += [
                        begin(
                            credential=AkSkCredential("AK", secret),
                            endpoint=endpoint,
                            project_id=project,
                            retry=ONE_ATTEMPT,
                        )
                        for _ in range(5)
                    ]
            all_at_once(talks, server)
            clock.advance(17)
            if rotated and turn == 30:
                good.clear()
        assert len(refused) >= 8
        assert max(sum(at <= other < at + 300 for other in refused) for at in refused) <= 4


class TestOneUserWithManyPasswords:
    def test_is_refused_four_times_within_five_minutes(self, begin, answer, all_at_once):
        users = [PasswordCredential("user", f"pw{number}", "account", IAM) for number in range(7)]
        talks = [begin(credential=user) for user in users]
        most = all_at_once(talks, lambda _: answer.login_refusal())
        assert (most, sum(len(talk.sends) for talk in talks)) == (1, 4)


class TestTheRegister:
    def test_knows_equal_credentials_as_one(self):
        assert shared.share_credential(AkSkCredential("AK", "SK")) is shared.share_credential(
            AkSkCredential("AK", "SK")
        )

    def test_forgets_the_oldest_that_nobody_uses(self, begin, answer, password):
        begin(credential=password).run(answer.token("t1"), answer.job())
        for number in range(shared.MOST_KEPT):
            shared.share_credential(AkSkCredential(f"AK{number}", "SK"))
        assert begin(credential=password).sent.request.path == "/v3/auth/tokens"

    def test_never_forgets_what_is_used(self):
        used = shared.share_credential(AkSkCredential("AK", "SK"))
        for number in range(shared.MOST_KEPT + 1):
            shared.share_credential(AkSkCredential(f"AK{number}", "SK"))
        assert shared.share_credential(AkSkCredential("AK", "SK")) is used

    def test_never_forgets_a_refusal_that_counts(self, begin, answer, clock):
        begin().reply(answer.refusal())
        for number in range(shared.MOST_KEPT + 1):
            begin(credential=AkSkCredential(f"AK{number}", "SK")).run(answer.job())
        assert begin().sends == []
        clock.advance(300)
        assert begin().run(answer.job()).result

    def test_forgets_all_like_a_new_process(self, begin, answer):
        begin().reply(answer.refusal())
        forget_all()
        assert begin().run(answer.job()).result
