"""What is logged for a newsroom: enough to see that all is well, and nothing of what is checked."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import TYPE_CHECKING

import pytest

from web.logs import LOGGING, make_formatter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import HandChecker
    from flask.testing import FlaskClient

    Lines = Callable[[], list[dict[str, object]]]

PASSAGE = "The harbour master “never paid a penny of it”, the Gazette wrote."
ADDRESS = "https://harbourgazette.example/penny?reader=17"


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Log as under gunicorn, and read the lines that have been written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)  # `dictConfig` would close those of pytest
    handler.setFormatter(make_formatter())
    loggers = [logging.getLogger(name) for name in ("", "web.logs", "gunicorn.error")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        given = LOGGING["loggers"].get(logger.name, LOGGING["root"])
        logger.setLevel(given["level"])
    loggers[0].addHandler(handler)

    def read() -> list[dict[str, object]]:
        return [json.loads(line) for line in written.getvalue().splitlines()]

    yield read
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_check_leaves_no_word_of_what_it_was_about(
    lines: Lines, client: FlaskClient, send: Callable[..., object]
) -> None:
    """Passage, source, key, query and whoever asked are in no line; kind, status and time are."""
    answer = send(passage=PASSAGE, source_url=ADDRESS, speaker="Ms Ncube")
    location = answer.headers["Location"]
    client.get(location)
    client.get(f"/?again={location.rpartition('/')[2]}")
    client.get(f"{location}/unknown?reader=17")
    logged = lines()
    assert [(line["endpoint"], line["method"], line["status"]) for line in logged] == [
        ("pages.show_form", "GET", 200),
        ("pages.make_check", "POST", 303),
        ("pages.show_check", "GET", 200),
        ("pages.show_form", "GET", 200),
        (None, "GET", 404),
    ]
    assert all(isinstance(line["ms"], int) for line in logged)
    written = json.dumps(logged, ensure_ascii=False)
    key = location.rpartition("/")[2]
    for secret in (key, "penny", "harbourgazette", "Ncube", "127.0.0.1", "reader", "again"):
        assert secret not in written


@pytest.mark.parametrize("is_in_view", [True, False], ids=["in a page", "in a check"])
def test_fault_is_logged_with_its_places_and_without_its_words(
    lines: Lines,
    client: FlaskClient,
    send: Callable[..., object],
    checker: HandChecker,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_in_view: bool,
) -> None:
    """An exception tells its type and where it passed; what it says may quote the passage."""

    def fail(*_: object, **__: object) -> None:
        passage = PASSAGE
        try:
            {}[passage]
        except KeyError as exc:
            raise RuntimeError(f"cannot read {passage} at {ADDRESS}") from exc

    if is_in_view:
        monkeypatch.setattr("web.views.present", fail)
    else:
        monkeypatch.setattr(checker, "check", fail)
    answer = send(passage=PASSAGE, source_url=ADDRESS)
    assert client.get(answer.headers["Location"]).status_code == 500
    logged = lines()
    written = json.dumps(logged, ensure_ascii=False)
    assert "penny" not in written
    assert "harbourgazette" not in written
    (fault,) = (line for line in logged if line["level"] == "error")
    assert [stack["type"] for stack in fault["exception"]] == ["RuntimeError", "KeyError"]
    assert re.search(r"test_logs\.py, line \d+, in fail$", fault["exception"][0]["places"][-1])


def test_libraries_are_named_and_not_quoted(lines: Lines) -> None:
    """What others log may hold addresses: only who spoke and where, and what of processes."""
    logging.getLogger("trafilatura.core").warning("cannot read %s", ADDRESS)
    gunicorn = logging.getLogger("gunicorn.error")
    gunicorn.warning("Invalid request from ip=192.0.2.7: penny")
    gunicorn.error("Error handling request %s %s", "GET", "/checks/abc")
    gunicorn.info("Booting worker with pid: %s", 77)
    logged = lines()
    written = json.dumps(logged)
    for secret in ("192.0.2.7", "penny", "/checks"):
        assert secret not in written
    assert [line["logger"] for line in logged] == ["trafilatura.core", *3 * ["gunicorn.error"]]
    assert logged[-1]["event"] == "Booting worker with pid: 77"


@pytest.mark.usefixtures("lines")
def test_questions_about_health_are_no_news(client: FlaskClient, lines: Lines) -> None:
    """What a machine asks every few seconds would drown the rest."""
    client.get("/healthz")
    client.get("/readyz")
    assert lines() == []


def test_own_machine_logs_no_request(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody has set logging up, as under `make serve`, nothing is written of a request."""
    client.get("/")
    assert not caplog.records
    assert capsys.readouterr().err == ""
