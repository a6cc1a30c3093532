"""What a reader can take from a report, say of it, and do away with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    abort,
    json,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from quotecheck.annotation import to_annotations
from quotecheck.markdown import to_markdown
from web.desk import NotFinished, get_desk
from web.security import is_token_right

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from quotecheck.report import Report

# A remark on a finding is a sentence or two; what is longer belongs into a letter.
MAX_COMMENT_CHARS = 2_000

keeping = Blueprint("keeping", __name__)


@keeping.get("/checks/<key>/report.md")
def save_markdown(key: str) -> Response:
    """Give a report as Markdown, for notes."""
    return _file(to_markdown(_report(key)), "text/markdown", f"quotecheck-{key}.md")


@keeping.get("/checks/<key>/annotations.jsonld")
def save_annotations(key: str) -> Response:
    """Give the quotations and the findings as W3C Web Annotations."""
    address = url_for("pages.show_check", key=key, _external=True)
    text = json.dumps(to_annotations(_report(key), address=address), ensure_ascii=False, indent=2)
    return _file(text, "application/ld+json", f"quotecheck-{key}.jsonld")


@keeping.get("/checks/<key>/source.txt")
def save_text(key: str) -> Response:
    """Give the text that was read from the source; the report's offsets count in it."""
    article = _report(key).article
    if article is None:
        abort(404)
    return _file(article.text, "text/plain", f"quotecheck-{key}-source.txt")


@keeping.get("/checks/<key>/source")
def save_source(key: str) -> Response:
    """Give the source as it was sent; as a file, so that no browser opens it as a page of ours."""
    try:
        content = get_desk().store.source(key)
    except KeyError:
        abort(404)
    return _file(content, "application/octet-stream", f"quotecheck-{key}-source.bin")


@keeping.post("/checks/<key>/feedback")
def say_wrong(key: str) -> AnyResponse:
    """Keep a reader's word that a finding is wrong."""
    if not is_token_right():
        abort(400)
    number = request.form.get("finding", type=int) or 0
    if not 0 < number <= len(_report(key).findings):
        abort(404)
    # PostgreSQL has no letter for zero.
    comment = request.form.get("comment", "").replace("\r\n", "\n").replace("\0", "").strip()
    comment = comment[:MAX_COMMENT_CHARS]
    get_desk().store.remark(key, number, comment)
    return redirect(url_for("pages.show_check", key=key, _anchor=f"finding-{number}"), 303)


@keeping.get("/delete/<key>/<secret>")
def ask_to_delete(key: str, secret: str) -> str:
    """Ask whether a check is to be deleted; opening a link alone deletes nothing."""
    try:
        kept = get_desk().kept(key)
    except KeyError:
        abort(404)
    return render_template("delete.html", kept=kept, secret=secret)


@keeping.post("/delete/<key>/<secret>")
def delete(key: str, secret: str) -> AnyResponse | tuple[str, int]:
    """Delete a check with its report, its source and what was said of it."""
    if not is_token_right():
        abort(400)
    try:
        if not get_desk().store.delete(key, secret):
            abort(403)
    except KeyError:
        abort(404)
    session.get("own", {}).pop(key, None)
    session.modified = True
    return render_template("deleted.html"), 200


def _report(key: str) -> Report:
    try:
        return get_desk().report(key)
    except (KeyError, NotFinished):
        abort(404)


def _file(content: str | bytes, media_type: str, name: str) -> Response:
    """Answer with a file to save; names here are made of keys alone."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=media_type, headers=headers)
