"""The HTTP API: a case in, a report out, and problems that a program can tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quotecheck.records import (
    SourceKind,
)

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


def test_check_is_deleted_with_its_secret_alone(
    client: FlaskClient, case: dict[str, object]
) -> None:
    """The secret comes once, with the report; without it nobody deletes anything."""
    made = client.post(CHECKS, json=case)
    location, secret = made.headers["Location"], made.headers["Delete-Secret"]
    for authorization in (None, "Bearer wrong", f"Basic {secret}"):
        headers = {"Authorization": authorization} if authorization else {}
        refused = client.delete(location, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (401, "wrong_secret")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "Delete-Secret" not in client.get(location).headers
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.delete(location, headers=headers).status_code == 204
    assert client.get(location).status_code == 404
    assert client.delete(location, headers=headers).status_code == 404


def test_fault_is_a_problem_and_not_a_report(
    client: FlaskClient, checker: HandChecker, case: dict[str, object]
) -> None:
    """A fault of the program is a 500 for programs, without a word about the inside."""
    checker.check = lambda *_, **__: 1 / 0  # type: ignore[method-assign]
    answer = client.post(CHECKS, json=case)
    assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
    assert "Zero" not in answer.text
