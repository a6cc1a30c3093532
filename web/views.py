"""The pages that a person reads: the form, the waiting page and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    json,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext

from quotecheck.claim import Claim
from quotecheck.records import Label
from web.bookmarklet import build_bookmarklet
from web.desk import RETRY_SECONDS, DeskFull, TooManyWatch, get_desk
from web.entry import Entry, EntryError, read_claim, read_source
from web.errors import TROUBLES
from web.example import ARTICLE_FILE
from web.languages import spoken
from web.present import present
from web.security import csrf_token, is_token_right
from web.strip import draw_strip
from web.tables import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug.wrappers import Response as AnyResponse

    from web.desk import Ticket
    from web.example import Example
    from web.store import Kept

# Most checks are done by then, and their report comes without a waiting page before it.
PATIENCE_SECONDS = 1.0
# A waiting page without scripts looks again after so long.
LOOK_AGAIN_SECONDS = 2
# After so long a stream of stages ends, and the page asks for a new one: none is kept for ever.
STREAM_SECONDS = 50.0
# The checks whose secrets a browser is given to keep; the cookie that holds them has 4 KB.
KEPT_SECRETS = 20
OWN = "own"

# Where the empty forms are kept, by language; and what stands there for each reader's own token.
BLANK_FORMS = "quotecheck.blank_forms"
TOKEN_PLACE = "{token}"  # noqa: S105  # no token, but its place

FILE_TYPES = ".html,.htm,.xhtml,.txt,.md,text/html,text/plain"

# What a person is told of the stages of a check, in order.
STAGES = ("fetch", "queue", "extract", "locate", "compare")

pages = Blueprint("pages", __name__)


@pages.get("/")
def show_form() -> Response:
    """Show the form: empty, as the bookmarklet fills it, or as it was for an earlier check."""
    if key := request.args.get("again"):
        kept = _find(key)
        entry = kept.entry.completed(kept.report) if kept.report else kept.entry
        is_open = kept.report is not None and kept.report.label is Label.CANNOT_CHECK
        return _form(entry, is_open=is_open)
    if not request.args:
        return _blank_form()
    # Scripts read the bookmarklet's words from the fragment; this is the way without scripts.
    passage, address = request.args.get("passage", ""), request.args.get("source", "")
    entry = Entry(passage=passage, source_url=address)
    return _form(entry, taken="page" if passage or address else None)


@pages.post("/checks")
def make_check() -> AnyResponse:
    """Check what the form holds and lead to the report; what is wrong is said on the form."""
    entry = Entry.from_fields(request.form)
    upload = request.files.get("source_file")
    upload = upload if upload and upload.filename else None
    if not is_token_right():
        message = gettext(
            "The form was open for so long that the app no longer knows it, or your browser keeps"
            " no cookies for this site. Press the button once more."
        )
        error = EntryError("passage", message, "form_expired", status=400)
        return _form(entry, error, has_lost_file=upload is not None)
    name = request.form.get("example")
    if name is not None:
        example = _examples().get(name) or abort(404)
        claim = Claim.from_passage(example.passage)
        source = example.source(url_for("static", filename=ARTICLE_FILE, _external=True))
        return _lead_to(get_desk().take(claim, source, Entry.from_case(claim, source)))
    try:
        claim = read_claim(entry, max_chars=current_app.config["MAX_PASSAGE_CHARS"])
        source = read_source(entry, upload)
    except EntryError as error:
        return _form(entry, error, has_lost_file=upload is not None)
    return _lead_to(get_desk().take(claim, source, entry))


@pages.get("/checks/<key>")
def show_check(key: str) -> Response:
    """Show a report, or how far its check has come."""
    kept = _find(key)
    if kept.report is None:
        return _show_unfinished(kept)
    page = render_template(
        "report.html",
        key=key,
        report=present(kept.report),
        strip=draw_strip(kept.report),
        kept=kept,
        expires=get_desk().store.expires(kept.created_at),
        secret=session.get(OWN, {}).get(key),
        address_here=url_for("pages.show_check", key=key, _external=True),
    )
    return make_response(page)


@pages.get("/checks/<key>/events")
def follow(key: str) -> Response:
    """Tell of a check's stages as they pass, as server-sent events."""
    _find(key)
    leave = get_desk().seat()
    steps = get_desk().watch(key, STREAM_SECONDS)

    def tell() -> Iterator[str]:
        for step in steps:
            state = "dead" if step.is_dead else step.state.value
            yield f"data: {json.dumps({'state': state, 'stage': step.stage})}\n\n"

    headers = {"X-Accel-Buffering": "no"}  # nginx would keep the events back
    response = Response(tell(), mimetype="text/event-stream", headers=headers)
    response.call_on_close(leave)
    return response


@pages.post("/checks/<key>/cancel")
def cancel(key: str) -> AnyResponse:
    """End a check for which nobody wants to wait, and give the form back."""
    if not is_token_right():
        abort(400)
    _find(key)
    get_desk().cancel(key)
    return redirect(url_for("pages.show_form", again=key), 303)


@pages.get("/bookmarklets")
def show_bookmarklets() -> str:
    """Show how to check from any page."""
    form = url_for("pages.show_form", _external=True)
    scripts = current_app.config["BOOKMARKLETS"]
    return render_template(
        "bookmarklets.html",
        addresses={name: build_bookmarklet(script, form) for name, script in scripts.items()},
    )


@pages.get("/receive")
def receive() -> Response:
    """Take a page from the window that opened this one; its script does that, and sends nothing."""
    response = make_response(
        render_template("receive.html", most_bytes=current_app.config["MAX_HANDED_BYTES"])
    )
    # The one page of ours that keeps its hold on the window that opened it, and shows no secret.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


@pages.errorhandler(DeskFull)
def put_off(_: DeskFull) -> Response:
    """Show the form again, as it was filled in, and say when to send it once more."""
    upload = request.files.get("source_file")
    message = gettext(
        "Many quotations are being checked just now. What you typed is still here: press the button"
        " again in half a minute."
    )
    error = EntryError("passage", message, "busy", status=503)
    response = _form(
        Entry.from_fields(request.form), error, has_lost_file=bool(upload and upload.filename)
    )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


@pages.errorhandler(TooManyWatch)
def let_look_again(_: TooManyWatch) -> Response:
    """Refuse a stream of stages, where too many threads are kept by them: pages do without."""
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Response("Load the page again.\n", 503, headers, mimetype="text/plain")


@pages.errorhandler(429)
def slow_down(_: Exception) -> Response:
    """Show the form again, as it was filled in, to somebody who asks for very much."""
    upload = request.files.get("source_file")
    error = EntryError("passage", str(TROUBLES[429].advice), TROUBLES[429].code, status=429)
    return _form(
        Entry.from_fields(request.form), error, has_lost_file=bool(upload and upload.filename)
    )


def _find(key: str) -> Kept:
    try:
        return get_desk().kept(key)
    except KeyError:
        abort(404)


def _lead_to(ticket: Ticket) -> AnyResponse:
    """Lead to a check's page, and let the browser keep the secret that deletes it."""
    own = {**session.get(OWN, {}), ticket.key: ticket.secret}
    session[OWN] = dict(list(own.items())[-KEPT_SECRETS:])
    get_desk().wait(ticket.key, PATIENCE_SECONDS)
    # See Other: reloading the report, or going back to it, does not check again.
    return redirect(url_for("pages.show_check", key=ticket.key), 303)


def _show_unfinished(kept: Kept) -> Response:
    """Show how far a check has come, or that it ended without a report."""
    if kept.state is State.CANCELLED:
        return make_response(render_template("ended.html", key=kept.key, how="cancelled"))
    if kept.state is State.FAILED or kept.is_dead:
        how = "failed" if kept.state is State.FAILED else "broken off"
        return make_response(render_template("ended.html", key=kept.key, how=how), 500)
    page = render_template(
        "waiting.html",
        key=kept.key,
        stages=STAGES,
        reached=STAGES.index(kept.stage) if kept.stage in STAGES else 0,
        host=urlsplit(kept.entry.source_url).hostname if not kept.entry.source_text else None,
        seconds=LOOK_AGAIN_SECONDS,
    )
    return make_response(page)


def _blank_form() -> Response:
    """Show the empty form: but for the token it is the same for all who read one language."""
    made = cast("dict[str, str]", current_app.extensions.setdefault(BLANK_FORMS, {}))
    language = spoken()
    if language not in made:
        made[language] = _form(Entry(), token=TOKEN_PLACE).get_data(as_text=True)
    return make_response(made[language].replace(TOKEN_PLACE, csrf_token()))


def _form(
    entry: Entry,
    error: EntryError | None = None,
    *,
    taken: str | None = None,
    is_open: bool = False,
    has_lost_file: bool = False,
    token: str | None = None,
) -> Response:
    """Show the form with what was typed in it.

    Args:
        entry: What stands in the fields.
        error: What is wrong with it.
        taken: Where the bookmarklet took the source's address from.
        is_open: Show the fields for a pasted text and a file at once.
        has_lost_file: A file was chosen; browsers let no page choose it again.
        token: Stands in for the session's own.
    """
    page = render_template(
        "form.html",
        entry=entry,
        error=error,
        taken=taken,
        is_open=is_open or has_lost_file or bool(entry.source_text),
        has_lost_file=has_lost_file,
        token=token or csrf_token(),
        file_hint=gettext("A saved web page (.html) or plain text (.txt)."),
        file_types=FILE_TYPES,
    )
    return make_response(page, error.status if error else 200)


def _examples() -> Mapping[str, Example]:
    return cast("Mapping[str, Example]", current_app.config["EXAMPLES"])
