"""Every error body and every code of the API reference's section 5: which error it becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar

import pytest

from dli_provider.api.answers import error_of
from dli_provider.api.bodies import excerpt, parse_json
from dli_provider.api.errors import (
    DliApiError,
    DliAuthError,
    DliBadRequestError,
    DliError,
    DliForbiddenError,
    DliNotFoundError,
    DliProtocolError,
    DliServerError,
    DliThrottledError,
)
from dli_provider.api.messages import Response
from dli_provider.masking import printable

AUTH, FORBIDDEN, MISSING = DliAuthError, DliForbiddenError, DliNotFoundError
THROTTLED, SERVER, BAD = DliThrottledError, DliServerError, DliBadRequestError
PASSES, ADVICE = True, True


def read(status: int, content: Any, **headers: str) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_of(Response(status, named, body))


# 5.1: body, HTTP status -> class, code, message, request id
SHAPES: dict[str, tuple[int, Any, type[DliApiError], str, str, str | None]] = {
    "a DLI": (400, {"error_code": "DLI.0001", "error_msg": "m"}, BAD, "DLI.0001", "m", None),
    "b gateway": (
        *(429, {"error_code": "APIG.0308", "error_msg": "m", "request_id": "r-1"}),
        *(THROTTLED, "APIG.0308", "m", "r-1"),
    ),
    "c array": (400, [{"error_code": "DLI.13024", "error_msg": "m"}], BAD, "DLI.13024", "m", None),
    "c array, the second failed": (
        *(400, [{"is_success": "true", "job_id": 1}, {"error_code": "DLI.13024", "error_msg": "m"}]),
        *(BAD, "DLI.13024", "m", None),
    ),
    "d IAM": (
        *(401, {"error": {"code": 401, "message": "m", "title": "Unauthorized"}}),
        *(AUTH, "401", "m", None),
    ),
    "e camel case": (403, {"errorCode": "APIG.0302", "errorMsg": "m"}, FORBIDDEN, "APIG.0302", "m", None),
    "f code and message": (400, {"code": "DLI.16001", "message": "m"}, MISSING, "DLI.16001", "m", None),
    "f a number as code": (504, {"code": 504, "message": "m"}, SERVER, "504", "m", None),
    "g a nested": (
        *(400, {"data": {"error": {"error_code": "DLI.0002", "error_msg": "m"}}}),
        *(MISSING, "DLI.0002", "m", None),
    ),
    "g e nested": (
        *(400, {"detail": {"errorCode": "DLI.0002", "errorMsg": "m"}}),
        *(MISSING, "DLI.0002", "m", None),
    ),
    "g in a list in an object": (
        *(400, {"errors": [{"code": "DLI.0002", "message": "m"}]}),
        *(MISSING, "DLI.0002", "m", None),
    ),
    "h denied, with details": (
        *(403, {"error_code": "DLI.0016", "error_msg": "m", "encoded_authorization_message": "x"}),
        *(FORBIDDEN, "DLI.0016", "m", None),
    ),
    "i HTML": (502, b"<html>\n<h1>502 Bad Gateway</h1></html>", SERVER, "502", "502 Bad Gateway", None),
    "i text": (503, b"upstream connect error", SERVER, "503", "upstream connect error", None),
    "i empty": (504, b"", SERVER, "504", "no error text", None),
    "j no success, with an error's status": (
        *(400, {"is_success": "false", "message": "The query failed."}),
        *(BAD, "400", "The query failed.", None),
    ),
    "k a batch that failed": (
        *(400, [{"is_success": "false", "message": "The run failed."}]),
        *(BAD, "400", "The run failed.", None),
    ),
    "l a message that is JSON": (
        *(400, {"error_code": "DLI.0001", "error_msg": '{"is_success":"false","message":"m"}'}),
        *(BAD, "DLI.0001", '{"is_success":"false","message":"m"}', None),
    ),
    "no message": (400, {"error_code": "DLI.0001"}, BAD, "DLI.0001", "no error text", None),
    "a null message": (
        *(400, {"error_code": "DLI.0001", "error_msg": None}),
        *(BAD, "DLI.0001", "no error text", None),
    ),
    "an empty code": (400, {"error_code": "", "error_msg": "m"}, BAD, "400", "m", None),
    "a message that is an object": (
        *(500, {"error_code": "DLI.0001", "error_msg": {"why": "m"}}),
        *(SERVER, "500", '{"why": "m"}', None),
    ),
    "a code that is a list": (
        *(500, {"error_code": ["x"], "error_msg": "m"}),
        *(SERVER, "500", '"error_msg": "m"', None),
    ),
    "null": (500, b"null", SERVER, "500", "null", None),
    "a number": (500, b"7", SERVER, "500", "7", None),
    "an empty list": (500, b"[]", SERVER, "500", "[]", None),
    "nested too deep to be searched": (
        *(500, b'{"a":' * 50 + b'{"error_code": "DLI.0999"}' + b"}" * 50),
        *(SERVER, "500", '{"a":', None),
    ),
    "nested without end": (500, b"[" * 200_000, SERVER, "500", "[[[", None),
    "another encoding": (
        *(400, '{"error_code": "DLI.0001", "error_msg": "作业"}'.encode("utf-16")),
        *(BAD, "DLI.0001", "作业", None),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_body(shape):
    status, content, kind, code, message, request_id = SHAPES[shape]
    error = read(status, content)
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert message in error.message
    assert error.request_id == request_id


def rows(*groups: tuple[list[int], str, type[DliApiError], bool, bool]) -> list[tuple[Any, ...]]:
    return [
        (status, code, *rest)
        for statuses, codes, *rest in groups
        for status in statuses
        for code in codes.split()
    ]


DLI_CODES = rows(
    ([400], "DLI.0001", BAD, False, ADVICE),
    ([400], "DLI.0002", MISSING, False, ADVICE),
    ([400], "DLI.0003", FORBIDDEN, False, ADVICE),
    ([400], "DLI.0004 DLI.0005 DLI.0006 DLI.0007 DLI.0008 DLI.0009", BAD, False, False),
    ([400], "DLI.0011", FORBIDDEN, False, False),
    ([400], "DLI.0012", SERVER, PASSES, ADVICE),
    ([401], "DLI.0013", AUTH, False, ADVICE),
    ([401], "DLI.0014", AUTH, False, False),
    ([400], "DLI.0015", AUTH, False, False),
    ([400], "DLI.0016", FORBIDDEN, False, ADVICE),
    ([400], "DLI.0018 DLI.0100 DLI.1028 DLI.12002 DLI.11098", BAD, False, False),
    ([400], "DLI.13024 DLI.11016", BAD, False, ADVICE),
    ([400], "DLI.0019", SERVER, PASSES, False),
    ([404], "DLI.0002 DLI.0023 DLI.12004 DLI.16001", MISSING, False, ADVICE),
    ([404], "DLI.0008 DLI.99999", BAD, False, False),
    ([400], "DLI.0999", SERVER, PASSES, ADVICE),
    ([400], "DLI.16001", MISSING, False, ADVICE),
    ([400], "DLI.12004", MISSING, False, ADVICE),
    ([400], "DLI.99999", BAD, False, False),
)

GATEWAY_CODES = rows(
    ([404], "0101", BAD, False, ADVICE),
    ([404, 500], "0103", SERVER, False, ADVICE),
    ([400], "0104 0105", BAD, False, False),
    ([500], "0104 0105", SERVER, False, False),
    ([400], "0106 0204 0205 0602 0607", BAD, False, False),
    ([400, 413, 414, 494], "0201", BAD, False, ADVICE),
    ([500, 502, 504], "0201", SERVER, PASSES, ADVICE),
    ([502], "0202", SERVER, PASSES, ADVICE),
    ([504], "0203", SERVER, PASSES, ADVICE),
    ([401], "0301 0303 0305 0307", AUTH, False, ADVICE),
    ([401], "0311", AUTH, False, False),
    ([403], "0302 0304 0310 0801 0802", FORBIDDEN, False, ADVICE),
    ([403], "0306", FORBIDDEN, False, False),
    ([429], "0308", THROTTLED, PASSES, ADVICE),
    ([403], "0401", FORBIDDEN, False, ADVICE),
    ([403], "0402 0404 0405", FORBIDDEN, False, False),
    ([405], "0501 0502", BAD, False, False),
    ([500], "0601", SERVER, PASSES, ADVICE),
    ([500], "0605 0606 0608 0609", SERVER, PASSES, False),
    ([502], "0610", SERVER, PASSES, False),
    ([500], "0611 0612 0705", SERVER, False, False),
    ([503], "0613", SERVER, PASSES, ADVICE),
)

IAM_CODES = rows(
    ([401], "IAM.0001 IAM.0061 IAM.0062 IAM.0066 IAM.0067", AUTH, False, False),
    ([403], "IAM.0002 IAM.0003 IAM.0080 IAM.0081", FORBIDDEN, False, False),
    ([429], "IAM.0012", THROTTLED, PASSES, ADVICE),
    ([400], "IAM.1105 IAM.1106 IAM.1107 IAM.1108", BAD, False, False),
)

STATUSES = rows(
    ([400, 402, 405, 406, 409, 410, 413, 422], "X.1", BAD, False, False),
    ([401], "X.1", AUTH, False, False),
    ([403], "X.1", FORBIDDEN, False, False),
    ([404], "X.1", BAD, False, ADVICE),
    ([408, 500, 501, 502, 503, 504, 599], "X.1", SERVER, PASSES, False),
    ([429], "X.1", THROTTLED, PASSES, False),
)

EVERY_CODE = [
    *DLI_CODES,
    *((status, f"APIG.{number}", *rest) for status, number, *rest in GATEWAY_CODES),
    *((status, f"APIGW.{number}", *rest) for status, number, *rest in GATEWAY_CODES),
    *IAM_CODES,
    *STATUSES,
]


@pytest.mark.parametrize(
    ("status", "code", "kind", "passes", "advised"),
    EVERY_CODE,
    ids=[f"{row[1]}-{row[0]}" for row in EVERY_CODE],
)
def test_every_code(status, code, kind, passes, advised):
    error = read(status, {"error_code": code, "error_msg": "what happened."}, x_request_id="r-1")
    assert (type(error), error.status, error.code, error.message, error.request_id) == (
        *(kind, status, code, "what happened.", "r-1"),
    )
    assert error.transient is passes
    assert (error.advice is not None) is advised
    advice = f". {error.advice}" if advised else ""
    assert str(error) == f"HTTP {status} {code}: what happened (request id r-1){advice}"


@pytest.mark.parametrize(
    "code", ["DLI.16001", "APIG.0308", "APIG.0101", "APIG.0301", "APIG.0307", "DLI.0999"]
)
def test_the_advice_of_the_codes_that_are_met_most(code):
    expected = {
        "DLI.16001": "isn't yours",
        "APIG.0308": "throttled",
        "APIG.0101": "check the endpoint and the region",
        "APIG.0301": "clock",
        "APIG.0307": "expired or belongs to another region",
        "DLI.0999": "usually succeeds when it is made again",
    }
    assert expected[code] in (read(400, {"error_code": code, "error_msg": ""}).advice or "")


class TestNothingAtThatPath:
    """Whoever answers 404 without a code of DLI's knows nothing of jobs."""

    ANSWERS: ClassVar = {
        "nginx": b"<html><h1>404 Not Found</h1><hr>nginx</html>",
        "nothing": b"",
        "IAM": {"error": {"code": 404, "message": "Could not find token.", "title": "Not Found"}},
        "IAM with a code": {"error_code": "IAM.0004", "error_msg": "m"},
        "another API": {"code": "Common.0011", "message": "m"},
        "the gateway": {"error_code": "APIG.0101", "error_msg": "The API does not exist"},
    }

    @pytest.mark.parametrize("who", ANSWERS)
    def test_is_no_missing_job(self, who):
        error = read(404, self.ANSWERS[who])
        assert not isinstance(error, MISSING)
        assert "check the endpoint and the region" in str(error)

    @pytest.mark.parametrize("code", ["DLI.0008", "DLI.0001"])
    def test_is_not_said_of_what_dli_itself_answers(self, code):
        assert "endpoint" not in str(read(404, {"error_code": code, "error_msg": "m"}))


STRANGERS: dict[str, Any] = {
    "HTML": b"<!DOCTYPE html><html><body>Sign in to the hotel</body></html>",
    "XHTML after a blank and a byte order mark": b"\xef\xbb\xbf \n<html><p>Sign in</p></html>",
    "nothing": b"",
    "text": b"Unauthorized",
    "JSON of another API": {"error": "unauthorized"},
    "a number as code": {"code": 401, "message": "Proxy authentication required"},
    "a code that nobody at Huawei gives": {"code": "ACCESS_DENIED", "message": "m"},
    "OAuth": {"error": "invalid_client", "error_description": "m"},
    "a list": [1, 2],
}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 418, 451])
@pytest.mark.parametrize("body", STRANGERS)
def test_an_answer_without_a_code_of_the_service_is_no_refusal_and_may_pass(status, body):
    error = read(status, STRANGERS[body])
    assert type(error) is DliProtocolError
    assert error.transient
    assert str(error).startswith(f"HTTP {status} without an error code of DLI: ")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("body", STRANGERS)
def test_throttling_and_failures_mean_the_same_whoever_tells_them(status, body):
    error = read(status, STRANGERS[body])
    assert type(error) is (THROTTLED if status == 429 else SERVER)
    assert error.transient


def test_html_is_shown_without_its_tags_and_as_the_proxys():
    page = b"""<html><head><style>p { color: red }</style><title>502 Bad Gateway</title></head>
        <script>alert("<b>")</script><body><!-- squid --><center>The&nbsp;host &lt;dli&gt; is away</center>"""
    assert str(read(502, page)) == (
        "HTTP 502: an HTML page, perhaps a proxy's: 502 Bad Gateway The host <dli> is away"
    )


def test_html_shows_no_credentials():
    page = b"<html><a href='https://user:hunter2@x/'>x</a><td>password: hunter2</td>password=hunter2"
    assert "hunter2" not in str(read(403, page + b"</html>"))


def test_the_http_status_is_said_once():
    body = {"error": {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}}
    assert str(read(401, body)) == "HTTP 401: The username or password is wrong"


class TestALockedKey:
    """More than five refusals lock a key for five minutes, whoever caused them."""

    ERROR = read(
        401, {"error_code": "APIGW.0301", "error_msg": "AK access failed to reach the limit,forbidden."}
    )

    def test_is_throttling_not_a_refusal(self):
        assert type(self.ERROR) is THROTTLED
        assert self.ERROR.transient

    def test_is_told_as_that(self):
        assert "locked for five minutes after more than five refusals" in str(self.ERROR)
        assert "check the access key" not in str(self.ERROR)


class TestAKeyThatDoesNotExist:
    @staticmethod
    def read(key: str) -> DliError:
        message = f"Incorrect IAM authentication information: Get secretKey failed,ak:{key},err:ak not exist"
        return read(401, {"error_code": "APIGW.0301", "error_msg": message})

    def test_is_named(self):
        error = self.read("HPUAEXAMPLEKEY000001")
        assert type(error) is AUTH
        assert "The gateway knows no access key HPUAEXAMPLEKEY000001" in str(error)

    def test_is_not_named_when_it_looks_like_a_secret_key(self):
        secret = "ExampleSecretKey0123456789abcdefghijklmn"
        assert secret not in str(self.read(secret))


def test_a_canonical_request_is_shown_without_its_security_token():
    message = (
        "verify aksk signature fail, canonicalRequest:GET|/v1.0/p/streaming/jobs/1/||host:dli.example.com|"
        "x-sdk-date:20240102T030405Z|x-security-token:s3cr3ttoken||host;x-sdk-date;x-security-token|e3b0"
    )
    assert "s3cr3ttoken" not in str(read(401, {"error_code": "APIGW.0301", "error_msg": message}))


class TestRequestId:
    BODY: ClassVar = {"error_code": "DLI.0001", "error_msg": "m", "request_id": "of the body"}

    def test_is_that_of_the_header_first(self):
        assert read(400, self.BODY, x_request_id="of the header").request_id == "of the header"

    def test_is_that_of_iam_next(self):
        assert read(400, self.BODY, x_iam_trace_id="of IAM").request_id == "of IAM"

    @pytest.mark.parametrize("id_", [None, 7, ["x"], {"a": 1}])
    def test_is_a_text_or_nothing(self, id_):
        assert read(400, {**self.BODY, "request_id": id_}).request_id is None


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            *(("7", 7.0), (" 7 ", 7.0), ("0.5", 0.5), ("0", 0.0), ("-1", None), ("nan", None)),
            *(("inf", None), ("1e999", None), ("soon", None), ("", None), ("9" * 5000, None)),
            *(("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("Mon, 01 Jan 2001 00:00:00", 0.0)),
            ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
            ("Mon, 31 Feb 2024 00:00:00 GMT", None),
        ],
    )
    def test_in_all_its_spellings(self, text, seconds):
        assert read(429, b"", retry_after=text).retry_after == seconds

    def test_as_a_date_to_come(self):
        later = datetime.now(UTC) + timedelta(hours=1)
        seconds = read(429, b"", retry_after=format_datetime(later, usegmt=True)).retry_after
        assert seconds is not None
        assert 3500 < seconds <= 3600

    def test_is_not_made_up(self):
        assert read(429, b"").retry_after is None


class TestTexts:
    SECRETS = (
        "'password' = 'hunter2'",
        "--password hunter2",
        "https://user:hunter2@db.example.com/",
        '{"password": "hunter2"}',
        "X-Auth-Token: hunter2",
        "Authorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=hunter2",
        "first line\npassword: correct hunter2 battery\nlast line",
    )

    @pytest.mark.parametrize("secret", SECRETS)
    @pytest.mark.parametrize("shape", ["message", "array", "text"])
    def test_show_no_credentials(self, secret, shape):
        content: Any = {"error_code": "DLI.0005", "error_msg": f"near {secret}"}
        content = {"message": content, "array": [content], "text": secret.encode()}[shape]
        error = read(400, content)
        assert "hunter2" not in str(error) + repr(error)
        assert "hunter2" not in str(error.args)

    def test_show_no_credentials_that_stand_where_they_are_cut(self):
        for before in range(940, 1010):
            message = "x" * before + " https://user:hunter2hunter2@db.example.com/"
            assert "hunter" not in read(400, {"error_code": "DLI.0005", "error_msg": message}).message

    def test_are_short(self):
        error = read(
            *(400, {"error_code": "C" * 5000, "error_msg": "m" * 5000, "request_id": "r" * 5000}),
        )
        assert len(str(error)) < 1300
        assert len(str(read(500, b"x" * 10_000_000))) < 400

    def test_stay_on_one_line_that_every_log_takes(self):
        error = read(
            400,
            b'{"error_code": "DLI.1\\nERROR - forged", "error_msg": "a\\r\\nERROR - forged\\u0000\\ud800",'
            b' "request_id": "r\\n1"}',
        )
        str(error).encode()
        assert str(error).isprintable()

    def test_of_a_large_body_are_not_looked_for(self):
        body = b'{"error_code": "DLI.0001", "error_msg": "m", "x": "' + b"x" * 2**20 + b'"}'
        assert read(500, body).code == "500"


class TestExcerpt:
    def test_is_one_printable_line(self):
        assert excerpt(b"\x00a\n\tb \xff c\x1b[31m") == "a b � c [31m"

    def test_is_cut(self):
        assert excerpt(b"x" * 10_000) == "x" * 299 + "…"
        assert printable("x" * 300, 300) == "x" * 300


class TestParsing:
    def test_gives_what_the_body_holds(self):
        assert parse_json(b'{"a": [1, null, "x"]}') == {"a": [1, None, "x"]}

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[" * 100_000, b"\xff\xfe\x00", b"1" * 5000, b"\xef\xbb\xbf"]
    )
    def test_fails_with_the_projects_own_error(self, body):
        with pytest.raises(DliProtocolError):
            parse_json(body)
