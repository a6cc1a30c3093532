"""The pages that a person reads: the form and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from quotecheck.claim import Claim
from quotecheck.records import Label
from web.bookmarklet import build_bookmarklet
from web.desk import RETRY_SECONDS, DeskFull, get_desk
from web.entry import Entry, EntryError, read_claim, read_source
from web.example import ARTICLE_FILE
from web.present import present
from web.security import is_token_right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response
    from werkzeug.wrappers import Response as AnyResponse

    from web.example import Example

pages = Blueprint("pages", __name__)


@pages.get("/")
def show_form() -> Response:
    """Show the form: empty, as the bookmarklet fills it, or as it was for an earlier report."""
    if key := request.args.get("again"):
        try:
            report = get_desk().report(key)
        except KeyError:
            abort(404)
        return _form(Entry.from_report(report), is_open=report.label is Label.CANNOT_CHECK)
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
        message = (
            "The form was open for so long that the app no longer knows it, or your browser keeps"
            " no cookies for this site. Press the button once more."
        )
        error = EntryError("passage", message, "form_expired", status=400)
        return _form(entry, error, has_lost_file=upload is not None)
    name = request.form.get("example")
    if name is not None:
        example = _examples().get(name) or abort(404)
        claim = Claim.from_passage(example.passage)
        article = url_for("static", filename=ARTICLE_FILE, _external=True)
        return _lead_to(get_desk().check(claim, example.source(article)))
    try:
        claim = read_claim(entry, max_chars=current_app.config["MAX_PASSAGE_CHARS"])
        source = read_source(entry, upload)
    except EntryError as error:
        return _form(entry, error, has_lost_file=upload is not None)
    return _lead_to(get_desk().check(claim, source))


@pages.get("/checks/<key>")
def show_check(key: str) -> str:
    """Show a report."""
    try:
        report = get_desk().report(key)
    except KeyError:
        abort(404)
    return render_template("report.html", key=key, report=present(report))


@pages.errorhandler(DeskFull)
def put_off(_: DeskFull) -> Response:
    """Show the form again, as it was filled in, and say when to send it once more."""
    upload = request.files.get("source_file")
    message = (
        "Many quotations are being checked just now. What you typed is still here: press the button"
        " again in half a minute."
    )
    error = EntryError("passage", message, "busy", status=503)
    response = _form(
        Entry.from_fields(request.form), error, has_lost_file=bool(upload and upload.filename)
    )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _lead_to(key: str) -> AnyResponse:
    # See Other: reloading the report, or going back to it, does not check again.
    return redirect(url_for("pages.show_check", key=key), 303)


def _form(
    entry: Entry,
    error: EntryError | None = None,
    *,
    taken: str | None = None,
    is_open: bool = False,
    has_lost_file: bool = False,
) -> Response:
    """Show the form with what was typed in it.

    Args:
        entry: What stands in the fields.
        error: What is wrong with it.
        taken: Where the bookmarklet took the source's address from.
        is_open: Show the fields for a pasted text and a file at once.
        has_lost_file: A file was chosen; browsers let no page choose it again.
    """
    bookmarklet = build_bookmarklet(
        current_app.config["BOOKMARKLET_SCRIPT"], url_for("pages.show_form", _external=True)
    )
    page = render_template(
        "form.html",
        entry=entry,
        error=error,
        taken=taken,
        is_open=is_open or has_lost_file or bool(entry.source_text),
        has_lost_file=has_lost_file,
        examples=_examples(),
        bookmarklet=bookmarklet,
    )
    return make_response(page, error.status if error else 200)


def _examples() -> Mapping[str, Example]:
    return cast("Mapping[str, Example]", current_app.config["EXAMPLES"])
