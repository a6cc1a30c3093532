"""Fetching: which addresses are opened, and what comes back of a source of each kind."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotecheck.address import Address, is_public
from quotecheck.errors import (
    AddressRefused,
    BadAddress,
    FileUnreadable,
    HostNotFound,
    SecureConnectionFailed,
    ServerFailed,
    SourceTooLarge,
)
from quotecheck.fetch import Fetcher
from quotecheck.records import Source
from quotecheck.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from http.server import BaseHTTPRequestHandler

    from conftest import Site

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LOCAL = Settings(allow_loopback=True)
# Trusts nobody, and is made at once: reading the real authorities takes longer than a test.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def fetcher(settings: Settings = LOCAL) -> Fetcher:
    """Return a fetcher whose clock stands at noon."""
    return Fetcher(settings, clock=lambda: NOON, tls=TLS)


HOSTS = {
    "one.example": ["10.1.2.3"],
    "two.example": ["93.184.215.14", "192.168.1.1"],
    "three.example": ["::1"],
    "four.example": ["169.254.169.254"],
    "localhost": ["127.0.0.1", "::1"],
}

INTERNAL = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.255.255.254:8080/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://１２７.０.０.１/",  # full-width digits, which browsers fold
    "http://127。0。0。1/",
    "http://0.0.0.0/",
    "http://0/",
    "http://10.0.0.1/",
    "http://10.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://3232235521/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://192.0.0.8/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]:8000/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a00:1]/",
    "http://[::127.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456:789a::1]/",
    "http://[ff02::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:c0a8:101::1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2001:db8::1]/",
    "http://localhost/",
    "http://LOCALHOST:8000/",
    "http://one.example/",
    "http://two.example/",
    "http://three.example/",
    "https://four.example/",
]


@pytest.mark.parametrize("url", INTERNAL)
def test_internal_address_is_refused_in_every_form(url: str) -> None:
    """No way of writing an address, and no name, leads into a private network."""
    refusing = Fetcher(Settings(), resolve=lambda host, _: HOSTS[host], tls=TLS)
    with pytest.raises(AddressRefused, match="private network"):
        refusing(Source.from_url(url))


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://one.example/", "http://[fe80::1]/"])
def test_allowing_loopback_allows_nothing_else(url: str) -> None:
    """The setting for tests opens this machine, not its network."""
    refusing = Fetcher(LOCAL, resolve=lambda host, _: HOSTS[host], tls=TLS)
    with pytest.raises(AddressRefused):
        refusing(Source.from_url(url))


@pytest.mark.parametrize(
    "text", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07::1", "64:ff9b::808:808"]
)
def test_public_address_is_allowed(text: str) -> None:
    """Ordinary addresses pass, those of IPv4 reached through NAT64 among them."""
    assert is_public(ip_address(text))


def test_connection_goes_to_the_address_that_was_checked(site: Site) -> None:
    """A name that leads elsewhere the second time is not asked a second time."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    site.page("/a", "<p>Here.</p>")
    port = site.url.rpartition(":")[2]
    page = Fetcher(LOCAL, resolve=lambda *_: next(answers), tls=TLS)(
        Source.from_url(f"http://news.example:{port}/a")
    )
    assert page.content == b"<p>Here.</p>"
    assert next(answers) == ["10.0.0.1"]
    assert site.headers[0]["host"] == f"news.example:{port}"


def test_next_address_is_tried_where_the_first_does_not_answer(site: Site) -> None:
    """A site of which one address is dead is not dead."""
    site.page("/a", "<p>Here.</p>")
    port = site.url.rpartition(":")[2]
    two = Fetcher(LOCAL, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"], tls=TLS)
    assert two(Source.from_url(f"http://news.example:{port}/a")).content == b"<p>Here.</p>"


def test_name_without_an_address_is_an_error() -> None:
    """A resolver that finds nothing has found no site."""
    with pytest.raises(HostNotFound):
        Fetcher(LOCAL, resolve=lambda *_: [], tls=TLS)(Source.from_url("http://news.example/"))


def test_each_redirect_is_checked(site: Site) -> None:
    """A public page cannot lead us into a private network."""
    url = site.page("/a", status=302, headers={"Location": "http://192.168.0.1/admin"})
    with pytest.raises(AddressRefused):
        fetcher()(Source.from_url(url))


def test_redirects_are_followed_to_the_page(site: Site) -> None:
    """The page remembers what was asked for and where it was found."""
    start = site.page("/a", status=301, headers={"Location": "/b?x=1#part"})
    site.page("/b", status=307, headers={"Location": "c"})
    end = site.page("/c", "<p>Found.</p>")
    page = fetcher()(Source.from_url(start))
    assert (page.url, page.final_url, page.content) == (start, end, b"<p>Found.</p>")
    assert site.asked == ["/a", "/b?x=1", "/c"]


def test_cookies_hold_from_one_redirect_to_the_next(site: Site) -> None:
    """A site that sets a cookie before it shows the page is not asked in circles."""
    start = site.page("/a", status=302, headers={"Location": "/b", "Set-Cookie": "seen=1"})
    site.page("/b", "<p>Found.</p>")
    fetcher()(Source.from_url(start))
    assert site.headers[1]["cookie"] == "seen=1"


def test_page_carries_what_the_server_said(site: Site) -> None:
    """Media type and charset come from the headers, the time from the clock."""
    url = site.page("/a", b"caf\xe9", headers={"Content-Type": "Text/HTML; Charset=ISO-8859-1"})
    page = fetcher()(Source.from_url(url))
    assert (page.media_type, page.charset, page.retrieved_at) == ("text/html", "iso-8859-1", NOON)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_compressed_page_is_unpacked(site: Site, coding: str) -> None:
    """Both codings that we ask for are read, deflate in the two forms that servers send."""
    packer = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(b"<p>Packed.</p>"),
        "deflate": zlib.compress(b"<p>Packed.</p>"),
        "raw deflate": packer.compress(b"<p>Packed.</p>") + packer.flush(),
    }[coding]
    url = site.page("/a", packed, headers={"Content-Encoding": coding.rpartition(" ")[2]})
    assert fetcher()(Source.from_url(url)).content == b"<p>Packed.</p>"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_large_page_is_unpacked_to_its_last_byte(site: Site, coding: str) -> None:
    """Unpacking in steps loses nothing between them, nor behind the last."""
    body = b"<p>Packed.</p>" * 100_000 + b"End."
    packer = zlib.compressobj(wbits=31 if coding == "gzip" else -15)
    url = site.page(
        "/a", packer.compress(body) + packer.flush(), headers={"Content-Encoding": coding}
    )
    assert fetcher()(Source.from_url(url)).content == body


def test_every_member_of_a_gzip_page_is_unpacked(site: Site) -> None:
    """Servers that pack piece by piece send several members; padding behind them is no page."""
    packed = gzip.compress(b"first ") + gzip.compress(b"second ") + gzip.compress(b"third")

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for at in range(len(packed)):  # a byte at a time, so that each border is cut through
            handler.wfile.write(packed[at : at + 1])
            handler.wfile.flush()
        handler.wfile.write(bytes(512))

    url = site.reply("/a", answer)
    assert fetcher()(Source.from_url(url)).content == b"first second third"


@pytest.mark.parametrize("end", [b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08 no member"])
def test_broken_second_member_is_an_error_or_padding(site: Site, end: bytes) -> None:
    """What begins as a member has to be one; a single byte is padding."""
    url = site.page(
        "/a", gzip.compress(b"<p>Packed.</p>") + end, headers={"Content-Encoding": "gzip"}
    )
    if len(end) == 1:
        assert fetcher()(Source.from_url(url)).content == b"<p>Packed.</p>"
    else:
        with pytest.raises(ServerFailed, match="unpacked"):
            fetcher()(Source.from_url(url))


def test_compressed_page_that_ends_early_is_an_error(site: Site) -> None:
    """Half a page is never taken for the whole."""
    packed = gzip.compress(b"<p>Packed.</p>" * 9)
    url = site.page("/a", packed[:-12], headers={"Content-Encoding": "gzip"})
    with pytest.raises(ServerFailed, match="unpacked"):
        fetcher()(Source.from_url(url))


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "gzip"])
def test_unknown_or_broken_compression_is_an_error(site: Site, coding: str) -> None:
    """What we did not ask for, and what cannot be unpacked, is the server's fault."""
    url = site.page("/a", b"not packed at all", headers={"Content-Encoding": coding})
    with pytest.raises(ServerFailed):
        fetcher()(Source.from_url(url))


def test_proxies_of_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would open the address for us, behind the guard's back."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9/")
    url = site.page("/a", "<p>Direct.</p>")
    assert fetcher()(Source.from_url(url)).content == b"<p>Direct.</p>"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://news.example/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,hello",
        "news.example/a",
        "//news.example/a",
        "http://",
        "http:///a",
        "http://[::1/",
        "http://news.example:http/",
        "http://news.example:99999/",
        "http://news.example:22/",
        "https://user:secret@news.example/",
        "https://user@news.example/",
        "http://1.2.3.4.5.6.7.999.0x/",
        "http://256.1.1.1/",
        "http://news example/",
        "http://news.example\\@127.0.0.1/",
        "http://-\u2028.example/",
        "http://news.example/" + "a" * 9_000,
        "",
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Only http and https, without passwords, on the ports of the web or free ones."""

    def resolve(*_: object) -> Sequence[str]:
        pytest.fail("a bad address must not be looked up")

    with pytest.raises((BadAddress, AddressRefused)):
        Fetcher(Settings(), resolve=resolve)(Source.from_url(url))


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("HTTP://News.Example:80", "http://news.example/"),
        ("https://news.example:443/a?b=c#d", "https://news.example/a?b=c"),
        ("https://zeitung-österreich.example/ä", "https://xn--zeitung-sterreich-6zb.example/ä"),
        ("http://[2606:2800:21f:CB07::1]:8080/", "http://[2606:2800:21f:cb07::1]:8080/"),
        (" https://news_desk.example/a ", "https://news_desk.example/a"),
    ],
)
def test_address_is_brought_to_one_form(url: str, plain: str) -> None:
    """Host in ASCII and small letters, no default port, no fragment."""
    assert str(Address.parse(url)) == plain


def test_given_html_and_text_are_wrapped() -> None:
    """What the user pastes becomes a page as if it had been fetched."""
    html = fetcher()(Source.from_html("<p>ö</p>", url="https://news.example/"))
    assert (html.content, html.media_type, html.charset) == (
        "<p>ö</p>".encode(),
        "text/html",
        "utf-8",
    )
    assert (html.url, html.final_url) == ("https://news.example/", "https://news.example/")
    assert fetcher()(Source.from_text("ö")).media_type == "text/plain"


def test_given_text_keeps_to_the_limit() -> None:
    """Pasting is no way around the limit of size."""
    with pytest.raises(SourceTooLarge):
        fetcher(Settings(max_source_bytes=10))(Source.from_text("a" * 11))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.html", "text/html"), ("a.HTM", "text/html"), ("a.txt", "text/plain"), ("a.bin", "")],
)
def test_file_is_read_with_the_type_of_its_name(tmp_path: Path, name: str, media_type: str) -> None:
    """A file's ending says what it is; where it does not, nobody has said."""
    path = tmp_path / name
    path.write_bytes(b"words")
    page = fetcher()(Source.from_path(path))
    assert (page.content, page.media_type, page.url) == (b"words", media_type, None)


def test_large_file_is_refused(tmp_path: Path) -> None:
    """A file has the same limit as a page."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 11)
    with pytest.raises(SourceTooLarge, match="paste"):
        fetcher(Settings(max_source_bytes=10))(Source.from_path(path))


@pytest.mark.parametrize("path", ["missing.txt", ".", "a\0b", "/dev/zero"])
def test_unreadable_file_is_an_error(path: str) -> None:
    """No file, a folder, no path at all, or a device: each is said, none hangs."""
    with pytest.raises(FileUnreadable):
        fetcher()(Source.from_path(path))


# --- certificates --------------------------------------------------------------------------------

# A certificate for news.example with its key, made for these tests and of no worth elsewhere.
CERTIFICATE = Path(__file__).parent / "news.example.pem"


@pytest.fixture
def secure_port() -> Iterator[int]:
    """The port of a server that speaks TLS with a certificate for news.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            plain, _ = listening.accept()
            with context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nSafe")
        except OSError:
            pass  # the client did not trust us, or the test is over

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    listening.close()
    thread.join()


def secure_fetcher() -> Fetcher:
    """Return a fetcher that trusts the certificate, and finds every name on this machine."""
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    return Fetcher(LOCAL, resolve=lambda *_: ["127.0.0.1"], tls=trusting)


def test_certificate_is_checked_against_the_name(secure_port: int) -> None:
    """The connection goes to an IP address, and yet the certificate has to be the name's."""
    page = secure_fetcher()(Source.from_url(f"https://news.example:{secure_port}/"))
    assert page.content == b"Safe"


def test_certificate_of_another_name_is_refused(secure_port: int) -> None:
    """A trusted certificate for another site is not good enough."""
    with pytest.raises(SecureConnectionFailed, match="certificate of other"):
        secure_fetcher()(Source.from_url(f"https://other.example:{secure_port}/"))


def test_untrusted_certificate_is_refused(secure_port: int) -> None:
    """Without an authority that we know, a certificate says nothing."""
    doubting = Fetcher(LOCAL, resolve=lambda *_: ["127.0.0.1"])
    with pytest.raises(SecureConnectionFailed):
        doubting(Source.from_url(f"https://news.example:{secure_port}/"))
