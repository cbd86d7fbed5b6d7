"""The kinds of credential: what each asks for, what it makes of the answer, and that it tells nobody."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime
from itertools import pairwise
from typing import ClassVar

import pytest

from dli_provider.api import errors
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential, Token
from dli_provider.api.messages import Request, Response
from dli_provider.api.retry import ONE_ATTEMPT

IAM = "https://iam.cn-north-4.myhuaweicloud.com"
PROJECT = "330e068af1334c9782f4226acc00a2e2"
KEYS = {
    "access": "HST1",
    "secret": "s3cret",
    "securitytoken": "session-token",
    "expires_at": "2023-11-14T23:13:20.000000Z",
}
REQUEST = Request("GET", "https://dli.example.com:8443", "/v1.0/p/streaming/jobs", headers={"X-A": "b"})


def frames_of(error: BaseException | None) -> str:
    """Return the local variables of all frames that an error came through, as reporters show them."""
    shown = []
    while error:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        shown += [repr(frame.f_locals) for frame in frames if "dli_provider" in frame.f_code.co_filename]
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class TestAccessKey:
    def test_is_its_own_lease_for_ever(self, by_hand, clock):
        credential = AkSkCredential("AK", "SK")
        lease = by_hand(credential.obtain()).result
        assert lease is credential
        assert lease.renew_at == lease.expires_at == float("inf")

    def test_signs_the_port_and_keeps_other_headers(self, clock):
        headers = AkSkCredential("AK", "SK").sign(REQUEST)
        assert headers["Host"] == "dli.example.com:8443"
        assert headers["X-A"] == "b"
        assert headers["Authorization"].startswith(
            "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-a;x-sdk-date, Signature="
        )
        assert "X-Security-Token" not in headers

    @pytest.mark.parametrize(
        ("keys", "named"),
        [
            (("A\nK", "SK"), "access_key"),
            (("AK密", "SK"), "access_key"),
            (("", "SK"), "access_key"),
            (("AK", "S K"), "secret_key"),
            (("AK", None), "secret_key"),
            (("AK", "SK", "tok\r\nen-hunter2"), "security_token"),
            (("AK", "SK", ""), "security_token"),
            (("AK", "SK", b"token"), "security_token"),
        ],
    )
    def test_must_fit_into_a_header_and_is_not_repeated_when_it_does_not(self, keys, named):
        with pytest.raises(ValueError, match=f"^{named} must be ASCII characters") as caught:
            AkSkCredential(*keys)
        assert "hunter2" not in str(caught.value)


class TestPassword:
    def test_asks_iam_for_a_token_of_the_project(self, by_hand, password):
        step = by_hand(password.obtain()).sent
        assert (step.request.method, step.request.url) == ("POST", f"{IAM}/v3/auth/tokens?nocatalog=true")
        assert step.headers == {
            "Content-Type": "application/json;charset=utf8",
            "Host": "iam.cn-north-4.myhuaweicloud.com",
        }
        user = {"name": "user", "password": "p4ssw0rd", "domain": {"name": "account"}}
        assert json.loads(step.request.body) == {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"id": PROJECT}},
            }
        }

    def test_asks_by_the_projects_name_when_its_id_is_not_known(self, by_hand):
        credential = PasswordCredential("user", "p4ssw0rd", "account", IAM, project_name="cn-north-4")
        body = json.loads(by_hand(credential.obtain()).sent.request.body)
        assert body["auth"]["scope"] == {"project": {"name": "cn-north-4"}}

    def test_takes_any_character(self, by_hand):
        credential = PasswordCredential("Jürgen", 'q"\\\n密\ud800', "账号", IAM, project_id=PROJECT)
        body = json.loads(by_hand(credential.obtain()).sent.request.body)
        assert body["auth"]["identity"]["password"]["user"]["password"] == 'q"\\\n密\ud800'

    def test_holds_the_token_until_half_an_hour_before_its_end(self, by_hand, password, answer, clock):
        lease = by_hand(password.obtain()).reply(answer.token("t1")).result
        assert lease.sign(REQUEST) == {
            "X-A": "b",
            "Host": "dli.example.com:8443",
            "X-Auth-Token": "t1",
        }
        assert lease.expires_at == epoch("2023-11-15T22:13:20")
        assert lease.renew_at == lease.expires_at - 1800
        assert lease.project_id == PROJECT

    @pytest.mark.parametrize(
        "expires_at", ["2023-11-15T22:13:20Z", "2023-11-15T22:13:20", "2023-11-16T06:13:20+08:00"]
    )
    def test_reads_the_end_in_all_spellings(self, by_hand, password, answer, clock, expires_at):
        lease = by_hand(password.obtain()).reply(answer.token("t1", expires_at)).result
        assert lease.expires_at == epoch("2023-11-15T22:13:20")

    def test_counts_the_end_from_the_servers_own_time(self, by_hand, password, answer, clock):
        clock.advance(7200)
        ahead = answer.token("t1")
        ahead.headers["date"] = "Tue, 14 Nov 2023 22:13:20 GMT"
        lease = by_hand(password.obtain()).reply(ahead).result
        assert lease.expires_at - clock.now == 24 * 3600

    def test_holds_a_token_that_seems_to_have_ended_for_a_minute(self, by_hand, password, answer, clock):
        lease = by_hand(password.obtain()).reply(answer.token("t1", "2023-11-14T00:00:00Z")).result
        assert lease.expires_at - clock.now == 60

    def test_that_is_wrong_is_an_authentication_error(self, by_hand, password, answer):
        content = {
            "code": 401,
            "message": "The username or password is wrong.",
            "title": "Unauthorized",
        }
        talk = by_hand(password.obtain()).reply(answer.json({"error": content}, 401))
        assert type(talk.error) is errors.DliAuthError
        assert (talk.error.code, talk.error.message) == ("401", "The username or password is wrong.")

    ODD: ClassVar = {
        "no header": Response(201, {}, b'{"token": {"expires_at": "2023-11-15T22:13:20Z"}}'),
        "a header with a line break": Response(201, {"x-subject-token": "a\r\n b"}, b"{}"),
        "an empty header": Response(201, {"x-subject-token": ""}, b"{}"),
        "no body": Response(201, {"x-subject-token": "t1"}, b""),
        "a list": Response(201, {"x-subject-token": "t1"}, b"[]"),
        "no token": Response(201, {"x-subject-token": "t1"}, b"{}"),
        "a token that is a text": Response(201, {"x-subject-token": "t1"}, b'{"token": "x"}'),
        "no end": Response(201, {"x-subject-token": "t1"}, b'{"token": {}}'),
        "an end that is none": Response(201, {"x-subject-token": "t1"}, b'{"token": {"expires_at": "soon"}}'),
        "an end that is a number": Response(201, {"x-subject-token": "t1"}, b'{"token": {"expires_at": 7}}'),
        "a redirect": Response(302, {"location": "https://login.example.com/"}, b""),
    }

    @pytest.mark.parametrize("what", ODD)
    def test_that_gets_no_token_is_an_error(self, by_hand, password, what):
        talk = by_hand(password.obtain()).reply(self.ODD[what])
        assert type(talk.error) is errors.DliProtocolError

    def test_whose_iam_is_out_of_reach(self, by_hand, password):
        lost = errors.DliConnectionError("No answer from IAM")
        assert by_hand(password.obtain()).reply(lost).error is lost

    @pytest.mark.parametrize(
        "outcome",
        [
            errors.DliConnectionError("No answer from IAM"),
            Response(401, {}, b'{"error": {"code": 401, "message": "wrong", "title": "Unauthorized"}}'),
            Response(502, {}, b""),
            Response(201, {"x-subject-token": "t0k\nen"}, b"{}"),
            Response(201, {"x-subject-token": "t0ken"}, b"{}"),
            Response(201, {"x-subject-token": "t0ken"}, b'{"token": {"expires_at": "soon"}}'),
        ],
        ids=["no answer", "refused", "unavailable", "an odd token", "no content", "no end"],
    )
    def test_shows_no_frame_a_secret_when_it_fails(self, begin, password, outcome):
        talk = begin(credential=password, retry=ONE_ATTEMPT).reply(outcome)
        frames = frames_of(talk.error)
        assert "PasswordCredential(user='user'" in frames
        assert not {secret for secret in ("p4ssw0rd", "t0ken", "t0k") if secret in frames}


class TestAgency:
    """The keys of these tests are valid for an hour."""

    def test_takes_a_session_token_first_and_the_keys_with_it(self, by_hand, answer, clock):
        talk = by_hand(AgencyCredential().obtain())
        assert (talk.sent.request.method, talk.sent.request.url) == (
            "PUT",
            "http://169.254.169.254/meta-data/latest/api/token",
        )
        assert talk.sent.headers == {
            "X-Metadata-Token-Ttl-Seconds": "21600",
            "Host": "169.254.169.254",
        }
        talk.reply(Response(200, {}, b"meta-token\n"))
        assert talk.sent.request.url == "http://169.254.169.254/openstack/latest/securitykey"
        assert talk.sent.headers["X-Metadata-Token"] == "meta-token"
        lease = talk.reply(answer.json({"credential": KEYS})).result
        assert lease == AkSkCredential("HST1", "s3cret", "session-token")
        assert all(step.request.link_local for step in talk.sends)

    @pytest.mark.parametrize("status", [404, 405, 503])
    def test_goes_on_without_a_session_token_where_there_is_none(self, by_hand, answer, status):
        talk = by_hand(AgencyCredential().obtain()).reply(Response(status, {}, b"no such page"))
        assert "X-Metadata-Token" not in talk.sent.headers
        assert talk.reply(answer.json({"credential": KEYS})).result

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, errors.DliBadRequestError), (401, errors.DliAuthError), (500, errors.DliServerError)],
    )
    def test_does_not_go_on_after_another_error(self, by_hand, status, kind):
        talk = by_hand(AgencyCredential().obtain()).reply(Response(status, {}, b"broken"))
        assert type(talk.error) is kind

    def test_says_that_the_server_has_none(self, by_hand):
        talk = by_hand(AgencyCredential().obtain()).run(
            Response(200, {}, b"meta-token"),
            Response(401, {}, b"Please configure Cloud Service Agency first"),
        )
        assert type(talk.error) is errors.DliAuthError
        assert str(talk.error) == (
            "Asking the metadata service http://169.254.169.254: HTTP 401: "
            "Please configure Cloud Service Agency first"
        )

    def test_renews_its_keys_when_ten_minutes_are_left(self, by_hand, answer, clock):
        talk = by_hand(AgencyCredential().obtain())
        lease = talk.run(Response(404, {}, b""), answer.json({"credential": KEYS})).result
        assert lease.expires_at - clock.now == 3600
        assert lease.expires_at - lease.renew_at == 600

    def test_asks_again_only_when_ten_minutes_are_left(self, begin, answer, clock):
        session, keys = Response(200, {}, b"meta-token"), answer.json({"credential": KEYS})
        agency = AgencyCredential()
        assert begin(credential=agency).run(session, keys, answer.job()).result
        clock.advance(3600 - 601)
        assert begin(credential=agency).run(answer.job()).result
        clock.advance(2)
        later = begin(credential=agency)
        assert later.sent.request.method == "PUT"
        new = answer.json({"credential": {**KEYS, "access": "HST2"}})
        assert later.run(session, new, answer.job()).result
        assert "Access=HST2," in later.sends[-1].headers["Authorization"]

    def test_asks_seldom_as_long_as_the_service_has_no_newer_keys(self, begin, answer, clock):
        session, keys = Response(200, {}, b"meta-token"), answer.json({"credential": KEYS})
        agency = AgencyCredential()
        begin(credential=agency).run(session, keys, answer.job())
        clock.advance(3600 - 599)
        asked = []
        for _ in range(60):
            talk = begin(credential=agency)
            if talk.sent.request.method == "PUT":
                asked.append(clock.now)
                talk.run(session, keys)
            assert talk.run(answer.job()).result
            clock.advance(10)
        assert len(asked) == 3
        assert all(late - early >= 60 for early, late in pairwise(asked))

    ODD: ClassVar = {
        "no body": b"",
        "a list": b"[]",
        "no credential": b"{}",
        "a credential that is a text": b'{"credential": "x"}',
        "no access key": json.dumps({"credential": {**KEYS, "access": None}}).encode(),
        "a secret that is a number": json.dumps({"credential": {**KEYS, "secret": 7}}).encode(),
        "a token with a line break": json.dumps({"credential": {**KEYS, "securitytoken": "a\nb"}}).encode(),
        "no token": json.dumps({"credential": {"access": "a", "secret": "b"}}).encode(),
        "no end": json.dumps({"credential": {**KEYS, "expires_at": None}}).encode(),
    }

    @pytest.mark.parametrize("what", ODD)
    def test_that_gets_no_keys_is_an_error(self, by_hand, what):
        talk = by_hand(AgencyCredential().obtain())
        talk.run(Response(404, {}, b""), Response(200, {}, self.ODD[what]))
        assert type(talk.error) is errors.DliProtocolError
        assert "s3cret" not in str(talk.error)
        assert "s3cret" not in frames_of(talk.error)

    @pytest.mark.parametrize("token", [b"", b"a\nX-Injected: b", b"<html>no</html> page", b"\xff"])
    def test_a_session_token_that_is_none_is_an_error(self, by_hand, token):
        talk = by_hand(AgencyCredential().obtain()).reply(Response(200, {}, token))
        assert type(talk.error) is errors.DliProtocolError


class TestFingerprint:
    CREDENTIALS = (
        AkSkCredential("AK", "SK"),
        AkSkCredential("AK", "SK2"),
        AkSkCredential("AK2", "SK"),
        AkSkCredential("AK", "SK", "token"),
        AkSkCredential("A", "KSK"),
        PasswordCredential("AK", "SK", "account", IAM),
        PasswordCredential("AK", "SK", "account", IAM, project_id="p1"),
        PasswordCredential("AK", "SK", "account", IAM, project_name="p1"),
        PasswordCredential("AK", "SK", "account2", IAM),
        PasswordCredential("AK", "SK", "account", "https://iam.example.com"),
        AgencyCredential(),
        AgencyCredential("http://127.0.0.1:1"),
    )

    def test_tells_every_credential_from_every_other(self):
        assert len({one.fingerprint for one in self.CREDENTIALS}) == len(self.CREDENTIALS)

    def test_is_the_same_for_the_same(self):
        assert AkSkCredential("AK", "SK").fingerprint == AkSkCredential("AK", "SK").fingerprint

    def test_gives_nothing_away(self):
        assert all(len(one.fingerprint) == 64 for one in self.CREDENTIALS)
        assert "SK" not in AkSkCredential("AK", "SK").fingerprint


def test_no_credential_shows_its_secret():
    shown = repr(
        (
            AkSkCredential("AK", "s3cret", "t0ken"),
            PasswordCredential("user", "p4ssw0rd", "account", IAM),
            Token("t0ken"),
            Response(201, {"x-subject-token": "t0ken"}, b'{"credential": {"secret": "s3cret"}}'),
        )
    )
    assert not {word for word in ("s3cret", "t0ken", "p4ssw0rd") if word in shown}
