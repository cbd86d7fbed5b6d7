"""What both drivers share: proxies, CA bundles, and what a failure below becomes."""

from __future__ import annotations

import ssl

import pytest
import requests
from urllib3.util.ssl_ import create_urllib3_context

from dli_provider import __version__
from dli_provider.api import errors, transport
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.errors import Outcome
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
        assert transport.choose_ca_bundle(settings()) == requests.adapters.DEFAULT_CA_BUNDLE_PATH
        assert transport.choose_ca_bundle(settings(verify=blank)) == requests.adapters.DEFAULT_CA_BUNDLE_PATH

    @pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_is_that_of_the_environment(self, monkeypatch, name, bundle):
        monkeypatch.setenv(name, f" {bundle} ")
        assert transport.choose_ca_bundle(settings()) == bundle
        assert transport.choose_ca_bundle(settings(verify=" ")) == bundle

    def test_of_the_connection_goes_before_that_of_the_environment(self, monkeypatch, bundle, tmp_path):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        assert transport.choose_ca_bundle(settings(verify=False)) is None
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


class TestRoute:
    def test_is_direct_or_leads_through_a_proxy(self):
        assert transport.Route.of(settings(proxies={}), DLI) == DIRECT
        assert transport.Route.of(settings(proxies={"https": PROXIED.proxy}), DLI) == PROXIED

    def test_shows_the_proxys_host_and_port_alone(self):
        assert str(DIRECT) == "https://dli.example.com"
        assert str(PROXIED) == "https://dli.example.com through the proxy proxy.example.com:3128"
        assert str(transport.Route(PROXIED.origin, f"{PROXIED.proxy}/path?hunter2")) == str(PROXIED)
        assert "hunter2" not in repr(PROXIED)


@pytest.mark.parametrize("route", [DIRECT, PROXIED])
class TestAConnectionError:
    def test_says_where_and_why(self, route):
        error = route.connection_error(TimeoutError("timed out"))
        assert str(error) == f"No answer from {route}: timed out"
        assert error.transient
        assert error.outcome is None

    @pytest.mark.parametrize(("sent", "outcome"), [(True, Outcome.UNKNOWN), (False, Outcome.NOT_SENT)])
    def test_says_what_became_of_a_request_that_must_not_be_made_twice(self, route, sent, outcome):
        mark = transport.SendMark()
        mark.is_set = sent
        assert route.connection_error(TimeoutError(), mark).outcome is outcome

    def test_of_the_proxys_password_does_not_pass(self, route):
        refused = OSError("Tunnel connection failed: 407 Proxy Authentication Required")
        for error in (route.connection_error(refused), route.response_error(407, {}, 0)):
            assert isinstance(error, errors.DliConnectionError)
            assert not error.transient
            assert error.outcome is Outcome.NOT_SENT
            assert str(error) == (
                f"No answer from {route}: the proxy refused the login (HTTP 407). Check the user and "
                "password of the proxy, in the connection's proxies or the environment's"
            )

    def test_of_the_tunnel_may_pass(self, route):
        error = route.connection_error(OSError("Tunnel connection failed: 502 Bad Gateway"))
        assert str(error) == f"No answer from {route}: Tunnel connection failed: 502 Bad Gateway"
        assert error.transient


class TestAnAnswer:
    def test_may_have_any_length_up_to_16_mib(self):
        assert DIRECT.response_error(200, {}, 16 * 2**20) is None
        assert "larger than 16 MiB" in str(DIRECT.response_error(200, {}, 16 * 2**20 + 1))

    @pytest.mark.parametrize("header", ["content-encoding", "transfer-encoding"])
    @pytest.mark.parametrize("encoding", ["gzip", "br", " GZIP ", "zstd", "gzip, gzip", "x" * 5000])
    def test_may_not_be_compressed(self, header, encoding):
        problem = DIRECT.response_error(200, {header: encoding}, 10)
        assert isinstance(problem, errors.DliProtocolError)
        assert len(str(problem)) < 200

    @pytest.mark.parametrize("encoding", ["", "identity", " Identity "])
    def test_may_say_that_it_is_not_compressed(self, encoding):
        assert DIRECT.response_error(200, {"content-encoding": encoding}, 10) is None

    @pytest.mark.parametrize("encoding", ["", "chunked", "Chunked", "identity"])
    def test_may_come_in_chunks(self, encoding):
        assert DIRECT.response_error(200, {"transfer-encoding": encoding}, 10) is None


class TestOwnHeaders:
    def test_name_the_provider_and_ask_for_a_plain_answer(self):
        assert transport.own_headers(settings()) == {
            "Accept-Encoding": "identity",
            "User-Agent": f"airflow-provider-huaweicloud-dli/{__version__}",
        }

    def test_have_what_the_settings_say(self):
        headers = transport.own_headers(settings(language="zh-cn", user_agent="provider/1 airflow/3.3"))
        assert headers["X-Language"] == "zh-cn"
        assert headers["User-Agent"] == "provider/1 airflow/3.3"


@pytest.mark.parametrize("verify", [True, False])
def test_tls_is_of_version_1_2_at_least(verify):
    context = transport.ssl_context(transport.choose_ca_bundle(settings(verify=verify)))
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode is ssl.CERT_REQUIRED) is verify
    assert context.check_hostname is verify


def test_the_authorities_that_requests_brings_are_trusted():
    by_requests = create_urllib3_context()
    by_requests.load_verify_locations(requests.adapters.DEFAULT_CA_BUNDLE_PATH)
    ours = transport.ssl_context(transport.choose_ca_bundle(settings()))
    assert ours.get_ca_certs(binary_form=True) == by_requests.get_ca_certs(binary_form=True)


def test_a_bundle_without_certificates_is_an_error(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(errors.DliSettingsError, match=r"^The CA bundle '.*ca\.pem' can't be read: "):
        transport.ssl_context(str(tmp_path / "ca.pem"))
