"""The description of the API, and the API held to it by requests that schemathesis makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import category

import pytest
import schemathesis
from flask import abort
from hypothesis import HealthCheck, settings
from jsonschema_rs import Draft202012Validator
from schemathesis.config import SchemathesisConfig

from quotecheck.cases import SOURCES, load_cases
from quotecheck.claim import Claim
from quotecheck.records import (
    ArticleKind,
    EditKind,
    FindingType,
    FragmentKind,
    Label,
    MatchKind,
    Relation,
    Severity,
    Source,
)
from quotecheck.settings import Settings
from web.errors import TROUBLES
from web.openapi import describe_api

if TYPE_CHECKING:
    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from schemathesis import Case

    from quotecheck.checker import Checker

CHECKS = "/api/v1/checks"
CORPUS = Path(__file__).parents[2] / "corpus"

# The same requests in every run; another seed makes others.
SEED = 20261123
# What is sent to each address, beside the requests that follow from its description one by one.
N_EXAMPLES = 100

described = schemathesis.openapi.from_dict(
    describe_api(max_passage_chars=Settings().max_passage_chars),
    config=SchemathesisConfig(seed=SEED),
)


@described.hook
def filter_body(_: schemathesis.HookContext, body: object) -> bool:
    """Leave out addresses that are right for schemathesis alone: it has its own list of marks."""
    address = body.get("source_url") if isinstance(body, dict) else None
    return not isinstance(address, str) or all(category(char) != "Cn" for char in address)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """Return the description."""
    return json.loads(app.config["API_DESCRIPTION"])


def faults(document: dict[str, Any], shape: str, value: object) -> list[str]:
    """Return what keeps a value from fitting one of the document's shapes."""
    schema = {**document, "$ref": f"#/components/schemas/{shape}"}
    errors = Draft202012Validator(schema, validate_formats=True).iter_errors(value)
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


# --- requests ------------------------------------------------------------------------------------


@described.parametrize()
@settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    # One application answers all the requests, as it does for people.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_requests_are_answered_as_described(case: Case, app: Flask) -> None:
    """Right requests are answered and wrong ones refused, each as the description says."""
    case.call_and_validate(app=app)


@pytest.mark.parametrize("label", Label)
def test_kept_reports_are_answered_as_described(
    app: Flask,
    client: FlaskClient,
    checker: HandChecker,
    passage: str,
    failure: dict[str, object],
    label: Label,
) -> None:
    """A report of any label is given again in the shape that is described, text and all."""
    checker.changes = failure if label is Label.CANNOT_CHECK else {"label": label}
    made = client.post(CHECKS, json={"passage": passage, "source_text": "a"})
    key = made.headers["Location"].rpartition("/")[2]
    case = described[f"{CHECKS}/{{key}}"]["GET"].Case(
        path_parameters={"key": key}, query={"include_text": "1"}
    )
    answer = case.call_and_validate(app=app)
    assert (answer.status_code, answer.json()["label"]) == (200, label)


# --- shapes --------------------------------------------------------------------------------------


def test_description_is_served(client: FlaskClient) -> None:
    """The document is OpenAPI 3.1, and that which the requests above were made of."""
    described.validate()
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == described.raw_schema


def test_description_names_every_address_and_method(app: Flask, document: dict[str, Any]) -> None:
    """No route of the API is left out, and none is described that is not there."""
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, ways in document["paths"].items() for method in ways} == routes


@pytest.mark.parametrize(
    "words",
    [ArticleKind, EditKind, FindingType, FragmentKind, Label, MatchKind, Relation, Severity],
)
def test_description_names_every_word(document: dict[str, Any], words: type) -> None:
    """Each word that a report can hold is listed, in the order of the records."""
    listed = document["components"]["schemas"][words.__name__]["enum"]
    assert listed == [word.value for word in words]


def test_every_field_is_described_and_no_other_is_let_in(document: dict[str, Any]) -> None:
    """A reader is told of each field what it is; one that is only in the code breaks a test."""
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"]
        if "properties" in schema:
            for field, part in schema["properties"].items():
                assert part.keys() & {"description", "$ref"}, f"{name}.{field}"
            assert schema.get("additionalProperties", True) is (name == "Case"), name


def test_field_that_nobody_described_is_caught(
    client: FlaskClient, document: dict[str, Any], passage: str
) -> None:
    """The shape of the report is closed all the way down."""
    report = client.post(CHECKS, json={"passage": passage, "source_text": "a"}).json
    assert not faults(document, "Report", report)
    for part in (
        report,
        report["claim"],
        report["claim"]["fragments"][0],
        report["source"],
        report["matches"][0],
        report["matches"][0]["segments"][0],
        report["matches"][0]["edits"][0],
        report["context"],
        report["context"]["elisions"][0],
        report["referents"][0],
        report["referents"][0]["mention"],
        report["findings"][0],
    ):
        part["new"] = 1
        assert faults(document, "Report", report)
        del part["new"]


def test_case_is_described_as_it_is_read(document: dict[str, Any]) -> None:
    """The cases of the corpus fit, but for sources on disk; two sources, or none, do not."""
    for case in load_cases(CORPUS / "dev" / "worked-example"):
        sent = {"id": case.id, "passage": case.passage, "source_text": "a", "labels": ["faithful"]}
        assert not faults(document, "Case", sent)
        assert faults(document, "Case", {**sent, "source_html": "a"})
        assert not faults(document, "Case", {**sent, "source_html": None})
        assert faults(document, "Case", {**sent, "source_text": None})
        assert faults(document, "Case", {**sent, "source_path": "a.html"})
    fields = document["components"]["schemas"]["Case"]["properties"]
    read = {name for name in type(case).__slots__ if name != "source"}
    assert fields.keys() == read | set(SOURCES)


def test_longest_passage_is_that_of_the_settings() -> None:
    """Who allows longer passages says so in the description, too."""
    schema = describe_api(max_passage_chars=7)["components"]["schemas"]["Case"]
    assert schema["properties"]["passage"]["maxLength"] == 7


def test_examples_fit_what_they_are_examples_of(document: dict[str, Any]) -> None:
    """What a reader copies from the description is right, down to the offsets."""
    for ways in document["paths"].values():
        for way in ways.values():
            parts = [
                *way["responses"].values(),
                *([way["requestBody"]] if "requestBody" in way else []),
            ]
            for content in [
                content for part in parts for content in part.get("content", {}).values()
            ]:
                if "$ref" in content["schema"]:
                    shape = content["schema"]["$ref"].rpartition("/")[2]
                    assert not faults(document, shape, content["example"])
    post = document["paths"][CHECKS]["post"]
    case = post["requestBody"]["content"]["application/json"]["example"]
    report = post["responses"]["201"]["content"]["application/json"]["example"]
    (fragment,), (referent,) = report["claim"]["fragments"], report["referents"]
    for part, text in (
        (fragment, case["passage"]),
        (referent["mention"], case["passage"]),
        (referent["source_mention"], case["source_text"]),
        *((part, case["source_text"]) for part in referent["antecedents"]),
        (report["context"], case["source_text"]),
    ):
        assert text[part["start"] : part["end"]] == part["text"]


# --- problems ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", sorted(TROUBLES))
def test_every_problem_has_the_shape_that_is_described(
    app: Flask, client: FlaskClient, document: dict[str, Any], status: int
) -> None:
    """Whatever goes wrong under /api/, a program can read it."""
    app.add_url_rule("/api/v1/trouble", view_func=lambda: abort(status))
    answer = client.get("/api/v1/trouble")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert not faults(document, "Problem", answer.json)
    assert answer.json["code"] == TROUBLES[status].code
    assert "form" not in answer.json["detail"].split()


@pytest.mark.parametrize("status", [429, 503])
def test_who_has_to_wait_is_told_how_long(app: Flask, client: FlaskClient, status: int) -> None:
    """Retry-After is that of whoever refused the request, or a minute."""
    app.add_url_rule("/api/v1/limited", "limited", lambda: abort(status))
    app.add_url_rule("/api/v1/waiting", "waiting", lambda: abort(status, retry_after=7))
    assert client.get("/api/v1/limited").headers["Retry-After"] == "60"
    assert client.get("/api/v1/waiting").headers["Retry-After"] == "7"


def test_strange_name_is_a_problem(client: FlaskClient, document: dict[str, Any]) -> None:
    """A program that speaks to us under a name that is not ours gets no plain text."""
    answer = client.get("/api/v1/openapi.json", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert not faults(document, "Problem", answer.json)


# --- real reports --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("passage", "source", "label"),
    [
        ("worked-example", None, Label.MISREPRESENTS),
        ("worked-example-fair", None, Label.FAITHFUL),
        ("“They sail on Monday.”", "It is dry. They sail on Monday.", Label.NEEDS_CONTEXT),
        ("“The ferry was sold in June,” she said.", "The school has a new roof.", Label.NOT_FOUND),
        ("“The school has a new roof.”", "", Label.CANNOT_CHECK),
    ],
)
def test_real_reports_fit(
    document: dict[str, Any],
    real_checker: Checker,
    passage: str,
    source: str | None,
    label: Label,
) -> None:
    """What the whole check makes has the shape that is described."""
    given = Source.from_text(source or "")
    if source is None:
        cases = {case.id: case for case in load_cases(CORPUS / "dev" / "worked-example")}
        passage, given = cases[passage].passage, cases[passage].source
    report = real_checker.check(Claim.from_passage(passage), given)
    assert report.label is label
    sent = json.loads(json.dumps(report.to_dict(include_text=True)))
    assert not faults(document, "Report", sent)
