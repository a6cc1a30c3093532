"""The description of the HTTP API, an OpenAPI 3.1 document made from the shapes of `wire`.

To describe another address, add it to `_paths`; to describe another shape, to `SHAPES`. What a case
may hold here beyond its shape (limits, the one source) stands in `_narrow`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from quotecheck.wire import CaseDict, ProblemDict, ReportDict
from web.errors import TROUBLES, Trouble
from web.sample import CASE, make_sample
from web.security import MAX_SPEAKER_CHARS

if TYPE_CHECKING:
    from collections.abc import Mapping

# A piece of the document. What may stand in one, OpenAPI itself says better than a type could.
Part: TypeAlias = dict[str, Any]

# An id is a name that the sender knows the case by, not a place for the case itself.
MAX_ID_CHARS: Final = 200

# What the parameters that are flags may be. Anything else is a mistake, and would be taken for no.
YES: Final = ("1", "true", "yes")
NO: Final = ("0", "false", "no")

SHAPES: Final = {"Case": CaseDict, "Report": ReportDict, "Problem": ProblemDict}
# The ways in which a source can be sent; of a file on our machine there is no talk here.
SENT_SOURCES: Final = ("source_url", "source_html", "source_text")

# What the texts of a case have to hold, as JSON Schema says it. The first is `is_web_address` in
# other words; addresses that hold a password or bare numbers of IPv6 pass there and not here.
WEB_ADDRESS: Final = (
    r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[\p{L}\p{M}\p{N}._-]+([:/?#][\p{L}\p{M}\p{N}\p{P}\p{S} ]*)?\s*$"
)
ANY_WORD: Final = r"[\p{L}\p{N}]"
ANY_INK: Final = r"\S"

ABOUT: Final = (
    "Says whether a quotation is fair to its source. Every offset is a half-open count of Unicode"
    " code points: those of a passage point into `claim.passage`, those of a source into the text"
    " that was extracted from it. Fields may be added; none is dropped or renamed without a new"
    " `schema_version`."
)

_SECONDS: Final = {
    "Retry-After": {
        "description": "When to come again, in seconds.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
_SECRET: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "The Delete-Secret that came with the report.",
}
# What stands behind each answer that is a problem.
PROBLEMS: Final = {
    409: "The check is still being made; Retry-After says when to ask again.",
    400: "The address or its parameters are not right.",
    401: "The secret is missing or is not the report's.",
    404: "There is no such report: there never was, or it was deleted.",
    410: "The check was stopped before it was done; there will be no report.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "The case cannot be checked as it is; `code` and `detail` say why.",
    429: "Too many requests came from where this one did; Retry-After says when to come again.",
    500: "A fault of the program.",
    503: "Too many checks wait already; Retry-After says when to come again.",
}
_WAITING: Final = {409, 429, 503}
# What answers with them look like, where a word of the API's own stands in them.
SHOWN: Final = TROUBLES | {
    409: Trouble("not_finished", "The check is not finished", "Ask again."),
    401: Trouble(
        "wrong_secret",
        "That is not the secret of this report",
        "Send the Delete-Secret that came with the report, as a bearer token.",
    ),
    404: Trouble("no_such_check", "There is no such report", TROUBLES[404].advice),
    410: Trouble("cancelled", "The check was stopped", "Make a new one."),
    422: Trouble(
        "empty_passage",
        "The case cannot be checked as it is",
        "The passage is empty. Paste the text that quotes the source.",
    ),
}


def describe_api(*, max_passage_chars: int) -> Part:
    """Return the document.

    Args:
        max_passage_chars: The longest passage that is read.
    """
    schemas = _read_shapes()
    _narrow(schemas["Case"], max_passage_chars=max_passage_chars)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quotecheck",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {"schemas": schemas, "securitySchemes": {"secret": _SECRET}},
    }


def _paths() -> Part:
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "The last part of the Location that came with the report.",
        "schema": {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"},
    }
    include_text = {
        "name": "include_text",
        "in": "query",
        "description": "Whether the extracted text of the source is put into the report.",
        "schema": {"type": "string", "enum": [*YES, *NO], "default": NO[0]},
    }
    report = _json("Report", example=make_sample())
    location = {
        "description": "Where the report can be had again, as long as it is kept.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    }
    secret = {
        "description": "What deletes the report. It is given here and never again.",
        "required": True,
        "schema": {"type": "string"},
    }
    return {
        "/api/v1/checks": {
            "post": {
                "operationId": "makeCheck",
                "summary": "Check a quotation against its source",
                "description": "The answer comes when the check is done, usually after some"
                " seconds. A source that cannot be had or read is a report, too: its label is"
                " `cannot_check`, and `error` says why.",
                "parameters": [include_text],
                "requestBody": {"required": True, "content": _json("Case", example=CASE)},
                "responses": {
                    "201": {
                        "description": "The report.",
                        "headers": {"Location": location, "Delete-Secret": secret},
                        "content": report,
                    },
                    **_problems(400, 413, 415, 422, 429, 500, 503),
                },
            }
        },
        "/api/v1/checks/{key}": {
            "get": {
                "operationId": "showCheck",
                "summary": "Give a report again",
                "parameters": [key, include_text],
                "responses": {
                    "200": {"description": "The report.", "content": report},
                    **_problems(400, 404, 409, 410, 500),
                },
            },
            "delete": {
                "operationId": "deleteCheck",
                "summary": "Delete a report, its source, and what was said of it",
                "parameters": [key],
                "security": [{"secret": []}],
                "responses": {
                    "204": {"description": "It is deleted."},
                    **_problems(400, 401, 404, 429, 500),
                },
            },
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "describe",
                "summary": "This description",
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    **_problems(400, 429, 500),
                },
            }
        },
    }


def _json(shape: str, *, example: Mapping[str, object]) -> Part:
    return {"application/json": {"schema": _refer(shape), "example": example}}


def _problems(*statuses: int) -> Part:
    return {str(status): _problem(status) for status in statuses}


def _problem(status: int) -> Part:
    trouble = SHOWN[status]
    example: ProblemDict = {
        "type": "about:blank",
        "title": str(trouble.title),
        "status": status,
        "detail": str(trouble.detail()),
        "code": trouble.code,
    }
    answer: Part = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": _refer("Problem"), "example": example}},
    }
    if status in _WAITING:
        answer["headers"] = _SECONDS
    return answer


def _refer(shape: str) -> Part:
    return {"$ref": f"#/components/schemas/{shape}"}


# --- shapes --------------------------------------------------------------------------------------


class _Generator(GenerateJsonSchema):
    """Writes the shapes as this document has them: short names, and no titles made of names."""

    def normalize_name(self, name: str) -> str:
        """Return the name of a shape, without what tells it from the record of that name."""
        return super().normalize_name(name).removesuffix("Dict")

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002  # as inherited
        """Leave out titles, which would only say the field's name again."""
        return False


def _read_shapes() -> Part:
    """Return the schemas of all shapes and of all that they are made of, by name."""
    _, document = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(shape)) for name, shape in SHAPES.items()],
        ref_template="#/components/schemas/{model}",
        union_format="primitive_type_array",
        schema_generator=_Generator,
    )
    schemas: Part = document["$defs"]
    for schema in schemas.values():
        schema.pop("title")  # the name of the class; here they have names of their own
    return {name: _flow(schema) for name, schema in schemas.items()}


def _flow(part: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    """Return a schema whose descriptions are lines of text, not broken where the source's are."""
    match part:
        case dict():
            return {
                name: " ".join(value.split())
                if name == "description" and isinstance(value, str)
                else _flow(value)
                for name, value in part.items()
            }
        case list():
            return [_flow(item) for item in part]
        case _:
            return part


def _narrow(case: Part, *, max_passage_chars: int) -> None:
    """Add to a case's schema what this API asks of it."""
    fields = case["properties"]
    fields["id"]["maxLength"] = MAX_ID_CHARS
    fields["speaker"]["maxLength"] = MAX_SPEAKER_CHARS
    fields["passage"] |= {"maxLength": max_passage_chars, "pattern": ANY_WORD}
    fields["source_url"]["pattern"] = WEB_ADDRESS
    for name in ("source_html", "source_text"):
        fields[name]["pattern"] = ANY_INK
    fields["source_path"] = {
        "type": "null",
        "description": "No file of the machine that answers is read.",
    }
    case["oneOf"] = [
        {"required": [name], "properties": {name: {"type": "string"}}} for name in SENT_SOURCES
    ]
