"""What keeps the form, its users and their sources safe: headers, tokens, limits, links."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import generate_csrf, validate_csrf
from limits import parse_many
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms.validators import ValidationError

from quotecheck.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

    from quotecheck.settings import Settings

# A pasted source: the longest magazine features have some 200 KB of text. Two megabytes is a book.
MAX_FORM_TEXT_BYTES = 2_000_000
# A page that the bookmark hands over: no article comes near it, and browsers copy it at once.
MAX_HANDED_BYTES = 8_000_000
# Names, boundaries and the short fields beside a file or a pasted text.
FORM_OVERHEAD_BYTES = 100_000
# The form has eight fields.
MAX_FORM_PARTS = 20
# Longer ones are cut off by browsers and servers on the way, or are no addresses at all.
MAX_ADDRESS_CHARS = 8_000
# A name with its titles. What is longer was meant for another field.
MAX_SPEAKER_CHARS = 200

TOKEN_FIELD = "csrf_token"  # noqa: S105  # the field's name, not a token

LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

# Everything is refused, then what our own pages need is allowed: the style sheet, the script, the
# icon, the stages of a check as they pass, and sending the form. Nothing comes from anywhere else.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
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

HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}

# What costs us work or room.
LIMITED = (
    *("pages.make_check", "api.make_check", "api.delete_check"),
    *("keeping.say_wrong", "keeping.delete"),
)


def secure(app: Flask, settings: Settings, secret_key: str) -> None:
    """Set the limits, the session cookie and the headers of every answer.

    Args:
        app: The application, its views registered.
        settings: The limits, and the names under which it answers.
        secret_key: What signs cookies; the same in every process, and after a restart.
    """
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="quotecheck",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        # A form that was left open over lunch is still ours.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_FIELD_NAME=TOKEN_FIELD,
        # The largest source that the check reads, sent as a file, with the passage beside it.
        MAX_CONTENT_LENGTH=settings.max_source_bytes
        + settings.max_passage_chars * 4
        + FORM_OVERHEAD_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_TEXT_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
    )
    if hosts := [name.strip() for name in settings.hosts.split(",") if name.strip()]:
        app.config["TRUSTED_HOSTS"] = hosts
    elif f"[{settings.host}]" in LOOPBACK_HOSTS or settings.host in LOOPBACK_HOSTS:
        # A hostile site could point its own name at this machine and read the reports as if it
        # were us; an app that serves only this machine has no other names than these.
        app.config["TRUSTED_HOSTS"] = LOOPBACK_HOSTS
    if n := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    if settings.https:
        app.after_request(lambda response: _set(response, HTTPS_HEADERS))
    app.after_request(_add_headers)
    _limit_rates(app, settings.rate_limit)


def _limit_rates(app: Flask, rate: str) -> None:
    """Bound what one address may ask for; each process counts for itself."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=True)
    try:
        parse_many(rate)
    except ValueError as exc:
        raise SettingsError(
            f"The setting rate_limit cannot be {rate!r}: it should look like"
            " 30 per minute; 300 per hour."
        ) from exc
    shared = limiter.shared_limit(rate, scope="checks")
    for endpoint in LIMITED:
        app.view_functions[endpoint] = cast("Any", shared(app.view_functions[endpoint]))


def _set(response: Response, headers: Mapping[str, str]) -> Response:
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response


def _add_headers(response: Response) -> Response:
    _set(response, HEADERS)
    if request.endpoint != "static":
        # Kept by no proxy; but the browser may still go back to a form as it was left.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def csrf_token() -> str:
    """Return the token that every form of ours carries, signed and tied to the session."""
    return str(generate_csrf(token_key=TOKEN_FIELD))


def is_token_right() -> bool:
    """Say whether the request carries the token of its session: the form was ours."""
    try:
        validate_csrf(request.form.get(TOKEN_FIELD), token_key=TOKEN_FIELD)
    except ValidationError:
        return False
    return True


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
