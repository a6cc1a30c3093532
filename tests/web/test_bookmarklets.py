"""The two bookmarks in a real browser: on strict pages, against hostile ones, and by hand."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from quotecheck.records import SourceKind
from web import create_app
from web.bookmarklet import SOURCE_FILES, build_bookmarklet, read_scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

    from quotecheck.settings import Settings

    Serve = Callable[..., str]

STATIC = Path(__file__).parents[2] / "web" / "static"

POST = """<!doctype html><title>Makers cool on rules: “limits” / part 1</title>
<script>document.title = "A page whose script ran"; const secret = "a script's own text";</script>
<script type="application/ld+json">{"@type": "NewsArticle", "author": "Tamsin Okoro"}</script>
<style>p { color: black }</style>
<h1>Makers cool on rules</h1>
<p id="before">Earlier, <a href="https://before.example/x">another paper</a> had the same.</p>
<p id="quoting">Kestavo’s post says that <b>“these same
<a href="https://paper.example/a?b=c&amp;d">firms</a></b> tend to ask &amp; #wait + 100%”.
So says <a href="/archive">our archive</a>, <a href="#quoting">here</a>, and
<a href="https://second.example/">a second paper</a>. 😀<span hidden>unseen</span></p>
<p id="after">See <a href="https://after.example/">what followed</a>, and
<a href="javascript:alert(1)">more</a>, and <a href="https://paper.example/a?b=c&amp;d">again</a>.</p>
<p>Far off: <a href="https://far.example/">no candidate</a>.</p>
<form><input id="name" value="a token"><textarea id="draft">First line.
He said “no rules” on Monday.
Last line.</textarea><input id="password" type="password" value="hunter two"></form>"""

PLAIN = """<!doctype html><title>Plain</title><p id="words">A post with no link in it.</p>"""

STRICT = {"Content-Security-Policy": "default-src 'self'; script-src 'none'"}
TRUSTED_TYPES = {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types"}
APART = {"Cross-Origin-Opener-Policy": "same-origin"}

SELECT = """
const [from, start, to, end] = arguments;
const text = (id) => {
  const walker = document.createTreeWalker(document.getElementById(id), NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
};
const place = (id, words, isEnd) => {
  const node = text(id).find((node) => node.data.includes(words));
  return [node, node.data.indexOf(words) + (isEnd ? words.length : 0)];
};
getSelection().setBaseAndExtent(...place(from, start, false), ...place(to, end, true));
"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings under which pages of some megabytes are read."""
    return dataclasses.replace(settings, max_source_bytes=10_000_000)


@pytest.fixture
def requests(app: Flask) -> list[str]:
    """Keep all that our server is told in request lines and in what says where one came from."""
    lines: list[str] = []
    answer = app.wsgi_app

    def keep(environ: dict[str, str], start: object) -> object:
        lines.append(f"{environ['REQUEST_URI']} {environ.get('HTTP_REFERER', '')}")
        return answer(environ, start)

    app.wsgi_app = keep
    return lines


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a page under an origin of its own; return its address."""
    servers: list[ThreadingHTTPServer] = []

    def serve_page(page: str, headers: dict[str, str] | None = None) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/post"

    yield serve_page
    for server in servers:
        server.shutdown()
        server.server_close()


def bookmark(browser: WebDriver, site: str, label: str) -> str:
    """Return the address that somebody gets who drags one of the two buttons."""
    browser.get(f"{site}/bookmarklets")
    return browser.find_element(By.LINK_TEXT, label).get_attribute("href")


def press(browser: WebDriver, address: str) -> str:
    """Press a bookmark, and go to the window that it opens; return the name of the one it left."""
    before = browser.current_window_handle
    known = set(browser.window_handles)
    browser.execute_cdp_cmd("Page.navigate", {"url": address, "transitionType": "auto_bookmark"})
    WebDriverWait(browser, 10).until(lambda b: set(b.window_handles) - known)
    (new,) = set(browser.window_handles) - known
    browser.switch_to.window(new)
    return before


def shown(browser: WebDriver, selector: str, *, seconds: float = 15) -> WebElement:
    """Wait until something can be seen, and pressed if it is a button."""

    def find(browser: WebDriver) -> WebElement | None:
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return next((e for e in found if e.is_displayed() and e.is_enabled()), None)

    return WebDriverWait(browser, seconds).until(find, f"{selector} is not shown")


def typed(browser: WebDriver, field: str) -> str:
    """Return what stands in a field, its white space as single spaces."""
    return " ".join(browser.find_element(By.ID, field).get_attribute("value").split())


def suggestions(browser: WebDriver) -> list[str]:
    """Return the addresses that the form suggests."""
    buttons = browser.find_elements(By.CSS_SELECTOR, ".suggestions button")
    return [button.get_attribute("value") for button in buttons]


browser_test = [pytest.mark.browser, pytest.mark.slow]


# --- Check this quotation ------------------------------------------------------------------------


class TestCheck:
    """The bookmark that takes selected words."""

    pytestmark = browser_test

    @pytest.fixture(autouse=True)
    def given(self, browser: WebDriver, site: str, requests: list[str]) -> None:
        """Drag the bookmark from our page."""
        self.browser = browser
        self.site = site
        self.requests = requests
        self.address = bookmark(browser, site, "Check this quotation")

    def select(self, page: str, *places: str) -> None:
        """Select from some words in one paragraph to some words in another."""
        self.browser.get(page)
        self.browser.execute_script(SELECT, *places)

    def press(self) -> None:
        """Press the bookmark and wait for the filled form."""
        press(self.browser, self.address)
        shown(self.browser, "[data-taken=link], [data-taken=page]")

    @pytest.mark.parametrize("headers", [None, STRICT, TRUSTED_TYPES, APART])
    def test_words_arrive_whatever_the_page_forbids(
        self, serve: Serve, headers: dict[str, str] | None
    ) -> None:
        """The words, the page's address and the link come to the form and into no request."""
        page = serve(POST, headers)
        self.select(page, "quoting", "“these", "quoting", "100%”")
        is_strict = headers is STRICT
        assert (self.browser.title == "A page whose script ran") is not is_strict
        self.press()
        assert typed(self.browser, "passage") == "“these same firms tend to ask & #wait + 100%”"
        assert typed(self.browser, "published_url") == page
        assert typed(self.browser, "source_url") == "https://paper.example/a?b=c&d"
        assert self.browser.current_url == f"{self.site}/"
        assert shown(self.browser, "[data-taken=link]")
        told = unquote("\n".join(self.requests))
        assert "/static/taken.js" in told
        for private in ("these same", "paper.example", page):
            assert private not in told

    def test_links_stand_in_order_of_nearness_other_sites_first(self, serve: Serve) -> None:
        """Selection, paragraph, the one before, the one after; own pages last; each one once."""
        page = serve(POST)
        self.select(page, "quoting", "“these", "quoting", "100%”")
        self.press()
        assert suggestions(self.browser) == [
            "https://paper.example/a?b=c&d",
            "https://second.example/",
            "https://before.example/x",
            "https://after.example/",
            page.replace("/post", "/archive"),
        ]
        second = self.browser.find_elements(By.CSS_SELECTOR, ".suggestions button")[1]
        assert second.get_attribute("aria-pressed") == "false"
        assert second.text == "second.example/"
        second.click()
        assert typed(self.browser, "source_url") == "https://second.example/"
        assert second.get_attribute("aria-pressed") == "true"

    def test_more_links_than_one_reads_are_left_out(self, serve: Serve) -> None:
        """No more than eight are suggested."""
        links = " ".join(f'<a href="https://n{n}.example/">n{n}</a>' for n in range(12))
        self.select(serve(f"<p id=words>Words {links} end</p>"), "words", "Words", "words", "end")
        self.press()
        assert suggestions(self.browser) == [f"https://n{n}.example/" for n in range(8)]

    def test_paragraph_can_be_taken_in_place_of_the_selection(self, serve: Serve) -> None:
        """One box changes between the two, and keeps what was typed in either."""
        self.select(serve(POST), "quoting", "tend", "quoting", "ask")
        self.press()
        assert typed(self.browser, "passage") == "tend to ask"
        shown(self.browser, "#whole").click()
        assert typed(self.browser, "passage") == (
            "Kestavo’s post says that “these same firms tend to ask & #wait + 100%”. So says our"
            " archive, here, and a second paper. 😀"
        )
        self.browser.find_element(By.ID, "passage").send_keys(" Mended.")
        self.browser.find_element(By.ID, "whole").send_keys(Keys.SPACE)
        assert typed(self.browser, "passage") == "tend to ask"
        self.browser.find_element(By.ID, "whole").send_keys(Keys.SPACE)
        assert typed(self.browser, "passage").endswith("😀 Mended.")

    def test_whole_paragraph_offers_no_box(self, serve: Serve) -> None:
        """A threefold click takes the paragraph and the start of the next: nothing is around it."""
        self.browser.get(serve(POST))
        self.browser.execute_script(
            "getSelection().setBaseAndExtent(document.getElementById('before').firstChild, 0,"
            " document.getElementById('quoting'), 0)"
        )
        self.press()
        assert typed(self.browser, "passage") == "Earlier, another paper had the same."
        assert not self.browser.find_element(By.ID, "whole").is_displayed()
        assert suggestions(self.browser)[0] == "https://before.example/x"

    def test_paragraph_ends_at_an_empty_line(self, serve: Serve) -> None:
        """Old pages part paragraphs by line breaks within one block, or hold text beside blocks."""
        page = "<div id=a>One.<br><br>Two is here.<br>Still two.<br> <br>Three.<p>Four.</p></div>"
        self.select(serve(page), "a", "is", "a", "here")
        self.press()
        shown(self.browser, "#whole").click()
        assert typed(self.browser, "passage") == "Two is here. Still two."

    def test_page_itself_is_proposed_where_there_is_no_link(self, serve: Serve) -> None:
        """Without links around the words, the page's own address is filled in, and that is said."""
        page = serve(PLAIN)
        self.select(page, "words", "post", "words", "link")
        self.press()
        assert typed(self.browser, "source_url") == page
        assert shown(self.browser, "[data-taken=page]")
        assert not self.browser.find_element(By.ID, "suggestions").is_displayed()

    def test_words_selected_in_a_field_are_taken_with_their_line(self, serve: Serve) -> None:
        """Who writes in a content system can check what they have just written."""
        self.browser.get(serve(POST))
        self.browser.execute_script(
            "const d = document.getElementById('draft'); d.focus();"
            "const at = d.value.indexOf('no rules'); d.setSelectionRange(at, at + 8);"
        )
        self.press()
        assert typed(self.browser, "passage") == "no rules"
        shown(self.browser, "#whole").click()
        assert typed(self.browser, "passage") == "He said “no rules” on Monday."

    def test_password_is_never_taken(self, serve: Serve) -> None:
        """What is selected in a field for a password stays there."""
        self.browser.get(serve(POST))
        self.browser.execute_script(
            "const p = document.getElementById('password'); p.focus(); p.select();"
        )
        self.press()
        assert typed(self.browser, "passage") == ""

    def test_long_selection_is_cut_to_what_is_read(self, serve: Serve) -> None:
        """A passage has at most 20,000 letters, and none of them is half a letter."""
        self.browser.get(serve(f"<p id=words>{'x' * 19_999}😀 end</p>"))
        self.browser.execute_script(
            "getSelection().selectAllChildren(document.getElementById('words'))"
        )
        self.press()
        assert typed(self.browser, "passage") == "x" * 19_999

    def test_form_believes_no_address_but_the_webs(self) -> None:
        """Anybody can make a link with a fragment: it fills in text, and no script's address."""
        self.browser.get(
            f"{self.site}/#passage=a&source=javascript:alert(1)&source=https://a.example/"
            "&source=https://b.example/&page=javascript:alert(2)&taken=nonsense"
        )
        shown(self.browser, "[data-taken=page]")
        assert typed(self.browser, "source_url") == "https://a.example/"
        assert typed(self.browser, "published_url") == ""
        assert suggestions(self.browser) == ["https://a.example/", "https://b.example/"]


# --- Use this page as the source -----------------------------------------------------------------


class TestSource:
    """The bookmark that hands a page over."""

    pytestmark = browser_test

    @pytest.fixture(autouse=True)
    def given(self, browser: WebDriver, site: str, requests: list[str]) -> None:
        """Drag the bookmark from our page."""
        self.browser = browser
        self.site = site
        self.requests = requests
        self.address = bookmark(browser, site, "Use this page as the source")

    def file_name(self) -> str:
        """Return the name of the file that is chosen in the form."""
        script = "return document.getElementById('source_file').files[0]?.name"
        return self.browser.execute_script(script)

    def send(self) -> None:
        """Send the form and wait for the report."""
        self.browser.find_element(By.CSS_SELECTOR, ".send button").click()
        WebDriverWait(self.browser, 20).until(lambda b: "/checks/" in b.current_url)

    @pytest.mark.parametrize("headers", [None, STRICT, TRUSTED_TYPES])
    def test_page_comes_to_a_new_form_and_is_checked_as_a_file(
        self, serve: Serve, checker: HandChecker, headers: dict[str, str] | None
    ) -> None:
        """Where no form waits, one opens in the same window, with the page as its file."""
        page = serve(POST, headers)
        self.browser.get(page)
        self.browser.execute_script("document.getElementById('after').append('Seen by me only.')")
        title = self.browser.title
        press(self.browser, self.address)
        shown(self.browser, "#use")
        assert self.browser.find_element(By.ID, "page-title").text == title
        assert self.browser.find_element(By.ID, "page-site").text in page
        # What it says to its readers, and neither its scripts nor its data.
        assert 250 < int(self.browser.find_element(By.ID, "page-letters").text) < 280
        shown(self.browser, "#use").click()
        shown(self.browser, "[data-taken=handed]")
        assert self.browser.current_url == f"{self.site}/"
        assert typed(self.browser, "source_url") == page
        assert self.file_name().endswith(".html")
        assert "/" not in self.file_name()
        assert "Seen by me" not in unquote("\n".join(self.requests))
        self.browser.find_element(By.ID, "passage").send_keys("He says “no”.")
        self.send()
        source = checker.asked[0][1]
        assert (source.kind, source.url) == (SourceKind.HTML, page)
        assert "Seen by me only." in source.value
        assert "“these same" in source.value
        assert "Tamsin Okoro" in source.value
        for unwanted in ("a script's own text", "a token", "no rules", "hunter two", "<style"):
            assert unwanted not in source.value

    def test_page_comes_to_the_waiting_form_and_leaves_what_was_typed(
        self, serve: Serve, checker: HandChecker
    ) -> None:
        """A form that is open in another window takes the page; all else in it stays."""
        self.browser.get(self.site)
        form = self.browser.current_window_handle
        self.browser.find_element(By.ID, "passage").send_keys("Half a sentence “of mine”")
        self.browser.find_element(By.ID, "speaker").send_keys("Ada Ferro")
        self.browser.find_element(By.ID, "source_url").send_keys("https://typed.example/a")
        self.browser.switch_to.new_window("tab")
        page = serve(POST)
        self.browser.get(page)
        press(self.browser, self.address)
        shown(self.browser, "#use").click()
        assert shown(self.browser, "#given-title")
        self.browser.switch_to.window(form)
        assert shown(self.browser, "[data-taken=handed]")
        assert typed(self.browser, "passage") == "Half a sentence “of mine”"
        assert typed(self.browser, "speaker") == "Ada Ferro"
        assert typed(self.browser, "source_url") == page
        assert suggestions(self.browser) == [page, "https://typed.example/a"]
        assert not self.browser.find_element(By.ID, "two-sources").is_displayed()
        self.send()
        claim, source = checker.asked[0]
        assert (claim.speaker, source.kind) == ("Ada Ferro", SourceKind.HTML)

    def test_of_two_waiting_forms_the_last_one_used_takes_the_page(self, serve: Serve) -> None:
        """One form gets the page, and a pasted text that stands in its way is pointed out."""
        self.browser.get(self.site)
        old = self.browser.current_window_handle
        self.browser.switch_to.new_window("tab")
        self.browser.get(f"{self.site}/?passage=some+words&source=https://a.example/")
        latest = self.browser.current_window_handle
        self.browser.find_element(By.CSS_SELECTOR, "details.more summary").click()
        self.browser.find_element(By.ID, "source_text").send_keys("A pasted text.")
        self.browser.switch_to.new_window("tab")
        self.browser.get(serve(POST))
        press(self.browser, self.address)
        shown(self.browser, "#use").click()
        shown(self.browser, "#given-title")
        self.browser.switch_to.window(latest)
        assert self.file_name()
        assert shown(self.browser, "#two-sources")
        self.browser.switch_to.window(old)
        assert self.file_name() is None

    def test_new_form_can_be_taken_although_another_one_waits(self, serve: Serve) -> None:
        """Who cannot find the other window goes on in this one."""
        self.browser.get(self.site)
        self.browser.switch_to.new_window("tab")
        self.browser.get(serve(POST))
        press(self.browser, self.address)
        shown(self.browser, "#use").click()
        shown(self.browser, "#here").click()
        shown(self.browser, "[data-taken=handed]")
        assert self.file_name()

    def test_page_that_was_taken_is_kept_nowhere(self, serve: Serve) -> None:
        """Once the form has the page, the browser's store is empty; its key opens nothing."""
        self.browser.get(serve(POST))
        press(self.browser, self.address)
        shown(self.browser, "#use").click()
        shown(self.browser, "[data-taken=handed]")
        count = """const [done] = arguments;
          const opening = indexedDB.open("quotecheck-handover", 1);
          opening.onsuccess = () => {
            const store = opening.result.transaction("pages").objectStore("pages");
            store.count().onsuccess = (event) => {
              opening.result.close();
              done(event.target.result);
            };
          };"""
        assert self.browser.execute_async_script(count) == 0
        self.browser.get(f"{self.site}/?again#handed=1-2-3-4")
        assert shown(self.browser, "[data-why=store]")

    def test_page_of_five_megabytes_is_handed_over(
        self, serve: Serve, checker: HandChecker
    ) -> None:
        """Pages that carry much with them work, to the report."""
        filler = "<p>words and words again</p>" * 180_000
        self.browser.get(serve(f"<!doctype html><title>Long</title>{filler}<p>The end.</p>"))
        press(self.browser, self.address)
        shown(self.browser, "#use", seconds=60).click()
        shown(self.browser, "[data-taken=handed]", seconds=60)
        self.browser.find_element(By.ID, "passage").send_keys("It says “the end”.")
        self.send()
        source = checker.asked[0][1]
        assert len(source.value) > 5_000_000
        assert "The end." in source.value

    def test_page_that_is_too_long_is_not_handed_over(self, serve: Serve) -> None:
        """Above eight megabytes the reader is told so, and what to do."""
        self.browser.get(serve("<!doctype html><title>Endless</title><p>x"))
        self.browser.execute_script(
            "document.querySelector('p').textContent = 'é'.repeat(4_000_001)"
        )
        press(self.browser, self.address)
        assert shown(self.browser, "[data-why=long]")

    def test_page_without_text_is_not_handed_over(self, serve: Serve) -> None:
        """A picture or a PDF file in the browser's own viewer has no text to check against."""
        self.browser.get(serve("<!doctype html><img alt='A scan' src='/scan.png'>"))
        press(self.browser, self.address)
        assert shown(self.browser, "[data-why=empty]")

    def test_page_that_keeps_apart_gets_other_instructions(self, serve: Serve) -> None:
        """A page whose site cuts the tie to its windows cannot hand over: say how to save it."""
        self.browser.get(serve(POST, APART))
        press(self.browser, self.address)
        assert shown(self.browser, "[data-why=cut]")
        assert "HTML only" in shown(self.browser, "ol.steps").text
        assert not self.browser.find_element(By.ID, "use").is_displayed()

    def test_blocked_window_gets_other_instructions(self, serve: Serve) -> None:
        """Where the browser opens no window, the page that says what to do opens in place."""
        self.browser.get(serve(POST))
        self.browser.execute_script("window.open = () => null")
        self.browser.execute_cdp_cmd(
            "Page.navigate", {"url": self.address, "transitionType": "auto_bookmark"}
        )
        assert shown(self.browser, "[data-why=blocked]")

    def test_silence_gets_other_instructions(self, serve: Serve) -> None:
        """A window that never answers is not waited for."""
        self.browser.get(serve(PLAIN))
        self.open_receiver()
        assert shown(self.browser, "[data-state=waiting]")
        assert shown(self.browser, "[data-why=silent]")

    def open_receiver(self) -> str:
        """Open /receive from a foreign page's own script; return the page's window."""
        before = self.browser.current_window_handle
        known = set(self.browser.window_handles)
        self.browser.execute_script(
            "window.heard = []; addEventListener('message', (e) => heard.push(e.data));"
            "window.receiver = window.open(arguments[0], '_blank')",
            f"{self.site}/receive",
        )
        (new,) = set(self.browser.window_handles) - known
        WebDriverWait(self.browser, 10).until(
            lambda b: b.execute_script("return heard.includes('ready')")
        )
        self.browser.switch_to.window(new)
        return before

    def post(self, page: str, message: str) -> None:
        """Post a message from the foreign page to the open receiver."""
        receiver = self.browser.current_window_handle
        self.browser.switch_to.window(page)
        self.browser.execute_script(f"receiver.postMessage({message}, '*')")
        self.browser.switch_to.window(receiver)

    @pytest.mark.parametrize(
        ("message", "why"),
        [
            ("{html: '<p>x', url: 'https://paper.example/a', title: 't'}", "site"),
            ("{html: '<p>x', url: 'javascript:alert(1)', title: 't'}", "site"),
            ("{html: '<p>x', url: 'data:text/html,x', title: 't'}", "site"),
            ("{html: '<p>x', url: 'blob:' + location.href, title: 't'}", "site"),
            ("{html: '<p>x', url: location.origin + '@paper.example/', title: 't'}", "site"),
            ("{html: '<p>x', url: '/post', title: 't'}", "site"),
            ("{html: '<p>x', url: {toString: null}, title: 't'}", "site"),
            ("{html: ['<p>x'], url: location.href, title: 't'}", "site"),
            ("{html: '<p>x', url: location.href}", "site"),
            ("{html: 'x'.repeat(8_000_001), url: location.href, title: 't'}", "long"),
            ("{html: 'é'.repeat(4_000_001), url: location.href, title: 't'}", "long"),
            ("{html: '', url: location.href, title: 't'}", "empty"),
            ("null", "site"),
            ("'ready'", "site"),
        ],
    )
    def test_message_that_is_no_page_of_its_sender_is_not_believed(
        self, serve: Serve, message: str, why: str
    ) -> None:
        """Another site's address, no web address, too much or something else: nothing is taken."""
        self.browser.get(serve(PLAIN))
        self.post(self.open_receiver(), message)
        assert shown(self.browser, f"[data-why={why}]")
        assert not self.browser.find_element(By.ID, "use").is_displayed()

    def test_only_the_opener_is_listened_to_and_only_once(self, serve: Serve) -> None:
        """Another window's page is passed over, and what was shown is not changed afterwards."""
        self.browser.get(serve(PLAIN))
        page = self.open_receiver()
        receiver = self.browser.current_window_handle
        self.browser.switch_to.window(page)
        # A frame of the same site is another window; its page must not be the one that is shown.
        self.browser.execute_script(
            "const frame = document.body.appendChild(document.createElement('iframe'));"
            "const give = (who, title) => who.eval(`const page = {html: '<p>words',"
            " url: ${JSON.stringify(location.href)}, title: '${title}'};"
            " top.receiver.postMessage(page, '*')`);"
            "give(frame.contentWindow, 'from a frame'); give(window, 'first');"
            "give(window, 'second');"
        )
        self.browser.switch_to.window(receiver)
        shown(self.browser, "#use")
        assert self.browser.find_element(By.ID, "page-title").text == "first"

    def test_page_is_given_to_no_window_but_ours(self, serve: Serve) -> None:
        """An advertisement's frame that says it is ready, as our window does, gets nothing."""
        frame = serve(PLAIN)
        self.browser.get(serve(f"{POST}<iframe src='{frame}'></iframe>"))
        page = press(self.browser, self.address)
        shown(self.browser, "#use")
        self.browser.switch_to.window(page)
        # Asked after the bookmark's own listener, the page says when that has been passed.
        self.browser.execute_script(
            "addEventListener('message', (e) => e.source.postMessage('passed', '*'))"
        )
        self.browser.switch_to.frame(0)
        self.browser.execute_script(
            "window.heard = []; addEventListener('message', (e) => heard.push(e.data));"
            "top.postMessage('ready', '*')"
        )
        heard = WebDriverWait(self.browser, 10).until(lambda b: b.execute_script("return heard"))
        assert heard == ["passed"]

    def test_page_is_given_to_no_other_site_in_our_window(self, serve: Serve) -> None:
        """Where the window has been led to another site, that site gets nothing."""
        elsewhere = serve(PLAIN.replace("Plain", "Elsewhere"))
        self.browser.get(serve(POST))
        self.browser.execute_script(
            "const open = window.open; window.open = (...given) => (window.opened = open(...given))"
        )
        page = press(self.browser, self.address)
        shown(self.browser, "#use")
        receiver = self.browser.current_window_handle
        self.browser.switch_to.window(page)
        self.browser.execute_script(
            "addEventListener('message', (e) => e.source.postMessage('passed', '*'));"
            "opened.location = arguments[0]",
            elsewhere,
        )
        self.browser.switch_to.window(receiver)
        WebDriverWait(self.browser, 10).until(lambda b: b.title == "Elsewhere")
        self.browser.execute_script(
            "window.heard = []; addEventListener('message', (e) => heard.push(e.data));"
            "opener.postMessage('ready', '*')"
        )
        heard = WebDriverWait(self.browser, 10).until(lambda b: b.execute_script("return heard"))
        assert heard == ["passed"]

    def test_copying_a_page_runs_nothing_of_it(self, serve: Serve) -> None:
        """The copy is made where the page's own elements do not come to life a second time."""
        script = "<script>window.made = 0; customElements.define('x-live',"
        script += " class extends HTMLElement { constructor() { super(); made += 1; } });</script>"
        self.browser.get(serve(f"{PLAIN}{script}<x-live>Alive</x-live>"))
        page = press(self.browser, self.address)
        shown(self.browser, "#use")
        self.browser.switch_to.window(page)
        assert self.browser.execute_script("return made") == 1

    def test_title_of_a_page_is_shown_as_text(self, serve: Serve) -> None:
        """A page's title holds no markup here, and its words run no script."""
        self.browser.get(serve(PLAIN))
        hostile = "'<img src=x onerror=document.title=1>'"
        self.post(
            self.open_receiver(),
            f"{{html: '<p>words<script>document.title = 1</script><img src=x onerror=alert(1)>',"
            f" url: location.href, title: {hostile}}}",
        )
        shown(self.browser, "#use")
        assert self.browser.find_element(By.ID, "page-title").text == hostile.strip("'")
        assert self.browser.title == "Use a page as the source – Quotecheck"

    def test_form_keeps_no_tie_to_the_page_that_opened_its_window(self, serve: Serve) -> None:
        """Once the form is there, the foreign page can no longer lead its window elsewhere."""
        self.browser.get(serve(POST))
        page = press(self.browser, self.address)
        shown(self.browser, "#use").click()
        shown(self.browser, "[data-taken=handed]")
        assert self.browser.execute_script("return window.opener") is None
        self.browser.switch_to.window(page)


# --- the page on which they are found ------------------------------------------------------------


class TestPage:
    """The page from which the bookmarks are dragged."""

    pytestmark = browser_test

    @pytest.fixture(autouse=True)
    def given(self, browser: WebDriver, site: str) -> None:
        """Open the page."""
        self.browser = browser
        browser.get(f"{site}/bookmarklets")

    @pytest.mark.parametrize("label", ["Check this quotation", "Use this page as the source"])
    def test_click_explains_itself(self, label: str) -> None:
        """Who clicks where a drag was meant, or presses Enter, is told so and stays here."""
        before = self.browser.window_handles
        self.browser.find_element(By.LINK_TEXT, label).send_keys(Keys.ENTER)
        hint = self.browser.find_element(By.ID, "bookmarklet-hint")
        assert hint.text.startswith("That is a bookmark")
        assert self.browser.window_handles == before

    def test_copy_button_copies_the_whole_address(self) -> None:
        """On a phone the text is copied with one press."""
        self.browser.execute_cdp_cmd(
            "Browser.grantPermissions",
            {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
        )
        box = self.browser.find_element(By.ID, "code-source")
        assert box.get_attribute("value").startswith("javascript:")
        button = self.browser.find_element(By.CSS_SELECTOR, "[data-copy=code-source]")
        button.click()
        WebDriverWait(self.browser, 10).until(lambda _: button.text == "Copied.")
        # A field to paste into shows what was copied.
        self.browser.execute_script(
            "document.querySelector('main').append(document.createElement('textarea'))"
        )
        field = self.browser.find_element(By.CSS_SELECTOR, "main > textarea")
        field.send_keys(Keys.CONTROL, "v")
        assert field.get_attribute("value") == box.get_attribute("value")

    def test_nothing_is_wider_than_a_small_phone(self, site: str) -> None:
        """At 320 pixels no page of the bookmarks scrolls sideways."""
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True},
        )
        fragment = f"#passage=a&around=b&source=https://a.example/{'x' * 200}&source=https://b.ex/"
        for path in ("/bookmarklets", "/receive", f"/{fragment}"):
            self.browser.get(site + path)
            for summary in self.browser.find_elements(By.TAG_NAME, "summary"):
                summary.click()
            wide = self.browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= 320, path
        assert suggestions(self.browser)

    def test_without_scripts_the_receiving_page_says_what_to_do(self, site: str) -> None:
        """With scripts off there is still the way by a saved file."""
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        self.browser.get(f"{site}/receive")
        assert "Save the page" in shown(self.browser, "ol.steps").text


# --- how they are made ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCE_FILES)
def test_script_can_lose_its_comment_lines(name: str) -> None:
    """No text or comment runs over several lines, so that a line means what it says by itself."""
    script = (STATIC / SOURCE_FILES[name]).read_text(encoding="utf-8")
    for line in script.splitlines():
        assert line.count("`") % 2 == 0, line
        assert not line.endswith("\\"), line
        assert "/*" not in line, line
    left = read_scripts()[name]
    assert not [line for line in left.splitlines() if line.lstrip().startswith("//")]
    assert left.startswith("(() => {")
    assert left.endswith("})();")


def test_address_of_the_form_cannot_break_out_of_the_script() -> None:
    """The form's address is a text in the script, and the whole is one address."""
    address = build_bookmarklet('f("__FORM_ADDRESS__");\ng();', 'http://a.example/"+x+"')
    assert unquote(address) == 'javascript:f("http://a.example/\\"+x+\\"");\ng();'
    assert not set(address) & set(" \"'\n#<>`")


def test_make_prints_what_the_page_gives(client: FlaskClient) -> None:
    """`python -m web.bookmarklet`, which make runs, prints the addresses that are dragged."""
    done = subprocess.run(  # our own module
        [sys.executable, "-m", "web.bookmarklet", "http://localhost/"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    printed = [line for line in done.stdout.splitlines() if line.startswith("javascript:")]
    page = client.get("/bookmarklets").text
    assert len(printed) == 2
    for address in printed:
        assert f'href="{address}"' in page


def test_receiving_page_alone_keeps_its_opener(client: FlaskClient) -> None:
    """Where a page is handed over, and nowhere else, our window stays tied to the one before."""
    policies = {
        path: client.get(path).headers["Cross-Origin-Opener-Policy"]
        for path in ("/", "/receive", "/bookmarklets")
    }
    assert policies == {
        "/": "same-origin",
        "/receive": "unsafe-none",
        "/bookmarklets": "same-origin",
    }


def test_no_more_is_handed_over_than_a_source_may_have(
    settings: Settings, checker: HandChecker
) -> None:
    """An app that reads smaller sources says no before the page is sent."""
    small = create_app(dataclasses.replace(settings, max_source_bytes=1000), checker)
    assert 'data-most="1000"' in small.test_client().get("/receive").text
    large = create_app(settings, checker)
    assert 'data-most="8000000"' in large.test_client().get("/receive").text
