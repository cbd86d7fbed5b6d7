"""Airflow's pages as somebody in front of the browser sees and uses them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM_OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-proxy-server",),
)
SHOW_LIMIT = 30
"""Seconds that a page may take to show what it is to show."""

FIND = """
const all = [...document.querySelectorAll("*")];
const roots = [document, ...all.map(element => element.shadowRoot).filter(Boolean)];
return roots.flatMap(root => [...root.querySelectorAll(arguments[0])]);
"""
"""Finds elements in a page's shadow roots too, in which Airflow 2 shows its grid."""


def open_chromium(profile: Path, *, width: int, height: int, scale: float = 1) -> Chrome:
    """Return a browser without a window.

    :param profile: the folder for what it keeps.
    :param width: width of its page.
    :param height: height of its page.
    :param scale: pixels of a screenshot for each of the page.
    :raises FileNotFoundError: when there is no Chromium, or no driver of it.
    """
    from selenium import webdriver

    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        raise FileNotFoundError("Chromium or its driver is missing: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    size = (f"--window-size={width},{height}", f"--force-device-scale-factor={scale}")
    for option in (*CHROMIUM_OPTIONS, *size, f"--user-data-dir={profile}"):
        options.add_argument(option)
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


class Page:
    """What a browser shows of a web server.

    :param chrome: the browser.
    :param address: the web server's.
    """

    def __init__(self, chrome: Chrome, address: str) -> None:
        self.chrome = chrome
        self.address = address

    def visit(self, path: str) -> None:
        """Open a page."""
        self.chrome.get(f"{self.address}/{path}")

    def until(self, condition: Callable[[], Any]) -> Any:
        """Return what a condition gives as soon as that is something and the page has come to rest."""
        from selenium.common.exceptions import ElementClickInterceptedException as Covered
        from selenium.common.exceptions import ElementNotInteractableException as NotYet
        from selenium.common.exceptions import StaleElementReferenceException as Replaced
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self.chrome, SHOW_LIMIT, ignored_exceptions=(Covered, NotYet, Replaced))
        return wait.until(lambda _: condition())

    def shown(self, selector: str, text: str = "") -> WebElement | None:
        """Return the first element that is shown now and has a text."""
        found = self.chrome.execute_script(FIND, selector)
        return next((e for e in found if e.is_displayed() and e.text.startswith(text)), None)

    def see(self, selector: str, text: str = "") -> WebElement:
        """Return the first element with a text as soon as it is shown."""
        found: WebElement = self.until(lambda: self.shown(selector, text))
        return found

    def see_text(self, *texts: str) -> str:
        """Return all that the page says, as soon as it says these texts."""
        body = lambda: self.chrome.find_element("tag name", "body").text  # noqa: E731
        said: str = self.until(lambda: all(text in body() for text in texts) and body())
        return said

    def click(self, selector: str, text: str = "") -> None:
        """Click the first element with a text as soon as that can be done."""
        self.until(lambda: (element := self.shown(selector, text)) and not element.click())  # type: ignore[func-returns-value]
