"""The language of the pages: chosen by the reader, or by what their browser asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from babel import Locale
from flask import Blueprint, abort, redirect, request, session, url_for
from flask_babel import Babel, get_locale

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

# What all words of the pages are there in. The texts that are compared are English in any case.
LANGUAGES = ("en", "de")
CHOSEN = "language"

languages = Blueprint("languages", __name__)


def speak(app: Flask) -> None:
    """Let the application answer in the languages that it knows."""
    Babel(app, default_locale=LANGUAGES[0], locale_selector=_select)
    app.context_processor(
        lambda: {
            "language": str(get_locale() or LANGUAGES[0]),
            "languages": [(code, Locale(code).get_display_name(code)) for code in LANGUAGES],
        }
    )
    app.register_blueprint(languages)


@languages.get("/language/<code>")
def choose(code: str) -> Response:
    """Keep a reader's choice, and lead back to the page that they were on."""
    if code not in LANGUAGES:
        abort(404)
    session[CHOSEN] = code
    back = request.args.get("back", "")
    # Only to a page of ours: a path, and none that a browser takes for another host.
    is_own = back.startswith("/") and back[1:2] not in {"/", "\\"} and not urlsplit(back).netloc
    return redirect(back if is_own else url_for("pages.show_form"), 303)


def _select() -> str:
    chosen = session.get(CHOSEN)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
