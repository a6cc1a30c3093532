"""Gets a source, from the network or from a file: Source → Page."""

from __future__ import annotations

import time
import zlib
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import httpcore
import httpx

from quotecheck.address import PASTE, Address
from quotecheck.errors import (
    AddressRefused,
    BadAddress,
    ConnectionFailed,
    FetchTimeout,
    FileUnreadable,
    HostNotFound,
    PageMissing,
    PageRefused,
    SecureConnectionFailed,
    ServerFailed,
    SourceTooLarge,
    TooManyRedirects,
)
from quotecheck.gate import (
    Gate,
    GuardedTransport,
    NameUnknown,
    NotPublic,
    NotTrusted,
    Resolver,
    resolve_name,
)
from quotecheck.records import Page, Source, SourceKind
from quotecheck.translation import N_

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from quotecheck.settings import Settings

# What is read, and decompressed, in one step: memory stays within the limit plus this.
STEP_BYTES = 65_536
GZIP_SIGNATURE = b"\x1f\x8b"

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
FIRST_CLIENT_ERROR, FIRST_SERVER_ERROR = 400, 500
SUCCESS = range(200, 300)

MEDIA_TYPES = {
    ".htm": "text/html",
    ".html": "text/html",
    ".md": "text/plain",
    ".txt": "text/plain",
    ".xhtml": "application/xhtml+xml",
}


class Fetcher:
    """Gets sources: opens addresses and files, and wraps what was given as text.

    Args:
        settings: The limits, and whether loopback addresses may be opened.
        resolve: Where the addresses of a name come from.
        clock: The time that a page is stamped with.
        tls: How certificates are verified; by default against the authorities of certifi.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolver = resolve_name,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._clock = clock
        self._tls = tls

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """The certificates that are trusted; reading them takes a tenth of a second."""
        return self._tls or httpx.create_ssl_context(trust_env=False)

    def __call__(self, source: Source) -> Page:
        """Get one source.

        Raises:
            SourceError: One of its kinds, for each way in which a source cannot be had.
        """
        match source.kind:
            case SourceKind.URL:
                return self._open(source)
            case SourceKind.PATH:
                return self._read(source)
            case SourceKind.HTML | SourceKind.TEXT:
                media_type = "text/html" if source.kind is SourceKind.HTML else "text/plain"
                content = source.value.encode("utf-8", errors="replace")
                if len(content) > self._settings.max_source_bytes:
                    self._refuse_size()
                return self._page(source.url, source.url, content, media_type, "utf-8")

    def _read(self, source: Source) -> Page:
        path = Path(source.value)
        try:
            if path.exists() and not path.is_file():
                raise FileUnreadable(
                    N_("{path} is no file. Give the path of one file."), path=str(path)
                )
            with path.open("rb") as file:
                content = file.read(self._settings.max_source_bytes + 1)
        except OSError as exc:
            raise FileUnreadable(
                N_(
                    "The file {path} cannot be read: {why}. Check the path and your right to read"
                    " it."
                ),
                path=str(path),
                why=str(exc.strerror),
            ) from exc
        except ValueError as exc:  # a null byte inside the path
            raise FileUnreadable(
                N_(
                    "The file {path} cannot be read: it is not a path. Check the path and your"
                    " right to read it."
                ),
                path=str(path),
            ) from exc
        if len(content) > self._settings.max_source_bytes:
            self._refuse_size()
        media_type = MEDIA_TYPES.get(path.suffix.lower(), "")
        return self._page(source.url, source.url, content, media_type, None)

    def _open(self, source: Source) -> Page:
        deadline = time.monotonic() + self._settings.fetch_seconds
        gate = Gate(self._resolve, deadline, allows_loopback=self._settings.allow_loopback)
        headers = {
            "User-Agent": self._settings.user_agent,
            "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5",
            "Accept-Language": "en",
            "Accept-Encoding": "gzip, deflate",
        }
        address = Address.parse(source.value)
        with httpx.Client(
            transport=GuardedTransport(self._context, gate),
            headers=headers,
            trust_env=False,
            timeout=self._settings.fetch_seconds,  # for each step; the gate holds the whole to it
        ) as client:
            for _ in range(self._settings.max_redirects + 1):
                answer = self._ask(client, source, address)
                if isinstance(answer, Page):
                    return answer
                address = answer
        raise TooManyRedirects(
            N_("This address leads on from one page to the next without end."), PASTE
        )

    def _ask(self, client: httpx.Client, source: Source, address: Address) -> Page | Address:
        """Ask once; return the page, or the address that the answer leads on to."""
        host = address.host
        try:
            with client.stream("GET", str(address)) as response:
                if response.status_code in REDIRECTS and "location" in response.headers:
                    return address.joined(response.headers["location"])
                self._judge_status(response.status_code, host)
                content = b"".join(self._bounded(response))
                media_type = response.headers.get("content-type", "").partition(";")[0]
                charset = response.charset_encoding
        except httpcore.TimeoutException as exc:
            raise FetchTimeout(
                N_("{host} did not send the page within {seconds:g} seconds. Try again later."),
                PASTE,
                host=host,
                seconds=self._settings.fetch_seconds,
            ) from exc
        except httpcore.ProtocolError as exc:
            raise ServerFailed(
                N_("{host} broke off its answer, or sent something that is no web page."),
                PASTE,
                host=host,
            ) from exc
        except NameUnknown as exc:
            raise HostNotFound(
                N_(
                    "There is no site called {host}, or the name cannot be looked up just now."
                    " Check the address and your connection."
                ),
                host=host,
            ) from exc
        except NotPublic as exc:
            raise AddressRefused(
                N_("{host} lies inside a private network, where we do not go."), PASTE, host=host
            ) from exc
        except NotTrusted as exc:
            raise SecureConnectionFailed(
                N_(
                    "The certificate of {host} is not right, so we cannot be sure whose page it is."
                ),
                PASTE,
                host=host,
            ) from exc
        except httpcore.NetworkError as exc:
            raise ConnectionFailed(
                N_("The connection to {host} could not be made, or it broke. Try again later."),
                PASTE,
                host=host,
            ) from exc
        except httpx.InvalidURL as exc:
            raise BadAddress(
                N_("This address is not written as one. Copy it again from the browser.")
            ) from exc
        return self._page(source.value, str(address), content, media_type.strip().lower(), charset)

    def _judge_status(self, status: int, host: str) -> None:
        if status in GONE:
            raise PageMissing(
                N_(
                    "{host} says that there is no such page ({status}). Check the address, or look"
                    " for the page in a web archive."
                ),
                host=host,
                status=status,
            )
        if FIRST_CLIENT_ERROR <= status < FIRST_SERVER_ERROR:
            raise PageRefused(
                N_("{host} does not let us read this page ({status})."),
                PASTE,
                host=host,
                status=status,
            )
        if status not in SUCCESS:
            raise ServerFailed(
                N_("{host} failed to answer ({status}). Try again later."),
                PASTE,
                host=host,
                status=status,
            )

    def _bounded(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the decompressed body, and stop at the limit."""
        limit = self._settings.max_source_bytes
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            self._refuse_size()
        for piece in _decompress(response):
            limit -= len(piece)
            if limit < 0:
                self._refuse_size()
            yield piece

    def _refuse_size(self) -> NoReturn:
        megabytes = self._settings.max_source_bytes / 1_000_000
        raise SourceTooLarge(
            N_(
                "The source has more than {megabytes:g} MB, which is more than we read. Copy the"
                " part that is quoted and what stands around it, and paste it as the source."
            ),
            megabytes=megabytes,
        )

    def _page(
        self,
        url: str | None,
        final_url: str | None,
        content: bytes,
        media_type: str,
        charset: str | None,
    ) -> Page:
        return Page(url, final_url, content, media_type, charset, self._clock())


def _decompress(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body in steps of bounded size, however tightly it was packed."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        yield from response.iter_raw()
        return
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise ServerFailed(
            N_("{host} packs its page in a way that we did not ask for."),
            PASTE,
            host=response.url.host,
        )
    try:
        yield from _unpack(response.iter_raw(), coding)
    except zlib.error as exc:
        raise ServerFailed(
            N_("{host} sent a page that cannot be unpacked."), PASTE, host=response.url.host
        ) from exc


def _unpack(pieces: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """Yield what the pieces of a packed body stand for.

    Raises:
        zlib.error: They are broken, or end too early.
    """
    unpacker: Any = None
    held = b""  # what was not unpacked yet
    for packed in pieces:
        held += packed
        while held:
            # A gzip file may have several members; padding behind the last is passed over.
            is_member = coding != "deflate" and held.startswith(GZIP_SIGNATURE)
            if unpacker is None or (unpacker.eof and is_member):
                unpacker = _make_unpacker(coding, held)
            elif unpacker.eof and held == GZIP_SIGNATURE[:1]:
                break
            elif unpacker.eof:
                return
            yield unpacker.decompress(held, STEP_BYTES)
            held = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    while unpacker is not None and not unpacker.eof:  # what the last bytes still stand for
        if not (piece := unpacker.decompress(b"", STEP_BYTES)):
            raise zlib.error("the end is missing")
        yield piece


def _make_unpacker(coding: str, packed: bytes) -> Any:  # noqa: ANN401  # zlib names no type for it
    # "deflate" is zlib by the standard and a raw stream with some servers: the first byte of
    # zlib's header tells them apart. 32 lets zlib see whether it is gzip.
    is_raw = coding == "deflate" and not packed.startswith(b"\x78")
    return zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS | 32)
