"""What both drivers share: proxies, CA bundles, and what a failure below becomes."""

from __future__ import annotations

import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ProxyError
from urllib3.util.ssl_ import create_urllib3_context

from dli_provider.api import errors, transport
from dli_provider.api.connections import ssl_context as _ssl_context
from dli_provider.api.auth.credentials import AkSkCredential
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
        assert transport.choose_proxy(settings(), DLI) is None

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
    def test_is_that_of_the_environment(self, monkeypatch, name):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
        assert transport.choose_proxy(settings(), DLI) == "http://proxy.example.com:3128"

    @pytest.mark.parametrize("hosts", ["dli.example.com", ".example.com", "*", "other,example.com"])
    def test_is_passed_by_where_the_environment_says_so(self, monkeypatch, hosts):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
        monkeypatch.setenv("NO_PROXY", hosts)
        assert transport.choose_proxy(settings(), DLI) is None

    def test_of_the_connection_goes_before_that_of_the_environment(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
        own = settings(proxies={"https": "http://own.example.com:3128"})
        assert transport.choose_proxy(own, DLI) == "http://own.example.com:3128"
        assert transport.choose_proxy(own, LOCAL) is None
        assert transport.choose_proxy(settings(proxies={}), DLI) is None

    def test_may_be_chosen_by_host(self):
        proxies = {"https://dli.example.com": "http://a:1", "https": "http://b:2", "all": "http://c:3"}
        own = settings(proxies=proxies)
        iam = Request("GET", "https://iam.example.com", "/v3/projects")
        assert [transport.choose_proxy(own, request) for request in (DLI, iam, LOCAL)] == [
            *("http://a:1", "http://b:2", "http://c:3"),
        ]

    def test_is_never_on_the_way_to_the_metadata_service(self, monkeypatch):
        monkeypatch.setenv("ALL_PROXY", "http://proxy.example.com:3128")
        assert transport.choose_proxy(settings(), METADATA) is None
        assert transport.choose_proxy(settings(proxies={"all": "http://own.example.com"}), METADATA) is None

    @pytest.mark.parametrize(
        ("given", "proxy"),
        [
            ("proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("https://proxy.example.com", "https://proxy.example.com"),
            ("http://user:hunter2@[::1]:3128", "http://user:hunter2@[::1]:3128"),
            ("user:hunter2@proxy.example.com", "http://user:hunter2@proxy.example.com"),
            (" http://proxy.example.com:3128\n", "http://proxy.example.com:3128"),
            ("http://p%C3%BC:%3A@proxy.münchen.example", "http://p%C3%BC:%3A@proxy.münchen.example"),
        ],
    )
    def test_is_a_url(self, given, proxy):
        assert transport.choose_proxy(settings(proxies={"https": given}), DLI) == proxy

    @pytest.mark.parametrize(
        "proxy",
        [
            *("socks5://user:hunter2@proxy.example.com", "http://user:hunter2@proxy.example.com:port"),
            *("http://", "http://user:hunter2@", "http://user:hunter2@[::1", "ftp://proxy.example.com"),
            *("http://user:hunter2@..:3128", f"http://hunter2@{'a' * 70}:3128", "http://hunter2@a..b"),
            *("http://hunter2@proxy example.com", "http://hunter2@proxy.example.com:70000"),
        ],
    )
    def test_that_can_not_be_used_is_an_error_without_its_password(self, proxy):
        with pytest.raises(errors.DliSettingsError, match="is no URL such as http://proxy") as caught:
            transport.choose_proxy(settings(proxies={"https": proxy}), DLI)
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("user", ["hunter2:密", "hunter2:%E5%AF%86", "密:hunter2", "a%3Ahunter2:b"])
    def test_takes_no_user_or_password_that_can_not_be_sent(self, user):
        with pytest.raises(errors.DliSettingsError) as caught:
            transport.choose_proxy(settings(proxies={"https": f"http://{user}@proxy.example.com:3128"}), DLI)
        assert str(caught.value) == (
            "The proxy for https://dli.example.com, 'proxy.example.com:3128', has a user or password that "
            "can't be sent: it must be Latin-1, the user without a colon"
        )


class TestCaBundle:
    @pytest.fixture
    def bundle(self, tmp_path) -> str:
        path = tmp_path / "environment" / "ca.pem"
        path.parent.mkdir()
        path.write_text("-----BEGIN CERTIFICATE-----")
        return str(path)

    @pytest.mark.parametrize("blank", ["", " \n"])
    def test_is_that_of_requests_unless_somebody_names_one(self, monkeypatch, blank):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", blank)
        monkeypatch.setenv("CURL_CA_BUNDLE", blank)
        assert transport.choose_ca_bundle(settings()) is True
        assert transport.choose_ca_bundle(settings(verify=blank)) is True

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_is_that_of_the_environment(self, monkeypatch, name, bundle):
        monkeypatch.setenv(name, f" {bundle} ")
        assert transport.choose_ca_bundle(settings()) == bundle
        assert transport.choose_ca_bundle(settings(verify=" ")) == bundle

    def test_of_the_connection_goes_before_that_of_the_environment(self, monkeypatch, bundle, tmp_path):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        assert transport.choose_ca_bundle(settings(verify=False)) is False
        own = tmp_path / "own.pem"
        own.write_text("-----BEGIN CERTIFICATE-----")
        assert transport.choose_ca_bundle(settings(verify=f"{own} ")) == str(own)

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    @pytest.mark.parametrize(
        ("path", "problem"), [("missing.pem", "there is no CA bundle"), ("", "the CA bundle '.*' is empty")]
    )
    def test_that_is_none_is_an_error(self, monkeypatch, tmp_path, name, path, problem):
        monkeypatch.setenv(name, str(tmp_path / path))
        with pytest.raises(errors.DliSettingsError, match=f"^{name}: {problem}"):
            transport.choose_ca_bundle(settings())
        monkeypatch.delenv(name)
        with pytest.raises(errors.DliSettingsError, match=f"^verify: {problem}"):
            transport.choose_ca_bundle(settings(verify=str(tmp_path / path)))


DIRECT = transport.Route("https://dli.example.com")
PROXIED = transport.Route("https://dli.example.com", "http://user:hunter2@proxy.example.com:3128")


class TestWay:
    def test_is_direct_or_leads_through_a_proxy(self):
        assert transport.Route.of(settings(proxies={}), DLI) == DIRECT
        assert transport.Route.of(settings(proxies={"https": PROXIED.proxy}), DLI) == PROXIED

    def test_shows_the_proxys_host_and_port_alone(self):
        assert str(DIRECT) == "https://dli.example.com"
        assert str(PROXIED) == "https://dli.example.com by way of the proxy proxy.example.com:3128"
        assert str(transport.Route(PROXIED.origin, f"{PROXIED.proxy}/path?hunter2")) == str(PROXIED)
        assert "hunter2" not in repr(PROXIED)


class TestFailure:
    @pytest.mark.parametrize("way", [DIRECT, PROXIED])
    def test_says_where_and_why(self, way):
        error = way.failure(TimeoutError("timed out"))
        assert str(error) == f"No answer from {way}: timed out"
        assert error.transient

    def test_without_a_text_is_named(self):
        assert str(DIRECT.failure(TimeoutError())).endswith(": TimeoutError")

    def test_says_what_lies_at_the_bottom_of_it(self):
        reason = NewConnectionError(None, "Connection refused")  # type: ignore[arg-type]
        error = requests.ConnectionError(MaxRetryError(None, "/v1.0/" + "x" * 1000, reason))  # type: ignore[arg-type]
        assert str(DIRECT.failure(error)) == f"No answer from {DIRECT}: None: Connection refused"

    def test_says_what_lies_at_the_bottom_of_it_when_the_proxy_is_down(self):
        reason = ProxyError("Unable to connect to proxy", ConnectionRefusedError(111, "Connection refused"))
        told = str(PROXIED.failure(requests.exceptions.ProxyError(MaxRetryError(None, "/v1.0", reason))))  # type: ignore[arg-type]
        assert told == f"No answer from {PROXIED}: [Errno 111] Connection refused"

    def test_of_the_certificate_does_not_pass(self):
        error = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
        told = PROXIED.failure(error)
        assert "set verify to the path of its CA bundle" in str(told)
        assert not told.transient

    @pytest.mark.parametrize("user", ["user:hunter2", "hunter2", "hunter2:", ":hunter2", "h'unter2@hunter2"])
    def test_is_told_in_brief_and_without_credentials(self, user):
        error = ProtocolError(f"'http://{user}@proxy.example.com:3128' refused\n" + "x" * 5000)
        told = str(DIRECT.failure(error))
        assert "unter2" not in told
        assert "'http://proxy.example.com:3128' refused" in told
        assert len(told) < 400
        assert told.isprintable()

    @pytest.mark.parametrize("way", [PROXIED, DIRECT])
    def test_of_the_proxys_password_does_not_pass(self, way):
        reason = ProxyError("Unable to connect to proxy", OSError("Tunnel connection failed: 407 Proxy"))
        error = requests.exceptions.ProxyError(MaxRetryError(None, "/v1.0", reason))  # type: ignore[arg-type]
        for told in (way.failure(error), way.problem(407, {}, 0)):
            assert isinstance(told, errors.DliConnectionError)
            assert not told.transient
            assert str(told) == (
                f"No answer from {way}: the proxy refused the login (HTTP 407). Check the user and password "
                "of the proxy, in the connection's proxies or the environment's"
            )

    def test_of_the_tunnel_may_pass(self):
        told = PROXIED.failure(OSError("Tunnel connection failed: 502 Bad Gateway"))
        assert str(told) == f"No answer from {PROXIED}: Tunnel connection failed: 502 Bad Gateway"
        assert told.transient


class TestAnswer:
    def test_may_have_any_length_up_to_16_mib(self):
        assert DIRECT.problem(200, {}, 16 * 2**20) is None
        assert "larger than 16 MiB" in str(DIRECT.problem(200, {}, 16 * 2**20 + 1))

    @pytest.mark.parametrize("encoding", ["gzip", "br", " GZIP ", "zstd", "gzip, gzip", "x" * 5000])
    def test_may_not_be_compressed(self, encoding):
        problem = DIRECT.problem(200, {"content-encoding": encoding}, 10)
        assert isinstance(problem, errors.DliProtocolError)
        assert len(str(problem)) < 200

    @pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
    def test_may_say_that_it_is_not_compressed(self, encoding):
        assert DIRECT.problem(200, {"content-encoding": encoding}, 10) is None


def test_tls_of_the_blocking_client_is_of_version_1_2_at_least():
    assert create_urllib3_context().minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("verify", [True, False])
def test_tls_is_of_version_1_2_at_least(verify):
    context = _ssl_context(verify)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode is ssl.CERT_REQUIRED) is verify
    assert context.check_hostname is verify


def test_both_clients_trust_the_authorities_that_requests_brings():
    by_requests = create_urllib3_context()
    by_requests.load_verify_locations(requests.adapters.DEFAULT_CA_BUNDLE_PATH)
    assert _ssl_context(True).get_ca_certs(binary_form=True) == by_requests.get_ca_certs(binary_form=True)
