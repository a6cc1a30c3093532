"""What a person, or a program, reads when a request cannot be answered."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response, json, make_response, render_template, request
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException, SecurityError

from quotecheck.errors import InputError, QuotecheckError

if TYPE_CHECKING:
    from flask import Flask

    from quotecheck.wire import ProblemDict

API_PREFIX = "/api/"
# When to come again, in seconds, where what refuses a request does not say it itself.
WAIT_SECONDS = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of failure: a word for programs; what happened and what to do, for people.

    `advice_on_api` is what to do for those whose program asked, where that is something else.
    """

    code: str
    title: str
    advice: str
    advice_on_api: str | None = None

    def detail(self) -> str:
        """Return what stands in a problem."""
        return self.advice_on_api or self.advice


TROUBLES = {
    400: Trouble(
        "bad_request",
        _("That request could not be understood"),
        _("Go back to the form and try once more."),
        "Look at the request's address and headers: one of them is not as it should be.",
    ),
    403: Trouble(
        "wrong_secret",
        _("That is not the link that deletes this report"),
        _("Copy the whole link that was shown when the report was made."),
    ),
    404: Trouble(
        "no_such_page",
        _("There is no such page here"),
        _(
            "If this was a report, it was deleted, or its address is not complete. Check the"
            " quotation once more to get a new report."
        ),
        "See /api/v1/openapi.json for the addresses that there are.",
    ),
    405: Trouble(
        "method_not_allowed",
        _("This address does not work that way"),
        _("Go back to the form and start from there."),
        "The answer's Allow header names the methods that this address knows.",
    ),
    413: Trouble(
        "too_large",
        _("That is more than can be sent in one go"),
        _(
            "Your browser's Back button brings back what you typed. Paste only the article's own"
            " text, or choose a smaller file."
        ),
        "Send only the article's own text, without the rest of the page.",
    ),
    415: Trouble(
        "not_json",
        _("That was not JSON"),
        _("Send the case as JSON, with the header Content-Type: application/json."),
    ),
    429: Trouble(
        "too_many_requests",
        _("That was a lot in a short time"),
        _("Wait a minute, then press the button again. What you typed is still here."),
        "Wait for a minute, then try again.",
    ),
    503: Trouble(
        "busy",
        _("Many quotations are being checked just now"),
        _("Try again in half a minute."),
    ),
    500: Trouble(
        "internal_error",
        _("Something went wrong on our side"),
        _(
            "Nothing that you did caused it, and nothing was sent anywhere. Use your browser's Back"
            " button and try again; if it happens again, paste the source's text instead of its"
            " address."
        ),
        "Nothing in the request caused it. Send it again; if that fails, too, send the source's"
        " text instead of its address.",
    ),
}


def problem(status: int, code: str, title: str, detail: str) -> Response:
    """Return an error for programs, in the shape of RFC 9457."""
    # Both sentences may be lazy.
    body: ProblemDict = {
        "type": "about:blank",
        "title": str(title),
        "status": status,
        "detail": str(detail),
        "code": code,
    }
    return Response(json.dumps(body), status, content_type="application/problem+json")


def register_errors(app: Flask) -> None:
    """Answer every failure with a page that says what to do, or with a problem under /api/."""
    app.register_error_handler(HTTPException, _show_http_error)
    app.register_error_handler(QuotecheckError, _show_our_error)
    app.register_error_handler(Exception, _show_fault)


def _show(status: int, trouble: Trouble) -> Response:
    if request.path.startswith(API_PREFIX):
        return problem(status, trouble.code, trouble.title, trouble.detail())
    return make_response(render_template("error.html", trouble=trouble), status)


def _show_http_error(error: HTTPException) -> Response:
    if isinstance(error, SecurityError) and not request.path.startswith(API_PREFIX):
        # No page can be built for a host that is not ours: its links would lead there.
        return Response("This app does not answer under that name.\n", 400, mimetype="text/plain")
    status = error.code or 500
    if status < 400:  # noqa: PLR2004  # a redirect that the router raises
        return make_response(error.get_response())
    response = _show(status, TROUBLES.get(status, TROUBLES[400 if status < 500 else 500]))  # noqa: PLR2004
    said = dict(error.get_headers())
    if status == 405:  # noqa: PLR2004
        response.headers["Allow"] = said.get("Allow", "GET")
    if status in {429, 503}:
        response.headers["Retry-After"] = said.get("Retry-After", str(WAIT_SECONDS))
    return response


def _show_our_error(error: QuotecheckError) -> Response:
    is_theirs = isinstance(error, InputError)
    if not is_theirs:
        # Its sentence may name the source.
        log.error("a request failed: %s", error.code, exc_info=error)
    trouble = Trouble(
        error.code, _("That could not be checked") if is_theirs else TROUBLES[500].title, str(error)
    )
    return _show(422 if is_theirs else 500, trouble)


def _show_fault(error: Exception) -> Response:
    log.error("a request failed", exc_info=error)
    return _show(500, TROUBLES[500])
