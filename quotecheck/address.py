"""Which addresses may be opened: what is written as one, and what lies in the public internet.

Nothing here touches the network; `fetch.py` asks it before each connection.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import idna

from quotecheck.errors import BadAddress
from quotecheck.translation import N_

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

PASTE = N_("Open it in your browser, copy the article's text and paste it as the source instead.")

_NO_NUMBER = N_("The number in this address is not one. Check the address.")
_NO_NAME = N_(
    "The name of the site in this address has letters that no site can have. Copy the address again"
    " from the browser."
)

# Below 1024 only the two ports of the web: the rest belong to mail, files and remote control.
WEB_PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
# Longer than any real address; some browsers stop at 2,000 already.
MAX_URL_CHARS = 8_000

# 2000::/3 is all of IPv6 that is in use between networks (RFC 4291); the rest is local or reserved.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of one provider
        "192.0.0.0/24",
        "192.88.99.0/24",  # once the way into 6to4
        "198.18.0.0/15",  # measuring of networks
        "224.0.0.0/4",  # multicast, parts of which Python counts as global
        "240.0.0.0/4",
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",
        "3fff::/20",  # documentation, too new for Python 3.11
    )
)
# One to four parts, each decimal, octal or hexadecimal: the forms that inet_aton takes for IPv4.
_LEGACY_IPV4 = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?")

# A name whose last part is a number would be one more way of writing an address.
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:0x[0-9a-f]*|[0-9]+)\.?$")


def is_public(address: IPAddress) -> bool:
    """Say whether an address belongs to the public internet, and so does any that it embeds."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not any(
        address.version == network.version and address in network for network in _NOT_PUBLIC
    )


def is_loopback(address: IPAddress) -> bool:
    """Say whether an address leads back to this machine."""
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (inner or address).is_loopback


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it will be asked for: host in ASCII, default port and fragment dropped."""

    scheme: str
    host: str
    port: int
    target: str  # path and query

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read what a user or a server gave as an address.

        Raises:
            BadAddress: It is not an http(s) address, holds a password, or names a port that
                is not for web pages.
        """
        if len(url) > MAX_URL_CHARS:
            raise BadAddress(
                N_("This address is too long to be one. Copy it again from the browser.")
            )
        try:
            parts = urlsplit(url.strip())
            name, port = parts.hostname, parts.port
        except ValueError as exc:
            raise BadAddress(
                N_("This address is not written as one. Copy it again from the browser.")
            ) from exc
        scheme = parts.scheme.lower()
        if scheme not in WEB_PORTS or not name:
            raise BadAddress(
                N_(
                    "We can only open addresses that begin with http:// or https:// and name a"
                    " site. Copy the address again from the browser."
                )
            )
        if "@" in parts.netloc:
            raise BadAddress(
                N_(
                    "This address holds a user name or a password, which we do not pass on. Take"
                    " that out. If the page needs it: Open it in your browser, copy the article's"
                    " text and paste it as the source instead."
                )
            )
        port = WEB_PORTS[scheme] if port is None else port
        if port < FIRST_FREE_PORT and port not in WEB_PORTS.values():
            raise BadAddress(
                N_("Port {port} is not one that serves web pages. Check the address."), port=port
            )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(scheme, _ascii_host(name), port, target)

    def joined(self, location: str) -> Address:
        """Read where a redirect leads, which may be given relative to this address.

        Raises:
            BadAddress: As for `parse`.
        """
        try:
            url = urljoin(str(self), location)
        except ValueError as exc:
            raise BadAddress(N_("This address leads on to one that is broken."), PASTE) from exc
        return self.parse(url)

    def __str__(self) -> str:
        """Write the address out, as a browser would show it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == WEB_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


def _ascii_host(name: str) -> str:
    if ":" in name:
        try:
            return str(ipaddress.IPv6Address(name))
        except ValueError as exc:
            raise BadAddress(_NO_NUMBER) from exc
    try:
        host = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as exc:
        raise BadAddress(_NO_NAME) from exc
    if _LEGACY_IPV4.fullmatch(host):
        return _dotted(host)
    if not re.fullmatch(r"[a-z0-9._-]{1,253}", host) or _ENDS_IN_NUMBER.search(host):
        raise BadAddress(_NO_NAME)
    return host


def _dotted(number: str) -> str:
    """Write an IPv4 address in its usual form, whichever form it came in."""
    *leading, last = (_part(part) for part in number.removesuffix(".").split("."))
    rest_bits = 8 * (4 - len(leading))
    if any(part > 0xFF for part in leading) or last >= 1 << rest_bits:  # noqa: PLR2004  # a byte
        raise BadAddress(_NO_NUMBER)
    value = last + sum(part << (24 - 8 * place) for place, part in enumerate(leading))
    return str(ipaddress.IPv4Address(value))


def _part(text: str) -> int:
    """Read one part of an IPv4 address: hexadecimal after 0x, octal after 0, else decimal."""
    base = 16 if text.startswith("0x") else 8 if text.startswith("0") else 10
    try:
        return int(text.removeprefix("0x") or "0", base)
    except ValueError as exc:
        raise BadAddress(_NO_NUMBER) from exc
