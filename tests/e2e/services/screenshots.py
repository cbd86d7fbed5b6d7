"""`make screenshots`: takes the pictures of the documentation in `make ui`, in a real Chromium.

Of Airflow 3 it takes the connection's form, a wait, and the emulator's console; of Airflow 2 the form.
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
DAG = "example_dli_wait_and_use_config"
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


def finished_run(ui: LocalUi) -> str:
    """Run the DAG that waits, and return the run's id.

    :param ui: Airflow.
    """
    run_id = ui.api.trigger(DAG)
    while set(ui.api.states(DAG, run_id).values()) != {"success"}:
        ui.wait()
    return run_id


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


def take_wait(page: Page, ui: LocalUi) -> None:
    """Take the log of a wait, and the job on the console.

    :param page: the browser.
    :param ui: Airflow.
    """
    page.chrome.set_window_size(*FLAT)
    run_id = finished_run(ui)
    page.visit(f"dags/{DAG}/runs/{run_id}/tasks/wait_for_job")
    page.see_text(f"Flink job {AWAITED_JOB} is job_running, after")
    page.chrome.save_screenshot(str(IMAGES / "wait-for-job.png"))
    page.chrome.get(f"{ui.dli.console_url}/{AWAITED_JOB}")
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
                take_wait(page, ui)
        finally:
            chrome.quit()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
