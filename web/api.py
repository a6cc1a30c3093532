"""The HTTP API: a case comes in as JSON, a report goes out as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from quotecheck.claim import Claim
from quotecheck.errors import BadAddress, CaseError, InputError
from quotecheck.records import Source
from web.desk import get_desk
from web.errors import TROUBLES, problem
from web.security import MAX_SPEAKER_CHARS, is_web_address

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_FIELDS = ("source_url", "source_html", "source_text")
# An id is a name that the sender knows the case by, not a place for the case itself.
MAX_ID_CHARS = 200

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.post("/checks")
def make_check() -> tuple[Response, int, dict[str, str]]:
    """Check a case and answer with its report, and with the address under which it is kept."""
    case = _read_case()
    claim = Claim.from_passage(
        _text(case, "passage"),
        speaker=_text(case, "speaker", most=MAX_SPEAKER_CHARS) or None,
        max_chars=current_app.config["MAX_PASSAGE_CHARS"],
    )
    source = _read_source(case)
    key = get_desk().check(claim, source, check_id=_text(case, "id", most=MAX_ID_CHARS) or None)
    location = url_for("api.show_check", key=key)
    return _answer(key), 201, {"Location": location}


@api.get("/checks/<key>")
def show_check(key: str) -> Response:
    """Give a report again."""
    try:
        return _answer(key)
    except KeyError:
        return problem(404, "no_such_check", "There is no such report", TROUBLES[404].advice)


@api.get("/openapi.json")
def describe() -> Response:
    """Give the description of this API."""
    return current_app.send_static_file("openapi.json")


@api.errorhandler(InputError)
@api.errorhandler(BadAddress)
def refuse(error: InputError | BadAddress) -> Response:
    """Say what is wrong with a case."""
    return problem(422, error.code, "The case cannot be checked as it is", str(error))


def _answer(key: str) -> Response:
    """Return the report under a key, with the source's text where `?include_text=1` asks for it."""
    include_text = request.args.get("include_text", "") in {"1", "true", "yes"}
    return jsonify(get_desk().report(key).to_dict(include_text=include_text))


def _read_case() -> Mapping[str, object]:
    # A page elsewhere can make a browser send a form to us, but not JSON: that it cannot do
    # without asking first, and nobody here says yes. So no token is needed.
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        case = request.get_json()
    except BadRequest as exc:
        raise CaseError("The body is not valid JSON. Send one case as a JSON object.") from exc
    if not isinstance(case, dict):
        raise CaseError("The body has to be one case: a JSON object with a passage and a source.")
    return cast("dict[str, object]", case)


def _read_source(case: Mapping[str, object]) -> Source:
    if "source_path" in case:
        raise CaseError(
            "Over HTTP, source_path cannot be used: no file of this machine is read. Send the text"
            " as source_html or source_text."
        )
    given = [name for name in SOURCE_FIELDS if case.get(name) is not None]
    if len(given) != 1:
        raise CaseError(f"Give exactly one of {', '.join(SOURCE_FIELDS)}.")
    value = _text(case, given[0])
    if not value.strip():
        raise CaseError(f"The case's {given[0]} is empty.")
    if given[0] == "source_html":
        return Source.from_html(value)
    if given[0] == "source_text":
        return Source.from_text(value)
    if not is_web_address(value.strip()):
        raise BadAddress("The source_url has to begin with http:// or https:// and name a host.")
    return Source.from_url(value)


def _text(case: Mapping[str, object], name: str, *, most: int | None = None) -> str:
    value = case.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CaseError(f"The case's {name} has to be a string.")
    if most is not None and len(value) > most:
        raise CaseError(f"The case's {name} is longer than {most} characters.")
    return value
