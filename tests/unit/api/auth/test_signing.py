"""SDK-HMAC-SHA256: the published vectors, and the vendor's own signer on random requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given, settings
from hypothesis import strategies as st

from dli_provider.api.auth.signing import (
    EMPTY_BODY_HASH,
    authorization,
    canonical_request,
    encode_query,
    signature,
)

PROJECT = "330e068af1334c9782f4226acc00a2e2"
JOBS = f"/v1.0/{PROJECT}/streaming/jobs"
HOST = {"Host": "dli.cn-north-4.myhuaweicloud.com", "X-Sdk-Date": "20240102T030405Z"}
JSON = {**HOST, "Content-Type": "application/json"}


@dataclass(frozen=True)
class Vector:
    """A request of the API reference's list, with the hash of its canonical form and its signature."""

    method: str
    path: str
    canonical_hash: str
    signature: str
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    body: bytes = b""
    access_key: str = "EXAMPLEACCESSKEY0001"
    secret_key: str = "ExampleSecretKey0123456789abcdefghijklmn"


VECTORS = {
    "V0 published example": Vector(
        "GET",
        "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
        "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a",
        "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
        query=(("limit", "2"), ("marker", "13551d6b-755d-4757-b956-536f674975c0")),
        headers={
            "Host": "service.region.example.com",
            "X-Sdk-Date": "20191115T033655Z",
            "Content-Type": "application/json",
        },
        access_key="QTWAOYTTINDUT2QVKYUC",
        secret_key="MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
    ),
    "V1 without content type": Vector(
        "GET",
        f"{JOBS}/104",
        "a01dd8150593c6f8a0ab4aa9b115db471a76c00f6ab6bc9c13514cbc0344a1c8",
        "89c34579aec254295e36c09b52d0e44e15d5b30b7f1193b78e37eaecc08cc443",
        headers=HOST,
    ),
    "V2 with content type": Vector(
        "GET",
        f"{JOBS}/104",
        "05bf329296a24fbddb8698e5fb72a7f3ed898c992f9699e8823c2b244a31c1a5",
        "f3bc76bbb484af4cc5ad36793bf6f771a0018dcd35c736f94b910b37d2aec26f",
    ),
    "V3 query to be sorted and encoded": Vector(
        "GET",
        JOBS,
        "70c3fac317daa2a7c9884ad00176ea67739f5a75726e61ccf0923a1331fc9b8f",
        "72855f6eb2c66c4045299e3b03f1d5f71a4fd72418153cc091fdc728a569dbf1",
        query=(
            *(("show_detail", "true"), ("status", "job_running"), ("limit", "100"), ("offset", "0")),
            ("name", "a b/c~d*é+=&"),
        ),
    ),
    "V4 repeated and empty values": Vector(
        "GET",
        JOBS,
        "33cef35b5f3ae7e7ff92c51d81c752dd2c69ef3a03286981039c329e097f85a3",
        "67c383cb7120b32c5f20d12eba39871a8262143ba26bd19b8f2e09591446e058",
        query=(
            *(("tags", "k=v,k2=v2"), ("name", "")),
            *(("job_type", "flink_sql_job"), ("job_type", "flink_jar_job")),
        ),
    ),
    "V5 body": Vector(
        "POST",
        f"{JOBS}/run",
        "53a3bf7ebeb9623b0f30a03b8f886e4a1e7e41133b85031d2be7d6a4b104b42b",
        "2f60aa617d9035d448521a8a2a5af3f2f2906e484008fe33f2595350accd37ee",
        body=b'{"job_ids": [104, 146], "resume_savepoint": true}',
    ),
    "V6 content type with a charset": Vector(
        "POST",
        f"{JOBS}/stop",
        "940dda4a0b89996ffccd0f358078e18b55d52dcb5d3667d6d85b3d68166e08b6",
        "e67e0a393a056ed3c605cb62d86fd789e4444b6602dde8080f84c1ca4502d374",
        headers={**HOST, "Content-Type": "application/json;charset=UTF-8"},
        body=b'{"job_ids":[104],"trigger_savepoint":false}',
    ),
    "V7 project id and security token": Vector(
        "GET",
        f"{JOBS}/104",
        "2b663e1a1cd235e5a3725977d6821b9ab054b96192b6fde78c3ce624ec1ae7ac",
        "c0694b6a6193b2c7bad1608aa408e4199097e6c19947725305d06a331fc2d8b0",
        headers={**JSON, "X-Project-Id": PROJECT, "X-Security-Token": "ggpjbi1ub3J0aC00ExampleToken=="},
    ),
    "V8 project look-up": Vector(
        "GET",
        "/v3/projects",
        "9929656e8126fc08ed9521aeb1f0b9efadd018aaacc928a2b7b4ff6437fdbfda",
        "c780dff92c43717ffcd797390ca6ea58ca08d9baa8ff9540e0028c98441ac853",
        query=(("name", "cn-north-4"),),
        headers={**JSON, "Host": "iam.myhuaweicloud.com"},
    ),
    "V9 delete": Vector(
        "DELETE",
        f"{JOBS}/104",
        "470f02ba06f8fbc93ab7b0877df3d7db9109e8fcb8155ad0337ca848bda45eae",
        "248f3723bc994775bf282fb6f569751c6d02553d4d8bc042346e1439446f056b",
    ),
    "V10 put": Vector(
        "PUT",
        f"/v1.0/{PROJECT}/streaming/sql-jobs/148",
        "f4d320a4785c15ca1616d26eaa2b89df2322f3b745e9d2735320898553221889",
        "5ebb50c121f33a2385e2a82feb3125e5d22b575e4201d4f021a137d02f5fa71d",
        headers={**JSON, "X-Project-Id": PROJECT},
        body=rb'{"desc":"\u4f5c\u4e1a","restart_when_exception":true}',
    ),
    "V11 body in UTF-8": Vector(
        "POST",
        f"{JOBS}/run",
        "54054e63a7d0c155f9e0ef02e1a36d9a9400cf07f85e4cb39215b66e6ebcb921",
        "adb650ec6b105ac8267e838e234da42603874cde6d45576fe66255a12f03782a",
        body='{"name": "作业"}'.encode(),
    ),
    "V12 path to be encoded": Vector(
        "GET",
        "/v1.0/p id/streaming/jobs/a%20b",
        "de78ab1895e58dcf68257b5ab11398fe474040416d3a13828eb7c849ecc42fc9",
        "c4431c833b9cc9dbd4cafab0b4328e1c5d2441dffb91e990ca7ca2416c48f568",
        headers=HOST,
    ),
}


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_vector_has_its_canonical_form_and_its_signature(vector: Vector) -> None:
    body_hash = hashlib.sha256(vector.body).hexdigest()
    canonical = canonical_request(vector.method, vector.path, vector.query, vector.headers, body_hash)
    assert hashlib.sha256(canonical.encode()).hexdigest() == vector.canonical_hash
    assert signature(vector.secret_key, vector.headers["X-Sdk-Date"], canonical) == vector.signature


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_a_vector_has_its_authorization(vector: Vector) -> None:
    names = ";".join(sorted(name.lower() for name in vector.headers))
    assert _authorization(vector) == (
        f"SDK-HMAC-SHA256 Access={vector.access_key}, SignedHeaders={names}, Signature={vector.signature}"
    )


def test_the_canonical_request_of_v7_line_by_line() -> None:
    vector = VECTORS["V7 project id and security token"]
    canonical = canonical_request("GET", vector.path, (), vector.headers, EMPTY_BODY_HASH)
    assert canonical.split("\n") == [
        "GET",
        "/v1.0/330e068af1334c9782f4226acc00a2e2/streaming/jobs/104/",
        "",
        "content-type:application/json",
        "host:dli.cn-north-4.myhuaweicloud.com",
        "x-project-id:330e068af1334c9782f4226acc00a2e2",
        "x-sdk-date:20240102T030405Z",
        "x-security-token:ggpjbi1ub3J0aC00ExampleToken==",
        "",
        "content-type;host;x-project-id;x-sdk-date;x-security-token",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]


def test_the_query_is_sorted_by_name_then_value_and_encoded() -> None:
    query = VECTORS["V3 query to be sorted and encoded"].query
    assert encode_query(query) == (
        "limit=100&name=a%20b%2Fc~d%2A%C3%A9%2B%3D%26&offset=0&show_detail=true&status=job_running"
    )
    query = VECTORS["V4 repeated and empty values"].query
    assert encode_query(query) == ("job_type=flink_jar_job&job_type=flink_sql_job&name=&tags=k%3Dv%2Ck2%3Dv2")


def test_a_request_without_a_date_is_not_signed() -> None:
    with pytest.raises(KeyError, match="x-sdk-date"):
        authorization("ak", "sk", method="GET", path="/", query=(), headers={"Host": "h"})


def _authorization(request: Vector) -> str:
    return authorization(
        request.access_key,
        request.secret_key,
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
    )


def _signed_by_the_vendor(request: Vector) -> SdkRequest:
    return Signer(SimpleNamespace(ak=request.access_key, sk=request.secret_key)).sign(
        SdkRequest(
            method=request.method,
            resource_path=request.path,
            query_params=list(request.query),
            header_params=dict(request.headers),
            body=request.body,
        )
    )


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_the_vendor_signs_the_vectors_as_we_do(vector: Vector) -> None:
    assert _signed_by_the_vendor(vector).header_params["Authorization"] == _authorization(vector)


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_PATH_TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("/%~ *+é作"), max_size=20)
_NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789-", min_size=1, max_size=12)
_DATES = (
    st.datetimes()
    .filter(lambda moment: moment.year > 999)
    .map(lambda moment: moment.strftime("%Y%m%dT%H%M%SZ"))
)
_BODIES = st.binary(max_size=60) | _TEXT.map(str.encode)
_CONTENT_TYPES = st.sampled_from(["application/json", "application/json;charset=UTF-8", "application/bson"])


@st.composite
def requests(draw: st.DrawFn) -> Vector:
    """Any request that can be signed: header names differ in more than case, and none has an underscore."""
    further = draw(st.dictionaries(_NAMES.map(lambda name: f"x-{name.lower()}"), _TEXT, max_size=4))
    further.pop("x-sdk-content-sha256", None)
    if draw(st.booleans()):
        further["Content-Type"] = draw(_CONTENT_TYPES)
    if draw(st.booleans()):
        further["X-Sdk-Content-Sha256"] = draw(st.sampled_from(["UNSIGNED-PAYLOAD", "", "abc"]))
    return Vector(
        draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])),
        f"/{draw(_PATH_TEXT)}",
        "",
        "",
        query=tuple(draw(st.lists(st.tuples(_TEXT, _TEXT), max_size=5))),
        headers={**further, "Host": draw(_TEXT), "X-Sdk-Date": draw(_DATES)},
        body=draw(_BODIES),
        access_key=draw(_TEXT.filter(bool)),
        secret_key=draw(_TEXT.filter(bool)),
    )


@settings(max_examples=300)
@given(requests())
def test_any_request_is_signed_as_the_vendor_signs_it(request: Vector) -> None:
    theirs = _signed_by_the_vendor(request)
    assert _authorization(request) == theirs.header_params["Authorization"]
    assert theirs.uri == "?".join(filter(None, (request.path, encode_query(request.query))))


def test_a_header_takes_the_place_of_the_hash_of_a_body_but_not_of_no_body() -> None:
    headers = {**HOST, "X-Sdk-Content-Sha256": "UNSIGNED-PAYLOAD"}
    one, other = (Vector("POST", JOBS, "", "", headers=headers, body=body) for body in (b"1", b"2"))
    none = Vector("POST", JOBS, "", "", headers=headers)
    assert _authorization(one) == _authorization(other) != _authorization(none)
