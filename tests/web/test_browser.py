"""The pages in a real browser: with scripts and without, narrow and wide, and the bookmarklet."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import HandChecker
    from selenium.webdriver.remote.webdriver import WebDriver

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STRICT_PAGE = """<!doctype html><title>A strict page</title>
<script>document.title = "A page whose script ran"</script>
<p id="words">The post says that “these same <a href="https://paper.example/a?b=c&amp;d">firms</a>
tend to ask &amp; #wait + 100%”. 😀</p>"""

KEEP_STATUS = """
const status = document.getElementById("status");
new MutationObserver(() => {
  sessionStorage.setItem("said", status.textContent);
  sessionStorage.setItem("held", document.querySelector(".send button").disabled);
}).observe(status, {childList: true});
"""


@pytest.fixture
def strict_page() -> Iterator[str]:
    """Serve a page that forbids all scripts, as careful newspapers do; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = STRICT_PAGE.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "default-src 'self'; script-src 'none'")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/post"
    server.shutdown()
    thread.join()
    server.server_close()


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


def test_bookmarklet_on_a_page_that_forbids_scripts(
    browser: WebDriver, site: str, strict_page: str
) -> None:
    """The bookmark takes the selected words and their link along, whatever the page forbids."""
    browser.get(site)
    bookmarklet = browser.find_element(By.ID, "bookmarklet").get_attribute("href")
    browser.get(strict_page)
    browser.execute_script("getSelection().selectAllChildren(document.getElementById('words'))")
    assert browser.title == "A strict page"
    run_as_bookmark(browser, bookmarklet)
    typed = browser.find_element(By.ID, "passage").get_attribute("value")
    assert "“these same firms tend to ask & #wait + 100%”. 😀" in " ".join(typed.split())
    address = browser.find_element(By.ID, "source_url").get_attribute("value")
    assert address == "https://paper.example/a?b=c&d"
    assert browser.find_element(By.CSS_SELECTOR, "[data-taken=link]").is_displayed()
    assert not browser.find_element(By.CSS_SELECTOR, "[data-taken=page]").is_displayed()
    assert browser.current_url == f"{site}/"


def test_bookmarklet_takes_the_page_where_no_link_is_selected(
    browser: WebDriver, site: str, strict_page: str
) -> None:
    """Without a link among the words, the page's own address is filled in, and the form says so."""
    browser.get(site)
    bookmarklet = browser.find_element(By.ID, "bookmarklet").get_attribute("href")
    browser.get(strict_page)
    run_as_bookmark(browser, bookmarklet)
    assert browser.find_element(By.ID, "source_url").get_attribute("value") == strict_page
    assert browser.find_element(By.CSS_SELECTOR, "[data-taken=page]").is_displayed()


def test_fragment_without_scripts_leaves_an_empty_form(browser: WebDriver, site: str) -> None:
    """Without scripts the fragment does nothing, and the query fills the form instead."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    browser.get(f"{site}/?passage={quote('Some “words”')}&source=https://a.example/x")
    assert browser.find_element(By.ID, "passage").get_attribute("value") == "Some “words”"


def run_as_bookmark(browser: WebDriver, bookmarklet: str) -> None:
    """Open a javascript: address in the page, as pressing a bookmark does; go to the new window."""
    before = browser.window_handles
    browser.execute_cdp_cmd(
        "Page.navigate", {"url": bookmarklet, "transitionType": "auto_bookmark"}
    )
    WebDriverWait(browser, 10).until(lambda b: len(b.window_handles) > len(before))
    (new,) = set(browser.window_handles) - set(before)
    browser.switch_to.window(new)
    WebDriverWait(browser, 10).until(
        lambda b: b.find_element(By.ID, "source_url").get_attribute("value")
    )
