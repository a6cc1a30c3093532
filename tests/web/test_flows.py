"""What people do from end to end in a real browser: wait, stop, upload, share, disagree, delete."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from quotecheck.records import SourceKind
from web.tables import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import HandChecker
    from selenium.webdriver.remote.webdriver import WebDriver

    from quotecheck.report import Report
    from web.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPTS = pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])


class SlowChecker:
    """Makes a hand-made checker stop at each stage until it is told to go on."""

    def __init__(self, checker: HandChecker) -> None:
        self._answer = checker.check
        self._may_go_on = threading.Semaphore(0)
        checker.check = self.check  # type: ignore[method-assign]

    def check(self, *given: object, on_stage: Callable[[str], None], **named: object) -> Report:
        """Go through the stages at the test's pace."""
        for stage in ("extract", "locate", "referents"):
            on_stage(stage)
            assert self._may_go_on.acquire(timeout=60)
        return self._answer(*given, **named)  # type: ignore[arg-type]

    def go_on(self) -> None:
        """Let it take one more step."""
        self._may_go_on.release()


@pytest.fixture
def slow(checker: HandChecker) -> Iterator[SlowChecker]:
    """Slow the checker down; it is let go in the end."""
    slow = SlowChecker(checker)
    yield slow
    for _ in range(10):
        slow.go_on()


def send(browser: WebDriver, site: str, passage: str, source: str = "https://a.example/x") -> None:
    """Fill in the form and send it."""
    browser.get(site)
    browser.find_element(By.ID, "passage").send_keys(passage)
    browser.find_element(By.ID, "source_url").send_keys(source)
    browser.find_element(By.CSS_SELECTOR, ".send button").click()
    WebDriverWait(browser, 20).until(lambda b: "/checks/" in b.current_url)


def wait_for(browser: WebDriver, selector: str, words: str) -> None:
    """Wait until words stand in a place."""
    gone = [StaleElementReferenceException]  # the page looked again meanwhile
    WebDriverWait(browser, 20, ignored_exceptions=gone).until(
        lambda b: any(words in e.text for e in b.find_elements(By.CSS_SELECTOR, selector))
    )


def turn_off_scripts(browser: WebDriver, *, has_scripts: bool) -> None:
    """Turn scripts off, where the test asks for it."""
    if not has_scripts:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})


@SCRIPTS
def test_stages_are_shown_as_they_pass(
    browser: WebDriver, site: str, passage: str, slow: SlowChecker, *, has_scripts: bool
) -> None:
    """The stage that runs is marked, those before it are done; then the report is there."""
    turn_off_scripts(browser, has_scripts=has_scripts)
    send(browser, site, passage)
    for words in ("Reading the article", "Locating the quoted words", "Comparing what stands"):
        wait_for(browser, ".stages > .now[aria-current=step]", words)
        slow.go_on()
    wait_for(browser, "h1", "Reads differently in the source")


@SCRIPTS
def test_check_can_be_stopped_and_the_form_comes_back(
    browser: WebDriver,
    site: str,
    passage: str,
    slow: SlowChecker,
    store: Store,
    *,
    has_scripts: bool,
) -> None:
    """Stop gives everything that was typed back, and the check's page says that it was stopped."""
    turn_off_scripts(browser, has_scripts=has_scripts)
    send(browser, site, passage)
    address = browser.current_url
    wait_for(browser, ".waiting .button", "Stop")
    gone = [StaleElementReferenceException]
    WebDriverWait(browser, 20, ignored_exceptions=gone).until(
        lambda b: b.find_element(By.CSS_SELECTOR, ".waiting .button").click() is None
    )
    wait_for(browser, "h1", "Is the quotation fair")
    assert browser.find_element(By.ID, "passage").get_attribute("value") == passage
    assert browser.find_element(By.ID, "source_url").get_attribute("value") == "https://a.example/x"
    slow.go_on()
    browser.get(address)
    wait_for(browser, "h1", "This check was stopped")
    assert store.get(address.rsplit("/", 1)[1]).state is State.CANCELLED


@SCRIPTS
def test_slow_site_is_named(
    browser: WebDriver, site: str, passage: str, slow: SlowChecker, *, has_scripts: bool
) -> None:
    """Who waits is told for what: the name of the site that the source is fetched from."""
    turn_off_scripts(browser, has_scripts=has_scripts)
    send(browser, site, passage, "https://slow.example/article")
    wait_for(browser, "#stages", "Fetching the source from slow.example")
    slow.go_on()


@SCRIPTS
def test_file_is_uploaded(
    browser: WebDriver,
    site: str,
    passage: str,
    checker: HandChecker,
    tmp_path: Path,
    *,
    has_scripts: bool,
) -> None:
    """A saved page is chosen, and is what the passage is checked against."""
    turn_off_scripts(browser, has_scripts=has_scripts)
    page = tmp_path / "saved page.html"
    page.write_text("<!doctype html><article><p>A saved page.</p></article>", encoding="utf-8")
    browser.get(site)
    browser.find_element(By.ID, "passage").send_keys(passage)
    browser.find_element(By.CSS_SELECTOR, "details.more > summary").click()
    browser.find_element(By.ID, "source_file").send_keys(str(page))
    browser.find_element(By.CSS_SELECTOR, ".send button").click()
    wait_for(browser, "h1", "Reads differently in the source")
    (source,) = (source for _, source in checker.asked)
    assert source.kind is not SourceKind.URL
    assert "A saved page." in str(source.value)


def test_dropped_file_is_the_source(
    browser: WebDriver, site: str, passage: str, checker: HandChecker
) -> None:
    """A file that is dropped anywhere on the form is chosen, and its name is said."""
    browser.get(site)
    browser.find_element(By.ID, "passage").send_keys(passage)
    browser.execute_script(
        "const data = new DataTransfer();"
        "data.items.add(new File(['A dropped text.'], 'speech.txt', {type: 'text/plain'}));"
        "for (const type of ['dragover', 'drop']) {"
        "  document.getElementById('passage').dispatchEvent("
        "    new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));"
        "}"
    )
    assert "speech.txt" in browser.find_element(By.ID, "status").text
    assert browser.find_element(By.ID, "source_file").is_displayed()
    browser.find_element(By.CSS_SELECTOR, ".send button").click()
    wait_for(browser, "h1", "Reads differently in the source")
    assert checker.asked[0][1].value == "A dropped text."


def test_links_of_a_pasted_passage_are_offered(browser: WebDriver, site: str) -> None:
    """Links that plain text loses become buttons; pressing one fills the source's address."""
    browser.get(site)
    browser.execute_script(
        "const data = new DataTransfer();"
        "data.setData('text/plain', 'The paper says “so”.');"
        "data.setData('text/html', 'The <a href=\"https://paper.example/a?b=1\">paper</a> says"
        ' <a href="javascript:alert(1)">“so”</a>. <a href="https://www.other.example/">More</a>'
        " <img src=x onerror=\"document.title=\\'broken\\'\">');"
        "document.getElementById('passage').dispatchEvent("
        "  new ClipboardEvent('paste', {bubbles: true, clipboardData: data}));"
    )
    buttons = browser.find_elements(By.CSS_SELECTOR, "#suggestions button")
    assert [b.text for b in buttons] == ["paper.example/a?b=1", "other.example/"]
    buttons[0].click()
    field = browser.find_element(By.ID, "source_url")
    assert field.get_attribute("value") == "https://paper.example/a?b=1"
    assert browser.title == "Quotecheck"


@SCRIPTS
def test_report_is_shared_disagreed_with_and_deleted(
    browser: WebDriver, site: str, passage: str, *, has_scripts: bool
) -> None:
    """Another person reads it by its link and answers; only who made it can delete it."""
    turn_off_scripts(browser, has_scripts=has_scripts)
    send(browser, site, passage)
    link = browser.find_element(By.ID, "address").get_attribute("value")
    delete_link = browser.find_element(By.ID, "delete-link").get_attribute("value")
    browser.delete_all_cookies()  # another person
    browser.get(link)
    assert browser.find_element(By.TAG_NAME, "h1").text == "Reads differently in the source"
    assert not browser.find_elements(By.ID, "delete-link")
    finding = browser.find_element(By.ID, "finding-1")
    finding.find_element(By.CSS_SELECTOR, ".wrong summary").click()
    finding.find_element(By.TAG_NAME, "textarea").send_keys("Both groups are <b>named</b> above.")
    finding.find_element(By.TAG_NAME, "button").click()
    wait_for(browser, "#finding-1 .remark", "Both groups are <b>named</b> above.")
    assert not browser.find_elements(By.CSS_SELECTOR, "#finding-2 .remark")
    browser.get(delete_link[:-3] + "xyz")
    browser.find_element(By.CSS_SELECTOR, "button.main").click()
    wait_for(browser, "h1", "That is not the link that deletes this report")
    browser.get(delete_link)
    wait_for(browser, "h1", "Delete this report?")
    browser.get(link)
    assert browser.find_element(By.TAG_NAME, "h1").text == "Reads differently in the source"
    browser.get(delete_link)
    browser.find_element(By.CSS_SELECTOR, "button.main").click()
    wait_for(browser, "h1", "The report is deleted")
    browser.get(link)
    wait_for(browser, "h1", "There is no such page here")


@SCRIPTS
def test_language_is_chosen_and_kept(
    browser: WebDriver, site: str, passage: str, *, has_scripts: bool
) -> None:
    """One click turns the pages German; the report that is open stays open."""
    turn_off_scripts(browser, has_scripts=has_scripts)
    send(browser, site, passage)
    address = browser.current_url
    browser.find_element(By.LINK_TEXT, "Deutsch").click()
    assert browser.current_url == address
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "de"
    browser.get(site)
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "de"
    browser.find_element(By.LINK_TEXT, "English").click()
    assert browser.find_element(By.TAG_NAME, "h1").text == "Is the quotation fair to its source?"
