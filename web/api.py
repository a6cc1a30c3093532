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
from web.errors import problem
from web.openapi import MAX_ID_CHARS, NO, SHOWN, YES
from web.security import MAX_SPEAKER_CHARS, is_web_address
from web.tables import State

api = Blueprint("api", __name__, url_prefix="/api/v1")


class BadParameter(Exception):
    """A parameter in the address has a value that it cannot have."""


@api.post("/checks")
def make_check() -> tuple[Response, int, dict[str, str]]:
    """Check a case and answer with its report, and with the address under which it is kept."""
    # A page elsewhere can make a browser send a form to us, but not JSON: that it cannot do
    # without asking first, and nobody here says yes. So no token is needed.
    if not request.is_json:
        raise UnsupportedMediaType
    include_text = _read_flag("include_text")
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
    return _answer(ticket.key, include_text=include_text), 201, headers


@api.get("/checks/<key>")
def show_check(key: str) -> Response:
    """Give a report again."""
    include_text = _read_flag("include_text")
    try:
        return _answer(key, include_text=include_text)
    except KeyError:
        return _show(404)


@api.delete("/checks/<key>")
def delete_check(key: str) -> Response:
    """Delete a check, for whoever has the secret that came with it."""
    secret = request.authorization.token if request.authorization else None
    try:
        if get_desk().store.delete(key, secret or ""):
            return Response(status=204)
    except KeyError:
        return _show(404)
    response = _show(401)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.get("/openapi.json")
def describe() -> Response:
    """Give the description of this API."""
    return Response(current_app.config["API_DESCRIPTION"], mimetype="application/json")


@api.errorhandler(InputError)
@api.errorhandler(BadAddress)
def refuse(error: InputError | BadAddress) -> Response:
    """Say what is wrong with a case."""
    return problem(422, error.code, "The case cannot be checked as it is", str(error))


@api.errorhandler(BadParameter)
def refuse_parameter(error: BadParameter) -> Response:
    """Say which values a parameter can have."""
    return problem(
        400, "bad_parameter", "The address has a parameter that is not right", str(error)
    )


@api.errorhandler(DeskFull)
def put_off(_: DeskFull) -> Response:
    """Say that it is too much just now, and when to come again."""
    response = _show(503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


@api.errorhandler(NotFinished)
def say_unfinished(error: NotFinished) -> Response:
    """Say that there is no report yet, or that there will be none."""
    kept = error.kept
    if kept.state is State.WORKING and not kept.is_dead:
        response = _show(409)
        response.headers["Retry-After"] = "1"
        return response
    if kept.state is State.CANCELLED:
        return _show(410)
    return _show(500)


def _show(status: int) -> Response:
    trouble = SHOWN[status]
    return problem(status, trouble.code, trouble.title, trouble.detail())


def _read_flag(name: str) -> bool:
    """Return a parameter that is yes or no; no where it is not given.

    Raises:
        BadParameter: It is something else.
    """
    value = request.args.get(name, NO[0])
    if value not in {*YES, *NO}:
        raise BadParameter(
            f"{name} is {', '.join(YES)} for yes, or {', '.join(NO)} for no. Correct it, or leave"
            " it out."
        )
    return value in YES


def _answer(key: str, *, include_text: bool) -> Response:
    """Return the report under a key, with the source's text where that is asked for."""
    return jsonify(get_desk().report(key).to_dict(include_text=include_text))
