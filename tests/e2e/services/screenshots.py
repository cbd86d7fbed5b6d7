"""`make screenshots`: takes the pictures of the documentation in `make ui`, in a real Chromium.

Of Airflow 3 it takes the connection's form, a wait, an upgrade, and the emulator's console; of 2 the form.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from airflow_api import IS_AIRFLOW_2, LINE
from browser import Page, open_chromium
from connection_form import FORM, FormOfAirflow2, FormOfAirflow3
from local_airflow import CHECKOUT
from ui import AWAITED_JOB, LocalUi, local_ui, port_wanted

IMAGES = CHECKOUT / ".github" / "images"
WAIT = (
    "example_dli_wait_and_use_config",
    "wait_for_job",
    f"Flink job {AWAITED_JOB} (orders-enrichment) is job_running",
)
UPGRADE = ("example_dli_deploy", "deploy_eu", "upgraded; it is job_running")
"""A DAG, a task of it, and what stands in its log in the end."""
FORM_SELECTOR = ".panel" if IS_AIRFLOW_2 else "[role=dialog]"
TALL, FLAT = (1000, 2400), (1200, 860)
"""Width and height of the window: for a form to be seen whole, and for a page as people look at it."""


def log_in(page: Page, password: str) -> None:
    """Log in as ``admin``.

    :param page: the browser.
    :param password: the password.
    """
    page.visit("login/" if IS_AIRFLOW_2 else "auth/login")
    page.see("[name=username]").send_keys("admin")
    page.see("[name=password]").send_keys(password)
    page.click("input[type=submit]" if IS_AIRFLOW_2 else "button", "" if IS_AIRFLOW_2 else "Sign in")
    page.until(lambda: "login" not in page.chrome.current_url)


def take_form(form: FormOfAirflow2 | FormOfAirflow3) -> None:
    """Take the form of a new connection, filled in.

    :param form: the form.
    """
    form.chrome.set_window_size(*TALL)
    form.open_new("dli_default")
    form.fill(login="HPUAEXAMPLE0ACCESSKEY", password="an-example")
    form.fill(region="cn-north-4")
    form.chrome.execute_script("document.activeElement.blur()")
    form.see(FORM_SELECTOR, "Add Connection").screenshot(str(IMAGES / f"connection-form-airflow-{LINE}.png"))


def take_task(page: Page, ui: LocalUi, dag_id: str, task_id: str, said: str, image: str) -> None:
    """Run a DAG, and take the log of one of its tasks.

    :param page: the browser.
    :param ui: Airflow.
    :param dag_id: the DAG.
    :param task_id: the task.
    :param said: what stands in its log in the end.
    :param image: name of the picture.
    """
    run_id = ui.api.trigger(dag_id)
    while set(ui.api.states(dag_id, run_id).values()) != {"success"}:
        ui.wait()
    page.visit(f"dags/{dag_id}/runs/{run_id}/tasks/{task_id}")
    page.see_text(said)
    page.chrome.save_screenshot(str(IMAGES / image))


def take_console(page: Page, ui: LocalUi) -> None:
    """Take the emulator's list of jobs.

    :param page: the browser.
    :param ui: Airflow, and the emulator.
    """
    assert ui.dli.console_url
    page.chrome.get(ui.dli.console_url)
    page.see_text("job_running")
    page.chrome.save_screenshot(str(IMAGES / "emulator-console.png"))


def main(home: Path) -> None:
    """Take all pictures of the Airflow that is installed.

    :param home: where Airflow shall live.
    """
    IMAGES.mkdir(parents=True, exist_ok=True)
    with local_ui(home, port_wanted()) as ui, tempfile.TemporaryDirectory() as profile:
        chrome = open_chromium(Path(profile), width=FLAT[0], height=FLAT[1])
        try:
            page = FORM(chrome, ui.api.address)
            log_in(page, ui.password)
            take_form(page)
            if not IS_AIRFLOW_2:
                page.chrome.set_window_size(*FLAT)
                take_task(page, ui, *WAIT, "wait-for-job.png")
                take_task(page, ui, *UPGRADE, "upgrade.png")
                take_console(page, ui)
        finally:
            chrome.quit()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
