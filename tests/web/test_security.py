"""What strangers, hostile pages and oversized bodies get."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from web import create_app
from web.security import MAX_FORM_TEXT_BYTES, is_web_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import HandChecker
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from quotecheck.settings import Settings

    Send = Callable[..., TestResponse]

PAGES = ("/", "/nothing-here", "/static/style.css", "/api/v1/checks/unknown")
TEMPLATES = Path(__file__).parents[2] / "web" / "templates"


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    """Pages, errors, files and the API alike refuse what they do not need."""
    with client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "camera=()" in answer.headers["Permissions-Policy"]


def test_templates_hold_no_inline_script_or_style() -> None:
    """The policy forbids them, so none may creep in and silently do nothing."""
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=", text), path.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path.name


def test_session_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient) -> None:
    """The cookie that holds the token is HttpOnly and SameSite=Lax."""
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_form_without_its_token_is_not_checked_and_comes_back_filled_in(
    client: FlaskClient, checker: HandChecker, token: str | None
) -> None:
    """A page elsewhere cannot make a person's browser start a check; nothing typed is lost."""
    client.get("/")
    fields = {"passage": "Kept “words”.", "source_url": "https://a.example/x"}
    if token is not None:
        fields["csrf_token"] = token
    answer = client.post("/checks", data=fields)
    assert answer.status_code == 400
    assert not checker.asked
    assert "Kept “words”." in answer.text
    assert "once more" in answer.text


def test_form_that_comes_back_has_a_token_that_works(
    client: FlaskClient, checker: HandChecker
) -> None:
    """After the app was started anew, pressing the button once more is enough."""
    page = client.post("/checks", data={"passage": "“a”", "source_text": "a"}).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    fields = {"csrf_token": token, "passage": "“a”", "source_text": "a"}
    assert client.post("/checks", data=fields).status_code == 303
    assert checker.asked


@pytest.mark.parametrize(
    "fields",
    [
        {"source_file": (io.BytesIO(b"x" * 400_000), "a.txt")},
        {"source_text": "x" * 200_001},
        {f"field{number}": "x" for number in range(50)},
    ],
)
def test_oversized_body_gets_a_page_that_says_what_to_do(
    app: Flask, send: Send, checker: HandChecker, fields: dict[str, object]
) -> None:
    """Too many bytes, too long a text, too many fields: 413, and a way on."""
    assert app.config["MAX_FORM_MEMORY_SIZE"] == MAX_FORM_TEXT_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = 200_000
    answer = send(passage="“a”", **fields)
    assert answer.status_code == 413
    assert "Back button" in answer.text
    assert not checker.asked


def test_text_of_a_long_article_is_not_oversized(app: Flask, client: FlaskClient) -> None:
    """The limits stay above what people paste: 400,000 letters are a short book."""
    app.config["MAX_CONTENT_LENGTH"] = 10_000_000
    page = client.get("/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    fields = {"csrf_token": token, "passage": "“a”", "source_text": "word " * 80_000}
    answer = client.post("/checks", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nothing-here", "GET", 404), ("/checks/unknown", "GET", 404), ("/checks", "GET", 405)],
)
def test_wrong_address_gets_a_page_that_says_what_to_do(
    client: FlaskClient, path: str, method: str, status: int
) -> None:
    """There is a heading, a sentence and a way back to the form."""
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "Go to the form" in answer.text


def test_fault_gets_a_page_that_tells_nothing_about_the_inside(
    send: Send, client: FlaskClient, checker: HandChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the program is logged; the page says what to do, and the form is kept."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(checker, "check", fail)
    location = send(passage="“some words”", source_text="a").headers["Location"]
    answer = client.get(location)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "on our side" in answer.text
    again = re.search(r'href="(/\?again=[^"]+)"', answer.text)[1]
    assert "“some words”" in client.get(again).text


def test_foreign_host_name_is_not_answered(client: FlaskClient) -> None:
    """A name that somebody points at this machine reads nothing from an app for this machine."""
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "<form" not in answer.text
    assert client.get("/", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_app_for_a_network_answers_under_its_names(
    settings: Settings, checker: HandChecker
) -> None:
    """Whoever listens on all addresses decides on the names in front of it."""
    settings = dataclasses.replace(settings, host="0.0.0.0")  # noqa: S104
    client = create_app(settings, checker).test_client()
    assert client.get("/", headers={"Host": "quotes.newsroom.example"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://a.example/x", True),
        ("http://[::1]/", True),
        ("javascript:alert(1)", False),
        ("https:a.example", False),
        ("https://", False),
        ("https://[x", False),
        ("https://कखी.example:8443/x y", True),
        ("https://a b.example/", False),
        ("https://a*.example/", False),
        ("https://a.example/\u202egro.elpmaxe", False),
        ("", False),
        (None, False),
    ],
)
def test_only_http_and_https_are_web_addresses(address: str | None, *, is_one: bool) -> None:
    """What may stand in a link is decided in one place."""
    assert is_web_address(address) is is_one
