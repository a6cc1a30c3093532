"""Sources that fail: each has its own error, which says what to do, and comes in time."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from quotecheck import errors
from quotecheck.extract import extract
from quotecheck.fetch import Fetcher
from quotecheck.records import Source
from quotecheck.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.server import BaseHTTPRequestHandler

    from conftest import Site

    from quotecheck.errors import SourceError
    from quotecheck.records import Article

# Trusts nobody, and is made at once: reading the real authorities takes longer than a test.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
SENTENCE = "The harbour board of Westerlade will meet again on Monday, its chair said. "


def read(url: str, *, seconds: float = 5.0, megabytes: float = 10) -> Article:
    """Fetch and read an address as the checker does."""
    settings = Settings(
        allow_loopback=True, fetch_seconds=seconds, max_source_bytes=int(megabytes * 1e6)
    )
    return extract(Fetcher(settings, tls=TLS)(Source.from_url(url)))


def assert_helps(error: SourceError) -> None:
    """Hold an error to one to three whole sentences, with nothing of our insides in them."""
    text = str(error)
    assert text.endswith(".")
    assert 1 <= text.count(". ") <= 3
    assert not any(word in text for word in ("Errno", "httpx", "httpcore", "Exception", "None"))


def assert_translated(error: SourceError) -> None:
    """Hold an error to the foreign one that it stands for, and to its sentence."""
    assert error.__cause__ is not None
    assert type(error.__cause__).__module__ != "quotecheck.errors"
    assert_helps(error)


def send_headers(handler: BaseHTTPRequestHandler, **headers: str) -> None:
    """Begin an answer that claims to be a page."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def test_no_such_host() -> None:
    """A name that leads nowhere is said to."""

    def resolve(*_: object) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(errors.HostNotFound) as caught:
        Fetcher(Settings(), resolve=resolve, tls=TLS)(Source.from_url("http://news.example/"))
    assert_translated(caught.value)


def test_resolver_that_hangs() -> None:
    """Looking up a name takes no longer than the whole is allowed."""

    def resolve(*_: object) -> Sequence[str]:
        time.sleep(1)
        return []

    started = time.monotonic()
    with pytest.raises(errors.FetchTimeout) as caught:
        Fetcher(Settings(fetch_seconds=0.1), resolve=resolve, tls=TLS)(
            Source.from_url("http://news.example/")
        )
    assert time.monotonic() - started < 0.8
    assert_translated(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.PageRefused),
        (401, errors.PageRefused),
        (403, errors.PageRefused),
        (404, errors.PageMissing),
        (410, errors.PageMissing),
        (429, errors.PageRefused),
        (451, errors.PageRefused),
        (500, errors.ServerFailed),
        (503, errors.ServerFailed),
        (304, errors.ServerFailed),
        (302, errors.ServerFailed),  # that says not where to
    ],
)
def test_status_that_is_no_page(site: Site, status: int, kind: type[SourceError]) -> None:
    """Each family of refusals has its error, whatever the body shows."""
    url = site.page("/a", f"<p>{SENTENCE * 9}</p>", status=status)
    with pytest.raises(kind) as caught:
        read(url)
    assert_helps(caught.value)


def test_endless_redirect(site: Site) -> None:
    """The sixth redirect is one too many."""
    url = site.page("/a", status=302, headers={"Location": "/a"})
    with pytest.raises(errors.TooManyRedirects) as caught:
        read(url)
    assert len(site.asked) == 6
    assert_helps(caught.value)


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://10.0.0.1/", errors.AddressRefused),
        ("http://[fd00::1]/", errors.AddressRefused),
        ("file:///etc/passwd", errors.BadAddress),
        ("http://[oops/", errors.BadAddress),
        ("http://root@127.0.0.1/", errors.BadAddress),
    ],
)
def test_redirect_to_a_bad_place(site: Site, location: str, kind: type[SourceError]) -> None:
    """Where a redirect leads is judged like an address that a user typed."""
    url = site.page("/a", status=302, headers={"Location": location})
    with pytest.raises(kind) as caught:
        read(url)
    assert_helps(caught.value)


def test_gigabyte_that_is_announced(site: Site) -> None:
    """A length over the limit is enough to stop."""
    url = site.page("/a", headers={"Content-Length": "1000000000"})
    with pytest.raises(errors.SourceTooLarge) as caught:
        read(url)
    assert_helps(caught.value)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_gigabyte_that_is_not_announced(site: Site, *, is_chunked: bool) -> None:
    """Reading stops at the limit, long before the end, in bounded memory."""
    piece = b"a" * 1_000_000
    sent = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if is_chunked:
            handler.protocol_version = "HTTP/1.1"
            send_headers(handler, Transfer_Encoding="chunked")
        else:
            send_headers(handler)
        for _ in range(1_000):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
            sent.append(len(piece))

    url = site.reply("/a", answer)
    started = time.monotonic()
    tracemalloc.start()
    with pytest.raises(errors.SourceTooLarge):
        read(url, megabytes=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert sum(sent) < 100e6
    assert time.monotonic() - started < 5


def test_gzip_bomb(site: Site) -> None:
    """A small body that unpacks to a large one is stopped while it unpacks."""
    bomb = gzip.compress(bytes(100_000_000), compresslevel=1)
    url = site.page("/a", bomb, headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    with pytest.raises(errors.SourceTooLarge) as caught:
        read(url, megabytes=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
    assert_helps(caught.value)


@pytest.mark.parametrize("part", ["before the headers", "in the headers", "in the body"])
def test_slow_drip(site: Site, part: str) -> None:
    """The deadline is for the whole, however lively each part of the answer is."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if part == "in the headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        elif part == "in the body":
            send_headers(handler)
        for n in range(100):
            if part != "before the headers":
                handler.wfile.write(b"X-%d: a\r\n" % n)
            time.sleep(0.02)

    url = site.reply("/a", answer)
    started = time.monotonic()
    with pytest.raises(errors.FetchTimeout, match=r"0\.3 seconds") as caught:
        read(url, seconds=0.3)
    assert time.monotonic() - started < 1.5
    assert_translated(caught.value)


@pytest.mark.parametrize("part", ["before the headers", "in the body"])
def test_connection_reset(site: Site, part: str) -> None:
    """A connection that breaks is not taken for the end of the page."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if part == "in the body":
            send_headers(handler, Content_Length="1000")
            handler.wfile.write(b"<p>The harbour board")
        # Closing with this option sends a reset in place of an ordinary end.
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    with pytest.raises((errors.ConnectionFailed, errors.ServerFailed)) as caught:
        read(site.reply("/a", answer))
    assert_translated(caught.value)


def test_body_that_ends_early(site: Site) -> None:
    """Half a page is an error, not an article in which words are missing."""
    url = site.page("/a", f"<p>{SENTENCE * 9}</p>", headers={"Content-Length": "9999"})
    with pytest.raises(errors.ServerFailed) as caught:
        read(url)
    assert_translated(caught.value)


def test_answer_that_is_not_http(site: Site) -> None:
    """A server that speaks something else is said to have failed."""
    url = site.reply("/a", lambda handler: handler.wfile.write(b"220 mail.example ready\r\n"))
    with pytest.raises(errors.ServerFailed) as caught:
        read(url)
    assert_translated(caught.value)


def test_nobody_answers() -> None:
    """A port at which nobody listens is a connection that failed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(errors.ConnectionFailed) as caught:
        read(f"http://127.0.0.1:{port}/")
    assert_translated(caught.value)


def test_https_at_a_server_without_it(site: Site) -> None:
    """Encryption that cannot be set up has its own error."""
    with pytest.raises(errors.SecureConnectionFailed) as caught:
        read(site.url.replace("http:", "https:"))
    assert_translated(caught.value)


@pytest.mark.parametrize(
    ("content", "media_type", "named"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "text/html", "PDF files"),
        (b"%PDF-1.4", "application/pdf", "PDF files"),
        (b"\x89PNG\r\n\x1a\n", "text/html", "images"),
        (b"PK\x03\x04word/document.xml", "application/octet-stream", "ZIP"),
        (b'{"a": 1}', "application/json", "data files"),
        (b"RIFF....WEBP", "image/webp", "images"),
        (b"\x00\x01\x02\x03", "text/plain", "files of this kind"),
        (b"<rss><channel/></rss>", "application/rss+xml", "files of this kind"),
    ],
)
def test_what_is_not_text(site: Site, content: bytes, media_type: str, named: str) -> None:
    """The first bytes are believed before the label, and the sentence says what the file is."""
    url = site.page("/a.html", content, headers={"Content-Type": media_type})
    with pytest.raises(errors.UnsupportedSource, match=named) as caught:
        read(url)
    assert_helps(caught.value)


def test_invalid_utf8(site: Site) -> None:
    """A broken byte costs one letter, not the page."""
    url = site.page("/a", f"<p>{SENTENCE * 9}Café ".encode() + b"a\xffb.</p>")
    text = read(url).text
    assert SENTENCE.strip() in text
    assert "Café a\ufffdb." in text


@pytest.mark.parametrize("body", ["", " \n ", "<!-- nothing -->", "<html></html>"])
def test_empty_body(site: Site, body: str) -> None:
    """A page without a word is said to be none."""
    with pytest.raises(errors.NotAnArticle) as caught:
        read(site.page("/a", body))
    assert_helps(caught.value)


def test_large_page_is_read_in_time(site: Site) -> None:
    """Five megabytes of paragraphs take seconds, not minutes, and come out whole."""
    body = "".join(f"<p>{SENTENCE * 3} This was item {n}.</p>" for n in range(20_000))
    started = time.monotonic()
    article = read(site.page("/a", f"<article>{body}</article>"), seconds=20)
    assert time.monotonic() - started < 10
    assert len(body) > 4.5e6
    assert "This was item 19999." in article.text


def test_page_of_a_hundred_thousand_nested_elements(site: Site) -> None:
    """However deep a page goes, no stack runs out."""
    body = f"<p>{SENTENCE * 9}</p>" + "<div>" * 100_000 + "<p>Deep.</p>"
    assert SENTENCE.strip() in read(site.page("/a", body)).text
