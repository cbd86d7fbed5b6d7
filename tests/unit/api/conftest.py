"""Conversations driven by hand: the test gives the answers, and sees every step in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Self

import pytest
from new_process import forget_all

from dli_provider.api import conversation, endpoints
from dli_provider.api.auth import aksk, flight, guard, issuing, shared
from dli_provider.api.auth import clock as auth_clock
from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.auth.token import PasswordCredential
from dli_provider.api.errors import DliError
from dli_provider.api.messages import Conversation, Reply, Response, Send, Sleep
from dli_provider.api.retry import RetryPolicy
from dli_provider.api.settings import DliSettings

PROJECT = "330e068af1334c9782f4226acc00a2e2"
ENDPOINT = "https://dli.cn-north-4.myhuaweicloud.com"
IAM = "https://iam.cn-north-4.myhuaweicloud.com"


class ByHand:
    """A conversation, and what it asked for until now."""

    def __init__(self, conversation: Conversation[Any]) -> None:
        self._conversation = conversation
        self.step: Send | Sleep | None = None
        self.sends: list[Send] = []
        self.waits: list[float] = []
        self.result: Any = None
        self.error: DliError | None = None
        self.reply(None)

    def reply(self, reply: Reply = None) -> Self:
        """Give the outcome of the present step."""
        self.step = None
        try:
            self.step = self._conversation.send(reply)
        except StopIteration as end:
            self.result = end.value
        except DliError as error:
            self.error = error
        if isinstance(self.step, Send):
            self.sends.append(self.step)
        elif isinstance(self.step, Sleep):
            self.waits.append(self.step.seconds)
        return self

    def run(self, *replies: Reply) -> Self:
        """Answer one Send after the other, and let every Sleep pass."""
        for reply in replies:
            while isinstance(self.step, Sleep):
                self.reply()
            assert isinstance(self.step, Send), f"nothing was asked when {reply} was to be answered"
            self.reply(reply)
        while isinstance(self.step, Sleep):
            self.reply()
        return self

    def close(self) -> None:
        self._conversation.close()

    @property
    def sent(self) -> Send:
        """What is asked for now."""
        assert isinstance(self.step, Send)
        return self.step

    @property
    def over(self) -> bool:
        return self.step is None


class Clock:
    """The time of the API layer, in epoch seconds; it moves when the test says so."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Answers:
    """Answers of DLI, its gateway and IAM."""

    @staticmethod
    def json(content: Any, status: int = 200, **headers: str) -> Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(status, names, json.dumps(content).encode())

    def job(self, **detail: Any) -> Response:
        detail = {"job_id": 104, "status": "job_running", **detail}
        return self.json({"is_success": "true", "message": "", "job_detail": detail})

    def error(self, status: int, code: str, message: str = "no", **headers: str) -> Response:
        return self.json({"error_code": code, "error_msg": message}, status, **headers)

    def refusal(self, **headers: str) -> Response:
        return self.error(401, "APIG.0301", "verify aksk signature fail", **headers)

    def login_refusal(self) -> Response:
        content = {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}
        return self.json({"error": content}, 401)

    def locked(self) -> Response:
        return self.error(401, "APIG.0301", "AK access failed to reach the limit,forbidden.")

    def stale(self) -> Response:
        return self.error(401, "APIG.0307", "The token must be updated.")

    def token(self, value: str, expires_at: str = "2023-11-15T22:13:20.000000Z", **content: Any) -> Response:
        token = {"expires_at": expires_at, "project": {"id": PROJECT}, **content}
        return self.json({"token": token}, 201, x_subject_token=value)

    def projects(self, *ids: Any) -> Response:
        return self.json({"projects": [{"id": id_, "name": "cn-north-4"} for id_ in ids]})


@pytest.fixture(autouse=True)
def _as_a_new_process():
    forget_all()
    yield
    forget_all()


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    for module in (aksk, auth_clock, issuing):
        monkeypatch.setattr(module, "time", clock)
    for module in (flight, guard, issuing, shared):
        monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def answer() -> Answers:
    return Answers()


@pytest.fixture
def by_hand() -> type[ByHand]:
    return ByHand


@pytest.fixture
def password() -> PasswordCredential:
    return PasswordCredential("user", "p4ssw0rd", "account", IAM, project_id=PROJECT)


@pytest.fixture
def begin(clock) -> Callable[..., ByHand]:
    """Begin a conversation; the arguments differ from a show of job 104 with a fixed key and project."""

    def begin(
        call: endpoints.Call[Any] | None = None,
        *,
        credential: Any = None,
        retry: RetryPolicy | None = None,
        **settings: Any,
    ) -> ByHand:
        chosen = DliSettings(
            **{
                "endpoint": ENDPOINT,
                "credential": credential or AkSkCredential("AK", "SK"),
                "region": "cn-north-4",
                "project_id": PROJECT,
                "iam_endpoint": IAM,
                **settings,
            }
        )
        return ByHand(
            conversation.converse(
                call or endpoints.show_flink_job(104),
                chosen,
                shared.share_credential(chosen.credential),
                retry or RetryPolicy(),
            )
        )

    return begin


@pytest.fixture
def all_at_once() -> Callable[..., int]:
    """Run conversations side by side: in every round all requests are on their way before one is answered.

    The answer is how many were on their way at the most.
    """

    def run(conversations: Iterable[ByHand], server: Callable[[Send], Reply]) -> int:
        conversations, most = list(conversations), 0
        while waiting := [one for one in conversations if not one.over]:
            replies = [server(one.step) if isinstance(one.step, Send) else None for one in waiting]
            most = max(most, sum(isinstance(one.step, Send) for one in waiting))
            for one, reply in zip(waiting, replies, strict=True):
                one.reply(reply)
        return most

    return run
