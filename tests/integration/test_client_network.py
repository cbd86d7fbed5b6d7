"""The way to DLI: kept connections, proxies, TLS, IPv6, large headers; for both clients."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from new_process import forget_all

from dli_provider.api import errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.client import DliClient
from dli_provider.api.retry import ONE_ATTEMPT
from dli_provider.api.settings import DliSettings, parse_origin
from dli_provider.emulator import DliEmulator

JOB = 104


class Relay(socketserver.ThreadingTCPServer):
    """Passes connections on to a server, with TLS on this side if there is a context; counts them."""

    daemon_threads = allow_reuse_address = True

    def __init__(self, upstream: str, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), socketserver.BaseRequestHandler)
        self.upstream = urlsplit(upstream)
        self.context = context
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        if self.context:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        with request, socket.create_connection((self.upstream.hostname, self.upstream.port)) as upstream:
            pass_on(request, upstream)


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that notes what it is asked for: first lines, and the credentials that came with them."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.asked: list[str] = []
        self.credentials: list[str] = []
        self.refusal = b""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += request.recv(65536)
        first, *headers = head.decode("latin-1").split("\r\n")
        self.asked.append(first)
        self.credentials += [
            line.partition(": ")[2] for line in headers if line.lower().startswith("proxy-authorization:")
        ]
        if self.refusal:
            request.sendall(self.refusal)
            return
        method, target, _ = first.split(" ")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        with socket.create_connection((parts.hostname, parts.port)) as upstream:
            if method == "CONNECT":
                request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = target.partition(parts.netloc)[2]
                upstream.sendall(head.replace(target.encode(), path.encode(), 1))
            pass_on(request, upstream)


def pass_on(one: socket.socket, other: socket.socket) -> None:
    """Pass on what either side sends, until one of them closes."""
    sides = {one: other, other: one}
    while True:
        ready, _, _ = select.select([*sides], [], [])
        for side in ready:
            try:
                data = side.recv(65536)
                sides[side].sendall(data)
            except OSError:
                return
            if not data:
                return


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    forget_all()
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for name in (*names, *map(str.lower, names)):
        monkeypatch.delenv(name, raising=False)
    yield
    forget_all()


@pytest.fixture
def dli() -> Iterator[DliEmulator]:
    with DliEmulator() as emulator:
        emulator.add_job(JOB, [("job_running", None)])
        yield emulator


def settings(dli: DliEmulator, **fields: Any) -> DliSettings:
    own = {
        "endpoint": dli.url,
        "credential": AkSkCredential(dli.access_key, dli.secret_key),
        "region": dli.region,
        "project_id": dli.project_id,
        "iam_endpoint": dli.url,
    }
    return DliSettings(**{**own, **fields})


@pytest.fixture(params=["sync", "async"])
def show(request) -> Callable[..., list[int | None]]:
    """Read the job several times, one after the other, with one client."""

    def sync_show(settings: DliSettings, times: int = 1) -> list[int | None]:
        with DliClient(settings, ONE_ATTEMPT) as client:
            return [client.show_flink_job(JOB).job_id for _ in range(times)]

    def async_show(settings: DliSettings, times: int = 1) -> list[int | None]:
        async def read() -> list[int | None]:
            async with AsyncDliClient(settings, ONE_ATTEMPT) as client:
                return [(await client.show_flink_job(JOB)).job_id for _ in range(times)]

        return asyncio.run(read())

    return sync_show if request.param == "sync" else async_show


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate for 127.0.0.1 that vouches for itself, with its key."""
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def another(tmp_path_factory) -> Path:
    """Another certificate for 127.0.0.1, with another key."""
    return certificate_in(tmp_path_factory.mktemp("another"))


def certificate_in(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path


def name_hash(name: x509.Name) -> int:
    """Return the hash that OpenSSL finds a certificate by in a folder, for a name of one plain attribute."""
    (attribute,) = name
    value = str(attribute.value).lower().encode()
    oid = bytes([6, 3, 0x55, 4, 3])
    inner = oid + bytes([12, len(value)]) + value
    canonical = bytes([0x31, len(inner) + 2, 0x30, len(inner)]) + inner
    return int.from_bytes(hashlib.sha1(canonical).digest()[:4], "little")  # noqa: S324


@pytest.fixture
def secure(dli, certificate) -> Iterator[Relay]:
    """The emulator behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(Relay(dli.url, context)) as relay:
        yield relay


def test_one_connection_serves_many_calls(dli, show):
    with serving(Relay(dli.url)) as relay:
        assert show(settings(dli, endpoint=f"http://127.0.0.1:{relay.port}"), times=30) == [JOB] * 30
        assert relay.connections == 1


def test_one_connection_serves_calls_that_fail(dli, show):
    with serving(Relay(dli.url)) as relay:
        dli.remove_job(JOB)
        endpoint = f"http://127.0.0.1:{relay.port}"
        with DliClient(settings(dli, endpoint=endpoint), ONE_ATTEMPT) as client:
            for _ in range(10):
                with pytest.raises(errors.DliNotFoundError):
                    client.show_flink_job(JOB)
        assert relay.connections == 1


def test_a_kept_connection_that_the_server_closes_is_replaced(dli):
    closed = threading.Event()

    class Answering(socketserver.StreamRequestHandler):
        """Answers one request, as if more were welcome."""

        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            body = b'{"job_detail": {"job_id": 104, "status": "job_running"}}'
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    class Closing(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            closed.set()

    with serving(Closing(("127.0.0.1", 0), Answering)) as server:
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        with DliClient(settings(dli, endpoint=endpoint), ONE_ATTEMPT) as client:
            for _ in range(3):
                assert client.show_flink_job(JOB).job_id == JOB
                assert closed.wait(10)
                closed.clear()


def test_a_closed_client_connects_again(dli):
    client = DliClient(settings(dli), ONE_ATTEMPT)
    for _ in range(2):
        assert client.show_flink_job(JOB).job_id == JOB
        client.close()


class TestProxy:
    @pytest.fixture
    def proxy(self) -> Iterator[Proxy]:
        with serving(Proxy()) as proxy:
            yield proxy

    def test_of_the_connection_is_used(self, dli, show, proxy):
        assert show(settings(dli, proxies={"http": f"http://{proxy.address}"})) == [JOB]
        path = f"/v1.0/{dli.project_id}/streaming/jobs/{JOB}"
        assert proxy.asked == [f"GET {dli.url}{path} HTTP/1.1"]

    @pytest.mark.parametrize("name", ["HTTP_PROXY", "all_proxy"])
    def test_of_the_environment_is_used(self, dli, show, proxy, monkeypatch, name):
        monkeypatch.setenv(name.lower(), proxy.address)
        assert show(settings(dli)) == [JOB]
        assert len(proxy.asked) == 1

    def test_of_the_environment_is_passed_by_for_some_hosts(self, dli, show, proxy, monkeypatch):
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert show(settings(dli)) == [JOB]
        assert proxy.asked == []

    def test_may_want_a_password(self, dli, show, proxy):
        assert show(settings(dli, proxies={"http": f"http://user:p%40ss@{proxy.address}"})) == [JOB]
        assert proxy.credentials == ["Basic " + base64.b64encode(b"user:p@ss").decode()]

    def test_is_a_tunnel_for_tls(self, dli, show, proxy, secure, certificate):
        own = settings(
            dli,
            endpoint=f"https://127.0.0.1:{secure.port}",
            verify=str(certificate),
            proxies={"https": f"http://user:secret@{proxy.address}"},
        )
        assert show(own, times=3) == [JOB] * 3
        assert [line.rpartition(" ")[0] for line in proxy.asked] == [f"CONNECT 127.0.0.1:{secure.port}"]
        assert proxy.credentials == ["Basic " + base64.b64encode(b"user:secret").decode()]

    def test_makes_a_tunnel_to_an_ipv6_address_in_brackets(self, dli, show, proxy, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with serving(Relay(dli.url, context, "::1")) as relay:
            endpoint, proxies = f"https://[::1]:{relay.port}", {"https": f"http://{proxy.address}"}
            assert show(settings(dli, endpoint=endpoint, verify=False, proxies=proxies)) == [JOB]
        assert proxy.asked[0].startswith(f"CONNECT [::1]:{relay.port} HTTP/1.")

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_may_itself_be_reached_by_tls(self, dli, show, proxy, secure, certificate, scheme):
        with serving(Relay(f"http://{proxy.address}", secure.context)) as front:
            endpoint = dli.url if scheme == "http" else f"https://127.0.0.1:{secure.port}"
            proxies = {scheme: f"https://user:secret@127.0.0.1:{front.port}"}
            own = settings(dli, endpoint=endpoint, verify=str(certificate), proxies=proxies)
            assert show(own) == [JOB]
            assert front.connections == 1
        assert proxy.credentials == ["Basic " + base64.b64encode(b"user:secret").decode()]

    def test_is_not_on_the_way_to_the_metadata_service(self, dli, show, proxy):
        agency = settings(
            dli,
            credential=AgencyCredential(dli.url),
            proxies={"http": f"http://{proxy.address}"},
        )
        assert show(agency) == [JOB]
        assert [f"/jobs/{JOB}" in line for line in proxy.asked] == [True]
        assert "metadata_key" in {request.operation for request in dli.requests}

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "https://127.0.0.1:9"], ids=["http", "https"])
    @pytest.mark.parametrize("user", ["user:hunter2@", "hunter2@", ""], ids=["password", "user", "nobody"])
    def test_that_refuses_the_user_is_told_and_does_not_pass(self, dli, show, proxy, endpoint, user):
        proxy.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        with pytest.raises(errors.DliConnectionError) as caught:
            show(settings(dli, endpoint=endpoint, proxies={"all": f"http://{user}{proxy.address}"}))
        assert str(caught.value).endswith(
            f": No answer from {endpoint} through the proxy {proxy.address}: the proxy refused the login "
            "(HTTP 407). Check the user and password of the proxy, in the connection's proxies or the "
            "environment's"
        )
        assert not caught.value.transient

    @pytest.mark.parametrize(
        ("refusal", "told"),
        [
            (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "failed: 502 Bad Gateway"),
            (b"garbage\r\n\r\n", "garbage"),
        ],
        ids=["502", "garbage"],
    )
    def test_that_makes_no_tunnel_is_told_without_its_user(self, dli, show, proxy, refusal, told):
        proxy.refusal = refusal
        own = settings(
            dli, endpoint="https://127.0.0.1:9", proxies={"all": f"http://hunter2@{proxy.address}"}
        )
        way = f"https://127.0.0.1:9 through the proxy {proxy.address}"
        with pytest.raises(errors.DliConnectionError, match=f"No answer from {way}: .*{told}") as caught:
            show(own)
        assert caught.value.transient
        assert "hunter2" not in str(caught.value)

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8", "https://127.0.0.1:8"], ids=["http", "https"])
    @pytest.mark.parametrize("host", ["127.0.0.1:9", "proxy.invalid:9"], ids=["down", "unknown"])
    def test_that_is_not_there_is_told_without_its_user(self, dli, show, endpoint, host):
        own = settings(dli, endpoint=endpoint, proxies={"all": f"http://hunter2:s3cret@{host}"})
        with pytest.raises(errors.DliConnectionError, match=r"refused|failed|not known|resolve") as caught:
            show(own)
        assert caught.value.transient
        assert f"No answer from {endpoint} through the proxy {host}: " in str(caught.value)
        assert not {word for word in ("hunter2", "s3cret") if word in str(caught.value)}

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8", "https://127.0.0.1:8"], ids=["http", "https"])
    @pytest.mark.parametrize("host", ["..", "a" * 70, "a..b", "a b"], ids=["dots", "long", "empty", "blank"])
    def test_whose_host_can_be_none_is_told(self, dli, show, endpoint, host):
        own = settings(dli, endpoint=endpoint, proxies={"all": f"http://hunter2@{host}:3128"})
        with pytest.raises(errors.DliSettingsError, match=f"'{host}:3128', is no URL such as") as caught:
            show(own)
        assert "hunter2" not in str(caught.value)


class TestTls:
    @pytest.fixture
    def https(self, dli, secure) -> Callable[..., DliSettings]:
        return lambda **fields: settings(dli, endpoint=f"https://127.0.0.1:{secure.port}", **fields)

    def test_with_ones_own_bundle(self, https, show, certificate):
        assert show(https(verify=str(certificate)), times=3) == [JOB] * 3

    def test_with_the_bundle_of_the_environment(self, https, show, certificate, monkeypatch):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert show(https()) == [JOB]

    @pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
    def test_with_a_certificate_that_nobody_checks(self, https, show):
        assert show(https(verify=False)) == [JOB]

    def test_with_a_certificate_that_nobody_vouches_for(self, dli, https, show):
        with pytest.raises(
            errors.DliConnectionError, match="is self-signed: set verify to the path"
        ) as caught:
            show(https())
        assert not caught.value.transient
        assert len(dli.requests) == 0

    @pytest.mark.parametrize("bundle", [None, "another"], ids=["the bundle of requests", "a bundle"])
    def test_with_a_certificate_that_only_this_machine_vouches_for(
        self, https, show, certificate, another, monkeypatch, bundle
    ):
        """The system's authorities don't count, nor do they beside those of a bundle: requests has it so."""
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(errors.DliConnectionError, match="is not trusted"):
            show(https(verify=str(another) if bundle else True))

    def test_with_a_folder_of_bundles(self, https, show, certificate, tmp_path):
        subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
        (tmp_path / f"{name_hash(subject):08x}.0").write_bytes(certificate.read_bytes())
        assert show(https(verify=str(tmp_path))) == [JOB]

    @pytest.mark.parametrize("blank", ["", " "])
    def test_with_a_blank_for_a_bundle_is_checked(self, dli, https, show, monkeypatch, blank):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", blank)
        with pytest.raises(errors.DliConnectionError, match="is not trusted"):
            show(https(verify=blank))
        assert len(dli.requests) == 0

    def test_with_a_certificate_of_another_host(self, dli, https, show, secure, certificate):
        other = settings(dli, endpoint=f"https://localhost:{secure.port}", verify=str(certificate))
        with pytest.raises(errors.DliConnectionError, match="is another host's: check host") as caught:
            show(other)
        assert not caught.value.transient
        assert len(dli.requests) == 0

    def test_with_a_bundle_that_is_none(self, https, show, tmp_path):
        bundle = tmp_path / "ca.pem"
        bundle.write_text("no certificate")
        with pytest.raises(errors.DliSettingsError, match=r"The CA bundle '.*ca\.pem' can't be read"):
            show(https(verify=str(bundle)))

    def test_with_an_empty_bundle(self, https, show, tmp_path):
        with pytest.raises(errors.DliSettingsError, match=r"verify: the CA bundle '.*' is empty"):
            show(https(verify=str(tmp_path)))

    def test_with_a_bundle_of_the_environment_that_is_missing(self, https, show, monkeypatch):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such.pem")
        with pytest.raises(
            errors.DliSettingsError, match=r"REQUESTS_CA_BUNDLE: there is no CA bundle '/no/such\.pem'"
        ):
            show(https())

    def test_where_there_is_none(self, dli, show):
        with pytest.raises(errors.DliConnectionError):
            show(settings(dli, endpoint=dli.url.replace("http", "https")))

    def test_missed_where_it_is_wanted(self, dli, show, secure):
        with pytest.raises(errors.DliConnectionError):
            show(settings(dli, endpoint=f"http://127.0.0.1:{secure.port}"))


def test_plain_http_to_another_machine_is_refused():
    with pytest.raises(ValueError, match="is plain http to another machine"):
        parse_origin("http://dli.example.com")


@pytest.mark.parametrize("host", ["::1", "localhost"])
def test_other_names_of_this_machine(dli, show, host):
    try:
        relay = Relay(dli.url, host=host)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving(relay):
        shown = f"[{host}]" if ":" in host else host
        assert show(settings(dli, endpoint=parse_origin(f"http://{shown}:{relay.port}"))) == [JOB]


def test_a_host_that_does_not_exist(dli, show):
    with pytest.raises(errors.DliConnectionError) as caught:
        show(settings(dli, endpoint="https://dli.nowhere.invalid"))
    assert caught.value.transient
    assert "No answer from https://dli.nowhere.invalid: the host's name can't be resolved (" in str(
        caught.value
    )


def test_a_port_where_nobody_listens(dli, show):
    with pytest.raises(
        errors.DliConnectionError, match=r"No answer from http://127\.0\.0\.1:9: connection refused"
    ):
        show(settings(dli, endpoint="http://127.0.0.1:9"))


def test_a_token_of_twenty_kilobytes(dli, show):
    """As IAM gives one to a user with many permissions."""
    token = "MII" + "x" * 20_000
    expires_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    sent: list[str] = []

    class Iam(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while first := self.rfile.readline().decode():
                headers = {}
                while (line := self.rfile.readline().decode().strip()) != "":
                    name, _, value = line.partition(": ")
                    headers[name.lower()] = value
                self.rfile.read(int(headers.get("content-length", 0)))
                sent.append(headers.get("x-auth-token", ""))
                body = f'{{"token": {{"expires_at": "{expires_at}"}}}}'
                if "/streaming/" in first:
                    body = f'{{"job_detail": {{"job_id": {JOB}}}}}'
                head = (
                    f"HTTP/1.1 201 Created\r\nX-Subject-Token: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                self.wfile.write((head + body).encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Iam)
    server.daemon_threads = True
    with serving(server):
        origin = f"http://127.0.0.1:{server.server_address[1]}"
        user = PasswordCredential("user", "password", "account", origin, project_id="p1")
        own = settings(dli, credential=user, endpoint=origin, project_id="p1")
        assert show(own) == [JOB]
    assert sent == ["", token]
