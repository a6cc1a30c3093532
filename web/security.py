"""What keeps the form, its users and their sources safe: headers, tokens, limits, links."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request, session

if TYPE_CHECKING:
    from flask import Flask, Response

    from quotecheck.settings import Settings

# A pasted source: the longest magazine features have some 200 KB of text. Two megabytes is a book.
MAX_FORM_TEXT_BYTES = 2_000_000
# Names, boundaries and the short fields beside a file or a pasted text.
FORM_OVERHEAD_BYTES = 100_000
# The form has seven fields.
MAX_FORM_PARTS = 20
# Longer ones are cut off by browsers and servers on the way, or are no addresses at all.
MAX_ADDRESS_CHARS = 8_000
# A name with its titles. What is longer was meant for another field.
MAX_SPEAKER_CHARS = 200

TOKEN_FIELD = "csrf_token"  # noqa: S105  # the field's name, not a token

LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

# Everything is refused, then what our own pages need is allowed: the style sheet, the script, the
# icon, and sending the form. Nothing is loaded from anywhere else.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A source's site does not learn which report led a journalist to it.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    # The page from which the bookmarklet opened the form keeps no hold on it.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Unpublished work does not belong in a search engine.
    "X-Robots-Tag": "noindex, nofollow",
}


def secure(app: Flask, settings: Settings) -> None:
    """Set the limits, the session cookie and the headers of every answer."""
    app.config.update(
        # Whoever restarts the app loses the reports anyway; a key on disk would be one more secret.
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME="quotecheck",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # The largest source that the check reads, sent as a file, with the passage beside it.
        MAX_CONTENT_LENGTH=settings.max_source_bytes
        + settings.max_passage_chars * 4
        + FORM_OVERHEAD_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_TEXT_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
    )
    if f"[{settings.host}]" in LOOPBACK_HOSTS or settings.host in LOOPBACK_HOSTS:
        # A hostile site could point its own name at this machine and read the reports as if it
        # were us; an app that serves only this machine has no other names than these.
        app.config["TRUSTED_HOSTS"] = LOOPBACK_HOSTS
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        # Kept by no proxy; but the browser may still go back to a form as it was left.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def csrf_token() -> str:
    """Return the token that the form carries, made at the first visit of a session."""
    if TOKEN_FIELD not in session:
        session[TOKEN_FIELD] = secrets.token_urlsafe(32)
    return str(session[TOKEN_FIELD])


def is_token_right() -> bool:
    """Say whether the request carries the token of its session: the form was ours."""
    given = request.form.get(TOKEN_FIELD, "")
    expected = session.get(TOKEN_FIELD, "")
    return bool(expected) and hmac.compare_digest(given.encode(), str(expected).encode())


def is_web_address(address: str | None) -> bool:
    """Say whether an address may stand in a link: http or https, with a host, and nothing odd."""
    if not address or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    return parts.scheme in {"http", "https"} and _is_host(parts.hostname or "")


def _is_host(name: str) -> bool:
    """Say whether a host's name holds nothing but letters, digits and `.-_`, or numbers of IPv6."""
    return bool(name) and (
        ":" in name or all(c in "._-" or unicodedata.category(c)[0] in "LMN" for c in name)
    )
