"""The pages in a real browser: with scripts and without, narrow and wide."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from conftest import HandChecker
    from selenium.webdriver.remote.webdriver import WebDriver

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEEP_STATUS = """
const status = document.getElementById("status");
new MutationObserver(() => {
  sessionStorage.setItem("said", status.textContent);
  sessionStorage.setItem("held", document.querySelector(".send button").disabled);
}).observe(status, {childList: true});
"""


def fill_in(browser: WebDriver, site: str, passage: str) -> str:
    """Fill in the form and send it, as a person does; wait for the next page's heading."""
    browser.get(site)
    browser.find_element(By.ID, "passage").send_keys(passage)
    browser.find_element(By.ID, "source_url").send_keys("paper.example/a")
    browser.find_element(By.CSS_SELECTOR, ".send button").click()
    WebDriverWait(browser, 20).until(lambda b: b.current_url.startswith(f"{site}/checks/"))
    return browser.find_element(By.TAG_NAME, "h1").text


def test_form_leads_to_the_report(
    browser: WebDriver, site: str, passage: str, checker: HandChecker
) -> None:
    """A person fills in the form and reads the verdict; the links lead to the marked words."""
    assert fill_in(browser, site, passage) == "Reads differently in the source"
    assert checker.asked[0][1].value == "https://paper.example/a"
    browser.find_element(By.LINK_TEXT, "Show in the source").click()
    assert browser.current_url.endswith("#source-1")
    pin = browser.find_element(By.ID, "source-1")
    ground = "return getComputedStyle(arguments[0].parentElement).backgroundColor"
    assert browser.execute_script(ground, pin) != "rgba(0, 0, 0, 0)"
    assert browser.get_log("browser") == []


def test_form_and_report_work_without_scripts(browser: WebDriver, site: str, passage: str) -> None:
    """With scripts off, the same steps lead to the same report."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    assert fill_in(browser, site, passage) == "Reads differently in the source"
    assert not browser.find_element(By.ID, "print").is_displayed()
    browser.find_element(By.LINK_TEXT, "Show in the passage").click()
    assert browser.current_url.endswith("#passage-1")


def test_worked_example_is_one_click(browser: WebDriver, site: str) -> None:
    """From the first page, one click shows a finished report."""
    browser.get(site)
    browser.find_element(By.CSS_SELECTOR, ".first-time button").click()
    WebDriverWait(browser, 20).until(lambda b: "/checks/" in b.current_url)
    assert browser.find_element(By.TAG_NAME, "h1").text


def test_waiting_is_said_and_the_button_held(
    browser: WebDriver,
    site: str,
    passage: str,
    checker: HandChecker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While a check runs, the page says so, and a second press does nothing."""
    answer = checker.check

    def think(*given: object, **named: object) -> object:
        time.sleep(0.5)
        return answer(*given, **named)

    monkeypatch.setattr(checker, "check", think)
    browser.get(site)
    # The driver waits until the next page is there, so the page itself keeps what it said.
    browser.execute_script(KEEP_STATUS)
    browser.find_element(By.ID, "passage").send_keys(passage)
    browser.find_element(By.ID, "source_url").send_keys("paper.example/a")
    browser.find_element(By.CSS_SELECTOR, ".send button").click()
    WebDriverWait(browser, 20).until(lambda b: "/checks/" in b.current_url)
    kept = "return [sessionStorage.getItem('said'), sessionStorage.getItem('held')]"
    said, held = browser.execute_script(kept)
    assert said.startswith("Checking…")
    assert held == "true"
    assert len(checker.asked) == 1


@pytest.mark.parametrize("width", [320, 360, 768])
def test_no_page_scrolls_sideways(browser: WebDriver, site: str, passage: str, width: int) -> None:
    """On a small phone and up, nothing is wider than the screen."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 640, "deviceScaleFactor": 2, "mobile": True},
    )
    fill_in(browser, site, passage)
    wide = "return document.documentElement.scrollWidth"
    assert browser.execute_script(wide) <= width
    for path in ("/", f"/?passage={'x' * 300}&source=https://a.example/{'y' * 300}", "/nothing"):
        browser.get(site + path)
        for summary in browser.find_elements(By.TAG_NAME, "summary"):
            summary.click()
        assert browser.execute_script(wide) <= width, path


def test_keyboard_reaches_the_content_first(browser: WebDriver, site: str) -> None:
    """The first press of the Tab key offers to skip to the content, and shows where one is."""
    browser.get(site)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    active = browser.switch_to.active_element
    assert active.get_attribute("class") == "skip"
    assert browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", active) == (
        "solid"
    )


def test_fragment_without_scripts_leaves_an_empty_form(browser: WebDriver, site: str) -> None:
    """Without scripts the fragment does nothing, and the query fills the form instead."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site}/?passage={quote('Some “words”')}&source=https://a.example/x")
    assert browser.find_element(By.ID, "passage").get_attribute("value") == "Some “words”"
