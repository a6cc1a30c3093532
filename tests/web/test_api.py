"""The HTTP API: a case in, a report out, and problems that a program can tell apart."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from quotecheck.records import (
    Source,
    SourceKind,
)
from web.store import ReportStore

if TYPE_CHECKING:
    from conftest import HandChecker
    from flask.testing import FlaskClient

CHECKS = "/api/v1/checks"


@pytest.fixture
def case(passage: str) -> dict[str, object]:
    """Return a case that can be checked."""
    return {"passage": passage, "source_url": "https://a.example/x"}


def test_round_trip(client: FlaskClient, case: dict[str, object], passage: str) -> None:
    """A case gives 201, the report, and the address where both it and its page are kept."""
    made = client.post(CHECKS, json=case)
    assert made.status_code == 201
    assert made.json["claim"]["passage"] == passage
    location = made.headers["Location"]
    assert location == f"{CHECKS}/{made.json['id']}"
    assert client.get(location).json == made.json
    assert client.get(f"/checks/{made.json['id']}").status_code == 200


def test_report_carries_the_case_id_but_is_kept_under_a_key(
    client: FlaskClient, case: dict[str, object]
) -> None:
    """Two people may both call a case c1; neither sees, or overwrites, the other's report."""
    made = client.post(CHECKS, json={**case, "id": "c1"})
    assert made.json["id"] == "c1"
    assert not made.headers["Location"].endswith("/c1")
    assert client.get(made.headers["Location"]).json["id"] == "c1"


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("source_url", SourceKind.URL),
        ("source_html", SourceKind.HTML),
        ("source_text", SourceKind.TEXT),
    ],
)
def test_source_is_read_by_its_field(
    client: FlaskClient, checker: HandChecker, field: str, kind: SourceKind
) -> None:
    """Each way of giving a source is taken for what it is."""
    case = {"passage": "“a”", field: "https://a.example/x", "speaker": "Ms Ncube", "id": 7}
    assert client.post(CHECKS, json=case).status_code == 201
    claim, source = checker.asked[0]
    assert (source.kind, claim.speaker) == (kind, "Ms Ncube")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"passage": " "}, "empty_passage"),
        ({"passage": None}, "bad_case"),
        ({"passage": "\ud800 x"}, "bad_case"),
        ({"source_text": "\udfff", "source_url": None}, "bad_case"),
        ({"speaker": "\udc80"}, "bad_case"),
        ({"labels": ["x"]}, "bad_case"),
        ({"passage": "x" * 20_001}, "passage_too_long"),
        ({"passage": 7}, "bad_case"),
        ({"source_url": None}, "bad_case"),
        ({"source_url": "  "}, "bad_case"),
        ({"source_text": "two sources"}, "bad_case"),
        ({"source_path": "/etc/passwd"}, "bad_case"),
        ({"source_url": None, "source_path": "/etc/passwd"}, "bad_case"),
        ({"source_url": "file:///etc/passwd"}, "bad_address"),
        ({"source_url": "/etc/passwd"}, "bad_address"),
        ({"id": [7]}, "bad_case"),
        ({"speaker": "x" * 201}, "bad_case"),
        ({"id": "x" * 201}, "bad_case"),
    ],
)
def test_bad_case_is_a_problem_with_a_code(
    client: FlaskClient,
    checker: HandChecker,
    case: dict[str, object],
    change: dict[str, object],
    code: str,
) -> None:
    """What is wrong with a case is said as RFC 9457 asks, and nothing is checked."""
    answer = client.post(CHECKS, json={**case, **change})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    problem = answer.json
    assert (problem["status"], problem["code"]) == (422, code)
    assert problem["title"]
    assert problem["detail"]
    assert not checker.asked


def test_body_that_is_no_object_is_a_problem(client: FlaskClient) -> None:
    """Broken JSON and JSON of another shape are told apart from faults."""
    for body in (
        "{",
        "[]",
        '"text"',
        "[" * 200_000,
        b'{"id": "caf\xe9"}',
        "",
        '{"passage": "a", "source_text": "a", "note": NaN}',
        '{"passage": "a", "source_text": "a", "id": ' + "9" * 5_000 + "}",
        '{"passage": "a", "source_text": "\\ud800"}',
    ):
        answer = client.post(CHECKS, data=body, content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (422, "bad_case")


def test_body_that_is_not_declared_json_is_refused(
    client: FlaskClient, checker: HandChecker, case: dict[str, object]
) -> None:
    """A form of a hostile page cannot speak to the API."""
    answer = client.post(CHECKS, data=case)
    assert (answer.status_code, answer.json["code"]) == (415, "not_json")
    assert not checker.asked


@pytest.mark.parametrize("value", ["", "2", "on", "True", "1 "])
def test_flag_that_is_neither_yes_nor_no_is_refused(
    client: FlaskClient, checker: HandChecker, case: dict[str, object], value: str
) -> None:
    """A flag that was mistyped is not taken for no, and nothing is checked before it is right."""
    for answer in (
        client.post(CHECKS, json=case, query_string={"include_text": value}),
        client.get(f"{CHECKS}/unknown", query_string={"include_text": value}),
    ):
        assert (answer.status_code, answer.json["code"]) == (400, "bad_parameter")
        assert "include_text" in answer.json["detail"]
    assert not checker.asked


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{CHECKS}/unknown", 404, "no_such_check"),
        ("GET", "/api/v1/nothing", 404, "no_such_page"),
        ("DELETE", CHECKS, 405, "method_not_allowed"),
    ],
)
def test_wrong_address_is_a_problem(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    """Programs get no HTML, whatever they ask for."""
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == code


def test_oversized_case_is_a_problem(client: FlaskClient, case: dict[str, object]) -> None:
    """A body over the limit is 413 for programs, too."""
    answer = client.post(CHECKS, json={**case, "passage": "x" * 500_000})
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_source_that_could_not_be_read_is_a_report(
    client: FlaskClient, checker: HandChecker, case: dict[str, object], failure: dict[str, object]
) -> None:
    """A source that cannot be had is an answer, not an error of the API."""
    checker.changes = failure
    answer = client.post(CHECKS, json=case)
    assert answer.status_code == 201
    assert answer.json["label"] == "cannot_check"
    assert answer.json["error"]["code"] == "page_refused"


def test_text_of_the_source_comes_on_request_only(
    client: FlaskClient, case: dict[str, object]
) -> None:
    """Reports stay small unless somebody wants the text."""
    made = client.post(CHECKS, json=case)
    assert "text" not in made.json["source"]
    again = client.get(made.headers["Location"], query_string={"include_text": "no"})
    assert "text" not in again.json["source"]
    again = client.get(made.headers["Location"], query_string={"include_text": "1"})
    assert again.json["source"]["text"].startswith("Limits were demanded")


def test_store_holds_no_more_characters_than_it_may(
    checker: HandChecker, client: FlaskClient, case: dict[str, object]
) -> None:
    """Long sources push out older reports; the newest is kept however long it is."""
    client.post(CHECKS, json=case)
    claim, source = checker.asked[0]
    report = checker.check(claim, source, check_id="x")
    store = ReportStore(limit=100, max_chars=3_000)
    store.put("small", report)
    store.put("small too", report)
    assert store.get("small")
    store.put("long", dataclasses.replace(report, source=Source.from_html("x" * 2_500)))
    for gone in ("small", "small too"):
        with pytest.raises(KeyError):
            store.get(gone)
    store.put("huge", dataclasses.replace(report, source=Source.from_html("x" * 9_000)))
    assert store.get("huge")
    store.put("small", report)
    store.put("small too", report)
    assert store.get("small")
    with pytest.raises(KeyError):
        store.get("huge")


def test_store_lets_the_oldest_go(
    checker: HandChecker, client: FlaskClient, case: dict[str, object]
) -> None:
    """No more reports are kept than the limit says."""
    client.post(CHECKS, json=case)
    claim, source = checker.asked[0]
    report = checker.check(claim, source, check_id="x")
    store = ReportStore(limit=2)
    for key in ("a", "b", "c"):
        store.put(key, dataclasses.replace(report, id=key))
    assert store.get("c").id == "c"
    with pytest.raises(KeyError):
        store.get("a")
