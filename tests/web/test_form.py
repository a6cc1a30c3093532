"""The form: what it takes, what it says, and that it loses nothing."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from quotecheck.cases import load_cases
from quotecheck.records import SourceKind
from web.entry import EntryError, complete_address, read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    Send = Callable[..., TestResponse]

CORPUS = Path(__file__).parents[2] / "corpus"
ARTICLE = "https://marrowbaycourier.example/health"


def test_form_labels_each_field_and_ties_its_hint_to_it(client: FlaskClient) -> None:
    """Every field has a label, and a hint that a screen reader reads with it."""
    page = client.get("/").text
    for field in (
        "passage",
        "published_url",
        "speaker",
        "source_url",
        "source_text",
        "source_file",
    ):
        assert f'<label for="{field}">' in page
        assert f'id="{field}-hint"' in page
        assert f'aria-describedby="{field}-hint"' in page
    assert '<html lang="en">' in page
    assert page.count("<h1") == 1


def test_check_by_address_leads_to_a_report(
    send: Send, client: FlaskClient, checker: HandChecker, passage: str
) -> None:
    """A passage and an address lead, by a redirect, to the report's own page."""
    answer = send(passage=passage, source_url=ARTICLE)
    assert answer.status_code == 303
    claim, source = checker.asked[0]
    assert (claim.passage, source.kind, source.value) == (passage, SourceKind.URL, ARTICLE)
    assert "Reads differently in the source" in client.get(answer.headers["Location"]).text


def test_line_ends_of_browsers_are_made_plain(send: Send, checker: HandChecker) -> None:
    """Browsers send CR LF; offsets count what was typed."""
    send(passage="One “two”.\r\n\r\nThree.", source_text="Two.\r\nMore.")
    claim, source = checker.asked[0]
    assert claim.passage == "One “two”.\n\nThree."
    assert source.value == "Two.\nMore."


def test_pasted_text_is_read_and_the_address_only_noted(send: Send, checker: HandChecker) -> None:
    """Behind a login, a person pastes the text and still says where it is from."""
    send(passage="“a”", source_text="Some text.", source_url=ARTICLE)
    source = checker.asked[0][1]
    assert (source.kind, source.value, source.url) == (SourceKind.TEXT, "Some text.", ARTICLE)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("page.html", b"<p>caf\xc3\xa9</p>", SourceKind.HTML),
        ("page.txt", b"<!DOCTYPE html><p>caf\xc3\xa9</p>", SourceKind.HTML),
        ("speech.txt", "café".encode("utf-16"), SourceKind.TEXT),
    ],
)
def test_file_is_read_by_its_kind(
    send: Send, checker: HandChecker, name: str, content: bytes, kind: SourceKind
) -> None:
    """A page is read as a page, whatever it is called; letters are decoded."""
    send(passage="“a”", source_file=(io.BytesIO(content), name))
    source = checker.asked[0][1]
    assert source.kind is kind
    assert "café" in source.value


def test_declared_letters_are_believed() -> None:
    """An old page that declares its letters is read with them."""
    page = '<meta charset="iso-8859-2"><p>Łódź</p>'.encode("iso-8859-2")
    assert "Łódź" in read_file(page, "text/html").value


@pytest.mark.parametrize(
    ("typed", "complete"),
    [
        ("", None),
        ("www.example.com/a?b=c", "https://www.example.com/a?b=c"),
        ("example.com:8080/x", "https://example.com:8080/x"),
        ("HTTP://example.com", "HTTP://example.com"),
    ],
)
def test_address_is_completed(typed: str, complete: str | None) -> None:
    """People leave out https://; nothing else is guessed."""
    assert complete_address(typed) == complete


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/etc/passwd",
        "an article",
        "http://",
        "ftp://a.b",
        "https://[::1",
        "https://example.com/\u202e",
    ],
)
def test_what_is_no_web_address_is_refused(typed: str) -> None:
    """No path of this machine and no other scheme is ever opened for the form."""
    with pytest.raises(EntryError) as caught:
        complete_address(typed)
    assert caught.value.field == "source_url"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"passage": "", "source_url": ARTICLE}, "passage"),
        ({"passage": "x" * 20_001, "source_url": ARTICLE}, "passage"),
        ({"passage": "“a”", "speaker": "x" * 201, "source_url": ARTICLE}, "speaker"),
        ({"passage": "“a”"}, "source_url"),
        ({"passage": "“a”", "source_url": "not an address"}, "source_url"),
        ({"passage": "“a”", "source_file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}, "source_file"),
        ({"passage": "“a”", "source_file": (io.BytesIO(b"  "), "a.txt")}, "source_file"),
        (
            {"passage": "“a”", "source_text": "b", "source_file": (io.BytesIO(b"c"), "a.txt")},
            "source_text",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    send: Send, checker: HandChecker, fields: dict[str, object], field: str
) -> None:
    """The form comes back filled in, the complaint on top and beside the field."""
    fields = {"source_url": "", **fields, "speaker": fields.get("speaker", "Ms Osei-Bonsu")}
    answer = send(**fields)
    assert answer.status_code == 422
    assert not checker.asked
    assert f'id="{field}-error"' in answer.text
    assert f'<a href="#{field}">' in answer.text
    assert "<title>Please look again" in answer.text
    for typed in fields.values():
        assert not isinstance(typed, str) or typed in answer.text


def test_file_that_has_to_be_chosen_again_is_mentioned(send: Send) -> None:
    """A browser lets no page choose a file again, so the page asks for it."""
    answer = send(passage="", source_file=(io.BytesIO(b"text"), "a.txt"))
    assert "choose the file again" in answer.text


def test_worked_example_is_one_click_away(
    send: Send, client: FlaskClient, checker: HandChecker, worked_example: tuple[str, str]
) -> None:
    """The example's button checks the corpus's worked example, without any network."""
    assert 'name="example" value="narrowed"' in client.get("/").text
    answer = send(example="narrowed")
    assert answer.status_code == 303
    claim, source = checker.asked[0]
    assert (claim.passage, source.value) == worked_example
    assert source.kind is SourceKind.HTML
    with client.get(source.url.removeprefix("http://localhost")) as article:
        assert article.status_code == 200


def test_unknown_example_is_a_missing_page(send: Send) -> None:
    """There are only the examples that the form offers."""
    assert send(example="other").status_code == 404


def test_report_fills_the_form_again(send: Send, client: FlaskClient, passage: str) -> None:
    """From a report, a person goes back to the form as it was."""
    key = send(passage=passage, source_url=ARTICLE).headers["Location"].rsplit("/", 1)[1]
    page = client.get(f"/?again={key}").text
    assert passage in page
    assert f'value="{ARTICLE}"' in page


def test_report_of_a_pasted_text_fills_the_form_again(
    send: Send, client: FlaskClient, passage: str
) -> None:
    """What was pasted comes back, and the field that holds it is open."""
    fields = {"passage": passage, "source_text": "What they said.", "speaker": "Ms Ncube"}
    key = send(**fields).headers["Location"].rsplit("/", 1)[1]
    page = client.get(f"/?again={key}").text
    assert "What they said." in page
    assert 'value="Ms Ncube"' in page
    assert '<details class="more" open>' in page


def test_page_that_was_not_read_is_not_pasted_as_text(
    send: Send, client: FlaskClient, checker: HandChecker, failure: dict[str, object]
) -> None:
    """The HTML of a file without an article does not come back as if it were the source's words."""
    checker.changes = failure
    page = io.BytesIO(b"<!DOCTYPE html><p>secret <b>markup</b></p>")
    key = send(passage="“a”", source_file=(page, "a.html")).headers["Location"].rsplit("/", 1)[1]
    form = client.get(f"/?again={key}").text
    assert "secret" not in form
    assert "“a”" in form


def test_half_a_character_does_no_harm(client: FlaskClient, send: Send) -> None:
    """Bytes that are no character are replaced on the way in, so that no page fails on them."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)[1]
    for half in ("%ED%A0%80", "%FF"):
        answer = client.post(
            "/checks",
            data=f"csrf_token={token}&passage={half}x&speaker={half}&source_text={half}",
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 303
        assert client.get(answer.headers["Location"]).status_code == 200
    assert client.get("/?passage=%ED%A0%80").status_code == 200
    assert send(passage=b"\xed\xa0\x80 x", source_text=b"\xff").status_code == 303


def test_form_again_for_an_unknown_report_is_a_missing_page(client: FlaskClient) -> None:
    """A report that is no longer kept cannot fill the form."""
    assert client.get("/?again=unknown").status_code == 404


def test_bookmarklet_without_scripts_fills_the_form(client: FlaskClient) -> None:
    """The query does what the fragment does where scripts are off, and says what it took."""
    page = client.get("/?passage=some+words&source=https://a.example/x").text
    assert "some words</textarea>" in page
    assert 'value="https://a.example/x"' in page
    assert '<div class="notice" data-taken="page" role="status">' in page


def test_examples_are_the_corpus_cases(app: Flask, worked_example: tuple[str, str]) -> None:
    """What ships with the app is what the corpus labels."""
    examples = app.config["EXAMPLES"]
    assert list(examples) == ["narrowed", "condition", "fair"]
    assert (examples["narrowed"].passage, examples["narrowed"].article_html) == worked_example
    cases = {case.id: case for case in load_cases(CORPUS / "dev" / "worked-example")}
    for name in ("condition", "fair"):
        case = cases[f"worked-example-{name}"]
        assert examples[name].passage == case.passage
        assert examples[name].article_html == Path(case.source.value).read_text(encoding="utf-8")
