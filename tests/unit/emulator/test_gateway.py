"""Who the gateway lets pass, what it says to others, and what it forgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dli_provider.api.auth import signing
from dli_provider.emulator.http.messages import RefusalError, Request
from dli_provider.emulator.services.gateway import AccessKey, IssuedToken

PATH = "/v1.0/p/streaming/jobs/104"


def request(clock, key="AK", secret="SK", *, signed_at=None, **headers: str) -> Request:  # noqa: S107
    """Return a signed request; further headers are signed too, and written with ``_`` for ``-``."""
    sent = signed_at or datetime.fromtimestamp(clock.server_time(), UTC)
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    own |= {"x-sdk-date": sent.strftime(signing.DATE_FORMAT)}
    proof = signing.authorization(key, secret, method="GET", path=PATH, query=(), headers=own)
    sent_headers = Headers({**own, "authorization": proof})
    return Request("GET", PATH, {}, sent_headers, b"", {"project_id": "p", "job_id": "104"}, "request-id")


class Headers(dict):
    """Headers, whose names may be in any case."""

    def get(self, name: str, default=None):
        return super().get(name.lower(), default)


@pytest.fixture
def gateway(dli):
    dli.gateway.keys["AK"] = AccessKey("SK")
    return dli.gateway


def refusal(gateway, request: Request, project_id: str = "p") -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        gateway.verify(request, project_id)
    return caught.value


REFUSED = "Incorrect IAM authentication information: "


def test_a_wrong_secret_is_told_the_canonical_request(gateway, clock):
    said = refusal(gateway, request(clock, secret="wrong", x_security_token="s3cret"))
    assert (said.status, said.code) == (401, "APIG.0301")
    assert said.message.startswith(
        f"{REFUSED}verify aksk signature fail, canonicalRequest:GET|{PATH}/||"
        "x-sdk-date:20231114T221320Z|x-security-token:s3cret||x-sdk-date;x-security-token|e3b0c442"
    )


def test_a_key_that_nobody_has_is_named(gateway, clock):
    said = refusal(gateway, request(clock, key="NOBODY"))
    assert said.message == f"{REFUSED}Get secretKey failed,ak:NOBODY,err:ak not exist"


def test_an_old_signature_is_told_both_times(gateway, clock):
    then = datetime.fromtimestamp(clock.server_time(), UTC) - timedelta(minutes=16)
    said = refusal(gateway, request(clock, signed_at=then))
    assert said.message == (
        f"{REFUSED}calc aksk signature fail:signature expired, "
        "signature time:20231114T215720Z,server time:20231114T221320Z"
    )


def test_a_key_is_locked_by_its_sixth_wrong_signature_for_five_minutes(gateway, clock):
    for _ in range(6):
        assert "verify aksk signature fail" in str(refusal(gateway, request(clock, secret="wrong")))
    assert gateway.locked
    assert str(refusal(gateway, request(clock))) == f"{REFUSED}AK access failed to reach the limit,forbidden."
    clock.advance(300)
    gateway.verify(request(clock), "p")
    assert not gateway.locked


def test_another_system_can_lock_the_key(dli):
    dli.lock_key(60)
    assert dli.locked
    dli.advance(60)
    assert not dli.locked


def test_a_security_token_beside_a_key_that_has_none_is_refused(gateway, clock):
    said = refusal(gateway, request(clock, x_security_token="of another key"))
    assert "the security token is missing or wrong" in said.message


def test_a_temporary_key_is_good_with_its_own_token_until_it_expires(gateway, clock):
    gateway.keys["TMP"] = AccessKey("SK", "its token", clock.time() + 60)
    gateway.verify(request(clock, "TMP", x_security_token="its token"), "p")
    for headers in ({}, {"x_security_token": "another"}):
        assert "missing or wrong" in str(refusal(gateway, request(clock, "TMP", **headers)))
    clock.advance(60)
    assert "expired" in str(refusal(gateway, request(clock, "TMP", x_security_token="its token")))


def with_token(token: str) -> Request:
    return Request("GET", PATH, {}, {"X-Auth-Token": token}, b"", {}, "request-id")


def test_a_token_that_is_no_longer_good_must_be_renewed_and_nonsense_can_not_be_decrypted(gateway, clock):
    gateway.add_token("MIIgood", IssuedToken(clock.time() + 60, "p"))
    gateway.verify(with_token("MIIgood"), "p")
    for token, project_id in (("MIIgood", "another"), ("MIIrevoked", "p")):
        assert refusal(gateway, with_token(token), project_id).code == "APIG.0307"
    said = refusal(gateway, with_token("nonsense"))
    assert (said.code, said.message) == ("APIG.0301", f"{REFUSED}decrypt token fail")
    clock.advance(60)
    assert refusal(gateway, with_token("MIIgood")).code == "APIG.0307"


def test_the_table_of_tokens_does_not_grow_without_bound(gateway, clock):
    for number in range(10):
        gateway.add_token(f"MIIold{number}", IssuedToken(clock.time() + 60, "p"))
    clock.advance(60)
    for number in range(10_001):
        gateway.add_token(f"MII{number}", IssuedToken(clock.time() + 60, "p"))
    assert len(gateway.tokens) == 10_000
    gateway.verify(with_token("MII10000"), "p")


def test_the_repr_of_a_key_hides_its_secrets():
    shown = repr(AccessKey("s3cret", "t0ken"))
    assert "s3cret" not in shown
    assert "t0ken" not in shown
