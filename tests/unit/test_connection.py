"""From Airflow's connections, in every form they come in, to settings; and what a wrong field is told."""

from __future__ import annotations

import json
import traceback
from typing import Any, ClassVar
from urllib.parse import quote

import airflow
import pytest

from dli_provider import __version__
from dli_provider.airflow_compat import BaseHook, Connection
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.errors import DliSettingsError
from dli_provider.api.settings import DliSettings, parse_origin
from dli_provider.connection import ConnectionFields, fields, settings_from_fields

USER_AGENT = f"airflow-provider-huaweicloud-dli/{__version__} Airflow/{airflow.__version__}"
PROJECT = "330e068af1334c9782f4226acc00a2e2"
ENDPOINT = "https://dli.cn-north-4.myhuaweicloud.com"
IAM = "https://iam.cn-north-4.myhuaweicloud.com"


def from_environment(monkeypatch: pytest.MonkeyPatch, value: str) -> Connection:
    monkeypatch.setenv("AIRFLOW_CONN_DLI_OWN", value)
    return BaseHook.get_connection("dli_own")


def settings(*, region: str | None = None, project_id: str | None = None, **fields: Any) -> DliSettings:
    """Return the settings of a connection that differs from a plain one in these fields."""
    extra = {"region": "cn-north-4", "project_id": PROJECT, **fields.pop("extra", {})}
    plain = {"conn_id": "dli_own", "conn_type": "huaweicloud_dli", "login": "AK", "password": "SK"}
    connection = Connection(**{**plain, "extra": json.dumps(extra), **fields})
    return settings_from_fields(
        ConnectionFields(connection, connection.extra_dejson), region=region, project_id=project_id
    )


def complaint(**fields: Any) -> str:
    with pytest.raises(DliSettingsError) as caught:
        settings(**fields)
    assert not caught.value.transient
    assert caught.value.__cause__ is None
    return str(caught.value)


class TestForms:
    """The same connection as JSON and as a URI, both as an environment variable holds them."""

    AS_JSON = json.dumps(
        {
            "conn_type": "huaweicloud_dli",
            "login": "AK",
            "password": "S/K+=",
            "host": "http://127.0.0.1:8790",
            "extra": {
                "region": "cn-north-4",
                "project_id": PROJECT,
                "iam_endpoint": "http://127.0.0.1:8790",
                "verify": False,
                "proxies": {"https": "http://proxy.example.com:3128"},
                "connect_timeout": 5,
                "read_timeout": 7.5,
                "security_token": "t0k/en=",
            },
        }
    )
    AS_URI = (
        f"huaweicloud-dli://AK:S%2FK%2B%3D@127.0.0.1:8790/http?region=cn-north-4&project_id={PROJECT}"
        "&iam_endpoint=http%3A%2F%2F127.0.0.1%3A8790&verify=false&connect_timeout=5&read_timeout=7.5"
        "&security_token=t0k%2Fen%3D&proxies=" + quote('{"https": "http://proxy.example.com:3128"}')
    )
    MEANT = DliSettings(
        endpoint="http://127.0.0.1:8790",
        credential=AkSkCredential("AK", "S/K+=", "t0k/en="),
        region="cn-north-4",
        project_id=PROJECT,
        iam_endpoint="http://127.0.0.1:8790",
        verify=False,
        proxies={"https": "http://proxy.example.com:3128"},
        connect_timeout=5.0,
        read_timeout=7.5,
        user_agent=USER_AGENT,
    )

    @pytest.mark.parametrize("form", ["AS_JSON", "AS_URI"])
    def test_mean_the_same(self, monkeypatch, form):
        connection = from_environment(monkeypatch, getattr(self, form))
        assert settings_from_fields(ConnectionFields(connection, connection.extra_dejson)) == self.MEANT

    @pytest.mark.parametrize("form", ["AS_JSON", "AS_URI"])
    def test_mean_the_same_when_airflow_has_written_them_as_a_uri(self, monkeypatch, form):
        first = from_environment(monkeypatch, getattr(self, form))
        connection = from_environment(monkeypatch, first.get_uri())
        assert settings_from_fields(ConnectionFields(connection, connection.extra_dejson)) == self.MEANT

    def test_a_uri_needs_no_host(self, monkeypatch):
        uri = f"huaweicloud-dli://AK:SK@/?region=cn-north-4&project_id={PROJECT}"
        connection = from_environment(monkeypatch, uri)
        assert (
            settings_from_fields(ConnectionFields(connection, connection.extra_dejson)).endpoint == ENDPOINT
        )

    def test_a_connection_of_the_older_provider_works_unchanged(self, monkeypatch):
        extra = {"region": "cn-north-4", "project_id": PROJECT, "obs_bucket": "unrelated"}
        older = {"conn_type": "huaweicloud", "login": "AK", "password": "SK", "extra": extra}
        connection = from_environment(monkeypatch, json.dumps(older))
        assert connection.conn_type == "huaweicloud"
        assert settings_from_fields(ConnectionFields(connection, connection.extra_dejson)) == settings()

    def test_a_form_yields_all_of_it_as_text(self):
        empty = dict.fromkeys(
            [
                *("auth", "domain_name", "security_token", "iam_endpoint", "verify", "proxies", "allow_http"),
                *("connect_timeout", "read_timeout", "console_url"),
            ],
            "",
        )
        assert settings(host="", port=None, schema="", extra=empty) == settings()
        filled = {"auth": "aksk", "verify": "True", "allow_http": "false", "read_timeout": "7"}
        assert settings(extra={**empty, **filled}) == settings(extra={"read_timeout": 7})

    def test_nulls_are_nothing(self):
        nulls = dict.fromkeys(["auth", "verify", "proxies", "allow_http", "read_timeout", "console_url"])
        assert settings(extra=nulls) == settings()

    def test_blanks_around_a_text_do_not_count(self):
        blank = {"region": " cn-north-4\n", "project_id": f" {PROJECT} ", "auth": " aksk "}
        assert settings(login=" AK\n", password="SK ", extra=blank) == settings()
        assert settings(region=" cn-north-4\n", project_id=f" {PROJECT} ") == settings()
        assert settings(region=" ", project_id="\n") == settings()

    @pytest.mark.parametrize(
        "name",
        [
            *("auth", "verify", "proxies", "allow_http", "connect_timeout", "read_timeout", "console_url"),
            *("security_token", "iam_endpoint", "metadata_endpoint"),
        ],
    )
    def test_a_text_of_blanks_is_nothing(self, name):
        assert settings(extra={name: " \n"}) == settings()

    def test_a_host_of_blanks_is_none(self):
        assert settings(host=" ") == settings()


class TestEndpoint:
    def test_is_the_regions_own(self):
        assert (settings().endpoint, settings().iam_endpoint) == (ENDPOINT, IAM)

    @pytest.mark.parametrize(
        ("fields", "endpoint"),
        [
            ({"host": "https://dli.eu-de.example.com"}, "https://dli.eu-de.example.com"),
            ({"host": "dli.eu-de.example.com"}, "https://dli.eu-de.example.com"),
            ({"host": "dli.eu-de.example.com", "port": 8443}, "https://dli.eu-de.example.com:8443"),
            ({"host": "https://dli.eu-de.example.com/", "port": 8443}, "https://dli.eu-de.example.com:8443"),
            ({"host": "dli.eu-de.example.com", "schema": "https"}, "https://dli.eu-de.example.com"),
            ({"host": "dli.eu-de.example.com", "schema": "public"}, "https://dli.eu-de.example.com"),
            ({"host": "localhost", "port": 8790, "schema": "http"}, "http://localhost:8790"),
            ({"host": "localhost", "port": 8790, "schema": " HTTP"}, "http://localhost:8790"),
            ({"host": " dli.eu-de.example.com\n", "port": 8443}, "https://dli.eu-de.example.com:8443"),
            ({"host": " https://dli.eu-de.example.com:8443 "}, "https://dli.eu-de.example.com:8443"),
            ({"host": " ::1 ", "port": 8790, "schema": "http"}, "http://[::1]:8790"),
            ({"host": "http://127.0.0.1:8790", "port": 443}, "http://127.0.0.1:8790"),
            ({"host": "http://[::1]:8790"}, "http://[::1]:8790"),
            ({"host": "::1", "port": 8790, "schema": "http"}, "http://[::1]:8790"),
            ({"host": "2001:db8::1"}, "https://[2001:db8::1]"),
            ({"host": "[2001:db8::1]", "port": 8443}, "https://[2001:db8::1]:8443"),
            ({"host": "http://10.0.0.1", "extra": {"allow_http": True}}, "http://10.0.0.1"),
            ({"host": "http://10.0.0.1", "extra": {"allow_http": "True"}}, "http://10.0.0.1"),
        ],
    )
    def test_is_the_host_when_there_is_one(self, fields, endpoint):
        assert settings(**fields).endpoint == endpoint

    def test_of_an_ipv6_address_in_a_uri(self, monkeypatch):
        uri = f"huaweicloud-dli://AK:SK@[::1]:8790/http?project_id={PROJECT}"
        connection = from_environment(monkeypatch, uri)
        assert (
            settings_from_fields(ConnectionFields(connection, connection.extra_dejson)).endpoint
            == "http://[::1]:8790"
        )

    def test_of_iam_may_be_named(self):
        named = settings(extra={"iam_endpoint": "https://iam.example.com/"})
        assert named.iam_endpoint == "https://iam.example.com"

    def test_of_iam_is_not_made_up_for_another_cloud(self):
        other = settings(host="https://dli.eu-de.example.com", extra={"region": "eu-de"})
        assert other.iam_endpoint is None

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"host": "http://10.0.0.1"}, "host"),
            ({"host": "10.0.0.1", "schema": "http"}, "host"),
            ({"host": "http://10.0.0.1", "extra": {"allow_http": False}}, "host"),
            ({"extra": {"iam_endpoint": "http://10.0.0.1"}}, "extra iam_endpoint"),
        ],
    )
    def test_is_not_plain_http_to_another_machine(self, fields, field):
        assert f"Connection 'dli_own', {field}: 'http://10.0.0.1' is plain http" in complaint(**fields)


class TestCredential:
    def test_is_a_key_pair_by_default(self):
        assert settings().credential == AkSkCredential("AK", "SK")

    def test_is_a_key_pair_with_a_token(self):
        assert settings(extra={"security_token": "t"}).credential == AkSkCredential("AK", "SK", "t")

    def test_is_a_users_password(self):
        user = settings(extra={"auth": "password", "domain_name": "account"}).credential
        assert user == PasswordCredential("AK", "SK", "account", IAM, project_id=PROJECT)

    def test_is_a_users_password_for_the_regions_project(self):
        extra = {"auth": "password", "domain_name": "account", "project_id": None}
        assert settings(extra=extra).credential == PasswordCredential(
            "AK", "SK", "account", IAM, project_name="cn-north-4"
        )

    def test_is_the_agency_of_the_server(self):
        assert settings(login=None, password=None, extra={"auth": "agency"}).credential == AgencyCredential()

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:8790", "localhost:8790", "https://[::1]"])
    def test_is_the_agency_of_an_emulated_server_on_this_machine(self, endpoint):
        emulated = settings(extra={"auth": "agency", "metadata_endpoint": endpoint}).credential
        assert emulated == AgencyCredential(parse_origin(endpoint))


class TestRegion:
    def test_given_to_the_hook_goes_first_and_drops_the_connections_project(self):
        other = settings(region="cn-south-1")
        assert (other.region, other.project_id) == ("cn-south-1", None)
        assert other.endpoint == "https://dli.cn-south-1.myhuaweicloud.com"
        assert other.iam_endpoint == "https://iam.cn-south-1.myhuaweicloud.com"

    def test_given_to_the_hook_with_its_project(self):
        other = settings(region="cn-south-1", project_id="p1")
        assert (other.region, other.project_id) == ("cn-south-1", "p1")

    @pytest.mark.parametrize("region", ["cn-north-4", "", None])
    def test_that_is_the_same_keeps_the_project(self, region):
        assert settings(region=region) == settings()

    @pytest.mark.parametrize("region", ["cn-north-4", "", None])
    def test_that_is_the_same_may_be_given_where_the_endpoint_is_set(self, region):
        host = "https://dli.example.com"
        assert settings(host=host, region=region) == settings(host=host)

    @pytest.mark.parametrize("project_id", [None, "p1"])
    def test_that_is_another_is_refused_where_the_endpoint_is_set(self, project_id):
        told = complaint(host="https://dli.example.com", region="cn-south-1", project_id=project_id)
        assert told == (
            "Connection 'dli_own', host: is an endpoint of region 'cn-north-4', and region 'cn-south-1' was "
            "asked for: use a connection to that region's endpoint, or leave host empty for the region's own"
        )

    @pytest.mark.parametrize("fields", [{"host": "https://dli.example.com"}, {}])
    def test_is_the_hooks_where_the_connection_has_none_and_its_project_stays(self, fields):
        named = settings(**fields, region="cn-south-1", extra={"region": " "})
        assert (named.region, named.project_id) == ("cn-south-1", PROJECT)

    def test_of_a_password_is_the_scope_of_its_token(self):
        other = settings(region="cn-south-1", extra={"auth": "password", "domain_name": "account"})
        assert isinstance(other.credential, PasswordCredential)
        assert (other.credential.project_id, other.credential.project_name) == (None, "cn-south-1")

    def test_project_given_to_the_hook_goes_first(self):
        assert settings(project_id="p1").project_id == "p1"

    def test_has_its_page_of_the_console(self):
        page = "https://console.huaweicloud.com/dli/?region=cn-north-4#/main/jobs/flink"
        assert settings().console_url == page
        assert settings(host="https://dli.example.com").console_url is None
        assert settings(extra={"console_url": "https://c/{job_id}"}).console_url == "https://c/{job_id}"


COMPLAINTS: dict[str, tuple[dict[str, Any], str]] = {
    "no region and no host": ({"extra": {"region": None}}, "extra region: is missing: set the region, or"),
    "unknown region": ({"extra": {"region": "eu-de"}}, "extra region: 'eu-de' is not a known one: set the e"),
    "region is a number": ({"extra": {"region": 4}}, "extra region: must be text, not int"),
    "host is no URL": ({"host": "dli example com"}, "host: 'https://dli example com' is no URL such as"),
    "host has a path": ({"host": "https://dli.example.com/v1"}, "host: 'https://dli.example.com/v1' must be"),
    "IAM is no URL": ({"extra": {"iam_endpoint": "https://"}}, "extra iam_endpoint: 'https://' is no URL"),
    "project has a path": ({"extra": {"project_id": "../x"}}, "extra project_id: project_id must be 1"),
    "project is a number": ({"extra": {"project_id": 7}}, "extra project_id: must be text, not int"),
    "project of the hook has a path": ({"project_id": "a/b"}, "project_id: project_id must be 1 to 64 lette"),
    "no project and no region": (
        {"host": "https://dli.example.com", "extra": {"region": "", "project_id": ""}},
        "extra project_id: is missing, and can't be looked up without region: set one of the two",
    ),
    "no project and no IAM": (
        {"host": "https://dli.example.com", "extra": {"region": "eu-de", "project_id": ""}},
        "extra project_id: is missing, and can't be looked up without iam_endpoint: set one of the two",
    ),
    "region of the hook is a number": ({"region": 4}, "region: must be text, not int"),
    "project of the hook is a number": ({"project_id": 7}, "project_id: must be text, not int"),
    "metadata of another machine": (
        {"extra": {"auth": "agency", "metadata_endpoint": "http://169.254.169.254"}},
        "extra metadata_endpoint: 'http://169.254.169.254' is not on this machine: it is for tests, such as "
        "http://127.0.0.1:8790; leave it out on an ECS server",
    ),
    "metadata is no URL": (
        {"extra": {"auth": "agency", "metadata_endpoint": "http://"}},
        "extra metadata_endpoint: 'http://' is no URL",
    ),
    "metadata is a number": (
        {"extra": {"auth": "agency", "metadata_endpoint": 8790}},
        "extra metadata_endpoint: must be text, not int",
    ),
    "unknown auth": ({"extra": {"auth": "magic"}}, "extra auth: must be one of aksk, password, agency, not"),
    "no login": ({"login": None}, "login: is missing: set the access key (AK)"),
    "blank login": ({"login": " "}, "login: is missing: set the access key (AK)"),
    "no password": ({"password": ""}, "password: is missing: set the secret key (SK)"),
    "no user": ({"login": "", "extra": {"auth": "password", "domain_name": "a"}}, "login: is missing: set t"),
    "no user's password": (
        {"password": None, "extra": {"auth": "password", "domain_name": "a"}},
        "password: is missing: set the IAM user's password",
    ),
    "no account": ({"extra": {"auth": "password"}}, "extra domain_name: is missing: set the account's name"),
    "no IAM for a password": (
        {
            "host": "https://dli.example.com",
            "extra": {"auth": "password", "domain_name": "a", "region": "eu-de"},
        },
        "extra iam_endpoint: is missing: set the IAM endpoint",
    ),
    "key with a line break": ({"login": "A\nK"}, "login, password and extra security_token: access_key must"),
    "token with a blank": (
        {"extra": {"security_token": "a b"}},
        "login, password and extra security_token: security_token must be ASCII characters",
    ),
    "token is a list": ({"extra": {"security_token": ["a"]}}, "extra security_token: must be text, not list"),
    "verify is a missing path": (
        {"extra": {"verify": "/no/such.pem"}},
        "extra verify: must be true, false or the path of a CA bundle; there is no CA bundle '/no/such.pem'",
    ),
    "verify is a certificate": (
        {"extra": {"verify": "-----BEGIN CERTIFICATE-----\n" + "x" * 5000}},
        "extra verify: must be true, false or the path of a CA bundle; the CA bundle '-----BEGIN CERTIFICATE",
    ),
    "verify has a zero byte": ({"extra": {"verify": "a\0b"}}, "extra verify: must be true, false or the p"),
    "verify is a number": ({"extra": {"verify": 0}}, "extra verify: must be true, false or the path of a CA"),
    "verify is a list": ({"extra": {"verify": []}}, "extra verify: must be true, false or the path of a CA"),
    "proxies is a URL": ({"extra": {"proxies": "http://p:1"}}, 'extra proxies: must be JSON such as {"https'),
    "proxies is a list": ({"extra": {"proxies": ["http://p:1"]}}, "extra proxies: must be JSON such as"),
    "proxies has a number": ({"extra": {"proxies": {"https": 3128}}}, "extra proxies: must be JSON such as"),
    "proxies is a list in text": ({"extra": {"proxies": "[1]"}}, "extra proxies: must be JSON such as"),
    "allow_http is a word": (
        {"host": "http://10.0.0.1", "extra": {"allow_http": "yes"}},
        "extra allow_http: must be true or false, not 'yes'",
    ),
    "allow_http is a list": (
        {"host": "http://10.0.0.1", "extra": {"allow_http": []}},
        "extra allow_http: must be true or false, not list",
    ),
    "connect_timeout is a word": (
        {"extra": {"connect_timeout": "soon"}},
        "extra connect_timeout: must be a number of seconds, more than 0 and at most 3600, not 'soon'",
    ),
    "connect_timeout is true": (
        {"extra": {"connect_timeout": True}},
        "extra connect_timeout: must be a number of seconds, more than 0 and at most 3600, not True",
    ),
    "read_timeout is false": ({"extra": {"read_timeout": False}}, "extra read_timeout: must be a number of"),
    "read_timeout is a list": ({"extra": {"read_timeout": [1]}}, "extra read_timeout: must be a number of"),
    "read_timeout is huge": ({"extra": {"read_timeout": 10**400}}, "extra read_timeout: must be a number of"),
    "read_timeout is nothing": ({"extra": {"read_timeout": 0}}, "extra read_timeout: must be"),
    "read_timeout is below nothing": ({"extra": {"read_timeout": "-1"}}, "extra read_timeout: must be"),
    "read_timeout is no number": ({"extra": {"read_timeout": "nan"}}, "extra read_timeout: must be"),
    "connect_timeout is a day": ({"extra": {"connect_timeout": 86400}}, "extra connect_timeout: must be"),
    "console is a script": ({"extra": {"console_url": "javascript:alert(1)"}}, "extra console_url: must be"),
    "console names what there is not": ({"extra": {"console_url": "https://c/{x}"}}, "extra console_url: m"),
}


@pytest.mark.parametrize("case", COMPLAINTS)
def test_a_complaint_names_the_connection_and_the_field(case):
    fields, expected = COMPLAINTS[case]
    text = complaint(**fields)
    assert text.startswith(f"Connection 'dli_own', {expected}")
    assert len(text) < 400


class TestFaults:
    def test_are_all_told_at_once(self):
        told = complaint(
            login="",
            host="https://dli.example.com/v1",
            extra={"auth": "aksksk", "verify": "/no/such.pem", "read_timeout": "soon", "language": "de"},
        )
        assert told.startswith("Connection 'dli_own' has 5 faults: (1) ")
        for text in (
            "extra auth: must be one of aksk, password, agency, not 'aksksk'; did you mean 'aksk'?",
            "host: 'https://dli.example.com/v1' must be",
            "extra verify: must be true, false or the path",
            "extra read_timeout: must be a number of seconds",
            "extra language: must be one of en-us, zh-cn, not 'de'",
        ):
            assert text in told

    def test_of_one_field_bring_no_others_that_follow_from_it(self):
        password = {"auth": "password", "domain_name": "a", "project_id": None}
        assert complaint(extra={**password, "region": 4}).endswith("extra region: must be text, not int")
        assert complaint(region=4).endswith("Connection 'dli_own', region: must be text, not int")
        assert complaint(extra={**password, "region": "cn-noth-4"}).startswith("Connection 'dli_own', extra")
        assert complaint(host="https://dli/x", extra=password).startswith("Connection 'dli_own', host: ")

    @pytest.mark.parametrize(
        ("region", "told"),
        [
            ("cn-noth-4", "'cn-noth-4' is not a known one; did you mean 'cn-north-4'?: set the endpoint as"),
            ("CN-NORTH-4", "'CN-NORTH-4' is not a known one; did you mean 'cn-north-4'?"),
            (
                "cn-north-4_dev",
                "names a project: set region to 'cn-north-4', and project_name to 'cn-north-4_",
            ),
            ("mars", "'mars' is not a known one: set the endpoint as host for another cloud"),
        ],
    )
    def test_of_a_region_bring_what_may_be_meant(self, region, told):
        assert told in complaint(extra={"region": region})

    @pytest.mark.parametrize("conn_type", ["http", "aws", "huaweicloud-dli", "HUAWEICLOUD"])
    def test_of_the_type_are_told(self, conn_type):
        told = complaint(conn_type=conn_type)
        assert told == (
            f"Connection 'dli_own', type: is {conn_type!r}, and must be huaweicloud_dli (or huaweicloud)"
        )

    @pytest.mark.parametrize(
        "value", ["[" * 50_000, '{"a":' * 50_000, {"https": json.loads("[" * 900 + "]" * 900)}, "x" * 10**6]
    )
    @pytest.mark.parametrize(
        "name",
        ["proxies", "verify", "region", "console_url", "allow_http", "read_timeout", "auth", "project_name"],
    )
    def test_are_told_however_long_or_nested_a_value_is(self, name, value):
        connection = Connection(
            conn_id="c",
            conn_type="huaweicloud_dli",
            host="https://dli.example.com",
            login="AK",
            password="SK",
        )
        with pytest.raises(DliSettingsError) as caught:
            settings_from_fields(
                ConnectionFields(connection, {"region": "r", "project_id": PROJECT, name: value})
            )
        told = str(caught.value)
        assert f"extra {name}: " in told
        assert len(told) < 1000

    def test_show_no_frame_a_secret(self):
        secrets = {"security_token": "hunter2", "proxies": {"https": "http://u:hunter2@p:1"}, "verify": "/no"}
        connection = Connection(
            conn_id="c", conn_type="http", login="AK", password="hunter2", extra=json.dumps(secrets)
        )
        with pytest.raises(DliSettingsError) as caught:
            settings_from_fields(ConnectionFields(connection, json.loads(connection.extra)))
        frames = [frame.f_locals for frame, _ in traceback.walk_tb(caught.tb)][1:]
        assert len(frames) == 1
        assert "hunter2" not in repr(frames)


class TestUnknownExtras:
    @pytest.fixture(autouse=True)
    def _nothing_was_told(self, monkeypatch):
        monkeypatch.setattr(fields, "_warned", set())

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("regoin", "; did you mean 'region'?"),
            ("projectid", "; did you mean 'project_id'?"),
            ("obs_bucket", ""),
            ("x" * 5000, ""),
            ("a\nb", ""),
        ],
    )
    def test_are_warned_of_by_name_with_the_nearest_known_one(self, caplog, name, hint):
        settings(extra={name: "hunter2"})
        (record,) = caplog.records
        assert record.getMessage().endswith(f"which means nothing{hint}")
        assert record.getMessage().startswith("Connection 'dli_own' has an extra '")
        assert "\n" not in record.getMessage()
        assert len(record.getMessage()) < 200
        assert "hunter2" not in record.getMessage()

    def test_are_warned_of_once(self, caplog):
        for _ in range(3):
            settings(extra={"regoin": "cn-north-4"})
        assert len(caplog.records) == 1

    def test_of_the_older_provider_s_connections_are_warned_of_where_they_look_like_a_slip(self, caplog):
        settings(conn_type="huaweicloud", extra={"obs_bucket": "b", "regoin": "x"})
        assert [record.getMessage().partition(" has ")[2] for record in caplog.records] == [
            "an extra 'regoin', which means nothing; did you mean 'region'?"
        ]


class TestIam:
    """A password or a signature goes to no IAM that the connection doesn't mean."""

    OF_OTHER_CLOUDS: ClassVar = {
        "Orange": ("https://dli.eu-west-0.prod-cloud-ocb.orange-business.com", "eu-west-0"),
        "SberCloud": ("https://dli.ru-moscow-1.hc.sbercloud.ru", "ru-moscow-1"),
        "a private endpoint": ("https://10.0.0.7", "cn-north-4"),
        "a name that only contains it": ("https://dli.myhuaweicloud.com.example.com", "cn-north-4"),
        "a name that only ends alike": ("https://evilmyhuaweicloud.com", "cn-north-4"),
        "the European cloud, with a region of the other": (
            "https://dli.eu-west-101.myhuaweicloud.eu",
            "af-south-1",
        ),
    }

    @pytest.mark.parametrize("cloud", OF_OTHER_CLOUDS)
    @pytest.mark.parametrize("auth", ["password", "aksk", "agency"])
    def test_is_not_guessed_for_another_cloud(self, cloud, auth):
        host, region = self.OF_OTHER_CLOUDS[cloud]
        extra = {"auth": auth, "domain_name": "account", "region": region}
        told = complaint(host=host, extra={**extra, "project_id": None})
        assert "iam_endpoint" in told
        assert "nothing is sent to an IAM that isn't named" in told
        named = settings(host=host, extra={**extra, "iam_endpoint": "https://iam.example.com"})
        assert named.iam_endpoint == "https://iam.example.com"
        if auth != "password":
            assert settings(host=host, extra=extra).iam_endpoint is None

    @pytest.mark.parametrize(
        ("host", "region"),
        [
            ("https://dli.cn-north-4.myhuaweicloud.com", "cn-north-4"),
            ("DLI.CN-NORTH-4.MyHuaweiCloud.com", "cn-north-4"),
            ("https://dli-ext.cn-north-4.myhuaweicloud.com:8443", "cn-north-4"),
            ("https://dli.eu-west-101.myhuaweicloud.eu", "eu-west-101"),
            ("", "eu-west-101"),
        ],
    )
    def test_is_the_regions_own_at_huawei_cloud(self, host, region):
        cloud = "eu" if region == "eu-west-101" else "com"
        own = settings(host=host, extra={"region": region, "project_id": None})
        assert own.iam_endpoint == f"https://iam.{region}.myhuaweicloud.{cloud}"

    @pytest.mark.parametrize("path", ["/v3", "/v3/", "/", ""])
    def test_may_be_named_as_terraform_names_it(self, path):
        named = settings(extra={"iam_endpoint": f"https://iam.eu-west-101.myhuaweicloud.eu{path}"})
        assert named.iam_endpoint == "https://iam.eu-west-101.myhuaweicloud.eu"


class TestProjectName:
    def test_is_looked_up_instead_of_the_regions(self):
        dev = settings(extra={"project_id": None, "project_name": "cn-north-4_dev"})
        assert (dev.project_id, dev.project_name) == (None, "cn-north-4_dev")

    def test_is_the_scope_of_a_token(self):
        extra = {"auth": "password", "domain_name": "a", "project_id": None, "project_name": "cn-north-4_dev"}
        credential = settings(extra=extra).credential
        assert isinstance(credential, PasswordCredential)
        assert credential.project_name == "cn-north-4_dev"

    def test_is_of_the_connections_region(self):
        extra = {"project_name": "cn-north-4_dev"}
        assert settings(region="cn-south-1", extra=extra).project_name is None

    def test_needs_no_region_where_the_endpoints_are_named(self):
        extra = {"region": None, "project_id": None, "project_name": "p", "iam_endpoint": "https://iam.x.y"}
        assert settings(host="https://dli.example.com", extra=extra).project_name == "p"


@pytest.mark.parametrize(
    ("given", "sent"), [("en-us", "en-us"), (" ZH-CN", "zh-cn"), ("", None), (None, None)]
)
def test_a_language_may_be_chosen(given, sent):
    assert settings(extra={"language": given}).language == sent


def test_what_a_template_renders_from_none_is_not_given():
    assert settings(region="None", project_id="None") == settings()


def test_an_extra_that_is_no_object_is_told():
    connection = Connection(conn_id="dli_own", conn_type="huaweicloud_dli", extra="[1]")
    with pytest.raises(DliSettingsError, match="Connection 'dli_own', extra: must be a JSON object such as"):
        settings_from_fields(ConnectionFields(connection, connection.extra_dejson))


@pytest.mark.parametrize(
    "fields",
    [
        {"host": "https://user:hunter2@dli.example.com"},
        {"host": "user:hunter2@dli.example.com", "port": 1},
        {"login": "hunter2 hunter2"},
        {"password": "hunter2\nhunter2"},
        {"extra": {"security_token": "hunter2\nhunter2"}},
        {"extra": {"security_token": ["hunter2"]}},
        {"extra": {"iam_endpoint": "https://user:hunter2@iam.example.com"}},
        {"extra": {"proxies": "http://user:hunter2@proxy.example.com"}},
        {"extra": {"proxies": {"https": ["http://user:hunter2@proxy.example.com"]}}},
    ],
)
def test_a_complaint_repeats_no_secret(fields):
    assert "hunter2" not in complaint(**fields)


def test_a_bundle_may_be_a_file_or_a_folder(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----")
    assert settings(extra={"verify": f" {bundle} "}).verify == str(bundle)
    assert settings(extra={"verify": str(tmp_path)}).verify == str(tmp_path)
