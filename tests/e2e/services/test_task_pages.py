"""What somebody who looks at a task in Airflow's UI sees of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import Page
from rest import IS_AIRFLOW_2, times_told

if TYPE_CHECKING:
    from installation import Airflow
    from selenium.webdriver import Chrome

    from dli_provider.emulator import DliEmulator

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

DAG = "example_dli_wait_and_use_config"


@pytest.fixture(scope="module")
def run_id(airflow: Airflow, triggerer: object, example_dli: DliEmulator) -> str:
    """A run of the main example that succeeded."""
    example_dli.add_job(104, [("job_submitting", None)], name="orders", job_config={"parallel_number": 7})
    run_id = airflow.begin(DAG, job_id=104)
    airflow.until(lambda: "deferred" in airflow.states(run_id), "the wait was deferred")
    example_dli.job(104).set_status("job_running")
    airflow.until_states(run_id, ["success"] * 3)
    return run_id


@pytest.fixture
def page(chromium: Chrome, airflow: Airflow) -> Page:
    """Airflow's UI."""
    return Page(chromium, airflow.api.address)


def path(run_id: str, task_id: str, tab: str = "") -> str:
    """Return the path of a task's page."""
    if IS_AIRFLOW_2:
        return f"dags/{DAG}/grid?dag_run_id={run_id}&task_id={task_id}&tab={tab}"
    return f"dags/{DAG}/runs/{run_id}/tasks/{task_id}/{tab}"


@pytest.mark.parametrize("task_id", ["wait_for_job", "get_job_config"])
def test_a_link_leads_to_the_console(page: Page, run_id: str, example_dli: DliEmulator, task_id: str) -> None:
    page.visit(path(run_id, task_id, "details"))
    link = page.see("a", "DLI console").get_attribute("href")
    assert link == f"https://console.example.com/dli/{example_dli.project_id}/104"


def test_the_log_of_a_wait_has_a_line_per_change(page: Page, run_id: str) -> None:
    page.visit(path(run_id, "wait_for_job", "logs" if IS_AIRFLOW_2 else ""))
    job = "Flink job 104 (orders)"
    lines = f"{job} is job_submitting; awaiting job_running", f"{job} is job_running"
    said = page.see_text(*lines)
    assert [times_told(said, line) for line in lines] == [1, 1]


def test_the_xcom_page_shows_the_configuration(page: Page, run_id: str) -> None:
    page.visit(path(run_id, "get_job_config", "xcom"))
    if not IS_AIRFLOW_2:
        page.click("button[aria-label^='Expand']")
    said = page.see_text("return_value", "parallel_number")
    assert "7" in said[said.index("parallel_number") :][:30]
