"""Links to words, opened in a real browser: it goes to the right ones."""

from __future__ import annotations

import random
import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from quotecheck.extract import extract
from quotecheck.records import Page, Span
from quotecheck.textfragment import link_to_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

    from quotecheck.records import Article

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DEV = Path(__file__).parents[2] / "corpus" / "dev"

# Each block stands on a screen of its own, so that what is in view tells where the browser went.
FAR_APART = "<style>p, h1, h2, h3, li, figcaption, blockquote, pre { margin: 1500px 0 }</style>"

TRAPS = """<!doctype html><html lang="en">
<head><meta charset="utf-8"><title>The mill</title></head>
<body><article><h1>The mill at Orrin Weir</h1>
<p>The crew sleeps on board, says the miller, and nobody at the weir has seen her since.</p>
<p>Later he says it again: the crew sleeps on board, and the lamp burns all night in the mill.</p>
<p>The well-known firm, Łoza &amp; Søn, asks for “50% – or none” and gets it, #1 in
  the&nbsp;valley.</p>
<p>Its r&shy;oof, a résumé of <i>ev</i>ery storm, leaks; “We can’t go on,” said Ida Quell of
  the co-op.</p>
<p>Who knows?</p>
<p>Nobody at the co-op wanted to say. It was the last evening of the year, and the ice had come.</p>
<p>Who knows?</p>
<p>“So it ends,” she said, and the lamp was out. The ferry had gone down the river before
  the ice.</p>
<pre>The keys hang by the door,
and the door stands open.</pre>
</article></body></html>"""

# The words to open, how often they stand earlier, and the blocks in which the browser finds them.
WORDS = [
    ("the crew sleeps on board", 0, 2),
    ("The crew sleeps on board", 0, 1),
    ("well-known firm, Łoza & Søn", 0, 3),
    ("“50% – or none” and gets it, #1 in the valley", 0, 3),
    ("r\u00adoof, a résumé of every storm", 0, 4),
    ("can’t go on,” said Ida Quell of the co-op", 0, 4),
    ("Who knows", 0, 5),
    ("Who knows", 1, 7),
    ("the ice had come.\n\nWho knows?\n\n“So it ends", 0, 6),
    ("said", 1, 8),
    ("the ice", 1, 8),
    ("the door stands open", 0, 9),
]

IN_VIEW = """
return [...document.querySelectorAll("p, h1, h2, h3, li, figcaption, blockquote, pre")].filter(
  block => {
    const box = block.getBoundingClientRect();
    return box.height && box.bottom > 0 && box.top < innerHeight;
  }
).map(block => block.textContent);
"""


@pytest.fixture
def pages() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Serve pages by their paths; yield the server's address and the pages, to be filled in."""
    held: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = held.get(self.path, b"")
            kind = "text/plain" if self.path.endswith(".txt") else "text/html"
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", held
    server.shutdown()
    thread.join()
    server.server_close()


def read(url: str, content: bytes) -> Article:
    """Read a page as a check does."""
    kind = "text/plain" if url.endswith(".txt") else "text/html"
    return extract(Page(url, url, content, kind, "utf-8", datetime(2026, 3, 1, tzinfo=UTC)))


def see(browser: WebDriver, link: str | None) -> str:
    """Open a link in a fresh page, and return what is in view once the browser has scrolled."""
    assert link is not None
    browser.get("about:blank")
    browser.get(link)
    # A directive acts on the first layout after loading; nothing scrolls where no words are found.
    WebDriverWait(browser, 5, poll_frequency=0.02).until(
        lambda b: b.execute_script("return scrollY") > 0, f"no words found: {link}"
    )
    return squeeze(" ".join(browser.execute_script(IN_VIEW)))


def squeeze(text: str) -> str:
    """Return a text without any white space."""
    return re.sub(r"\s", "", text)


def test_the_browser_goes_to_the_words_and_to_no_others_like_them(
    browser: WebDriver, pages: tuple[str, dict[str, bytes]]
) -> None:
    """Marks of the syntax, odd letters, markup inside words and earlier twins mislead nobody."""
    site, held = pages
    held["/mill"] = TRAPS.replace("</head>", f"{FAR_APART}</head>").encode()
    article = read(f"{site}/mill", held["/mill"])
    blocks = [squeeze(p.of(article.text)) for p in article.paragraphs]
    assert len(blocks) == 10
    for words, nth, block in WORDS:
        start = [m.start() for m in re.finditer(re.escape(words), article.text)][nth]
        link = link_to_words(article, [Span(start, start + len(words))])
        assert see(browser, link).startswith(blocks[block]), link


@pytest.mark.parametrize("name", ["airport-curfew", "hayloft"])
def test_the_browser_goes_to_words_of_real_pages(
    name: str, browser: WebDriver, pages: tuple[str, dict[str, bytes]]
) -> None:
    """Wherever words are taken from in an article, their paragraph comes into view."""
    site, held = pages
    html = (DEV / name / "source.html").read_text(encoding="utf-8")
    held["/page"] = html.replace("</head>", f"{FAR_APART}</head>").encode()
    article = read(f"{site}/page", held["/page"])
    chance = random.Random(name)  # noqa: S311  # for variety, not for secrets
    words = [m.span() for m in re.finditer(r"\S+", article.main.of(article.text))]
    for _ in range(25):
        first = chance.randrange(20, len(words))
        last = min(len(words) - 1, first + chance.randrange(15))
        segment = Span(words[first][0], words[last][1])
        (paragraph, *_) = [p for p in article.paragraphs if p.meets(segment)]
        link = link_to_words(article, [segment])
        assert squeeze(paragraph.of(article.text)) in see(browser, link), link


def test_the_browser_goes_to_words_of_a_plain_text(
    browser: WebDriver, pages: tuple[str, dict[str, bytes]]
) -> None:
    """A text whose lines are broken by its writer is searched line by line."""
    site, held = pages
    lines = [f"This is line {n} of what the council said on the mill," for n in range(400)]
    held["/a.txt"] = "\n".join(lines).encode()
    article = read(f"{site}/a.txt", held["/a.txt"])
    start = article.text.index("the mill,\nThis is line 300 of")
    link = link_to_words(article, [Span(start, start + len("the mill,\nThis is line"))])
    see(browser, link)
    top = "const pre = document.querySelector('pre').getBoundingClientRect(); return "
    height = browser.execute_script(f"{top} pre.height") / len(lines)
    above = browser.execute_script(f"{top} -pre.top") / height
    shown = browser.execute_script("return innerHeight") / height
    assert above < 300 < above + shown - 1
