"""The emulator under odd use and odd requests: none may break it, and none may go unsaid."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from dli_provider.api.auth import signing
from dli_provider.emulator import DliEmulator, faults


@pytest.fixture
def dli():
    with DliEmulator() as emulator:
        emulator.add_job(104, [("job_running", None)])
        yield emulator


def send(dli, method: str, path: str, headers: dict[str, bytes | str] | None = None, body: bytes = b""):
    """Send a request as it is, and return the status and the JSON of the answer."""
    connection = http.client.HTTPConnection(dli.url.removeprefix("http://"), timeout=10)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    status, content = answer.status, answer.read()
    connection.close()
    return status, json.loads(content)


def signed(dli, path: str) -> dict[str, str]:
    headers = {
        "Host": dli.url.removeprefix("http://"),
        "X-Sdk-Date": datetime.now(UTC).strftime(signing.DATE_FORMAT),
    }
    proof = signing.authorization(
        dli.access_key, dli.secret_key, method="GET", path=path, query=(), headers=headers
    )
    return {**headers, "Authorization": proof}


class TestOddRequests:
    @pytest.mark.parametrize("job_id", ["9" * 19, "9" * 20, "9" * 5000, "0", "x", "1e3", "%D9%A3"])
    def test_an_odd_job_id_is_answered_with_http_400(self, dli, job_id):
        path = f"/v1.0/{dli.project_id}/streaming/jobs/{job_id}"
        status, content = send(dli, "GET", path, signed(dli, path))
        assert status == 400
        assert content["error_code"] in {"DLI.0001", "DLI.16001"}

    def test_a_signed_header_that_is_not_utf_8_is_refused(self, dli):
        path = f"/v1.0/{dli.project_id}/streaming/jobs/104"
        headers = signed(dli, path)
        headers["Authorization"] = headers["Authorization"].replace("host;", "host;x-odd;")
        status, content = send(dli, "GET", path, {**headers, "X-Odd": b"\xff\xfe"})
        assert (status, content["error_code"]) == (401, "APIG.0301")

    @pytest.mark.parametrize("body", [b"[" * 100_000, b'{"auth":' * 50_000, b"\xff", b"[]", b"null", b""])
    def test_an_odd_body_for_a_token_is_answered_with_http_400(self, dli, body):
        assert send(dli, "POST", "/v3/auth/tokens", body=body)[0] == 400

    def test_no_odd_request_makes_the_emulator_fail(self, dli):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            for path in (
                "/",
                "/v1.0//streaming/jobs/1",
                f"/v1.0/{dli.project_id}/streaming/jobs?limit=9999999999",
            ):
                assert send(dli, method, path)[0] < 500


class TestLargeBodies:
    def post(self, dli, content: bytes) -> requests.Response:
        user = {"name": dli.iam.user, "password": dli.iam.password, "domain": {"name": dli.iam.domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        auth = {"identity": identity, "scope": {"project": {"id": dli.project_id}}}
        token = requests.post(f"{dli.url}/v3/auth/tokens", json={"auth": auth}, timeout=10)
        headers = {"X-Auth-Token": token.headers["X-Subject-Token"]}
        url = f"{dli.url}/v1.0/{dli.project_id}/streaming/sql-jobs"
        return requests.post(url, content, headers=headers, timeout=30)

    def test_the_longest_sql_that_dli_takes_is_taken(self, dli):
        body = json.dumps({"name": "orders", "sql_body": "x" * 1024 * 1024}).encode()
        assert self.post(dli, body).status_code == 200

    def test_a_body_that_the_gateway_does_not_take_is_refused(self, dli):
        answer = self.post(dli, b"x" * (12 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["error_code"]) == (413, "APIG.0201")


class TestStartAndStop:
    def test_an_emulator_that_was_stopped_starts_again_on_its_port_with_its_jobs(self, dli):
        url = dli.url
        path = f"/v1.0/{dli.project_id}/streaming/jobs/104"
        dli.stop()
        with pytest.raises(ConnectionRefusedError):
            send(dli, "GET", path)
        dli.start()
        assert dli.url == url
        assert send(dli, "GET", path, signed(dli, path))[0] == 200

    def test_an_emulator_that_was_started_may_be_entered_as_a_context(self):
        threads = threading.active_count()
        with DliEmulator().start() as emulator:
            assert send(emulator, "GET", "/")[0] == 404
        with pytest.raises(ConnectionRefusedError):
            send(emulator, "GET", "/")
        assert threading.active_count() == threads

    def test_a_second_start_changes_nothing(self, dli):
        threads, url = threading.active_count(), dli.url
        assert dli.start() is dli
        assert (threading.active_count(), dli.url) == (threads, url)
        assert send(dli, "GET", "/")[0] == 404

    def test_a_second_stop_changes_nothing(self, dli):
        dli.stop()
        dli.stop()
        assert send(dli.start(), "GET", "/")[0] == 404

    def test_several_threads_may_start_and_stop_it_at_once(self, dli):
        threads = threading.active_count()
        for act in (dli.stop, dli.start, dli.stop):
            with ThreadPoolExecutor(8) as pool:
                done = [pool.submit(act) for _ in range(8)]
            assert [future.exception() for future in done] == [None] * 8
        assert threading.active_count() == threads - 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"port": -1}, "port must be a whole number from 0 to 65535, and not -1"),
            ({"port": "8790"}, "port must be .* not '8790'"),
            ({"project_id": "../x"}, "project_id must be"),
            ({"host": "192.0.2.1"}, "allow_remote"),
            ({"access_key": "a,b"}, "access_key must be of ASCII characters without blanks and commas"),
            ({"secret_key": "a b"}, "^secret_key must be of ASCII characters without blanks and commas$"),
        ],
    )
    def test_an_emulator_that_can_not_be_reached_is_refused_at_once(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            DliEmulator(**arguments)


class TestOddUse:
    async def test_an_emulator_starts_and_stops_on_a_running_event_loop(self):
        with DliEmulator() as emulator:
            found = await asyncio.to_thread(send, emulator, "GET", "/")
        assert found[0] == 404

    def test_the_requests_can_be_walked_through_while_more_arrive(self, dli):
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                send(dli, "GET", "/")

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            while len(dli.requests) < 200:
                assert all(request.status == 404 for request in dli.requests)
        finally:
            ended.set()
            asking.join()

    def test_a_dropped_connection_has_no_status(self, dli):
        dli.inject(faults.Drop())
        with pytest.raises(http.client.RemoteDisconnected):
            send(dli, "GET", "/")
        assert dli.requests[-1].status == 0

    def test_a_port_that_is_taken_is_said_and_leaves_nothing_behind(self, dli):
        threads = threading.active_count()
        port = int(dli.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            DliEmulator(port=port).start()
        assert threading.active_count() == threads


def test_the_gzip_bomb_is_larger_unpacked_than_any_answer_may_be(dli):
    dli.inject(faults.GZIP_BOMB)
    connection = http.client.HTTPConnection(dli.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    packed = answer.read()
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = 0
    while packed:
        unpacked += len(unpacker.decompress(packed, 1 << 20))
        packed = unpacker.unconsumed_tail
    connection.close()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert unpacked >= 100_000_000
