"""The emulator's console: what a person sees and can do there, and what nobody else can."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from dli_provider.emulator import DliEmulator, faults


@pytest.fixture
def dli():
    with DliEmulator() as emulator:
        emulator.behaviour.run_delay = 0
        emulator.add_job(104, status="job_running", name="orders", job_config={"parallel_number": 4})
        yield emulator


class Page(HTMLParser):
    """A page, as a person sees it: its texts, its links, its buttons."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self.status, self.headers, self.source = answer.status_code, answer.headers, answer.text
        self.texts: list[str] = []
        self.links: list[str] = []
        self.forms: list[str] = []
        self.token = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append(given["action"])
        if tag == "input":
            self.token = given["value"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def get(dli: DliEmulator, path: str = "/104", **headers: str) -> Page:
    return Page(requests.get(f"{dli.console_url}{path}", headers=headers, timeout=10))


def press(dli: DliEmulator, action: str, token: str, **headers: str) -> requests.Response:
    url = f"{dli.url}{action}"
    return requests.post(url, {"token": token}, headers=headers, timeout=10, allow_redirects=False)


def test_a_page_shows_the_job_and_reloads_itself(dli):
    shown = get(dli)
    assert shown.status == 200
    assert {"orders", "job_running", "104", "parallel_number", "4"} <= set(shown.texts)
    assert any(text.startswith("since 20") for text in shown.texts)
    assert 'http-equiv="refresh"' in shown.source


def test_the_list_leads_to_every_job_under_a_heading(dli):
    dli.add_job(105, name="clicks")
    shown = get(dli, "")
    assert shown.links == ["/console/104", "/console/105"]
    heading, row = ["Job", "Name", "Status", "Since"], ["104", "orders", "job_running"]
    first = shown.texts.index("Job")
    assert shown.texts[first : first + 7] == heading + row
    assert shown.texts[first + 7].startswith("20")


def test_a_person_breaks_stops_and_starts_a_job(dli):
    seen = []
    for button in ("break", "start", "stop"):
        page = get(dli)
        (form,) = (form for form in page.forms if form.endswith(button))
        answer = press(dli, form, page.token)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/console/104")
        seen.append(dli.job(104).status)
    assert seen == ["job_running_exception", "job_submitting", "job_canceling"]


def test_a_page_has_the_buttons_that_make_sense(dli):
    assert [form.rpartition("/")[2] for form in get(dli).forms] == ["break", "stop"]
    dli.job(104).set_status("job_finish")
    assert [form.rpartition("/")[2] for form in get(dli).forms] == ["start"]


def test_a_page_shows_what_the_job_was_asked_without_what_was_sent(dli):
    dli._history.add("update_sql", 104, {"sql_body": "PASSWORD 'x'"})
    dli._history.add("stop", 104, {"trigger_savepoint": True})
    shown = get(dli)
    assert "stop trigger_savepoint" in shown.texts
    assert "update_sql" in shown.texts
    assert "PASSWORD" not in shown.source


def test_a_page_withholds_what_a_job_withholds(dli):
    dli.job(104).update(
        sql_body="CREATE TABLE t WITH ('password' = 'hunter2')", status_desc="sk=hunter2 refused"
    )
    assert "hunter2" not in get(dli).source


def test_a_page_escapes_all_that_it_shows(dli):
    evil = "<script>alert(1)</script>\"'&"
    dli.job(104).update(name=evil, desc=evil, job_config={"smn_topic": evil})
    dli.job(104).update(extra={evil: evil, "job_config": {evil: evil}})
    for path in ("", "/104"):
        page = get(dli, path)
        assert "<script" not in page.source
        assert "<script>alert(1)</script>" in "".join(page.texts)


def test_a_page_shows_odd_jobs(dli):
    dli.job(104).update(create_time=["not", "a", "time"], desc="cut \ud83d", extra={"name": None})
    dli.add_job(105, status="job_new")
    assert [get(dli, path).status for path in ("", "/104", "/105")] == [200] * 3


@pytest.mark.parametrize("path", ["/999", "/x", "/104x", "/" + "9" * 30, "/%00"])
def test_a_job_that_is_not_there_has_no_page(dli, path):
    assert get(dli, path).status == 404


@pytest.mark.parametrize(
    "host", ["attacker.example.com", "127.0.0.1.example.com:80", "", "10.0.0.1", "[::2]:80"]
)
def test_a_host_that_is_not_this_machine_is_refused(dli, host):
    assert get(dli, Host=host).status == 403
    assert get(dli, "", Host=host).status == 403
    assert press(dli, "/console/104/break", get(dli).token, Host=host).status_code == 403
    assert dli.job(104).status == "job_running"


@pytest.mark.parametrize("host", ["localhost", "localhost:8790", "127.0.0.1", "[::1]:8790", "127.0.0.2:1"])
def test_every_name_of_this_machine_will_do(dli, host):
    assert get(dli, Host=host).status == 200


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_a_form_without_the_token_changes_nothing(dli, token):
    assert press(dli, "/console/104/break", token).status_code == 403
    assert requests.get(f"{dli.console_url}/104/break", timeout=10).status_code == 404
    assert dli.job(104).status == "job_running"


def test_a_form_from_before_the_last_start_changes_nothing(dli):
    token = get(dli).token
    dli.stop()
    dli.start()
    assert press(dli, "/console/104/break", token).status_code == 403
    assert press(dli, "/console/104/break", get(dli).token).status_code == 303


def test_a_button_that_there_is_not_does_nothing(dli):
    token = get(dli).token
    for action in ("/console/104/delete", "/console/999/break"):
        assert press(dli, action, token).status_code == 404


def test_no_script_no_frame_and_no_other_site_has_a_part_in_a_page(dli):
    policy = get(dli).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert not re.search(r"(src|href)=.?https?:", get(dli).source)


def test_faults_spare_the_console_and_its_requests_are_not_recorded(dli):
    dli.inject(faults.ServerError(), times=None)
    assert get(dli).status == 200
    assert dli.requests == []


def test_the_connection_leads_its_link_to_the_page(dli):
    url = dli.connection["extra"]["console_url"]
    assert requests.get(url.replace("{job_id}", "104"), timeout=10).status_code == 200


def test_where_other_machines_could_reach_it_there_is_no_console():
    with DliEmulator(host="0.0.0.0", allow_remote=True) as dli:  # noqa: S104
        dli.add_job(104)
        assert dli.console_url is None
        assert "console_url" not in dli.connection["extra"]
        port = dli.url.rpartition(":")[2]
        assert requests.get(f"http://127.0.0.1:{port}/console/104", timeout=10).status_code == 404
