"""The link to the console: what is stored, where, and that nothing but a web address comes out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from dli_provider.api.auth.aksk import AkSkCredential
from dli_provider.api.settings import DliSettings
from dli_provider.links import flink
from dli_provider.links.flink import DliFlinkConsoleLink

ADDRESS = "https://console.example.com/eu-de/7"
IDS = {"dag_id": "d", "task_id": "t", "run_id": "r", "map_index": 3}


def settings(console_url: str | None = "https://console.example.com/{region}/{job_id}") -> DliSettings:
    return DliSettings(
        endpoint="https://dli.example.com",
        credential=AkSkCredential("AK", "SK"),
        region="eu-de",
        console_url=console_url,
    )


class Database:
    """The XComs of Airflow's own database, past any custom backend."""

    def __init__(self) -> None:
        self.stored: dict[tuple[Any, ...], Any] = {}

    def set(self, *, value: Any, **key: Any) -> None:
        self.stored[tuple(sorted(key.items()))] = value

    def get_one(self, **key: Any) -> Any:
        return self.stored.get(tuple(sorted(key.items())))


@pytest.fixture
def database(monkeypatch) -> Database:
    database = Database()
    monkeypatch.setattr(flink, "BaseXCom", database)
    return database


@pytest.fixture
def ti() -> Any:
    """A task instance of Airflow's own, as far as the link needs one."""
    kind = type("TaskInstance", (SimpleNamespace,), {"__module__": "airflow.models.taskinstance"})
    return kind(**IDS, xcom_push=Mock(side_effect=AssertionError("through a custom backend")))


def test_the_address_goes_to_the_database_and_comes_back(database, ti):
    DliFlinkConsoleLink.persist({"ti": ti}, settings(), 7)
    assert DliFlinkConsoleLink().get_link(Mock(), ti_key=SimpleNamespace(**IDS)) == ADDRESS


def test_storing_it_again_leaves_one(database, ti):
    for _ in range(16):
        DliFlinkConsoleLink.persist({"ti": ti}, settings(), 7)
    assert list(database.stored.values()) == [ADDRESS]


def test_a_region_without_a_console_has_no_address(database, ti):
    DliFlinkConsoleLink.persist({"ti": ti}, settings(None), 7)
    assert DliFlinkConsoleLink().get_link(Mock(), ti_key=SimpleNamespace(**IDS)) == ""


def test_a_task_that_stored_none_has_no_address(database):
    assert DliFlinkConsoleLink().get_link(Mock(), ti_key=SimpleNamespace(**IDS)) == ""
    assert DliFlinkConsoleLink().get_link(Mock(), ti_key=None) == ""


@pytest.mark.parametrize(
    "stored", ["javascript:alert(1)", "https://u:p@h/", "s3://bucket/key", 7, None, ["x"]]
)
def test_nothing_but_a_web_address_comes_out(database, stored):
    database.set(key=DliFlinkConsoleLink.key, value=stored, **IDS)
    assert DliFlinkConsoleLink().get_link(Mock(), ti_key=SimpleNamespace(**IDS)) == ""


def test_a_stand_in_gets_it_pushed():
    ti = Mock()
    DliFlinkConsoleLink.persist({"ti": ti}, settings(), 7)
    ti.xcom_push.assert_called_once_with(key="dli_console_link", value=ADDRESS)


def test_a_context_without_a_task_instance_is_passed_over(database):
    DliFlinkConsoleLink.persist({}, settings(), 7)
    assert not database.stored
