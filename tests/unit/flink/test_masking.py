"""Every shape in which a credential stands in a job or an error text is masked; everything else survives."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dli_provider.flink.masking import MASK, is_credential, mask_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

MASKED = {
    "SQL option": ("'user' = 'bob', 'password' = 'hunter2'", "'user' = 'bob', 'password' = '***'"),
    "SQL option with a doubled quote": ("'password' = 'it''s', 'a' = 'b'", "'password' = '***', 'a' = 'b'"),
    "SQL access keys": ("'ak'='A', 'sk'='B', 'b'='c'", "'ak'='***', 'sk'='***', 'b'='c'"),
    "SQL JAAS option": (
        """'properties.sasl.jaas.config' = 'x.LoginModule required user="u" password="p''w\\"d";', 'a'='b'""",
        "'properties.sasl.jaas.config' = '***', 'a'='b'",
    ),
    "JAAS without its key": (
        """PlainLoginModule required username="u" password="p w";""",
        """PlainLoginModule required username="u" password="***";""",
    ),
    "SQL text inside an SQL text": (
        "'props' = 'user=''x''; password=''p w''; z=''y'''",
        "'props' = 'user=''x''; password=''***''; z=''y'''",
    ),
    "SQL option of which the end is cut off": ("WITH ('password' = 'hunt", "WITH ('password' = '***"),
    "SQL in Python's repr": ("password=b'x y', user=u'z'", "password=b'***', user=u'z'"),
    "several lines": ("'password' = 'a\nb\nc',\n'x' = 'y'", "'password' = '***',\n'x' = 'y'"),
    "Hadoop keys": (
        "'fs.obs.access.key' = 'A', 's3.secret-key' = 'B', 'hive.accessKeyId'='C'",
        "'fs.obs.access.key' = '***', 's3.secret-key' = '***', 'hive.accessKeyId'='***'",
    ),
    "schema registry": ("'basic-auth.user-info' = 'u:p'", "'basic-auth.user-info' = '***'"),
    "URL": ("jdbc:mysql://root:pw@h:3306/db?useSSL=no", "jdbc:mysql://root:***@h:3306/db?useSSL=no"),
    "URL without a user": ("redis://:pw@h:6379/0", "redis://:***@h:6379/0"),
    "URL of several hosts": ("mongodb://u:p@h1:1,h2:2/db", "mongodb://u:***@h1:1,h2:2/db"),
    "URL with an odd password": (
        "amqp://u:p@s:s@h/x and ftp://u:p/s@h",
        "amqp://u:***@h/x and ftp://u:***@h",
    ),
    "URL parameters": (
        "jdbc:mysql://h/db?user=u&password=p%40w&token=t&ssl=on#x",
        "jdbc:mysql://h/db?user=u&password=***&token=***&ssl=on#x",
    ),
    "SQL Server URL": (
        "jdbc:sqlserver://h;user=sa;password={p;w};encrypt=on",
        "jdbc:sqlserver://h;user=sa;password=***;encrypt=on",
    ),
    "Oracle URL": ("jdbc:oracle:thin:scott/tiger@//h:1521/x", "jdbc:oracle:thin:scott/***@//h:1521/x"),
    "arguments": (
        "--password x --sk=y -ak z --user bob --password 'a b' -p 4",
        "--password *** --sk=*** -ak *** --user bob --password '***' -p 4",
    ),
    "arguments as a list": ('["--password", "a b", "--user"]', '["--password", "***", "--user"]'),
    "a quoted argument": ('run "--password=a b" --user bob', 'run "--password=***" --user bob'),
    "JVM properties": (
        "-Dx.secret=y -Dfs.obs.secret.key='a b' -Dz=1",
        "-Dx.secret=*** -Dfs.obs.secret.key='***' -Dz=1",
    ),
    "JSON": ('{"password": "x\\"y", "user": "bob"}', '{"password": "***", "user": "bob"}'),
    "JSON number": ('{"token":123,"user":"bob"}', '{"token":***,"user":"bob"}'),
    "JSON list": ('{"tokens": ["a]", "b"], "c": 1}', '{"tokens": ***, "c": 1}'),
    "JSON object": ('{"credential":{"access":"A","x":[1]},"c":1}', '{"credential":***,"c":1}'),
    "JSON that ends too early": ('{"tokens": ["a", "b', '{"tokens": ***'),
    "JSON in JSON in JSON": (
        json.dumps({"a": json.dumps({"b": json.dumps({"password": "x", "user": "bob"})})}),
        json.dumps({"a": json.dumps({"b": json.dumps({"password": "***", "user": "bob"})})}),
    ),
    "runtime_config": (
        '[{"key":"x.password","value":"s"},{"key":"a","value":"b"}]',
        '[{"key":"x.password","value":"***"},{"key":"a","value":"b"}]',
    ),
    "runtime_config the other way round": (
        '[{"value":"s","key":"x.password"},{"value":"b","key":"a"}]',
        '[{"value":"***","key":"x.password"},{"value":"b","key":"a"}]',
    ),
    "environment in YAML": ("- name: DB_PASSWORD\n  value: s\n", "- name: DB_PASSWORD\n  value: ***\n"),
    "headers": (
        "Authorization: Basic YTpi c\nX-Auth-Token: t\nHost: h",
        "Authorization: ***\nX-Auth-Token: ***\nHost: h",
    ),
    "quoted header": ("curl -H 'X-Auth-Token: t t' http://h", "curl -H 'X-Auth-Token: ***' http://h"),
    "bearer": ("got Bearer abc.def, sorry", "got Bearer ***, sorry"),
    "signature": (
        "SDK-HMAC-SHA256 Access=A, SignedHeaders=host, Signature=abc\nnext",
        "SDK-HMAC-SHA256 ***\nnext",
    ),
    "signature alone": ("at http://h/x?Signature=abc&y=z", "at http://h/x?Signature=***&y=z"),
    "properties": ("a = b\npassword = p w\nmy.token=x,y", "a = b\npassword = ***\nmy.token=***"),
    "environment": ("export OBS_SK=abc; next", "export OBS_SK=*** next"),
    "YAML": (
        "user: u\npassword: my pass phrase\n- token: 'x y' # z",
        "user: u\npassword: ***\n- token: '***' # z",
    ),
    "Java map": ("{user=u, password=p, tokens[0]=q}", "{user=u, password=*** tokens[0]=***"),
    "XML": ("<a><password>x y</password></a>", "<a><password>***</password></a>"),
    "Hadoop XML": (
        "<name>fs.obs.secret.key</name>\n<value>x</value>",
        "<name>fs.obs.secret.key</name>\n<value>***</value>",
    ),
    "private key": (
        "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
    ),
    "Chinese": ("数据库密码\uff1aabc", "数据库密码\uff1a***"),
    "upper case": ("PASSWORD='x' Token=y", "PASSWORD='***' Token=***"),
}

HARMLESS = [
    "",
    "作业提交失败\uff1a队列资源不足",
    """CREATE TABLE orders (
      order_id BIGINT, token STRING, `password` STRING COMMENT 'hashed at the source', ts TIMESTAMP(3),
      WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (order_id, token) NOT ENFORCED
    ) WITH ('connector' = 'kafka', 'topic' = 'tokens', 'properties.bootstrap.servers' = 'kafka:9092',
      'properties.group.id' = 'secret-santa', 'scan.startup.mode' = 'latest-offset', 'key.fields' = 'id');""",
    "SELECT password, token AS t, CAST(token AS STRING), token::text FROM u WHERE token <> '' AND pwd != 'x'",
    "SELECT 1 FROM u JOIN s ON u.token = s.token AND u.`sk` = s.`sk` WHERE sk >= 'a' AND a<token AND token>5",
    "UPDATE users SET password = excluded.password",
    "task = 5, desk=3, 'mask' = 'x', 'disk.size' = '5', risk: high, akka.ask.timeout: 60 s, monkey = 'x'",
    "'pass-through' = true, bypass: 4, compass=3, 'analyzer.tokenizer' = 'x', hotkey: y, primary.key=id",
    "password='' token=null \"secret\": true, 'sk' = '', \"pwd\": null, token=",
    "Invalid username or password. The token has expired; log in again. Bearer token required.",
    "at com.x.SecretManager.load(SecretManager.java:42)\n\tat com.x.TokenProvider.get(TokenProvider.scala:7)",
    "Caused by: com.obs.InvalidCredentialsException: Access denied",
    'Encountered "password" at line 3, column 5.\nWas expecting one of: "TOKEN" ...',
    "Table 'default_catalog.default_database.tokens' not found; supported signatures are:\nf(INT)",
    "https://dli.cn-north-4.myhuaweicloud.com:443/v1.0/330e/streaming/jobs/104 http://[::1]:8790/@x",
    "http://registry:4873/@scope/pkg git@github.com:x/y.git ssh://git@h/x obs://b/a:c@v1 hdfs://h:8020/a@b",
    "postgresql://h1:5432,h2:5432/db?user=a@b",
    "--parallelism 4 --input obs://b/in --show-password --user bob -c org.x.Main --task sk.x",
    "-- password of the user\nSELECT 1",
    '[{"key":"parallelism","value":"4"},{"value":"4","key":"x"}]',
    "<name>parallelism</name><value>4</value>",
    "2024-01-02T03:04:05.678Z 12:30:00 k=v;a=b&c=d",
]


@pytest.mark.parametrize(("text", "expected"), MASKED.values(), ids=MASKED)
def test_a_credential_is_masked_and_its_surroundings_stay(text: str, expected: str) -> None:
    assert mask_credentials(text) == expected


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_survives(text: str) -> None:
    assert mask_credentials(text) == text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "password",
            "PASSWD",
            "db_pwd",
            "user.passphrase",
            "secret",
            "X-Auth-Token",
            "credentials",
            "ak",
            "SK",
        ),
        *(
            "fs.obs.access.key",
            "s3.secret-key",
            "accessKeyId",
            "obsSk",
            "MY_SK",
            "-Dx.sk",
            "apiKey",
            "sasl.jaas.config",
        ),
        *(
            "ssl.keystore.password",
            "authorization",
            "Set-Cookie",
            "Signature",
            "basic-auth.user-info",
            "数据库密码",
        ),
    ],
)
def test_a_name_of_a_credential_is_known(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "task",
            "disk",
            "mask",
            "name",
            "key",
            "primary.key",
            "topic",
            "compass",
            "bypass",
            "tokenizer",
            "flask",
        ),
        *(
            "akka",
            "signatures",
            "InvalidTokenException",
            "SecretManager.java",
            "parallelism",
            "key.fields",
            "",
        ),
    ],
)
def test_a_name_that_only_looks_like_one_is_not(name: str) -> None:
    assert not is_credential(name)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _sql(text: str) -> str:
    return text.replace("'", "''")


def _shell(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _as_it_is(text: str) -> str:
    return text


def _in_url(text: str) -> str:
    return quote(text, safe="")


def _is_secret(text: str) -> bool:
    return text.lower() not in {"null", "none", "true", "false"} and text[0] not in "*=>,[{: \t\n\uff1a-"


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
_ENDS = "\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
SECRETS = {
    "any": _TEXT.filter(_is_secret),
    "no backslash": _TEXT.filter(lambda text: "\\" not in text).filter(_is_secret),
    "word": st.text(
        st.characters(exclude_categories=["Z", "C"], exclude_characters="\\\"'`;"), min_size=1
    ).filter(_is_secret),
    "line": st.text(st.characters(exclude_categories=["C"], exclude_characters=f"\\\"'`{_ENDS}"), min_size=1)
    .map(str.strip)
    .filter(lambda text: bool(text) and _is_secret(text)),
    "base64": st.text(string.ascii_letters + string.digits + "-._~+/", min_size=1).filter(
        lambda text: not text.lower().startswith("token")
    ),
}


def _nested(content: object, times: int) -> str:
    for _ in range(times):
        content = json.dumps(content)
    return str(content)


SHAPES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "SQL option": ("WITH ('password' = '@@', 'user' = 'bob')", _sql, "no backslash"),
    "SQL option without blanks": ("WITH('ak'='@@','user'='bob')", _sql, "no backslash"),
    "SQL in JSON": (
        _nested({"sql": "('sk' = '@@', 'x' = 'y')"}, 1),
        lambda t: _json(_sql(t)),
        "no backslash",
    ),
    "JSON": ('{"x": 1, "password": "@@", "user": "bob"}', _json, "any"),
    "JSON in JSON": (_nested({"password": "@@", "user": "bob"}, 2), lambda t: _json(_json(t)), "any"),
    "JSON in JSON in JSON": (_nested([{"ak": "@@"}], 3), lambda t: _json(_json(_json(t))), "any"),
    "pair": ('[{"key":"x.password","value":"@@"},{"key":"a","value":"b"}]', _json, "any"),
    "pair the other way round": ('[{"value":"@@","key":"x.sk"},{"key":"a","value":"b"}]', _json, "any"),
    "pair in JSON": (_nested([{"key": "x.sk", "value": "@@"}], 2), lambda t: _json(_json(t)), "any"),
    "quoted argument": ('--password "@@" --user bob', _shell, "any"),
    "quoted argument after =": ('--password="@@" --user bob', _shell, "any"),
    "argument in quotes": ('"--password=@@" --user bob', _shell, "any"),
    "argument in a list": ('["--password", "@@", "--user", "bob"]', _json, "any"),
    "quoted property": ('-Dx.secret="@@" --user bob', _shell, "any"),
    "quoted YAML": ('password: "@@"\nuser: bob', _shell, "any"),
    "JAAS": ("""'x' = 'y required username="u" password="@@";'""", lambda t: _sql(_shell(t)), "no backslash"),
    "argument": ("--password @@ --user bob", _as_it_is, "word"),
    "argument after =": ("run --sk=@@ --user bob", _as_it_is, "word"),
    "property": ("-Dfs.obs.secret.key=@@ --user bob", _as_it_is, "word"),
    "assignment": ("a=b password=@@ c=d", _as_it_is, "word"),
    "SQL Server URL": ("jdbc:sqlserver://h;password=@@;x=y", _as_it_is, "word"),
    "properties": ("a = b\n  password = @@\nc = d", _as_it_is, "line"),
    "YAML": ("a: b\n- password: @@\nc: d", _as_it_is, "line"),
    "header": ("GET /\nX-Auth-Token: @@\nHost: x", _as_it_is, "line"),
    "header in quotes": ("-H 'Authorization: @@' x", _as_it_is, "line"),
    "header inside a line": ("x Authorization: @@\nHost: x", _as_it_is, "line"),
    "bearer": ("got Bearer @@, sorry", _as_it_is, "base64"),
    "URL": ("jdbc:mysql://root:@@@h:3306/db?x=y", _in_url, "any"),
    "URL parameter": ("'url' = 'jdbc:mysql://h/db?user=u&password=@@&x=y'", _in_url, "any"),
    "XML": ("<a><password>@@</password></a>", lambda t: t.replace("<", "&lt;"), "word"),
}


@pytest.mark.parametrize(("shape", "spell", "kind"), SHAPES.values(), ids=SHAPES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_whatever_the_secret_is_it_alone_is_masked(
    data: st.DataObject, shape: str, spell: Callable[[str], str], kind: str
) -> None:
    secret = data.draw(SECRETS[kind])
    assert mask_credentials(shape.replace("@@", spell(secret), 1)) == shape.replace("@@", MASK, 1)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from([shape.strip() for shape, _, kind in SHAPES.values() if kind != "line"]),
            st.sampled_from([" ", "\n", ", ", "; ", "\t", "\r\n", ",", "|"]),
        ),
        min_size=1,
        max_size=5,
    ),
    depth=st.integers(0, 2),
)
def test_no_secret_survives_in_a_document_of_many_shapes_nor_in_json_around_it(
    parts: list[tuple[str, str]], depth: int
) -> None:
    text = "".join(shape + separator for shape, separator in parts)
    for _ in range(depth):
        text = json.dumps({"x": text})
    assert "Zq7Xv9Kw" not in mask_credentials(text.replace("@@", "Zq7Xv9Kw"))


_FRAGMENTS = [
    *(
        "'",
        '"',
        "\\",
        '\\"',
        "`",
        "''",
        "=",
        ":",
        " = ",
        "password",
        "token",
        "sk",
        "--",
        "-D",
        "--sk ",
        "://",
        "@",
    ),
    *("a", "b.c", "/", "\n", " ", "\t", ";", ",", "&", "?", "{", "}", "[", "]", "<", ">", "</a>", "<value>"),
    *(
        "value",
        '"value":',
        '"key":"sk"',
        "Bearer ",
        "HMAC-SHA256 A=",
        "***",
        "null",
        "-----BEGIN PRIVATE KEY-----",
    ),
    *(
        "-----END",
        "jdbc:oracle:thin:",
        "b'",
        "\uff1a",
        "密码",
        "Authorization: ",
        "\\n",
        "(",
        ")",
        "#",
        "x.token",
    ),
]


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=14).map("".join))
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask_credentials(text)
    assert mask_credentials(masked) == masked


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert mask_credentials(mask_credentials(text)) == mask_credentials(text)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit", [*_FRAGMENTS, "password='", "password=[", "://a:", "\"value\":''", "token=''''", "token=\\"]
)
def test_a_large_text_takes_no_more_than_its_share_of_time(unit: str) -> None:
    text = unit * (50_000 // len(unit)) + " "
    assert mask_credentials(text).endswith((" ", MASK, MASK + "'"))
