"""The gate through which every connection goes: httpx above it, the socket below.

Whatever an address looks like, its name is resolved here, every IP address that comes back has to
be public, and the connection goes to one of those very addresses. A name that leads elsewhere a
moment later is therefore not asked again, and each redirect passes the same gate. The certificate
is still checked against the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpcore
import httpx

from quotecheck.address import is_loopback, is_public

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port → IP addresses in text; raises OSError where there is no such name."""

# How long one of several addresses of a site may keep the others waiting: as browsers did before
# they asked all at once. Hosts with a dead IPv6 route are what it is for.
TRY_SECONDS = 4.0


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class NameUnknown(httpcore.ConnectError):
    """The name leads nowhere."""


class NotPublic(httpcore.ConnectError):
    """The name leads, at least in part, into a private network."""


class NotTrusted(httpcore.ConnectError):
    """The certificate or the encryption is not right."""


class Gate(httpcore.NetworkBackend):
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
        raise failure or NameUnknown(host)

    def _checked(self, host: str, port: int) -> list[str]:
        addresses = self._look_up(host, port)
        for text in addresses:
            address = ipaddress.ip_address(text)
            if not (is_public(address) or (self._allows_loopback and is_loopback(address))):
                raise NotPublic(text)
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
            raise NameUnknown(host) from failed[0]
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
            raise NotTrusted(str(exc)) from exc
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  # as httpcore has it
        return self._inner.get_extra_info(info)


def _left(deadline: float, too_late: type[httpcore.TimeoutException]) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise too_late("the deadline has passed")
    return seconds


class GuardedTransport(httpx.BaseTransport):
    """Joins httpx to a pool whose connections all pass the gate."""

    def __init__(self, tls: ssl.SSLContext, gate: Gate) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=gate)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return the answer, its body still to be read."""
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
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
