"""One conversation: what is sent, when it is sent again, and what an answer is taken for."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar

import pytest

from dli_provider.api import errors
from dli_provider.api.auth import signing
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.endpoints import list_flink_jobs, show_flink_job
from dli_provider.api.messages import Response, Send, Sleep
from dli_provider.api.retry import ONE_ATTEMPT, PATIENT

PROJECT = "330e068af1334c9782f4226acc00a2e2"
OUT_OF_REACH = errors.DliConnectionError("No answer from https://dli.example.com: refused")
UNTRUSTED = errors.DliConnectionError("The certificate is not trusted", transient=False)


@pytest.fixture
def longest_waits(monkeypatch):
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)


class TestSending:
    def test_signs_the_request_with_this_moment(self, begin):
        step = begin().sent
        assert (step.request.method, step.request.url) == (
            "GET",
            f"https://dli.cn-north-4.myhuaweicloud.com/v1.0/{PROJECT}/streaming/jobs/104",
        )
        signed = {
            "Host": "dli.cn-north-4.myhuaweicloud.com",
            "X-Project-Id": PROJECT,
            "X-Sdk-Date": "20231114T221320Z",
        }
        proof = signing.authorization(
            *("AK", "SK"), method="GET", path=step.request.path, query=(), headers=signed
        )
        assert step.headers == {**signed, "Authorization": proof}

    def test_signs_the_query_as_it_is_sent(self, begin):
        step = begin(list_flink_jobs(name="a b/ü", tags={"team": "etl"}, show_detail=True)).sent
        expected = "limit=100&name=a%20b%2F%C3%BC&offset=0&show_detail=true&tags=team%3Detl"
        assert step.request.url.partition("?")[2] == expected

    def test_a_temporary_key_brings_its_token_and_signs_it(self, begin):
        headers = begin(credential=AkSkCredential("AK", "SK", "session-token")).sent.headers
        assert headers["X-Security-Token"] == "session-token"
        assert "x-security-token" in headers["Authorization"].partition("SignedHeaders=")[2]

    def test_gives_what_the_answer_holds(self, begin, answer):
        job = begin().reply(answer.job(name="orders")).result
        assert (job.job_id, job.name, job.status) == (104, "orders", "job_running")

    def test_every_try_is_signed_anew(self, begin, answer, clock):
        talk = begin().reply(answer.error(503, "APIG.0202"))
        clock.advance(60)
        talk.reply()
        first, second = (step.headers for step in talk.sends)
        assert first["X-Sdk-Date"] != second["X-Sdk-Date"]
        assert first["Authorization"] != second["Authorization"]

    def test_a_driver_that_answers_with_nothing_is_told_so(self, begin):
        with pytest.raises(TypeError, match="a driver answers a Send with a Response or an error"):
            begin().reply(None)


class TestTryingAgain:
    def test_a_failure_that_passes_goes_unnoticed(self, begin, answer):
        talk = begin().run(
            answer.error(429, "APIG.0308"), OUT_OF_REACH, answer.error(400, "DLI.0999"), answer.job()
        )
        assert talk.result.job_id == 104
        assert len(talk.waits) == 3

    def test_waits_twice_as_long_each_time_and_gives_up_after_four(self, begin, answer, longest_waits):
        talk = begin().run(*[answer.error(503, "APIG.0202")] * 4)
        assert talk.waits == [0.5, 1.0, 2.0]
        assert isinstance(talk.error, errors.DliServerError)

    def test_one_attempt_is_one_attempt(self, begin):
        talk = begin(retry=ONE_ATTEMPT).reply(OUT_OF_REACH)
        assert talk.error is OUT_OF_REACH
        assert talk.waits == []

    def test_waits_as_long_as_it_is_asked_to(self, begin, answer):
        talk = begin().reply(answer.error(429, "APIG.0308", retry_after="7"))
        assert 7 <= talk.waits[0] <= 8.75

    def test_gives_up_when_it_is_asked_to_wait_for_long(self, begin, answer):
        talk = begin().reply(answer.error(429, "APIG.0308", retry_after="16"))
        assert talk.waits == []
        assert talk.error.retry_after == 16

    def test_a_patient_call_waits_throttling_out_for_five_minutes_and_says_so(
        self, begin, answer, longest_waits
    ):
        talk = begin(retry=PATIENT)
        while isinstance(talk.step, Send):
            talk.reply(answer.error(429, "APIG.0308", "policy user over ratelimit"))
            if isinstance(talk.step, Sleep):
                assert "policy user over ratelimit" in talk.step.notice
                assert talk.step.notice.endswith(f"Trying again in {talk.step.seconds:.0f} s")
                talk.reply()
        assert sum(talk.waits) == 300
        assert talk.waits[:4] == [0.5, 1, 2, 4]
        assert type(talk.error) is errors.DliThrottledError

    def test_a_patient_call_waits_as_long_as_it_is_asked_to_but_not_longer_than_it_may(self, begin, answer):
        assert begin(retry=PATIENT).reply(answer.error(429, "X", retry_after="290")).waits[0] >= 290
        assert begin(retry=PATIENT).reply(answer.error(429, "X", retry_after="301")).waits == []

    def test_a_patient_call_is_as_short_with_other_failures(self, begin, answer):
        failed = answer.error(503, "APIG.0202")
        talk = begin(retry=PATIENT).run(failed, answer.error(429, "APIG.0308"), *[failed] * 3)
        assert type(talk.error) is errors.DliServerError
        assert len(talk.sends) == 5

    def test_an_ordinary_call_says_nothing_of_its_retries(self, begin, answer):
        assert begin().reply(answer.error(429, "APIG.0308")).step.notice == ""

    @pytest.mark.parametrize("asked", [None, "0", "0.001", "Mon, 01 Jan 2001 00:00:00 GMT"])
    def test_does_not_come_back_at_once_to_a_gateway_that_throttles(self, begin, answer, asked):
        headers = {"retry_after": asked} if asked else {}
        talk = begin().run(*[answer.error(429, "APIG.0308", **headers)] * 4)
        assert [wait >= least for wait, least in zip(talk.waits, (0.25, 0.5, 1.0), strict=True)] == [True] * 3

    def test_waits_until_the_date_it_is_given(self, begin, answer):
        later = datetime.now(UTC) + timedelta(seconds=40)
        talk = begin(retry=PATIENT).reply(
            answer.error(503, "APIG.0202", retry_after=format_datetime(later, usegmt=True))
        )
        assert 30 < talk.waits[0] <= 50

    @pytest.mark.parametrize(
        "refusal",
        [(400, "DLI.0001"), (400, "DLI.16001"), (403, "APIG.0302"), (404, "APIG.0101"), (500, "APIG.0103")],
    )
    def test_what_does_not_pass_is_not_tried_again(self, begin, answer, refusal):
        talk = begin().reply(answer.error(*refusal))
        assert isinstance(talk.error, errors.DliApiError)
        assert talk.waits == []

    def test_a_certificate_that_is_not_trusted_is_not_tried_again(self, begin):
        assert begin().reply(UNTRUSTED).error is UNTRUSTED

    def test_the_error_says_what_was_asked_and_where(self, begin, answer):
        talk = begin().reply(answer.error(400, "DLI.16001", "no such job", x_request_id="r-1"))
        assert str(talk.error) == (
            "ShowFlinkJob of job 104 at https://dli.cn-north-4.myhuaweicloud.com: HTTP 400 DLI.16001: "
            "no such job (request id r-1). The job doesn't exist in this project, or isn't yours: check "
            "job_id, and the connection's project_id and region"
        )


class TestRefusal:
    """A skewed clock is the cause that the answer itself gives away."""

    DATES: ClassVar = {
        "an hour ahead": (-3600, "This machine's clock is 3600 s ahead of the server's"),
        "20 minutes behind": (1200, "This machine's clock is 1200 s behind the server's"),
    }

    @pytest.mark.parametrize("skew", DATES)
    def test_says_how_far_the_clock_is_off(self, begin, answer, clock, skew):
        offset, diagnosis = self.DATES[skew]
        date = format_datetime(datetime.fromtimestamp(clock.now + offset, UTC), usegmt=True)
        error = begin().reply(answer.refusal(date=date)).error
        assert isinstance(error, errors.DliAuthError)
        assert str(error).endswith(diagnosis)

    @pytest.mark.parametrize(
        "date",
        [
            *("yesterday", "", "Mon, 99 Nov 2023 22:13:20 GMT"),
            *("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Tue, 14 Nov 2023 22:13:20 -9999"),
            *("Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:20"),
        ],
    )
    def test_says_nothing_of_a_clock_that_is_right_or_can_not_be_told(self, begin, answer, date):
        error = begin().reply(answer.refusal(date=date)).error
        assert isinstance(error, errors.DliAuthError)
        assert error.diagnosis == ""

    def test_is_told_without_a_date_too(self, begin, answer):
        assert begin().reply(answer.refusal()).error.diagnosis == ""


class TestAnswersThatAreNone:
    @pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
    def test_a_redirect_is_shown_and_not_followed(self, begin, status):
        login = Response(status, {"location": "https://login.example.com/"}, b"")
        talk = begin(retry=ONE_ATTEMPT).reply(login)
        assert isinstance(talk.error, errors.DliProtocolError)
        assert talk.error.transient
        assert f"HTTP {status} instead of an answer, pointing to 'https://login.example.com/'" in str(
            talk.error
        )
        assert len(talk.sends) == 1

    def test_a_redirect_is_shown_without_its_credentials_and_its_length(self, begin):
        location = "https://user:hunter2@login.example.com/?token=hunter3&next=" + "x" * 5000
        error = str(begin(retry=ONE_ATTEMPT).reply(Response(302, {"location": location}, b"")).error)
        assert "hunter" not in error
        assert len(error) < 600

    def test_a_redirect_to_nowhere(self, begin):
        assert "pointing to 'nowhere'" in str(begin(retry=ONE_ATTEMPT).reply(Response(302, {}, b"")).error)

    @pytest.mark.parametrize("success", [True, "true", "True", "TRUE", None])
    def test_success_in_all_its_spellings(self, begin, answer, success):
        content = {"is_success": success, "job_detail": {"job_id": 104}}
        assert begin().reply(answer.json(content)).result.job_id == 104

    def test_success_need_not_be_said(self, begin, answer):
        assert begin().reply(answer.json({"job_detail": {"job_id": 104}})).result.job_id == 104

    @pytest.mark.parametrize("success", [False, "false", "False", "FALSE", "no", "", 0, [], {}])
    def test_no_success_in_all_its_spellings(self, begin, answer, success):
        content = {"is_success": success, "message": "The query failed.", "job_detail": {"job_id": 104}}
        talk = begin(retry=ONE_ATTEMPT).reply(answer.json(content))
        assert type(talk.error) is errors.DliServerError
        assert talk.error.transient

    BODIES: ClassVar = {
        "empty": (b"", "body is empty"),
        "blank": (b"  \n", "not JSON"),
        "text": (b"OK", "not JSON: OK"),
        "HTML": (b"<html><body>welcome to our hotel</body></html>", "welcome to our hotel"),
        "broken off": (b'{"is_success": "tr', "not JSON"),
        "binary": (bytes(range(256)), "not JSON"),
        "not UTF-8": (b'{"is_success": "\xff\xfe"}', "not JSON"),
        "a number with 10,000 digits": (b'{"job_detail": ' + b"1" * 10_000 + b"}", "not JSON"),
        "nested without end": (b"[" * 100_000, "not JSON"),
        "a list": (b"[]", "no job_detail"),
        "a text": (b'"x"', "no JSON object or array"),
        "null": (b"null", "no JSON object or array"),
        "no job": (b'{"is_success": "true"}', "no job_detail"),
        "a job that is null": (b'{"is_success": "true", "job_detail": null}', "no job_detail"),
        "a job that is a list": (b'{"is_success": "true", "job_detail": []}', "no job_detail"),
    }

    @pytest.mark.parametrize("body", BODIES)
    def test_a_body_that_is_no_answer(self, begin, body):
        content, said = self.BODIES[body]
        talk = begin(show_flink_job(104), retry=ONE_ATTEMPT).reply(Response(200, {}, content))
        assert type(talk.error) is errors.DliProtocolError
        assert said in str(talk.error)
        assert len(str(talk.error)) < 600
        assert len(talk.sends) == 1

    def test_a_body_that_is_no_answer_shows_no_credentials(self, begin):
        body = (
            b"<html>\npassword: correct horse battery\nAuthorization: SDK-HMAC-SHA256 Signature=0123</html>"
        )
        error = str(begin(retry=ONE_ATTEMPT).reply(Response(200, {}, body)).error)
        assert "horse" not in error
        assert "0123" not in error
