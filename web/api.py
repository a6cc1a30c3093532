"""The HTTP API: a case comes in as JSON, a report goes out as JSON."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from werkzeug.exceptions import UnsupportedMediaType

from quotecheck.cases import read_case
from quotecheck.claim import Claim
from quotecheck.errors import BadAddress, CaseError, InputError
from quotecheck.records import SourceKind
from web.desk import RETRY_SECONDS, DeskFull, NotFinished, get_desk
from web.entry import Entry
from web.errors import TROUBLES, problem
from web.security import MAX_SPEAKER_CHARS, is_web_address
from web.tables import State

# An id is a name that the sender knows the case by, not a place for the case itself.
MAX_ID_CHARS = 200

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.post("/checks")
def make_check() -> tuple[Response, int, dict[str, str]]:
    """Check a case and answer with its report, and with the address under which it is kept."""
    # A page elsewhere can make a browser send a form to us, but not JSON: that it cannot do
    # without asking first, and nobody here says yes. So no token is needed.
    if not request.is_json:
        raise UnsupportedMediaType
    case = read_case(request.get_data().decode("utf-8-sig", errors="surrogateescape"), base=None)
    for name, value, most in (
        ("id", case.id, MAX_ID_CHARS),
        ("speaker", case.speaker, MAX_SPEAKER_CHARS),
    ):
        if value and len(value) > most:
            raise CaseError(f"The case's {name} is longer than {most} characters.")
    if case.source.kind is SourceKind.URL and not is_web_address(case.source.value):
        raise BadAddress("The source_url has to begin with http:// or https:// and name a host.")
    claim = Claim.from_passage(
        case.passage,
        speaker=case.speaker or None,
        max_chars=current_app.config["MAX_PASSAGE_CHARS"],
    )
    desk = get_desk()
    entry = Entry.from_case(claim, case.source)
    ticket = desk.take(claim, case.source, entry, check_id=case.id or None)
    desk.wait(ticket.key)
    headers = {
        "Location": url_for("api.show_check", key=ticket.key),
        # Given once; with it, and with nothing else, the report can be deleted.
        "Delete-Secret": ticket.secret,
    }
    return _answer(ticket.key), 201, headers


@api.get("/checks/<key>")
def show_check(key: str) -> Response:
    """Give a report again."""
    try:
        return _answer(key)
    except KeyError:
        return _missing()


@api.delete("/checks/<key>")
def delete_check(key: str) -> Response:
    """Delete a check, for whoever has the secret that came with it."""
    secret = request.authorization.token if request.authorization else None
    try:
        if get_desk().store.delete(key, secret or ""):
            return Response(status=204)
    except KeyError:
        return _missing()
    response = problem(
        401,
        "wrong_secret",
        "That is not the secret of this report",
        "Send the Delete-Secret that came with the report, as a bearer token.",
    )
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.get("/openapi.json")
def describe() -> Response:
    """Give the description of this API."""
    return current_app.send_static_file("openapi.json")


@api.errorhandler(InputError)
@api.errorhandler(BadAddress)
def refuse(error: InputError | BadAddress) -> Response:
    """Say what is wrong with a case."""
    return problem(422, error.code, "The case cannot be checked as it is", str(error))


@api.errorhandler(DeskFull)
def put_off(_: DeskFull) -> Response:
    """Say that it is too much just now, and when to come again."""
    trouble = TROUBLES[503]
    response = problem(503, trouble.code, trouble.title, trouble.advice)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


@api.errorhandler(NotFinished)
def say_unfinished(error: NotFinished) -> Response:
    """Say that there is no report yet, or that there will be none."""
    kept = error.kept
    if kept.state is State.WORKING and not kept.is_dead:
        response = problem(202, "not_finished", "The check is not finished", "Ask again.")
        response.headers["Retry-After"] = "1"
        return response
    if kept.state is State.CANCELLED:
        return problem(410, "cancelled", "The check was cancelled", "Make a new one.")
    trouble = TROUBLES[500]
    return problem(500, trouble.code, trouble.title, trouble.advice)


def _missing() -> Response:
    return problem(404, "no_such_check", "There is no such report", TROUBLES[404].advice)


def _answer(key: str) -> Response:
    """Return the report under a key, with the source's text where `?include_text=1` asks for it."""
    include_text = request.args.get("include_text", "") in {"1", "true", "yes"}
    return jsonify(get_desk().report(key).to_dict(include_text=include_text))
