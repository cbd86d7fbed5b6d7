"""Endpoints and limits: what is accepted, and that a refusal repeats no password."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.errors import DliSettingsError
from dli_provider.api.settings import DliSettings, check_ca_bundle, is_loopback, parse_origin

CREDENTIAL = AkSkCredential("AK", "s3cret", "t0ken")


def settings(**fields) -> DliSettings:
    return DliSettings(**{"endpoint": "https://dli.example.com", "credential": CREDENTIAL, **fields})


class TestOrigin:
    @pytest.mark.parametrize(
        ("endpoint", "origin"),
        [
            ("https://dli.cn-north-4.myhuaweicloud.com", "https://dli.cn-north-4.myhuaweicloud.com"),
            ("dli.cn-north-4.myhuaweicloud.com", "https://dli.cn-north-4.myhuaweicloud.com"),
            ("  https://dli.example.com/ \n", "https://dli.example.com"),
            ("HTTPS://DLI.Example.COM:443", "https://dli.example.com"),
            ("dli.example.com:8443", "https://dli.example.com:8443"),
            ("http://127.0.0.1:8790", "http://127.0.0.1:8790"),
            ("http://127.8.9.10", "http://127.8.9.10"),
            ("http://localhost:80/", "http://localhost"),
            ("http://dli.localhost:8790", "http://dli.localhost:8790"),
            ("http://[::1]:8790", "http://[::1]:8790"),
            ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
            ("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443"),
            ("https://dli.münchen.example", "https://dli.xn--mnchen-3ya.example"),
            ("https://under_score.example", "https://under_score.example"),
        ],
    )
    def test_is_scheme_host_and_port(self, endpoint, origin):
        assert parse_origin(endpoint) == origin
        assert parse_origin(origin) == origin

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("", " ", "https://", "https:///path", "://", "ftp://dli.example.com", "file:///etc/passwd"),
            *("https://dli..example.com", "https://" + "a" * 64 + ".example.com", "https://dli.exa mple.com"),
            *("https://dli.example.com:port", "https://dli.example.com:70000", "https://[::1", "https://::1"),
            *("https://[dli.example.com]", "https://dli\n.example.com", "javascript:alert(1)"),
        ],
    )
    def test_is_no_url(self, endpoint):
        with pytest.raises(ValueError, match=r"is no URL such as https://dli\.cn-north-4"):
            parse_origin(endpoint)

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("https://dli.example.com/v1.0", "https://dli.example.com//", "https://dli.example.com?a=b"),
            *("https://dli.example.com#x", "dli.example.com/v1.0/project", "https://@dli.example.com"),
        ],
    )
    def test_is_nothing_more(self, endpoint):
        with pytest.raises(ValueError, match="must be a scheme, a host and perhaps a port, and nothing more"):
            parse_origin(endpoint)

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("https://user:hunter2@dli.example.com", "user:hunter2@dli.example.com"),
            *("https://user:hunter2@[::1", "https://user:hunt/er2@dli.example.com"),
            *("https://user:hunter2@dli.example.com:port", "http://user:hunter2@dli.example.com"),
            *("https://user:hunter2#@dli.example.com/path", "https://hunter2@dli.example.com"),
            "https://user:hun\u2100ter2@dli.example.com",
        ],
    )
    def test_has_no_password_and_a_refusal_does_not_repeat_it(self, endpoint):
        with pytest.raises(ValueError, match=r"dli\.example\.com|::1") as caught:
            parse_origin(endpoint)
        assert "hun" not in str(caught.value)
        assert "user" not in str(caught.value).replace("such as", "")
        assert caught.value.__cause__ is None

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("http://dli.example.com", "http://10.0.0.1:8790", "http://[2001:db8::1]", "http://0.0.0.0"),
            *("http://localhost.example.com", "http://127.0.0.1.example.com", "http://notlocalhost"),
        ],
    )
    def test_is_not_plain_http_to_another_machine(self, endpoint):
        with pytest.raises(ValueError, match="is plain http to another machine: use https, or set extra"):
            parse_origin(endpoint)
        assert parse_origin(endpoint, allow_http=True) == endpoint

    @given(st.text(max_size=200))
    @example("\u00b8")
    def test_is_found_or_refused_whatever_the_text(self, text):
        with suppress(ValueError):
            origin = parse_origin(text)
            assert origin.startswith(("https://", "http://"))
            assert parse_origin(origin, allow_http=True) == origin


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        *(("localhost", True), ("a.localhost", True), ("127.0.0.1", True), ("127.255.255.254", True)),
        *(("::1", True), ("128.0.0.1", False), ("::", False), ("0.0.0.0", False)),  # noqa: S104
        *(("localhost.example.com", False), ("alocalhost", False), ("", False)),
    ],
)
def test_this_very_machine(host, loopback):
    assert is_loopback(host) is loopback


class TestLimits:
    @pytest.mark.parametrize("name", ["connect_timeout", "read_timeout"])
    @pytest.mark.parametrize("seconds", [0, -1, 3601, float("inf"), float("nan")])
    def test_a_timeout_lies_between_nothing_and_an_hour(self, name, seconds):
        with pytest.raises(ValueError, match=f"^{name} must be more than 0 and at most 3600 seconds$"):
            settings(**{name: seconds})
        assert settings(**{name: 3600})

    @pytest.mark.parametrize("project_id", ["", "a/b", "..", "p?x", "p%2F", "x" * 65, "p\n"])
    def test_a_project_can_not_change_the_path(self, project_id):
        with pytest.raises(ValueError, match="project_id must be 1 to 64 letters and digits"):
            settings(project_id=project_id)


class TestBundle:
    @pytest.fixture
    def folder(self, tmp_path) -> Path:
        (tmp_path / "folder").mkdir()
        return tmp_path / "folder"

    def test_is_a_file_or_a_folder_with_something_in_it(self, folder):
        bundle = folder / "ca.pem"
        bundle.write_text("-----BEGIN CERTIFICATE-----")
        assert check_ca_bundle(str(bundle)) == str(bundle)
        assert check_ca_bundle(str(folder)) == str(folder)

    def test_is_not_missing(self, folder):
        with pytest.raises(ValueError, match=r"^there is no CA bundle '.*ca\.pem'$"):
            check_ca_bundle(str(folder / "ca.pem"))

    def test_is_no_pipe_that_could_be_read_for_ever(self, folder):
        os.mkfifo(folder / "ca.pem")
        with pytest.raises(ValueError, match=r"^there is no CA bundle '.*ca\.pem'$"):
            check_ca_bundle(str(folder / "ca.pem"))

    @pytest.mark.parametrize("name", ["", "ca.pem"], ids=["folder", "file"])
    def test_is_not_empty(self, folder, name):
        if name:
            (folder / name).touch()
        with pytest.raises(ValueError, match=r"^the CA bundle '.*' is empty$"):
            check_ca_bundle(str(folder / name))

    @pytest.mark.parametrize("name", ["", "ca.pem"], ids=["folder", "file"])
    def test_can_be_read(self, folder, name, monkeypatch):
        (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----")
        refusal = Mock(side_effect=PermissionError(errno.EACCES, "Permission denied"))
        for way in ("open", "iterdir"):
            monkeypatch.setattr(Path, way, refusal)
        with pytest.raises(ValueError, match=r"^the CA bundle '.*' can't be read: Permission denied$"):
            check_ca_bundle(str(folder / name))

    def test_is_a_path_and_not_its_content(self):
        with pytest.raises(ValueError, match=r"^the CA bundle '-----BEGIN .*can't be read: File name too l"):
            check_ca_bundle("-----BEGIN CERTIFICATE-----\n" + "x" * 5000)


class TestConsole:
    def test_is_a_page_with_the_job_in_it(self):
        page = settings(
            console_url="https://c.example.com/{region}/{project_id}/{job_id}", region="r", project_id="p"
        )
        assert page.console_address(7) == "https://c.example.com/r/p/7"

    def test_may_be_unknown(self):
        assert settings().console_address(7) is None

    def test_may_name_what_is_not_set(self):
        page = settings(console_url="https://c.example.com/?r={region}&p={project_id}#{job_id}")
        assert page.console_address(7) == "https://c.example.com/?r=&p=#7"

    @pytest.mark.parametrize(
        "url",
        [
            *("javascript:alert(1)", "c.example.com", "https://c/{unknown}", "https://c/{", "https://c/{}"),
            *("https://c/{region.nothing}", "https://c/{region[0]}", "https://c/{job_id:x}{job_id:z}"),
            *("https://[::1", "https:///x", "https://", "https://u:p@h/", "https://u@h/", "https://h:port/"),
            *("https://c/{job_id.__class__}", "https://c/{job_id:>1000000000}", "https://c/{job_id!r}"),
            *(
                "https://h\\@evil.example.com/",
                "https://h/a b",
                "https://h/\n",
                "https://h/\x1b[31m",
                "//h/x",
            ),
            *("https://h/<script>", "https://h/" + "x" * 2000, "data:text/html,x", "https://{job_id}@h/"),
        ],
    )
    def test_must_be_an_address(self, url):
        with pytest.raises(
            DliSettingsError, match=r"^console_url must be an http or https address"
        ) as caught:
            settings(console_url=url, region="r", project_id="p")
        assert "u:p" not in str(caught.value)

    def test_encodes_what_is_put_in(self):
        page = settings(console_url="https://c.example.com/?r={region}#/{job_id}", region="r&x=<y>/{job_id}")
        assert page.console_address(7) == "https://c.example.com/?r=r%26x%3D%3Cy%3E%2F%7Bjob_id%7D#/7"

    def test_may_have_the_region_in_its_host(self):
        page = settings(console_url="https://{region}.console.example.com/{job_id}", region="eu-de")
        assert page.console_address(7) == "https://eu-de.console.example.com/7"


def test_shows_no_secret():
    shown = repr(settings(proxies={"https": "http://user:p4ssw0rd@proxy.example.com"}))
    assert not {word for word in ("s3cret", "t0ken", "p4ssw0rd") if word in shown}
