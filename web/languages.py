"""The language of the pages: chosen by the reader, or by what their browser asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from babel import Locale
from flask import Blueprint, abort, g, redirect, request, session, url_for
from flask_babel import Babel, get_locale, get_translations

from quotecheck.translation import use_language

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
    # Templates ask for a hundred sentences each: the catalog is looked up once a page.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its extension
        lambda sentence: _catalog().ugettext(sentence),
        lambda one, many, n: _catalog().ungettext(one, many, n),
        newstyle=True,
    )
    app.context_processor(
        lambda: {
            "language": spoken(),
            "languages": [(code, Locale(code).get_display_name(code)) for code in LANGUAGES],
        }
    )
    app.before_request(_begin)
    app.teardown_request(_end)
    app.register_blueprint(languages)


def spoken() -> str:
    """Return the code of the language of the page that is being made."""
    return str(get_locale() or LANGUAGES[0])


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


def _begin() -> None:
    """Let the check's own sentences be said in the language of the page, too."""
    g.own_language = use_language(spoken())
    g.own_language.__enter__()


def _end(_: BaseException | None) -> None:
    if own := g.pop("own_language", None):
        own.__exit__(None, None, None)


def _catalog() -> Any:  # noqa: ANN401  # babel has no types for it
    if "catalog" not in g:
        g.catalog = get_translations()
    return g.catalog


def _select() -> str:
    if request.path.startswith("/api/"):
        return LANGUAGES[0]  # programs look at codes, and people who write them read English
    chosen = session.get(CHOSEN)
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
