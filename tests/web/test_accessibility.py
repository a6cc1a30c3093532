"""Everyone can use the pages: WCAG 2.2 AA as axe checks it, on every page, light and dark."""

from __future__ import annotations

import threading
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from quotecheck.records import Label
from web.entry import Entry
from web.tables import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HandChecker
    from selenium.webdriver.remote.webdriver import WebDriver

    from web.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = (1200, 900), (320, 640)
RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: arguments[0]}).then(
  (found) => done(found.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" | ")))
);
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return axe's script."""
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def visit(
    browser: WebDriver,
    site: str,
    store: Store,
    passage: str,
    checker: HandChecker,
    failure: dict[str, object],
) -> Iterator[Callable[[str], None]]:
    """Open a page by what it is called, with all that opens on it opened."""
    may_go_on = threading.Event()

    def send(words: str = passage) -> None:
        browser.get(site)
        browser.find_element(By.ID, "passage").send_keys(words)
        browser.find_element(By.ID, "source_url").send_keys("https://paper.example/a")
        browser.find_element(By.CSS_SELECTOR, ".send button").click()
        WebDriverWait(browser, 20).until(lambda b: "/checks/" in b.current_url)

    def wait(*_: object, **__: object) -> None:
        assert may_go_on.wait(60)

    def send_with(**changes: object) -> None:
        checker.changes = changes
        send()

    def begin() -> None:
        answer = checker.check
        checker.check = wait  # type: ignore[method-assign, assignment]
        send()
        checker.check = answer  # type: ignore[method-assign]

    def complain() -> None:
        browser.get(site)
        browser.find_element(By.ID, "passage").send_keys("“a”")
        browser.find_element(By.CSS_SELECTOR, ".send button").click()
        WebDriverWait(browser, 20).until(lambda b: "Please look again" in b.title)

    def cancel() -> None:
        key, _ = store.add(Entry("“a”"))
        store.end(key, State.CANCELLED)
        browser.get(f"{site}/checks/{key}")

    pages = {
        "a finding report": send,
        "a fair report": lambda: send("Somebody said “tend to ask for long transition periods”."),
        "a report of nothing read": lambda: send_with(**failure),
        "a report of words not found": lambda: send_with(label=Label.NOT_FOUND, matches=()),
        "waiting": begin,
        "form with a complaint": complain,
        "deleting": lambda: browser.get("/".join((site, "delete", *store.add(Entry("“a”"))))),
        "cancelled": cancel,
    }

    def open_page(name: str) -> None:
        pages.get(name, lambda: browser.get(site + name))()
        for summary in browser.find_elements(By.CSS_SELECTOR, "details:not([open]) > summary"):
            summary.click()

    yield open_page
    may_go_on.set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/bookmarklets",
        "/nothing-here",
        "form with a complaint",
        "waiting",
        "cancelled",
        "deleting",
        "a finding report",
        "a fair report",
        "a report of nothing read",
        "a report of words not found",
    ],
)
def test_page_has_no_fault_that_axe_finds(
    browser: WebDriver, visit: Callable[[str], None], axe: str, page: str, scheme: str
) -> None:
    """Contrast, names, roles, order, target sizes: on a desk and on a small phone."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    visit(page)
    browser.execute_script(axe)
    for width, height in (WIDE, NARROW):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        assert browser.execute_async_script(RUN_AXE, RULES) == []


def test_check_is_made_by_keyboard_alone(browser: WebDriver, site: str, passage: str) -> None:
    """From the skip link through every field to the button, and on to the first finding."""
    browser.get(site)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    reached = []
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.switch_to.active_element
        reached.append(active.get_attribute("id"))
        if reached[-1] == "passage":
            active.send_keys(passage)
        elif reached[-1] == "source_url":
            active.send_keys("https://paper.example/a", Keys.ENTER)
            break
    assert reached.index("passage") < reached.index("source_url")
    WebDriverWait(browser, 20).until(lambda b: "/checks/" in b.current_url)
    for _ in range(40):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element.text == "Show in the passage":
            break
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.current_url.endswith("#passage-1")


def test_finding_lights_up_its_words_for_the_keyboard_too(
    browser: WebDriver, visit: Callable[[str], None]
) -> None:
    """Where a finding has the focus, its words in both texts are marked, and no others."""
    visit("a finding report")
    lit = "return [...document.querySelectorAll('.lit.on')].map((e) => e.textContent).join(' ')"
    browser.execute_script("document.getElementById('finding-1').focus()")
    words = browser.execute_script(lit)
    assert "these same manufacturers" in words
    assert "The older makers" in words
    browser.execute_script("document.getElementById('finding-2').focus()")
    words = browser.execute_script(lit)
    assert "very" in words
    assert "older makers" not in words
