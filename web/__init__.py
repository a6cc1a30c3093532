"""The web application: a form for people, an HTTP API for programs.

It has its checks made by a `Checker` and reads them from a `Report`; of the steps between it knows
nothing. Besides, it reads claims and cases, marks texts by `runs`, tells a sent file's kind and
letters by `decode`, and puts the checker together in `server`. A test holds the list.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from flask import Flask, json
from flask_babel import format_decimal

from web import security
from web.api import api
from web.bookmarklet import read_scripts
from web.database import open_database
from web.desk import Desk, set_desk
from web.errors import register_errors
from web.example import load_examples
from web.health import Metrics, watch_health
from web.keeping import keeping
from web.languages import speak
from web.logs import log_requests
from web.openapi import describe_api
from web.present import say_date
from web.server import load_app, serve
from web.store import DEAD_AFTER, Store
from web.views import pages

if TYPE_CHECKING:
    from quotecheck.settings import Settings
    from web.desk import Checks, FetchAhead

__all__ = ["create_app", "load_app", "serve"]


def create_app(
    settings: Settings,
    checker: Checks,
    *,
    ahead: FetchAhead | None = None,
    dead_after: dt.timedelta = DEAD_AFTER,
) -> Flask:
    """Return the application, its database open and up to date.

    Args:
        settings: The limits, and the host that decides which names it answers under.
        checker: Makes the checks; one for the life of the application.
        ahead: What the checker fetches with, where slow sites should keep nobody else waiting.
        dead_after: After how long without a word a process that makes checks is taken to be gone.

    Raises:
        SettingsError: The database cannot be opened, or a setting cannot be used.
    """
    app = Flask(__name__)
    app.config.update(
        API_DESCRIPTION=json.dumps(
            describe_api(max_passage_chars=settings.max_passage_chars), ensure_ascii=False
        ),
        BOOKMARKLETS=read_scripts(),
        EXAMPLES=load_examples(),
        MAX_HANDED_BYTES=min(security.MAX_HANDED_BYTES, settings.max_source_bytes),
        MAX_PASSAGE_CHARS=settings.max_passage_chars,
    )
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.globals["csrf_token"] = security.csrf_token
    app.jinja_env.globals["TOKEN_FIELD"] = security.TOKEN_FIELD
    app.jinja_env.filters["date"] = say_date
    app.jinja_env.filters["number"] = format_decimal
    app.jinja_env.tests["web_address"] = security.is_web_address
    keep = dt.timedelta(days=settings.keep_days) if settings.keep_days else None
    store = Store(open_database(settings.database_url), keep=keep, dead_after=dead_after)
    metrics = Metrics()
    set_desk(app, Desk(checker, store, ahead=ahead, most=settings.max_checks, tally=metrics))
    log_requests(app)
    watch_health(app, settings, metrics)
    register_errors(app)
    for blueprint in (pages, keeping, api):
        app.register_blueprint(blueprint)
    speak(app)
    security.secure(app, settings, store.secret("cookies"))
    # A server may fork now; each of its processes makes connections of its own.
    store.release()
    return app
