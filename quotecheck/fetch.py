"""The only code that opens a network connection or a source file: Source → Page.

The guard stands where the socket is opened, below httpx: whatever an address looks like, its name
is resolved there, every IP address that comes back has to be public, and the connection goes to one
of those very addresses. A name that leads elsewhere a moment later is therefore not asked again,
and each redirect passes the same gate. The certificate is still checked against the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import httpcore
import httpx

from quotecheck.address import PASTE, Address, is_loopback, is_public
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
from quotecheck.records import Page, Source, SourceKind

if TYPE_CHECKING:
    from quotecheck.settings import Settings

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port → IP addresses in text; raises OSError where there is no such name."""

# What is read, and decompressed, in one step: memory stays within the limit plus this.
STEP_BYTES = 65_536
# How long one of several addresses of a site may keep the others waiting: as browsers did before
# they asked all at once. Hosts with a dead IPv6 route are what it is for.
TRY_SECONDS = 4.0

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


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


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
                raise FileUnreadable(f"{path} is no file. Give the path of one file.")
            with path.open("rb") as file:
                content = file.read(self._settings.max_source_bytes + 1)
        except (OSError, ValueError) as exc:  # ValueError: a null byte inside the path
            why = exc.strerror if isinstance(exc, OSError) else "it is not a path"
            raise FileUnreadable(
                f"The file {path} cannot be read: {why}. Check the path and your right to read it."
            ) from exc
        if len(content) > self._settings.max_source_bytes:
            self._refuse_size()
        media_type = MEDIA_TYPES.get(path.suffix.lower(), "")
        return self._page(source.url, source.url, content, media_type, None)

    def _open(self, source: Source) -> Page:
        deadline = time.monotonic() + self._settings.fetch_seconds
        gate = _Gate(self._resolve, deadline, allows_loopback=self._settings.allow_loopback)
        headers = {
            "User-Agent": self._settings.user_agent,
            "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5",
            "Accept-Language": "en",
            "Accept-Encoding": "gzip, deflate",
        }
        address = Address.parse(source.value)
        with httpx.Client(
            transport=_Transport(self._context, gate),
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
            f"This address leads on from one page to the next without end. {PASTE}"
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
                f"{host} did not send the page within {self._settings.fetch_seconds:g} seconds."
                f" Try again later. {PASTE}"
            ) from exc
        except httpcore.ProtocolError as exc:
            raise ServerFailed(
                f"{host} broke off its answer, or sent something that is no web page. {PASTE}"
            ) from exc
        except _NameUnknown as exc:
            raise HostNotFound(
                f"There is no site called {host}, or the name cannot be looked up just now."
                " Check the address and your connection."
            ) from exc
        except _NotPublic as exc:
            raise AddressRefused(
                f"{host} lies inside a private network, where we do not go. {PASTE}"
            ) from exc
        except _NotTrusted as exc:
            raise SecureConnectionFailed(
                f"The certificate of {host} is not right, so we cannot be sure whose page it is."
                f" {PASTE}"
            ) from exc
        except httpcore.NetworkError as exc:
            raise ConnectionFailed(
                f"The connection to {host} could not be made, or it broke. Try again later. {PASTE}"
            ) from exc
        except httpx.InvalidURL as exc:
            raise BadAddress(
                "This address is not written as one. Copy it again from the browser."
            ) from exc
        return self._page(source.value, str(address), content, media_type.strip().lower(), charset)

    def _judge_status(self, status: int, host: str) -> None:
        if status in GONE:
            raise PageMissing(
                f"{host} says that there is no such page ({status}). Check the address, or look"
                " for the page in a web archive."
            )
        if FIRST_CLIENT_ERROR <= status < FIRST_SERVER_ERROR:
            raise PageRefused(f"{host} does not let us read this page ({status}). {PASTE}")
        if status not in SUCCESS:
            raise ServerFailed(f"{host} failed to answer ({status}). Try again later. {PASTE}")

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
            f"The source has more than {megabytes:g} MB, which is more than we read."
            " Copy the part that is quoted and what stands around it, and paste it as the source."
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
            f"{response.url.host} packs its page in a way that we did not ask for. {PASTE}"
        )
    broken = ServerFailed(f"{response.url.host} sent a page that cannot be unpacked. {PASTE}")
    unpacker: Any = None
    for packed in response.iter_raw():
        if unpacker is None:
            # "deflate" is zlib by the standard and a raw stream with some servers: the first
            # byte of zlib's header tells them apart. 32 lets zlib see whether it is gzip.
            is_raw = coding == "deflate" and packed[:1] != b"\x78"
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS | 32)
        rest = packed
        while rest and not unpacker.eof:
            try:
                yield unpacker.decompress(rest, STEP_BYTES)
            except zlib.error as exc:
                raise broken from exc
            rest = unpacker.unconsumed_tail
    while unpacker is not None and not unpacker.eof:  # what the last bytes still stand for
        if not (piece := unpacker.decompress(b"", STEP_BYTES)):
            raise broken
        yield piece


class _NameUnknown(httpcore.ConnectError):
    """The name leads nowhere."""


class _NotPublic(httpcore.ConnectError):
    """The name leads, at least in part, into a private network."""


class _NotTrusted(httpcore.ConnectError):
    """The certificate or the encryption is not right."""


class _Gate(httpcore.NetworkBackend):
    """Opens connections to public addresses alone, and only until the deadline."""

    def __init__(self, resolve: Resolver, deadline: float, *, allows_loopback: bool) -> None:
        self._resolve = resolve
        self._deadline = deadline
        self._allows_loopback = allows_loopback
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # the deadline stands in for it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers, once all are checked."""
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        addresses = self._checked(host, port)
        for address in addresses:
            seconds = _left(self._deadline, httpcore.ConnectTimeout)
            if address != addresses[-1]:
                seconds = min(seconds, TRY_SECONDS)
            try:
                stream = self._system.connect_tcp(
                    address, port, seconds, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
            else:
                return _Stream(stream, self._deadline)
        raise failure or _NameUnknown(host)

    def _checked(self, host: str, port: int) -> list[str]:
        addresses = self._look_up(host, port)
        for text in addresses:
            address = ipaddress.ip_address(text)
            if not (is_public(address) or (self._allows_loopback and is_loopback(address))):
                raise _NotPublic(text)
        return list(dict.fromkeys(addresses))

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        """Resolve in a thread of its own: the system's resolver cannot be told when to stop."""
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass  # a name
        found: list[Sequence[str]] = []
        failed: list[OSError | UnicodeError] = []

        def ask() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, UnicodeError) as exc:
                failed.append(exc)

        thread = threading.Thread(target=ask, name="quotecheck-resolve", daemon=True)
        thread.start()
        thread.join(_left(self._deadline, httpcore.ConnectTimeout))
        if failed:
            raise _NameUnknown(host) from failed[0]
        if not found:
            raise httpcore.ConnectTimeout(f"looking up {host}")
        return found[0]


class _Stream(httpcore.NetworkStream):
    """A connection on which every step has only the time that is left of the whole."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._inner.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        seconds = _left(self._deadline, httpcore.ConnectTimeout)
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, seconds)
        except httpcore.ConnectError as exc:
            if not isinstance(exc.__cause__, ssl.SSLError):
                raise
            raise _NotTrusted(str(exc)) from exc
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # as httpcore has it
        return self._inner.get_extra_info(info)


def _left(deadline: float, too_late: type[httpcore.TimeoutException]) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise too_late("the deadline has passed")
    return seconds


class _Transport(httpx.BaseTransport):
    """Joins httpx to a pool whose connections all pass the gate."""

    def __init__(self, tls: ssl.SSLContext, gate: _Gate) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=gate)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
