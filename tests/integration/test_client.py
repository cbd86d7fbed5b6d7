"""Both clients against the emulated DLI: what holds for one holds for the other."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from dli_provider.api import errors
from dli_provider.api.aio import AsyncDliClient
from dli_provider.api.auth import shared
from dli_provider.api.auth.agency import AgencyCredential
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.client import DliClient
from dli_provider.api.retry import ONE_ATTEMPT, RetryPolicy
from dli_provider.api.settings import DliSettings
from dli_provider.emulator import DliEmulator, faults
from dli_provider.emulator.services.gateway import AccessKey
from dli_provider.flink.job import FlinkJob
from dli_provider.hooks.dli import DliHook

pytestmark = pytest.mark.usefixtures("as_a_new_process")

JOB = 104
SEVERAL = 20
QUICK = RetryPolicy(base=0.001, retry_after_cap=0.01)


class Sync:
    """The blocking client; several calls at once are made by threads."""

    def __init__(self, settings: DliSettings, retry: RetryPolicy = ONE_ATTEMPT) -> None:
        self.client = DliClient(settings, retry)

    def show(self, job_id: int | str = JOB) -> FlinkJob:
        return self.client.show_flink_job(job_id)

    def find(self, name: str) -> FlinkJob | None:
        return self.client.find_flink_job(name)

    def listed(self, **filters: Any) -> list[FlinkJob]:
        return list(self.client.list_flink_jobs(**filters))

    def show_several(self) -> list[FlinkJob | errors.DliError]:
        together = threading.Barrier(SEVERAL)

        def show(_: int) -> FlinkJob | errors.DliError:
            together.wait()
            try:
                return self.show()
            except errors.DliError as error:
                return error

        with ThreadPoolExecutor(SEVERAL) as pool:
            return list(pool.map(show, range(SEVERAL)))

    def close(self) -> None:
        self.client.close()


class Async:
    """The client for event loops, in a loop that lives as long as it."""

    def __init__(self, settings: DliSettings, retry: RetryPolicy = ONE_ATTEMPT) -> None:
        self.loop = asyncio.Runner()
        self.client = AsyncDliClient(settings, retry)

    def show(self, job_id: int | str = JOB) -> FlinkJob:
        return self.loop.run(self.client.show_flink_job(job_id))

    def find(self, name: str) -> FlinkJob | None:
        return self.loop.run(self.client.find_flink_job(name))

    def listed(self, **filters: Any) -> list[FlinkJob]:
        async def read() -> list[FlinkJob]:
            return [job async for job in self.client.list_flink_jobs(**filters)]

        return self.loop.run(read())

    def show_several(self) -> list[FlinkJob | errors.DliError]:
        async def read() -> list[Any]:
            calls = [self.client.show_flink_job(JOB) for _ in range(SEVERAL)]
            return await asyncio.gather(*calls, return_exceptions=True)

        return self.loop.run(read())

    def close(self) -> None:
        self.loop.run(self.client.close())
        self.loop.close()


@pytest.fixture
def dli() -> Iterator[DliEmulator]:
    with DliEmulator() as emulator:
        emulator.add_job(JOB, [("job_running", None)], name="orders", job_config={"parallel_number": 4})
        yield emulator


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def connect(request, dli) -> Iterator[Callable[..., Sync | Async]]:
    """Make a client of the emulator; the arguments differ from its own key and project."""
    made: list[Sync | Async] = []

    def connect(retry: RetryPolicy = ONE_ATTEMPT, **fields: Any) -> Sync | Async:
        settings = {
            "endpoint": dli.url,
            "credential": AkSkCredential(dli.access_key, dli.secret_key),
            "region": dli.region,
            "project_id": dli.project_id,
            "iam_endpoint": dli.url,
            "read_timeout": 10.0,
            **fields,
        }
        made.append(request.param(DliSettings(**settings), retry))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def received(dli: DliEmulator, operation: str | None = None) -> int:
    return sum(1 for request in dli.requests if operation in {None, request.operation})


def failure(call: Callable[[], Any]) -> Any:
    with pytest.raises(errors.DliError) as caught:
        call()
    return caught.value


class TestReading:
    def test_a_job(self, connect):
        job = connect().show()
        assert (job.job_id, job.name, job.status, job.job_config.parallel_number) == (
            *(JOB, "orders", "job_running", 4),
        )

    @pytest.mark.parametrize("job_id", [str(JOB), f" {JOB} "])
    def test_a_job_by_its_digits(self, connect, job_id):
        assert connect().show(job_id).job_id == JOB

    @pytest.mark.parametrize("job_id", ["../104", "104?x=y", "", 0, True])
    def test_nothing_that_is_no_job(self, dli, connect, job_id):
        with pytest.raises(ValueError, match="job_id must"):
            connect().show(job_id)
        assert received(dli) == 0

    def test_a_job_that_does_not_exist(self, connect):
        error = failure(lambda: connect(QUICK).show(999))
        assert (type(error), error.status, error.code) == (errors.DliNotFoundError, 400, "DLI.16001")
        assert error.request_id
        assert "check job_id, and the connection's project_id and region" in str(error)

    def test_all_jobs_of_three_pages(self, dli, connect):
        for job_id in range(1000, 1249):
            dli.add_job(job_id, [("job_finish", None)])
        assert [job.job_id for job in connect().listed()] == [JOB, *range(1000, 1249)]
        assert [request.query["offset"] for request in dli.requests] == ["0", "100", "200"]
        assert {request.query["show_detail"] for request in dli.requests} == {"true"}

    def test_no_page_more_than_there_are(self, dli, connect):
        for job_id in range(1000, 1199):
            dli.add_job(job_id)
        assert len(connect().listed()) == 200
        assert received(dli) == 2

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"name": "etl ü*~"}, [201, 202]),
            ({"name": "etl ü*~", "order": "desc"}, [202, 201]),
            ({"status": "job_finish"}, [202]),
            ({"job_type": "flink_sql_job"}, [201]),
            ({"queue_name": "other"}, [202]),
            ({"tags": {"team": "etl", "tier": "1"}}, [201]),
            ({"tags": "team=etl"}, [201, 202]),
            ({"root_job_id": 7}, [202]),
            ({"user_name": None, "name": None}, [JOB, 201, 202]),
            ({"name": "none & such=1"}, []),
        ],
    )
    def test_the_jobs_that_a_filter_lets_pass(self, dli, connect, filters, found):
        running, finished = [("job_running", None)], [("job_finish", None)]
        tags = {"team": "etl", "tier": "1"}
        dli.add_job(201, running, name="etl ü*~ a", tags=tags, job_type="flink_sql_job")
        other = {"queue_name": "other", "job_config": {"root_id": 7}}
        dli.add_job(202, finished, name="etl ü*~ b", tags={"team": "etl"}, **other)
        assert [job.job_id for job in connect().listed(**filters)] == found

    def test_jobs_in_brief(self, connect):
        (job,) = connect().listed(show_detail=False)
        assert (job.status, job.job_config) == ("job_running", None)

    def test_a_job_with_a_field_that_can_not_be_read(self, dli, connect):
        dli.add_job(201, job_config={"cu_number": "many"})
        unreadable = {job.job_id: job.unreadable for job in connect().listed()}
        assert unreadable.pop(201) == ("job_config.cu_number",)
        assert not any(unreadable.values())

    def test_success_as_a_boolean(self, connect):
        with DliEmulator(boolean_success=True) as other:
            other.add_job(JOB)
            key = AkSkCredential(other.access_key, other.secret_key)
            client = connect(endpoint=other.url, credential=key, project_id=other.project_id)
            assert client.show().job_id == JOB


class TestFindingAJobByItsName:
    def test_gives_its_detail(self, dli, connect):
        job = connect().find("orders")
        assert (job.job_id, job.job_config.parallel_number) == (JOB, 4)
        assert [request.operation for request in dli.requests] == ["list", "show"]

    def test_gives_nothing_for_a_part_of_a_name(self, connect):
        assert connect().find("order") is None

    def test_takes_the_exact_name_among_those_that_contain_it(self, dli, connect):
        for number in range(150):
            dli.add_job(1000 + number, name=f"orders of {number}")
        dli.add_job(2000, name="orders of")
        assert connect().find("orders of").job_id == 2000
        assert received(dli, "list") == 2

    def test_takes_digits_for_a_name(self, dli, connect):
        dli.add_job(7, name=str(JOB))
        assert connect().find(str(JOB)).job_id == 7

    def test_of_several_is_an_error_that_lists_them(self, dli, connect):
        dli.add_job(201, name="orders")
        error = failure(lambda: connect().find("orders"))
        assert type(error) is errors.DliError
        advice = "Give job_id, or rename or delete all but one"
        assert str(error) == f"Several jobs are called 'orders': {JOB}, 201. {advice}"

    @pytest.mark.parametrize("name", ["", "  "])
    def test_takes_no_blank(self, dli, connect, name):
        client = connect()
        with pytest.raises(ValueError, match="the filter name is blank"):
            client.find(name)
        assert received(dli) == 0

    def test_does_not_give_up_for_a_list_that_contradicts_itself_once(self, dli, connect):
        dli.inject(faults.Answer(200, '{"job_list": {"total_count": 151, "jobs": []}}'), only="list")
        assert connect(QUICK).find("orders").job_id == JOB


API, PROTOCOL, LOST = errors.DliApiError, errors.DliProtocolError, errors.DliConnectionError
IN_TWO_SECONDS = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
FAULTS: dict[str, tuple[faults.Fault, type[errors.DliError], str, bool]] = {
    "throttled": (faults.Throttle(), errors.DliThrottledError, "APIG.0308", True),
    "throttled for a while": (faults.Throttle(0.005), errors.DliThrottledError, "APIG.0308", True),
    "throttled until": (faults.Throttle(IN_TWO_SECONDS), errors.DliThrottledError, "APIG.0308", True),
    "backend unavailable": (faults.ServerError(), errors.DliServerError, "APIG.0202", True),
    "backend timeout": (faults.ServerError(504, "APIG.0203"), errors.DliServerError, "504", True),
    "gateway failed": (faults.ServerError(500, "APIG.0601"), errors.DliServerError, "500", True),
    "no backend": (faults.ServerError(500, "APIG.0103"), errors.DliServerError, "no backend", False),
    "DLI failed": (faults.DliFailure(), errors.DliServerError, "HTTP 400 DLI.0999", True),
    "an array": (faults.ArrayError(), errors.DliBadRequestError, "No job-running queue", False),
    "HTML of a proxy": (faults.PROXY_HTML, errors.DliServerError, "502 Bad Gateway", True),
    "no success": (faults.NOT_SUCCESSFUL, errors.DliServerError, "is_success is false", True),
    "an empty body": (faults.EMPTY, PROTOCOL, "body is empty", True),
    "no JSON": (faults.NOT_JSON, PROTOCOL, "not JSON: OK", True),
    "a redirect": (faults.REDIRECT, PROTOCOL, "Redirects are not followed", True),
    "nested without end": (faults.DEEP_JSON, PROTOCOL, "not JSON", True),
    "compressed": (faults.GZIP_BOMB, PROTOCOL, "compressed ('gzip')", True),
    "a dropped connection": (faults.Drop(), LOST, "No answer from http://127.0.0.1", True),
    "a truncated body": (faults.Truncated(), LOST, "No answer from http://127.0.0.1", True),
    "a slow answer": (faults.Slow(1), LOST, "No answer from http://127.0.0.1", True),
    "dribbled headers": (faults.Dribble(0.05, headers=True), LOST, "No answer", True),
    "a dribbled body": (faults.Dribble(0.05), LOST, "No answer", True),
    "a job that is no object": (faults.Answer(200, '{"job_detail": [1]}'), PROTOCOL, "no job_detail", True),
    "forbidden": (
        faults.Answer(403, '{"error_code": "APIG.0302", "error_msg": "m"}'),
        *(errors.DliForbiddenError, "The call needs dli:jobs:get", False),
    ),
    "no such API": (
        faults.Answer(404, '{"error_code": "APIGW.0101", "error_msg": "m"}'),
        *(errors.DliBadRequestError, "check the endpoint and the region", False),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
class TestEveryFault:
    @staticmethod
    def patience(fault: faults.Fault) -> dict[str, float]:
        slow = isinstance(fault, faults.Slow | faults.Dribble)
        return {"connect_timeout": 0.4, "read_timeout": 0.4} if slow else {}

    def test_is_told(self, dli, connect, name):
        fault, kind, text, transient = FAULTS[name]
        dli.inject(fault, times=None)
        error = failure(connect(**self.patience(fault)).show)
        assert type(error) is kind
        assert error.transient is transient
        assert text in str(error)
        assert str(error).startswith(f"ShowFlinkJob of job {JOB} at {dli.url}: ")
        assert len(str(error)) < 800

    def test_that_passes_is_borne_and_another_is_not(self, dli, connect, name):
        fault, _, _, transient = FAULTS[name]
        client = connect(QUICK, **self.patience(fault))
        client.show()
        # aiohttp itself sends a request again when a kept connection turns out to be closed
        dli.inject(fault, times=1 + isinstance(fault, faults.Drop))
        if transient:
            assert client.show().job_id == JOB
        else:
            failure(client.show)
            assert received(dli) == 2


class TestAWrongKey:
    @pytest.mark.parametrize("wrong", ["secret", "key"])
    def test_is_tried_once_however_often_it_is_used(self, dli, connect, wrong):
        key = AkSkCredential(dli.access_key, "wrong") if wrong == "secret" else AkSkCredential("wrong", "SK")
        first, second = connect(QUICK, credential=key), connect(QUICK, credential=key)
        told = [failure(client.show) for client in (first, first, second) for _ in range(3)]
        assert {(type(error), error.code) for error in told} == {(errors.DliAuthError, "APIG.0301")}
        assert ["No call was made" in str(error) for error in told] == [False, *[True] * 8]
        assert received(dli) == 1
        assert not dli.locked

    @pytest.mark.parametrize("project", ["set", "looked up"])
    def test_is_tried_once_by_several_at_once(self, dli, connect, project):
        key = AkSkCredential(dli.access_key, "wrong")
        fields = {"project_id": None} if project == "looked up" else {}
        told = connect(QUICK, credential=key, **fields).show_several()
        assert {type(error) for error in told} == {errors.DliAuthError}
        assert received(dli) == 1
        assert not dli.locked
        assert connect().show()

    def test_is_told_apart_from_a_right_one(self, dli, connect):
        failure(connect(credential=AkSkCredential(dli.access_key, "wrong")).show)
        assert len([job for job in connect().show_several() if isinstance(job, FlinkJob)]) == SEVERAL

    def test_that_was_right_until_now_is_refused_once(self, dli, connect):
        client = connect(QUICK)
        client.show()
        dli.rotate_keys()
        for _ in range(5):
            assert type(failure(client.show)) is errors.DliAuthError
        assert received(dli) == 2

    def test_may_only_be_a_clock_that_is_off(self, dli, connect):
        dli.clock_offset = timedelta(minutes=20)
        error = failure(connect().show)
        assert type(error) is errors.DliAuthError
        assert "This machine's clock is 1" in str(error)
        assert "s behind the server's" in str(error)
        assert received(dli) == 1

    def test_does_not_concern_a_clock_that_is_nearly_right(self, dli, connect):
        dli.clock_offset = timedelta(minutes=-14)
        assert connect().show()


class TestATemporaryKey:
    @pytest.fixture
    def key(self, dli) -> AkSkCredential:
        dli.gateway.keys["TMP"] = AccessKey("temporary-secret", "session-token", time.time() + 900)
        return AkSkCredential("TMP", "temporary-secret", "session-token")

    def test_is_accepted_with_its_token(self, connect, key):
        assert connect(credential=key).show()

    @pytest.mark.parametrize("token", [None, "another-token"])
    def test_is_refused_without_it(self, dli, connect, key, token):
        refused = AkSkCredential(key.access_key, key.secret_key, token)
        assert "security token is missing or wrong" in str(failure(connect(credential=refused).show))

    def test_is_refused_when_it_has_expired(self, dli, connect, key):
        dli.gateway.keys["TMP"].expires_at = time.time() - 1
        assert "the temporary access key is expired" in str(failure(connect(credential=key).show))


class TestAPassword:
    @pytest.fixture
    def user(self, dli) -> PasswordCredential:
        return PasswordCredential(
            dli.iam.user, dli.iam.password, dli.iam.domain_name, dli.url, project_name=dli.region
        )

    def test_gets_a_token_that_all_clients_share_and_that_names_the_project(self, dli, connect, user):
        for _ in range(3):
            assert connect(credential=user, project_id=None).show()
        assert (received(dli, "token"), received(dli, "projects")) == (1, 0)

    def test_gets_one_token_for_several_at_once(self, dli, connect, user):
        assert all(isinstance(job, FlinkJob) for job in connect(credential=user).show_several())
        assert received(dli, "token") == 1

    def test_gets_one_more_when_the_token_became_stale_for_several_at_once(self, dli, connect, user):
        client = connect(credential=user)
        client.show()
        dli.iam.revoke_tokens()
        assert all(isinstance(job, FlinkJob) for job in client.show_several())
        assert received(dli, "token") == 2

    def test_gets_another_before_the_token_ends(self, dli, connect, user, monkeypatch):
        client = connect(credential=user)
        client.show()
        later = time.monotonic() + dli.iam.token_lifetime - 1700
        monkeypatch.setattr(shared, "monotonic", lambda: later)
        client.show()
        client.show()
        assert received(dli, "token") == 2

    def test_that_is_wrong_is_tried_once(self, dli, connect, user):
        wrong = PasswordCredential(user.user, "wrong", user.domain_name, dli.url, project_name=dli.region)
        told = connect(QUICK, credential=wrong, project_id=None).show_several()
        assert {type(error) for error in told} == {errors.DliAuthError}
        assert "The username or password is wrong" in str(told[0])
        assert (received(dli, "token"), received(dli)) == (1, 1)

    def test_bears_an_iam_that_fails_for_a_moment(self, dli, connect, user):
        dli.inject(faults.ServerError(), only="token")
        assert connect(QUICK, credential=user).show()


class TestAnAgency:
    def test_gets_keys_that_all_clients_share(self, dli, connect):
        for _ in range(3):
            assert connect(credential=AgencyCredential(dli.url)).show()
        assert (received(dli, "metadata_session"), received(dli, "metadata_key")) == (1, 1)

    def test_is_reached_by_a_connection_that_names_its_endpoint(self, dli, monkeypatch):
        extra = {**dli.connection["extra"], "auth": "agency", "metadata_endpoint": dli.url}
        connection = {**dli.connection, "login": None, "password": None, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_DLI_AGENCY", json.dumps(connection))
        assert DliHook("dli_agency").show_flink_job(JOB).name == "orders"
        assert received(dli, "metadata_key") == 1

    def test_gets_keys_without_a_session_token_too(self, dli, connect):
        dli.metadata.session_tokens = False
        assert connect(credential=AgencyCredential(dli.url)).show()

    def test_gets_others_when_its_keys_are_gone(self, dli, connect):
        client = connect(credential=AgencyCredential(dli.url))
        client.show()
        for access_key in [key for key in dli.gateway.keys if key.startswith("HST")]:
            del dli.gateway.keys[access_key]
        assert all(isinstance(job, FlinkJob) for job in client.show_several())
        assert received(dli, "metadata_key") == 2

    def test_gets_others_when_its_keys_last_less_than_ten_minutes(self, dli, connect, monkeypatch):
        client = connect(credential=AgencyCredential(dli.url))
        client.show()
        later = time.monotonic() + dli.metadata.lifetime - 500
        monkeypatch.setattr(shared, "monotonic", lambda: later)
        client.show()
        client.show()
        assert received(dli, "metadata_key") == 2

    def test_is_missed_where_there_is_none(self, dli, connect):
        dli.metadata.has_agency = False
        error = failure(connect(QUICK, credential=AgencyCredential(dli.url)).show)
        assert type(error) is errors.DliAuthError
        assert "Please configure Cloud Service Agency first" in str(error)
        assert received(dli, "metadata_key") == 1


class TestAProjectThatIsNotSet:
    def test_is_looked_up_once(self, dli, connect):
        client = connect(project_id=None)
        for _ in range(3):
            assert client.show().job_id == JOB
        assert received(dli, "projects") == 1

    def test_must_be_one_of_the_region(self, dli, connect):
        dli.iam.projects.append((dli.region, "p2"))
        error = failure(connect(QUICK, project_id=None).show)
        assert type(error) is errors.DliSettingsError
        assert f"IAM knows 2 projects: {dli.project_id}, p2" in str(error)
        dli.iam.projects.clear()
        assert "IAM knows no project" in str(failure(connect(project_id=None).show))

    def test_is_forbidden_when_it_is_somebody_elses(self, connect):
        error = failure(connect(QUICK, project_id="0" * 32).show)
        assert type(error) is errors.DliForbiddenError
