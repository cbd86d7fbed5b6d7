"""What both drivers share: proxies, CA bundles, and what a failure below becomes."""

from __future__ import annotations

import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError
from urllib3.util.ssl_ import create_urllib3_context

from dli_provider.api import errors, transport
from dli_provider.api.aio import _ssl_context
from dli_provider.api.credentials import AkSkCredential
from dli_provider.api.messages import Request
from dli_provider.api.settings import DliSettings

DLI = Request("GET", "https://dli.example.com", "/v1.0/p/streaming/jobs")
LOCAL = Request("GET", "http://127.0.0.1:8790", "/v1.0/p/streaming/jobs")
METADATA = Request("GET", "http://169.254.169.254", "/openstack/latest/securitykey", link_local=True)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for name in (*names, *map(str.lower, names)):
        monkeypatch.delenv(name, raising=False)


def settings(**fields) -> DliSettings:
    return DliSettings(
        **{"endpoint": "https://dli.example.com", "credential": AkSkCredential("AK", "SK"), **fields}
    )


class TestProxy:
    def test_is_none_unless_somebody_names_one(self):
        assert transport.proxy_of(settings(), DLI) is None

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
    def test_is_that_of_the_environment(self, monkeypatch, name):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
        assert transport.proxy_of(settings(), DLI) == "http://proxy.example.com:3128"

    @pytest.mark.parametrize("hosts", ["dli.example.com", ".example.com", "*", "other,example.com"])
    def test_is_passed_by_where_the_environment_says_so(self, monkeypatch, hosts):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
        monkeypatch.setenv("NO_PROXY", hosts)
        assert transport.proxy_of(settings(), DLI) is None

    def test_of_the_connection_goes_before_that_of_the_environment(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
        own = settings(proxies={"https": "http://own.example.com:3128"})
        assert transport.proxy_of(own, DLI) == "http://own.example.com:3128"
        assert transport.proxy_of(own, LOCAL) is None
        assert transport.proxy_of(settings(proxies={}), DLI) is None

    def test_may_be_chosen_by_host(self):
        proxies = {"https://dli.example.com": "http://a:1", "https": "http://b:2", "all": "http://c:3"}
        own = settings(proxies=proxies)
        iam = Request("GET", "https://iam.example.com", "/v3/projects")
        assert [transport.proxy_of(own, request) for request in (DLI, iam, LOCAL)] == [
            *("http://a:1", "http://b:2", "http://c:3"),
        ]

    def test_is_never_on_the_way_to_the_metadata_service(self, monkeypatch):
        monkeypatch.setenv("ALL_PROXY", "http://proxy.example.com:3128")
        assert transport.proxy_of(settings(), METADATA) is None
        assert transport.proxy_of(settings(proxies={"all": "http://own.example.com"}), METADATA) is None

    @pytest.mark.parametrize(
        ("given", "proxy"),
        [
            ("proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("https://proxy.example.com", "https://proxy.example.com"),
            ("http://user:hunter2@[::1]:3128", "http://user:hunter2@[::1]:3128"),
            ("user:hunter2@proxy.example.com", "http://user:hunter2@proxy.example.com"),
        ],
    )
    def test_is_a_url(self, given, proxy):
        assert transport.proxy_of(settings(proxies={"https": given}), DLI) == proxy

    @pytest.mark.parametrize(
        "proxy",
        [
            *("socks5://user:hunter2@proxy.example.com", "http://user:hunter2@proxy.example.com:port"),
            *("http://", "http://user:hunter2@", "http://user:hunter2@[::1", "ftp://proxy.example.com"),
        ],
    )
    def test_that_can_not_be_used_is_an_error_without_its_password(self, proxy):
        with pytest.raises(errors.DliSettingsError, match="is no URL such as http://proxy") as caught:
            transport.proxy_of(settings(proxies={"https": proxy}), DLI)
        assert "hunter2" not in str(caught.value)


class TestCaBundle:
    def test_is_the_systems_unless_somebody_names_one(self):
        assert transport.ca_bundle_of(settings()) is True

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_is_that_of_the_environment(self, monkeypatch, name, tmp_path):
        monkeypatch.setenv(name, str(tmp_path))
        assert transport.ca_bundle_of(settings()) == str(tmp_path)

    def test_of_the_connection_goes_before_that_of_the_environment(self, monkeypatch, tmp_path):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
        assert transport.ca_bundle_of(settings(verify=False)) is False
        own = tmp_path / "own.pem"
        own.touch()
        assert transport.ca_bundle_of(settings(verify=str(own))) == str(own)

    def test_that_is_missing_is_an_error(self, monkeypatch, tmp_path):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with pytest.raises(errors.DliSettingsError, match=r"There is no CA bundle '.*missing\.pem'"):
            transport.ca_bundle_of(settings())


class TestFailure:
    def test_says_where_and_why(self):
        error = transport.connection_error(DLI, TimeoutError("timed out"))
        assert str(error) == "No answer from https://dli.example.com: timed out"
        assert error.transient

    def test_without_a_text_is_named(self):
        assert str(transport.connection_error(DLI, TimeoutError())).endswith(": TimeoutError")

    def test_says_what_lies_at_the_bottom_of_it(self):
        reason = NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]
        error = requests.ConnectionError(MaxRetryError(None, "/v1.0/" + "x" * 1000, reason))  # type: ignore[arg-type]
        assert "Connection refused" in str(transport.connection_error(DLI, error))

    def test_of_the_certificate_does_not_pass(self):
        error = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
        told = transport.connection_error(DLI, error)
        assert "set verify to the path of its CA bundle" in str(told)
        assert not told.transient

    def test_is_told_in_brief_and_without_credentials(self):
        error = ProtocolError("http://user:hunter2@proxy.example.com refused\n" + "x" * 5000)
        told = str(transport.connection_error(DLI, error))
        assert "hunter2" not in told
        assert len(told) < 400
        assert told.isprintable()


class TestAnswer:
    def test_may_have_any_length_up_to_16_mib(self):
        assert transport.problem_of({}, 16 * 2**20) is None
        assert "larger than 16 MiB" in str(transport.problem_of({}, 16 * 2**20 + 1))

    @pytest.mark.parametrize("encoding", ["gzip", "br", " GZIP ", "zstd", "gzip, gzip", "x" * 5000])
    def test_may_not_be_compressed(self, encoding):
        problem = transport.problem_of({"content-encoding": encoding}, 10)
        assert isinstance(problem, errors.DliProtocolError)
        assert len(str(problem)) < 200

    @pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
    def test_may_say_that_it_is_not_compressed(self, encoding):
        assert transport.problem_of({"content-encoding": encoding}, 10) is None


def test_tls_of_the_blocking_client_is_of_version_1_2_at_least():
    assert create_urllib3_context().minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("verify", [True, False])
def test_tls_is_of_version_1_2_at_least(verify):
    context = _ssl_context(verify)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode is ssl.CERT_REQUIRED) is verify
    assert context.check_hostname is verify
